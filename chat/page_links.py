"""The links of pages: sealed, so that nobody can make or read one, and good for fifteen minutes.

The secret stands in the fragment of the address, which no browser sends: no server, proxy or log ever sees
it. Nothing is stored when one is made, so that pages carry links also while the database is away; what is
stored is the hash of one that was used.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from typing import Final, Literal

from chat.sealing import Key, Unopenable

LASTS: Final = 900.0
"""Seconds for which a link works."""
PATH: Final = "/acknowledge"
PRACTICE: Final = "practice."
"""What stands before the secret of a practice page, so that whoever opens it reads at once that it is one."""
_ABOUT: Final = b"page"
_HEX: Final = 32
_NOT_HEX: Final = 0x80
_MOST: Final = 512

Kind = Literal["alert", "test"]
_CODES: Final[dict[Kind, int]] = {"alert": 0, "test": 2}
_KINDS: Final[dict[int, Kind]] = {code: kind for kind, code in _CODES.items()}


@dataclass(frozen=True, slots=True)
class PageLink:
    """What one tap of `person` says: "I have this alert", or "this test arrived".

    `about` names the alert, or the address that was tested.
    """

    kind: Kind
    person: str
    about: str
    ends_at: float


class PageLinks:
    """Writes links for pages, and reads what stands in their fragments."""

    def __init__(self, key: Key, origin: str) -> None:
        self._key = key
        self._origin = origin

    def __call__(self, *, person: str, alert: str, practice: bool, at: float) -> str:
        """The link of a page about an alert, whether the store has it already or not."""
        return self.address(PageLink("alert", person, alert, at + LASTS), practice=practice)

    def address(self, link: PageLink, *, practice: bool = False) -> str:
        head = struct.pack(">BI", _CODES[link.kind], int(link.ends_at))
        box = self._key.seal(head + _packed(link.person) + _packed(link.about), _ABOUT)
        token = base64.urlsafe_b64encode(box).decode().rstrip("=")
        return f"{self._origin}{PATH}#{PRACTICE if practice else ''}{token}"

    def read(self, token: str) -> PageLink | None:
        """What a fragment says, whether it is still good or not; None when it is none of ours."""
        try:
            plain = self._key.open(_box(token), _ABOUT)
        except (Unopenable, ValueError):
            return None
        code, ends_at = struct.unpack_from(">BI", plain)
        if (kind := _KINDS.get(code)) is None:  # of another release
            return None
        person, rest = _unpacked(plain[struct.calcsize(">BI") :])
        about, _ = _unpacked(rest)
        return PageLink(kind, person, about, float(ends_at))


def digest(token: str) -> bytes:
    """The only form in which a link is kept; the same however its secret is written."""
    return hashlib.sha256(_box(token)).digest()


def _box(token: str) -> bytes:
    secret = token.removeprefix(PRACTICE)
    if len(secret) > _MOST or not secret.isascii():
        raise ValueError("not a link")
    try:
        return base64.b64decode(secret + "=" * (-len(secret) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("not a link") from None


def _packed(name: str) -> bytes:
    """Ids are 32 hexadecimal signs, which halves them: a text message has room for 160."""
    if len(name) == _HEX and set(name) <= set("0123456789abcdef"):
        return bytes([_HEX // 2]) + bytes.fromhex(name)
    raw = name.encode()
    return bytes([_NOT_HEX | len(raw)]) + raw


def _unpacked(data: bytes) -> tuple[str, bytes]:
    size = data[0] & ~_NOT_HEX
    raw, rest = data[1 : 1 + size], data[1 + size :]
    return (raw.decode() if data[0] & _NOT_HEX else raw.hex()), rest
