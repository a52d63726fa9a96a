"""Alerts and what became of them: durable, one open alert a conversation, moved on by fences."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.engine import Database
from storage.errors import Conflict
from storage.tables import SEVERITIES, alert_event, delivery
from storage.tables import alert as _alerts  # the methods call an alert's id `alert`, as their port does

Severity = Literal["notice", "concern", "crisis"]
Source = Literal["screening", "seeker", "supporter", "failure", "practice"]
State = Literal["open", "acknowledged", "resolved", "stood_down"]
Decision = Literal["following", "on_the_way", "services_called", "in_care"]

_ATTEMPTS: Final = 3
_UNMOVED: Final[dict[str, Any]] = dict.fromkeys(("handed_by", "asked_until", "decision", "decided_at"))
"""What the next move of anybody ends: a hand-over that is not confirmed, and what was decided."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as it stands. Times are seconds since the Unix epoch.

    When the exact time of a closed alert has been forgotten, `raised_at` is the start of its day in UTC.
    """

    id: str
    campus: str
    conversation: str | None
    category: str
    severity: Severity
    source: Source
    state: State
    rung: int
    raised_at: float
    next_at: float | None
    person: str | None
    fence: int
    handed_by: str | None = None
    asked_until: float | None = None
    decision: Decision | None = None
    decided_at: float | None = None


class HeldBy(Protocol):
    """A person said "I have it" while the store was away: it is entered together with what was seen."""

    @property
    def person(self) -> str: ...
    @property
    def at(self) -> float: ...
    @property
    def again_at(self) -> float | None:
        """When the climb goes on without another move; None where they are in the conversation."""
        ...

    @property
    def decision(self) -> Decision | None: ...


class Alerts:
    """Each method is one transaction. On PostgreSQL workers pass over what others hold locked; on SQLite
    they take turns.
    """

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def raise_(
        self,
        *,
        key: str,
        conversation: str,
        campus: str,
        category: str,
        severity: Severity,
        source: Source,
        at: float,
        names: Sequence[str] = (),
        held: HeldBy | None = None,
    ) -> tuple[Alert, bool]:
        """Stores what was seen under the event's `key`, and answers the alert and whether it changed.

        The alert takes over the category and source of what raised its severity. A drill that meets a
        real call for help is one from then on. A new alert has the first of `names` that no alert has, open
        or closed; where none is left its id is drawn at random. `held` gives an open one to who has it
        already, in the same step, so that nobody is paged.
        """
        digest = hashlib.sha256(key.encode()).digest()
        seen = _Seen(digest, conversation, campus, category, severity, source, at, names, held)
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._raise(seen)
            except Conflict:
                # Another process stored the same event, or opened the conversation's alert, at this very
                # moment. It is there now.
                continue
        return await self._raise(seen)

    async def claim_due(
        self,
        *,
        owner: str,
        at: float,
        lease: float,
        limit: int,
        overdue: Collection[tuple[str, int]] = (),
    ) -> Sequence[Alert]:
        """Takes up to `limit` due alerts, the most severe and longest due first, until `at` + `lease`.

        `overdue` names alerts, each with its fence, that are taken before their time and out of any hold.
        """
        async with self._database.writing() as connection:
            due = await connection.scalars(
                sa.select(_alerts.c.id)
                .where(
                    sa.or_(
                        sa.and_(
                            _alerts.c.next_at <= at,
                            sa.or_(_alerts.c.held_until.is_(None), _alerts.c.held_until <= at),
                        ),
                        *(
                            sa.and_(_alerts.c.id == name, _alerts.c.fence == fence, _alerts.c.next_at > at)
                            for name, fence in overdue
                        ),
                    )
                )
                .order_by(_urgency().desc(), _alerts.c.next_at)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
            ids = list(due)
            if not ids:
                return []
            rows = await connection.execute(
                _alerts.update()
                .where(_alerts.c.id.in_(ids))
                .values(owner=owner, held_until=at + lease, fence=_alerts.c.fence + 1)
                .returning(_alerts)
            )
            claimed = {row.id: _alert(row) for row in rows}
        return [claimed[name] for name in ids]

    async def advance(self, *, alert: str, fence: int, rung: int, next_at: float) -> bool:
        """Moves a claimed alert to `rung`, open and due at `next_at`; False when the fence is stale."""
        async with self._database.writing() as connection:
            moved = await connection.execute(
                _update(alert, "open", "acknowledged")
                .where(_alerts.c.fence == fence, _alerts.c.owner.is_not(None))
                .values(
                    state="open",
                    person=None,
                    **_UNMOVED,
                    rung=rung,
                    next_at=next_at,
                    owner=None,
                    held_until=None,
                )
            )
            return moved.rowcount == 1

    async def asked(self, *, alert: str, fence: int, next_at: float) -> bool:
        """Frees a handed alert, once the other was paged, until `next_at`; False when the fence is stale."""
        async with self._database.writing() as connection:
            moved = await connection.execute(
                _update(alert, "acknowledged")
                .where(
                    _alerts.c.fence == fence, _alerts.c.owner.is_not(None), _alerts.c.asked_until.is_not(None)
                )
                .values(next_at=next_at, owner=None, held_until=None)
            )
            return moved.rowcount == 1

    async def record_delivery(
        self, *, alert: str, rung: int, person: str | None, channel: str, outcome: str, at: float
    ) -> None:
        """Notes one attempt. Raises `Conflict` when there is no such alert."""
        async with self._database.writing() as connection:
            await connection.execute(
                delivery.insert().values(
                    id=secrets.token_hex(16),
                    alert=alert,
                    rung=rung,
                    person=person,
                    channel=channel,
                    outcome=outcome,
                    sent_at=at,
                    sent_on=_day(at),
                )
            )

    async def delivered(self, *, alert: str, rung: int) -> Collection[tuple[str | None, str]]:
        """Whom this rung has reached, as (person, channel)."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(delivery.c.person, delivery.c.channel).where(
                    delivery.c.alert == alert, delivery.c.rung == rung, delivery.c.outcome == "delivered"
                )
            )
            return {(row.person, row.channel) for row in rows}

    async def acknowledge(self, *, alert: str, person: str, at: float, again_at: float) -> Alert | None:
        """Gives an alert to `person` until `again_at`; None when it is neither open nor handed over.

        One whose time ran out by `at`, with whoever had it, may be had as well: nobody has moved it on.
        """
        return await self._move(
            _update(alert, "open", "acknowledged")
            .where(
                sa.or_(_alerts.c.state == "open", _alerts.c.asked_until.is_not(None), _alerts.c.next_at <= at)
            )
            .values(state="acknowledged", person=person, acknowledged_at=at, next_at=again_at, **_UNMOVED)
        )

    async def decide(
        self, *, alert: str, person: str, decision: Decision, at: float, again_at: float | None
    ) -> Alert | None:
        """Notes what `person` decided; the alert is due at `again_at`. None when they do not have it."""
        return await self._move(
            _update(alert, "acknowledged")
            .where(_alerts.c.person == person, _alerts.c.asked_until.is_(None))
            .values(decision=decision, decided_at=at, next_at=again_at)
        )

    async def hand(self, *, alert: str, by: str, person: str, at: float, until: float) -> Alert | None:
        """Hands an alert that `by` has, or has just handed on, to `person`, who confirms before `until`.

        It is due at once, so that the other is paged. None when `by` does not have it.
        """
        return await self._move(
            _update(alert, "acknowledged")
            .where(
                sa.or_(
                    sa.and_(_alerts.c.person == by, _alerts.c.asked_until.is_(None)),
                    _alerts.c.handed_by == by,
                )
            )
            .values(**(_UNMOVED | {"person": person, "handed_by": by, "asked_until": until, "next_at": at}))
        )

    async def entered(self, *, alert: str, person: str, at: float) -> Alert | None:
        """Notes that `person` is in the conversation; None when the alert is closed.

        An acknowledged alert is no longer due. An open one goes on climbing: entering is no acknowledgement.
        """
        acknowledged = _alerts.c.state == "acknowledged"
        return await self._move(
            _update(alert, "open", "acknowledged").values(
                entered_at=sa.func.coalesce(_alerts.c.entered_at, at),
                next_at=sa.case((acknowledged, None), else_=_alerts.c.next_at),
                person=sa.case((acknowledged, person), else_=_alerts.c.person),
                **_UNMOVED,
            )
        )

    async def close(
        self, *, alert: str, person: str, state: Literal["resolved", "stood_down"], outcome: str, at: float
    ) -> Alert | None:
        """Ends the alert and unlinks it from its conversation; None when it is closed already."""
        return await self._move(
            _update(alert, "open", "acknowledged").values(
                state=state,
                person=person,
                outcome=outcome,
                closed_at=at,
                closed_on=_day(at),
                conversation=None,
                next_at=None,
                **_UNMOVED,
            )
        )

    async def get(self, alert: str) -> Alert | None:
        async with self._database.reading() as connection:
            return await _first(connection, _alerts.c.id == alert)

    async def live(self, campus: str) -> Sequence[Alert]:
        """The open and acknowledged alerts of a campus, the most severe and longest open first."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(_alerts)
                .where(_alerts.c.campus == campus, _alerts.c.closed_on.is_(None))
                .order_by(_urgency().desc(), _alerts.c.raised_at, _alerts.c.id)
            )
            return [_alert(row) for row in rows]

    async def of_conversation(self, conversation: str) -> Alert | None:
        async with self._database.reading() as connection:
            return await _first(connection, _alerts.c.conversation == conversation)

    async def next_due(self) -> float | None:
        """When the earliest rung of any alert is due; where a worker holds it, when that hold ends."""
        async with self._database.reading() as connection:
            due: float | None = await connection.scalar(
                sa.select(sa.func.min(sa.func.coalesce(_alerts.c.held_until, _alerts.c.next_at))).where(
                    _alerts.c.next_at.is_not(None)
                )
            )
            return due

    async def remove_campus(self, campus: str) -> int:
        """Removes every alert of a campus with all that belongs to it, and answers how many there were.

        For what is no campus: the alerts by which the alert path tests itself are nobody's history.
        """
        async with self._database.writing() as connection:
            gone = await connection.execute(_alerts.delete().where(_alerts.c.campus == campus))
            return gone.rowcount

    async def _move(self, update: sa.Update) -> Alert | None:
        """A person's move: it outdates every claim."""
        async with self._database.writing() as connection:
            rows = await connection.execute(
                update.values(fence=_alerts.c.fence + 1, owner=None, held_until=None).returning(_alerts)
            )
            row = rows.one_or_none()
            return None if row is None else _alert(row)

    async def _raise(self, seen: _Seen) -> tuple[Alert, bool]:
        async with self._database.writing() as connection:
            known = await connection.scalar(
                sa.select(alert_event.c.alert).where(alert_event.c.key == seen.digest)
            )
            if known is not None:
                return await _sure(connection, known), False
            rows = await connection.execute(
                sa.select(_alerts).where(_alerts.c.conversation == seen.conversation).with_for_update()
            )
            row = rows.one_or_none()
            name = await _open(connection, seen) if row is None else row.id
            changed = row is None or await _rise(connection, _alert(row), seen)
            if seen.held is not None:
                changed = await _hold(connection, name, seen.held) or changed
            await connection.execute(
                alert_event.insert().values(
                    key=seen.digest,
                    alert=name,
                    category=seen.category,
                    severity=seen.severity,
                    seen_on=_day(seen.at),
                )
            )
            return await _sure(connection, name), changed


@dataclass(frozen=True, slots=True)
class _Seen:
    digest: bytes
    conversation: str
    campus: str
    category: str
    severity: Severity
    source: Source
    at: float
    names: Sequence[str]
    held: HeldBy | None


async def _open(connection: AsyncConnection, seen: _Seen) -> str:
    rows = await connection.scalars(sa.select(_alerts.c.id).where(_alerts.c.id.in_(seen.names)))
    taken = set(rows)  # by what is closed already: this came after it
    name = next((one for one in seen.names if one not in taken), None) or secrets.token_hex(16)
    await connection.execute(
        _alerts.insert().values(
            id=name,
            campus=seen.campus,
            conversation=seen.conversation,
            category=seen.category,
            severity=seen.severity,
            source=seen.source,
            state="open",
            rung=0,
            raised_on=_day(seen.at),
            raised_at=seen.at,
            next_at=seen.at,
            fence=0,
        )
    )
    return name


async def _rise(connection: AsyncConnection, standing: Alert, seen: _Seen) -> bool:
    rises = SEVERITIES.index(seen.severity) > SEVERITIES.index(standing.severity)
    becomes_real = standing.source == "practice" != seen.source
    if not rises and not becomes_real:
        return False
    values: dict[str, Any] = {"category": seen.category, "source": seen.source}
    if rises:
        values["severity"] = seen.severity
    if (rises and seen.severity == "crisis") or becomes_real:
        # Who is half-way through a rung told it as something milder: that claim is outdated too.
        due = seen.at if standing.next_at is None else min(standing.next_at, seen.at)
        values |= {"next_at": due, "fence": standing.fence + 1, "owner": None, "held_until": None}
        values |= {"state": "open", "person": None} | _UNMOVED
    await connection.execute(_alerts.update().where(_alerts.c.id == standing.id).values(**values))
    return True


async def _hold(connection: AsyncConnection, name: str, held: HeldBy) -> bool:
    """Gives an alert that was open when the person said so to them; whether it did."""
    given = await connection.execute(
        _update(name, "open")
        .where(_alerts.c.raised_at <= held.at)
        .values(
            state="acknowledged",
            person=held.person,
            acknowledged_at=held.at,
            entered_at=held.at if held.again_at is None and held.decision is None else None,
            next_at=held.again_at,
            decision=held.decision,
            decided_at=None if held.decision is None else held.at,
            fence=_alerts.c.fence + 1,
            owner=None,
            held_until=None,
        )
    )
    return given.rowcount == 1


async def _first(connection: AsyncConnection, which: sa.ColumnElement[bool]) -> Alert | None:
    row = (await connection.execute(sa.select(_alerts).where(which))).one_or_none()
    return None if row is None else _alert(row)


async def _sure(connection: AsyncConnection, name: str) -> Alert:
    return _alert((await connection.execute(sa.select(_alerts).where(_alerts.c.id == name))).one())


def _update(name: str, *states: State) -> sa.Update:
    return _alerts.update().where(_alerts.c.id == name, _alerts.c.state.in_(states))


def _urgency() -> sa.Case[int]:
    return sa.case({word: rank for rank, word in enumerate(SEVERITIES)}, value=_alerts.c.severity)


def _day(at: float) -> dt.date:
    return dt.datetime.fromtimestamp(at, dt.UTC).date()


def _alert(row: sa.Row[Any]) -> Alert:
    raised_at = row.raised_at
    if raised_at is None:
        midnight = dt.datetime.combine(row.raised_on, dt.time(), dt.UTC)
        raised_at = midnight.timestamp()
    return Alert(
        id=row.id,
        campus=row.campus,
        conversation=row.conversation,
        category=row.category,
        severity=row.severity,
        source=row.source,
        state=row.state,
        rung=row.rung,
        raised_at=raised_at,
        next_at=row.next_at,
        person=row.person,
        fence=row.fence,
        handed_by=row.handed_by,
        asked_until=row.asked_until,
        decision=row.decision,
        decided_at=row.decided_at,
    )
