"""The keys to which seekers seal what they share; the private halves lie under the installation's secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa

from storage.engine import Database
from storage.tables import staff_key


@dataclass(frozen=True, slots=True)
class StaffKeyRow:
    """`public` is a point of P-256, uncompressed; `sealed` is the private half, sealed."""

    id: str
    public: bytes
    sealed: bytes = field(repr=False)
    made_at: float
    ended_at: float | None


class StaffKeyRows:
    """Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def of_campus(self, campus: str) -> Sequence[StaffKeyRow]:
        """Every key that is kept, the newest first: that one is sealed to, the others still open."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(staff_key)
                .where(staff_key.c.campus == campus)
                .order_by(staff_key.c.ended_at.is_not(None), staff_key.c.made_at.desc(), staff_key.c.id)
            )
            return [StaffKeyRow(row.id, row.public, row.sealed, row.made_at, row.ended_at) for row in rows]

    async def add(self, campus: str, row: StaffKeyRow) -> None:
        """Puts a key in force; those before it end, and are forgotten a day later."""
        async with self._database.writing() as connection:
            await connection.execute(
                staff_key.update()
                .where(staff_key.c.campus == campus, staff_key.c.ended_at.is_(None))
                .values(ended_at=row.made_at)
            )
            await connection.execute(
                staff_key.insert().values(
                    id=row.id,
                    campus=campus,
                    public=row.public,
                    sealed=row.sealed,
                    made_at=row.made_at,
                    ended_at=None,
                )
            )
