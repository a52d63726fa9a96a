"""Passwords are hashed off the loop, one at a time, and tell nothing about who exists."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from hypothesis import given
from hypothesis import strategies as st

from chat import passwords as module
from chat.passwords import Checked, Passwords, TooBusy, complaint

GOOD = "violet kettle harbour"


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(waiting=3)
    yield made
    made.close()


async def test_the_right_password_is_right_and_another_is_not(passwords: Passwords) -> None:
    stored = await passwords.hash(GOOD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.check(stored, GOOD) == Checked(right=True)
    assert await passwords.check(stored, GOOD + "s") == Checked(right=False)
    assert await passwords.check("not a hash", GOOD) == Checked(right=False)


async def test_somebody_who_does_not_exist_costs_a_whole_check(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified = []
    verify = PasswordHasher.verify

    def watched(self: PasswordHasher, hash: str | bytes, password: str | bytes) -> bool:  # noqa: A002  # the library's name
        try:
            return verify(self, hash, password)
        except VerifyMismatchError:
            verified.append(hash)
            raise

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    assert await passwords.check(None, GOOD) == Checked(right=False)
    [made_up] = verified
    assert str(made_up).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_an_old_hash_is_renewed_when_the_password_is_right(passwords: Passwords) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(GOOD)
    checked = await passwords.check(old, GOOD)
    assert checked.right
    assert checked.renewed is not None
    assert await passwords.check(checked.renewed, GOOD) == Checked(right=True)
    assert (await passwords.check(old, "wrong")).renewed is None


async def test_a_flood_is_turned_away_and_the_loop_stays_free(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    monkeypatch.setattr(Passwords, "_check", lambda *_: gate.wait() and Checked(right=True))
    waiting = [asyncio.create_task(passwords.check("x", GOOD)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TooBusy):
        await passwords.check("x", GOOD)
    gate.set()
    assert await asyncio.gather(*waiting) == [Checked(right=True)] * 3
    assert await passwords.check("x", GOOD) == Checked(right=True)


async def test_who_goes_away_still_counts_until_the_thread_is_through(
    passwords: Passwords, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    monkeypatch.setattr(Passwords, "_check", lambda *_: gate.wait() and Checked(right=True))
    tasks = [asyncio.create_task(passwords.check("x", GOOD)) for _ in range(3)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.sleep(0)
    with pytest.raises(TooBusy):
        await passwords.check("x", GOOD)
    gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_closed_thread_takes_nothing_more() -> None:
    passwords = Passwords()
    passwords.close()
    with pytest.raises(TooBusy):
        await passwords.hash(GOOD)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "a" * 40,
        "x" * 300,
        "123456789012",
        "abcdefghijkl",
        "Password1234!",
        "passwordpassword",
        "letmein_LETMEIN_99",
        "welcome.admin.2030",
        "ruth.okafor2030",
    ],
)
def test_a_password_that_is_guessed_first_is_refused_with_a_sentence(password: str) -> None:
    told = complaint(password, "Ruth.Okafor@campus.example")
    assert told is not None
    assert told.endswith(".")
    assert password not in told


@pytest.mark.parametrize(
    "password", [GOOD, "Zwölf Boxkämpfer jagen", "gHt8-kwPz-41qL", "password for the violet owl"]
)
def test_a_password_of_some_length_and_thought_is_taken(password: str) -> None:
    assert complaint(password, "ruth@campus.example") is None


@given(st.text(max_size=400))
def test_any_text_at_all_gets_an_answer(password: str) -> None:
    told = complaint(password, "ruth@campus.example")
    assert told is None or told.endswith(".")
    if len(password) < module.SHORTEST:
        assert told is not None
