"""The rosters and ladders that a campus writes, in versions.

A text is kept line by line, each of them short: no column here could hold a message.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import sqlalchemy as sa

from storage.engine import Database
from storage.tables import sheet, sheet_line

Kind = Literal["roster", "ladder"]

LONGEST_LINE: Final = 255
"""How many characters a line may have."""
MOST_LINES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """One version of a text. The highest version counts."""

    campus: str
    kind: Kind
    version: int
    text: str = field(repr=False)
    saved_by: str
    saved_on: dt.date


class Sheets:
    """Versions are only ever added: of two people who write at once, the later one is refused."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def version(self, campus: str, kind: Kind) -> int:
        """The number of the version that counts; 0 where the campus has written none."""
        async with self._database.reading() as connection:
            return int(await connection.scalar(_newest(campus, kind)) or 0)

    async def current(self, campus: str, kind: Kind) -> Sheet | None:
        """The version that counts; None where the campus has written none."""
        async with self._database.reading() as connection:
            head = (
                await connection.execute(
                    sa.select(sheet)
                    .where(sheet.c.campus == campus, sheet.c.kind == kind)
                    .order_by(sheet.c.version.desc())
                    .limit(1)
                )
            ).one_or_none()
            if head is None:
                return None
            lines = await connection.scalars(
                sa.select(sheet_line.c.line)
                .where(_of(campus, kind, head.version))
                .order_by(sheet_line.c.number)
            )
            return Sheet(campus, kind, head.version, "\n".join(lines), head.saved_by, head.saved_on)

    async def add(self, one: Sheet) -> None:
        """Adds a version; the ones before it begin their term. Raises `Conflict` when it exists already.

        Raises `ValueError` for a text that is too long; `too_long` says it beforehand, with the line.
        """
        if (wrong := too_long(one.text)) is not None:
            raise ValueError(f"line {wrong} is too much")
        place = {"campus": one.campus, "kind": one.kind, "version": one.version}
        rows = [place | {"number": n, "line": line} for n, line in enumerate(one.text.split("\n"), start=1)]
        async with self._database.writing() as connection:
            await connection.execute(
                sheet.update()
                .where(
                    sheet.c.campus == one.campus,
                    sheet.c.kind == one.kind,
                    sheet.c.version < one.version,
                    sheet.c.ended_on.is_(None),
                )
                .values(ended_on=one.saved_on)
            )
            await connection.execute(
                sheet.insert().values(**place, saved_by=one.saved_by, saved_on=one.saved_on)
            )
            await connection.execute(sheet_line.insert(), rows)


def too_long(text: str) -> int | None:
    """The number of the first line that is too long or one too many; None when all can be kept."""
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > LONGEST_LINE or number > MOST_LINES:
            return number
    return None


def _newest(campus: str, kind: Kind) -> sa.Select[Any]:
    return sa.select(sa.func.max(sheet.c.version)).where(sheet.c.campus == campus, sheet.c.kind == kind)


def _of(campus: str, kind: Kind, version: int) -> sa.ColumnElement[bool]:
    return sa.and_(sheet_line.c.campus == campus, sheet_line.c.kind == kind, sheet_line.c.version == version)
