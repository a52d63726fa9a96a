"""Puts together what comes round by itself: drills, heads of the record, the switch, the plan."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from chat import alert_path, heads, lookahead, plan, practice, switch
from chat.alert_path import AlertPath
from chat.heads import Heads
from chat.hours import week
from chat.log import Event, Log
from chat.lookahead import Lookahead
from chat.monthly import Monthly
from chat.plan import Plan
from chat.practice import Practice
from chat.recorder import CATCH_UP_EVERY, Recorder
from chat.settings import Settings
from chat.switch import Lookout
from chat.workers import ROUND_EVERY, every
from storage.alerts import Alerts
from storage.audit import Audit
from storage.drills import Drills
from storage.lookahead import Lookaheads
from storage.routines import Routines


class Stores(Protocol):
    """The nouns of the database that it needs."""

    @property
    def alerts(self) -> Alerts: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def drills(self) -> Drills: ...
    @property
    def routines(self) -> Routines: ...
    @property
    def lookaheads(self) -> Lookaheads: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """What comes round by itself, in servers and workers alike: over all processes, each turn once."""

    recorder: Recorder
    practice: Practice
    heads: Heads
    lookout: Lookout
    plan: Plan
    lookahead: Lookahead
    outages: tuple[type[Exception], ...]

    def work(self, failed: Callable[[BaseException], None]) -> list[Any]:
        return [
            every(CATCH_UP_EVERY, self.recorder.catch_up, self.outages, failed),
            every(practice.LOOK_EVERY, self.practice.look, self.outages, failed),
            every(ROUND_EVERY, self.practice.come_round, self.outages, failed),
            every(heads.LOOK_EVERY, self.heads.come_round, self.outages, failed),
            every(switch.LOOK_EVERY, self.lookout.look, self.outages, failed),
            every(plan.LOOK_EVERY, self.plan.refresh, self.outages, failed),
            every(lookahead.LOOK_EVERY, self.lookahead.look, self.outages, failed),
        ]


def recorder(settings: Settings, audit: Audit, told: Log) -> Recorder:
    return Recorder(
        audit, Path(settings.spool), time.time, lambda error: told.crashed(error, Event.DATABASE_LOST)
    )


def practice_of(settings: Settings, kept: Stores, alerts: AlertPath, recorder: Recorder) -> Practice:
    return Practice(
        book=alerts.book,
        store=kept.alerts,
        drills=kept.drills,
        routines=kept.routines,
        record=recorder.first,
        campus=settings.campus,
        zone=ZoneInfo(settings.timezone),
        monthly=Monthly(
            settings.drill_day,
            dt.time.fromisoformat(settings.drill_time) if settings.drill_time else None,
            {day: tuple((span.begins, span.ends) for span in spans) for day, spans in week(settings).items()},
        ),
        clock=time.time,
    )


def build(
    settings: Settings,
    kept: Stores,
    alerts: AlertPath,
    recorder: Recorder,
    outages: tuple[type[Exception], ...],
) -> Rounds:
    """Puts together what comes round on one campus. Nothing is started."""
    return Rounds(
        recorder=recorder,
        practice=practice_of(settings, kept, alerts, recorder),
        heads=Heads(
            audit=kept.audit,
            routines=kept.routines,
            messenger=alerts.messenger,
            campus=settings.campus,
            custodians=alert_path.targets_of(settings.record_custodians),
            zone=ZoneInfo(settings.timezone),
            clock=time.time,
        ),
        lookout=Lookout(
            routines=kept.routines,
            messenger=alerts.messenger,
            campus=settings.campus,
            clock=time.time,
            where=alerts.where,
        ),
        plan=alerts.plan,
        lookahead=Lookahead(
            alerts.plan,
            store=kept.lookaheads,
            routines=kept.routines,
            messenger=alerts.messenger,
            teller=alerts.teller,
            campus=settings.campus,
            notice=settings.notice_minutes * 60.0,
            clock=time.time,
        ),
        outages=outages,
    )
