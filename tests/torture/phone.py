"""Where pages arrive: one real HTTP server on loopback that notes when which page came."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.support.servers import listening


def page_of(alert: str, rung: int) -> str:
    """What the page of this rung of this alert is called, as a receiver sees it."""
    return hashlib.sha256(f"{alert}/{rung}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Ring:
    """One arrival of a page, in seconds of the monotonic clock, and the path by which its sender has it."""

    at: float
    by: str


@dataclass
class Phone:
    """Takes every page, at any path under its address. `came` holds all arrivals of each page, in order."""

    url: str = ""
    came: dict[str, list[Ring]] = field(default_factory=lambda: defaultdict(list))
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
        request, *lines = head.strip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        named = {name.lower(): value for name, value in headers.items()}
        await reader.readexactly(int(named.get("content-length", "0")))
        # It rings once it has the whole page, whether or not the sender lives to hear so.
        self.came[named["webhook-id"]].append(Ring(time.monotonic(), request.split(" ")[1]))
        async with self._news:
            self._news.notify_all()
        writer.write(b"HTTP/1.1 200 Told\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()

    async def until(self, page: str, within: float) -> float | None:
        """When a page came first; None when it does not within so many seconds."""
        try:
            async with asyncio.timeout(within), self._news:
                await self._news.wait_for(lambda: page in self.came)
        except TimeoutError:
            return None
        return self.came[page][0].at

    async def after(self, moment: float, within: float) -> float | None:
        """How many seconds after `moment` any page came first; None when it took longer than `within`."""

        def first() -> float | None:
            every = (ring.at for rings in self.came.values() for ring in rings)
            return min((at for at in every if at >= moment), default=None)

        try:
            async with asyncio.timeout(moment + within - time.monotonic()), self._news:
                await self._news.wait_for(lambda: first() is not None)
        except TimeoutError:
            return None
        at = first()
        return None if at is None else at - moment


@asynccontextmanager
async def ringing() -> AsyncIterator[Phone]:
    phone = Phone()
    async with listening(phone) as port:
        phone.url = f"http://127.0.0.1:{port}/told"
        yield phone
