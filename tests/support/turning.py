"""What comes round, as servers and workers put it together, with a clock that moves when it is moved."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

from chat import alert_path
from chat.alert_path import AlertPath, targets_of
from chat.heads import Heads
from chat.monthly import Monthly
from chat.practice import Practice
from chat.recorder import Recorder
from chat.settings import Settings
from chat.switch import Lookout, Switch
from moderation.alerts import Severity
from storage.alerts import Alerts
from storage.audit import KEY, Audit
from storage.drills import Drills
from storage.engine import Database, open_database
from storage.migrate import upgrade
from storage.people import People
from storage.reach import Reach
from storage.routines import Routines
from tests.support.alarming import Consoles, plan_on

ZONE = ZoneInfo("Europe/Berlin")
NOON = dt.datetime(2031, 5, 2, 12, tzinfo=ZONE).timestamp()
KEY_OF_ALL = bytes(KEY)
PATIENCE = 60.0


@dataclass(frozen=True)
class Crisis:
    severity: Severity = "crisis"


def sees_crises(_: str) -> Sequence[Crisis]:
    return (Crisis(),)


@dataclass
class House:
    """One process on a database that it may share with others."""

    database: Database
    path: AlertPath
    folder: Path
    consoles: Consoles
    now: float = NOON
    failures: list[BaseException] = field(default_factory=list)
    unheard: int = 0

    def __post_init__(self) -> None:
        self.alerts = Alerts(self.database)
        self.audit = Audit(self.database)
        self.drills = Drills(self.database)
        self.routines = Routines(self.database)
        self.recorder = Recorder(self.audit, self.folder / "record", lambda: self.now, self.failures.append)

    def practice(self, monthly: Monthly | None = None) -> Practice:
        return Practice(
            book=self.path.book,
            store=self.alerts,
            drills=self.drills,
            routines=self.routines,
            record=self.recorder.first,
            campus="north",
            zone=ZONE,
            monthly=monthly or Monthly(8),
            clock=lambda: self.now,
        )

    def switch(
        self,
        *,
        findings: Callable[[str], Sequence[Crisis]] = sees_crises,
        ping: Callable[[], Awaitable[bool]] | None = None,
    ) -> Switch:
        return Switch(
            findings=findings,
            book=self.path.book,
            store=self.alerts,
            routines=self.routines,
            campus="north",
            clock=lambda: self.now,
            ping=ping,
            unheard=self._not_heard,
        )

    def lookout(self) -> Lookout:
        return Lookout(
            routines=self.routines,
            messenger=self.path.messenger,
            campus="north",
            clock=lambda: self.now,
            where="https://warm.example/staff",
        )

    def heads(self, *custodians: str) -> Heads:
        return Heads(
            audit=self.audit,
            routines=self.routines,
            messenger=self.path.messenger,
            campus="north",
            custodians=targets_of(custodians),
            zone=ZONE,
            clock=lambda: self.now,
        )

    def _not_heard(self) -> None:
        self.unheard += 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Carries alerts while the block runs."""
        task = asyncio.create_task(self.path.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def house(folder: Path, url: str | None = None, *, on_call: Sequence[str] = ()) -> AsyncIterator[House]:
    """A process; those that are given the same `url` share a database."""
    address = url or await founded(folder)
    database = open_database(address, deadline=15)
    settings = Settings(
        campus="north",
        secret="00" * 32,
        spool=str(folder / "spool"),
        origins=["https://warm.example"],
        on_call_urls=list(on_call),
    )
    consoles = Consoles()
    path = alert_path.build(
        settings,
        store=Alerts(database),
        people=People(database),
        reach=Reach(database),
        plan=plan_on(database, settings),
        listener=consoles,
        report=lambda _: None,
    )
    made = House(database, path, folder, consoles)
    try:
        yield made
    finally:
        made.recorder.close()
        path.spool.close()
        await database.close()


async def founded(folder: Path) -> str:
    """The address of a database with all tables and a record that has begun."""
    url = f"sqlite:///{folder / 'warmline.sqlite3'}"
    await upgrade(url)
    database = open_database(url)
    await Audit(database).begin(KEY_OF_ALL)
    await database.close()
    return url
