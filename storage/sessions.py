"""Sessions of the team: what proves, between two requests, who is signed in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa

from storage.engine import Database
from storage.people import Person, found
from storage.tables import person, session

DIGEST: Final = 32
"""The length of a SHA-256 digest in bytes: the only form in which a token comes here."""


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
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(session).where(session.c.token == token_hash, *_live(at, idle))
            )
            row = rows.one_or_none()
            holder = None if row is None else await found(connection, row.person)
        if row is None or holder is None or not holder.active:
            return None
        return Session(row.token, holder, row.created_at, row.seen_at, row.expires_at)

    async def touch(self, token_hash: bytes, *, at: float) -> None:
        """Notes that the session was used. Callers do this once in a while, not at every request."""
        async with self._database.writing() as connection:
            await connection.execute(
                session.update()
                .where(session.c.token == token_hash, session.c.seen_at < at, session.c.revoked_at.is_(None))
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

    async def ended_among(self, token_hashes: Collection[bytes], *, at: float, idle: float) -> set[bytes]:
        """Which of these sessions are not live: a process with open sockets asks this now and then."""
        async with self._database.reading() as connection:
            live = await connection.scalars(
                sa.select(session.c.token)
                .join(person)
                .where(session.c.token.in_(token_hashes), person.c.active.is_(True), *_live(at, idle))
            )
            return set(token_hashes) - set(live)


def _live(at: float, idle: float) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        session.c.revoked_at.is_(None),
        session.c.expires_at > at,
        session.c.seen_at >= at - idle,
    )
