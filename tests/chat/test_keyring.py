"""Ring keys: one for each slot of time whoever makes it, loaded by all, and forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chat.keyring import KEEP, SLOT, Keyring
from chat.sealing import Key, Ring, Unopenable, derived
from storage.engine import open_database
from storage.errors import StorageError
from storage.migrate import upgrade
from storage.sealing import SealingKeys

SECRET = derived(b"s" * 32, "ring")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000 * SLOT

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SealingKeys]:
    url = f"sqlite:///{tmp_path / 'warmline.db'}"
    await upgrade(url)
    database = open_database(url, deadline=15)
    yield SealingKeys(database)
    await database.close()


async def test_two_processes_share_the_ring_key_of_a_slot(store: SealingKeys) -> None:
    clock, here, there = Clock(), Ring(), Ring()
    await Keyring(here, store, SECRET, clock).renew()
    await Keyring(there, store, SECRET, clock).renew()
    key = Key.new()
    assert there.unwrap(here.wrap(key, "c"), "c").fingerprint == key.fingerprint
    assert here.unwrap(there.wrap(key, "c"), "c").fingerprint == key.fingerprint


async def test_the_next_slot_has_another_key_and_the_old_one_still_opens(store: SealingKeys) -> None:
    clock, ring = Clock(), Ring()
    keyring = Keyring(ring, store, SECRET, clock)
    await keyring.renew()
    key = Key.new()
    before = ring.wrap(key, "c")
    clock.now += SLOT
    await keyring.renew()
    assert ring.wrap(key, "c")[:8] != before[:8]
    assert ring.unwrap(before, "c").fingerprint == key.fingerprint


async def test_a_ring_key_that_the_store_forgot_opens_nothing_any_more(store: SealingKeys) -> None:
    clock, ring = Clock(), Ring()
    keyring = Keyring(ring, store, SECRET, clock)
    await keyring.renew()
    before = ring.wrap(Key.new(), "c")
    clock.now += SLOT + KEEP
    await store.forget(clock.now + 1)
    await keyring.renew()
    with pytest.raises(Unopenable):
        ring.unwrap(before, "c")


async def test_keys_made_under_another_secret_are_passed_over(store: SealingKeys) -> None:
    clock, ring = Clock(), Ring()
    await Keyring(Ring(), store, derived(b"t" * 32, "ring"), clock).renew()
    await Keyring(ring, store, SECRET, clock).renew()
    with pytest.raises(Unopenable):
        ring.wrap(Key.new(), "c")


async def test_while_the_store_is_away_the_ring_stays_as_it_was(store: SealingKeys, tmp_path: Path) -> None:
    clock, ring = Clock(), Ring()
    await Keyring(ring, store, SECRET, clock).renew()
    away = open_database(f"sqlite:///{tmp_path / 'nowhere' / 'warmline.db'}")
    with pytest.raises(StorageError):
        await Keyring(ring, SealingKeys(away), SECRET, clock).renew()
    await away.close()
    key = Key.new()
    assert ring.unwrap(ring.wrap(key, "c"), "c").fingerprint == key.fingerprint
