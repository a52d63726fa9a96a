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
from chat.lookahead import Lookahead
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
from storage.lookahead import Lookaheads
from storage.migrate import upgrade
from storage.people import People, Role
from storage.reach import Reach
from storage.routines import Routines
from storage.sheets import Kind, Sheet, Sheets
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

    def lookahead(self, notice: float = 3600.0) -> Lookahead:
        return Lookahead(
            self.path.plan,
            store=Lookaheads(self.database),
            routines=self.routines,
            messenger=self.path.messenger,
            teller=self.path.teller,
            campus="north",
            notice=notice,
            clock=lambda: self.now,
        )

    async def person(self, name: str, *roles: Role) -> str:
        """Somebody of the team, called name@north.example; answers the id."""
        email = f"{name.lower()}@north.example"
        people = People(self.database)
        return (await people.add(campus="north", email=email, password="x", name=name, roles=roles)).id

    async def write(self, kind: Kind, text: str) -> None:
        """Puts a text in force without looking at it, and takes it up."""
        sheets = Sheets(self.database)
        version = await sheets.version("north", kind) + 1
        await sheets.add(Sheet("north", kind, version, text, "cleo", dt.date(2031, 5, 2)))
        await self.path.plan.refresh()

    async def reached(self, person: str, address: str, *, confirmed: float | None = None) -> None:
        """Gives a person an address of Apprise, confirmed at a time or not at all."""
        reach, on = Reach(self.database), dt.date(2031, 5, 2)
        sealed = self.path.addresses.sealed(person, "apprise", address)
        added = await reach.add(person_id=person, channel="apprise", sealed=sealed, label="", on=on)
        if confirmed is not None:
            await reach.confirm(added, person_id=person, at=confirmed)
        await self.path.plan.refresh()

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
    failures: list[BaseException] = []
    path = alert_path.build(
        settings,
        store=Alerts(database),
        people=People(database),
        reach=Reach(database),
        plan=plan_on(database, settings, clock=lambda: made.now, on_failure=failures.append),
        listener=consoles,
        report=lambda _: None,
    )
    made = House(database, path, folder, consoles, failures=failures)
    try:
        yield made
    finally:
        made.recorder.close()
        path.close()
        await database.close()


async def founded(folder: Path) -> str:
    """The address of a database with all tables and a record that has begun."""
    url = f"sqlite:///{folder / 'warmline.sqlite3'}"
    await upgrade(url)
    database = open_database(url)
    await Audit(database).begin(KEY_OF_ALL)
    await database.close()
    return url
