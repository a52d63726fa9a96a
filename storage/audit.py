"""The record of what staff do: a chain in which a change, a removal or a reordering shows.

Each entry carries the code of the one before and is signed with a key of its own. The key of the next entry
is the hash of this one's, and the old one is not kept: whoever takes over the database can add lies to the
end, but cannot rewrite what stands. Checking needs the first key, which the operator keeps elsewhere.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.engine import Database
from storage.errors import Broken, Conflict
from storage.tables import audit, audit_chain

KEY: Final = 32
"""The length of the first key in bytes."""

_START: Final = bytes(32)
_PAGE: Final = 1000
_FORGOT: Final = ("forget", "audit")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody of the staff did. `minute` counts since 1970-01-01 00:00 UTC."""

    seq: int
    minute: int
    actor: str
    action: str
    subject_kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends: noted elsewhere, it shows later that nothing was cut off."""

    seq: int
    code: str


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first thing that is wrong with the chain, and at which entry."""

    seq: int
    what: Literal["no_chain", "missing", "altered", "cut_off", "not_the_recorded_head"]


class Audit:
    """Appends are one after the other, over all processes: each locks the chain's one row first."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def begin(self, first_key: bytes) -> bool:
        """Starts the chain with a random key; False, and nothing done, when there is a chain already.

        The key is not kept: without it, whoever called this cannot check the chain later.
        """
        if len(first_key) != KEY:
            raise ValueError("the first key of the audit has 32 bytes")
        try:
            async with self._database.writing() as connection:
                if await connection.scalar(sa.select(audit_chain.c.id)) is not None:
                    return False
                await connection.execute(
                    audit_chain.insert().values(
                        id=1, next_seq=1, key=first_key, head=_START, anchor_seq=1, anchor=_START
                    )
                )
        except Conflict:
            return False
        return True

    async def append(self, *, actor: str, action: str, subject_kind: str, subject: str, at: float) -> Entry:
        """Adds what was done at `at`, seconds since the Unix epoch; only the minute is kept.

        Raises `Broken` when the chain was never begun: what is not recorded must not be done.
        """
        async with self._database.writing() as connection:
            chain = await _locked(connection)
            entry = Entry(chain.next_seq, int(at // 60), actor, action, subject_kind, subject)
            await _append(connection, chain, entry)
        return entry

    async def head(self) -> Head:
        """The end of the chain as it stands; worth a note where the database's owner cannot reach it."""
        async with self._database.reading() as connection:
            chain = (await connection.execute(sa.select(audit_chain))).one_or_none()
        if chain is None:
            raise Broken("the audit was never begun")
        return Head(chain.next_seq - 1, chain.head.hex())

    async def latest(self, limit: int) -> Sequence[Entry]:
        """The newest entries, the newest first."""
        async with self._database.reading() as connection:
            rows = await connection.execute(sa.select(audit).order_by(audit.c.seq.desc()).limit(limit))
            return [_entry(row) for row in rows]

    async def verify(self, first_key: bytes, recorded: Head | None = None) -> Flaw | None:
        """Reads the whole chain and answers its first flaw, or None. A wrong key looks like an altered entry.

        `recorded` is a head that was noted earlier: it shows a database that was set back to an older state,
        which looks whole by itself. A head whose entry is forgotten by now, its term over, proves nothing.
        """
        async with self._database.reading() as connection:
            chain = (await connection.execute(sa.select(audit_chain))).one_or_none()
        if chain is None:
            return Flaw(0, "no_chain")
        expected, code, key = chain.anchor_seq, chain.anchor, _after(first_key, chain.anchor_seq - 1)
        forgotten = 0
        while rows := await self._page(expected, chain.next_seq):
            for row in rows:
                if row.seq != expected:
                    return Flaw(expected, "missing")
                if row.previous != code or row.mac != _code(key, _entry(row), code):
                    return Flaw(expected, "altered")
                if recorded is not None and recorded.seq == row.seq and recorded.code != row.mac.hex():
                    return Flaw(expected, "not_the_recorded_head")
                if (row.action, row.subject_kind) == _FORGOT:
                    forgotten = int(row.subject)
                expected, code, key = expected + 1, row.mac, _next(key)
        if (expected, code, key) != (chain.next_seq, chain.head, chain.key):
            return Flaw(expected, "cut_off")
        if recorded is not None and recorded.seq >= expected:
            return Flaw(expected, "cut_off")
        if chain.anchor_seq - 1 != forgotten:
            return Flaw(chain.anchor_seq - 1, "missing")
        return None

    async def _page(self, start: int, end: int) -> Sequence[sa.Row[Any]]:
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(audit)
                .where(audit.c.seq >= start, audit.c.seq < end)
                .order_by(audit.c.seq)
                .limit(_PAGE)
            )
            return rows.all()


async def forget_before(connection: AsyncConnection, day: dt.date, *, limit: int, at: float) -> int:
    """Forgets the oldest entries, at most `limit`, that were made before `day`; the rest stays verifiable.

    Entries go from the start without a gap. The chain then hangs from the code of the last that went, and
    says so itself in a new entry: nobody else can take entries from its start.
    """
    oldest = sa.select(audit.c.seq, audit.c.day, audit.c.mac).order_by(audit.c.seq)
    first = (await connection.execute(oldest.limit(1))).one_or_none()
    if first is None or first.day >= day:
        return 0
    chain = await _locked(connection)
    # Read again under the lock: another process may have forgotten the same ones just now.
    last = None
    for row in await connection.execute(oldest.limit(limit)):
        if row.day >= day:
            break
        last = row
    if last is None:
        return 0
    gone = await connection.execute(audit.delete().where(audit.c.seq <= last.seq))
    await connection.execute(audit_chain.update().values(anchor_seq=last.seq + 1, anchor=last.mac))
    await _append(
        connection, chain, Entry(chain.next_seq, int(at // 60), "warmline", *_FORGOT, str(last.seq))
    )
    return gone.rowcount


async def _append(connection: AsyncConnection, chain: sa.Row[Any], entry: Entry) -> None:
    code = _code(chain.key, entry, chain.head)
    day = dt.datetime.fromtimestamp(entry.minute * 60, dt.UTC).date()
    await connection.execute(
        audit.insert().values(**asdict(entry), day=day, previous=chain.head, mac=code),
    )
    await connection.execute(
        audit_chain.update().values(next_seq=entry.seq + 1, key=_next(chain.key), head=code)
    )


async def _locked(connection: AsyncConnection) -> sa.Row[Any]:
    chain = (await connection.execute(sa.select(audit_chain).with_for_update())).one_or_none()
    if chain is None:
        raise Broken("the audit was never begun")
    return chain


def _code(key: bytes, entry: Entry, previous: bytes) -> bytes:
    texts = (entry.actor, entry.action, entry.subject_kind, entry.subject)
    # Each text with its length before it: no two entries have the same bytes.
    body = b"".join(struct.pack(">I", len(text)) + text.encode() for text in texts)
    return hmac.digest(key, previous + struct.pack(">qq", entry.seq, entry.minute) + body, "sha256")


def _next(key: bytes) -> bytes:
    return hashlib.sha256(b"warmline audit" + key).digest()


def _after(key: bytes, steps: int) -> bytes:
    for _ in range(steps):
        key = _next(key)
    return key


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(row.seq, row.minute, row.actor, row.action, row.subject_kind, row.subject)
