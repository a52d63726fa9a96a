"""Guessing becomes hopeless, and nobody is kept off a shift."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chat.surfaces.throttle import FIRST, FORGIVEN, FREE, LONGEST, Throttle


def test_a_few_failures_cost_nothing_and_then_each_costs_more() -> None:
    throttle = Throttle()
    waits = []
    for _ in range(FREE + 8):
        throttle.tried("a", 0.0)
        waits.append(throttle.wait("a", 0.0))
    assert waits[: FREE - 1] == [0.0] * (FREE - 1)
    assert waits[FREE - 1 : FREE + 2] == [FIRST, FIRST * 2, FIRST * 4]
    assert waits[-1] == LONGEST


def test_success_and_time_forgive() -> None:
    throttle = Throttle()
    for _ in range(FREE + 3):
        throttle.tried("a", 0.0)
    assert throttle.wait("a", FORGIVEN) == 0.0
    throttle.succeeded("a")
    assert throttle.wait("a", 0.0) == 0.0


def test_one_account_does_not_slow_another() -> None:
    throttle = Throttle()
    for _ in range(FREE + 3):
        throttle.tried("a", 0.0)
    assert throttle.wait("b", 0.0) == 0.0


def test_memory_is_bounded_and_the_oldest_failure_goes_first() -> None:
    throttle = Throttle(most=2)
    for _ in range(FREE):
        throttle.tried("a", 0.0)
    throttle.tried("b", 1.0)
    assert throttle.wait("a", 0.5) > 0.0
    throttle.tried("c", 2.0)
    assert throttle.wait("a", 0.5) == 0.0


@given(st.lists(st.floats(0, 1e6), max_size=60), st.floats(0, 1e6))
def test_nobody_waits_longer_than_the_longest_wait(steps: list[float], later: float) -> None:
    throttle, at = Throttle(), 0.0
    for step in steps:
        at += step
        throttle.tried("a", at)
    assert 0.0 <= throttle.wait("a", at) <= LONGEST
    assert throttle.wait("a", at + LONGEST + later) == 0.0
