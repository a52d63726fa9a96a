from __future__ import annotations

import datetime as dt

import pytest

from storage.engine import Database
from storage.errors import Conflict
from storage.people import People, Person


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


async def added(people: People, email: str = "ada@example.org", *, name: str = "Ada") -> Person:
    return await people.add(
        campus="north", email=email, password="$argon2id$x", name=name, roles=["lead", "supporter"]
    )


async def test_a_person_is_found_again_whole(people: People) -> None:
    ada = await added(people)
    assert ada.roles == {"lead", "supporter"}
    assert await people.get(ada.id) == ada
    assert await people.by_email(" ADA@Example.org") == ada
    assert await people.get("nobody") is None
    assert await people.by_email("bob@example.org") is None


async def test_an_address_belongs_to_one_person(people: People) -> None:
    await added(people)
    with pytest.raises(Conflict):
        await added(people, "Ada@example.org")


async def test_a_campus_lists_its_people_by_name(people: People) -> None:
    zoe = await added(people, "zoe@example.org", name="Zoe")
    ada = await added(people)
    await people.add(campus="south", email="bob@example.org", password="x", name="Bob")
    assert await people.of_campus("north") == [ada, zoe]


async def test_roles_are_replaced_as_a_whole(people: People) -> None:
    ada = await added(people)
    assert await people.set_roles(ada.id, ["coordinator"])
    changed = await people.get(ada.id)
    assert changed is not None
    assert changed.roles == {"coordinator"}
    assert await people.set_roles(ada.id, [])
    bare = await people.get(ada.id)
    assert bare is not None
    assert bare.roles == frozenset()
    assert not await people.set_roles("nobody", ["lead"])


async def test_who_leaves_is_inactive_once(people: People) -> None:
    ada = await added(people)
    assert await people.deactivate(ada.id, on=dt.date(2030, 1, 1))
    assert not await people.deactivate(ada.id, on=dt.date(2030, 1, 2))
    left = await people.get(ada.id)
    assert left is not None
    assert not left.active


async def test_a_new_hash_replaces_the_old(people: People) -> None:
    ada = await added(people)
    assert await people.set_password(ada.id, "$argon2id$y")
    changed = await people.get(ada.id)
    assert changed is not None
    assert changed.password == "$argon2id$y"
    assert not await people.set_password("nobody", "x")


async def test_printing_a_person_shows_neither_address_nor_hash(people: People) -> None:
    ada = await added(people)
    assert "example.org" not in repr(ada)
    assert "argon2id" not in repr(ada)
    assert "Ada" not in repr(ada)
