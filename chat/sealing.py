"""Sealing of words: what Redis holds of a conversation opens only with a key that Redis never has.

Every conversation has a random key of its own. Redis holds that key wrapped under a ring key, beside the
stream; the ring keys live in the database, wrapped under the installation's secret, each for some hours.
At the end of a conversation its wrapped key is deleted. Whoever kept a copy of Redis' memory needs the
database and the secret of those very hours as well, and after them nothing opens it any more.

The server reads words to screen them: this is not end-to-end encryption.
"""

from __future__ import annotations

import hashlib
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES: Final = 32
_NONCE: Final = 12
_ID: Final = 8


class Unopenable(Exception):
    """A sealed thing does not open: it was altered, belongs elsewhere, or its key is gone."""


class Key:
    """The key of one conversation, or any key of the same kind. Printing it shows nothing."""

    __slots__ = ("_aead", "_raw")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._aead = ChaCha20Poly1305(raw)

    @classmethod
    def new(cls) -> Key:
        return cls(os.urandom(KEY_BYTES))

    def seal(self, plain: bytes, about: bytes) -> bytes:
        """Seals `plain`, bound to `about`: it opens only together with the same `about`."""
        nonce = os.urandom(_NONCE)
        return nonce + self._aead.encrypt(nonce, plain, about)

    def open(self, box: bytes, about: bytes) -> bytes:
        """Opens what `seal` made; raises `Unopenable`, which says nothing of the contents."""
        try:
            return self._aead.decrypt(box[:_NONCE], box[_NONCE:], about)
        except (InvalidTag, ValueError):
            raise Unopenable from None

    def wrap(self, under: Key, about: bytes) -> bytes:
        """The key itself, sealed under another one."""
        return under.seal(self._raw, about)

    @classmethod
    def unwrap(cls, wrapped: bytes, under: Key, about: bytes) -> Key:
        return cls(under.open(wrapped, about))

    @property
    def fingerprint(self) -> str:
        """Twelve characters that tell this key from others and give nothing of it away."""
        digest = hashlib.sha256(b"warmline receipt" + self._raw).hexdigest()[:12].upper()
        return f"{digest[:4]}-{digest[4:8]}-{digest[8:]}"

    def __repr__(self) -> str:
        return "<key>"


def derived_bytes(secret: bytes, purpose: str) -> bytes:
    """Bytes for one purpose; those of different purposes tell nothing of one another or of the secret."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=f"warmline {purpose}".encode()).derive(secret)


def derived(secret: bytes, purpose: str) -> Key:
    """The key of the installation for one purpose."""
    return Key(derived_bytes(secret, purpose))


class Ring:
    """The ring keys that are in force, the newest last. New conversations take the newest."""

    def __init__(self) -> None:
        self._keys: dict[bytes, Key] = {}
        self._newest: bytes | None = None

    def put(self, identifier: str, key: Key) -> None:
        """Adds a ring key; the one put last is the newest."""
        name = hashlib.sha256(identifier.encode()).digest()[:_ID]
        self._keys[name] = key
        self._newest = name

    def keep(self, identifiers: set[str]) -> None:
        """Drops every ring key that is not among `identifiers`."""
        names = {hashlib.sha256(i.encode()).digest()[:_ID] for i in identifiers}
        self._keys = {name: key for name, key in self._keys.items() if name in names}
        if self._newest not in self._keys:
            self._newest = next(reversed(self._keys), None)

    def wrap(self, key: Key, conversation: str) -> bytes:
        """The conversation's key as Redis may hold it."""
        if self._newest is None:
            raise Unopenable
        return self._newest + key.wrap(self._keys[self._newest], conversation.encode())

    def unwrap(self, wrapped: bytes, conversation: str) -> Key:
        """The conversation's key; raises `Unopenable` when its ring key is gone or it was altered."""
        ring = self._keys.get(wrapped[:_ID])
        if ring is None:
            raise Unopenable
        return Key.unwrap(wrapped[_ID:], ring, conversation.encode())

    def __repr__(self) -> str:
        return f"<ring of {len(self._keys)}>"
