"""What time asks of many is asked of a share of them at a time, and of nobody twice in a round."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chat.wheel import Wheel

MOVES = st.lists(st.tuples(st.booleans(), st.integers(0, 30)))


@given(st.integers(1, 7), MOVES)
def test_a_round_comes_to_every_member_once_and_to_nobody_else(
    shares: int, moves: list[tuple[bool, int]]
) -> None:
    wheel: Wheel[int] = Wheel(shares)
    known: set[int] = set()
    for comes, member in moves:
        (wheel.add if comes else wheel.discard)(member)
        (known.add if comes else known.discard)(member)
    assert set(wheel) == known
    assert len(wheel) == len(known)
    assert Counter(member for _ in range(shares) for member in wheel.turn()) == Counter(known)


@given(st.integers(1, 7), MOVES)
def test_who_stays_comes_up_again_after_exactly_one_round(shares: int, moves: list[tuple[bool, int]]) -> None:
    wheel: Wheel[int] = Wheel(shares)
    wheel.add(-1)
    turns = []
    for turn in range(3 * shares):
        if -1 in wheel.turn():
            turns.append(turn)
        for comes, member in moves[turn::shares]:
            (wheel.add if comes else wheel.discard)(member)
    assert len(turns) == 3
    assert [later - earlier for earlier, later in pairwise(turns)] == [shares, shares]


@given(st.integers(1, 7), st.integers(0, 50))
def test_no_share_is_more_than_one_member_larger_than_another(shares: int, members: int) -> None:
    wheel: Wheel[int] = Wheel(shares)
    for member in range(members):
        wheel.add(member)
    sizes = [len(wheel.turn()) for _ in range(shares)]
    assert max(sizes) - min(sizes) <= 1
