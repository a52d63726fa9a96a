"""Puts the alert path together: book, dispatcher, stop-gap, auditor and the alert channels of a campus."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chat.sealing import derived_bytes
from chat.settings import BadSetting, Settings
from moderation import ladder as ladders
from moderation.alertbook import AlertBook
from moderation.alerts import Alert, AlertStore
from moderation.announcer import Announcer, Listener
from moderation.auditor import Auditor
from moderation.channels.apprise_url import AppriseUrl
from moderation.channels.channel import Target
from moderation.channels.null import Null
from moderation.channels.threads import AppriseThreads
from moderation.channels.webhook import Webhook
from moderation.clock import SystemClock
from moderation.directory import Directory, Person
from moderation.dispatcher import Dispatcher
from moderation.ladder import Ladder
from moderation.pager import Pager
from moderation.sheet import BadSheet
from moderation.spool import Spool
from moderation.stopgap import Stopgap
from moderation.teller import Teller
from moderation.trouble import Report


class Somebody(Protocol):
    """A person of the team, as storage knows them."""

    @property
    def id(self) -> str: ...
    @property
    def roles(self) -> frozenset[str]: ...
    @property
    def active(self) -> bool: ...


class Staffing(Protocol):
    async def of_campus(self, campus: str) -> Sequence[Somebody]: ...


class Directories:
    """Who there is to tell: the people of the team, and the addresses of the campus from its settings."""

    def __init__(self, people: Staffing, urls: Sequence[str]) -> None:
        self._people = people
        self._targets = tuple(Target(None, channel_of(url), url) for url in urls)

    async def of(self, campus: str, at: float) -> Directory:  # noqa: ARG002 - who is on does not depend on it yet
        people = await self._people.of_campus(campus)
        return Directory(
            people=tuple(Person(p.id, frozenset(p.roles)) for p in people if p.active),
            campus=self._targets,
            fallback=self._targets,
        )


def channel_of(url: str) -> str:
    """The alert channel that carries an address: web addresses are signed webhooks, the rest is Apprise's."""
    return "webhook" if url.startswith(("http://", "https://")) else "apprise"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPath:
    """What runs so that no call for help is lost."""

    book: AlertBook
    dispatcher: Dispatcher
    stopgap: Stopgap
    auditor: Auditor
    spool: Spool
    ladder: Ladder

    async def run(self) -> None:
        """Runs until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.dispatcher.run())
            group.create_task(self.stopgap.run())
            group.create_task(self.book.run())
            group.create_task(self.auditor.run())

    def next_told(self, alert: Alert) -> str | None:
        """Whom the next rung tells, in the ladder's words; None when nothing is due."""
        if alert.next_at is None:
            return None
        return ", ".join(str(who) for who in self.ladder.rung(alert.rung).tell)


def build(
    settings: Settings,
    *,
    store: AlertStore,
    people: Staffing,
    listener: Listener,
    report: Report,
) -> AlertPath:
    """Puts the path of one campus together. Raises `BadSetting` for a ladder that cannot be read."""
    clock = SystemClock()
    ladder = read_ladder(settings)
    threads = AppriseThreads()
    pager = Pager(
        channels={
            "webhook": Webhook(key=derived_bytes(settings.key(), "webhook"), now=clock.now),
            "apprise": AppriseUrl(threads),
            "null": Null(),
        },
        clock=clock,
        chance=random.random,
    )
    where = _where(settings)
    teller = Teller(
        ladders=lambda _: ladder,
        directories=Directories(people, settings.on_call_urls),
        where=lambda _: where,
        pager=pager,
        clock=clock,
        report=report,
    )
    announcer = Announcer(listener=listener, clock=clock, report=report)
    stopgap = Stopgap(teller=teller, clock=clock, report=report)
    spool = Spool(Path(settings.spool))
    dispatcher = Dispatcher(
        store=store,
        teller=teller,
        stopgap=stopgap,
        announcer=announcer,
        clock=clock,
        owner=secrets.token_hex(8),
        report=report,
    )
    book = AlertBook(
        store=store,
        spool=spool,
        dispatcher=dispatcher,
        stopgap=stopgap,
        announcer=announcer,
        clock=clock,
        report=report,
    )
    auditor = Auditor(
        store=store,
        spool=spool,
        dispatcher=dispatcher,
        teller=teller,
        campuses=lambda: (settings.campus,),
        clock=clock,
        report=report,
    )
    return AlertPath(
        book=book, dispatcher=dispatcher, stopgap=stopgap, auditor=auditor, spool=spool, ladder=ladder
    )


def read_ladder(settings: Settings) -> Ladder:
    """The campus' ladder, or the built-in one. Raises `BadSetting` with the line and the reason."""
    if not settings.ladder_file:
        return ladders.parse(ladders.DEFAULT)
    try:
        return ladders.parse(Path(settings.ladder_file).read_text(encoding="utf-8"))
    except OSError:
        raise BadSetting("ladder_file", "cannot be read") from None
    except (BadSheet, UnicodeDecodeError) as error:
        raise BadSetting("ladder_file", str(error)) from None


def _where(settings: Settings) -> str:
    origin = settings.origins[0] if settings.origins else f"http://{settings.host}:{settings.port}"
    return f"{origin}/staff"
