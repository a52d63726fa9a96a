"""Sessions of the team: what proves, between two requests, who is signed in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa

from storage.engine import Database
from storage.people import Person, found_among
from storage.tables import session

DIGEST: Final = 32
"""The length of a SHA-256 digest in bytes: the only form in which a token comes here."""
AT_ONCE: Final = 500
"""How many sessions one statement is about: fewer than the parameters that a database takes."""


@dataclass(frozen=True, slots=True)
class Session:
    """A live session and whose it is, with the roles that the person has now."""

    token_hash: bytes = field(repr=False)
    person: Person
    created_at: float
    seen_at: float
    expires_at: float


class Sessions:
    """A session is live while it is not revoked, not expired, not idle too long, and its person active.

    Times are seconds since the Unix epoch. Tokens are random, 256 bits; here they are known by their
    SHA-256 alone, so whoever reads the table cannot sign in with it.
    """

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def create(self, token_hash: bytes, *, person_id: str, at: float, lasts: float) -> None:
        """Stores a session that ends at `at` + `lasts`. Raises `Conflict` when there is no such person."""
        if len(token_hash) != DIGEST:
            raise ValueError("a session is stored under the SHA-256 of its token")
        async with self._database.writing() as connection:
            await connection.execute(
                session.insert().values(
                    token=token_hash, person=person_id, created_at=at, seen_at=at, expires_at=at + lasts
                )
            )

    async def lookup(self, token_hash: bytes, *, at: float, idle: float) -> Session | None:
        """The live session, unless it was last seen more than `idle` seconds before `at`."""
        return (await self.live_among([token_hash], at=at, idle=idle)).get(token_hash)

    async def live_among(
        self, token_hashes: Collection[bytes], *, at: float, idle: float
    ) -> Mapping[bytes, Session]:
        """Those of these sessions that are live, by their digests."""
        live: dict[bytes, Session] = {}
        for some in _some(token_hashes):
            async with self._database.reading() as connection:
                rows = await connection.execute(
                    sa.select(session).where(session.c.token.in_(some), *_live(at, idle))
                )
                kept = rows.all()
                holders = await found_among(connection, {row.person for row in kept}) if kept else {}
            for row in kept:
                holder = holders.get(row.person)
                if holder is not None and holder.active:
                    live[row.token] = Session(row.token, holder, row.created_at, row.seen_at, row.expires_at)
        return live

    async def touch(self, token_hashes: Collection[bytes], *, at: float) -> None:
        """Notes that these sessions were used. Callers do this once in a while, not at every request."""
        for some in _some(token_hashes):
            async with self._database.writing() as connection:
                await connection.execute(
                    session.update()
                    .where(session.c.token.in_(some), session.c.seen_at < at, session.c.revoked_at.is_(None))
                    .values(seen_at=at)
                )

    async def revoke(self, token_hash: bytes, *, at: float) -> bool:
        """Ends one session for good; False when it was not live. The caller closes its sockets."""
        async with self._database.writing() as connection:
            ended = await connection.execute(
                session.update()
                .where(session.c.token == token_hash, session.c.revoked_at.is_(None))
                .values(revoked_at=at)
            )
            return ended.rowcount == 1

    async def revoke_all_of(self, person_id: str, *, at: float) -> Sequence[bytes]:
        """Ends every session of a person and answers which, so that the caller closes their sockets."""
        async with self._database.writing() as connection:
            ended = await connection.scalars(
                session.update()
                .where(
                    session.c.person == person_id,
                    session.c.revoked_at.is_(None),
                    session.c.expires_at > at,
                )
                .values(revoked_at=at)
                .returning(session.c.token)
            )
            return list(ended)


def _live(at: float, idle: float) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        session.c.revoked_at.is_(None),
        session.c.expires_at > at,
        session.c.seen_at >= at - idle,
    )


def _some(digests: Collection[bytes]) -> Iterator[Sequence[bytes]]:
    every = list(digests)
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]
