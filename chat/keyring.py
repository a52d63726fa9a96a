"""Keeps the ring keys: one for all processes in each slot of time, forgotten when its term is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from chat.sealing import Key, Ring, Unopenable

SLOT: Final = 60 * 60.0
"""Seconds for which one ring key is the newest."""
KEEP: Final = 6 * 60 * 60.0
"""Seconds after the end of its slot for which a ring key still opens: longer than any conversation lasts."""
_ABOUT: Final = b"ring"


class Kept(Protocol):
    """A ring key as it is stored."""

    @property
    def id(self) -> str: ...
    @property
    def wrapped(self) -> bytes: ...


class SealingKeys(Protocol):
    async def current(self, slot: int) -> Sequence[Kept]: ...

    async def ensure(self, slot: int, wrapped: bytes, *, expires_at: float) -> object: ...


class Keyring:
    """Fills a ring from the store. `secret` is the installation's key for this purpose."""

    def __init__(self, ring: Ring, store: SealingKeys, secret: Key, clock: Callable[[], float]) -> None:
        self._ring = ring
        self._store = store
        self._secret = secret
        self._clock = clock

    async def renew(self) -> None:
        """Makes the key of this slot, unless somebody has, and loads all that still open something.

        Raises what the store raises; the ring stays as it was then, and its newest key in use.
        """
        slot = int(self._clock() // SLOT)
        wrapped = Key.new().wrap(self._secret, _ABOUT)
        await self._store.ensure(slot, wrapped, expires_at=(slot + 1) * SLOT + KEEP)
        kept = await self._store.current(slot)
        for key in kept:
            try:
                self._ring.put(key.id, Key.unwrap(key.wrapped, self._secret, _ABOUT))
            except Unopenable:
                continue  # made under another secret; what it seals is not ours to open
        self._ring.keep({key.id for key in kept})
