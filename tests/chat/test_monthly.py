"""When the drill of a month is due: once its day has come, while people are there."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from chat.monthly import WINDOW, Monthly

ZONE = ZoneInfo("Europe/Berlin")
EVENING = (dt.time(18), dt.time())
WEEKDAYS = dict.fromkeys(range(4), (EVENING,))
moments = st.integers(1_890_000_000, 1_990_000_000).map(lambda at: dt.datetime.fromtimestamp(at, ZONE))
times = st.times().map(lambda time: time.replace(second=0, microsecond=0))


def at(day: int, hour: int, minute: int = 0) -> dt.datetime:
    """In May 2031, whose first day is a Thursday."""
    return dt.datetime(2031, 5, day, hour, minute, tzinfo=ZONE)


def test_without_hours_it_is_in_the_afternoon_of_its_day() -> None:
    monthly = Monthly(8)
    assert not monthly.due(at(7, 14))
    assert not monthly.due(at(8, 13, 59))
    assert monthly.due(at(8, 14))
    assert monthly.due(at(8, 14, 59))
    assert not monthly.due(at(8, 15))


def test_a_server_that_was_away_tries_on_the_next_day() -> None:
    assert Monthly(8).due(at(9, 14, 30))
    assert Monthly(8).due(at(31, 14, 30))


def test_with_hours_it_is_half_an_hour_after_opening_on_a_day_that_opens() -> None:
    monthly = Monthly(9, hours=WEEKDAYS)  # the 9th is a Friday
    assert monthly.begins(at(9, 0).date()) is None
    assert not monthly.due(at(9, 18, 30))
    assert not monthly.due(at(12, 18, 29))
    assert monthly.due(at(12, 18, 30))


def test_a_short_opening_is_no_reason_to_have_none() -> None:
    short = Monthly(1, hours={3: ((dt.time(23, 45), dt.time()),)})
    assert short.due(at(1, 23, 45))


def test_the_time_of_the_campus_holds_where_it_is_open() -> None:
    monthly = Monthly(8, dt.time(20), WEEKDAYS)
    assert monthly.due(at(8, 20, 15))
    assert not monthly.due(at(9, 20, 15))
    assert Monthly(8, dt.time(9)).due(at(8, 9))


def test_the_next_one_is_this_month_or_the_next() -> None:
    monthly = Monthly(8)
    assert monthly.following(at(2, 12), this_month=True) == at(8, 14)
    assert monthly.following(at(2, 12), this_month=False) == dt.datetime(2031, 6, 8, 14, tzinfo=ZONE)
    assert monthly.following(at(20, 15), this_month=True) == at(21, 14)
    assert Monthly(8, dt.time(9), {}).following(at(31, 9), this_month=False) is not None


@given(
    day=st.integers(1, 28),
    time=st.none() | times,
    hours=st.dictionaries(
        st.integers(0, 6),
        st.lists(st.tuples(times, times).filter(lambda span: span[0] < span[1]), max_size=3),
    ),
    now=moments,
)
def test_it_is_never_due_early_nor_on_a_day_that_is_closed(
    day: int, time: dt.time | None, hours: dict[int, list[tuple[dt.time, dt.time]]], now: dt.datetime
) -> None:
    monthly = Monthly(day, time, hours)
    if not monthly.due(now):
        return
    assert now.day >= day
    begins = monthly.begins(now.date())
    assert begins is not None
    if hours:
        assert any(start <= begins < end for start, end in hours[now.weekday()])
    naive = now.replace(tzinfo=None)
    assert dt.timedelta(0) <= naive - dt.datetime.combine(now.date(), begins) < WINDOW


@given(
    now=moments,
    day=st.integers(1, 28),
    this_month=st.booleans(),
)
def test_what_is_announced_is_due_when_it_comes(now: dt.datetime, day: int, *, this_month: bool) -> None:
    monthly = Monthly(day, hours=WEEKDAYS)
    following = monthly.following(now, this_month=this_month)
    assert following is not None
    assert following > now
    assert monthly.due(following)
