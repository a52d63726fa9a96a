"""How the clients of each party speak: how they come in, say something, and see that it arrived."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Final

import msgspec

from tests.load.sentences import SENTENCES
from tests.load.wire import Wire, framed

_BODIES: Final = [json.dumps(sentence).encode() for sentence in SENTENCES]


class Ledger:
    """What was said, and whether all of it arrived once and in order."""

    def __init__(self) -> None:
        self.said = 0
        self.arrived = 0
        self.disordered = 0
        self.refused = 0
        self.lost_connections = 0
        self.on_arrival: Callable[[Talker, float], None] = lambda _author, _due: None


class Talker(Wire):
    """One of two people. `due` holds when each message under way should have been sent, by its count."""

    pace = 0.0
    """Seconds between two messages that the servers let one person say."""

    def __init__(self, url: str, ledger: Ledger, room: str = "") -> None:
        super().__init__(url)
        self.free_at = 0.0
        self.ledger = ledger
        self.room = room
        self.partner: Talker = self
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.count = 0
        self.heard = 0
        self.due: dict[int, float] = {}

    def say(self, due: float) -> None:
        """Says the next message, which should have been sent at `due`."""
        self.count += 1
        self.ledger.said += 1
        self.due[self.count] = due
        self.write(self.count)

    def write(self, n: int) -> None:
        """Sends message `n`, which has the same words each time."""
        self.transport.write(self.message(n, _BODIES[n % len(_BODIES)]))

    def message(self, n: int, body: bytes) -> bytes:
        return framed(b'{"type":"message","n":%d,"text":%s}' % (n, body))

    def hears(self, n: int) -> None:
        """The partner's message `n` has arrived here."""
        partner, ledger = self.partner, self.ledger
        due = partner.due.pop(n, None)
        if due is None or n < self.heard:
            ledger.disordered += 1
        if due is None:
            return
        self.heard = max(self.heard, n)
        ledger.arrived += 1
        ledger.on_arrival(partner, due)

    def reset(self, ready: asyncio.Future[None]) -> None:
        """Before it is connected once more."""
        self.ready = ready
        self.is_open = False
        self.forget()

    def came_in(self) -> None:
        if not self.ready.done():
            self.ready.set_result(None)

    def lost(self) -> None:
        self.ledger.lost_connections += 1
        if not self.ready.done():
            self.ready.set_exception(
                ConnectionError(f"a connection was ended before it was of use: {self.ended_by}")
            )
            self.ready.exception()


class _Told(msgspec.Struct):
    type: str = ""
    n: int = 0


_told = msgspec.json.Decoder(_Told)


class Relayed(Talker):
    """Plain JSON frames, as the relays on ws, Starlette, Channels and the echo take them."""

    path = "/ws"

    def opened(self) -> None:
        self.transport.write(framed(json.dumps({"type": "join", "room": self.room}).encode()))

    def text(self, data: bytes) -> None:
        told = _told.decode(data)
        if told.type == "message":
            self.hears(told.n)
        elif told.type == "joined":
            self.came_in()


class SocketIo(Talker):
    """Socket.IO over its WebSocket transport (Engine.IO 4)."""

    path = "/socket.io/?EIO=4&transport=websocket"

    def message(self, n: int, body: bytes) -> bytes:
        return framed(b'42["message",{"n":%d,"text":%s}]' % (n, body))

    def text(self, data: bytes) -> None:
        if data.startswith(b'42["message",'):
            self.hears(_told.decode(data[13:-1]).n)
        elif data == b"2":
            self.transport.write(framed(b"3"))
        elif data.startswith(b"0"):
            self.transport.write(framed(b"40"))
        elif data.startswith(b"40"):
            self.transport.write(framed(b'42["join",%s]' % json.dumps(self.room).encode()))
        elif data == b'42["joined"]':
            self.came_in()


class Nats(Talker):
    """The protocol of NATS in binary frames: each of the two listens to a subject of their own."""

    _rest = b""

    @property
    def _own(self) -> str:
        return f"{self.room}.{'a' if self.first else 'b'}"

    first = True

    def opened(self) -> None:
        own = f'CONNECT {{"verbose":false}}\r\nSUB {self._own} 1\r\nPING\r\n'
        self.transport.write(framed(own.encode(), 2))

    def message(self, n: int, body: bytes) -> bytes:
        payload = b'{"n":%d,"text":%s}' % (n, body)
        subject = f"{self.room}.{'b' if self.first else 'a'}".encode()
        return framed(b"PUB %s %d\r\n%s\r\n" % (subject, len(payload), payload), 2)

    def text(self, data: bytes) -> None:
        data = self._rest + data
        while (end := data.find(b"\r\n")) >= 0:
            line, after = data[:end], end + 2
            if line.startswith(b"MSG "):
                size = int(line.rpartition(b" ")[2])
                if len(data) < after + size + 2:
                    break
                self.hears(_told.decode(data[after : after + size]).n)
                after += size + 2
            elif line == b"PING":
                self.transport.write(framed(b"PONG\r\n", 2))
            elif line == b"PONG":
                self.came_in()
            data = data[after:]
        self._rest = data
