"""What was seen and must become an alert, and how it is framed on a disk."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from moderation.alerts import Severity, Source

_MARK = b"WLa1"
_HEAD = struct.Struct(">4sII")
_LARGEST = 16 * 1024


@dataclass(frozen=True, slots=True)
class Sighting:
    """It holds no words. `key` names the event; `at` is in seconds since the epoch.

    `alert` is the id under which staff are shown it while it waits; the stored alert has it too.
    """

    key: str
    conversation: str
    campus: str
    category: str
    severity: Severity
    source: Source
    at: float
    alert: str = ""


def frame(sighting: Sighting) -> bytes:
    """A mark, the body's length, its CRC-32, and the body in JSON."""
    body = json.dumps(asdict(sighting), separators=(",", ":")).encode()
    return _HEAD.pack(_MARK, len(body), zlib.crc32(body)) + body


def frames(content: bytes) -> Iterator[Sighting]:
    """Every whole frame of a file. Torn and spoilt ones are passed over, also when others follow them."""
    place = content.find(_MARK)
    while place >= 0:
        body = _body(content, place)
        if body is None:
            place = content.find(_MARK, place + 1)
            continue
        yield Sighting(**json.loads(body))
        place = content.find(_MARK, place + _HEAD.size + len(body))


def _body(content: bytes, place: int) -> bytes | None:
    if len(content) - place < _HEAD.size:
        return None
    _, length, crc = _HEAD.unpack_from(content, place)
    start = place + _HEAD.size
    body = content[start : start + length]
    whole = length <= _LARGEST and len(body) == length and zlib.crc32(body) == crc
    return body if whole else None
