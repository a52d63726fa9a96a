"""Clients of Warmline under load: they come in, wait, are paired, say, and show, as its contract has it."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from tests.load.talkers import Ledger, Talker
from tests.load.wire import framed

AGAIN_AFTER: Final = 0.5
"""Seconds after which what was refused is said again."""
_PONG: Final = framed(b'{"type":"pong"}')


class _Frame(msgspec.Struct):
    type: str
    n: int | None = None
    author: str | None = None
    conversation: str | None = None
    offer: str = ""
    ticket: str | None = None
    epoch: str | None = None
    code: str = ""
    re: str | None = None


_read = msgspec.json.Decoder(_Frame)


class Person(Talker):
    """What both sides have in common. A message has arrived when it is shown, and its author hears of it."""

    headers = "Sec-WebSocket-Protocol: warmline.1\r\n"
    pace = 1 / 9.5  # ten a second are the most that the settings allow, and twenty frames

    def __init__(self, url: str, ledger: Ledger, room: str = "") -> None:
        super().__init__(url, ledger, room)
        self.headers = self.headers + f"Origin: {url}\r\n"
        self.author = "seeker"
        self.conversation: str | None = None
        self.accepted = 0
        self.confirmed = 0
        self.ticket: str | None = None
        self.welcomed = False
        self._saying_again = False
        self.refusals: list[str] = []

    def text(self, data: bytes) -> None:
        frame = _read.decode(data)
        kind = frame.type
        if kind == "said":
            assert frame.n is not None
            assert frame.author is not None
            if frame.author != self.author:
                self.transport.write(self.showing(frame.author, frame.n))
                self.hears(frame.n)
        elif kind == "ack":
            self.accepted = max(self.accepted, frame.n or 0)
        elif kind == "got":
            if frame.author == self.author:
                self.confirmed = max(self.confirmed, frame.n or 0)
        elif kind == "ping":
            self.transport.write(_PONG)
        elif kind == "refused":
            self.ledger.refused += 1
            self.refusals.append(f"{frame.re} {frame.code}")
            if frame.re == "say" and not self._saying_again:
                self._saying_again = True
                asyncio.get_running_loop().call_later(AGAIN_AFTER, self._say_again)
        else:
            self.other(frame)

    def _say_again(self) -> None:
        """Says everything again that the conversation is not known to hold, as a page does."""
        self._saying_again = False
        for n in range(self.accepted + 1, self.count + 1):
            self.write(n)

    def other(self, frame: _Frame) -> None:
        """What only one side is told."""

    def showing(self, author: str, n: int) -> bytes:
        raise NotImplementedError

    @property
    def settled(self) -> bool:
        """Whether everything said was acknowledged and shown."""
        return self.accepted == self.confirmed == self.count


class Seeker(Person):
    """A seeker; `joins` tells whether they go in line as soon as they are greeted."""

    path = "/ws/seeker"
    joins = True

    def opened(self) -> None:
        self.transport.write(framed(b'{"type":"hello","v":1,"lang":"en","ticket":null,"resume":null}'))

    def other(self, frame: _Frame) -> None:
        if frame.type == "welcome":
            self.ticket = frame.ticket
            self.welcomed = True
            if self.joins:
                self.transport.write(framed(b'{"type":"join"}'))
            else:
                self.came_in()
        elif frame.type == "waiting":
            self.conversation = frame.conversation
            self.in_line()
        elif frame.type == "paired":
            self.conversation, self.author = frame.conversation, frame.author or ""
            self.came_in()

    def in_line(self) -> None:
        """They have a place."""

    def message(self, n: int, body: bytes) -> bytes:
        return framed(b'{"type":"say","n":%d,"text":%s}' % (n, body))

    def showing(self, author: str, n: int) -> bytes:
        return framed(b'{"type":"got","author":"%s","n":%d}' % (author.encode(), n))


class Waiter(Seeker):
    """A seeker for whom a place in line is the end."""

    def in_line(self) -> None:
        self.came_in()


class Greeted(Seeker):
    """A seeker who looks at the page and has not asked for anybody."""

    joins = False


class Supporter(Person):
    """A supporter with a desk for one, who accepts whoever is offered."""

    path = "/ws/team"

    def __init__(self, url: str, ledger: Ledger, cookie: str) -> None:
        super().__init__(url, ledger)
        self.headers += f"Cookie: {cookie}\r\n"
        self.listening: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def opened(self) -> None:
        self.transport.write(framed(b'{"type":"hello","v":1,"lang":"en","ticket":null,"resume":null}'))

    def other(self, frame: _Frame) -> None:
        if frame.type == "welcome":
            self.welcomed = True
            self.transport.write(framed(b'{"type":"desk","open":true,"capacity":1}'))
        elif frame.type == "desk":
            self.came_in()
        elif frame.type == "offer":
            self.transport.write(framed(b'{"type":"accept","offer":"%s"}' % frame.offer.encode()))
        elif frame.type == "paired":
            self.conversation, self.author = frame.conversation, frame.author or ""
            if not self.listening.done():
                self.listening.set_result(None)

    def message(self, n: int, body: bytes) -> bytes:
        assert self.conversation is not None
        return framed(
            b'{"type":"say","conversation":"%s","n":%d,"text":%s}' % (self.conversation.encode(), n, body)
        )

    def showing(self, author: str, n: int) -> bytes:
        assert self.conversation is not None
        return framed(
            b'{"type":"got","conversation":"%s","author":"%s","n":%d}'
            % (self.conversation.encode(), author.encode(), n)
        )
