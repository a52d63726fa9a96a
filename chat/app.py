"""The composition root: the only place that constructs, and the order in which things start and stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from chat import alert_path, draining, log, protocol, rounds, switch, web
from chat.alarms import WAITING, Alarms, Lookout, Told
from chat.alert_path import AlertPath
from chat.board import Boards
from chat.broker import Broker, Refusal, Unavailable
from chat.broker.client import Reached, connect
from chat.checks import Found, check
from chat.collector import Collector
from chat.crowd import Crowd
from chat.debriefs import CALL, Debriefs
from chat.door import Door
from chat.drill import OPERATOR, drill
from chat.hours import opening_of
from chat.hub import TERMS, Hub
from chat.keyring import Keyring
from chat.log import Event, Log
from chat.meters import Meters
from chat.pairings import Pairings
from chat.passwords import Passwords
from chat.plan import Plan, Written
from chat.proofs import Proofs
from chat.proposals import Proposals
from chat.protocol import Role
from chat.reachable import Reachable
from chat.roles import STAFF
from chat.room import Room
from chat.rostering import Rostering
from chat.rounds import Rounds
from chat.sealing import Ring, derived
from chat.services import Services
from chat.settings import Settings
from chat.socket import Socket
from chat.space import Space
from chat.staff_keys import StaffKeys
from chat.stages import Stage, Took
from chat.start import begin
from chat.surfaces.admission import Admission
from chat.surfaces.alerts import AlertsApi
from chat.surfaces.assets import Assets
from chat.surfaces.auth import Auth, SignedIn
from chat.surfaces.calendar import CalendarFeed
from chat.surfaces.drills import DrillsApi
from chat.surfaces.health import Health
from chat.surfaces.ladder import LadderApi
from chat.surfaces.pages import Pages
from chat.surfaces.phone import TRUSTED, Phone
from chat.surfaces.reach import ReachApi
from chat.surfaces.recorded import recorded
from chat.surfaces.roster import LARGER, RosterApi
from chat.surfaces.security import Security, exception_handlers, policy
from chat.surfaces.service import Service
from chat.surfaces.terms import TermsApi
from chat.survey import SURVEY_EVERY, Survey
from chat.switch import Switch
from chat.taps import Taps
from chat.terms import LOOK_EVERY, CampusTerms
from chat.tickets import Tickets
from chat.traces import Traces
from chat.watch import Watch
from chat.workers import (
    BOARD_EVERY,
    COUNTS_EVERY,
    FORGET_EVERY,
    LOOKOUT_EVERY,
    RING_EVERY,
    SETTLE_EVERY,
    SPACE_EVERY,
    Settling,
    every,
)
from matching import queue
from matching.matchmaker import Matchmaker
from matching.settings import Settings as MatchingSettings
from moderation.alerts import Alert
from moderation.announcer import Listener
from moderation.channels.ping import Ping
from moderation.pager import untold
from moderation.profanity import Masker
from moderation.screening import Screen
from moderation.trouble import Trouble
from storage import schema
from storage.alert_details import AlertDetails
from storage.alerts import Alerts
from storage.audit import Audit
from storage.changes import Change, Changes
from storage.contacts import Contacts
from storage.debriefs import Debriefs as DebriefCounts
from storage.drills import Drills, Outcome
from storage.engine import Database, open_database
from storage.errors import StorageError
from storage.factors import Factors
from storage.feeds import Feeds
from storage.forgetting import Forgetting
from storage.lookahead import Lookaheads
from storage.overrides import Overrides
from storage.people import People
from storage.reach import Reach
from storage.routines import Routines
from storage.sealing import SealingKeys
from storage.sessions import Sessions
from storage.sheets import Sheets
from storage.staff_keys import StaffKeyRows
from storage.terms import Terms

WEB: Final = Path(web.__file__).parent
FIRST_LOOKS: Final = (0.2, 0.5, 0.0)
"""Seconds between the looks at the plan before a process serves: a database that is only slow is not away."""
OUTAGES: Final = (Unavailable, Refusal, queue.Unavailable, StorageError, TimeoutError)
"""What Redis and the database raise while they are away or overloaded."""
YOUNG: Final = (50_000, 50, 100)
"""Thresholds of the garbage collector: with ten thousand sockets a full collection is felt by all of them."""
SWITCH_WITHIN: Final = 0.0005
"""Seconds that another thread may keep the interpreter from the event loop: with Python's own 5 ms, a screen
that is built anew or a long answer of the database would be felt by everybody who says something meanwhile.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The database, by nouns."""

    database: Database
    people: People
    sessions: Sessions
    factors: Factors
    alerts: Alerts
    alert_details: AlertDetails
    debriefs: DebriefCounts
    staff_keys: StaffKeyRows
    contacts: Contacts
    audit: Audit
    sealing: SealingKeys
    forgetting: Forgetting
    terms: Terms
    sheets: Sheets
    changes: Changes
    feeds: Feeds
    overrides: Overrides
    lookaheads: Lookaheads
    reach: Reach
    drills: Drills
    routines: Routines

    def written(self) -> Written:
        """Where the plan of who is on call is read from."""
        return Written(
            sheets=self.sheets,
            changes=self.changes,
            overrides=self.overrides,
            drills=self.drills,
            reach=self.reach,
            team=self.people,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """Everything of one server process."""

    settings: Settings
    stores: Stores
    services: Services
    auth: Auth
    keyring: Keyring
    matchmaker: Matchmaker
    alerts: AlertPath
    settling: Settling
    switch: Switch
    rounds: Rounds
    survey: Survey
    asgi: Any
    door: Door
    passwords: Passwords
    redis: Reached
    collector: Collector | None
    log: Log


def stores(settings: Settings) -> Stores:
    """Opens the database of an installation. Nothing is connected yet."""
    database = open_database(settings.database_url)
    return Stores(
        database=database,
        people=People(database),
        sessions=Sessions(database),
        factors=Factors(database),
        alerts=Alerts(database),
        alert_details=AlertDetails(database),
        debriefs=DebriefCounts(database),
        staff_keys=StaffKeyRows(database),
        contacts=Contacts(database),
        audit=Audit(database),
        sealing=SealingKeys(database),
        forgetting=Forgetting(database),
        terms=Terms(database),
        sheets=Sheets(database),
        changes=Changes(database),
        feeds=Feeds(database),
        overrides=Overrides(database),
        lookaheads=Lookaheads(database),
        reach=Reach(database),
        drills=Drills(database),
        routines=Routines(database),
    )


def _trouble(told: Log) -> Callable[[Trouble], None]:
    def report(trouble: Trouble) -> None:
        event = Event.ALERT_LATE if trouble.part in {"late", "undelivered"} else Event.DATABASE_LOST
        told.trouble(event)

    return report


def _alert_path(
    settings: Settings,
    kept: Stores,
    listener: Listener,
    told: Log,
    *,
    meters: Meters | None = None,
    traces: Traces | None = None,
) -> AlertPath:
    plan = alert_path.plan_of(settings, kept.written(), clock=time.time, on_failure=told.crashed)
    return alert_path.build(
        settings,
        store=kept.alerts,
        people=kept.people,
        reach=kept.reach,
        plan=plan,
        listener=listener,
        report=_trouble(told),
        tried=meters.tried if meters else untold,
        traces=traces,
    )


def _traced(settings: Settings) -> tuple[Collector | None, Traces | None]:
    """Where traces go and what makes them, where somebody asks for them. Raises `BadSetting`."""
    if not settings.traces_url:
        return None, None
    collector = Collector(settings.traces_url)
    return collector, Traces(collector.take)


def _timed(meters: Meters, traces: Traces | None) -> Took:
    """What takes in how long a message spent in a stage: the meters alone, unless there are traces."""
    if traces is None:
        return meters.took

    def took(stage: Stage, seconds: float, since: float) -> None:
        meters.took(stage, seconds, since)
        traces.took(stage, seconds, since)

    return took


def build(settings: Settings, told: Log, leaving: Callable[[], bool]) -> Process:
    """Puts a server process together; needs a running event loop, and starts nothing."""
    kept = stores(settings)
    clock = time.time
    ring = Ring()
    secret = settings.key()
    keyring = Keyring(ring, kept.sealing, derived(secret, "ring"), clock)
    process_name = secrets.token_hex(6)
    zone = ZoneInfo(settings.timezone)
    meters = Meters()
    announce = Told()
    collector, traces = _traced(settings)
    timed = _timed(meters, traces)
    alerts = _alert_path(settings, kept, announce, told, meters=meters, traces=traces)
    plan = alerts.plan
    is_open = _opening(settings, plan)
    turning = rounds.build(settings, kept, alerts, rounds.recorder(settings, kept.audit, told), OUTAGES)
    alarms = Alarms(
        book=alerts.book,
        store=kept.alerts,
        campus=settings.campus,
        next_told=alerts.next_told,
        name_of=partial(_name_of, kept.people),
        details=kept.alert_details,
        wait_of=alerts.wait_of,
        outages=OUTAGES,
    )
    debriefs = Debriefs(
        kept.debriefs,
        campus=settings.campus,
        zone=zone,
        clock=clock,
        tell=lambda person: hub.tell(f"{CALL} {person}".encode()),
    )

    def crashed(conversation: str | None, error: BaseException) -> None:
        told.crashed(error)
        if conversation is not None:
            hub.spawn(_alert_failure(alarms, conversation))

    async def terms_changed() -> None:
        with contextlib.suppress(*OUTAGES):  # the next look finds it
            await terms.refresh()

    async def vanished(room: Room) -> None:
        await pairings.vanished(room)

    async def abandoned(room: Room) -> None:
        await pairings.abandoned(room)

    hub = Hub(
        connect=partial(Broker, settings.redis_url, process_name),
        ring=ring,
        clock=clock,
        renew_ring=keyring.renew,
        on_vanished=vanished,
        on_abandoned=abandoned,
        on_alert=partial(_heard, alerts, alarms, debriefs),
        on_up=lambda: told.say(Event.REDIS_BACK),
        on_crash=crashed,
        count=meters.became,
        took=timed,
        refused=lambda code: meters.refusals.labels(code).inc(),
        closed=lambda code: meters.closed.labels(code.name.lower()).inc(),
        on_terms=lambda: hub.spawn(terms_changed()),
        policy=settings.envelope,
    )
    announce.through(hub)
    reached = connect(settings.redis_url)
    waiting = queue.WaitingRoom(
        reached.client,
        settings.campus,
        process_name,
        MatchingSettings(
            offer=settings.offer_seconds,
            lease=settings.lease_seconds,
            renew_every=settings.lease_seconds / 4,
            most_waiting=settings.queue_capacity,
        ),
        near=reached.near,
    )
    space = Space(
        hub.broker.memory,
        settings.redis_reserve,
        lambda scarce: told.trouble(Event.REDIS_FULL) if scarce else told.say(Event.REDIS_HAS_ROOM),
    )
    terms = CampusTerms(
        store=kept.terms,
        campus=settings.campus,
        shipped=Screen.load(),
        zone=zone,
        clock=clock,
        on_failure=told.crashed,
    )
    lines = [line.frame() for line in settings.emergency_lines]
    pairings = Pairings(
        hub=hub,
        waiting=waiting,
        campus=settings.campus,
        clock=clock,
        is_open=is_open,
        outages=OUTAGES,
        on_paired=meters.pairing_seconds.observe,
        on_accepted=traces.paired if traces else lambda _room, _stream: None,
        after_hard=lambda person: hub.spawn(_owe(debriefs, person)),
    )
    services = Services(
        hub=hub,
        pairings=pairings,
        alarms=alarms,
        watch=Watch(terms, Masker(), told.crashed, lambda seconds: timed("screen", seconds, 0.0)),
        terms=terms,
        plan=plan,
        tickets=Tickets(secret),
        limits=protocol.Limits(per_minute=settings.messages_per_minute, burst=settings.message_burst),
        crowd=Crowd(settings.sockets, settings.reserve),
        space=space,
        lines=lines,
        crisis_frame=protocol.write(protocol.Crisis(lines=lines)),
        is_open=is_open,
        boards=Boards(pairings, alarms, lambda: turning.lookout.standing, plan, clock, debriefs=debriefs),
        checklist=alert_path.read_checklist(settings),
        staff_keys=staff_keys_of(settings, kept),
        envelope=settings.envelope,
        debriefs=debriefs,
        responders=partial(_may_have_alerts, kept.people, settings.campus),
        record=turning.recorder.note,
        took=timed,
        outages=OUTAGES,
    )
    passwords = Passwords()
    auth = Auth(
        people=kept.people,
        sessions=kept.sessions,
        audit=kept.audit,
        passwords=passwords,
        proofs=Proofs(
            kept.factors,
            derived(secret, "second factor"),
            clock=clock,
            campus=settings.campus,
            everybody=settings.second_factor == "everybody",
        ),
        clock=clock,
        revoked=hub.sign_out,
        https=settings.https,
        idle_seconds=settings.session_idle_minutes * 60.0,
        absolute_seconds=settings.session_hours * 3600.0,
    )
    apis = (
        _terms(settings, kept, services, turning, auth.who).routes(),
        _reach(settings, kept, alerts, alarms, who=auth.who, record=services.record).routes(),
        DrillsApi(turning.practice, kept.drills, settings.campus, auth.who).routes(),
        AlertsApi(
            alarms, services.checklist, partial(kept.people.of_campus, settings.campus), Admission(auth.who)
        ).routes(),
        *_roster(
            settings,
            kept,
            plan,
            auth,
            record=services.record,
            asked=lambda change: hub.spawn(turning.lookahead.swap_asked(change)),
        ),
    )
    door = Door(
        services,
        auth,
        settings.allowed_origins,
        services.crowd,
        OUTAGES,
        count=lambda outcome: meters.admissions.labels(outcome).inc(),
    )
    dependencies = {"redis": hub.broker.ping, "database": kept.database.ping}
    health = Health(
        dependencies,
        meters.registry,
        leaving,
        lambda: turning.lookout.standing,
        lambda: space.scarce,
    )
    asgi = _asgi(
        settings,
        services=services,
        auth=auth,
        apis=apis,
        able=kept.audit.head,
        health=health,
        told=told,
        door=door,
    )
    return Process(
        settings=settings,
        stores=kept,
        services=services,
        auth=auth,
        keyring=keyring,
        matchmaker=Matchmaker(waiting, pairings),
        alerts=alerts,
        settling=Settling(hub.broker, kept.contacts, settings.campus, zone, clock),
        rounds=turning,
        switch=Switch(
            findings=terms.findings,
            book=alerts.book,
            store=kept.alerts,
            routines=kept.routines,
            campus=settings.campus,
            clock=clock,
            ping=Ping(settings.switch_url) if settings.switch_url else None,
            unheard=partial(told.trouble, Event.CHANNEL_FAILED),
        ),
        survey=Survey(
            meters,
            hub,
            dependencies=dependencies,
            counts=waiting.counts,
            alerts=alarms.live,
            late=lambda: turning.lookout.standing.late,
            space=space,
            outages=OUTAGES,
            clock=clock,
        ),
        asgi=asgi,
        door=door,
        passwords=passwords,
        redis=reached,
        collector=collector,
        log=told,
    )


def _heard(alerts: AlertPath, alarms: Alarms, debriefs: Debriefs, about: str, what: str) -> None:
    """What staff see changed, here or on another process: as a rule an alert, by its id and its state."""
    if about == CALL:
        debriefs.hear(what)
    elif what.startswith(WAITING):
        alarms.hear(what.removeprefix(WAITING))
    else:
        alarms.forget(about)
        if what != "open":
            alerts.dispatcher.hush(about, closed=what in {"resolved", "stood_down", "closed"})


def _terms(
    settings: Settings,
    kept: Stores,
    services: Services,
    turning: Rounds,
    who: Callable[[str | None], Awaitable[SignedIn | None]],
) -> TermsApi:
    """What coordinators see and change of the terms."""
    proposals = Proposals(
        store=kept.terms,
        terms=services.terms,
        campus=settings.campus,
        wake=lambda: services.hub.broker.tell_staff(TERMS),
        record=turning.recorder.first,
    )
    return TermsApi(proposals, services.terms, who)


def _reach(
    settings: Settings,
    kept: Stores,
    alerts: AlertPath,
    alarms: Alarms,
    *,
    who: Callable[[str | None], Awaitable[SignedIn | None]],
    record: Callable[[str, str, str, str], Awaitable[object]],
) -> ReachApi:
    """Where people are reached, and what one tap does."""
    reachable = Reachable(
        store=kept.reach,
        addresses=alerts.addresses,
        sends=alerts.pager,
        links=alerts.links,
        where=alerts.where,
        ready=alerts.channels,
        push_hosts=settings.push_hosts,
        services=settings.reach_services,
        clock=time.time,
    )
    taps = Taps(
        links=alerts.links,
        used=kept.reach,
        people=kept.people,
        alarms=alarms,
        confirm=reachable.confirm,
        record=record,
        clock=time.time,
        outages=OUTAGES,
    )
    return ReachApi(
        reachable=reachable,
        taps=taps,
        push_key=alerts.vapid.public,
        campus=settings.campus,
        team=partial(kept.people.of_campus, settings.campus),
        who=who,
        record=record,
    )


def _roster(
    settings: Settings,
    kept: Stores,
    plan: Plan,
    auth: Auth,
    *,
    record: Callable[[str, str, str, str], Awaitable[object]],
    asked: Callable[[Change], object],
) -> list[list[BaseRoute]]:
    """The surfaces of the plan: the roster, the ladder, and the feed of calendars."""
    clock = time.time
    rostering = Rostering(
        plan,
        sheets=kept.sheets,
        changes=kept.changes,
        overrides=kept.overrides,
        campus=settings.campus,
        roles=get_args(Role),
        channels=alert_path.CHANNELS,
        clock=clock,
    )
    admission = Admission(auth.who)
    waits = partial(alert_path.concerns_wait, settings, plan)
    return [
        RosterApi(rostering, admission, record, kept.feeds, clock, asked=asked).routes(),
        LadderApi(rostering, admission, record, clock, waits).routes(),
        CalendarFeed(plan, kept.feeds, settings.campus, clock).routes(),
    ]


def _asgi(
    settings: Settings,
    *,
    services: Services,
    auth: Auth,
    apis: Sequence[list[BaseRoute]],
    able: Callable[[], Awaitable[object]],
    health: Health,
    told: Log,
    door: Door,
) -> Security:
    assets = Assets(WEB)
    pages = Pages(
        WEB,
        assets,
        campus=settings.campus_name,
        lines=services.lines,
        hours=settings.hours,
        languages=settings.languages,
        schema=[(kept.table, kept.column, kept.why, kept.keep) for kept in schema.data_map()],
        is_open=services.is_open,
        wait=services.pairings.expected_wait,
        envelope=settings.envelope,
    )
    phone = Phone(
        pages,
        assets,
        campus=settings.campus_name,
        policy=policy(settings.allowed_origins, trusted=TRUSTED),
    )
    service = Service(
        is_open=services.is_open,
        wait=services.pairings.expected_wait,
        lines=services.lines,
        languages=settings.languages,
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[dict[str, object]]:
        yield {"door": door, "services": services}

    app = Starlette(
        routes=[
            *pages.routes(),
            *assets.routes(),
            *auth.routes(),
            *recorded((route for routes in apis for route in routes), able),
            *phone.routes(),
            *service.routes(),
            *health.routes(),
        ],
        exception_handlers=exception_handlers(),
        lifespan=lifespan,
    )
    return Security(
        app,
        origins=settings.allowed_origins,
        https=settings.https,
        crashed=told.crashed,
        larger=LARGER,
    )


async def serve(
    settings: Settings,
    *,
    ready: Callable[[], None] | None = None,
    told: Log | None = None,
    sockets: Sequence[socket.socket] = (),
) -> None:
    """Serves pages and sockets, and carries alerts and upkeep, until SIGTERM or SIGINT.

    `sockets` are open ones to listen at, in the place of those that the settings name.
    """
    told = told or log.start()
    asyncio.get_running_loop().set_exception_handler(log.on_loop_error(told))
    server = _Server(told)
    process = build(settings, told, lambda: server.should_exit)
    server.configure(process, ready)
    try:
        await begin(partial(_keys, process), process.alerts, OUTAGES)
        with contextlib.suppress(
            *OUTAGES
        ):  # the shipped terms are in force until the first look that succeeds
            await process.services.terms.refresh()
        for wait in FIRST_LOOKS:  # until the first look that succeeds, nobody new is let in
            with contextlib.suppress(*OUTAGES):
                await process.services.plan.refresh()
                break
            await asyncio.sleep(wait)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in _work(process)]
            try:
                await server.serve(list(sockets) or None)
            finally:
                for task in tasks:
                    task.cancel()
    finally:
        with contextlib.suppress(*OUTAGES):
            await process.stores.contacts.close()
            await process.services.terms.flush()
        process.passwords.close()
        process.rounds.recorder.close()
        process.alerts.close()
        await process.redis.aclose()
        await process.stores.database.close()
        if process.collector is not None:
            await process.collector.close()


async def _keys(process: Process) -> None:
    """What nobody can be served without."""
    await process.keyring.renew()
    await process.services.staff_keys.renew()


def _work(process: Process) -> list[Any]:
    pairings, failed = process.services.pairings, process.log.crashed
    return [
        process.services.hub.run(),
        process.matchmaker.run(),
        process.alerts.run(),
        every(process.settings.lease_seconds / 4, pairings.renew, OUTAGES, failed),
        every(RING_EVERY, process.keyring.renew, OUTAGES, failed),
        every(RING_EVERY, process.services.staff_keys.renew, OUTAGES, failed),
        every(SETTLE_EVERY, process.settling.settle, OUTAGES, failed),
        every(SPACE_EVERY, process.services.space.look, OUTAGES, failed),
        every(BOARD_EVERY, partial(_boards, process), OUTAGES, failed),
        every(LOOKOUT_EVERY, Lookout(process.services.alarms, process.services.hub).look, OUTAGES, failed),
        every(FORGET_EVERY, partial(_forget, process.stores), OUTAGES, failed),
        every(LOOK_EVERY, process.services.terms.refresh, OUTAGES, failed),
        every(COUNTS_EVERY, process.services.terms.flush, OUTAGES, failed),
        every(COUNTS_EVERY, process.services.debriefs.flush, OUTAGES, failed),
        every(SESSIONS_EVERY, partial(_sessions, process), OUTAGES, failed),
        every(switch.LOOK_EVERY, process.switch.turn, OUTAGES, failed),
        every(SURVEY_EVERY, process.survey.look, OUTAGES, failed),
        *process.rounds.work(failed),
    ]


async def work(settings: Settings, *, told: Log | None = None) -> None:
    """Carries alerts and forgets on time, without serving anybody, until it is cancelled."""
    told = told or log.start()
    kept = stores(settings)
    collector, traces = _traced(settings)
    alerts = _alert_path(settings, kept, Told(), told, meters=Meters(), traces=traces)
    turning = rounds.build(settings, kept, alerts, rounds.recorder(settings, kept.audit, told), OUTAGES)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(alerts.run())
            for work_ in turning.work(told.crashed):
                group.create_task(work_)
            group.create_task(every(FORGET_EVERY, partial(_forget, kept), OUTAGES, told.crashed))
    finally:
        turning.recorder.close()
        alerts.close()
        await kept.database.close()
        if collector is not None:
            await collector.close()


async def checked(settings: Settings, front_end: Path) -> list[Found]:
    """The settings and every dependency, each asked once. Raises `BadSetting`."""
    alert_path.read_checklist(settings)
    kept = stores(settings)
    plan = alert_path.plan_of(settings, kept.written(), clock=time.time, on_failure=lambda _: None)
    try:
        return await check(settings, front_end, plan, time.time)
    finally:
        await kept.database.close()


async def require_people(settings: Settings) -> None:
    """Raises `BadSetting` when the ladder's file names somebody who is not of the team.

    It is asked of what is to take the place of a process that serves. A server that starts where none does
    comes up all the same: such a rung tells everybody on call.
    """
    kept = stores(settings)
    try:
        team = await kept.people.of_campus(settings.campus)
    except OUTAGES:
        return
    finally:
        await kept.database.close()
    names = {called: one.id for one in team if one.active for called in (one.id, one.email.casefold())}
    alert_path.read_ladder(settings, names)


async def practise(
    settings: Settings, *, minutes: float, told: Log, show: Callable[[Alert, float], None]
) -> Outcome | None:
    """Begins a drill and waits for what comes of it; None while another runs.

    The processes that run carry it, as they would any other alert.
    """
    kept = stores(settings)
    path = _alert_path(settings, kept, Told(), told)
    recorder = rounds.recorder(settings, kept.audit, told)
    try:
        return await drill(rounds.practice_of(settings, kept, path, recorder), minutes, time.time, show)
    finally:
        recorder.close()
        path.close()
        await kept.database.close()


async def switch_drills(settings: Settings, *, off: bool, told: Log) -> None:
    """Switches the monthly drill off or on again, on record."""
    kept = stores(settings)
    path = _alert_path(settings, kept, Told(), told)
    recorder = rounds.recorder(settings, kept.audit, told)
    try:
        await rounds.practice_of(settings, kept, path, recorder).switch(off=off, by=OPERATOR)
    finally:
        recorder.close()
        path.close()
        await kept.database.close()


async def _forget(kept: Stores) -> None:
    await kept.forgetting.run(time.time())


async def _boards(process: Process) -> None:
    """Every board is shown the same, asked for once."""
    services = process.services
    await services.pairings.post_rows()
    watching = [teammate for teammate in services.hub.team.values() if teammate.sees_board]
    if not watching:
        return
    board = await services.boards.frame()
    for teammate in watching:
        teammate.send(board)


async def _sessions(process: Process) -> None:
    """A session that was revoked elsewhere, or has run out, closes its sockets here too."""
    hub = process.services.hub
    for token in await process.auth.ended({teammate.token for teammate in hub.team.values()}):
        hub.sign_out(token)


async def _owe(debriefs: Debriefs, person: str) -> None:
    debriefs.owe(person)
    with contextlib.suppress(*OUTAGES):  # the next round notes it
        await debriefs.flush()


async def _alert_failure(alarms: Alarms, conversation: str) -> None:
    await alarms.raise_alert(
        key=f"{conversation}:crash:{secrets.token_urlsafe(9)}",
        conversation=conversation,
        category="failure",
        severity="concern",
        source="failure",
    )


def staff_keys_of(settings: Settings, kept: Stores) -> StaffKeys:
    """The campus' staff keys; nothing is read yet."""
    return StaffKeys(
        kept.staff_keys,
        secret=derived(settings.key(), "staff key"),
        campus=settings.campus,
        clock=time.time,
    )


async def new_staff_key(settings: Settings) -> str:
    """Puts a new staff key in force, on record; answers its name."""
    kept = stores(settings)
    try:
        await kept.audit.head()  # raises where nothing can be recorded: then the key stays
        name = await staff_keys_of(settings, kept).replace()
        await kept.audit.append(
            actor=OPERATOR, action="new_key", subject_kind="staff_key", subject=name, at=time.time()
        )
        return name
    finally:
        await kept.database.close()


async def _may_have_alerts(people: People, campus: str, person: str) -> bool:
    found = await people.get(person)
    return found is not None and found.active and found.campus == campus and not STAFF.isdisjoint(found.roles)


async def _name_of(people: People, person: str) -> str | None:
    with contextlib.suppress(*OUTAGES):
        if (found := await people.get(person)) is not None:
            return found.name
    return None


SESSIONS_EVERY: Final = 10.0
"""Seconds within which a session that ended elsewhere loses its sockets here."""


class _Server(uvicorn.Server):
    """uvicorn, with a hook for readiness and for freezing what the start left behind."""

    def __init__(self, told: Log) -> None:
        self._told = told
        self._ready: Callable[[], None] | None = None
        self._process: Process | None = None

    def configure(self, process: Process, ready: Callable[[], None] | None) -> None:
        settings = process.settings
        self._ready = ready
        self._process = process
        super().__init__(
            uvicorn.Config(
                process.asgi,
                host=settings.host,
                port=settings.port,
                uds=settings.unix_socket or None,
                ws=Socket,
                loop="uvloop",
                http="httptools",
                lifespan="on",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=10,
            )
        )

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*YOUNG)
        sys.setswitchinterval(SWITCH_WITHIN)
        self._told.say(Event.READY)
        if self._ready is not None:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listening in sockets or ():
            listening.close()
        await self._send_elsewhere()
        await super().shutdown(sockets)

    async def _send_elsewhere(self) -> None:
        """What is open goes on until its turn comes."""
        assert self._process is not None  # noqa: S101 - it was configured before it served
        connections = list(self._process.services.hub.sockets)
        self._told.say(Event.DRAINING, count=len(connections))
        random.shuffle(connections)
        for share in draining.shares(connections, self._process.settings.drain_seconds):
            if self.force_exit:
                return
            for connection in share:
                connection.shutdown()
            await asyncio.sleep(draining.TICK)


def _opening(settings: Settings, plan: Plan) -> Callable[[], bool]:
    """Whether the campus is open now: its hours, and a ladder that is tested or that somebody overrode."""
    opening = opening_of(settings)

    def is_open() -> bool:
        at = time.time()
        return (opening is None or opening.is_open(at)) and plan.state(at) != "untested"

    return is_open
