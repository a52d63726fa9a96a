"""Who is on call at a time: patterns of the week in one time zone, holidays instead of them, and changes."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

Place = Literal["first", "second"]
How = Literal["week", "holiday", "change", "cover", "swap", "calendar"]
"""How it came about that somebody is on call: a pattern, a holiday, or one of the kinds of change."""

PLACES: Final[tuple[Place, ...]] = ("first", "second")

HOUR: Final = 60
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
"""In minutes, as patterns count."""

_STEP = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class OnCall:
    """The persons' ids; None where the roster has nobody."""

    first: str | None = None
    second: str | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A person's hours each week, in minutes of the wall clock since Monday 00:00; they may pass its end."""

    place: Place
    person: str
    start: int
    until: int


@dataclass(frozen=True, slots=True)
class Holiday:
    """Who is on call from the day `first` to the day `last`, in minutes of each day; the week does not count.

    On a day that has a holiday of a place, nobody else is at that place: what its hours leave out is empty.
    """

    place: Place
    person: str
    first: dt.date
    last: dt.date
    start: int = 0
    until: int = DAY


@dataclass(frozen=True, slots=True)
class Change:
    """What holds once instead, from `start` until before `until` (seconds since the epoch)."""

    place: Place
    person: str
    start: float
    until: float
    how: How = "change"


@dataclass(frozen=True, slots=True)
class Held:
    """Who is at a place, and how that came about; both None where nobody is."""

    person: str | None = None
    how: How | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """One span, in seconds since the epoch, in which the same person is at a place for the same reason."""

    place: Place
    held: Held
    start: float
    until: float


@dataclass(frozen=True, slots=True)
class Roster:
    """The wall clock of `zone` decides: a shift until 08:00 ends at 08:00 in summer and in winter.

    A time that the clocks skip is nobody's, because it does not come; one that comes twice belongs both times
    to whoever has it on that day.
    """

    zone: zoneinfo.ZoneInfo
    patterns: tuple[Pattern, ...] = ()
    changes: tuple[Change, ...] = ()
    holidays: tuple[Holiday, ...] = ()

    def changed(self, changes: Iterable[Change]) -> Roster:
        """The roster with more changes, which outrank those that it has."""
        return replace(self, changes=(*self.changes, *changes))

    def renamed(self, people: Mapping[str, str]) -> Roster:
        """The roster with the ids of people who are called otherwise in its text; others stay as written."""

        def named(person: str) -> str:
            return people.get(person) or people.get(person.casefold()) or person

        return replace(
            self,
            patterns=tuple(replace(one, person=named(one.person)) for one in self.patterns),
            changes=tuple(replace(one, person=named(one.person)) for one in self.changes),
            holidays=tuple(replace(one, person=named(one.person)) for one in self.holidays),
        )

    def on_call(self, at: float) -> OnCall:
        return OnCall(self.holder("first", at).person, self.holder("second", at).person)

    def holder(self, place: Place, at: float) -> Held:
        """Who is at a place at one instant."""
        # The change that was written last is the one that people agreed on last.
        for change in reversed(self.changes):
            if change.place == place and change.start <= at < change.until:
                return Held(change.person, change.how)
        wall = dt.datetime.fromtimestamp(at, self.zone)
        minute = wall.hour * HOUR + wall.minute
        special = [
            one for one in self.holidays if one.place == place and one.first <= wall.date() <= one.last
        ]
        if special:
            who = next((one.person for one in special if one.start <= minute < one.until), None)
            return Held(who, "holiday") if who is not None else Held()
        minute += wall.weekday() * DAY
        for pattern in self.patterns:
            if pattern.place == place and _within(pattern, minute):
                return Held(pattern.person, "week")
        return Held()

    def shifts(self, place: Place, start: float, until: float) -> list[Shift]:
        """Every span of a place between two instants, without a hole; spans of nobody are among them."""
        found: list[Shift] = []
        edges = [*self.edges(start, until), until]
        for edge, after in pairwise(edges):
            held = self.holder(place, edge)
            if found and found[-1].held == held:
                found[-1] = replace(found[-1], until=after)
            else:
                found.append(Shift(place, held, edge, after))
        return found

    def edges(self, start: float, until: float) -> list[float]:
        """`start`, and every later instant before `until` at which somebody else may be on call."""
        inside = {edge for edge in self._edges(start, until) if start < edge < until}
        return [start, *sorted(inside)] if start < until else []

    def _edges(self, start: float, until: float) -> Iterator[float]:
        for change in self.changes:
            yield from (change.start, change.until)
        minutes = {0}
        minutes |= {edge % DAY for one in self.patterns for edge in (one.start, one.until)}
        minutes |= {edge % DAY for one in self.holidays for edge in (one.start, one.until)}
        day = dt.datetime.fromtimestamp(start, self.zone).date()
        last = dt.datetime.fromtimestamp(until, self.zone).date()
        while day <= last:
            for minute in minutes:
                wall = dt.datetime.combine(day, dt.time(minute // HOUR, minute % HOUR), self.zone)
                yield from (wall.timestamp(), wall.replace(fold=1).timestamp())
            day += dt.timedelta(days=1)
        yield from self._leaps(start, until)

    def _leaps(self, start: float, until: float) -> Iterator[float]:
        """When the clocks are set forward or back."""
        before = start
        while before < until:
            after = min(before + _STEP, until)
            if self._offset(before) != self._offset(after):
                low, high = int(before), int(after) + 1
                while high - low > 1:
                    middle = (low + high) // 2
                    low, high = (
                        (middle, high) if self._offset(middle) == self._offset(before) else (low, middle)
                    )
                yield float(high)
            before = after

    def _offset(self, at: float) -> dt.timedelta | None:
        return dt.datetime.fromtimestamp(at, self.zone).utcoffset()


def _within(pattern: Pattern, minute: int) -> bool:
    return pattern.start <= minute < pattern.until or pattern.start <= minute + WEEK < pattern.until
