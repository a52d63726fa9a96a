"""Who is on call at a time: patterns of the week in one time zone, and changes that outrank them."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from moderation.sheet import Entry, read

Place = Literal["first", "second"]

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOUR = 60
_DAY = 24 * _HOUR
_WEEK = 7 * _DAY


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
class Change:
    """What holds once instead, from `start` until before `until` (seconds since the epoch)."""

    place: Place
    person: str
    start: float
    until: float


@dataclass(frozen=True, slots=True)
class Roster:
    """Patterns follow the wall clock of `zone`: a shift until 08:00 ends at 08:00 in summer and in winter."""

    zone: zoneinfo.ZoneInfo
    patterns: tuple[Pattern, ...] = ()
    changes: tuple[Change, ...] = ()

    def on_call(self, at: float) -> OnCall:
        return OnCall(self._holder("first", at), self._holder("second", at))

    def _holder(self, place: Place, at: float) -> str | None:
        # The change that was written last is the one that people agreed on last.
        for change in reversed(self.changes):
            if change.place == place and change.start <= at < change.until:
                return change.person
        wall = dt.datetime.fromtimestamp(at, self.zone)
        minute = wall.weekday() * _DAY + wall.hour * _HOUR + wall.minute
        for pattern in self.patterns:
            if pattern.place == place and _within(pattern, minute):
                return pattern.person
        return None


def parse(text: str, *, people: Collection[str] | None = None) -> Roster:
    """Reads a roster. Raises `BadSheet`, which names the line, the entry and the reason.

    Where `people` (ids) are given, others are refused. Two patterns of one place must not overlap.
    """
    sheet = read(text, ("week", "change"))
    sheet.head.only("zone", "week", "change")
    name = sheet.head.text("zone")
    try:
        zone = zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise sheet.head.bad(f"no time zone is called '{name}'", "zone") from None
    patterns: list[Pattern] = []
    changes: list[Change] = []
    for entry in sheet.entries:
        if entry.name.startswith("week"):
            for pattern in _patterns(entry, people):
                if any(_overlap(pattern, other) for other in patterns):
                    raise entry.bad(f"another week entry has somebody {pattern.place} on call then")
                patterns.append(pattern)
        else:
            changes.append(_change(entry, zone, people))
    return Roster(zone, tuple(patterns), tuple(changes))


def _patterns(entry: Entry, people: Collection[str] | None) -> list[Pattern]:
    entry.only("place", "person", "days", "from", "until")
    place, person = _place(entry), _person(entry, people)
    start, until = _minutes(entry, "from"), _minutes(entry, "until")
    if until <= start:  # over midnight; the same hour twice is a whole day
        until += _DAY
    days = entry.texts("days")
    for day in days:
        if day not in _DAYS:
            raise entry.bad(f"'{day}' is not a day; expected {', '.join(_DAYS)}", "days")
    if len(set(days)) < len(days):
        raise entry.bad("'days' names a day twice", "days")
    offsets = [_DAYS.index(day) * _DAY for day in days]
    return [Pattern(place, person, offset + start, offset + until) for offset in offsets]


def _change(entry: Entry, zone: zoneinfo.ZoneInfo, people: Collection[str] | None) -> Change:
    entry.only("place", "person", "from", "until")
    start, until = _instant(entry, "from", zone), _instant(entry, "until", zone)
    if until <= start:
        raise entry.bad("'until' must be later than 'from'", "until")
    return Change(_place(entry), _person(entry, people), start, until)


def _place(entry: Entry) -> Place:
    match entry.text("place"):
        case "first":
            return "first"
        case "second":
            return "second"
        case other:
            raise entry.bad(f"'{other}' is not a place; expected first or second", "place")


def _person(entry: Entry, people: Collection[str] | None) -> str:
    person = entry.text("person")
    if people is not None and person not in people:
        raise entry.bad(f"nobody here is '{person}'", "person")
    return person


def _minutes(entry: Entry, key: str) -> int:
    hours, colon, minutes = entry.text(key).partition(":")
    if colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == len("00"):
        total = int(hours) * _HOUR + int(minutes)
        if int(minutes) < _HOUR and total <= _DAY:
            return total
    raise entry.bad(f"'{key}' must be a time of day such as 18:00", key)


def _instant(entry: Entry, key: str, zone: zoneinfo.ZoneInfo) -> float:
    value = entry.values.get(key)
    if not isinstance(value, dt.datetime):
        raise entry.bad(f"'{key}' must be a date and time such as 2031-05-01T18:00:00", key)
    return (value if value.tzinfo else value.replace(tzinfo=zone)).timestamp()


def _within(pattern: Pattern, minute: int) -> bool:
    return pattern.start <= minute < pattern.until or pattern.start <= minute + _WEEK < pattern.until


def _overlap(one: Pattern, other: Pattern) -> bool:
    return one.place == other.place and any(
        one.start < other.until + shift and other.start + shift < one.until for shift in (-_WEEK, 0, _WEEK)
    )
