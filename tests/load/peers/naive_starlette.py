"""A relay as most people write it: Starlette, `redis.asyncio`, one subscription for each socket."""

import asyncio
import json
import os
import uuid

import redis.asyncio as redis
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

# The default pool of 100 connections would turn away most of a thousand subscribers.
store = redis.from_url(os.environ["REDIS_URL"], max_connections=100_000)


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    me = uuid.uuid4().hex
    room = (await socket.receive_json())["room"]
    pubsub = store.pubsub()
    await pubsub.subscribe(room)

    async def deliver() -> None:
        async for event in pubsub.listen():
            if event["type"] == "message":
                told = json.loads(event["data"])
                if told["from"] != me:
                    await socket.send_json(told["message"])

    delivering = asyncio.create_task(deliver())
    await socket.send_json({"type": "joined"})
    try:
        while True:
            message = await socket.receive_json()
            await store.publish(room, json.dumps({"from": me, "message": message}))
    except WebSocketDisconnect:
        pass
    finally:
        delivering.cancel()
        await pubsub.aclose()


async def ready(_: object) -> PlainTextResponse:
    return PlainTextResponse("ok")


app = Starlette(routes=[Route("/", ready), WebSocketRoute("/ws", talk)])
