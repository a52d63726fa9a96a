from __future__ import annotations

import datetime as dt
import itertools
import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.roster import Change, Held, OnCall, Pattern, Roster
from moderation.rostersheet import parse
from moderation.sheet import BadSheet

BERLIN = ZoneInfo("Europe/Berlin")

NIGHTS = """
zone = "Europe/Berlin"

[[week]]
place = "first"
person = "ada"
days = ["fri", "sun"]
from = "18:00"
until = "08:00"

[[week]]
place = "second"
person = "ben"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
from = "00:00"
until = "24:00"

[[change]]
place = "first"
person = "cleo"
from = 2031-05-02T20:00:00
until = 2031-05-02T22:00:00
"""


def local(text: str, *, fold: int = 0) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).timestamp()


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        ("2031-05-02T17:59:59", None),
        ("2031-05-02T18:00:00", "ada"),
        ("2031-05-02T20:00:00", "cleo"),
        ("2031-05-02T22:00:00", "ada"),
        ("2031-05-03T07:59:59", "ada"),
        ("2031-05-03T08:00:00", None),
        ("2031-05-05T03:00:00", "ada"),  # Sunday's night ends on Monday, over the end of the week
    ],
)
def test_a_night_shift_starts_and_ends_by_the_wall_clock(moment: str, first: str | None) -> None:
    assert parse(NIGHTS).on_call(local(moment)) == OnCall(first, "ben")


def test_a_shift_ends_at_the_same_hour_when_the_clocks_change() -> None:
    roster = parse(NIGHTS)
    for sunday in ("2031-03-30", "2031-10-26"):  # 23 and 25 hours long
        monday = (dt.date.fromisoformat(sunday) + dt.timedelta(days=1)).isoformat()
        assert roster.on_call(local(f"{monday}T07:59:00")).first == "ada"
        assert roster.on_call(local(f"{monday}T08:00:00")).first is None
        assert roster.on_call(local(f"{sunday}T18:00:00")).first == "ada"


def test_both_of_the_hours_that_come_twice_belong_to_the_shift() -> None:
    roster = Roster(BERLIN, (Pattern("first", "ada", 6 * 1440 + 150, 6 * 1440 + 170),))
    assert roster.on_call(local("2031-10-26T02:40:00")).first == "ada"
    assert roster.on_call(local("2031-10-26T02:40:00", fold=1)).first == "ada"


def test_the_shifts_of_a_night_with_an_hour_twice_are_those_of_the_wall_clock() -> None:
    roster = Roster(BERLIN, (Pattern("first", "ada", 6 * 1440 + 150, 6 * 1440 + 170),))
    start, until = local("2031-10-26T00:00:00"), local("2031-10-26T06:00:00")
    ada = [(one.start, one.until) for one in roster.shifts("first", start, until) if one.held.person]
    assert ada == [
        (local("2031-10-26T02:30:00", fold=fold), local("2031-10-26T02:50:00", fold=fold)) for fold in (0, 1)
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('zone = "Europe/Berlin"', 'zone = "Europe/Nowhere"', 2, "no time zone"),
        ('zone = "Europe/Berlin"', 'zone = "../etc/passwd"', 2, "no time zone"),
        ('zone = "Europe/Berlin"', "", 1, "'zone' must be a text"),
        ('person = "ada"', 'person = "eve"', 6, "week 1: nobody here is 'eve'"),
        ('place = "first"\nperson = "ada"', 'place = "third"\nperson = "ada"', 5, "expected first or second"),
        ('days = ["fri", "sun"]', 'days = ["fri", "someday"]', 7, "'someday' is not a day"),
        ('days = ["fri", "sun"]', 'days = ["fri", "fri"]', 7, "names a day twice"),
        ('from = "18:00"', 'from = "18"', 8, "a time of day"),
        ('from = "18:00"', 'from = "25:00"', 8, "a time of day"),
        ('from = "18:00"', 'from = "18:60"', 8, "a time of day"),
        ('place = "second"', 'place = "first"', 11, "week 2: another week entry"),
        ("until = 2031-05-02T22:00:00", "until = 2031-05-02T20:00:00", 22, "later than 'from'"),
        ("until = 2031-05-02T22:00:00", 'until = "22:00"', 22, "a date and time"),
        ('place = "second"', 'where = "x"\nplace = "second"', 12, "'where' is not known"),
    ],
)
def test_a_roster_that_cannot_be_used_is_refused_with_its_line_and_reason(
    old: str, new: str, line: int, reason: str
) -> None:
    assert old in NIGHTS
    with pytest.raises(BadSheet) as refused:
        parse(NIGHTS.replace(old, new, 1), people={name: name for name in ("ada", "ben", "cleo")})
    assert refused.value.line == line
    assert reason in refused.value.reason


@given(st.integers(min_value=1_800_000_000, max_value=2_200_000_000))
def test_days_and_nights_of_two_people_leave_no_second_without_anybody(at: int) -> None:
    week = '[[week]]\nplace = "first"\ndays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]\n'
    roster = parse(
        'zone = "America/New_York"\n'
        f'{week}person = "day"\nfrom = "07:30"\nuntil = "19:45"\n'
        f'{week}person = "night"\nfrom = "19:45"\nuntil = "07:30"\n'
    )
    wall = dt.datetime.fromtimestamp(at, ZoneInfo("America/New_York")).time()
    expected = "day" if dt.time(7, 30) <= wall < dt.time(19, 45) else "night"
    assert roster.on_call(at).first == expected


HOLIDAYS = """
zone = "Europe/Berlin"

[[week]]
place = "first"
person = "ada"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
from = "00:00"
until = "24:00"

[[holiday]]
place = "first"
person = "ben"
days = [2031-12-24, 2031-12-26]
hours = "08:00-20:00"

[[holiday]]
place = "first"
person = "cleo"
from = 2031-12-31
until = 2032-01-01
"""


@pytest.mark.parametrize(
    ("moment", "held"),
    [
        ("2031-12-23T23:59:59", Held("ada", "week")),
        ("2031-12-24T00:00:00", Held()),
        ("2031-12-24T08:00:00", Held("ben", "holiday")),
        ("2031-12-24T20:00:00", Held()),
        ("2031-12-25T00:00:00", Held("ada", "week")),
        ("2031-12-26T19:59:59", Held("ben", "holiday")),
        ("2031-12-31T00:00:00", Held("cleo", "holiday")),
        ("2032-01-01T23:59:59", Held("cleo", "holiday")),
        ("2032-01-02T00:00:00", Held("ada", "week")),
    ],
)
def test_on_a_holiday_its_own_people_are_on_call_and_nobody_else(moment: str, held: Held) -> None:
    roster = parse(HOLIDAYS)
    assert roster.holder("first", local(moment)) == held
    assert roster.holder("second", local(moment)) == Held()


def test_a_change_outranks_a_holiday_and_the_later_change_the_earlier() -> None:
    at = local("2031-12-24T03:00:00")
    roster = parse(HOLIDAYS).changed([Change("first", "dora", at, at + 60, "cover")])
    assert roster.holder("first", at) == Held("dora", "cover")
    again = roster.changed([Change("first", "emil", at, at + 30, "swap")])
    assert again.holder("first", at) == Held("emil", "swap")
    assert again.holder("first", at + 30) == Held("dora", "cover")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("days = [2031-12-24, 2031-12-26]", "days = []", 14, "a list of days"),
        ("days = [2031-12-24, 2031-12-26]", 'days = ["2031-12-24"]', 14, "a list of days"),
        ("days = [2031-12-24, 2031-12-26]", "days = [2031-12-24, 2031-12-24]", 14, "names a day twice"),
        ("days = [2031-12-24, 2031-12-26]", "days = [2031-12-24]\nuntil = 2031-12-25", 14, "does not stand"),
        ('hours = "08:00-20:00"', 'hours = "20:00-08:00"', 15, "hours of one day"),
        ('hours = "08:00-20:00"', 'hours = "08:00"', 15, "hours of one day"),
        ("until = 2032-01-01", "until = 2031-12-30", 21, "must not be before"),
        ("until = 2032-01-01", "until = 2039-12-30", 21, "a year at most"),
        ("from = 2031-12-31", 'from = "new year"', 20, "a day such as"),
        ("from = 2031-12-31", "from = 2031-12-31T00:00:00", 20, "a day such as"),
        ("from = 2031-12-31", "from = 2031-12-26", 17, "holiday 2: another holiday"),
        ('person = "cleo"', 'person = "cleo"\nshift = 1', 20, "'shift' is not known"),
    ],
)
def test_a_holiday_that_cannot_be_used_is_refused_with_its_line_and_reason(
    old: str, new: str, line: int, reason: str
) -> None:
    assert old in HOLIDAYS
    with pytest.raises(BadSheet) as refused:
        parse(HOLIDAYS.replace(old, new, 1))
    assert refused.value.line == line
    assert reason in refused.value.reason


def test_people_may_be_called_by_their_address() -> None:
    text = HOLIDAYS.replace("ada", "Ada@North.example").replace("ben", "b").replace("cleo", "b")
    roster = parse(text, people={"ada@north.example": "id-1", "b": "id-2"})
    assert {pattern.person for pattern in roster.patterns} == {"id-1"}
    assert {holiday.person for holiday in roster.holidays} == {"id-2"}


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca")
"""Zones with gaps and folds of an hour and of half an hour, in both halves of the year."""

times = st.integers(0, 24 * 4).map(lambda quarter: f"{quarter // 4:02}:{quarter % 4 * 15:02}")


@st.composite
def sheets(draw: st.DrawFn) -> tuple[str, list[tuple[str, str, str]], list[dt.date]]:
    """A roster's text, its week as (day, from, until), and its holidays, whose person is `holiday`."""
    zone = draw(st.sampled_from(ZONES))
    days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True))
    begins, ends = draw(times.filter(lambda time: time != "24:00")), draw(times)
    special = draw(st.lists(st.sampled_from(leaps(zone)), max_size=2, unique=True))
    text = f'zone = "{zone}"\n[[week]]\nplace = "first"\nperson = "week"\ndays = {json.dumps(days)}\n'
    text += f'from = "{begins}"\nuntil = "{ends}"\n'
    if special:
        listed = ", ".join(day.isoformat() for day in special)
        text += (
            f'[[holiday]]\nplace = "first"\nperson = "holiday"\ndays = [{listed}]\nhours = "02:15-05:00"\n'
        )
    return text, [(day, begins, ends) for day in days], special


def leaps(zone: str) -> list[dt.date]:
    """The days of 2031 on which the clocks of a zone change, and one on which they do not."""
    noons = [
        dt.datetime(2031, 1, 1, 12, tzinfo=ZoneInfo(zone)) + dt.timedelta(days=number)
        for number in range(365)
    ]
    found = [
        after.date() for before, after in itertools.pairwise(noons) if before.utcoffset() != after.utcoffset()
    ]
    return [*found, dt.date(2031, 7, 7)]


def whom_the_wall_clock_says(
    wall: dt.datetime, week: list[tuple[str, str, str]], special: list[dt.date]
) -> str | None:
    """Told by the naive time on the wall alone, as a person with the printed roster would."""
    if wall.date() in special:
        return "holiday" if dt.time(2, 15) <= wall.time() < dt.time(5, 0) else None
    for back in (0, 1):
        day = wall.date() - dt.timedelta(days=back)
        for name, begins, ends in week:
            if name != DAYS[day.weekday()]:
                continue
            start, until = at_time(day, begins), at_time(day, ends)
            if until <= start:
                until += dt.timedelta(days=1)
            if start <= wall < until:
                return "week"
    return None


def at_time(day: dt.date, written: str) -> dt.datetime:
    hours, minutes = written.split(":")
    return dt.datetime.combine(day, dt.time()) + dt.timedelta(hours=int(hours), minutes=int(minutes))


@settings(max_examples=300)
@given(data=st.data(), made=sheets())
def test_every_instant_has_exactly_the_holder_that_the_wall_clock_says(
    data: st.DataObject, made: tuple[str, list[tuple[str, str, str]], list[dt.date]]
) -> None:
    text, week, special = made
    roster = parse(text)
    day = data.draw(st.sampled_from(leaps(roster.zone.key)))
    middle = dt.datetime.combine(day, dt.time(12), roster.zone).timestamp()
    start, until = middle - 2 * 86_400, middle + 2 * 86_400
    shifts = roster.shifts("first", start, until)
    assert shifts[0].start == start
    assert shifts[-1].until == until
    assert all(one.until == other.start for one, other in itertools.pairwise(shifts))
    at = data.draw(st.floats(start, until, exclude_max=True))
    near = data.draw(st.sampled_from([one.start for one in shifts]))
    for instant in (at, near, near - 0.5):
        if instant < start:
            continue
        wall = dt.datetime.fromtimestamp(instant, roster.zone).replace(tzinfo=None)
        expected = whom_the_wall_clock_says(wall, week, special)
        assert roster.on_call(instant).first == expected
        inside = [one for one in shifts if one.start <= instant < one.until]
        assert [one.held.person for one in inside] == [expected]
