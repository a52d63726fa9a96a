"""The passwords with which people's calendars read their own shifts; only their SHA-256 is kept."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from typing import Final

import sqlalchemy as sa

from storage.engine import Database
from storage.people import Person, found
from storage.tables import calendar_feed, person


class Feeds:
    """One password for each person, of no use for anything else; a new one replaces the old."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def make(self, person_id: str, *, on: dt.date) -> str:
        """A new password, which is shown once. It is random enough that a plain hash keeps it."""
        token = secrets.token_urlsafe(24)
        async with self._database.writing() as connection:
            await connection.execute(calendar_feed.delete().where(calendar_feed.c.person == person_id))
            await connection.execute(
                calendar_feed.insert().values(person=person_id, token=_digest(token), made_on=on)
            )
        return token

    async def revoke(self, person_id: str) -> bool:
        """Ends the feed; False when there is none."""
        async with self._database.writing() as connection:
            gone = await connection.execute(calendar_feed.delete().where(calendar_feed.c.person == person_id))
            return gone.rowcount == 1

    async def made_on(self, person_id: str) -> dt.date | None:
        """Since when the person has a feed; None when they have none."""
        async with self._database.reading() as connection:
            day: dt.date | None = await connection.scalar(
                sa.select(calendar_feed.c.made_on).where(calendar_feed.c.person == person_id)
            )
            return day

    async def who(self, email: str, token: str) -> Person | None:
        """The active person with this address and password."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    sa.select(calendar_feed.c.person, calendar_feed.c.token)
                    .join(person, person.c.id == calendar_feed.c.person)
                    .where(person.c.email == email.strip().casefold(), person.c.active.is_(True))
                )
            ).one_or_none()
            if row is None or not hmac.compare_digest(row.token, _digest(token)):
                return None
            return await found(connection, row.person)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
