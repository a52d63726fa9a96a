"""What comes round (once a minute, a day, a month), so that over all processes each turn is taken once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from storage.engine import Database
from storage.errors import Conflict
from storage.tables import routine


@dataclass(frozen=True, slots=True)
class Routine:
    """How one of them stands. Times are seconds since the Unix epoch.

    `turn` is the last that was taken, and `held_until` is given while it is not done. `told_at` says since
    when people know that it is late.
    """

    turn: int
    since: float
    held_until: float | None = None
    done_at: float | None = None
    told_at: float | None = None
    off: bool = False

    @property
    def last(self) -> float:
        """When it was last done; before the first time, since when it should be."""
        return self.since if self.done_at is None else self.done_at


class Routines:
    """Each method is one transaction. A turn is a number that grows: of the minute, the day, the month."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def get(self, campus: str, name: str) -> Routine | None:
        """How it stands; None before its first turn."""
        async with self._database.reading() as connection:
            row = (await connection.execute(sa.select(routine).where(_is(campus, name)))).one_or_none()
        return None if row is None else _routine(row)

    async def take(self, campus: str, name: str, *, turn: int, at: float, lease: float) -> bool:
        """Whether this process is the one that carries out `turn`, which it then has to report as `done`.

        A turn that was taken and not done is free again after `lease` seconds; one that is past is not.
        """
        again = (routine.c.turn == turn) & (routine.c.held_until <= at)
        async with self._database.writing() as connection:
            taken = await connection.execute(
                routine.update()
                .where(_is(campus, name), sa.or_(routine.c.turn < turn, again))
                .values(turn=turn, held_until=at + lease)
            )
            if taken.rowcount:
                return True
            if await connection.scalar(sa.select(routine.c.turn).where(_is(campus, name))) is not None:
                return False
        return await self._insert(campus, name, turn=turn, at=at, held_until=at + lease)

    async def done(self, campus: str, name: str, *, turn: int, at: float) -> bool:
        """Notes that `turn` is carried out; False when it is no longer the last that was taken."""
        async with self._database.writing() as connection:
            noted = await connection.execute(
                routine.update()
                .where(_is(campus, name), routine.c.turn == turn)
                .values(held_until=None, done_at=at, told_at=None)
            )
            return noted.rowcount == 1

    async def tell_late(self, campus: str, name: str, *, before: float, at: float, again: float) -> bool:
        """Whether this process is the one that tells people that it is late.

        It is where it was last done before `before`, and nobody told so within the last `again` seconds.
        """
        last = sa.func.coalesce(routine.c.done_at, routine.c.since)
        untold = sa.or_(routine.c.told_at.is_(None), routine.c.told_at <= at - again)
        async with self._database.writing() as connection:
            told = await connection.execute(
                routine.update().where(_is(campus, name), last < before, untold).values(told_at=at)
            )
            return told.rowcount == 1

    async def switch(self, campus: str, name: str, *, off: bool, at: float) -> None:
        """Switches it off, or on again."""
        async with self._database.writing() as connection:
            switched = await connection.execute(
                routine.update().where(_is(campus, name)).values(off=off, told_at=None)
            )
        if not switched.rowcount and not await self._insert(campus, name, turn=0, at=at, off=off):
            await self.switch(campus, name, off=off, at=at)

    async def _insert(self, campus: str, name: str, *, turn: int, at: float, **more: object) -> bool:
        values = {"campus": campus, "name": name, "turn": turn, "since": at, "off": False, **more}
        try:
            async with self._database.writing() as connection:
                await connection.execute(routine.insert().values(values))
        except Conflict:
            return False  # another process was faster
        return True


def _is(campus: str, name: str) -> sa.ColumnElement[bool]:
    return (routine.c.campus == campus) & (routine.c.name == name)


def _routine(row: sa.Row[Any]) -> Routine:
    return Routine(row.turn, row.since, row.held_until, row.done_at, row.told_at, row.off)
