"""Conversations that go on while everything under them is killed, and the count of what came through."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import sqlalchemy as sa

from storage.tables import alert_event
from tests.support.client import Seeker, Talk, Teammate
from tests.support.process import Installation

TYPING: Final = 0.12
"""Seconds that a person takes for one message: nobody is told to slow down."""
UNDER_WAY: Final = 6
"""Messages that an author lets be under way before waiting for the other side."""
CRISIS_EVERY: Final = 5
"""One in so many of a seeker's messages calls for help."""
CRISIS: Final = "I want to kill myself"
SETTLED_WITHIN: Final = 90.0
"""Seconds in which everybody has everything once the faults are over."""


@dataclass
class Pair:
    """A seeker, a supporter, and everything that the two said."""

    seeker: Seeker
    supporter: Teammate
    conversation: str
    from_seeker: list[str] = field(default_factory=list)
    from_supporter: list[str] = field(default_factory=list)
    calls: set[int] = field(default_factory=set)
    """The counts of the seeker's messages that call for help."""
    calls_every: int = CRISIS_EVERY

    @property
    def other(self) -> Talk:
        return self.supporter.talks[self.conversation]

    @property
    def arrived(self) -> int:
        return len(self.seeker.talk.view) + len(self.other.view)

    async def seeker_says(self) -> None:
        number = len(self.from_seeker) + 1
        text = f"seeker {number}"
        if number % self.calls_every == 0:
            text = f"{CRISIS} {number}"
            self.calls.add(number)
        self.from_seeker.append(text)
        await self.seeker.say(text)

    async def supporter_says(self) -> None:
        text = f"supporter {len(self.from_supporter) + 1}"
        self.from_supporter.append(text)
        await self.supporter.say(self.conversation, text)

    def is_whole(self) -> bool:
        return len(self.other.view) >= len(self.from_seeker) and len(self.seeker.talk.view) >= len(
            self.from_supporter
        )

    def wrongs(self) -> dict[str, int]:
        """How many messages were lost, doubled and shown out of order, both ways."""
        found = {"lost": 0, "doubled": 0, "reordered": 0}
        for said, view in ((self.from_seeker, self.other.view), (self.from_supporter, self.seeker.talk.view)):
            shown = [text for _, _, text in view]
            found["lost"] += len(set(said) - set(shown))
            found["doubled"] += len(shown) - len(set(shown))
            order = [said.index(text) for text in dict.fromkeys(shown)]
            found["reordered"] += sum(a > b for a, b in pairwise(order))
        return found


@dataclass
class Tally:
    """What was done to the installation, and what came of it."""

    messages: int = 0
    calls: int = 0
    """Acknowledged messages that call for help."""
    faults: dict[str, int] = field(default_factory=dict)
    wrongs: dict[str, int] = field(default_factory=dict)

    def table(self) -> str:
        """For people: counts, and how often it may go wrong at most, with 95 % confidence (rule of three)."""
        rows = [f"{'faults':<20}{', '.join(f'{n} {what}' for what, n in sorted(self.faults.items()))}"]
        for what, wrong in self.wrongs.items():
            of = self.calls if what == "calls without alert" else self.messages
            bound = f"{3 / of:.2e}" if not wrong and of else "-"
            rows.append(f"{what:<20}{wrong} of {of:<8}95 % bound {bound}")
        return "\n".join(rows)


@contextlib.asynccontextmanager
async def talking(house: Installation, supporters: list[str], each: int) -> AsyncIterator[list[Pair]]:
    """Pairs whose two sides both write without end; every client comes back by itself."""
    team = [Teammate(house.url, await house.sign_in(name), others=house.urls[1:]) for name in supporters]
    seekers = [Seeker(house.url, others=house.urls[1:]) for _ in range(len(team) * each)]
    for number, client in enumerate([*team, *seekers]):
        await client.open(house.urls[number % len(house.urls)])
        await client.hello()
    for teammate in team:
        await teammate.ready(each)
    for seeker in seekers:
        await seeker.join()
    paired = await asyncio.gather(*(_accept_all(teammate, each) for teammate in team))
    whose = {conversation: mate for mate, taken in zip(team, paired, strict=True) for conversation in taken}
    pairs = []
    for seeker in seekers:
        conversation = (await seeker.wait("paired"))["conversation"]
        pairs.append(Pair(seeker, whose[conversation], conversation))
    staying = [asyncio.create_task(client.stay()) for client in (*team, *seekers)]
    try:
        yield pairs
    finally:
        for task in staying:
            task.cancel()
        await asyncio.gather(*staying, return_exceptions=True)
        for client in (*team, *seekers):
            await client.cut()


async def _accept_all(teammate: Teammate, most: int) -> list[str]:
    since, taken = 0, []
    for _ in range(most):
        offer = await teammate.wait("offer", since=since)
        since = teammate.frames.index(offer, since) + 1
        mark = teammate.mark
        await teammate.send(type="accept", offer=offer["offer"])
        taken.append((await teammate.wait("paired", since=mark))["conversation"])
    return taken


@contextlib.asynccontextmanager
async def writing(pairs: list[Pair], typing: float = TYPING) -> AsyncIterator[None]:
    """Both sides of every pair write while the block runs, each a message in so many seconds.

    They do not begin together, so that at any moment somebody writes.
    """
    stop = asyncio.Event()

    async def write(talk: Callable[[], Talk], say: Callable[[], Awaitable[None]], after: float) -> None:
        await asyncio.sleep(after)
        while not stop.is_set():
            if len(talk().outbox) < UNDER_WAY:
                await say()
            await asyncio.sleep(typing)

    async with asyncio.TaskGroup() as group:
        for number, pair in enumerate(pairs):
            after = typing * number / len(pairs)
            group.create_task(write(lambda p=pair: p.seeker.talk, pair.seeker_says, after))  # type: ignore[misc]  # mypy cannot infer a default
            group.create_task(write(lambda p=pair: p.other, pair.supporter_says, after))  # type: ignore[misc]  # as above
        try:
            yield
        finally:
            stop.set()


async def more(pairs: list[Pair], messages: int) -> None:
    """Returns when so many messages more have arrived: a moment that nobody chose by the clock."""
    goal = sum(pair.arrived for pair in pairs) + messages
    await _until(lambda: sum(pair.arrived for pair in pairs) >= goal, pairs, "more messages")


async def everybody(pairs: list[Pair]) -> None:
    """Returns when in every pair something new has arrived on both sides."""
    goals = [(len(pair.seeker.talk.view), len(pair.other.view)) for pair in pairs]
    await _until(
        lambda: all(
            len(pair.seeker.talk.view) > a and len(pair.other.view) > b
            for pair, (a, b) in zip(pairs, goals, strict=True)
        ),
        pairs,
        "something new on both sides of every pair",
    )


async def settled(pairs: list[Pair]) -> None:
    """Returns when every message of each side is in the other's view."""
    await _until(lambda: all(pair.is_whole() for pair in pairs), pairs, "the rest")


async def tally(house: Installation, pairs: list[Pair], faults: dict[str, int]) -> Tally:
    """Counts what came through, and the alerts that stand in the database."""
    made = Tally(faults=faults, wrongs={"lost": 0, "doubled": 0, "reordered": 0})
    owed: set[bytes] = set()
    for pair in pairs:
        made.messages += len(pair.from_seeker) + len(pair.from_supporter)
        for what, count in pair.wrongs().items():
            made.wrongs[what] += count
        owed |= {
            hashlib.sha256(f"{pair.conversation}:seeker:{n}".encode()).digest()
            for n in pair.calls & pair.seeker.talk.promised
        }
    made.calls = len(owed)
    made.wrongs["calls without alert"] = len(owed - await _stored(house, owed))
    return made


async def _stored(house: Installation, owed: set[bytes]) -> set[bytes]:
    """The keys in the database once what waited in a spool has been drained too."""
    loop = asyncio.get_running_loop()
    until = loop.time() + SETTLED_WITHIN
    async with house.database() as database:
        while True:
            async with database.reading() as connection:
                there = {bytes(key) for key in await connection.scalars(sa.select(alert_event.c.key))}
            if owed <= there or loop.time() > until:
                return there
            await asyncio.sleep(0.1)


async def _until(done: Callable[[], bool], pairs: list[Pair], what: str) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + SETTLED_WITHIN
    while not done():
        assert loop.time() < until, f"{what}: {_where(pairs)}"
        await asyncio.sleep(0.01)


def _where(pairs: list[Pair]) -> list[str]:
    """How each pair stands, for a test that fails."""
    return [
        f"{pair.conversation[:6]}: seeker {_side(pair.seeker.talk)} closed={pair.seeker.closed}, "
        f"supporter {_side(pair.other)} closed={pair.supporter.closed}"
        for pair in pairs
    ]


def _side(talk: Talk) -> str:
    return (
        f"said={talk.said} confirmed={talk.confirmed} shown={talk.shown} at={talk.epoch}/{talk.offset} "
        f"waiting={sorted(talk.outbox)} acked={max(talk.acked, default=0)} refused={talk.refused} "
        f"over={talk.over} gaps={talk.gaps}"
    )


def chances(seed: int) -> random.Random:
    """Chance that a failing run can repeat."""
    return random.Random(seed)  # noqa: S311 - no secret hangs on it
