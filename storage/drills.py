"""Drills and what came of them: times and rungs, and nobody's name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.engine import Database
from storage.errors import Conflict
from storage.tables import alert, delivery, drill, drill_rung

UNANSWERED: Final = "unanswered"
"""The outcome of the alert of a drill that was given up."""

Started = Literal["command", "button", "month"]


@dataclass(frozen=True, slots=True)
class Running:
    """A drill that is not over. Times are seconds since the epoch; `alert` is None until one is raised."""

    id: str
    campus: str
    started: Started
    alert: str | None
    began_at: float
    until: float


@dataclass(frozen=True, slots=True)
class RungTold:
    """One rung: seconds from the start until its first page, and how many pages arrived."""

    rung: int
    told_after: float | None
    reached: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a drill. `answered_after` is in seconds; None where nobody answered."""

    id: str
    began_on: dt.date
    started: Started
    answered_after: float | None
    rungs: tuple[RungTold, ...]


class Drills:
    """One drill at a time runs on a campus; the database refuses a second."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def begin(self, id_: str, campus: str, *, started: Started, at: float, until: float) -> bool:
        """Whether the drill begins; False while another runs, and where one of this name was."""
        row = {"id": id_, "campus": campus, "started": started, "began_at": at, "until": until, "rungs": 0}
        try:
            async with self._database.writing() as connection:
                await connection.execute(drill.insert().values(**row, began_on=_day(at)))
        except Conflict:
            return False
        return True

    async def running(self, campus: str) -> Running | None:
        async with self._database.reading() as connection:
            return await _running(connection, drill.c.campus == campus)

    async def raised(self, id_: str, alert_id: str) -> None:
        """Notes which alert carries the drill."""
        async with self._database.writing() as connection:
            await connection.execute(
                drill.update().where(drill.c.id == id_, drill.c.until.is_not(None)).values(alert=alert_id)
            )

    async def proven(self, campus: str, since: float) -> frozenset[str]:
        """The alert channels by which a drill since then arrived at an address that belongs to no person."""
        async with self._database.reading() as connection:
            found = await connection.scalars(
                sa.select(delivery.c.channel)
                .distinct()
                .join(alert, alert.c.id == delivery.c.alert)
                .where(
                    alert.c.campus == campus,
                    alert.c.source == "practice",
                    delivery.c.person.is_(None),
                    delivery.c.outcome == "delivered",
                    delivery.c.sent_at >= since,
                )
            )
            return frozenset(found)

    async def finish(self, id_: str) -> Outcome | None:
        """Ends a drill and keeps what its alert says of times and rungs; None when it is over already."""
        async with self._database.writing() as connection:
            found = await _running(connection, drill.c.id == id_, lock=True)
            if found is None:
                return None
            answered, rungs = await _told(connection, found)
            await connection.execute(
                drill.update()
                .where(drill.c.id == id_)
                .values(began_at=None, until=None, alert=None, answered_after=answered, rungs=len(rungs))
            )
            if rungs:
                await connection.execute(
                    drill_rung.insert(),
                    [
                        {"drill": id_, "rung": r.rung, "told_after": r.told_after, "reached": r.reached}
                        for r in rungs
                    ],
                )
            began_on = dt.datetime.fromtimestamp(found.began_at, dt.UTC).date()
            return Outcome(id_, began_on, found.started, answered, rungs)

    async def get(self, id_: str) -> Outcome | None:
        """One drill that is over."""
        found = await self._over(drill.c.id == id_, 1)
        return found[0] if found else None

    async def history(self, campus: str, limit: int) -> Sequence[Outcome]:
        """The drills that are over, the latest first."""
        return await self._over(drill.c.campus == campus, limit)

    async def _over(self, which: sa.ColumnElement[bool], limit: int) -> Sequence[Outcome]:
        chosen = (
            sa.select(drill)
            .where(which, drill.c.until.is_(None))
            .order_by(drill.c.began_on.desc(), drill.c.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(chosen)).all()
            told = await connection.execute(
                sa.select(drill_rung)
                .where(drill_rung.c.drill.in_([row.id for row in rows]))
                .order_by(drill_rung.c.rung)
            )
            rungs: dict[str, list[RungTold]] = {row.id: [] for row in rows}
            for one in told:
                rungs[one.drill].append(RungTold(one.rung, one.told_after, one.reached))
        return [
            Outcome(row.id, row.began_on, row.started, row.answered_after, tuple(rungs[row.id]))
            for row in rows
        ]


async def _running(
    connection: AsyncConnection, which: sa.ColumnElement[bool], *, lock: bool = False
) -> Running | None:
    chosen = sa.select(drill).where(which, drill.c.until.is_not(None))
    row = (await connection.execute(chosen.with_for_update() if lock else chosen)).one_or_none()
    if row is None:
        return None
    return Running(row.id, row.campus, row.started, row.alert, row.began_at, row.until)


async def _told(connection: AsyncConnection, run: Running) -> tuple[float | None, tuple[RungTold, ...]]:
    """When somebody had the alert, and what each rung before that did."""
    chosen = sa.select(
        alert.c.rung,
        alert.c.raised_at,
        alert.c.state,
        sa.case(
            (alert.c.acknowledged_at.is_not(None), alert.c.acknowledged_at),
            (alert.c.outcome == UNANSWERED, None),
            else_=alert.c.closed_at,
        ).label("answered"),
    ).where(alert.c.id == run.alert)
    row = (await connection.execute(chosen)).one_or_none()
    if row is None:
        return None, ()
    took = await connection.execute(
        sa.select(
            delivery.c.rung,
            sa.func.min(delivery.c.sent_at).label("first"),
            sa.func.sum(sa.case((delivery.c.outcome == "delivered", 1), else_=0)).label("reached"),
        )
        .where(delivery.c.alert == run.alert)
        .group_by(delivery.c.rung)
    )
    tries: dict[int, Any] = {one.rung: one for one in took}
    # A rung with nobody to tell leaves no trace but the count of the alert.
    count = max([row.rung, *(rung + 1 for rung in tries)])
    rungs = tuple(
        RungTold(rung, max(0.0, tries[rung].first - run.began_at), int(tries[rung].reached))
        if rung in tries
        else RungTold(rung, None, 0)
        for rung in range(count)
    )
    answered = None if row.answered is None else max(0.0, row.answered - run.began_at)
    return answered, rungs


def _day(at: float) -> dt.date:
    return dt.datetime.fromtimestamp(at, dt.UTC).date()
