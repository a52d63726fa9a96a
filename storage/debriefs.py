"""How often a debrief was offered after a hard conversation, and what of it was taken up. No names."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

import sqlalchemy as sa

from storage.engine import Database
from storage.errors import Conflict
from storage.tables import debrief

What = Literal["offered", "break", "talk", "no"]
_ATTEMPTS: Final = 3


class Debriefs:
    """Counts by day; nothing tells whose they were."""

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

    async def _count(self, campus: str, day: dt.date, what: What) -> None:
        async with self._database.writing() as connection:
            added = await connection.execute(
                debrief.update()
                .where(debrief.c.campus == campus, debrief.c.day == day, debrief.c.what == what)
                .values(total=debrief.c.total + 1)
            )
            if added.rowcount == 0:
                await connection.execute(debrief.insert().values(campus=campus, day=day, what=what, total=1))
