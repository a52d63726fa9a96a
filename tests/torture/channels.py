"""The primary channel refuses, hangs, fails or lies: how soon the next one is told. The time is injected."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from moderation.channels.channel import Delivered, Failed, Page, Target
from moderation.channels.webhook import Webhook
from moderation.directory import Directory, Person
from moderation.ladder import parse
from moderation.pager import WITHIN
from moderation.roster import OnCall
from storage.alerts import Alerts
from tests.support.alerting import AlertPath, Phones
from tests.support.clock import DrivenClock
from tests.support.servers import Hanging, Web, certified, listening, nobody_listening
from tests.torture.figures import Figure

NEXT_WITHIN: Final = 10.0
STUCK: Final = 15.0
"""Seconds of real time after which a try has missed the moment at which the other side began to hang."""
LADDER: Final = """
[[rung]]
tell = ["first"]
by = {by}
wait = 30

[[rung]]
tell = ["second"]
by = ["sms"]
wait = 30
"""
STAFF: Final = Directory(
    people=(
        Person("ada", frozenset({"on_call"}), (Target("ada", "push", ""), Target("ada", "voice", "a"))),
        Person("ben", frozenset({"on_call"}), (Target("ben", "sms", "b"),)),
    ),
    on_call=OnCall("ada", "ben"),
)


@dataclass
class Both:
    """The primary channel is a real webhook to a real server; the others only note what they are given."""

    url: str
    primary: Webhook
    others: Phones

    async def send(self, page: Page, target: Target) -> Delivered | Failed:
        if target.channel == "push":
            return await self.primary.send(page, replace(target, address=self.url))
        return await self.others.send(page, target)


@dataclass(frozen=True)
class Way:
    """One way in which a channel is dead: where it listens, and how it says so."""

    name: str
    url: str
    hanging: Hanging | None = None
    tls: ssl.SSLContext | None = None
    lies: bool = False


@contextlib.asynccontextmanager
async def ways(folder: Path) -> AsyncIterator[list[Way]]:
    """A real server for each way but the one of nobody listening."""
    hanging, failing, fine = Hanging(), Web(503), Web(200)
    server, _ = certified(folder, "elsewhere.example")
    async with (
        listening(hanging) as hangs,
        listening(failing) as fails,
        listening(fine, server) as shows_another_name,
        listening(fine) as lies,
        nobody_listening() as refuses,
    ):
        yield [
            Way("refuses", f"http://127.0.0.1:{refuses}/"),
            Way("hangs", f"http://127.0.0.1:{hangs}/", hanging),
            Way("answers 503", f"http://127.0.0.1:{fails}/"),
            Way("shows a bad certificate", f"https://127.0.0.1:{shows_another_name}/"),
            Way("lies", f"http://127.0.0.1:{lies}/", lies=True),
        ]


async def next_channel(store: Alerts, folder: Path, tries: int, say: Callable[[str], None]) -> list[Figure]:
    """A channel that lies is not found out: what it is to reach is told by another one at the same time."""
    found: list[Figure] = []
    async with ways(folder) as every:
        for way in every:
            times = []
            for number in range(tries):
                say(f"the primary channel {way.name}: {number + 1} of {tries}")
                times.append(await _one(store, folder, way, f"{len(found)}-{number}"))
            broken = sum(time > NEXT_WITHIN for time in times)
            name = f"the primary channel {way.name}: the next is told within 10 s"
            found.append(Figure(name, tries, broken, times, limit=NEXT_WITHIN))
    return found


async def _one(store: Alerts, folder: Path, way: Way, call: str) -> float:
    """How many seconds one call for help waits for the next channel. No two have the same name `call`."""
    clock = DrivenClock()
    phones = Phones(clock)
    both = Both(way.url, Webhook(key=b"k", now=clock.now, tls=way.tls), phones)
    ladder = parse(LADDER.format(by='["push", "voice"]' if way.lies else '["push"]'))
    path = AlertPath(store=store, clock=clock, phones=both, folder=folder / "spool", ladder=ladder)
    path.staff.directory = STAFF
    nudging = asyncio.create_task(_nudge(clock, way.hanging))
    try:
        async with path.running():
            alert = await path.alarm(call, key=call)
            await path.until(lambda: bool(phones.rings))
            await path.book.resolve(alert.id, "ada", "safe")
    finally:
        nudging.cancel()
        path.close()
    return phones.rings[0][0] - alert.raised_at


async def _nudge(clock: DrivenClock, hanging: Hanging | None) -> None:
    """Only the deadline of an attempt waits for the time while the other side hangs."""
    while hanging is not None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(hanging.connected.wait(), STUCK)
        hanging.connected.clear()
        clock.jump(WITHIN)
