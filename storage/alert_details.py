"""What staff see of an alert besides how it stands: its findings, the protocol's steps, and the past."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from storage.alerts import Severity, Source, State
from storage.engine import Database
from storage.tables import SEVERITIES, alert_event, alert_tick
from storage.tables import alert as _alerts  # as in storage.alerts


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen of one category: how often, and at its worst. No words."""

    category: str
    severity: Severity
    count: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A step of the protocol that is done."""

    item: str
    person: str
    at: float


@dataclass(frozen=True, slots=True)
class Detail:
    """What staff see of an alert besides how it stands."""

    findings: tuple[Finding, ...] = ()
    ticks: tuple[Tick, ...] = ()


@dataclass(frozen=True, slots=True)
class Past:
    """A closed alert. Times and the person are there for 30 days, then only the day."""

    id: str
    day: dt.date
    category: str
    severity: Severity
    source: Source
    state: State
    outcome: str | None
    raised_at: float | None
    acknowledged_at: float | None
    entered_at: float | None
    closed_at: float | None
    person: str | None


class AlertDetails:
    """Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def details(self, alerts: Collection[str]) -> dict[str, Detail]:
        """From each of these alerts to what was found, by category, and the steps of the protocol done."""
        async with self._database.reading() as connection:
            worst = sa.func.max(_rank(alert_event.c.severity))
            found = await connection.execute(
                sa.select(alert_event.c.alert, alert_event.c.category, worst, sa.func.count())
                .where(alert_event.c.alert.in_(alerts), alert_event.c.category.is_not(None))
                .group_by(alert_event.c.alert, alert_event.c.category)
                .order_by(worst.desc(), sa.func.count().desc(), alert_event.c.category)
            )
            findings: dict[str, list[Finding]] = {}
            for name, category, rank, count in found:
                findings.setdefault(name, []).append(Finding(category, SEVERITIES[rank], count))
            ticked = await connection.execute(
                sa.select(alert_tick).where(alert_tick.c.alert.in_(alerts)).order_by(alert_tick.c.ticked_at)
            )
            ticks: dict[str, list[Tick]] = {}
            for row in ticked:
                ticks.setdefault(row.alert, []).append(Tick(row.item, row.person, row.ticked_at))
        return {
            name: Detail(tuple(findings.get(name, ())), tuple(ticks.get(name, ())))
            for name in {*findings, *ticks}
        }

    async def tick(self, *, alert: str, item: str, person: str, on: bool, at: float) -> bool:
        """Notes that a step of the protocol is done, or takes that back; False when the alert is closed.

        Who ticked first stays.
        """
        async with self._database.writing() as connection:
            live = await connection.scalar(
                sa.select(_alerts.c.id)
                .where(_alerts.c.id == alert, _alerts.c.closed_on.is_(None))
                .with_for_update()
            )
            if live is None:
                return False
            which = (alert_tick.c.alert == alert, alert_tick.c.item == item)
            known = await connection.scalar(sa.select(alert_tick.c.item).where(*which))
            if on and known is None:
                await connection.execute(
                    alert_tick.insert().values(
                        alert=alert, item=item, person=person, ticked_at=at, ticked_on=_day(at)
                    )
                )
            elif not on:
                await connection.execute(alert_tick.delete().where(*which))
            return True

    async def past(self, campus: str, limit: int) -> Sequence[Past]:
        """The alerts of a campus that were closed last, the latest first; practice among them, named so."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(_alerts)
                .where(_alerts.c.campus == campus, _alerts.c.closed_on.is_not(None))
                .order_by(_alerts.c.closed_on.desc(), _alerts.c.closed_at.desc(), _alerts.c.id)
                .limit(limit)
            )
            return [
                Past(
                    id=row.id,
                    day=row.raised_on,
                    category=row.category,
                    severity=row.severity,
                    source=row.source,
                    state=row.state,
                    outcome=row.outcome,
                    raised_at=row.raised_at,
                    acknowledged_at=row.acknowledged_at,
                    entered_at=row.entered_at,
                    closed_at=row.closed_at,
                    person=row.person,
                )
                for row in rows
            ]


def _rank(severity: sa.Column[str]) -> sa.Case[int]:
    return sa.case({word: rank for rank, word in enumerate(SEVERITIES)}, value=severity)


def _day(at: float) -> dt.date:
    return dt.datetime.fromtimestamp(at, dt.UTC).date()
