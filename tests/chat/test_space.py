"""Whether Redis has memory for who begins a conversation, and how that is read from what it tells."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.broker import Unavailable
from chat.broker.info import memory_used, read
from chat.space import EASED, Space

SHARES = st.floats(0, 1.2)
RESERVES = st.floats(0, 0.9)


def after(shares: list[float], reserve: float) -> tuple[Space, list[bool]]:
    """What is known after these looks, and every change that was told."""
    coming, told = iter(shares), list[bool]()

    async def ask() -> float:
        return next(coming)

    async def looks() -> Space:
        space = Space(ask, reserve, told.append)
        for _ in shares:
            await space.look()
        return space

    return asyncio.run(looks()), told


@given(st.lists(SHARES, min_size=1), RESERVES)
def test_it_is_scarce_beyond_the_limit_and_not_well_below_it(shares: list[float], reserve: float) -> None:
    space, _ = after(shares, reserve)
    assert space.used == shares[-1]
    if shares[-1] >= 1 - reserve:
        assert space.scarce
    if shares[-1] < 1 - reserve - EASED:
        assert not space.scarce


@given(st.lists(SHARES, max_size=20), RESERVES)
def test_every_change_is_told_once_and_the_first_is_that_it_is_scarce(
    shares: list[float], reserve: float
) -> None:
    space, told = after(shares, reserve)
    assert told == [number % 2 == 0 for number in range(len(told))]
    assert space.scarce == bool(len(told) % 2)


def test_at_the_limit_itself_the_answer_does_not_change_with_every_message() -> None:
    assert after([0.79, 0.81, 0.79, 0.81, 0.76, 0.74, 0.79], 0.2)[1] == [True, False]


async def test_what_was_seen_last_holds_while_redis_is_away() -> None:
    answers: list[float | None] = [0.9, None]

    async def ask() -> float:
        answer = answers.pop(0)
        if answer is None:
            raise Unavailable
        return answer

    space = Space(ask, 0.2)
    await space.look()
    with pytest.raises(Unavailable):
        await space.look()
    assert (space.used, space.scarce) == (0.9, True)


def test_what_is_held_back_for_replicas_does_not_count_and_no_limit_is_never_full() -> None:
    told = b"# Memory\r\nused_memory:90\r\nmaxmemory:100\r\nmem_not_counted_for_evict:40\r\n"
    assert memory_used(read(told)) == 0.5
    assert memory_used(read(told.replace(b"maxmemory:100", b"maxmemory:0"))) == 0.0
    assert memory_used({}) == 0.0


@given(st.binary())
def test_whatever_a_server_tells_it_is_a_share(told: bytes) -> None:
    assert memory_used(read(told)) >= 0.0
