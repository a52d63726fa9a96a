from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.retention import Keep, Term, due, terms
from storage.schema import declared

DAY = 86_400


def test_the_columns_of_a_table_share_one_term_for_its_rows() -> None:
    week = Keep("a week", days=7, since="day")
    assert list(terms([("a", "x", week), ("a", "y", week)])) == [Term("a", "day", 7)]


def test_a_table_whose_columns_disagree_is_refused() -> None:
    with pytest.raises(ValueError, match="disagree"):
        terms([("a", "x", Keep("7", days=7, since="day")), ("a", "y", Keep("8", days=8, since="day"))])


def test_values_may_go_before_their_row() -> None:
    row = Keep("a year", days=365, since="day")
    value = Keep("a week", days=7, since="day", then="empty")
    assert list(terms([("a", "x", row), ("a", "z", value), ("a", "y", value)])) == [
        Term("a", "day", 7, ("y", "z")),
        Term("a", "day", 365),
    ]


def test_what_ends_otherwise_has_no_term() -> None:
    assert list(terms([("a", "x", Keep("until it is closed"))])) == []


@given(at=st.floats(0, 4e9), days=st.integers(0, 2000), age=st.floats(0, 3000 * DAY))
def test_a_thing_goes_when_it_is_older_than_its_term_and_not_before(at: float, days: int, age: float) -> None:
    cutoff = due(Term("a", "since", days), at)
    since = at - age
    assert (since < cutoff.moment) == (since < at - days * DAY)
    assert cutoff.day == dt.datetime.fromtimestamp(cutoff.moment, dt.UTC).date()


@given(at=st.integers(2000 * DAY, 20000 * DAY), days=st.integers(0, 1500), age=st.integers(0, 1900))
def test_a_day_goes_when_more_days_than_its_term_have_passed(at: int, days: int, age: int) -> None:
    today = dt.datetime.fromtimestamp(at, dt.UTC).date()
    assert (today - dt.timedelta(age) < due(Term("a", "day", days), at).day) == (age > days)


def test_the_declared_terms_agree_with_one_another() -> None:
    whole = {term.table: term.days for term in terms(declared()) if not term.columns}
    assert whole == {
        "person": 30,
        "session": 1,
        "alert": 400,
        "alert_event": 30,
        "alert_tick": 30,
        "delivery": 90,
        "contact": 400,
        "debrief": 400,
        "debrief_due": 14,
        "audit": 1096,
        "sealing_key": 0,
        "staff_key": 1,
        "campus_term": 400,
        "term_mark": 400,
        "sheet": 90,
        "on_call_change": 90,
        "opening_override": 400,
        "roster_gap": 30,
        "shift_notice": 30,
        "used_link": 1,
        "forgotten": 1096,
        "drill": 1096,
    }
