"""Where the people of the team are reached outside the console, and which links of pages are used up.

An address comes here sealed, under a key that the database does not hold: whoever steals it learns no number.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from storage.engine import Database
from storage.errors import Conflict
from storage.tables import person, reach, used_link


@dataclass(frozen=True, slots=True)
class Reached:
    """One address of one person on one alert channel. Times are seconds since the Unix epoch."""

    id: str
    person: str
    channel: str
    sealed: bytes = field(repr=False)
    label: str = field(repr=False)
    added_on: dt.date
    tried_at: float | None
    """When a practice page was last sent there."""
    confirmed_at: float | None
    """When its person last confirmed such a page; None: nobody knows whether it works."""


class Reach:
    """Each method is one transaction. What a person removes is gone at once."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def add(self, *, person_id: str, channel: str, sealed: bytes, label: str, on: dt.date) -> str:
        """Stores an address, untested, and answers its id. Raises `Conflict` when there is no such person."""
        added = secrets.token_hex(16)
        async with self._database.writing() as connection:
            await connection.execute(
                reach.insert().values(
                    id=added, person=person_id, channel=channel, sealed=sealed, label=label, added_on=on
                )
            )
        return added

    async def of_person(self, person_id: str) -> Sequence[Reached]:
        """Every address of a person, the oldest first."""
        return await self._select(reach.c.person == person_id)

    async def of_campus(self, campus: str) -> Sequence[Reached]:
        """Every address of the active people of a campus."""
        active = sa.select(person.c.id).where(person.c.campus == campus, person.c.active.is_(True))
        return await self._select(reach.c.person.in_(active))

    async def tested(self, campus: str, *, since: float) -> Mapping[str, frozenset[str]]:
        """From each active person of a campus to the channels that the person confirmed from `since` on.

        People without any are in it too, with an empty set.
        """
        confirmed = sa.and_(reach.c.person == person.c.id, reach.c.confirmed_at >= since)
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(person.c.id, reach.c.channel)
                .select_from(person.outerjoin(reach, confirmed))
                .where(person.c.campus == campus, person.c.active.is_(True))
            )
            found: dict[str, set[str]] = {}
            for name, channel in rows:
                channels = found.setdefault(name, set())
                if channel is not None:
                    channels.add(channel)
        return {name: frozenset(channels) for name, channels in found.items()}

    async def tried(self, reach_id: str, *, at: float | None) -> bool:
        """Notes when a practice page last went there; False when there is no such address."""
        return await self._change(reach_id, {"tried_at": at})

    async def confirm(self, reach_id: str, *, person_id: str, at: float) -> bool:
        """Notes that the person had the page; False when there is no such address of theirs."""
        return await self._change(reach_id, {"confirmed_at": at}, reach.c.person == person_id)

    async def remove(self, reach_id: str, *, person_id: str) -> bool:
        """Forgets an address; False when there is no such address of this person."""
        async with self._database.writing() as connection:
            gone = await connection.execute(
                reach.delete().where(reach.c.id == reach_id, reach.c.person == person_id)
            )
            return gone.rowcount == 1

    async def is_used(self, digest: bytes) -> bool:
        """Whether a link, by the SHA-256 of its secret, has done its work."""
        async with self._database.reading() as connection:
            known = await connection.scalar(sa.select(used_link.c.digest).where(used_link.c.digest == digest))
            return known is not None

    async def use(self, digest: bytes, *, expires_at: float) -> bool:
        """Uses a link up for good; False when it was already. Kept a day beyond `expires_at`."""
        try:
            async with self._database.writing() as connection:
                await connection.execute(used_link.insert().values(digest=digest, expires_at=expires_at))
        except Conflict:
            return False
        return True

    async def _change(self, reach_id: str, values: Mapping[str, Any], *which: sa.ColumnElement[bool]) -> bool:
        async with self._database.writing() as connection:
            changed = await connection.execute(
                reach.update().where(reach.c.id == reach_id, *which).values(**values)
            )
            return changed.rowcount == 1

    async def _select(self, which: sa.ColumnElement[bool]) -> Sequence[Reached]:
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(reach).where(which).order_by(reach.c.added_on, reach.c.channel, reach.c.id)
            )
            return [Reached(**row._asdict()) for row in rows]
