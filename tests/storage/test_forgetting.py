from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import forgetting
from storage.alerts import Alerts
from storage.audit import Audit
from storage.contacts import Contact, Contacts
from storage.engine import Database, open_database
from storage.forgetting import Forgetting, Forgotten
from storage.migrate import upgrade
from storage.people import People
from storage.reach import Reach
from storage.sealing import SealingKeys
from storage.sessions import Sessions
from storage.tables import alert, contact, metadata

DAY = 86_400
AT = 1_800_000_000.0
TODAY = dt.datetime.fromtimestamp(AT, dt.UTC).date()
KEY = bytes(32)


def days(number: int) -> float:
    return AT + number * DAY


async def counted(database: Database) -> dict[str, int]:
    async with database.reading() as connection:
        found = {
            name: await connection.scalar(sa.select(sa.func.count()).select_from(table))
            for name, table in metadata.tables.items()
        }
    return {name: count for name, count in found.items() if count}


async def filled(database: Database) -> None:
    """One of everything, made today."""
    ada = await People(database).add(
        campus="north", email="ada@example.org", password="x", name="Ada", roles=["lead"]
    )
    await Sessions(database).create(hashlib.sha256(b"t").digest(), person_id=ada.id, at=AT, lasts=3600)
    reach = Reach(database)
    await reach.add(person_id=ada.id, channel="sms", sealed=b"x", label="phone", on=TODAY)
    await reach.use(hashlib.sha256(b"link").digest(), expires_at=AT + 900)
    await People(database).deactivate(ada.id, on=TODAY)
    alerts = Alerts(database)
    raised, _ = await alerts.raise_(
        key="k", conversation="c", campus="north", category="x", severity="crisis", source="seeker", at=AT
    )
    await alerts.record_delivery(
        alert=raised.id, rung=0, person=ada.id, channel="email", outcome="delivered", at=AT
    )
    await alerts.acknowledge(alert=raised.id, person=ada.id, at=AT, again_at=AT + 9)
    await alerts.close(alert=raised.id, person=ada.id, state="resolved", outcome="safe", at=AT)
    contacts = Contacts(database)
    contacts.add(Contact("north", TODAY, 0, "under_1", "under_5", "exams", "en", "helped"))
    await contacts.close()
    await SealingKeys(database).ensure(1, b"x", expires_at=AT + 3600)
    await Audit(database).begin(KEY)
    await Audit(database).append(actor="p", action="enter", subject_kind="alert", subject="a", at=AT)


async def test_nothing_goes_before_its_term(database: Database) -> None:
    await filled(database)
    before = await counted(database)
    assert await Forgetting(database).run(AT) == []
    assert await counted(database) == before


@pytest.mark.parametrize(
    ("after", "left"),
    [
        (
            1,
            {
                "person",
                "person_role",
                "session",
                "reach",
                "used_link",
                "alert",
                "alert_event",
                "delivery",
                "contact",
            },
        ),
        (2, {"person", "person_role", "reach", "alert", "alert_event", "delivery", "contact"}),
        (30, {"person", "person_role", "reach", "alert", "alert_event", "delivery", "contact"}),
        (31, {"alert", "delivery", "contact"}),
        (90, {"alert", "delivery", "contact"}),
        (91, {"alert", "contact"}),
        (400, {"alert", "contact"}),
        (401, set()),
    ],
)
async def test_everything_goes_when_its_term_has_come(database: Database, after: int, left: set[str]) -> None:
    await filled(database)
    await Forgetting(database).run(days(after))
    assert set(await counted(database)) == left | {"audit", "audit_chain", "forgotten"}


async def test_a_closed_alert_loses_its_person_and_exact_times_first(database: Database) -> None:
    await filled(database)
    done = await Forgetting(database).run(days(31))
    (part,) = [one.part for one in done if one.table == "alert"]
    assert part == "acknowledged_at+closed_at+entered_at+person+raised_at"
    async with database.reading() as connection:
        row = (await connection.execute(sa.select(alert))).one()
        seen = await Alerts(database).get(row.id)
    assert (row.person, row.raised_at, row.acknowledged_at, row.closed_at) == (None, None, None, None)
    assert (row.raised_on, row.outcome) == (TODAY, "safe")
    assert seen is not None
    assert seen.raised_at == dt.datetime.combine(TODAY, dt.time(), dt.UTC).timestamp()
    assert not [one for one in await Forgetting(database).run(days(31)) if one.table == "alert"]


async def test_an_open_alert_is_never_forgotten(database: Database) -> None:
    raised, _ = await Alerts(database).raise_(
        key="k", conversation="c", campus="north", category="x", severity="crisis", source="seeker", at=AT
    )
    await Forgetting(database).run(days(4000))
    assert await Alerts(database).get(raised.id) == raised


async def test_what_was_forgotten_is_on_record_and_adds_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "BATCH", 2)
    contacts = Contacts(database)
    for _ in range(5):
        contacts.add(Contact("north", TODAY, 0, "under_1", "under_5", "exams", "en", "helped"))
    await contacts.close()
    today = TODAY + dt.timedelta(401)
    expected = [Forgotten("contact", "rows", today, 5)]
    assert await Forgetting(database).run(days(401)) == expected
    assert await Forgetting(database).record() == expected
    assert await Forgetting(database).run(days(401)) == []


async def test_the_audit_goes_after_three_years_and_stays_whole(database: Database) -> None:
    await filled(database)
    await Forgetting(database).run(days(1096))
    assert [entry.action for entry in await Audit(database).latest(9)] == ["enter"]
    done = await Forgetting(database).run(days(1097))
    assert Forgotten("audit", "rows", TODAY + dt.timedelta(1097), 1) in done
    assert [entry.action for entry in await Audit(database).latest(9)] == ["forget"]
    assert await Audit(database).verify(KEY) is None


async def test_sqlite_files_hold_nothing_of_what_was_forgotten(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    await upgrade(url)
    database = open_database(url)
    async with database.writing() as connection:
        await connection.execute(
            contact.insert().values(
                id="mark-of-a-contact",
                campus="north",
                day=TODAY,
                six_hour_block=0,
                wait_bucket="under_1",
                duration_bucket="under_5",
                topic="x",
                language="en",
                outcome="x",
            )
        )

    def held() -> bool:
        return any(b"mark-of-a-contact" in file.read_bytes() for file in tmp_path.iterdir())

    assert held()
    await Forgetting(database).run(days(401))
    assert not held()
    await database.close()
