"""Calendars in and out."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from moderation.ical import MOST, BadCalendar, Entered, read_calendar, shifts_as_calendar

BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = {"ada@north.example": "id-ada", "id-ada": "id-ada", "ben@north.example": "id-ben"}
NOW = dt.datetime(2031, 5, 1, tzinfo=BERLIN).timestamp()


def local(text: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


def calendar(*events: str) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//a//b//EN"]
    for event in events:
        lines += ["BEGIN:VEVENT", *event.strip().splitlines(), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def read(*events: str, now: float = NOW) -> list[Entered]:
    return read_calendar(calendar(*events), people=PEOPLE, zone=BERLIN, now=now)


ONE = """
UID:1
SUMMARY:On call (first)
ATTENDEE;CN=Ada:mailto:Ada@north.example
DTSTART;TZID=Europe/Berlin:20310502T180000
DTEND;TZID=Europe/Berlin:20310503T080000
"""


def test_an_entry_is_a_shift_of_the_person_it_names() -> None:
    shift = Entered("first", "id-ada", local("2031-05-02T18:00"), local("2031-05-03T08:00"))
    assert read(ONE) == [shift]
    assert read(
        ONE.replace("ATTENDEE;CN=Ada:mailto:Ada@north.example", "CATEGORIES:x").replace(
            "On call (first)", "first: ada@north.example"
        )
    ) == [shift]
    assert read(ONE.replace("(first)", "").replace("ATTENDEE", "LOCATION:First\nATTENDEE")) == [shift]
    assert read(ONE.replace("(first)", "").replace("ATTENDEE", "CATEGORIES:WORK,FIRST\nATTENDEE")) == [shift]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("DTSTART:20310502T180000", "2031-05-02T18:00+02:00"),
        ("DTSTART:20310502T180000Z", "2031-05-02T18:00+00:00"),
        ("DTSTART;TZID=America/New_York:20310502T180000", "2031-05-02T18:00-04:00"),
        ("DTSTART;VALUE=DATE:20310502", "2031-05-02T00:00+02:00"),
    ],
)
def test_times_are_of_their_zone_or_of_the_rosters(written: str, moment: str) -> None:
    event = f"UID:1\nSUMMARY:second ben@north.example\n{written}\nDURATION:PT4H"
    start = dt.datetime.fromisoformat(moment).timestamp()
    assert read(event) == [Entered("second", "id-ben", start, start + 4 * 3600)]


def test_an_entry_may_repeat_weekly_and_keeps_its_hours_when_the_clocks_change() -> None:
    event = ONE.replace("20310502", "20311018").replace("20310503", "20311019") + (
        "RRULE:FREQ=WEEKLY;BYDAY=SA;UNTIL=20311108T170000Z\nEXDATE;TZID=Europe/Berlin:20311101T180000\n"
    )
    assert read(event) == [
        Entered("first", "id-ada", local(f"{a}T18:00"), local(f"{b}T08:00"))
        for a, b in (("2031-10-18", "2031-10-19"), ("2031-10-25", "2031-10-26"), ("2031-11-08", "2031-11-09"))
    ]


def test_an_entry_that_repeats_without_end_is_followed_for_a_year() -> None:
    found = read(ONE + "RRULE:FREQ=WEEKLY\n")
    assert len(found) == 53
    assert all(one.until > NOW for one in found)


def test_a_repetition_that_was_moved_stands_for_itself() -> None:
    moved = (
        ONE.replace("DTSTART", "RECURRENCE-ID;TZID=Europe/Berlin:20310509T180000\nDTSTART")
        .replace("20310502T18", "20310509T20")
        .replace("20310503", "20310510")
    )
    found = read(ONE + "RRULE:FREQ=WEEKLY;COUNT=3\n", moved)
    assert [one.start for one in found] == [
        local("2031-05-02T18:00"),
        local("2031-05-09T20:00"),
        local("2031-05-16T18:00"),
    ]


def test_what_is_over_or_cancelled_is_passed_by() -> None:
    later = ONE.replace("UID:1", "UID:2").replace("202", "202")
    assert len(read(ONE, later.replace("first", "second") + "STATUS:CANCELLED\n")) == 1
    with pytest.raises(BadCalendar, match="still to come"):
        read(ONE, now=NOW + 90 * 86_400)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("(first)", "", "name one place"),
        ("(first)", "first second", "name one place"),
        ("Ada@north", "eve@north", "somebody here"),
        ("ATTENDEE;CN=Ada:mailto:Ada@north.example", "X-A:b", "name one person here"),
        ("DTSTART;TZID=Europe/Berlin:20310502T180000\n", "", "no DTSTART"),
        ("DTEND;TZID=Europe/Berlin:20310503T080000\n", "", "no end"),
        ("DTEND;TZID=Europe/Berlin:20310503T080000", "DTEND;TZID=Europe/Berlin:20310502T180000", "must end"),
        ("DTEND;TZID=Europe/Berlin:20310503T080000", "DTEND;TZID=Europe/Berlin:20320503T080000", "31 days"),
        ("DTEND", "RRULE:FREQ=DAILY\nDTEND", "another way than weekly"),
        ("DTEND", "RRULE:FREQ=WEEKLY;BYHOUR=3\nDTEND", "BYHOUR"),
        ("DTEND", "RRULE:FREQ=WEEKLY;BYDAY=1MO\nDTEND", "not understood"),
        ("20310502T180000", "20310502T990000", ""),
    ],
)
def test_a_calendar_that_cannot_be_used_is_refused_with_its_entry_and_line(
    old: str, new: str, reason: str
) -> None:
    assert old in ONE
    good = ONE.replace("first", "second").replace("UID:1", "UID:2")
    with pytest.raises(BadCalendar) as refused:
        read(good, ONE.replace(old, new))
    assert refused.value.line == 11
    assert refused.value.reason.startswith("entry 2: ")
    assert reason in refused.value.reason


def test_two_entries_of_one_place_at_one_time_are_refused() -> None:
    with pytest.raises(BadCalendar, match="entry 2: another entry has somebody first"):
        read(ONE, ONE.replace("UID:1", "UID:2").replace("Ada@", "ben@").replace("T180000", "T200000"))


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", 1),
        (b"hello\n", 1),
        (b"BEGIN:VCALENDAR\nthis is no line\nEND:VCALENDAR\n", 2),
        (b"BEGIN:VCALENDAR\nEND:VEVENT\nEND:VCALENDAR\n", 2),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", 3),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", 2),
        (b"BEGIN:VEVENT\nEND:VEVENT\n", 2),
        (calendar(ONE).replace(b"Ada", b"\xff\xfe"), 1),
    ],
)
def test_what_is_no_calendar_is_refused_with_its_line(data: bytes, line: int) -> None:
    with pytest.raises(BadCalendar) as refused:
        read_calendar(data, people=PEOPLE, zone=BERLIN, now=NOW)
    assert refused.value.line == line


def test_a_calendar_makes_a_bounded_number_of_shifts() -> None:
    each = [
        ONE.replace("UID:1", f"UID:{n}")
        .replace("1800", f"{n // 60:02}{n % 60:02}")
        .replace("DTEND;TZID=Europe/Berlin:20310503T080000", "DURATION:PT1M")
        + "RRULE:FREQ=WEEKLY\n"
        for n in range(MOST // 50)
    ]
    with pytest.raises(BadCalendar, match=f"more than {MOST}"):
        read(*each)


@given(st.binary(max_size=300), st.integers(0, 400))
def test_no_bytes_whatever_break_the_reader_of_calendars(junk: bytes, where: int) -> None:
    whole = calendar(ONE + "RRULE:FREQ=WEEKLY;COUNT=2\n")
    for data in (junk, whole[:where] + junk + whole[where:], whole[:where] + whole[where + len(junk) :]):
        with contextlib.suppress(BadCalendar):
            assert read_calendar(data, people=PEOPLE, zone=BERLIN, now=NOW)


def test_a_refusal_quotes_nothing_of_the_file_but_names_of_properties() -> None:
    for broken in (ONE.replace("20310502T180000", "canary"), ONE.replace("UID:1", "UID:1\nRRULE:canary")):
        with pytest.raises(BadCalendar) as refused:
            read(broken)
        assert "canary" not in str(refused.value)
        assert refused.value.__cause__ is None


def test_the_feed_says_the_place_and_the_times_and_nothing_else() -> None:
    start = local("2031-05-02T18:00")
    data = shifts_as_calendar([("first", start, start + 3600)], owner="id-ada", now=NOW)
    event: Any = Calendar.from_ical(data).walk("VEVENT")[0]
    assert {str(name) for name in event} == {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY"}
    assert str(event["SUMMARY"]) == "On call (first)"
    assert event["DTSTART"].dt.timestamp() == start
    assert event["DTEND"].dt.timestamp() == start + 3600
    assert b"id-ada" not in data
    again = shifts_as_calendar([("first", start, start + 3600)], owner="id-ada", now=NOW + 60)
    assert Calendar.from_ical(again).walk("VEVENT")[0]["UID"] == event["UID"]
