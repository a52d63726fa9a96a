"""Puts the alert path together: book, dispatcher, stop-gap, auditor and the alert channels of a campus."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, get_args
from zoneinfo import ZoneInfo

from chat import gateways
from chat.hours import waiting_until_open
from chat.page_links import PageLinks
from chat.plan import Plan, Written
from chat.protocol import Role
from chat.reachable import Addresses, Store
from chat.sealing import derived, derived_bytes
from chat.settings import BadSetting, Settings
from chat.traces import Traces
from moderation import checklist
from moderation import ladder as ladders
from moderation.alertbook import AlertBook
from moderation.alerts import Alert, AlertStore
from moderation.announcer import Announcer, Listener
from moderation.auditor import Auditor
from moderation.channels.apprise_url import AppriseUrl
from moderation.channels.channel import Channel, Page, Target
from moderation.channels.email import Email, MailServer
from moderation.channels.gateway import HttpGateway
from moderation.channels.null import Null
from moderation.channels.push import Push
from moderation.channels.push_keys import Vapid
from moderation.channels.threads import AppriseThreads
from moderation.channels.webhook import Webhook
from moderation.checklist import Checklist
from moderation.clock import SystemClock
from moderation.directory import Directory, Person
from moderation.dispatcher import Dispatcher
from moderation.hold import HOLDS, Hold
from moderation.ladder import Ladder
from moderation.messenger import Messenger
from moderation.pager import Pager, Tried, untold
from moderation.selftest import WithSelfTest, laddered
from moderation.sheet import BadSheet
from moderation.sighting import SIGHTINGS, Sighting
from moderation.spool import Spool
from moderation.stopgap import Stopgap
from moderation.teller import Teller
from moderation.trouble import Report, Trouble

CHANNELS: Final = frozenset({"push", "email", "sms", "voice", "webhook", "apprise"})
"""The alert channels that a ladder may name; whether each is set up is for the settings to say."""


class Somebody(Protocol):
    """A person of the team, as storage knows them."""

    @property
    def id(self) -> str: ...
    @property
    def roles(self) -> frozenset[str]: ...
    @property
    def active(self) -> bool: ...
    @property
    def email(self) -> str: ...


PATIENCE: Final = {"webhook": 3.0, "push": 3.0, "sms": 3.5, "voice": 3.5, "email": 5.0, "apprise": 5.0}
"""Seconds that one attempt gets on each channel: all hold two within the eight that a target has."""


class Staffing(Protocol):
    async def of_campus(self, campus: str) -> Sequence[Somebody]: ...


class Directories:
    """Who there is to tell: the people of the team where they have themselves reached, and the addresses of
    the campus from its settings.

    Where mail is set up, somebody without a mail address of their own choice is reached at the one they sign
    in with: a person who forgot to add anything must not be out of reach.
    """

    def __init__(
        self,
        people: Staffing,
        urls: Sequence[str],
        fallback: Sequence[str],
        addresses: Addresses,
        *,
        mail: bool = False,
    ) -> None:
        self._people = people
        self._addresses = addresses
        self._mail = mail
        self._targets = targets_of(urls)
        self._fallback = targets_of(fallback)

    async def of(self, campus: str, at: float) -> Directory:  # noqa: ARG002 - the roster is the teller's
        people = await self._people.of_campus(campus)
        targets = await self._addresses.targets(campus)
        return Directory(
            people=tuple(
                Person(p.id, frozenset(p.roles), self._reached(p, targets)) for p in people if p.active
            ),
            campus=self._targets,
            fallback=self._fallback,
        )

    def bare(self, campus: str) -> Directory:  # noqa: ARG002 - there is one campus on an installation
        """The lines that the settings name: a process that starts in an outage reaches those."""
        return Directory(campus=self._targets, fallback=self._fallback)

    def _reached(self, person: Somebody, targets: Mapping[str, tuple[Target, ...]]) -> tuple[Target, ...]:
        own = targets.get(person.id, ())
        if not self._mail or any(target.channel == "email" for target in own):
            return own
        return (*own, Target(person.id, "email", person.email))


def channel_of(url: str) -> str:
    """The alert channel that carries an address: web addresses are signed webhooks, the rest is Apprise's.

    A plain e-mail address goes by the mail server of the settings.
    """
    if "://" not in url:
        return "email"
    return "webhook" if url.startswith(("http://", "https://")) else "apprise"


def targets_of(urls: Sequence[str]) -> tuple[Target, ...]:
    """Addresses that belong to no person of the team."""
    return tuple(Target(None, channel_of(url), url) for url in urls)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPath:
    """What runs so that no call for help is lost."""

    book: AlertBook
    dispatcher: Dispatcher
    stopgap: Stopgap
    auditor: Auditor
    spool: Spool[Sighting]
    holds: Spool[Hold]
    plan: Plan
    teller: Teller
    messenger: Messenger
    """Tells people about the service itself."""
    pager: Pager
    channels: frozenset[str]
    """The alert channels that are set up."""
    addresses: Addresses
    links: PageLinks
    vapid: Vapid = field(repr=False)
    where: str
    """The address of the staff surface."""

    async def run(self) -> None:
        """Runs until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.dispatcher.run())
            group.create_task(self.stopgap.run())
            group.create_task(self.book.run())
            group.create_task(self.auditor.run())

    def close(self) -> None:
        """Gives up what lies on the disk, so that another process enters it."""
        self.spool.close()
        self.holds.close()

    def wait_of(self, alert: Alert) -> float:
        """How long the rung waits at which an alert stands, in seconds."""
        return self.plan.ladder.rung(alert.rung).wait

    def next_told(self, alert: Alert) -> str | None:
        """Whom the next rung tells, in the ladder's words; None when nothing is due."""
        if alert.next_at is None:
            return None
        return ", ".join(str(who) for who in self.plan.ladder.rung(alert.rung).tell)


def build(
    settings: Settings,
    *,
    store: AlertStore,
    people: Staffing,
    reach: Store,
    plan: Plan,
    listener: Listener,
    report: Report,
    tried: Tried = untold,
    traces: Traces | None = None,
) -> AlertPath:
    """Puts the path of one campus together. `plan` says who is on call and who is told after whom.

    `tried` is told of every attempt to reach somebody: on which alert channel, and what became of it.
    """
    clock = SystemClock()
    origin = origin_of(settings)
    where = f"{origin}/staff"
    links = PageLinks(derived(settings.key(), "page link"), origin)
    addresses = Addresses(reach, derived(settings.key(), "reach"))
    vapid = Vapid(derived_bytes(settings.key(), "push"), origin)
    carried = channels(settings, vapid=vapid, addresses=addresses, now=clock.now, report=report)
    if traces is not None:
        carried = traces.channels(carried)
    pager = Pager(channels=carried, clock=clock, chance=random.random, patience=PATIENCE, tried=tried)
    teller = (Teller if traces is None else traces.teller())(
        ladders=laddered(lambda _: plan.ladder),
        directories=WithSelfTest(
            Directories(
                people,
                settings.on_call_urls,
                settings.fallback_urls,
                addresses,
                mail="email" in carried,
            )
        ),
        where=lambda _: where,
        pager=pager,
        clock=clock,
        report=report,
        links=links,
        on_call=lambda _, at: plan.on_call(at),
    )
    announcer = Announcer(listener=listener, clock=clock, report=report)
    stopgap = Stopgap(teller=teller, clock=clock, report=report)
    spool, holds = Spool(Path(settings.spool), SIGHTINGS), Spool(Path(settings.spool), HOLDS)
    dispatcher = Dispatcher(
        store=store,
        teller=teller,
        stopgap=stopgap,
        announcer=announcer,
        clock=clock,
        owner=secrets.token_hex(8),
        report=report,
        may_tell=waiting_until_open(settings, lambda: concerns_wait(settings, plan)),
    )
    book = AlertBook(
        store=store,
        spool=spool,
        holds=holds,
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
        book=book,
        dispatcher=dispatcher,
        stopgap=stopgap,
        auditor=auditor,
        spool=spool,
        holds=holds,
        plan=plan,
        teller=teller,
        messenger=Messenger(pager=pager, teller=teller, where=lambda _: where),
        pager=pager,
        channels=frozenset(carried),
        addresses=addresses,
        links=links,
        vapid=vapid,
        where=where,
    )


def channels(
    settings: Settings, *, vapid: Vapid, addresses: Addresses, now: Callable[[], float], report: Report
) -> dict[str, Channel]:
    """Every alert channel that is set up, under the name that ladders use."""
    threads = AppriseThreads()

    async def gone(target: Target) -> None:
        try:
            await addresses.gone(target)
        except Exception as error:  # noqa: BLE001  # any database error: the next push finds it again
            report(Trouble("store", type(error).__name__))

    made: dict[str, Channel] = {
        "webhook": Webhook(key=derived_bytes(settings.key(), "webhook"), now=now),
        "apprise": AppriseUrl(threads),
        "push": Push(vapid=vapid, now=now, gone=gone),
        "null": Null(),
    }
    if settings.smtp_host:
        made["email"] = Email(mail_server(settings), threads)
    if settings.sms is not None:
        made["sms"] = HttpGateway(gateways.made(settings.sms), says=_written)
    if settings.voice is not None:
        made["voice"] = HttpGateway(gateways.made(settings.voice), says=_spoken)
    return made


def mail_server(settings: Settings) -> MailServer:
    """Where mail is handed in. Raises `BadSetting` when its password cannot be read."""
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.smtp_from,
        security=settings.smtp_security,
        user=settings.smtp_user or None,
        password=settings.smtp_password(),
    )


def _written(page: Page) -> str:
    return page.text


def _spoken(page: Page) -> str:
    return page.spoken


def plan_of(
    settings: Settings,
    written: Written,
    *,
    clock: Callable[[], float],
    on_failure: Callable[[BaseException], None],
) -> Plan:
    """The plan of the campus; nothing is read yet. Raises `BadSetting` for a ladder that cannot be read."""
    return Plan(
        written,
        campus=settings.campus,
        zone=ZoneInfo(settings.timezone),
        built_in=read_ladder(settings),
        own=(map(channel_of, settings.on_call_urls), map(channel_of, settings.fallback_urls)),
        clock=clock,
        on_failure=on_failure,
    )


def concerns_wait(settings: Settings, plan: Plan) -> bool:
    """Whether alerts below crisis wait for opening hours, as the ladder says it or else the setting."""
    waits = plan.ladder.concerns_wait
    return settings.concerns_wait if waits is None else waits


def read_ladder(settings: Settings, people: Mapping[str, str] | None = None) -> Ladder:
    """The campus' ladder, or the built-in one. Raises `BadSetting` with the line and the reason.

    Where `people` is given (from ids and addresses to ids), a ladder that names somebody else is refused.
    """
    if not settings.ladder_file:
        return ladders.parse(ladders.DEFAULT)
    try:
        text = Path(settings.ladder_file).read_text(encoding="utf-8")
        return ladders.parse(text, channels=CHANNELS, roles=get_args(Role), people=people)
    except OSError:
        raise BadSetting("ladder_file", "cannot be read") from None
    except (BadSheet, UnicodeDecodeError) as error:
        raise BadSetting("ladder_file", str(error)) from None


def read_checklist(settings: Settings) -> Checklist:
    """The campus' protocol, or the shipped one. Raises `BadSetting` with the line and the reason."""
    if not settings.protocol_file:
        return checklist.default()
    try:
        return checklist.parse(Path(settings.protocol_file).read_text(encoding="utf-8"))
    except OSError:
        raise BadSetting("protocol_file", "cannot be read") from None
    except (BadSheet, UnicodeDecodeError) as error:
        raise BadSetting("protocol_file", str(error)) from None


def origin_of(settings: Settings) -> str:
    """Under which people reach this installation."""
    return settings.origins[0] if settings.origins else f"http://{settings.host}:{settings.port}"
