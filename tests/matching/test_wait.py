from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from matching.wait import LONGEST, expected_wait


def test_nobody_on_means_that_no_wait_can_be_named() -> None:
    assert expected_wait(1, room=0, capacity=0) is None


def test_a_desk_with_room_means_less_than_a_minute() -> None:
    wait = expected_wait(1, room=1, capacity=1)
    assert wait is not None
    assert wait.high <= 60


def test_a_line_that_stands_still_is_not_promised_its_former_pace() -> None:
    paired_at = (1000.0, 900.0, 800.0, 700.0, 600.0)
    soon = expected_wait(2, room=0, capacity=2, paired_at=paired_at, at=1000.0)
    late = expected_wait(2, room=0, capacity=2, paired_at=paired_at, at=2000.0)
    assert soon is not None
    assert late is not None
    assert (soon.low, soon.high) == (105.0, 260.0)
    assert late.high == 2060.0


@given(
    place=st.integers(1, 500),
    room=st.integers(0, 40),
    capacity=st.integers(1, 40),
    pauses=st.lists(st.floats(0, 4000), max_size=19),
)
def test_a_range_is_in_order_and_grows_with_the_place(
    place: int, room: int, capacity: int, pauses: list[float]
) -> None:
    paired_at = [10_000.0 - sum(pauses[:count]) for count in range(len(pauses) + 1)]
    here = expected_wait(place, room=room, capacity=capacity, paired_at=paired_at, at=10_000.0)
    behind = expected_wait(place + 1, room=room, capacity=capacity, paired_at=paired_at, at=10_000.0)
    assert here is not None
    assert behind is not None
    assert 0 < here.low <= here.high <= LONGEST
    assert here.low <= behind.low
    assert here.high <= behind.high
