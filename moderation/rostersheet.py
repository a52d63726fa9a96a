"""A roster as people write it, read so that every mistake is answered with its line."""

from __future__ import annotations

import datetime as dt
import re
import zoneinfo
from collections.abc import Mapping

from moderation.roster import DAY, HOUR, WEEK, Change, Holiday, Pattern, Place, Roster
from moderation.sheet import Entry, read

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})")
_MOST_DAYS = 366


def parse(text: str, *, people: Mapping[str, str] | None = None) -> Roster:
    """Reads a roster. Raises `BadSheet`, which names the line, the entry and the reason.

    `people` leads from what a person may be called in the text (an id, an address) to the id; others are
    refused. Without it every name stands for itself. Two patterns, or two holidays, of one place must not
    overlap.
    """
    sheet = read(text, ("week", "holiday", "change"))
    sheet.head.only("zone", "week", "holiday", "change")
    name = sheet.head.text("zone")
    try:
        zone = zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise sheet.head.bad(f"no time zone is called '{name}'", "zone") from None
    patterns: list[Pattern] = []
    holidays: list[Holiday] = []
    changes: list[Change] = []
    for entry in sheet.entries:
        if entry.name.startswith("week"):
            for pattern in _patterns(entry, people):
                if any(_overlap(pattern, other) for other in patterns):
                    raise entry.bad(f"another week entry has somebody {pattern.place} on call then")
                patterns.append(pattern)
        elif entry.name.startswith("holiday"):
            for holiday in _holidays(entry, people):
                if any(_meet(holiday, other) for other in holidays):
                    raise entry.bad(f"another holiday has somebody {holiday.place} on call then")
                holidays.append(holiday)
        else:
            changes.append(_change(entry, zone, people))
    return Roster(zone, tuple(patterns), tuple(changes), tuple(holidays))


def _patterns(entry: Entry, people: Mapping[str, str] | None) -> list[Pattern]:
    entry.only("place", "person", "days", "from", "until")
    place, person = _place(entry), _person(entry, people)
    start, until = _minutes(entry, "from"), _minutes(entry, "until")
    if until <= start:  # over midnight; the same hour twice is a whole day
        until += DAY
    days = entry.texts("days")
    for day in days:
        if day not in _DAYS:
            raise entry.bad(f"'{day}' is not a day; expected {', '.join(_DAYS)}", "days")
    if len(set(days)) < len(days):
        raise entry.bad("'days' names a day twice", "days")
    offsets = [_DAYS.index(day) * DAY for day in days]
    return [Pattern(place, person, offset + start, offset + until) for offset in offsets]


def _holidays(entry: Entry, people: Mapping[str, str] | None) -> list[Holiday]:
    entry.only("place", "person", "days", "from", "until", "hours")
    place, person = _place(entry), _person(entry, people)
    start, until = _hours(entry)
    return [Holiday(place, person, first, last, start, until) for first, last in _spans(entry)]


def _spans(entry: Entry) -> list[tuple[dt.date, dt.date]]:
    """The days of a holiday: a list of them, or the first and, with `until`, the last."""
    if "days" in entry.values:
        if "from" in entry.values or "until" in entry.values:
            raise entry.bad("'days' does not stand beside 'from' and 'until'", "days")
        days = entry.values["days"]
        if not isinstance(days, list) or not days or not all(_is_day(day) for day in days):
            raise entry.bad("'days' must be a list of days such as [2031-12-24]", "days")
        if len(set(days)) < len(days):
            raise entry.bad("'days' names a day twice", "days")
        return [(day, day) for day in days]
    first = _day(entry, "from")
    last = _day(entry, "until") if "until" in entry.values else first
    if last < first:
        raise entry.bad("'until' must not be before 'from'", "until")
    if (last - first).days >= _MOST_DAYS:
        raise entry.bad("a holiday lasts a year at most", "until")
    return [(first, last)]


def _change(entry: Entry, zone: zoneinfo.ZoneInfo, people: Mapping[str, str] | None) -> Change:
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


def _person(entry: Entry, people: Mapping[str, str] | None) -> str:
    person = entry.text("person")
    if people is None:
        return person
    known = people.get(person) or people.get(person.casefold())
    if known is None:
        raise entry.bad(f"nobody here is '{person}'", "person")
    return known


def _minutes(entry: Entry, key: str) -> int:
    minutes = clock(entry.text(key))
    if minutes is None:
        raise entry.bad(f"'{key}' must be a time of day such as 18:00", key)
    return minutes


def _hours(entry: Entry) -> tuple[int, int]:
    if "hours" not in entry.values:
        return 0, DAY
    written = _HOURS.fullmatch(entry.text("hours"))
    start, until = (clock(part) for part in written.groups()) if written else (None, None)
    if start is None or until is None or until <= start:
        raise entry.bad("'hours' must be hours of one day such as 08:00-20:00", "hours")
    return start, until


def clock(text: str) -> int | None:
    """The minutes since midnight of a time of day, 24:00 included; None when it is none."""
    hours, colon, minutes = text.partition(":")
    if colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == len("00"):
        total = int(hours) * HOUR + int(minutes)
        if int(minutes) < HOUR and total <= DAY:
            return total
    return None


def _is_day(value: object) -> bool:
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def _day(entry: Entry, key: str) -> dt.date:
    value = entry.values.get(key)
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise entry.bad(f"'{key}' must be a day such as 2031-12-24", key)
    return value


def _instant(entry: Entry, key: str, zone: zoneinfo.ZoneInfo) -> float:
    value = entry.values.get(key)
    if not isinstance(value, dt.datetime):
        raise entry.bad(f"'{key}' must be a date and time such as 2031-05-01T18:00:00", key)
    try:
        return (value if value.tzinfo else value.replace(tzinfo=zone)).timestamp()
    except (OverflowError, ValueError, OSError):
        raise entry.bad(f"'{key}' is too far away", key) from None


def _overlap(one: Pattern, other: Pattern) -> bool:
    return one.place == other.place and any(
        one.start < other.until + shift and other.start + shift < one.until for shift in (-WEEK, 0, WEEK)
    )


def _meet(one: Holiday, other: Holiday) -> bool:
    return (
        one.place == other.place
        and one.first <= other.last
        and other.first <= one.last
        and one.start < other.until
        and other.start < one.until
    )
