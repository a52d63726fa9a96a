"""python-socketio with its Redis manager, on uvicorn."""

import os

import socketio

manager = socketio.AsyncRedisManager(os.environ["REDIS_URL"])
server = socketio.AsyncServer(async_mode="asgi", client_manager=manager)
rooms = {}


@server.event
async def join(sid, room):
    await server.enter_room(sid, room)
    rooms[sid] = room
    await server.emit("joined", to=sid)


@server.event
async def message(sid, told):
    await server.emit("message", told, room=rooms[sid], skip_sid=sid)


@server.event
async def disconnect(sid, reason):
    rooms.pop(sid, None)


app = socketio.ASGIApp(server)
