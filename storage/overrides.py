"""Decisions to open although the ladder is not tested: why, by whom, and until when."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final, Literal, get_args

import sqlalchemy as sa

from storage.engine import Database
from storage.tables import opening_override

Reason = Literal["setting_up", "staff_on_site", "channel_fault", "demonstration"]
REASONS: Final[tuple[Reason, ...]] = get_args(Reason)
LONGEST: Final = 7 * 86_400.0
"""Seconds that one decision lasts at most; after that somebody has to look again."""


@dataclass(frozen=True, slots=True)
class Override:
    """Times are seconds since the Unix epoch; `by` is a person's id, or `operator` for the command."""

    id: str
    reason: Reason
    by: str
    made_at: float
    until: float


class Overrides:
    """Nothing is erased: an override that is ended early has its last moment moved."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def current(self, campus: str, at: float) -> Override | None:
        """The override in force at `at`, the one that lasts longest."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    sa.select(opening_override)
                    .where(
                        opening_override.c.campus == campus,
                        opening_override.c.made_at <= at,
                        opening_override.c.lasts_until > at,
                    )
                    .order_by(opening_override.c.lasts_until.desc())
                    .limit(1)
                )
            ).one_or_none()
            if row is None:
                return None
            return Override(row.id, row.reason, row.made_by, row.made_at, row.lasts_until)

    async def add(self, campus: str, *, reason: Reason, by: str, at: float, until: float) -> Override:
        """Opens from `at` until before `until`. Raises `ValueError` when that is not after `at`."""
        if until <= at:
            raise ValueError("an override ends after it begins")
        made = Override(secrets.token_hex(16), reason, by, at, until)
        async with self._database.writing() as connection:
            await connection.execute(
                opening_override.insert().values(
                    id=made.id, campus=campus, reason=reason, made_by=by, made_at=at, lasts_until=until
                )
            )
        return made

    async def end(self, campus: str, *, at: float) -> bool:
        """Ends what is in force; False when nothing is."""
        async with self._database.writing() as connection:
            ended = await connection.execute(
                opening_override.update()
                .where(opening_override.c.campus == campus, opening_override.c.lasts_until > at)
                .values(lasts_until=at)
            )
            return ended.rowcount > 0
