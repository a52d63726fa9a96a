"""The browser's side of an envelope: it seals to the public half of the campus' staff key."""

from __future__ import annotations

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chat.staff_keys import INFO, point, unwritten, written
from tests.support.client import Seeker


def sealed(public: str, conversation: str, where: str, reach: str) -> str:
    """What a page sends: a fresh point, then the box."""
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unwritten(public))
    fresh = ec.generate_private_key(ec.SECP256R1())
    mine = point(fresh.public_key())
    secret = HKDF(SHA256(), 44, salt=None, info=INFO + mine).derive(fresh.exchange(ec.ECDH(), theirs))
    plain = json.dumps({"where": where, "reach": reach}).encode()
    return written(mine + AESGCM(secret[:32]).encrypt(secret[32:], plain, conversation.encode()))


async def share(seeker: Seeker, conversation: str, where: str, reach: str = "", **more: Any) -> None:
    """Seals something as the seeker, and waits until it lies there."""
    welcome = next(frame for frame in reversed(seeker.frames) if frame["type"] == "welcome")
    key = welcome["envelope"]
    box = sealed(key["public"], conversation, where, reach)
    mark = seeker.mark
    await seeker.send(type="seal", key=key["key"], box=box, ref=f"seal-{mark}", **more)
    await seeker.wait("done", since=mark, re="seal")
