"""The database goes, the disk fills, syncs fail, everything is killed meanwhile; calls for help come in."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.torture.calls import FOREVER, LOOK, Call, Caller, alerts_of, events_of, stored
from tests.torture.faults import Fault
from tests.torture.figures import Figure
from tests.torture.house import House, Member
from tests.torture.phone import Phone

PAGED_WITHIN: Final = 5.0
"""Seconds in which somebody is told of a call, whatever is down."""
DRAINED_WITHIN: Final = 30.0
RINGS_AGAIN: Final = 30.0
UP_AGAIN: Final = 0.5
"""Seconds after which whatever watches over processes starts one again that has ended."""
CALLS: Final = 300
"""At most so many seekers call in one outage, each once: afterwards each alert rings every five seconds."""
COME_AT_ONCE: Final = 20


@dataclass
class Outage:
    """What was seen of one."""

    calls: list[Call] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """How long it took until somebody was told of each call."""
    untold: int = 0
    early: int = 0
    """Calls that were acknowledged while it lasted."""
    rang_again: float | None = None
    """Where everything was killed: after how many seconds the telephone rang again."""


async def outage(
    house: House,
    phone: Phone,
    fault: Fault,
    what: str,
    *,
    seconds: float,
    say: Callable[[str], None],
    durable: bool = True,
    killed: bool = False,
) -> list[Figure]:
    """`durable` says whether the spool takes what the database does not.

    With `killed`, every process dies in the end, and is started again and again, as an operator has it.
    """
    had_alerts, had_events = len(await alerts_of(house.database)), await events_of(house.database)
    calls = min(CALLS, max(4, int(seconds)))
    seen = Outage()
    callers = [Caller([one.url for one in house.servers], number) for number in range(calls)]
    for first in range(0, calls, COME_AT_ONCE):
        await asyncio.gather(*(caller.start() for caller in callers[first : first + COME_AT_ONCE]))
    try:
        async with fault(house):
            for number, caller in enumerate(callers):
                say(f"{what}: {number + 1} of {calls} calls")
                await _call(phone, caller, seen, pause=seconds / calls)
            if durable:
                await _acknowledged(callers, seen)
            seen.early = sum(call.acked is not None for call in seen.calls)
            if killed:
                seen.rang_again = await _killed(house, phone)
        back = time.monotonic()
        async with _watched_over(house):
            drained = await _drained(house, seen)
        held = await _in_the_end(house, [call.key for call in seen.calls])
        there, events = await alerts_of(house.database), await events_of(house.database)
    finally:
        await asyncio.gather(*(caller.stop() for caller in callers))
    lost = sum(call.key not in held for call in seen.calls)
    doubled = abs(len(there) - had_alerts - calls) + abs(events - had_events - calls)
    figures = [
        Figure(f"{what}: no call is lost", calls, lost, note=f"{seen.early} acknowledged meanwhile"),
        Figure(f"{what}: somebody is told within 5 s", calls, seen.untold, seen.waits, limit=PAGED_WITHIN),
        Figure(f"{what}: entered exactly once", calls, doubled),
        Figure(
            f"{what}: nothing waits any more when it is over",
            1,
            int(drained is None),
            () if drained is None else (drained - back,),
        ),
    ]
    if durable:
        figures.append(Figure(f"{what}: acknowledged all the same", calls, calls - seen.early))
    if killed:
        again = seen.rang_again
        figures.append(
            Figure(
                f"{what}, and everything killed: what waits rings again before the database is back",
                1,
                int(again is None),
                () if again is None else (again,),
            )
        )
    return figures


async def _call(phone: Phone, caller: Caller, seen: Outage, *, pause: float) -> None:
    call = await caller.say()
    seen.calls.append(call)
    waited = await phone.after(call.said, FOREVER)
    seen.untold += waited is None or waited > PAGED_WITHIN
    seen.waits += [] if waited is None else [waited]
    await asyncio.sleep(max(0.0, call.said + pause - time.monotonic()))


async def _acknowledged(callers: Sequence[Caller], seen: Outage) -> None:
    for caller, call in zip(callers, seen.calls, strict=True):
        await caller.acked(call, PAGED_WITHIN)


async def _killed(house: House, phone: Phone) -> float | None:
    await asyncio.gather(*(member.kill() for member in house.members))
    quiet = time.monotonic()
    async with _watched_over(house):
        return await phone.after(quiet, RINGS_AGAIN)


@contextlib.asynccontextmanager
async def _watched_over(house: House) -> AsyncIterator[None]:
    """Whatever has ended is started again, as systemd does it."""

    async def watch(member: Member) -> None:
        while True:
            if not member.is_alive:
                await member.start()
            await asyncio.sleep(UP_AGAIN)

    watching = [asyncio.create_task(watch(member)) for member in house.members]
    try:
        yield
    finally:
        for task in watching:
            task.cancel()
        await asyncio.gather(*watching, return_exceptions=True)


async def _in_the_end(house: House, keys: Sequence[str]) -> dict[str, str]:
    """What is on record when all is, or when what should have come is lost: late is not lost."""
    until = time.monotonic() + FOREVER
    while True:
        held = await stored(house.database, keys)
        if len(held) == len(keys) or time.monotonic() > until:
            return held
        await asyncio.sleep(LOOK)


async def _drained(house: House, seen: Outage) -> float | None:
    """When everything was in the database and nothing in a spool; None when it took longer than it may."""
    keys = [call.key for call in seen.calls]
    until = time.monotonic() + DRAINED_WITHIN
    while time.monotonic() < until:
        if not house.waiting() and len(await stored(house.database, keys)) == len(keys):
            return time.monotonic()
        await asyncio.sleep(LOOK)
    return None
