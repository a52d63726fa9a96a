"""Silence, and clocks that jump: when each rung is told. The time is injected, nothing sleeps."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

from moderation.auditor import TICK
from moderation.dispatcher import AHEAD
from moderation.ladder import parse
from storage.alerts import Alerts
from tests.support.alerting import AlertPath, Phones
from tests.support.clock import DrivenClock
from tests.torture.figures import Figure

WAIT: Final = 30.0
ON_TIME: Final = 2.0
PROCESSES: Final = 3
ALERTS: Final = 10
LADDER: Final = parse(f'[[rung]]\ntell = ["campus"]\nby = ["any"]\nwait = {WAIT:.0f}\n')


@contextlib.asynccontextmanager
async def climbing(
    store: Alerts, clock: DrivenClock, folder: Path, name: str
) -> AsyncIterator[tuple[AlertPath, Phones, Callable[[Callable[[], bool]], Awaitable[None]]]]:
    """Several dispatchers on one store and one clock, and one of their auditors."""
    phones = Phones(clock)
    paths = [
        AlertPath(
            store=store, clock=clock, phones=phones, folder=folder / name, owner=f"{name}{n}", ladder=LADDER
        )
        for n in range(PROCESSES)
    ]
    async with contextlib.AsyncExitStack() as stack:
        for path in paths:
            await stack.enter_async_context(path.running("dispatcher", "auditor"))
            stack.callback(path.spool.close)

        async def until(holds: Callable[[], bool]) -> None:
            await clock.run(holds, waiters=lambda: sum(2 + path.dispatcher.busy for path in paths))

        yield paths[0], phones, until


async def silence(store: Alerts, folder: Path, rungs: int, say: Callable[[str], None]) -> list[Figure]:
    """Nobody answers: alerts that were raised at odd moments climb, carried by three processes."""
    clock = DrivenClock()
    async with climbing(store, clock, folder, "silence") as (path, phones, until):
        for number in range(ALERTS):
            await path.alarm(f"silence{number}", key=f"silence{number}")
            moment = clock.now() + 0.7 * number
            await until(partial(_past, clock, moment))
        goal = ALERTS
        while len(phones.rings) < rungs + ALERTS:
            goal = min(goal + 20, rungs + ALERTS)
            say(f"silence: {len(phones.rings)} of {rungs} rungs")
            await until(partial(_rung, phones, goal))
        for alert in await store.live("north"):
            await path.book.resolve(alert.id, "ada", "safe")
    # Each page names its alert and rung by a hash, so an alert's times are found by its own moments.
    late = _lateness(phones)
    repeated = len(phones.pages) - len({page.key for page in phones.pages})
    return [
        Figure(
            "silence: each rung within 2 s of its time",
            len(late),
            sum(one > ON_TIME for one in late),
            late,
            limit=ON_TIME,
        ),
        Figure("silence: each rung told once, by three processes", len(phones.pages), repeated),
    ]


def _past(clock: DrivenClock, moment: float) -> bool:
    return clock.now() >= moment


def _rung(phones: Phones, times: int) -> bool:
    return len(phones.rings) >= times


def _lateness(phones: Phones) -> list[float]:
    """How long after the rung before it, and its wait, each rung was told."""
    chains: list[float] = []
    late = []
    for at, _, _ in phones.rings:
        due = [before for before in chains if at - before >= WAIT - 0.001]
        if due and len(chains) >= ALERTS:
            late.append(at - min(due) - WAIT)
            chains.remove(min(due))
        chains.append(at)
    return late


async def jumps(store: Alerts, folder: Path, tries: int, say: Callable[[str], None]) -> list[Figure]:
    """Forward while the processes run; back with a restart, because within one the clock never turns back."""
    missed: dict[str, list[float]] = defaultdict(list)
    wrong: dict[str, int] = defaultdict(int)
    for number in range(tries):
        say(f"clock jumps: {number + 1} of {tries}")
        for name, seconds in (("an hour", 3600.0), ("a day", 86_400.0)):
            clock = DrivenClock()
            key = f"jump{number}-{seconds:.0f}"
            async with climbing(store, clock, folder, key) as (path, phones, until):
                alert = await path.alarm(key, key=key)
                await until(partial(_past, clock, alert.raised_at + 7))
                clock.jump(seconds)
                jumped = clock.now()
                await until(partial(_rung, phones, 3))
                await until(partial(_past, clock, clock.now() + 5))
            missed[f"forward {name}"].append(phones.rings[1][0] - jumped)
            wrong[f"forward {name}"] += len({page.key for page in phones.pages}) != len(phones.pages)
            back = DrivenClock(clock.now() - seconds)
            told = {page.key for page in phones.pages}
            async with climbing(store, back, folder, key + "back") as (path, phones, until):
                start = back.now()
                await until(partial(_rung, phones, 2))
                await path.book.resolve(alert.id, "ada", "safe")
            missed[f"back {name}"].append(phones.rings[0][0] - start)
            keys = [page.key for page in phones.pages]
            wrong[f"back {name}"] += len(set(keys)) != len(keys) or not told.isdisjoint(keys)
    limits = {"forward": ON_TIME, "back": WAIT + AHEAD + TICK + ON_TIME}
    return [
        Figure(
            f"the clock jumps {name}: the next rung comes, and none twice",
            len(times),
            wrong[name] + sum(time > limits[name.split()[0]] for time in times),
            times,
            limit=limits[name.split()[0]],
        )
        for name, times in missed.items()
    ]
