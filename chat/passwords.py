"""Passwords: what is good enough, and Argon2id in a thread of its own, so that conversations never wait."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

_P = ParamSpec("_P")
_R = TypeVar("_R")

SHORTEST: Final = 12
LONGEST: Final = 256
MOST_WAITING: Final = 64
"""Hashes that may wait for the thread; at some 50 ms each, the last of them waits some three seconds."""

_MEMORY_KIB: Final = 19 * 1024
_PASSES: Final = 2
# OWASP's least for Argon2id: 19 MiB, two passes, one lane.
_NOBODY: Final = (
    f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p=1"
    "$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
"""A hash that no password is known for: checking against it costs what checking any costs."""

_WORDS: Final = """
password passwort motdepasse contrasena wachtwoord qwerty qwertyuiop qwertyui asdfghjkl zxcvbnm
azerty qwertz letmein welcome iloveyou ihateyou sunshine princess football baseball basketball
superman batman starwars monkey dragon master admin administrator login changeme secret trustno
computer internet michael jennifer jessica charlie shadow killer hello whatever abc abcd abcdef
abcdefgh google facebook liverpool chelsea university student school college campus supporter
coordinator warmline helpline nightline samaritans
"""
_ORDINARY: Final = frozenset(_WORDS.split())
"""Words that make up the passwords that are guessed first, alone or one after the other."""
_FEWEST_SIGNS: Final = 5
_SHORTEST_NAME: Final = 3
_RUNS: Final = ("01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz")


class TooBusy(Exception):
    """So many hashes are waiting that one more would not be done in time. Nothing was checked."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether the password was right and, where its hash is out of date, the hash to store instead."""

    right: bool
    renewed: str | None = None


class Passwords:
    """Hashes one password at a time, off the event loop. `close` ends the thread."""

    def __init__(self, *, waiting: int = MOST_WAITING) -> None:
        self._hasher = PasswordHasher(
            time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1, hash_len=32, salt_len=16, type=Type.ID
        )
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords")
        self._most = waiting
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """The hash to store. Raises `TooBusy`."""
        return await self._in_turn(self._hasher.hash, password)

    async def check(self, stored: str | None, password: str) -> Checked:
        """Takes as long for somebody who does not exist (`stored` is None) as for somebody who does.

        Raises `TooBusy`.
        """
        return await self._in_turn(self._check, stored, password)

    def close(self) -> None:
        """Waits for the hash that is being made and drops those that wait."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    async def _in_turn(self, work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        if self._waiting >= self._most:
            raise TooBusy
        self._waiting += 1
        try:
            done = self._thread.submit(work, *args, **kwargs)
        except RuntimeError:
            self._waiting -= 1
            raise TooBusy from None
        # Counted down when the thread is through with it, even where the one who asked has gone away.
        loop = asyncio.get_running_loop()
        done.add_done_callback(lambda _: loop.call_soon_threadsafe(self._one_less))
        return await asyncio.wrap_future(done)

    def _one_less(self) -> None:
        self._waiting -= 1

    def _check(self, stored: str | None, password: str) -> Checked:
        try:
            self._hasher.verify(stored or _NOBODY, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return Checked(right=False)
        if stored is None:
            return Checked(right=False)
        stale = self._hasher.check_needs_rehash(stored)
        return Checked(right=True, renewed=self._hasher.hash(password) if stale else None)


def complaint(password: str, *others: str) -> str | None:
    """What is wrong with a new password, as a sentence for whoever chose it; None when it will do.

    `others` is what everybody knows of the person, such as the e-mail address.
    """
    if len(password) < SHORTEST:
        return f"A password has at least {SHORTEST} characters. Three unrelated words are good."
    if len(password) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    bare = re.sub(r"[\W_]+", "", password.casefold())
    letters = re.sub(r"\d+", "", bare)
    if len(set(bare)) < _FEWEST_SIGNS or any(bare in run for run in _RUNS) or _ordinary(letters):
        return "This password is among those that are guessed first. Please choose another."
    known = (re.sub(r"[\W_]+", "", other.casefold().partition("@")[0]) for other in others)
    if any(len(word) >= _SHORTEST_NAME and letters.replace(word, "") == "" for word in known):
        return "This password is the person's own name. Please choose another."
    return None


def _ordinary(letters: str) -> bool:
    """Whether nothing but ordinary words is left once digits and signs are gone."""
    reachable = {0}
    for end in range(1, len(letters) + 1):
        if any(end - len(word) in reachable and letters[:end].endswith(word) for word in _ORDINARY):
            reachable.add(end)
    return len(letters) in reachable
