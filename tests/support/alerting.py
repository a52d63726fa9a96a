"""One process' alert path, put together as the server does it, on a real store and a driven clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from moderation.alertbook import AlertBook
from moderation.alerts import Alert, AlertStore, Severity, Source
from moderation.announcer import Announcer
from moderation.auditor import Auditor
from moderation.channels.channel import Channel, Delivered, Failed, Page, Reason, Target
from moderation.directory import Directory, Person
from moderation.dispatcher import Dispatcher
from moderation.hold import HOLDS
from moderation.ladder import DEFAULT, Ladder, parse
from moderation.pager import Pager
from moderation.roster import OnCall
from moderation.sighting import SIGHTINGS
from moderation.spool import Spool
from moderation.stopgap import Stopgap
from moderation.teller import Teller
from moderation.trouble import Trouble
from tests.support.clock import DrivenClock

STAFF = Directory(
    people=(
        Person("ada", frozenset({"on_call"}), (Target("ada", "push", "a"), Target("ada", "sms", "a"))),
        Person("ben", frozenset({"on_call"}), (Target("ben", "push", "b"),)),
        Person("cleo", frozenset({"on_call", "lead"}), (Target("cleo", "push", "c"),)),
        Person("dora", frozenset({"supporter"}), (Target("dora", "push", "d"),)),
    ),
    on_call=OnCall("ada", "ben"),
    campus=(Target(None, "webhook", "w"),),
    fallback=(Target(None, "voice", "f"),),
)

Answer = Callable[[Page, Target], Delivered | Failed]


def deliver(_page: Page, _target: Target) -> Delivered | Failed:
    return Delivered()


def refuse(_page: Page, _target: Target) -> Delivered | Failed:
    return Failed(retry=False, reason=Reason.REJECTED)


@dataclass
class Phones:
    """Every alert channel of a test: what they took, when, and how they answer."""

    clock: DrivenClock
    answer: Answer = deliver
    hangs: set[str] = field(default_factory=set)
    rings: list[tuple[float, str, str]] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    hanging: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, page: Page, target: Target) -> Delivered | Failed:
        self.rings.append((self.clock.now(), target.person or "campus", target.channel))
        self.pages.append(page)
        if target.channel in self.hangs:
            self.hanging.set()
            await asyncio.Event().wait()
        return self.answer(page, target)

    def since(self, start: float) -> list[tuple[float, str, str]]:
        """What rang, in seconds after `start`, those of one moment in the order of names."""
        return sorted((round(at - start, 3), who, channel) for at, who, channel in self.rings)


@dataclass
class Consoles:
    """Implements the port `Listener`."""

    seen: list[tuple[str, int]] = field(default_factory=list)
    fails: bool = False

    async def changed(self, alert: Alert) -> None:
        self.seen.append((alert.state, alert.rung))
        if self.fails:
            raise RuntimeError


@dataclass
class Staff:
    """Implements the port `Directories`."""

    directory: Directory = STAFF
    away: bool = False

    async def of(self, campus: str, at: float) -> Directory:  # noqa: ARG002  # the port's names
        if self.away:
            raise ConnectionError
        return self.directory

    def bare(self, campus: str) -> Directory:  # noqa: ARG002  # the port's name
        return Directory(campus=self.directory.campus, fallback=self.directory.fallback)


class AlertPath:
    """All parts of one process. `run` is what the server's task group does with them."""

    def __init__(
        self,
        *,
        store: AlertStore,
        clock: DrivenClock,
        phones: Channel,
        folder: Path,
        owner: str = "one",
        ladder: Ladder | None = None,
        may_tell: Callable[[str, float], float] = lambda _campus, at: at,
    ) -> None:
        self.clock = clock
        self.phones = phones
        self.troubles: list[Trouble] = []
        self.consoles = Consoles()
        self.staff = Staff()
        climbs = ladder or parse(DEFAULT)
        report = self.troubles.append
        pager = Pager(
            channels=dict.fromkeys(("push", "sms", "voice", "webhook"), phones),
            clock=clock,
            chance=lambda: 0.5,
        )
        self.teller = Teller(
            ladders=lambda _campus: climbs,
            directories=self.staff,
            where=lambda _campus: "https://warm.example/staff",
            pager=pager,
            clock=clock,
            report=report,
        )
        announcer = Announcer(listener=self.consoles, clock=clock, report=report)
        self.stopgap = Stopgap(teller=self.teller, clock=clock, report=report)
        self.dispatcher = Dispatcher(
            store=store,
            teller=self.teller,
            stopgap=self.stopgap,
            announcer=announcer,
            clock=clock,
            owner=owner,
            report=report,
            may_tell=may_tell,
        )
        self.spool, self.holds = Spool(folder, SIGHTINGS), Spool(folder, HOLDS)
        self.book = AlertBook(
            store=store,
            spool=self.spool,
            holds=self.holds,
            dispatcher=self.dispatcher,
            stopgap=self.stopgap,
            announcer=announcer,
            clock=clock,
            report=report,
        )
        self.auditor = Auditor(
            store=store,
            spool=self.spool,
            dispatcher=self.dispatcher,
            teller=self.teller,
            campuses=lambda: ("north",),
            clock=clock,
            report=report,
        )

    def close(self) -> None:
        """What a process that ends does with its files."""
        self.spool.close()
        self.holds.close()

    @asynccontextmanager
    async def running(self, *parts: str) -> AsyncIterator[None]:
        """Runs the parts named (by default the dispatcher alone) until the block is left."""
        chosen: Sequence[Dispatcher | Stopgap | AlertBook | Auditor] = [
            getattr(self, part) for part in parts or ("dispatcher",)
        ]
        tasks = [asyncio.create_task(part.run()) for part in chosen]
        self._parts = len(tasks)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task

    async def until(self, holds: Callable[[], bool]) -> None:
        """Lets time pass until `holds`; whoever is telling a rung is waited for."""
        await self.clock.run(holds, waiters=lambda: self._parts + self.dispatcher.busy)

    async def rest(self) -> None:
        """Waits until every part that runs is between two looks: nobody is using the store."""
        await self.clock.rest(waiters=lambda: self._parts + self.dispatcher.busy)

    async def passes(self, seconds: float) -> None:
        end = self.clock.now() + seconds
        await self.until(lambda: self.clock.now() >= end)

    async def alarm(
        self,
        conversation: str = "c1",
        *,
        key: str = "c1/seeker/1",
        severity: Severity = "crisis",
        source: Source = "screening",
    ) -> Alert:
        raised = await self.book.raise_alert(
            key=key,
            conversation=conversation,
            campus="north",
            category="self_harm",
            severity=severity,
            source=source,
        )
        assert raised.alert is not None
        return raised.alert
