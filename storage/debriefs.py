"""Debriefs after hard conversations: to whom one is still to be offered, and counts of what was taken up."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

import sqlalchemy as sa

from storage.engine import Database
from storage.errors import Conflict
from storage.tables import debrief, debrief_due

What = Literal["offered", "break", "talk", "no"]
_ATTEMPTS: Final = 3


class Debriefs:
    """Counts by day, which tell nothing of whose they were; and a mark for a person until they answered."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def count(self, campus: str, day: dt.date, what: What) -> None:
        """Adds one. Raises `Conflict` only when that was tried several times in vain."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._count(campus, day, what)
            except Conflict:  # another process made the day's row at this very moment
                continue
        return await self._count(campus, day, what)

    async def totals(self, campus: str, since: dt.date) -> dict[What, int]:
        """From each choice to how often it was made from that day on."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(debrief.c.what, sa.func.sum(debrief.c.total))
                .where(debrief.c.campus == campus, debrief.c.day >= since)
                .group_by(debrief.c.what)
            )
            return {what: int(total) for what, total in rows}

    async def owe(self, person: str, day: dt.date) -> bool:
        """Notes that a debrief is to be offered to a person; False where that is noted already."""
        try:
            async with self._database.writing() as connection:
                await connection.execute(debrief_due.insert().values(person=person, due_on=day))
        except Conflict:
            return False
        return True

    async def is_due(self, person: str) -> bool:
        """Whether a debrief is still to be offered to a person."""
        async with self._database.reading() as connection:
            return (
                await connection.scalar(sa.select(debrief_due.c.person).where(debrief_due.c.person == person))
                is not None
            )

    async def answered(self, person: str) -> None:
        """The person was offered it, and said what they make of it."""
        async with self._database.writing() as connection:
            await connection.execute(debrief_due.delete().where(debrief_due.c.person == person))

    async def _count(self, campus: str, day: dt.date, what: What) -> None:
        async with self._database.writing() as connection:
            added = await connection.execute(
                debrief.update()
                .where(debrief.c.campus == campus, debrief.c.day == day, debrief.c.what == what)
                .values(total=debrief.c.total + 1)
            )
            if added.rowcount == 0:
                await connection.execute(debrief.insert().values(campus=campus, day=day, what=what, total=1))
