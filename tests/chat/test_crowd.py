"""Who is let in when a process is nearly full."""

from __future__ import annotations

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from chat.crowd import STAFF_ROOM, Crowd, Purpose

CROWDS = st.builds(Crowd, st.integers(10, 100_000), st.floats(0.0, 0.9))


def test_the_reserve_is_kept_from_who_is_new() -> None:
    crowd = Crowd(100, 0.2)
    most = {
        purpose: sum(crowd.lets(purpose, others) for others in range(200)) for purpose in get_args(Purpose)
    }
    assert most == {"entry": 80, "conversation": 90, "return": 100, "help": 100 + STAFF_ROOM}


@given(CROWDS, st.integers(0, 200_000))
def test_help_comes_first_then_who_comes_back_then_who_begins_then_who_is_new(
    crowd: Crowd, others: int
) -> None:
    let = [crowd.lets(purpose, others) for purpose in ("entry", "conversation", "return", "help")]
    assert let == sorted(let)


@given(CROWDS)
def test_an_empty_process_lets_everybody_in(crowd: Crowd) -> None:
    assert all(crowd.lets(purpose, 0) for purpose in get_args(Purpose))
