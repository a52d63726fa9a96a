from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from storage.contacts import BATCH, LIMIT, Contact, Contacts
from storage.engine import Database, open_database
from storage.errors import Unavailable
from storage.tables import contact

TODAY = dt.date(2030, 1, 2)


def one(topic: str = "exams", day: dt.date = TODAY) -> Contact:
    return Contact("north", day, 3, "1_to_5", "30_to_60", topic, "en", "helped", "concern", 4, -1)


async def topics(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list(await connection.scalars(sa.select(contact.c.topic).order_by(contact.c.id)))


async def test_few_contacts_of_a_day_wait_for_company(database: Database) -> None:
    contacts = Contacts(database)
    for number in range(BATCH - 1):
        contacts.add(one(f"t{number}"))
    assert await contacts.flush(TODAY) == 0
    assert await topics(database) == []
    contacts.add(one("last"))
    assert await contacts.flush(TODAY) == BATCH
    assert len(await topics(database)) == BATCH
    assert len(contacts) == 0
    assert await contacts.flush(TODAY) == 0


async def test_what_is_left_is_written_when_its_day_is_over(database: Database) -> None:
    contacts = Contacts(database)
    contacts.add(one(day=TODAY - dt.timedelta(1)))
    assert await contacts.flush(TODAY) == 1


async def test_what_is_left_is_written_when_the_process_ends(database: Database) -> None:
    contacts = Contacts(database)
    contacts.add(one())
    assert await contacts.close() == 1
    assert await contacts.close() == 0


async def test_the_rows_stand_in_no_order_of_arrival(database: Database) -> None:
    """Forty rows that stand as they came, by chance, are less likely than any fault of the machine."""
    contacts = Contacts(database)
    came = [f"t{number}" for number in range(40)]
    for topic in came:
        contacts.add(one(topic))
    await contacts.flush(TODAY)
    place: sa.ColumnClause[object] = sa.literal_column("rowid" if database.is_sqlite else "ctid")
    async with database.reading() as connection:
        stored = list(await connection.scalars(sa.select(contact.c.topic).order_by(place)))
    assert sorted(stored) == sorted(came)
    assert stored != came
    assert await topics(database) != came


async def test_contacts_outlast_a_database_that_is_away(tmp_path_factory: pytest.TempPathFactory) -> None:
    away = open_database(f"sqlite:///{tmp_path_factory.mktemp('x')}/no/folder.db")
    contacts = Contacts(away)
    for _ in range(BATCH):
        contacts.add(one())
    with pytest.raises(Unavailable):
        await contacts.flush(TODAY)
    assert len(contacts) == BATCH
    await away.close()


def test_no_more_wait_than_fit() -> None:
    contacts = Contacts(open_database("sqlite:///never-opened.db"))
    for number in range(LIMIT + 5):
        contacts.add(one(f"t{number}"))
    assert len(contacts) == LIMIT


async def test_a_contact_is_stored_as_it_was(database: Database) -> None:
    contacts = Contacts(database)
    contacts.add(one())
    await contacts.close()
    async with database.reading() as connection:
        row = (await connection.execute(sa.select(contact))).one()
    assert Contact(**{k: v for k, v in row._asdict().items() if k != "id"}) == one()
