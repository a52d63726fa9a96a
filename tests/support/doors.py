"""Doors in front of plain servers: TLS for who speaks it, and none for who does not.

The servers that the tests run are built without TLS. A door ends it in front of one, at a port that the
server gives as its own; what servers say among themselves goes through the same door as it is.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from contextlib import suppress
from typing import Final

_HANDSHAKE: Final = b"\x16"
"""The first byte of whoever begins with TLS; no command of Redis begins with it."""


class Doors:
    """All doors of a test, in a thread of their own: the servers behind them are started by blocking code."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._listening: list[socket.socket] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="doors")
        self._thread.start()
        self.greeted = 0
        """How many connections spoke TLS and were let in."""

    def open(self, port: int) -> int:
        """A new door to the server at this port; answers its own."""
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setblocking(False)
        self._listening.append(listening)
        asyncio.run_coroutine_threadsafe(self._accept(listening, port), self._loop)
        found: int = listening.getsockname()[1]
        return found

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        for listening in self._listening:
            listening.close()

    async def _accept(self, listening: socket.socket, port: int) -> None:
        self._keep(asyncio.current_task())
        while True:
            came, _ = await self._loop.sock_accept(listening)
            self._keep(self._loop.create_task(self._pass(came, port)))

    def _keep(self, task: asyncio.Task[None] | None) -> None:
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pass(self, came: socket.socket, port: int) -> None:
        writers: list[asyncio.StreamWriter] = []
        try:
            with suppress(OSError):
                speaks = await self._begins_with_tls(came)
                inside = await asyncio.open_connection("127.0.0.1", port)
                writers.append(inside[1])
                outside = await self._greet(came, tls=speaks)
                writers.append(outside[1])
                self.greeted += speaks
                await asyncio.gather(_carry(outside[0], inside[1]), _carry(inside[0], outside[1]))
        finally:
            came.close()
            for writer in writers:
                writer.transport.abort()

    async def _begins_with_tls(self, came: socket.socket) -> bool:
        came.setblocking(False)
        readable: asyncio.Event = asyncio.Event()
        self._loop.add_reader(came, readable.set)
        try:
            await readable.wait()
        finally:
            self._loop.remove_reader(came)
        return came.recv(1, socket.MSG_PEEK) == _HANDSHAKE

    async def _greet(
        self, came: socket.socket, *, tls: bool
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await self._loop.connect_accepted_socket(
            lambda: protocol, came, ssl=self._tls if tls else None
        )
        return reader, asyncio.StreamWriter(transport, protocol, reader, self._loop)

    async def _end(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
