"""Forgets what is due, in small steps, and records how much."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.audit import forget_before
from storage.engine import Database
from storage.retention import Cutoff, Term, due, terms
from storage.schema import declared
from storage.tables import audit, forgotten, metadata

BATCH: Final = 500
"""How many rows go in one transaction: few enough to stay within its deadline."""

ROWS: Final = "rows"
"""The `part` of a record that is about whole rows."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows of a table went on a day, or how many lost the values that `part` names."""

    table: str
    part: str
    day: dt.date
    count: int


class Forgetting:
    """Any process may forget, and several at once: each step is one transaction with its record."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def run(self, at: float) -> Sequence[Forgotten]:
        """Forgets everything that is due at `at`, and answers what went. A second run finds nothing."""
        today = dt.datetime.fromtimestamp(at, dt.UTC).date()
        done = []
        for term in terms(declared()):
            part = "+".join(term.columns) if term.columns else ROWS
            cutoff, total = due(term, at), 0
            while gone := await self._step(term, cutoff, part, today, at):
                total += gone
            if total:
                done.append(Forgotten(term.table, part, today, total))
        if done:
            await self._database.settle()
        return done

    async def record(self) -> Sequence[Forgotten]:
        """What was forgotten so far, the latest first."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(forgotten).order_by(
                    forgotten.c.day.desc(), forgotten.c.table_name, forgotten.c.part
                )
            )
            return [Forgotten(row.table_name, row.part, row.day, row.row_count) for row in rows]

    async def _step(self, term: Term, cutoff: Cutoff, part: str, today: dt.date, at: float) -> int:
        async with self._database.writing() as connection:
            if term.table == audit.name:
                gone = await forget_before(connection, cutoff.day, limit=BATCH, at=at)
            else:
                gone = await _forget(connection, term, cutoff)
            if gone:
                await self._note(connection, term.table, part, today, gone)
            return gone

    async def _note(
        self, connection: AsyncConnection, table: str, part: str, day: dt.date, count: int
    ) -> None:
        values = {"table_name": table, "part": part, "day": day, "row_count": count}
        keys = ["table_name", "part", "day"]
        added = {"row_count": forgotten.c.row_count + count}
        if self._database.is_sqlite:
            await connection.execute(
                sqlite.insert(forgotten).values(values).on_conflict_do_update(keys, set_=added)
            )
        else:
            await connection.execute(
                postgresql.insert(forgotten)
                .values(values)
                .on_conflict_do_update(index_elements=keys, set_=added)
            )


async def _forget(connection: AsyncConnection, term: Term, cutoff: Cutoff) -> int:
    table = metadata.tables[term.table]
    since = table.c[term.since]
    over = since < (cutoff.day if isinstance(since.type, sa.Date) else cutoff.moment)
    if term.columns:
        over &= sa.or_(*(table.c[name].is_not(None) for name in term.columns))
    keys = list(table.primary_key.columns)
    chosen = sa.select(*keys).where(over).limit(BATCH)
    these = (keys[0] if len(keys) == 1 else sa.tuple_(*keys)).in_(chosen)
    if term.columns:
        done = await connection.execute(table.update().where(these).values(dict.fromkeys(term.columns)))
    else:
        done = await connection.execute(table.delete().where(these))
    return done.rowcount
