from __future__ import annotations

import asyncio

import pytest

from storage.engine import Database
from storage.errors import Conflict
from storage.factors import FREE, WAIT, Factors
from storage.people import People

AT = 1_800_000_000.0
SEALED, OTHER = b"\x8f" * 60, b"\x7e" * 60


@pytest.fixture
def factors(database: Database) -> Factors:
    return Factors(database)


async def joined(database: Database) -> str:
    added = await People(database).add(campus="north", email="ada@example.org", password="x", name="ada")
    return added.id


async def test_nobody_has_one_until_it_is_asked_for(database: Database, factors: Factors) -> None:
    ada = await joined(database)
    assert await factors.of(ada) is None
    await factors.ask(ada)
    asked = await factors.of(ada)
    assert asked is not None
    assert (asked.sealed, asked.proven) == (None, False)
    with pytest.raises(Conflict):
        await factors.ask("nobody")


async def test_of_secrets_that_are_offered_at_once_one_stays(database: Database, factors: Factors) -> None:
    ada = await joined(database)
    answers = await asyncio.gather(*(factors.offer(ada, sealed) for sealed in (SEALED, OTHER, SEALED)))
    assert len({answer.sealed for answer in answers if answer is not None}) == 1
    assert None not in answers
    assert await factors.offer("nobody", SEALED) is None


async def test_a_code_that_is_used_twice_at_once_counts_once(database: Database, factors: Factors) -> None:
    ada = await joined(database)
    await factors.offer(ada, SEALED)
    used = await asyncio.gather(*(factors.used(ada, sealed=SEALED, step=7) for _ in range(5)))
    assert sorted(used) == [False, False, False, False, True]
    assert not await factors.used(ada, sealed=SEALED, step=6)
    assert await factors.used(ada, sealed=SEALED, step=8)
    assert not await factors.used(ada, sealed=OTHER, step=9)


async def test_asking_anew_forgets_the_one_before(database: Database, factors: Factors) -> None:
    ada = await joined(database)
    await factors.offer(ada, SEALED)
    assert await factors.used(ada, sealed=SEALED, step=7)
    await factors.ask(ada)
    assert not await factors.used(ada, sealed=SEALED, step=8)
    fresh = await factors.of(ada)
    assert fresh is not None
    assert (fresh.sealed, fresh.proven, fresh.tries) == (None, False, 0)
    assert await factors.drop(ada)
    assert not await factors.drop(ada)
    assert await factors.of(ada) is None


async def test_codes_are_counted_before_they_are_looked_at_and_then_wait(
    database: Database, factors: Factors
) -> None:
    ada = await joined(database)
    await factors.offer(ada, SEALED)
    counted = await asyncio.gather(*(factors.tried(ada, at=AT) for _ in range(FREE + 3)))
    assert sum(counted) == FREE
    standing = await factors.of(ada)
    assert standing is not None
    assert standing.wait(AT + 1) == WAIT - 1
    assert not await factors.tried(ada, at=AT + WAIT - 1)
    assert await factors.tried(ada, at=AT + WAIT)
    assert not await factors.tried(ada, at=AT + WAIT + 1)
    assert await factors.used(ada, sealed=SEALED, step=7)
    assert await factors.tried(ada, at=AT + WAIT + 2)


async def test_a_clock_that_was_set_back_keeps_nobody_out(database: Database, factors: Factors) -> None:
    ada = await joined(database)
    await factors.offer(ada, SEALED)
    for _ in range(FREE):
        assert await factors.tried(ada, at=AT)
    assert await factors.tried(ada, at=AT - 86_400)
