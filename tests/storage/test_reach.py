from __future__ import annotations

import datetime as dt
import hashlib

import pytest
import sqlalchemy as sa

from storage.engine import Database
from storage.errors import Conflict
from storage.people import People
from storage.reach import Reach
from storage.tables import person

AT = 1_800_000_000.0
TODAY = dt.datetime.fromtimestamp(AT, dt.UTC).date()
SEALED = b"\x8f" * 80


@pytest.fixture
def reach(database: Database) -> Reach:
    return Reach(database)


async def joined(database: Database, name: str = "ada", campus: str = "north") -> str:
    added = await People(database).add(campus=campus, email=f"{name}@example.org", password="x", name=name)
    return added.id


async def told(reach: Reach, whom: str, channel: str = "sms") -> str:
    return await reach.add(person_id=whom, channel=channel, sealed=SEALED, label="my phone", on=TODAY)


async def test_an_address_is_found_again_as_it_was_sealed_and_untested(
    database: Database, reach: Reach
) -> None:
    ada = await joined(database)
    phone = await told(reach, ada)
    (found,) = await reach.of_person(ada)
    assert (found.id, found.channel, found.sealed, found.label) == (phone, "sms", SEALED, "my phone")
    assert found.tried_at is found.confirmed_at is None
    assert "my phone" not in repr(found)
    assert await reach.of_campus("north") == [found]
    assert await reach.of_campus("south") == []


async def test_only_somebody_who_exists_has_an_address(reach: Reach) -> None:
    with pytest.raises(Conflict):
        await told(reach, "nobody")


async def test_an_address_goes_with_its_person(database: Database, reach: Reach) -> None:
    ada = await joined(database)
    await told(reach, ada)
    async with database.writing() as connection:
        await connection.execute(sa.delete(person).where(person.c.id == ada))
    assert await reach.of_person(ada) == []


async def test_nobody_removes_or_confirms_what_is_not_theirs(database: Database, reach: Reach) -> None:
    ada, ben = await joined(database), await joined(database, "ben")
    phone = await told(reach, ada)
    assert not await reach.confirm(phone, person_id=ben, at=AT)
    assert not await reach.remove(phone, person_id=ben)
    assert await reach.confirm(phone, person_id=ada, at=AT)
    assert await reach.remove(phone, person_id=ada)
    assert not await reach.remove(phone, person_id=ada)
    assert await reach.of_person(ada) == []


async def test_a_test_that_was_sent_is_no_test_that_was_confirmed(database: Database, reach: Reach) -> None:
    ada = await joined(database)
    phone = await told(reach, ada)
    assert await reach.tried(phone, at=AT)
    assert (await reach.tested("north", since=0))[ada] == frozenset()
    assert await reach.confirm(phone, person_id=ada, at=AT + 60)
    assert (await reach.tested("north", since=AT))[ada] == {"sms"}
    (found,) = await reach.of_person(ada)
    assert (found.tried_at, found.confirmed_at) == (AT, AT + 60)
    assert not await reach.tried("nothing", at=AT)


async def test_who_has_a_tested_channel_counts_the_active_of_one_campus_and_what_is_recent(
    database: Database, reach: Reach
) -> None:
    ada, ben = await joined(database), await joined(database, "ben")
    eve, zoe = await joined(database, "eve"), await joined(database, "zoe", campus="south")
    for whom in (ada, eve, zoe):
        await reach.confirm(await told(reach, whom, "email"), person_id=whom, at=AT)
    await People(database).deactivate(eve, on=TODAY)
    assert await reach.tested("north", since=AT) == {ada: {"email"}, ben: frozenset()}
    assert await reach.tested("north", since=AT + 1) == {ada: frozenset(), ben: frozenset()}
    assert {found.person for found in await reach.of_campus("north")} == {ada}


async def test_a_link_is_used_once(reach: Reach) -> None:
    digest = hashlib.sha256(b"secret").digest()
    assert not await reach.is_used(digest)
    assert await reach.use(digest, expires_at=AT)
    assert await reach.is_used(digest)
    assert not await reach.use(digest, expires_at=AT)
