"""Servers and workers are killed at named points and at random, under calls for help."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from storage.alerts import Alerts
from storage.errors import StorageError
from tests.torture.calls import FOREVER, Call, Caller, alerts_of, first_id, stored, watching
from tests.torture.failpoints import ANY_POINTS, SERVER_POINTS
from tests.torture.figures import Figure
from tests.torture.house import House, Member
from tests.torture.phone import Phone, page_of
from tests.torture.repeats import repeats

CALLERS: Final = 8
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
                    killers.create_task(_kills(run, member, left, kills, what))
            run.over = True
        held = await stored(house.database, [call.key for call in run.calls])
        there = await alerts_of(house.database)
    return _figures(run, what, held, there, console.shown)


def _figures(
    run: Run, what: str, held: Mapping[str, str], there: Mapping[str, int], shown: Collection[str]
) -> list[Figure]:
    """`held` is from each call on record to its alert, `there` every alert, `shown` what a console showed."""
    made = sum(run.kills.values())
    own = {page_of(alert, rung): alert for alert, reached in there.items() for rung in range(reached + 1)}
    deaths = {life: at for one in run.house.members for life, at in one.deaths.items()}
    again = repeats(run.phone.came, own, deaths)
    memory = sum(len(rings) for page, rings in run.phone.came.items() if page not in own)
    acked = [call for call in run.calls if call.acked is not None]
    lost = [call for call in acked if call.key not in held or call.told is None]
    second = _second(run.calls, held, there, shown)
    late = [call.told - call.acked for call in acked if call.told is not None and call.acked is not None]
    after = _after_the_end(run, there)
    defects = run.strays + run.house.defects()
    by_point = ", ".join(f"{n} {point}" for point, n in sorted(run.kills.items()))
    return [
        Figure(
            f"{what}: a call is neither lost nor left untold",
            made,
            len(lost),
            note=by_point,
            evidence=[str(call) for call in lost],
        ),
        Figure(f"{what}: calls acknowledged meanwhile, each with its alert", len(acked), len(lost)),
        Figure(
            f"{what}: a kill repeats at most one page of an alert, and nothing else repeats any",
            len(deaths),
            len(again.too_many),
            note=f"{again.total} repeated; {again.several} kills repeated one each of several alerts; "
            f"{memory} pages from memory",
            evidence=again.too_many,
        ),
        Figure(f"{what}: never a second alert for one call", len(run.calls), len(second), evidence=second),
        Figure(f"{what}: nobody is paged for what is closed", len(run.closed), len(after), evidence=after),
        Figure(
            f"{what}: from the acknowledgement to the page, held to no limit",
            len(late),
            0,
            seconds=[max(0.0, one) for one in late],
        ),
        Figure(f"{what}: clients refused, processes with a defect", made, len(defects), evidence=defects),
    ]


def _second(
    calls: Sequence[Call], held: Mapping[str, str], there: Collection[str], shown: Collection[str]
) -> list[str]:
    """Where one call is two alerts, or two calls are one though the first was closed in between."""
    named = {first_id(call.key): call.key for call in calls}
    theirs = Counter(held.values())
    found = [f"{alert}: of {times} calls" for alert, times in theirs.items() if times > 1]
    found += [f"{alert}: stored, and no call's" for alert in there if alert not in theirs]
    for alert in sorted(set(shown) - set(there)):
        key = named.get(alert)
        stored_as = f", which is stored as {held.get(key)}" if key else ""
        found.append(f"{alert}: shown, never stored; it is the id of the call {key}{stored_as}")
    return found


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


async def _kills(run: Run, member: Member, left: itertools.count[int], kills: int, what: str) -> None:
    chance = run.chance
    points = [*ANY_POINTS, RANDOM, *(SERVER_POINTS if member.command == "serve" else ())]
    order = itertools.chain.from_iterable(chance.sample(points, len(points)) for _ in itertools.count())
    while (number := next(left)) <= kills:
        async with run.turn:
            await _kill(run, member, next(order), number)
            run.say(f"{what}: {number} of {kills}, {len(run.calls)} calls")


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


def _after_the_end(run: Run, there: Mapping[str, int]) -> list[str]:
    """Pages that came a second or more after an alert was closed: those under way then are let be."""
    found = []
    for one, closed in run.closed:
        for rung in range(there[one] + 1):
            rings = run.phone.came.get(page_of(one, rung), ())
            found += [
                f"{one}, rung {rung}: {ring.by} told it {ring.at - closed:.1f} s after the end"
                for ring in rings
                if ring.at > closed + 1.0
            ]
    return found
