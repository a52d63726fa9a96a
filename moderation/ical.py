"""Calendars in and out, as iCalendar (RFC 5545): a file that changes the roster, and a feed of own shifts."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

from dateutil import rrule
from icalendar import Calendar, Component, Event

from moderation.roster import PLACES, Place

AHEAD: Final = 366 * 86_400.0
"""Seconds ahead to which a repetition is followed."""
MOST: Final = 2_000
"""How many changes one file may make."""

_BEGIN = re.compile(rb"BEGIN:VEVENT\s*", re.IGNORECASE)
_LINE = re.compile(rb"(BEGIN|END|[A-Za-z][A-Za-z0-9-]*)\s*[;:]")
_WORD = re.compile(r"[^\s,;()<>\"']+")
_WEEKDAYS: Final = {day: getattr(rrule, day) for day in ("MO", "TU", "WE", "TH", "FR", "SA", "SU")}
_RULE: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "WKST"})


class BadCalendar(ValueError):
    """The file cannot be used, and nothing of it is; `line` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody at a place of the roster, from `start` until before `until` (seconds since the epoch)."""

    place: Place
    person: str
    start: float
    until: float


@dataclass(frozen=True, slots=True)
class _One:
    """One VEVENT, with its number and its line for whoever has to put it right."""

    number: int
    line: int
    event: Component = field(repr=False)

    def bad(self, reason: str) -> BadCalendar:
        return BadCalendar(self.line, f"entry {self.number}: {reason}")


def read_calendar(
    data: bytes, *, people: Mapping[str, str], zone: zoneinfo.ZoneInfo, now: float
) -> list[Entered]:
    """What a calendar says of the time from `now` on, sorted by start. Raises `BadCalendar`.

    Each entry names a place (the word `first` or `second` in its summary, location or categories) and a
    person (an attendee's address, or a word of the summary), as `people` leads from that to ids. It may
    repeat weekly. A time without a zone is one of `zone`. Cancelled entries, and what is over, are passed by.
    """
    events = list(_events(data))
    moved = _moved(events, zone)
    found: list[tuple[Entered, _One]] = []
    for one in events:
        if str(one.event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        place, person = _place(one), _person(one, people)
        try:
            times = [(start, until) for start, until in _times(one, zone, now, moved) if until > now]
        except OverflowError:
            raise one.bad("its times are too far away") from None
        found += [(Entered(place, person, start, until), one) for start, until in times]
        if len(found) > MOST:
            raise one.bad(f"this is more than {MOST} shifts")
    if not found:
        raise BadCalendar(1, "there is nothing in it that is still to come")
    found.sort(key=lambda pair: (pair[0].place, pair[0].start))
    for (before, _), (after, one) in pairwise(found):
        if before.place == after.place and after.start < before.until:
            raise one.bad(f"another entry has somebody {after.place} on call then")
    return sorted((entered for entered, _ in found), key=lambda entered: (entered.start, entered.place))


def shifts_as_calendar(shifts: Iterable[tuple[Place, float, float]], *, owner: str, now: float) -> bytes:
    """A feed of one person's shifts: places and times, and nothing else. `owner` makes the ids unique."""
    calendar = Calendar()
    calendar.add("prodid", "-//Warmline//On call//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "On call")
    calendar.add("refresh-interval", dt.timedelta(minutes=30), parameters={"VALUE": "DURATION"})
    for place, start, until in shifts:
        event = Event()
        name = hashlib.sha256(f"{owner}/{place}/{start}".encode()).hexdigest()[:32]
        event.add("uid", f"{name}@warmline")
        event.add("dtstamp", dt.datetime.fromtimestamp(now, dt.UTC).replace(microsecond=0))
        event.add("dtstart", dt.datetime.fromtimestamp(start, dt.UTC))
        event.add("dtend", dt.datetime.fromtimestamp(until, dt.UTC))
        event.add("summary", f"On call ({place})")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


# --- reading --------------------------------------------------------------------------------------------


def _events(data: bytes) -> Iterator[_One]:
    lines = data.splitlines()
    begun: list[bytes] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line[:1] in b" \t":
            continue
        if not _LINE.match(line):
            raise BadCalendar(number, "this is no line of a calendar")
        word, _, what = line.strip().upper().partition(b":")
        if word == b"BEGIN":
            begun.append(what)
        elif word == b"END" and (not begun or begun.pop() != what):
            raise BadCalendar(number, "this ends what was not begun")
    if begun or not any(line.strip().upper() == b"BEGIN:VCALENDAR" for line in lines):
        raise BadCalendar(max(len(lines), 1), "this is not a whole calendar")
    starts = [number for number, line in enumerate(lines, start=1) if _BEGIN.fullmatch(line.strip())]
    try:
        calendars = Calendar.from_ical(data.decode("utf-8"), multiple=True)
        events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    except UnicodeDecodeError:
        raise BadCalendar(1, "this is not text in UTF-8") from None
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        # Its own message quotes the file.
        raise BadCalendar(1, "this calendar cannot be read") from None
    for number, event in enumerate(events, start=1):
        one = _One(number, starts[number - 1] if number <= len(starts) else 1, event)
        if event.errors:
            raise one.bad(f"{min(str(name) for name, _ in event.errors)} cannot be read")
        yield one


def _place(one: _One) -> Place:
    texts = [str(one.event.get(name, "")) for name in ("SUMMARY", "LOCATION")]
    categories = one.event.get("CATEGORIES")
    if categories is not None:
        for group in categories if isinstance(categories, list) else [categories]:
            texts += [str(category) for category in group.cats]
    words = {word.casefold().strip(":.") for text in texts for word in _WORD.findall(text)}
    named = [place for place in PLACES if place in words]
    if len(named) != 1:
        raise one.bad("it must name one place, first or second, in its summary, location or categories")
    return named[0]


def _person(one: _One, people: Mapping[str, str]) -> str:
    attendees = one.event.get("ATTENDEE", [])
    named = [str(name) for name in (attendees if isinstance(attendees, list) else [attendees])]
    addresses = [name.casefold().removeprefix("mailto:") for name in named]
    if addresses:
        found = {people[address] for address in addresses if address in people}
        if len(found) != 1:
            raise one.bad("exactly one of its attendees must be somebody here, by e-mail")
        return found.pop()
    words = (word.strip(":.").casefold() for word in _WORD.findall(str(one.event.get("SUMMARY", ""))))
    found = {people[word] for word in words if word in people}
    if len(found) != 1:
        raise one.bad("it must name one person here, as its attendee or by e-mail or id in its summary")
    return found.pop()


def _moved(events: Sequence[_One], zone: zoneinfo.ZoneInfo) -> dict[str, set[float]]:
    """From each entry that repeats to the repetitions that entries of their own stand for."""
    moved: dict[str, set[float]] = {}
    for one in events:
        if "RECURRENCE-ID" in one.event:
            instead = _moment(one, "RECURRENCE-ID", zone).timestamp()
            moved.setdefault(str(one.event.get("UID", "")), set()).add(instead)
    return moved


def _times(
    one: _One, zone: zoneinfo.ZoneInfo, now: float, moved: Mapping[str, set[float]]
) -> Iterator[tuple[float, float]]:
    start = _moment(one, "DTSTART", zone)
    length = _length(one, start, zone)
    if "RRULE" not in one.event:
        first = start.timestamp()
        yield first, (start + length).timestamp()
        return
    left_out = _left_out(one, zone)
    if "RECURRENCE-ID" not in one.event:
        left_out |= moved.get(str(one.event.get("UID", "")), set())
    for naive in _rule(one, start):
        each = naive.replace(tzinfo=start.tzinfo)
        if each.timestamp() > now + AHEAD:
            return
        if each.timestamp() not in left_out:
            # By the wall clock: a shift ends at the hour that the calendar says, whatever the clocks do.
            yield each.timestamp(), (each + length).timestamp()


def _moment(one: _One, name: str, zone: zoneinfo.ZoneInfo) -> dt.datetime:
    value = getattr(one.event.get(name), "dt", None)
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time(), zone)
    raise one.bad(f"it has no {name} that can be read")


def _length(one: _One, start: dt.datetime, zone: zoneinfo.ZoneInfo) -> dt.timedelta:
    if "DTEND" in one.event:
        end = _moment(one, "DTEND", zone).astimezone(start.tzinfo)
        length = end.replace(tzinfo=None) - start.replace(tzinfo=None)
    elif "DURATION" in one.event:
        length = getattr(one.event.get("DURATION"), "dt", dt.timedelta())
    elif not isinstance(getattr(one.event.get("DTSTART"), "dt", None), dt.datetime):
        length = dt.timedelta(days=1)
    else:
        raise one.bad("it has no end")
    if not dt.timedelta() < length <= dt.timedelta(days=31):
        raise one.bad("it must end after it begins, and within 31 days")
    return length


def _rule(one: _One, start: dt.datetime) -> Iterator[dt.datetime]:
    """The repetitions by the wall clock, without a zone."""
    written: Any = one.event.get("RRULE")
    if isinstance(written, list) or [str(x).upper() for x in written.get("FREQ", [])] != ["WEEKLY"]:
        raise one.bad("it repeats in another way than weekly")
    if unknown := {str(key).upper() for key in written} - _RULE:
        raise one.bad(f"its repetition has {min(unknown)}, which is not understood here")
    until = (written.get("UNTIL") or [None])[0]
    if isinstance(until, dt.datetime) and until.tzinfo:
        until = until.astimezone(start.tzinfo).replace(tzinfo=None)
    elif isinstance(until, dt.date) and not isinstance(until, dt.datetime):
        until = dt.datetime.combine(until, dt.time.max)
    try:
        repeated = rrule.rrule(
            rrule.WEEKLY,
            dtstart=start.replace(tzinfo=None),
            interval=int((written.get("INTERVAL") or [1])[0]),
            count=int(written["COUNT"][0]) if "COUNT" in written else None,
            until=until,
            wkst=_WEEKDAYS[str((written.get("WKST") or ["MO"])[0]).upper()],
            byweekday=[_WEEKDAYS[str(day).upper()] for day in written["BYDAY"]]
            if "BYDAY" in written
            else None,
        )
    except (KeyError, ValueError, TypeError):
        raise one.bad("its repetition is not understood here") from None
    yield from repeated


def _left_out(one: _One, zone: zoneinfo.ZoneInfo) -> set[float]:
    written = one.event.get("EXDATE", [])
    left: set[float] = set()
    for group in written if isinstance(written, list) else [written]:
        for each in group.dts:
            if isinstance(each.dt, dt.datetime):
                left.add((each.dt if each.dt.tzinfo else each.dt.replace(tzinfo=zone)).timestamp())
            else:
                left.add(dt.datetime.combine(each.dt, _moment(one, "DTSTART", zone).timetz()).timestamp())
    return left
