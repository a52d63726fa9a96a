"""The browser's side of web push: it subscribes at a push service on loopback and reads what arrives."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CURVE = ec.SECP256R1()


def written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unwritten(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


@dataclass
class Phone:
    """One browser, with the keys that never leave it."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    shared: bytes = field(default_factory=lambda: os.urandom(16))

    def subscription(self, endpoint: str) -> str:
        """What the page hands to the server."""
        keys = {"p256dh": written(point(self.key.public_key())), "auth": written(self.shared)}
        return json.dumps({"endpoint": endpoint, "expirationTime": None, "keys": keys})

    def reads(self, body: bytes) -> bytes:
        """Opens a push as RFC 8291 tells browsers to; raises where it is not for this one."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(body) <= size
        sender = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs)
        secret = self.key.exchange(ec.ECDH(), sender)
        info = b"WebPush: info\0" + point(self.key.public_key()) + theirs
        base = derived(self.shared, secret, info, 32)
        key = derived(salt, base, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derived(salt, base, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert plain[-1:] == b"\x02"
        return plain[:-1]


def derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=salt, info=info).derive(secret)


def proven(authorization: str) -> dict[str, Any]:
    """The claims of a VAPID header, whose signature a push service has checked."""
    kind, _, rest = authorization.partition(" ")
    assert kind == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    head, claims, mark = parts["t"].split(".")
    assert json.loads(unwritten(head)) == {"typ": "JWT", "alg": "ES256"}
    raw = unwritten(mark)
    key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unwritten(parts["k"]))
    signature = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(signature, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    told: dict[str, Any] = json.loads(unwritten(claims))
    return told
