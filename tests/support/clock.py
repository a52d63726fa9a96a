"""A clock that moves only when a test moves it."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable


class DrivenClock:
    """Implements the port `moderation.clock.Clock`. Every wait ends at its own moment, in order."""

    def __init__(self, start: float = 1_900_000_000.0) -> None:
        self._now = start
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Event, asyncio.Event | None]] = []
        self._deadlines: list[tuple[float, asyncio.Timeout]] = []

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        await self.wait(None, seconds)

    async def wait(self, event: asyncio.Event | None, seconds: float) -> None:
        over = asyncio.Event()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), over, event))
        waits = [asyncio.create_task(over.wait())]
        if event is not None:
            waits.append(asyncio.create_task(event.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[2] is not over]
            heapq.heapify(self._sleepers)

    def within(self, seconds: float) -> asyncio.Timeout:
        deadline = asyncio.timeout(None)
        self._deadlines.append((self._now + seconds, deadline))
        return deadline

    def next(self) -> float | None:
        """When the first of those who wait for the time is due; None when nobody waits."""
        return self._sleepers[0][0] if self._sleepers else None

    def jump(self, seconds: float) -> None:
        """Sets the clock, as an operator would; what is due by then ends."""
        self._reach(self._now + seconds)

    async def run(self, until: Callable[[], bool], *, waiters: Callable[[], int]) -> None:
        """Moves from one moment to the next until `until` holds.

        It moves only when as many tasks wait for the time as `waiters` says and none of them has been woken
        otherwise, so that real work (a database's thread, a socket) is always waited for.
        """
        async with asyncio.timeout(60):
            while not until():
                if len(self._sleepers) >= waiters() and not self._woken():
                    self._reach(self._sleepers[0][0])
                await asyncio.sleep(0)

    async def rest(self, *, waiters: Callable[[], int]) -> None:
        """Waits, without moving, until as many tasks as `waiters` says wait for the time."""
        async with asyncio.timeout(60):
            while True:
                if len(self._sleepers) >= waiters() and not self._woken():
                    return
                await asyncio.sleep(0)

    def _woken(self) -> bool:
        return any(
            over.is_set() or (event is not None and event.is_set()) for _, _, over, event in self._sleepers
        )

    def _reach(self, moment: float) -> None:
        self._now = max(self._now, moment)
        for at, _, over, _ in self._sleepers:
            if at <= self._now:
                over.set()
        for at, deadline in self._deadlines:
            if at <= self._now and not deadline.expired():
                _end(deadline)
        self._deadlines = [item for item in self._deadlines if item[0] > self._now]


def _end(deadline: asyncio.Timeout) -> None:
    try:
        deadline.reschedule(asyncio.get_running_loop().time())
    except RuntimeError:  # its block has been left already
        return
