"""The task that hears what the waiting room tells this process, and sweeps when something is due."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Final, Protocol

from matching.notices import DeskPaused, Lapsed, Moved, Notice, Offered, Paired
from matching.queue import Unavailable, WaitingRoom

SLOWEST_SWEEP: Final = 5.0
"""Seconds after which a process looks for itself, should it have missed a notice."""
QUICKEST_SWEEP: Final = 0.01
"""Seconds between two sweeps of one process, whatever is due."""
FIRST_WAIT: Final = 0.05
LONGEST_WAIT: Final = 1.0
"""Seconds between attempts to come back when Redis is away."""


class Listener(Protocol):
    """Who carries out what the waiting room tells. Each may be told twice; none may raise `Unavailable`."""

    async def offered(self, offer: Offered) -> None: ...

    async def lapsed(self, lapse: Lapsed) -> None: ...

    async def paired(self, pairing: Paired) -> None:
        """Writes the pairing into the conversation's stream, then confirms it.

        Told to the process of the desk and to that of the ticket, whichever is alive finishes it.
        """
        ...

    async def moved(self) -> None:
        """The order changed, or may have: places and waits are to be asked for anew, at leisure."""
        ...

    async def desk_paused(self, pause: DeskPaused) -> None: ...


class Matchmaker:
    """Runs in every process; none is special, and a dead one is missed by nobody.

    Sweeping takes no lock: the script finds in one look whether anything is due, and whoever comes first has
    done all of it. On every connection, also the first, the listener is told all that stands open, because
    notices are lost while nobody hears them.
    """

    def __init__(self, room: WaitingRoom, listener: Listener) -> None:
        self._room = room
        self._listener = listener
        self._sooner = asyncio.Event()
        self._next = 0.0

    async def run(self) -> None:
        """Runs until it is cancelled, and waits while Redis is away. What the listener raises ends it."""
        wait = FIRST_WAIT
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await self._connected()
            except* Unavailable:
                pass
            if asyncio.get_running_loop().time() - started > LONGEST_WAIT:
                wait = FIRST_WAIT
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            wait = min(wait * 2, LONGEST_WAIT)

    async def _connected(self) -> None:
        async with self._room.listening() as notices, asyncio.TaskGroup() as group:
            group.create_task(self._hear(notices))
            group.create_task(self._sweep())

    async def _hear(self, notices: AsyncIterator[Notice]) -> None:
        standing = await self._room.standing()
        for offer in standing.offers:
            await self._listener.offered(offer)
        for one in standing.unconfirmed:
            await self._listener.paired(Paired(one.ticket, one.person, one.fence, one.seeker_process))
        await self._listener.moved()
        async for notice in notices:
            await self._tell(notice)

    async def _tell(self, notice: Notice) -> None:
        match notice:
            case Offered():
                await self._listener.offered(notice)
            case Lapsed():
                await self._listener.lapsed(notice)
            case Paired():
                await self._listener.paired(notice)
            case DeskPaused():
                await self._listener.desk_paused(notice)
            case Moved(order, due_in):
                if due_in is not None:
                    self._due(due_in)
                if order:
                    await self._listener.moved()

    def _due(self, seconds: float) -> None:
        due = asyncio.get_running_loop().time() + seconds
        if due < self._next:
            self._next = due
            self._sooner.set()

    async def _sweep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._next = loop.time() + SLOWEST_SWEEP
            due_in = await self._room.sweep()
            if due_in is not None:
                self._due(max(due_in, QUICKEST_SWEEP))
            while (left := self._next - loop.time()) > 0:
                self._sooner.clear()
                try:
                    async with asyncio.timeout(left):
                        await self._sooner.wait()
                except TimeoutError:
                    break
