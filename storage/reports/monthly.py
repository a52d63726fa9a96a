"""A campus' contacts of one whole month, by day, topic and outcome."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from storage.engine import Database
from storage.reports.suppression import SMALLEST, suppress
from storage.tables import contact

_LAST_MONTH: Final = 12


@dataclass(frozen=True, slots=True)
class Monthly:
    """None stands for a figure that would show, or give away, a group smaller than ten.

    Of topics and outcomes only those are named that can be shown; the rest of `total` belongs to others.
    """

    month: dt.date
    total: int | None
    by_day: Mapping[str, int | None]
    by_topic: Mapping[str, int]
    by_outcome: Mapping[str, int]


class Reports:
    """Months are fixed and do not overlap, and the present one is refused: reports of today and tomorrow,
    or of thirty and of thirty-one days, would show their difference.
    """

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def monthly(self, campus: str, month: dt.date, *, today: dt.date) -> Monthly:
        """The report of the month that starts on `month`. Raises `ValueError` unless that month is over.

        The three splits are of the same contacts, and no two are shown crossed with one another.
        """
        if month.day != 1 or _after(month) > today:
            raise ValueError("a report is about one whole month that is over")
        days = {str(month + dt.timedelta(number)): 0 for number in range((_after(month) - month).days)}
        by_day = days | await self._counts(campus, month, contact.c.day)
        total = sum(by_day.values())
        if 0 < total < SMALLEST:
            return Monthly(month, None, dict.fromkeys(days), {}, {})
        return Monthly(
            month,
            total,
            suppress(by_day),
            _shown(await self._counts(campus, month, contact.c.topic)),
            _shown(await self._counts(campus, month, contact.c.outcome)),
        )

    async def _counts(self, campus: str, month: dt.date, by: sa.Column[object]) -> dict[str, int]:
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(by, sa.func.count())
                .where(contact.c.campus == campus, contact.c.day >= month, contact.c.day < _after(month))
                .group_by(by)
                .order_by(by)
            )
            return {str(group): count for group, count in rows}


def _shown(counts: Mapping[str, int]) -> dict[str, int]:
    return {group: count for group, count in suppress(counts).items() if count is not None}


def _after(month: dt.date) -> dt.date:
    if month.month == _LAST_MONTH:
        return dt.date(month.year + 1, 1, 1)
    return dt.date(month.year, month.month + 1, 1)
