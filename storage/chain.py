"""The chain of the record, as bytes and decisions: how an entry is signed, and what shows it was touched.

Whoever checks hands over the rows as the database gives them, one after the other: what somebody wrote into
it may be of any type.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import struct
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

START: Final = bytes(32)
"""The code before the first entry."""
MOST: Final = 100_000_000
"""No record has more entries; who writes a larger number into it wants its check to take for ever."""
FORGOT: Final = ("forget", "audit")
"""Action and kind of the entry that says up to which number entries were forgotten."""

What = Literal[
    "no_chain", "missing", "altered", "added", "cut_off", "not_the_recorded_head", "forgotten_too_early"
]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody of the staff did. `minute` counts since 1970-01-01 00:00 UTC."""

    seq: int
    minute: int
    actor: str
    action: str
    subject_kind: str
    subject: str

    @property
    def day(self) -> dt.date:
        """The day, in UTC, from which the entry's term counts."""
        return dt.datetime.fromtimestamp(self.minute * 60, dt.UTC).date()


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ended, and the day of its last entry: noted elsewhere, it shows what is cut off."""

    seq: int
    code: str
    day: dt.date | None = None

    def __str__(self) -> str:
        """As it is noted: `2031-05-01 17:9f86...`, or without the day where that is not known."""
        return f"{self.day.isoformat()} {self.seq}:{self.code}" if self.day else f"{self.seq}:{self.code}"


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first thing that is wrong with the chain, and at which entry."""

    seq: int
    what: What


Row = Any
"""A row of the table, or the chain's own: its columns as attributes, and whatever somebody made of them."""


class Checking:
    """One walk along the chain, from the first entry that is kept to the last."""

    def __init__(self, first_key: bytes, kept: Row, heads: Collection[Head], since: dt.date) -> None:
        """`since` is the day before which entries may be forgotten; `heads` are what was noted elsewhere."""
        self.expected: int = kept.anchor_seq
        self._start: Final[int] = kept.anchor_seq
        self._code: bytes = kept.anchor
        self._key = after(first_key, kept.anchor_seq - 1)
        self._heads: Final = tuple(heads)
        self._codes: Final = {(head.seq, head.code) for head in heads}
        self._noted: Final = {head.seq for head in heads}
        self._since: Final = since
        self._forgotten = 0

    def take(self, row: Row) -> Flaw | None:
        """The next row in the order of their numbers."""
        seq = self.expected
        if row.seq != seq:
            return Flaw(seq, "missing")
        try:
            entry = _entry(row)
            whole = row.previous == self._code and row.mac == code(self._key, entry, self._code)
            whole = whole and str(row.day) == entry.day.isoformat()
        except (AttributeError, OSError, OverflowError, TypeError, ValueError, struct.error):
            whole = False  # something else lies where a number, a text or a day belongs
        if not whole:
            return Flaw(seq, "altered")
        if seq in self._noted and (seq, row.mac.hex()) not in self._codes:
            return Flaw(seq, "not_the_recorded_head")
        if (entry.action, entry.subject_kind) == FORGOT:
            self._forgotten = int(entry.subject) if entry.subject.isdecimal() else -1
        self.expected, self._code, self._key = seq + 1, row.mac, following(self._key)
        return None

    def is_at(self, kept: Row) -> bool:
        """Whether what was walked so far is all that the chain knows of."""
        return (self.expected, self._code, self._key) == (kept.next_seq, kept.head, kept.key)

    def end(self, kept: Row) -> Flaw | None:
        """After the last row: whether the chain ends, and begins, where it says."""
        if not self.is_at(kept) or any(head.seq >= self.expected for head in self._heads):
            return Flaw(self.expected, "cut_off")
        if self._start - 1 != self._forgotten:
            return Flaw(self._start - 1, "missing")
        early = [head.seq for head in self._heads if head.day and head.day >= self._since]
        gone = [seq for seq in early if 0 < seq < self._start]
        return Flaw(max(gone), "forgotten_too_early") if gone else None


def makes_sense(kept: Row) -> bool:
    """Whether the chain's own row can be the start of a walk."""
    return type(kept.anchor_seq) is int and 0 < kept.anchor_seq <= MOST and type(kept.anchor) is bytes


def code(key: bytes, entry: Entry, previous: bytes) -> bytes:
    """What signs an entry and everything before it."""
    texts = (entry.actor, entry.action, entry.subject_kind, entry.subject)
    # Each text with its length before it: no two entries have the same bytes.
    body = b"".join(struct.pack(">I", len(text)) + text.encode() for text in texts)
    return hmac.digest(key, previous + struct.pack(">qq", entry.seq, entry.minute) + body, "sha256")


def following(key: bytes) -> bytes:
    """The key of the next entry; from it nobody finds the one before."""
    return hashlib.sha256(b"warmline audit" + key).digest()


def after(key: bytes, steps: int) -> bytes:
    """The key so many entries later."""
    for _ in range(steps):
        key = following(key)
    return key


def read_head(line: str) -> Head:
    """Reads what `str(head)` writes. Raises `ValueError` with a reason that quotes nothing."""
    day, _, rest = line.strip().rpartition(" ")
    seq, colon, told = rest.partition(":")
    if not colon or not seq.isascii() or not seq.isdecimal() or len(told) != 2 * len(START):
        raise ValueError("a head is written as SEQ:CODE, with a day before it or none")
    try:
        bytes.fromhex(told)
        return Head(int(seq), told.lower(), dt.date.fromisoformat(day.strip()) if day else None)
    except ValueError:
        raise ValueError("the code has 64 hexadecimal digits, and the day is like 2031-05-01") from None


def _entry(row: Row) -> Entry:
    if type(row.minute) is not int:
        raise TypeError
    return Entry(row.seq, row.minute, row.actor, row.action, row.subject_kind, row.subject)
