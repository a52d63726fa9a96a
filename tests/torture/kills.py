"""Servers and workers are killed at named points and at random, under calls for help."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from storage.alerts import Alerts
from storage.errors import StorageError
from tests.torture.calls import FOREVER, Call, Caller, alerts_of, stored, watching
from tests.torture.failpoints import ANY_POINTS, SERVER_POINTS
from tests.torture.figures import Figure
from tests.torture.house import House, Member
from tests.torture.phone import Phone, page_of

CALLERS: Final = 20
"""At most so many seekers call at the same time; fewer where few are killed."""
CALLS_EACH: Final = 15
"""After so many a seeker leaves and another one comes."""
REACHED_WITHIN: Final = 4.0
"""Seconds in which a process comes to the point at which it is to die; else it dies where it is."""
EVERYBODY: Final = 25
"""One kill in so many takes all processes at the same moment."""
RANDOM: Final = "at random"
TOLD_AGAIN: Final = 0.15
"""The share of calls whose second rung is waited for."""


@dataclass
class Run:
    """What was done, and what was seen."""

    house: House
    phone: Phone
    chance: random.Random
    say: Callable[[str], None]
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    calls: list[Call] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    closed: list[tuple[str, float]] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    """What clients were refused for good."""
    over: bool = False


async def kill(house: House, phone: Phone, kills: int, what: str, say: Callable[[str], None]) -> list[Figure]:
    """Kills so many processes of the house. `say` is told how far it is."""
    run = Run(house, phone, random.Random(kills), say)  # noqa: S311 - no secret hangs on it
    async with watching([one.url for one in house.servers], await house.sign_in()) as console:
        async with asyncio.TaskGroup() as group:
            for number in range(min(CALLERS, kills)):
                group.create_task(_calls(run, number))
            async with asyncio.TaskGroup() as killers:
                left = itertools.count(1)
                for member in house.members:
                    killers.create_task(_kills(run, member, left, kills))
            run.over = True
        held = await stored(house.database, [call.key for call in run.calls])
        there = await alerts_of(house.database)
        strangers = console.shown - there
    made = sum(run.kills.values())
    pages = {page_of(one, rung) for one in there for rung in range(400)}
    memory = sum(len(times) for page, times in phone.came.items() if page not in pages)
    repeats = {page: times for page, times in phone.repeats().items() if page in pages}
    by_point = ", ".join(f"{n} {point}" for point, n in sorted(run.kills.items()))
    acked = [call for call in run.calls if call.acked is not None]
    lost = [call for call in acked if call.key not in held or call.told is None]
    twice = len(held) - len(set(held.values())) + len(there) - len(set(held.values())) + len(strangers)
    late = [call.told - call.acked for call in acked if call.told is not None and call.acked is not None]
    after = _after_the_end(run, phone)
    return [
        Figure(f"{what}: a call is neither lost nor left untold", made, len(lost), note=by_point),
        Figure(f"{what}: calls acknowledged meanwhile, each with its alert", len(acked), len(lost)),
        Figure(
            f"{what}: at most one repeated page a kill",
            made,
            max(0, sum(repeats.values()) - made) + sum(n > made for n in repeats.values()),
            note=f"{sum(repeats.values())} repeated, {memory} from memory",
        ),
        Figure(f"{what}: never a second alert for one call", len(run.calls), twice),
        Figure(f"{what}: nobody is paged for what is closed", len(run.closed), after),
        Figure(
            f"{what}: from the acknowledgement to the page, held to no limit",
            len(late),
            0,
            seconds=[max(0.0, one) for one in late],
        ),
        Figure(f"{what}: clients refused, processes with a defect", made, len(run.strays + house.defects())),
    ]


async def _calls(run: Run, number: int) -> None:
    """One seeker after the other calls, is answered, and calls again."""
    while not run.over:
        caller = Caller([one.url for one in run.house.servers], number)
        try:
            await caller.start()
            for _ in range(CALLS_EACH):
                if run.over:
                    break
                if not await _one(run, caller, again=run.chance.random() < TOLD_AGAIN):
                    break  # its alert is open still: the next call would be part of it
        finally:
            run.strays += caller.refused
            await caller.stop()


async def _one(run: Run, caller: Caller, *, again: bool) -> bool:
    """Whether it came to its end, which is that somebody closed its alert."""
    house, phone, alerts = run.house, run.phone, Alerts(run.house.database)
    call = await caller.say()
    run.calls.append(call)
    if not await caller.acked(call):
        return False
    until = time.monotonic() + FOREVER
    while call.alert is None and time.monotonic() < until:
        call.alert = (await stored(house.database, [call.key])).get(call.key)
        if call.alert is None:
            await asyncio.sleep(0.1)
    if call.alert is None:
        return False
    call.told = await phone.until(page_of(call.alert, 0), FOREVER)
    if again and await phone.until(page_of(call.alert, 1), FOREVER) is None:
        call.told = None
    while True:
        with contextlib.suppress(StorageError):
            await alerts.close(
                alert=call.alert, person="omar", state="resolved", outcome="safe", at=time.time()
            )
            run.closed.append((call.alert, time.monotonic()))
            return True
        await asyncio.sleep(0.1)


async def _kills(run: Run, member: Member, left: itertools.count[int], kills: int) -> None:
    chance = run.chance
    points = [*ANY_POINTS, RANDOM, *(SERVER_POINTS if member.command == "serve" else ())]
    order = itertools.chain.from_iterable(chance.sample(points, len(points)) for _ in itertools.count())
    while (number := next(left)) <= kills:
        async with run.turn:
            await _kill(run, member, next(order), number)
            run.say(f"{number} of {kills} kills, {len(run.calls)} calls")


async def _kill(run: Run, member: Member, point: str, number: int) -> None:
    """Kills a process, and has it up again before the next one dies."""
    if number % EVERYBODY == 0:
        point = "everybody"
        await asyncio.gather(*(one.kill() for one in run.house.members))
    elif point == RANDOM:
        await asyncio.sleep(run.chance.random())
    else:
        member.order(point)
        if not await member.dies(REACHED_WITHIN):
            point = RANDOM
    await member.kill()
    run.kills[point] += 1
    for one in run.house.members:
        if not one.is_alive:
            await one.start()
    await run.house.ready()


def _after_the_end(run: Run, phone: Phone) -> int:
    """Pages that came a second or more after an alert was closed: those under way then are let be."""
    found = 0
    for one, closed in run.closed:
        for rung in range(400):
            found += sum(at > closed + 1.0 for at in phone.came.get(page_of(one, rung), ()))
    return found
