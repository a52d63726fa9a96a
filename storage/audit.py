"""The record of what staff do: a chain in which a change, a removal or a reordering shows.

Each entry carries the code of the one before and is signed with a key of its own. The key of the next entry
is the hash of this one's, and the old one is not kept: whoever takes over the database can add lies to the
end, but cannot rewrite what stands. Checking needs the first key, which the operator keeps elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.chain import FORGOT, START, Checking, Entry, Flaw, Head, code, following, makes_sense
from storage.engine import Database
from storage.errors import Broken, Conflict
from storage.tables import AUDIT_DAYS, audit, audit_chain

KEY: Final = 32
"""The length of the first key in bytes."""

_PAGE: Final = 1000
_TRIES: Final = 5


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
                        id=1, next_seq=1, key=first_key, head=START, anchor_seq=1, anchor=START
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
        day = sa.select(audit.c.day).where(audit.c.seq == audit_chain.c.next_seq - 1).scalar_subquery()
        async with self._database.reading() as connection:
            chain = (await connection.execute(sa.select(audit_chain, day.label("day")))).one_or_none()
        if chain is None:
            raise Broken("the audit was never begun")
        return Head(chain.next_seq - 1, chain.head.hex(), chain.day)

    async def latest(self, limit: int) -> Sequence[Entry]:
        """The newest entries, the newest first."""
        async with self._database.reading() as connection:
            rows = await connection.execute(sa.select(audit).order_by(audit.c.seq.desc()).limit(limit))
            return [_entry(row) for row in rows]

    async def verify(self, first_key: bytes, *heads: Head, today: dt.date | None = None) -> Flaw | None:
        """Reads the whole chain and answers its first flaw, or None. A wrong key looks like an altered entry.

        `heads` were noted earlier: they show a database that was set back to an older state, which looks
        whole by itself. A head whose entry is forgotten by now, its term over, proves nothing; where `today`
        is given, one whose day is within the term shows that it was forgotten too early.
        """
        since = today - dt.timedelta(AUDIT_DAYS) if today else dt.date.max
        flaw: Flaw | None = None
        for _ in range(_TRIES):
            chain = await self._chain()
            if chain is None:
                return Flaw(0, "no_chain")
            if not makes_sense(chain):
                return Flaw(0, "altered")
            flaw = await self._walk(Checking(first_key, chain, heads, since))
            again = await self._chain()
            if flaw is None or again is None or again.anchor_seq == chain.anchor_seq:
                break  # else the start was forgotten under our hands
        return flaw

    async def _walk(self, checking: Checking) -> Flaw | None:
        """New entries may be added meanwhile: the walk goes on until it has met the end."""
        while True:
            for row in await self._page(checking.expected):
                if (flaw := checking.take(row)) is not None:
                    end = await self._chain()
                    # What stands behind the end was added by somebody who could not sign it.
                    return Flaw(flaw.seq, "added") if end and checking.is_at(end) else flaw
            chain, before, rest = await self._end(checking.expected)
            if chain is None:
                return Flaw(0, "no_chain")
            if not rest:
                return Flaw(checking.expected, "added") if before else checking.end(chain)

    async def _page(self, start: int) -> Sequence[sa.Row[Any]]:
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(*map(_raw, audit.c)).where(audit.c.seq >= start).order_by(audit.c.seq).limit(_PAGE)
            )
            return rows.all()

    async def _end(self, seq: int) -> tuple[sa.Row[Any] | None, int, int]:
        """The chain's own row, and how many entries stand before its start and from `seq` on, at one time."""
        count = sa.select(sa.func.count()).select_from(audit)
        before = count.where(audit.c.seq < audit_chain.c.anchor_seq).correlate(audit_chain)
        rest = count.where(audit.c.seq >= seq)
        chosen = (*map(_raw, audit_chain.c), before.scalar_subquery(), rest.scalar_subquery())
        async with self._database.reading() as connection:
            row = (await connection.execute(sa.select(*chosen).select_from(audit_chain))).one_or_none()
        return (None, 0, 0) if row is None else (row, row[-2], row[-1])

    async def _chain(self) -> sa.Row[Any] | None:
        async with self._database.reading() as connection:
            return (await connection.execute(sa.select(*map(_raw, audit_chain.c)))).one_or_none()


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
    await _append(connection, chain, Entry(chain.next_seq, int(at // 60), "warmline", *FORGOT, str(last.seq)))
    return gone.rowcount


async def _append(connection: AsyncConnection, chain: sa.Row[Any], entry: Entry) -> None:
    signed = code(chain.key, entry, chain.head)
    await connection.execute(
        audit.insert().values(**asdict(entry), day=entry.day, previous=chain.head, mac=signed),
    )
    await connection.execute(
        audit_chain.update().values(next_seq=entry.seq + 1, key=following(chain.key), head=signed)
    )


async def _locked(connection: AsyncConnection) -> sa.Row[Any]:
    chain = (await connection.execute(sa.select(audit_chain).with_for_update())).one_or_none()
    if chain is None:
        raise Broken("the audit was never begun")
    return chain


def _raw(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """The column as the database gives it: a type that reads what does not fit it would raise."""
    return sa.type_coerce(column, sa.types.NullType())


def _entry(row: sa.Row[Any]) -> Entry:
    return Entry(row.seq, row.minute, row.actor, row.action, row.subject_kind, row.subject)
