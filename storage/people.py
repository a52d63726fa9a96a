"""People who work in the programme, and their roles."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.engine import Database
from storage.tables import person, person_role

Role = Literal["supporter", "lead", "on_call", "coordinator"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the team. Printing one shows neither the address nor the password's hash."""

    id: str
    campus: str
    email: str = field(repr=False)
    password: str = field(repr=False)
    """The hash, as the caller made it."""
    name: str = field(repr=False)
    roles: frozenset[Role]
    active: bool


_EVERYBODY: Final = (
    sa.select(
        person.c.id,
        person_role.c.role,
        person.c.campus,
        person.c.email,
        person.c.password,
        person.c.name,
        person.c.active,
    )
    .select_from(person.outerjoin(person_role))
    .order_by(person.c.name, person.c.id)
)


class People:
    """Addresses are compared without regard to case and are unique over all campuses."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database

    async def add(
        self, *, campus: str, email: str, password: str, name: str, roles: Iterable[Role] = ()
    ) -> Person:
        """Stores a person under a random id. Raises `Conflict` when the address is taken."""
        added = Person(
            id=secrets.token_hex(16),
            campus=campus,
            email=_folded(email),
            password=password,
            name=name,
            roles=frozenset(roles),
            active=True,
        )
        async with self._database.writing() as connection:
            await connection.execute(
                person.insert().values(
                    id=added.id,
                    campus=added.campus,
                    email=added.email,
                    password=added.password,
                    name=added.name,
                    active=True,
                )
            )
            await _give(connection, added.id, added.roles)
        return added

    async def get(self, person_id: str) -> Person | None:
        async with self._database.reading() as connection:
            return await found(connection, person_id)

    async def by_email(self, email: str) -> Person | None:
        """The person with this address, active or not: the caller decides what an inactive one is told."""
        async with self._database.reading() as connection:
            return _one(await _select(connection, person.c.email == _folded(email)))

    async def of_campus(self, campus: str) -> Sequence[Person]:
        """Everybody of a campus, by name; those who left too, until they are forgotten."""
        async with self._database.reading() as connection:
            return await _select(connection, person.c.campus == campus)

    async def set_roles(self, person_id: str, roles: Iterable[Role]) -> bool:
        """Gives the person exactly these roles; False when there is no such person."""
        async with self._database.writing() as connection:
            known = await connection.scalar(
                sa.select(person.c.id).where(person.c.id == person_id).with_for_update()
            )
            if known is None:
                return False
            await connection.execute(person_role.delete().where(person_role.c.person == person_id))
            await _give(connection, person_id, frozenset(roles))
        return True

    async def set_password(self, person_id: str, password: str) -> bool:
        """Replaces the hash; False when there is no such person."""
        async with self._database.writing() as connection:
            changed = await connection.execute(
                person.update().where(person.c.id == person_id).values(password=password)
            )
            return changed.rowcount == 1

    async def deactivate(self, person_id: str, *, on: dt.date) -> bool:
        """Ends the person's membership: no session of theirs counts any more, and their term runs from `on`.

        False when there is no such active person. The caller closes their sockets.
        """
        async with self._database.writing() as connection:
            changed = await connection.execute(
                person.update()
                .where(person.c.id == person_id, person.c.active.is_(True))
                .values(active=False, left_on=on)
            )
            return changed.rowcount == 1


async def found(connection: AsyncConnection, person_id: str) -> Person | None:
    """The person with this id, read within the caller's transaction."""
    return _one(await _select(connection, person.c.id == person_id))


async def found_among(connection: AsyncConnection, ids: Collection[str]) -> dict[str, Person]:
    """From the ids to the persons that there are, read within the caller's transaction."""
    return {one.id: one for one in await _select(connection, person.c.id.in_(ids))}


async def _select(connection: AsyncConnection, which: sa.ColumnElement[bool]) -> Sequence[Person]:
    rows = await connection.execute(_EVERYBODY.where(which))
    # By place and not by name: a whole campus is read every few seconds, by the thread that carries messages.
    people: dict[str, tuple[tuple[Any, ...], list[Role]]] = {}
    for id_, role, *about in rows:
        _, roles = people.setdefault(id_, (tuple(about), []))
        if role is not None:
            roles.append(role)
    return [
        Person(id_, campus, email, password, name, frozenset(roles), active)
        for id_, ((campus, email, password, name, active), roles) in people.items()
    ]


def _one(people: Sequence[Person]) -> Person | None:
    return people[0] if people else None


async def _give(connection: AsyncConnection, person_id: str, roles: frozenset[Role]) -> None:
    if roles:
        rows = [{"person": person_id, "role": role} for role in sorted(roles)]
        await connection.execute(person_role.insert(), rows)


def _folded(email: str) -> str:
    return email.strip().casefold()
