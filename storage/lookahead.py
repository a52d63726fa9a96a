"""What was seen coming in a roster, and who has been told of it: each thing once, whichever process looks."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa

from storage.engine import Database
from storage.errors import Conflict
from storage.tables import roster_gap, shift_notice

Place = Literal["first", "second"]
Why = Literal["nobody", "unreachable"]


@dataclass(frozen=True, slots=True)
class KnownGap:
    """A span, in seconds since the Unix epoch, in which a place of the roster reaches nobody."""

    id: str
    place: Place
    why: Why
    start: float
    until: float
    told_at: float | None = None
    pressed_at: float | None = None


class Lookaheads:
    """Each method is one transaction. One process at a time looks for all of them."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def gaps(self, campus: str, at: float) -> Sequence[KnownGap]:
        """The gaps that are not over at `at`, by their start."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(roster_gap)
                .where(roster_gap.c.campus == campus, roster_gap.c.ends_at > at)
                .order_by(roster_gap.c.starts_at, roster_gap.c.place)
            )
            return [_gap(row) for row in rows]

    async def keep(self, campus: str, gaps: Collection[KnownGap], *, closed: Collection[str]) -> None:
        """Writes these gaps as they stand now, and takes out those that were closed in time."""
        async with self._database.writing() as connection:
            if closed:
                await connection.execute(roster_gap.delete().where(roster_gap.c.id.in_(closed)))
            for gap in gaps:
                values = {
                    "place": gap.place,
                    "why": gap.why,
                    "starts_at": gap.start,
                    "ends_at": gap.until,
                    "told_at": gap.told_at,
                    "pressed_at": gap.pressed_at,
                }
                done = await connection.execute(
                    roster_gap.update().where(roster_gap.c.id == gap.id).values(**values)
                )
                if done.rowcount == 0:
                    await connection.execute(roster_gap.insert().values(id=gap.id, campus=campus, **values))

    async def notice(self, campus: str, *, place: Place, person: str, starts_at: float) -> bool:
        """Notes that a person is told of a shift; False when they have been."""
        try:
            async with self._database.writing() as connection:
                await connection.execute(
                    shift_notice.insert().values(
                        campus=campus, place=place, person=person, starts_at=starts_at
                    )
                )
        except Conflict:
            return False
        return True

    async def unnotice(self, campus: str, *, place: Place, person: str, starts_at: float) -> None:
        """Takes the note back: nothing reached them, and the next look tries again."""
        async with self._database.writing() as connection:
            await connection.execute(
                shift_notice.delete().where(
                    shift_notice.c.campus == campus,
                    shift_notice.c.place == place,
                    shift_notice.c.person == person,
                    shift_notice.c.starts_at == starts_at,
                )
            )


def new_id() -> str:
    """A random name for a gap."""
    return secrets.token_hex(16)


def _gap(row: sa.Row[Any]) -> KnownGap:
    return KnownGap(row.id, row.place, row.why, row.starts_at, row.ends_at, row.told_at, row.pressed_at)
