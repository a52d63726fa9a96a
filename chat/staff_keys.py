"""The campus' staff keys: browsers of seekers seal to the public half, and only the server's rule opens.

A key is random, made once and replaced by `warmline key new`. Its private half lies in the database under the
installation's secret. Whoever has Redis, the database or a backup of both opens nothing; whoever has the
secret as well, or runs the server, can. No passphrase stands between on-call staff and a place at 3 a.m.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chat.sealing import Key, Unopenable
from storage.staff_keys import StaffKeyRow

INFO: Final = b"warmline envelope 1"
POINT: Final = 65
"""Bytes of a point of P-256, uncompressed."""
_KEY: Final = 32
_NONCE: Final = 12


class Contents(msgspec.Struct, frozen=True):
    """What the seeker shared. Printing it shows nothing."""

    where: str = ""
    reach: str = ""

    def __repr__(self) -> str:
        return "<Contents>"


class Rows(Protocol):
    """Where staff keys are kept."""

    async def of_campus(self, campus: str) -> Sequence[StaffKeyRow]: ...
    async def add(self, campus: str, row: StaffKeyRow) -> None: ...


class StaffKeys:
    """Keeps the keys of one campus in memory, so that an envelope opens also while the database is away."""

    def __init__(self, rows: Rows, *, secret: Key, campus: str, clock: Callable[[], float]) -> None:
        self._rows = rows
        self._secret = secret
        self._campus = campus
        self._clock = clock
        self._private: dict[str, EllipticCurvePrivateKey] = {}
        self._newest: tuple[str, str] | None = None

    def __repr__(self) -> str:
        return f"<{len(self._private)} staff keys>"

    @property
    def newest(self) -> tuple[str, str] | None:
        """The name and the public half (base64url) of the key that is sealed to; None before it is read."""
        return self._newest

    async def renew(self) -> None:
        """Reads the keys; makes the first where there is none. Raises what the database raises."""
        rows = await self._rows.of_campus(self._campus)
        if not rows:
            await self.replace()
            rows = await self._rows.of_campus(self._campus)
        private: dict[str, EllipticCurvePrivateKey] = {}
        for row in rows:
            try:
                raw = self._secret.open(row.sealed, self._about(row.id))
            except Unopenable:
                continue  # made under another secret; what is sealed to it is not ours to open
            private[row.id] = derive_private_key(int.from_bytes(raw), SECP256R1())
        self._private = private
        newest = next((row for row in rows if row.id in private), None)
        self._newest = (newest.id, written(newest.public)) if newest is not None else None

    async def replace(self) -> str:
        """Makes a key that is sealed to from now on; answers its name. The one before opens for a day."""
        key = generate_private_key(SECP256R1())
        name = secrets.token_hex(8)
        raw = key.private_numbers().private_value.to_bytes(_KEY)
        sealed = self._secret.seal(raw, self._about(name))
        row = StaffKeyRow(name, point(key.public_key()), sealed, self._clock(), None)
        await self._rows.add(self._campus, row)
        return name

    def open(self, key: str, box: bytes, conversation: str) -> Contents:
        """What lies in a box that was sealed in this conversation. Raises `Unopenable`."""
        private = self._private.get(key)
        if private is None:
            raise Unopenable
        try:
            theirs = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), box[:POINT])
            shared = private.exchange(ECDH(), theirs)
            secret = HKDF(SHA256(), _KEY + _NONCE, salt=None, info=INFO + box[:POINT]).derive(shared)
            plain = AESGCM(secret[:_KEY]).decrypt(secret[_KEY:], box[POINT:], conversation.encode())
            return msgspec.json.decode(plain, type=Contents)
        except (InvalidTag, ValueError):
            raise Unopenable from None

    def _about(self, name: str) -> bytes:
        return f"{self._campus} {name}".encode()


def point(key: EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def written(raw: bytes) -> str:
    """base64url without padding, as browsers and frames write bytes."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unwritten(text: str) -> bytes:
    """Raises `ValueError`."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
