from __future__ import annotations

import asyncio

import pytest

from storage.engine import Database
from storage.errors import Broken
from storage.sealing import SealingKeys

AT = 1_800_000_000.0


@pytest.fixture
def keys(database: Database) -> SealingKeys:
    return SealingKeys(database)


async def test_the_first_key_of_a_slot_stays(keys: SealingKeys) -> None:
    first = await keys.ensure(7, b"one", expires_at=AT)
    assert await keys.ensure(7, b"two", expires_at=AT + 9) == first
    assert first.wrapped == b"one"


async def test_processes_that_offer_at_once_get_the_same_key(keys: SealingKeys) -> None:
    answers = await asyncio.gather(*(keys.ensure(7, bytes([n]), expires_at=AT) for n in range(6)))
    assert len(set(answers)) == 1
    assert await keys.current(7) == [answers[0]]


async def test_keys_of_earlier_slots_are_in_force_until_forgotten_the_newest_last(keys: SealingKeys) -> None:
    new = await keys.ensure(2, b"b", expires_at=AT + 9, id="chosen")
    old = await keys.ensure(1, b"a", expires_at=AT)
    await keys.ensure(3, b"c", expires_at=AT + 18)
    assert await keys.current(2) == [old, new]
    assert new.id == "chosen"
    assert await keys.forget(AT + 1) == 1
    assert await keys.current(2) == [new]


async def test_what_is_too_long_to_be_a_wrapped_key_is_refused(keys: SealingKeys) -> None:
    with pytest.raises(Broken):
        await keys.ensure(1, b"x" * 129, expires_at=AT)


async def test_printing_a_ring_key_does_not_show_it(keys: SealingKeys) -> None:
    assert "sesame" not in repr(await keys.ensure(1, b"sesame", expires_at=AT))
