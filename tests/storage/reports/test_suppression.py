from __future__ import annotations

import itertools

from hypothesis import example, given
from hypothesis import strategies as st

from storage.reports.suppression import SMALLEST, suppress

groups = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 40), max_size=8)


def test_large_groups_are_shown_as_they_are() -> None:
    assert suppress({"a": 10, "b": 25, "c": 0}) == {"a": 10, "b": 25, "c": 0}


def test_a_small_group_takes_the_next_larger_one_with_it() -> None:
    assert suppress({"a": 3, "b": 25, "c": 12}) == {"a": None, "b": 25, "c": None}


def test_small_groups_that_are_ten_together_hide_one_another() -> None:
    assert suppress({"a": 4, "b": 6, "c": 12}) == {"a": None, "b": None, "c": 12}


def test_a_group_of_nobody_is_shown_beside_enough_others() -> None:
    assert suppress({"a": 3, "b": 0, "c": 12}) == {"a": None, "b": 0, "c": None}


@given(groups)
@example({"a": 9, "b": 1, "c": 10})
def test_no_sum_or_difference_of_what_is_shown_is_a_small_group(counts: dict[str, int]) -> None:
    """All that can be worked out: sums of shown groups, and the whole less such a sum."""
    total = sum(counts.values())
    if total < SMALLEST:
        return
    shown = [count for count in suppress(counts).values() if count is not None]
    for size in range(len(shown) + 1):
        for some in itertools.combinations(shown, size):
            assert not 0 < sum(some) < SMALLEST
            assert not 0 < total - sum(some) < SMALLEST


@given(groups)
def test_what_is_hidden_is_never_one_group_alone(counts: dict[str, int]) -> None:
    if sum(counts.values()) >= SMALLEST:
        assert list(suppress(counts).values()).count(None) != 1


@given(groups)
def test_what_is_shown_is_true(counts: dict[str, int]) -> None:
    told = suppress(counts)
    assert told.keys() == counts.keys()
    assert all(count in {None, counts[group]} for group, count in told.items())
