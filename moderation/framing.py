"""How entries are framed on a disk, so that a torn or spoilt one is known and hides no other."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any, Generic, TypeVar

_HEAD = struct.Struct(">4sII")
_LARGEST = 16 * 1024

DONE = b"done"
"""Written over the mark of an entry that has been taken: nobody reads it again."""

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Form(Generic[Entry]):
    """One kind of entry: a dataclass of plain values, the four bytes before each, and its files' ending.

    `subject` is the field that says what an entry is about: entries about the same keep their order.
    """

    kind: type[Entry]
    mark: bytes
    suffix: str
    subject: str

    def frame(self, entry: Entry) -> bytes:
        """The mark, the body's length, its CRC-32, and the body in JSON."""
        told: Any = entry
        body = json.dumps(asdict(told), separators=(",", ":")).encode()
        return _HEAD.pack(self.mark, len(body), zlib.crc32(body)) + body

    def about(self, entry: Entry) -> str:
        """What an entry is about."""
        return str(getattr(entry, self.subject))

    def frames(self, content: bytes) -> Iterator[tuple[int, Entry]]:
        """Every whole entry of a file that has not been taken, and where it begins.

        Torn and spoilt ones are passed over, also when others follow them.
        """
        kind: Any = self.kind
        known = {field.name for field in fields(kind)}
        place = content.find(self.mark)
        while place >= 0:
            body = self._body(content, place)
            if body is None:
                place = content.find(self.mark, place + 1)
                continue
            yield place, kind(**{name: value for name, value in json.loads(body).items() if name in known})
            place = content.find(self.mark, place + _HEAD.size + len(body))

    def _body(self, content: bytes, place: int) -> bytes | None:
        if len(content) - place < _HEAD.size:
            return None
        _, length, crc = _HEAD.unpack_from(content, place)
        start = place + _HEAD.size
        body = content[start : start + length]
        whole = length <= _LARGEST and len(body) == length and zlib.crc32(body) == crc
        return body if whole else None
