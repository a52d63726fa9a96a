from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from matching.opening import Opening, Span

ZONE = ZoneInfo("Europe/Berlin")
EVENING = Span(time(20), time(2))
OPENING = Opening(
    ZONE,
    week=dict.fromkeys(range(5), (EVENING,)),
    holidays=frozenset({date(2025, 5, 1)}),
    exceptions={date(2025, 5, 10): (Span(time(9), time(12)),)},
)


def at(year: int, month: int, day: int, hour: int, minute: int = 0) -> float:
    return datetime(year, month, day, hour, minute, tzinfo=ZONE).timestamp()


def test_an_evening_runs_past_midnight_and_ends_sharp() -> None:
    assert not OPENING.is_open(at(2025, 5, 5, 19, 59))
    assert OPENING.is_open(at(2025, 5, 5, 20))
    assert OPENING.is_open(at(2025, 5, 6, 1, 59))
    assert not OPENING.is_open(at(2025, 5, 6, 2))


def test_a_holiday_is_closed_but_the_evening_before_runs_into_it() -> None:
    assert OPENING.is_open(at(2025, 5, 1, 1))
    assert not OPENING.is_open(at(2025, 5, 1, 21))
    assert not OPENING.is_open(at(2025, 5, 2, 1))


def test_an_exception_opens_a_closed_day() -> None:
    assert OPENING.is_open(at(2025, 5, 10, 9))
    assert not OPENING.is_open(at(2025, 5, 10, 21))


def test_hours_follow_the_wall_clock_when_it_is_changed() -> None:
    """In the night to 26 October 2025 the clock turns back an hour at three."""
    night = Opening(ZONE, week={5: (Span(time(20), time(4)),)})
    assert night.next_change(at(2025, 10, 25, 20)) == at(2025, 10, 26, 4)
    assert at(2025, 10, 26, 4) - at(2025, 10, 25, 20) == 9 * 3600


def test_spans_that_touch_are_one() -> None:
    always = Opening(ZONE, week={day: (Span(time(0), time(0)),) for day in range(7)})
    assert always.is_open(at(2025, 5, 5, 0))
    assert always.next_change(at(2025, 5, 5, 0)) is None


def test_a_campus_without_hours_never_opens() -> None:
    assert Opening(ZONE).next_change(at(2025, 5, 5, 0)) is None


@given(moment=st.integers(1_740_000_000, 1_760_000_000).map(float))
def test_nothing_changes_before_the_next_change(moment: float) -> None:
    change = OPENING.next_change(moment)
    assert change is not None
    assert OPENING.is_open(change - 1) == OPENING.is_open(moment) or change - 1 < moment
    assert OPENING.is_open(change) != OPENING.is_open(moment)
