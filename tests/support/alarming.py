"""An alert path and its alarms as the server puts them together, on a database of the test's own."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from chat import alert_path
from chat.alarms import Alarms
from chat.alert_path import AlertPath
from chat.plan import Plan, Written
from chat.settings import Settings
from moderation.alerts import Alert
from moderation.trouble import Trouble
from storage.alert_details import AlertDetails
from storage.alerts import Alerts
from storage.changes import Changes
from storage.drills import Drills
from storage.engine import Database, open_database
from storage.errors import StorageError
from storage.migrate import upgrade
from storage.overrides import Overrides
from storage.people import People
from storage.reach import Reach
from storage.sheets import Sheets

NAMES = {"ada": "Ada L."}


async def named(person: str) -> str | None:
    return NAMES.get(person)


@dataclass(frozen=True)
class Person:
    id: str
    roles: frozenset[str]
    active: bool = True
    email: str = "somebody@example.org"


class Team:
    async def of_campus(self, campus: str) -> list[Person]:
        assert campus == "campus"
        return [Person("ada", frozenset({"on_call"})), Person("ben", frozenset({"lead"}), active=False)]


@dataclass
class Consoles:
    seen: list[tuple[str, str]] = field(default_factory=list)

    async def changed(self, alert: Alert) -> None:
        self.seen.append((alert.id, alert.state))


@dataclass
class Built:
    path: AlertPath
    alarms: Alarms
    consoles: Consoles
    alerts: Alerts
    troubles: list[Trouble]

    async def raised(self, key: str = "k", conversation: str = "c") -> Alert:
        """An alert of a seeker who called for help."""
        assert await self.alarms.raise_alert(
            key=key, conversation=conversation, category="help", severity="crisis", source="seeker"
        )
        await self.path.book.drain()  # a store that was too slow for the message left it to the spool
        alert = await self.alarms.of_conversation(conversation)
        assert alert is not None
        return alert


def fails(error: BaseException) -> None:
    """What breaks in a part that no test wants to break is the test's own."""
    raise error


def plan_on(
    database: Database,
    settings: Settings,
    clock: Callable[[], float] = time.time,
    on_failure: Callable[[BaseException], None] = fails,
) -> Plan:
    """The plan of a campus, read from this database."""
    written = Written(
        sheets=Sheets(database),
        changes=Changes(database),
        overrides=Overrides(database),
        drills=Drills(database),
        reach=Reach(database),
        team=People(database),
    )
    return alert_path.plan_of(settings, written, clock=clock, on_failure=on_failure)


@asynccontextmanager
async def alarming(folder: Path) -> AsyncIterator[Built]:
    url = f"sqlite:///{folder / 'warmline.db'}"
    await upgrade(url)
    database = open_database(url)
    store, consoles = Alerts(database), Consoles()
    settings = Settings(
        campus="campus", secret="00" * 32, spool=str(folder / "spool"), origins=["https://warm.example"]
    )
    troubles: list[Trouble] = []
    path = alert_path.build(
        settings,
        store=store,
        people=Team(),
        reach=Reach(database),
        plan=plan_on(database, settings),
        listener=consoles,
        report=troubles.append,
    )
    alarms = Alarms(
        book=path.book,
        store=store,
        campus="campus",
        next_told=path.next_told,
        name_of=named,
        details=AlertDetails(database),
        wait_of=path.wait_of,
        outages=(StorageError,),
    )
    yield Built(path, alarms, consoles, store, troubles)
    path.close()
    await database.close()
