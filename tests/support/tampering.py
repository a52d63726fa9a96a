"""Everything that somebody who owns the database may do to the record, short of knowing an old key."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from storage.chain import START, Checking, Entry, Flaw, Head, code, following

FIRST_KEY = bytes(range(32))
MINUTE = 30_000_000


@dataclass(frozen=True)
class Row:
    """An entry as it lies in the database."""

    seq: Any
    day: Any
    minute: Any
    actor: Any
    action: Any
    subject_kind: Any
    subject: Any
    previous: Any
    mac: Any


@dataclass(frozen=True)
class End:
    """The chain's own row."""

    next_seq: Any
    key: Any
    head: Any
    anchor_seq: Any = 1
    anchor: Any = START
    id: int = 1


@dataclass(frozen=True)
class Record:
    rows: tuple[Row, ...]
    end: End


def signed(entry: Entry, key: bytes, previous: bytes) -> Row:
    return Row(**asdict(entry), day=entry.day, previous=previous, mac=code(key, entry, previous))


def grown(count: int) -> Record:
    """A record of so many entries, as the service would have made it."""
    rows, key, head = [], FIRST_KEY, START
    for seq in range(1, count + 1):
        entry = Entry(seq, MINUTE + 7 * seq, f"p{seq % 5}", "acknowledge", "alert", f"a{seq}")
        rows.append(signed(entry, key, head))
        key, head = following(key), rows[-1].mac
    return Record(tuple(rows), End(count + 1, key, head))


def walked(record: Record, *heads: Head, since: dt.date = dt.date.min) -> Flaw | None:
    """What a check of these rows finds, the rows in the order of their numbers."""
    checking = Checking(FIRST_KEY, record.end, heads, since)
    for row in sorted(record.rows, key=lambda row: int(row.seq)):
        if (flaw := checking.take(row)) is not None:
            return flaw
    return checking.end(record.end)


Tampering = Callable[[Record, int, int], Record]
"""Two numbers of entries say where."""


def _set(record: Record, seq: int, **values: Any) -> Record:
    rows = tuple(replace(row, **values) if row.seq == seq else row for row in record.rows)
    return Record(rows, record.end)


def _without(record: Record, gone: Callable[[int], bool]) -> tuple[Row, ...]:
    return tuple(row for row in record.rows if not gone(row.seq))


def changed(field: str, value: Any) -> Tampering:
    return lambda record, seq, _: _set(record, seq, **{field: value})


def removed(record: Record, seq: int, _: int) -> Record:
    return Record(_without(record, lambda one: one == seq), record.end)


def removed_and_moved_up(record: Record, seq: int, _: int) -> Record:
    rows = _without(record, lambda one: one == seq)
    return Record(
        tuple(replace(row, seq=row.seq - 1) if row.seq > seq else row for row in rows),
        replace(record.end, next_seq=record.end.next_seq - 1),
    )


def swapped(record: Record, seq: int, other: int) -> Record:
    places = {seq: other, other: seq}
    return Record(tuple(replace(row, seq=places.get(row.seq, row.seq)) for row in record.rows), record.end)


def copied_over(record: Record, seq: int, other: int) -> Record:
    lie = replace(record.rows[other - 1], seq=seq)
    return Record(tuple(lie if row.seq == seq else row for row in record.rows), record.end)


def cut_off(record: Record, seq: int, _: int) -> Record:
    return Record(_without(record, lambda one: one >= seq), record.end)


def cut_off_with_the_end_moved(record: Record, seq: int, _: int) -> Record:
    head = record.rows[seq - 2].mac if seq > 1 else START
    return Record(_without(record, lambda one: one >= seq), replace(record.end, next_seq=seq, head=head))


def rewritten_from(record: Record, seq: int, _: int) -> Record:
    """All from there on made anew, signed with the only key that is still there."""
    rows, key = list(_without(record, lambda one: one >= seq)), record.end.key
    head = rows[-1].mac if rows else START
    for row in record.rows[seq - 1 :]:
        rows.append(
            signed(Entry(row.seq, row.minute, "somebody", row.action, "alert", row.subject), key, head)
        )
        key, head = following(key), rows[-1].mac
    return Record(tuple(rows), End(record.end.next_seq, key, head))


def taken_from_the_start(record: Record, seq: int, _: int) -> Record:
    return Record(
        _without(record, lambda one: one <= seq),
        replace(record.end, anchor_seq=seq + 1, anchor=record.rows[seq - 1].mac),
    )


def put_between(record: Record, seq: int, other: int) -> Record:
    rows = tuple(replace(row, seq=row.seq + 1) if row.seq >= seq else row for row in record.rows)
    lie = replace(record.rows[other - 1], seq=seq)
    return Record((*rows, lie), replace(record.end, next_seq=record.end.next_seq + 1))


def put_behind(record: Record, seq: int, other: int) -> Record:
    lie = replace(record.rows[seq - 1], seq=record.end.next_seq + other % 3)
    return Record((*record.rows, lie), record.end)


def end_changed(field: str, value: Callable[[End], Any]) -> Tampering:
    return lambda record, _seq, _other: Record(record.rows, replace(record.end, **{field: value(record.end)}))


TEXTS = ("actor", "action", "subject_kind", "subject")
TAMPERINGS: Sequence[tuple[str, Tampering]] = (
    *((f"changed {field}", changed(field, "somebody-else")) for field in TEXTS),
    ("changed minute", changed("minute", MINUTE - 1)),
    ("changed day", changed("day", dt.date(1999, 1, 1))),
    ("changed previous", changed("previous", bytes(31) + b"\1")),
    ("changed mac", changed("mac", bytes(32))),
    ("removed", removed),
    ("removed and moved up", removed_and_moved_up),
    ("swapped", swapped),
    ("copied over", copied_over),
    ("cut off", cut_off),
    ("cut off with the end moved", cut_off_with_the_end_moved),
    ("rewritten from there on", rewritten_from),
    ("taken from the start", taken_from_the_start),
    ("put between", put_between),
    ("put behind", put_behind),
    ("end: number", end_changed("next_seq", lambda end: end.next_seq + 1)),
    ("end: key", end_changed("key", lambda end: following(end.key))),
    ("end: head", end_changed("head", lambda _: bytes(32))),
    ("end: start", end_changed("anchor_seq", lambda end: end.anchor_seq + 1)),
    ("end: code before the start", end_changed("anchor", lambda _: bytes(31) + b"\1")),
)
"""Each by the name that a failing test shows."""
