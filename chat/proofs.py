"""Whether a person who knows the password also holds their second factor: shown once, then asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

import pyotp

from chat import second_factor
from chat.sealing import Key, Unopenable
from storage.factors import Factor
from storage.people import Person


class Kept(Protocol):
    """What `storage.factors.Factors` keeps."""

    async def of(self, person_id: str) -> Factor | None: ...

    async def offer(self, person_id: str, sealed: bytes) -> Factor | None: ...

    async def tried(self, person_id: str, *, at: float) -> bool: ...

    async def used(self, person_id: str, *, sealed: bytes, step: int) -> bool: ...


@dataclass(frozen=True, slots=True)
class Enrol:
    """The secret is to be taken into an app, and a code of it to be shown."""

    secret: str = field(repr=False)
    address: str = field(repr=False)
    """What the app reads, as a link or as a QR code."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many wrong codes in a row: none is looked at for so many seconds."""

    seconds: float


Proof = Literal["enough", "enrolled", "needed", "wrong", "unreadable"] | Enrol | Wait
"""`enough`: no more is asked. `enrolled`: neither, and the person's app has just proven its secret.
`unreadable`: what is kept was sealed under another secret of the installation; an operator asks anew."""


class Proofs:
    """Second factors at sign-in. The password is right before this is asked: nobody else learns anything."""

    def __init__(
        self, kept: Kept, key: Key, *, clock: Callable[[], float], campus: str, everybody: bool
    ) -> None:
        self._kept = kept
        self._key = key
        self._clock = clock
        self._campus = campus
        self._everybody = everybody

    async def check(self, person: Person, code: str) -> Proof:
        """What the code, which may be empty, is worth. Raises `storage.errors.Unavailable`."""
        factor = await self._kept.of(person.id)
        if factor is None and not self._everybody:
            return "enough"
        if factor is None or factor.sealed is None:
            sealed = self._key.seal(pyotp.random_base32().encode(), _about(person))
            factor, code = await self._kept.offer(person.id, sealed), ""
        if factor is None or factor.sealed is None:
            return "unreadable"
        try:
            secret = self._key.open(factor.sealed, _about(person)).decode()
        except Unopenable:
            return "unreadable"
        if not code:
            return "needed" if factor.proven else self._enrol(person, secret)
        return await self._tried(factor, factor.sealed, secret, code)

    async def _tried(self, factor: Factor, sealed: bytes, secret: str, code: str) -> Proof:
        at = self._clock()
        if not await self._kept.tried(factor.person, at=at):
            return Wait(max(1.0, factor.wait(at)))
        step = second_factor.step_of(secret, code, at)
        if step is None or not await self._kept.used(factor.person, sealed=sealed, step=step):
            return "wrong"
        return "enough" if factor.proven else "enrolled"

    def _enrol(self, person: Person, secret: str) -> Enrol:
        return Enrol(secret, second_factor.address(secret, email=person.email, campus=self._campus))


def _about(person: Person) -> bytes:
    return f"second factor {person.id}".encode()
