"""Contacts: what is counted of conversations, stored so that no order and no time can be read off."""

from __future__ import annotations

import datetime as dt
import secrets
from collections import deque
from dataclasses import asdict, dataclass
from typing import Final, Literal

from storage.buckets import Duration, Wait
from storage.engine import Database
from storage.errors import StorageError
from storage.tables import contact

BATCH: Final = 10
"""How many contacts are written together at least, before their day is over."""

LIMIT: Final = 1000
"""How many contacts wait in memory at most."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One conversation that is over. Nothing here tells when within six hours, nor who."""

    campus: str
    day: dt.date
    six_hour_block: int
    wait_bucket: Wait
    duration_bucket: Duration
    topic: str
    language: str
    outcome: str
    severity: Literal["notice", "concern", "crisis"] | None = None
    helped: int | None = None
    mood_change: int | None = None


class Contacts:
    """Holds contacts in memory and writes them in shuffled batches under random keys.

    What waits here when the process dies is lost, on purpose: a count that is one too low harms nobody,
    and a row written at once would tell when its conversation ended.
    """

    def __init__(self, database: Database) -> None:
        self._database: Final = database
        self._waiting: Final[deque[Contact]] = deque(maxlen=LIMIT)
        self._dice: Final = secrets.SystemRandom()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, one: Contact) -> None:
        """Keeps a contact for the next batch. Beyond `LIMIT` the oldest give way."""
        self._waiting.append(one)

    async def flush(self, today: dt.date) -> int:
        """Writes all that wait, when they are `BATCH` or the day of one is over; answers how many.

        Raises `Unavailable` when the database is away; the contacts wait on.
        """
        day_is_over = any(one.day < today for one in self._waiting)
        return await self._write() if day_is_over or len(self._waiting) >= BATCH else 0

    async def close(self) -> int:
        """Writes all that wait, however few, because the process ends."""
        return await self._write()

    async def _write(self) -> int:
        batch = list(self._waiting)
        if not batch:
            return 0
        self._waiting.clear()  # before the wait: a second flush meanwhile must not write them again
        self._dice.shuffle(batch)
        rows = [{"id": secrets.token_hex(16), **asdict(one)} for one in batch]
        try:
            async with self._database.writing() as connection:
                await connection.execute(contact.insert(), rows)
        except StorageError:
            self._waiting.extendleft(batch[: LIMIT - len(self._waiting)])
            raise
        return len(batch)
