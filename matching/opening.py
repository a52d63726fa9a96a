"""When a campus is open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

DAY: Final = timedelta(days=1)
AHEAD: Final = 400
"""Days that are searched for the next change; beyond, there is none."""


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a day. One that does not end after it begins runs past midnight."""

    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class Opening:
    """Opening hours in the campus' own zone, by its wall clock.

    An exception replaces the hours of its date, a holiday empties them; exceptions win over holidays. A span
    belongs to the date it begins on: what runs past midnight into a holiday is still open.
    """

    zone: ZoneInfo
    week: Mapping[int, tuple[Span, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """From the weekday, 0 for Monday, to its spans."""
    holidays: frozenset[date] = frozenset()
    exceptions: Mapping[date, tuple[Span, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def is_open(self, at: float) -> bool:
        """Whether the campus is open, `at` in seconds since the epoch."""
        today = self._date(at)
        return any(begins <= at < ends for begins, ends in self._times((today - DAY, today)))

    def next_change(self, at: float) -> float | None:
        """When the campus next opens or closes, in seconds since the epoch; None when it never does."""
        today = self._date(at)
        times = self._times(today + DAY * days for days in range(-1, AHEAD))
        now = self.is_open(at)
        for edge in sorted({edge for span in times for edge in span if edge > at}):
            if self.is_open(edge) != now:
                return edge
        return None

    def _date(self, at: float) -> date:
        return datetime.fromtimestamp(at, self.zone).date()

    def _times(self, days: Iterable[date]) -> list[tuple[float, float]]:
        return [self._span(day, span) for day in days for span in self._spans(day)]

    def _spans(self, day: date) -> tuple[Span, ...]:
        if day in self.exceptions:
            return self.exceptions[day]
        return () if day in self.holidays else self.week.get(day.weekday(), ())

    def _span(self, day: date, span: Span) -> tuple[float, float]:
        last = day if span.ends > span.begins else day + DAY
        return self._instant(day, span.begins), self._instant(last, span.ends)

    def _instant(self, day: date, clock: time) -> float:
        return datetime.combine(day, clock, self.zone).astimezone(UTC).timestamp()
