"""The two keys of a web push: who sends it (VAPID, RFC 8292), and how only one browser reads it (RFC 8291).

The one Python library for this (pywebpush) brings two HTTP clients of its own along, and the one beneath it
has no wheel; what they add to `cryptography` is what stands here, held to the RFC's example by a test.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many keys the curve has (SEC 2, secp256r1)."""
_POINT = 65
_SALT = 16
_SHARED = 16
_RECORD = 4096
_LAST = b"\x02"
"""What ends the last record (RFC 8188)."""
_HALF_A_DAY = 12 * 3600


class Vapid:
    """The key pair by which push services know this installation. Made from `seed`, 32 secret bytes."""

    def __init__(self, seed: bytes, subject: str) -> None:
        """`subject` is a mailto: or https: address at which the operator is reached."""
        self._private = ec.derive_private_key(int.from_bytes(seed, "big") % (_ORDER - 1) + 1, _CURVE)
        self._subject = subject

    @property
    def public(self) -> str:
        """The public key, as browsers want it when they subscribe: base64url without padding."""
        return _written(_point(self._private.public_key()))

    def authorization(self, endpoint: str, at: float) -> str:
        """The header for a push service, good for half a day from `at` (seconds since the epoch)."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(at) + _HALF_A_DAY,
            "sub": self._subject,
        }
        head = _written(json.dumps({"typ": "JWT", "alg": "ES256"}).encode())
        signed = f"{head}.{_written(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self._private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        mark = _written(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return f"vapid t={signed}.{mark}, k={self.public}"

    def __repr__(self) -> str:
        return "<vapid>"


def encrypted(plain: bytes, *, browser: bytes, shared: bytes) -> bytes:
    """`plain` for one browser, in the coding `aes128gcm`.

    `browser` is its public key (an uncompressed point), `shared` its authentication secret. Raises
    `ValueError` when they are not.
    """
    return sealed(
        plain,
        browser=browser,
        shared=shared,
        own=ec.generate_private_key(_CURVE),
        salt=os.urandom(_SALT),
    )


def sealed(
    plain: bytes, *, browser: bytes, shared: bytes, own: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """`encrypted`, with a key and a salt that the caller has: each may be used once."""
    if len(browser) != _POINT or len(shared) != _SHARED:
        raise ValueError("not the keys of a browser")
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, browser)
    mine = _point(own.public_key())
    secret = own.exchange(ec.ECDH(), theirs)
    base = _derived(shared, secret, b"WebPush: info\0" + browser + mine, 32)
    key = _derived(salt, base, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derived(salt, base, b"Content-Encoding: nonce\0", 12)
    head = salt + _RECORD.to_bytes(4, "big") + bytes([_POINT]) + mine
    return head + AESGCM(key).encrypt(nonce, plain + _LAST, None)


def read(text: str) -> bytes:
    """Bytes from base64url, with or without padding. Raises `ValueError`."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64url") from None


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=salt, info=info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
