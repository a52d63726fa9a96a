"""How a process that stops spreads what it sends elsewhere."""

from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from chat.draining import FASTEST, TICK, shares

COUNTS = st.integers(0, 20_000)
SECONDS = st.floats(0.0, 60.0)


@given(COUNTS, SECONDS)
def test_everybody_gets_a_turn_once_in_order_and_in_time(count: int, most: float) -> None:
    made = list(shares(range(count), most))
    assert list(chain.from_iterable(made)) == list(range(count))
    assert len(made) * TICK <= most + TICK


def test_few_go_at_once_and_many_over_the_time_that_is_given() -> None:
    assert len(list(shares(range(3), 10.0))) == 1
    many = list(shares(range(10_000), 10.0))
    assert len(many) == 200
    assert max(map(len, many)) == 50
    assert len(list(shares(range(int(FASTEST)), 10.0))) == 20
