from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.roster import OnCall, Pattern, Roster, parse
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
        parse(NIGHTS.replace(old, new, 1), people={"ada", "ben", "cleo"})
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
