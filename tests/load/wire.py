"""A WebSocket client as lean as Python allows, so that a load generator is not what is measured.

No task and no queue for a message: bytes come in, `text` is called for each frame. Frames go out under an
empty mask, which spares the masking; servers unmask it as any other.
"""

from __future__ import annotations

import asyncio
import base64
import os
from typing import Final, cast
from urllib.parse import urlsplit

_TEXT: Final = 1
_BINARY: Final = 2
_CLOSE: Final = 8
_PING: Final = 9
_SHORT: Final = 126
_LONG: Final = 127


def framed(payload: bytes, opcode: int = _TEXT) -> bytes:
    """One frame of a client."""
    size = len(payload)
    if size < _SHORT:
        return bytes((0x80 | opcode, 0x80 | size, 0, 0, 0, 0)) + payload
    return bytes((0x80 | opcode, 0x80 | _SHORT)) + size.to_bytes(2) + b"\0\0\0\0" + payload


class Wire(asyncio.Protocol):
    """One connection. `opened` is called after the handshake, `text` for each message, `lost` at the end."""

    path = "/"
    headers = ""

    def __init__(self, url: str) -> None:
        self.url = url
        self.transport: asyncio.WriteTransport
        self.is_open = False
        self.ended_by = "the other side, without a word"
        """How the server ended the connection, if it did."""
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.WriteTransport", transport)
        key = base64.b64encode(os.urandom(16)).decode()
        host = urlsplit(self.url).netloc
        self.transport.write(
            f"GET {self.path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{self.headers}\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        at = 0
        if not self.is_open:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self.ended_by = data[:12].decode("ascii", "replace")
                self.transport.abort()
                return
            at = end + 4
            self.is_open = True
            self.opened()
        size = len(data)
        while size - at >= 2:
            length = data[at + 1]
            start = at + 2
            if length == _SHORT:
                start = at + 4
                length = int.from_bytes(data[at + 2 : start]) if size >= start else size
            elif length == _LONG:
                start = at + 10
                length = int.from_bytes(data[at + 2 : start]) if size >= start else size
            if size < start + length:
                break
            opcode = data[at] & 15
            if opcode <= _BINARY:
                self.text(data[start : start + length])
            elif opcode == _PING:
                self.transport.write(framed(data[start : start + length], 10))
            elif opcode == _CLOSE:
                self.ended_by = f"close code {int.from_bytes(data[start : start + 2])}"
                self.transport.close()
            at = start + length
        self._buffer = data[at:] if at else data

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.lost()

    def opened(self) -> None:
        """The handshake is done."""

    def text(self, data: bytes) -> None:
        """A message came."""

    def lost(self) -> None:
        """The connection is gone."""

    def forget(self) -> None:
        """Forgets what came of a frame that was cut."""
        self._buffer = b""

    def drop(self) -> None:
        self.transport.abort()


async def connect(wire: Wire) -> None:
    """Opens the connection; returns when TCP has it. Addresses are those of this machine alone."""
    parts = urlsplit(wire.url)
    if parts.hostname != "127.0.0.1":
        raise ValueError("a benchmark sends to 127.0.0.1 alone")
    await asyncio.get_running_loop().create_connection(lambda: wire, "127.0.0.1", parts.port or 0)
