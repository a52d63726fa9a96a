"""What changes a roster once: covers, swaps that the other accepts, and calendars that were read in."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa

from storage.engine import Database
from storage.tables import on_call_change

Kind = Literal["cover", "swap", "calendar"]
State = Literal["proposed", "in_force", "declined", "withdrawn"]
Place = Literal["first", "second"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`person` is on call at `place` from `starts_at` until before `ends_at`, once it is in force."""

    id: str
    campus: str
    kind: Kind
    state: State
    place: Place
    person: str
    starts_at: float
    ends_at: float
    asked_by: str
    settled_at: float
    """When it was asked for or, of a swap, accepted: of two changes the later one holds."""


class Changes:
    """Times are seconds since the Unix epoch."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def of_campus(self, campus: str, since: float) -> Sequence[Change]:
        """Every change that ends after `since`, whatever its state, the one settled last at the end."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(on_call_change)
                .where(on_call_change.c.campus == campus, on_call_change.c.ends_at > since)
                .order_by(on_call_change.c.settled_at, on_call_change.c.starts_at, on_call_change.c.id)
            )
            return [_change(row) for row in rows]

    async def get(self, campus: str, change: str) -> Change | None:
        async with self._database.reading() as connection:
            found = await connection.execute(
                sa.select(on_call_change).where(
                    on_call_change.c.campus == campus, on_call_change.c.id == change
                )
            )
            row = found.one_or_none()
            return None if row is None else _change(row)

    async def add(self, changes: Iterable[Change]) -> None:
        """Adds all of them or, should one be refused, none."""
        rows = [asdict(change) for change in changes]
        if rows:
            async with self._database.writing() as connection:
                await connection.execute(on_call_change.insert(), rows)

    async def replace_calendar(self, campus: str, changes: Iterable[Change], *, at: float) -> None:
        """Puts a calendar in force in the place of what is left of the one before."""
        rows = [asdict(change) for change in changes]
        async with self._database.writing() as connection:
            await connection.execute(
                on_call_change.update()
                .where(
                    on_call_change.c.campus == campus,
                    on_call_change.c.kind == "calendar",
                    on_call_change.c.state == "in_force",
                    on_call_change.c.ends_at > at,
                )
                .values(state="withdrawn", settled_at=at)
            )
            if rows:
                await connection.execute(on_call_change.insert(), rows)

    async def settle(self, campus: str, change: str, *, was: State, becomes: State, at: float) -> bool:
        """Moves a change on; False when it is not, or no longer, in the state `was`."""
        async with self._database.writing() as connection:
            moved = await connection.execute(
                on_call_change.update()
                .where(
                    on_call_change.c.campus == campus,
                    on_call_change.c.id == change,
                    on_call_change.c.state == was,
                )
                .values(state=becomes, settled_at=at)
            )
            return moved.rowcount == 1


def new_id() -> str:
    """A random name for a change."""
    return secrets.token_hex(16)


def _change(row: sa.Row[Any]) -> Change:
    return Change(**row._asdict())
