"""The floor: the websockets library's own server sends everything back, without any Redis."""

import asyncio
import json
import sys

import uvloop
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


async def talk(socket):
    try:
        async for data in socket:
            message = json.loads(data)
            if message["type"] == "join":
                await socket.send(json.dumps({"type": "joined"}))
            else:
                await socket.send(json.dumps(message))
    except ConnectionClosed:
        pass


async def main():
    async with serve(talk, "127.0.0.1", int(sys.argv[1]), compression=None, backlog=4096):
        await asyncio.get_running_loop().create_future()


uvloop.run(main())
