"""Seekers who call for help through real sockets, and what has become of each call."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa

from storage.engine import Database
from storage.errors import StorageError
from storage.tables import alert, alert_event
from tests.support.client import Seeker, Teammate

CRISIS: Final = "I want to kill myself"
LOOK: Final = 0.05
AGAIN: Final = 5.0
"""Seconds after which a seeker says again what nobody has acknowledged."""
FOREVER: Final = 120.0
"""Seconds after which what should have come is lost."""
AT_ONCE: Final = 1000
"""Events that the database is asked for at once."""


@dataclass
class Call:
    """One message that calls for help."""

    key: str
    said: float
    acked: float | None = None
    alert: str | None = None
    told: float | None = None
    """When the first page of its alert came. Times are in seconds of the monotonic clock."""


class Caller:
    """A seeker who comes back by itself and says again what is not acknowledged."""

    def __init__(self, urls: Sequence[str], first: int = 0) -> None:
        turned = [*urls[first % len(urls) :], *urls[: first % len(urls)]]
        self._seeker = Seeker(turned[0], others=turned[1:])
        self._staying: asyncio.Task[None] | None = None

    @property
    def refused(self) -> list[str]:
        return self._seeker.talk.refused

    @property
    def conversation(self) -> str:
        assert self._seeker.conversation is not None
        return self._seeker.conversation

    async def start(self) -> None:
        """Waits in the waiting room afterwards."""
        await self._seeker.come_back()
        self._staying = asyncio.create_task(self._stay())
        for _ in range(20):  # a server may die while it lets somebody in
            with contextlib.suppress(AssertionError):
                await self._seeker.join()
                return
            await asyncio.sleep(0.2)
        raise AssertionError("nobody was let in")

    async def _stay(self) -> None:
        while True:
            with contextlib.suppress(OSError, AssertionError):
                await self._seeker.stay()
                return

    async def say(self) -> Call:
        n = await self._seeker.say(CRISIS)
        return Call(f"{self.conversation}:seeker:{n}", time.monotonic())

    async def acked(self, call: Call, within: float = FOREVER) -> bool:
        """Whether the server said that it has it; a page says again what it does not have."""
        n = int(call.key.rpartition(":")[2])
        talk, until = self._seeker.talk, time.monotonic() + within
        again = time.monotonic() + AGAIN
        while n not in talk.promised and n not in talk.acked:
            if time.monotonic() > until:
                return False
            if time.monotonic() > again:
                again = time.monotonic() + AGAIN
                await self._seeker.send(type="say", n=n, text=CRISIS)
            await asyncio.sleep(LOOK)
        call.acked = time.monotonic()
        return True

    async def stop(self) -> None:
        if self._staying is not None:
            self._staying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._staying
        await self._seeker.cut()


@dataclass
class Console:
    """On-call staff who look at their screen all the time: every alert that they were ever shown."""

    shown: set[str] = field(default_factory=set)


@contextlib.asynccontextmanager
async def watching(urls: Sequence[str], cookie: str) -> AsyncIterator[Console]:
    console = Console()

    class Watcher(Teammate):
        async def took(self, frame: dict[str, object]) -> None:
            if frame["type"] == "alert":
                console.shown.add(str(frame["alert"]))
            self.frames.clear()  # a long watch would hold all that it was ever shown

        async def hello(self) -> dict[str, object]:
            await self.send(type="hello", v=1, lang="en", ticket=None, resume=None)
            return {}

    watcher = Watcher(urls[0], cookie, others=urls[1:])
    await watcher.come_back()

    async def stay() -> None:
        while True:
            with contextlib.suppress(OSError, AssertionError):
                await watcher.stay()

    staying = asyncio.create_task(stay())
    try:
        yield console
    finally:
        staying.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await staying
        await watcher.cut()


async def stored(database: Database, keys: Sequence[str]) -> dict[str, str]:
    """From each of the events that the database has to the alert that it belongs to."""
    found: dict[str, str] = {}
    for start in range(0, len(keys), AT_ONCE):
        found |= await _stored(database, keys[start : start + AT_ONCE])
    return found


async def _stored(database: Database, keys: Sequence[str]) -> dict[str, str]:
    digests = {hashlib.sha256(key.encode()).digest(): key for key in keys}
    while True:
        with contextlib.suppress(StorageError):  # it is under load, and asked from beside
            async with database.reading() as connection:
                rows = await connection.execute(
                    sa.select(alert_event.c.key, alert_event.c.alert).where(
                        alert_event.c.key.in_(list(digests))
                    )
                )
                return {digests[bytes(row.key)]: row.alert for row in rows}
        await asyncio.sleep(LOOK)


def first_id(key: str) -> str:
    """The id of the alert that an event opens, as every process makes it from the event's key."""
    return hashlib.sha256(f"alert/{key}".encode()).hexdigest()[:32]


async def alerts_of(database: Database) -> dict[str, int]:
    """Every alert of the campus that there ever was, and the rung that would be told next."""
    async with database.reading() as connection:
        rows = await connection.execute(sa.select(alert.c.id, alert.c.rung).where(alert.c.campus == "campus"))
        return {row.id: row.rung for row in rows}


async def events_of(database: Database) -> int:
    """How many events of the campus are on record."""
    async with database.reading() as connection:
        found: int | None = await connection.scalar(
            sa.select(sa.func.count())
            .select_from(alert_event.join(alert, alert.c.id == alert_event.c.alert))
            .where(alert.c.campus == "campus")
        )
        return found or 0
