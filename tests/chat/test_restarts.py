"""How long a process that ended waits until it is started again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chat import restarts

TIMES = st.integers(0, 10_000)


def test_the_first_end_costs_no_wait_and_the_next_ones_more_and_more() -> None:
    assert [restarts.wait(failures) for failures in range(5)] == [0.0, 0.0, 0.5, 1.0, 2.0]


@given(TIMES)
def test_a_wait_never_shrinks_while_it_fails_and_never_outgrows_the_longest(failures: int) -> None:
    assert restarts.wait(failures) <= restarts.wait(failures + 1) <= restarts.LONGEST


@given(TIMES, st.floats(0.0, restarts.STEADY, exclude_max=True))
def test_an_end_soon_after_the_start_counts_on_and_one_after_long_service_counts_anew(
    before: int, served: float
) -> None:
    assert restarts.failures(before, served) == before + 1
    assert restarts.failures(before, restarts.STEADY) == 1
