"""Second factors of the team: whose sign-in asks for one, and the secret that proves it.

A secret comes here sealed, under a key that the database does not hold: whoever steals it makes no codes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa

from storage.engine import Database
from storage.errors import Conflict
from storage.tables import second_factor

FREE: Final = 5
"""Codes that may be tried in a row without a wait, by all processes together."""
WAIT: Final = 900.0
"""Seconds between two tries after that. With three codes right out of a million, guessing takes years."""


@dataclass(frozen=True, slots=True)
class Factor:
    """The second factor of one person. Times are seconds since the Unix epoch."""

    person: str
    sealed: bytes | None = field(repr=False)
    """None until the person was shown a secret."""
    proven: bool
    """Whether the person has shown that an app of theirs holds it: from then on it is not shown again."""
    tries: int
    """Codes tried since the last right one."""
    tried_at: float

    def wait(self, at: float) -> float:
        """Seconds until a code may be tried again; 0 when it may be now."""
        return max(0.0, self.tried_at + WAIT - at) if self.tries >= FREE else 0.0


class Factors:
    """Each method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def of(self, person_id: str) -> Factor | None:
        """None where the sign-in of this person asks for none."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(sa.select(second_factor).where(second_factor.c.person == person_id))
            ).one_or_none()
        if row is None:
            return None
        return Factor(row.person, row.sealed, row.proven, row.tries, row.tried_at)

    async def ask(self, person_id: str) -> None:
        """From now on this person's sign-in asks for one; what there was before counts no more.

        Raises `Conflict` when there is no such person.
        """
        async with self._database.writing() as connection:
            await connection.execute(second_factor.delete().where(second_factor.c.person == person_id))
            await connection.execute(second_factor.insert().values(**_new(person_id)))

    async def drop(self, person_id: str) -> bool:
        """From now on this person's sign-in asks for none; False when it did not before."""
        async with self._database.writing() as connection:
            gone = await connection.execute(second_factor.delete().where(second_factor.c.person == person_id))
            return gone.rowcount == 1

    async def offer(self, person_id: str, sealed: bytes) -> Factor | None:
        """Keeps a secret where the person has none, and answers what stands: of two offers the first.

        `sealed` is at most 96 bytes. None when there is no such person.
        """
        try:
            async with self._database.writing() as connection:
                put = await connection.execute(
                    second_factor.update()
                    .where(second_factor.c.person == person_id, second_factor.c.sealed.is_(None))
                    .values(sealed=sealed)
                )
                if not put.rowcount and not await connection.scalar(
                    sa.select(second_factor.c.person).where(second_factor.c.person == person_id)
                ):
                    await connection.execute(second_factor.insert().values(**_new(person_id), sealed=sealed))
        except Conflict:
            pass  # another process was first, or the person is gone: what stands says which
        return await self.of(person_id)

    async def tried(self, person_id: str, *, at: float) -> bool:
        """Counts a code as wrong before it is looked at, so that many at once count as many.

        False when none may be tried now.
        """
        free = sa.or_(
            second_factor.c.tries < FREE,
            second_factor.c.tried_at <= at - WAIT,
            second_factor.c.tried_at > at,  # a clock was set back: nobody waits for it to catch up
        )
        async with self._database.writing() as connection:
            counted = await connection.execute(
                second_factor.update()
                .where(second_factor.c.person == person_id, free)
                .values(tries=second_factor.c.tries + 1, tried_at=at)
            )
            return counted.rowcount == 1

    async def used(self, person_id: str, *, sealed: bytes, step: int) -> bool:
        """Uses the code of a time step up, which proves the secret; False where it was used before.

        A code counts once: neither it nor an older one opens anything again. False also where the secret is
        not the one that stands any more.
        """
        async with self._database.writing() as connection:
            used = await connection.execute(
                second_factor.update()
                .where(
                    second_factor.c.person == person_id,
                    second_factor.c.sealed == sealed,
                    second_factor.c.last_step < step,
                )
                .values(proven=True, last_step=step, tries=0)
            )
            return used.rowcount == 1


def _new(person_id: str) -> dict[str, object]:
    return {"person": person_id, "proven": False, "last_step": -1, "tries": 0, "tried_at": 0.0}
