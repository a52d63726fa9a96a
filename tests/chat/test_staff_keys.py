"""Staff keys: made once, replaced at will, and of no use to who has only the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chat.sealing import Unopenable, derived
from chat.staff_keys import POINT, StaffKeys, unwritten
from storage.engine import Database, open_database
from storage.forgetting import Forgetting
from storage.migrate import upgrade
from storage.staff_keys import StaffKeyRows
from tests.support.envelopes import sealed

SECRET = derived(b"s" * 32, "staff key")
DAY = 86_400.0


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'warmline.db'}"
    await upgrade(url)
    database = open_database(url)
    yield database
    await database.close()


def keys(database: Database, *, at: float = 1_000_000.0, campus: str = "north") -> StaffKeys:
    return StaffKeys(StaffKeyRows(database), secret=SECRET, campus=campus, clock=lambda: at)


async def test_the_first_start_makes_a_key_and_every_process_opens_with_it(database: Database) -> None:
    one, two = keys(database), keys(database)
    assert one.newest is None
    await one.renew()
    await two.renew()
    assert one.newest is not None
    assert one.newest == two.newest
    assert len(unwritten(one.newest[1])) == POINT
    name, public = one.newest
    found = two.open(name, unwritten(sealed(public, "c1", "Hall B", "Knock")), "c1")
    assert (found.where, found.reach) == ("Hall B", "Knock")
    assert "Hall" not in repr(found)


async def test_what_was_sealed_opens_in_its_own_conversation_only_and_unaltered(database: Database) -> None:
    own = keys(database)
    await own.renew()
    assert own.newest is not None
    name, public = own.newest
    box = unwritten(sealed(public, "c1", "Hall B", ""))
    for key, content, conversation in (
        (name, box, "c2"),
        ("another", box, "c1"),
        (name, box[:-1] + bytes([box[-1] ^ 1]), "c1"),
        (name, b"\x04" + box[1:10], "c1"),
        (name, b"", "c1"),
    ):
        with pytest.raises(Unopenable):
            own.open(key, content, conversation)


async def test_a_new_key_is_sealed_to_from_then_on_and_the_one_before_opens_for_a_day(
    database: Database,
) -> None:
    own = keys(database)
    await own.renew()
    assert own.newest is not None
    name, public = own.newest
    box = unwritten(sealed(public, "c1", "Hall B", ""))
    fresh = await own.replace()
    await own.renew()
    assert own.newest[0] == fresh != name
    assert own.open(name, box, "c1").where == "Hall B"
    await Forgetting(database).run(1_000_000.0 + 1.1 * DAY)
    await own.renew()
    with pytest.raises(Unopenable):
        own.open(name, box, "c1")


async def test_another_campus_and_another_secret_open_nothing(database: Database) -> None:
    own, other = keys(database), keys(database, campus="south")
    await own.renew()
    await other.renew()
    assert own.newest is not None
    name, public = own.newest
    box = unwritten(sealed(public, "c1", "Hall B", ""))
    with pytest.raises(Unopenable):
        other.open(name, box, "c1")
    wrong = StaffKeys(
        StaffKeyRows(database), secret=derived(b"t" * 32, "staff key"), campus="north", clock=lambda: 0.0
    )
    await wrong.renew()
    assert wrong.newest is None
