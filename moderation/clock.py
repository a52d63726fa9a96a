"""The time and the waits of the alert path, as a port: tests drive them, nothing there sleeps by itself."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the Unix epoch."""
        ...

    async def sleep(self, seconds: float) -> None: ...

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Returns when `event` is set or `seconds` have passed, whichever is first."""
        ...

    def within(self, seconds: float) -> asyncio.Timeout:
        """A deadline for the block under it: `async with clock.within(8): ...` raises `TimeoutError`."""
        ...


class SystemClock:
    """The machine's clock, which never turns back while this process lives.

    Where the machine's own is set back, time here goes on from where it was, so that nobody waits an hour for
    a rung; where it is set forward, what is due by then is due.
    """

    def __init__(self) -> None:
        self._ahead = time.time() - time.monotonic()

    def now(self) -> float:
        monotonic = time.monotonic()
        self._ahead = max(self._ahead, time.time() - monotonic)
        return monotonic + self._ahead

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return

    def within(self, seconds: float) -> asyncio.Timeout:
        return asyncio.timeout(seconds)
