"""When the drill of a month is due: on a day of the month, while people are there. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

WINDOW: Final = dt.timedelta(hours=1)
"""How long after its time a drill still begins; a server that was away then tries on the next day."""
NOON_ISH: Final = dt.time(14)
"""The time where neither a setting nor opening hours give one."""
SETTLED: Final = dt.timedelta(minutes=30)
"""How long after the opening: people have arrived by then."""


@dataclass(frozen=True, slots=True)
class Monthly:
    """`day` of the month, the `time` (None where the campus leaves it to the opening hours), and these hours.

    `hours` maps the number of a weekday (Monday is 0) to its spans, as (from, until); empty means that the
    campus has no opening hours.
    """

    day: int
    time: dt.time | None = None
    hours: Mapping[int, Sequence[tuple[dt.time, dt.time]]] = field(default_factory=dict)

    def due(self, now: dt.datetime) -> bool:
        """Whether a drill that has not been this month begins now. `now` is in the campus' own time."""
        begins = self.begins(now.date()) if now.day >= self.day else None
        if begins is None:
            return False
        since = now.replace(tzinfo=None) - dt.datetime.combine(now.date(), begins)
        return dt.timedelta(0) <= since < WINDOW

    def begins(self, day: dt.date) -> dt.time | None:
        """The time at which a drill would begin on that day; None where the campus is closed all day."""
        if not self.hours:
            return self.time or NOON_ISH
        spans = self.hours.get(day.weekday(), ())
        if self.time is not None:
            return self.time if any(_within(self.time, span) for span in spans) else None
        for start, end in sorted(spans):
            settled = (dt.datetime.combine(day, start) + SETTLED).time()
            return settled if _within(settled, (start, end)) and settled > start else start
        return None

    def following(self, after: dt.datetime, *, this_month: bool) -> dt.datetime | None:
        """When the next drill begins: still this month where `this_month`, else from the next on."""
        day = after.date()
        if not this_month:
            day = (day.replace(day=1) + dt.timedelta(32)).replace(day=1)
        for ahead in range(62):
            candidate = day + dt.timedelta(ahead)
            begins = self.begins(candidate) if candidate.day >= self.day else None
            if begins is not None:
                moment = dt.datetime.combine(candidate, begins, after.tzinfo)
                if moment > after:
                    return moment
        return None


def _within(time: dt.time, span: tuple[dt.time, dt.time]) -> bool:
    start, end = span
    return start <= time and (end == dt.time() or time < end)  # midnight ends a day
