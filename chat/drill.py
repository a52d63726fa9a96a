"""`warmline drill`: begins a drill, shows how it climbs, and answers what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from chat.practice import LOOK_EVERY, Practice
from moderation.alerts import Alert
from storage.drills import Outcome
from storage.errors import Unavailable

OPERATOR = "operator"
"""Who did what was done with a command, on record."""


async def drill(
    practice: Practice, minutes: float, clock: Callable[[], float], told: Callable[[Alert, float], None]
) -> Outcome | None:
    """Returns what came of it, or None where another drill runs.

    `told` is called at every look with the alert and the seconds since the start. When this process ends
    before the drill does, the servers and workers end it. Raises what the store raises at the start.
    """
    began = clock()
    name = await practice.start("command", OPERATOR, minutes=minutes)
    if name is None:
        return None
    while True:
        with suppress(Unavailable):  # a drill is what shows how long people take when the database is slow
            running = await practice.running()
            if running is None:
                return await practice.outcome(name)
            if running[1] is not None:
                told(running[1], clock() - began)
            outcome = await practice.look()
            if outcome is not None:
                return outcome
        await asyncio.sleep(LOOK_EVERY)
