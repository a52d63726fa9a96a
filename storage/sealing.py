"""Ring keys: each seals the conversations' keys of one span of time, and is forgotten after it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.engine import Database
from storage.errors import Conflict
from storage.tables import sealing_key


@dataclass(frozen=True, slots=True)
class RingKey:
    """A ring key as it is kept: wrapped under the installation's secret, which the database never holds."""

    id: str
    slot: int
    wrapped: bytes = field(repr=False)
    expires_at: float


class SealingKeys:
    """One ring key for each slot, the same for all processes: the first that is offered stays."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def current(self, slot: int) -> Sequence[RingKey]:
        """The ring keys of all slots up to `slot` that are not forgotten yet, the newest last."""
        async with self._database.reading() as connection:
            rows = await connection.execute(
                sa.select(sealing_key).where(sealing_key.c.slot <= slot).order_by(sealing_key.c.slot)
            )
            return [_ring_key(row) for row in rows]

    async def ensure(self, slot: int, wrapped: bytes, *, expires_at: float, id: str | None = None) -> RingKey:  # noqa: A002 - the key's own id
        """Answers the slot's ring key, which is the offered one only when there was none.

        `wrapped` is at most 128 bytes. A caller that binds the wrapping to the key's id chooses the id.
        """
        offered = RingKey(id or secrets.token_hex(16), slot, wrapped, expires_at)
        try:
            async with self._database.writing() as connection:
                standing = await _of_slot(connection, slot)
                if standing is not None:
                    return standing
                await connection.execute(
                    sealing_key.insert().values(
                        id=offered.id, slot=slot, wrapped=wrapped, expires_at=expires_at
                    )
                )
        except Conflict:
            async with self._database.reading() as connection:
                winner = await _of_slot(connection, slot)
            if winner is None:
                raise
            return winner
        return offered

    async def forget(self, before: float) -> int:
        """Deletes the ring keys that expired before this time; nothing that they sealed opens any more."""
        async with self._database.writing() as connection:
            gone = await connection.execute(sealing_key.delete().where(sealing_key.c.expires_at < before))
            return gone.rowcount


async def _of_slot(connection: AsyncConnection, slot: int) -> RingKey | None:
    row = (await connection.execute(sa.select(sealing_key).where(sealing_key.c.slot == slot))).one_or_none()
    return None if row is None else _ring_key(row)


def _ring_key(row: sa.Row[Any]) -> RingKey:
    return RingKey(row.id, row.slot, row.wrapped, row.expires_at)
