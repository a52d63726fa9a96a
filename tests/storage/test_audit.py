from __future__ import annotations

import asyncio
import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import asdict

import pytest
import sqlalchemy as sa

from storage.audit import Audit, forget_before
from storage.chain import Entry, Flaw, Head
from storage.engine import Database, open_database
from storage.errors import Broken
from storage.tables import audit, audit_chain
from tests.support.tampering import FIRST_KEY, TAMPERINGS, Record, grown

AT = 1_800_000_000.0
KEY = bytes(range(32))
TODAY = dt.datetime.fromtimestamp(AT, dt.UTC).date()


@pytest.fixture
async def chain(database: Database) -> Audit:
    begun = Audit(database)
    assert await begun.begin(KEY)
    return begun


async def done(chain: Audit, subject: str = "a1", *, at: float = AT) -> Entry:
    return await chain.append(actor="p1", action="acknowledge", subject_kind="alert", subject=subject, at=at)


async def tampered(database: Database, *statements: sa.Executable) -> None:
    async with database.writing() as connection:
        for statement in statements:
            await connection.execute(statement)


async def five(chain: Audit) -> Sequence[Entry]:
    return [await done(chain, f"a{number}", at=AT + 60 * number) for number in range(5)]


async def test_an_entry_keeps_who_what_and_the_minute(chain: Audit) -> None:
    entry = await chain.append(
        actor="p1", action="enter", subject_kind="conversation", subject="c1", at=AT + 59
    )
    assert entry == Entry(1, int(AT // 60), "p1", "enter", "conversation", "c1")
    second = await done(chain)
    assert await chain.latest(10) == [second, entry]
    assert await chain.verify(KEY) is None


async def test_an_empty_chain_is_whole(chain: Audit) -> None:
    assert await chain.verify(KEY) is None
    assert (await chain.head()).seq == 0


async def test_a_chain_begins_once(chain: Audit) -> None:
    await done(chain)
    assert not await chain.begin(bytes(32))
    assert await chain.verify(KEY) is None


async def test_nothing_is_recorded_before_the_chain_begins(database: Database) -> None:
    with pytest.raises(Broken):
        await done(Audit(database))
    assert await Audit(database).verify(KEY) == Flaw(0, "no_chain")


async def test_the_first_key_is_not_kept(chain: Audit, database: Database) -> None:
    await done(chain)
    async with database.reading() as connection:
        assert await connection.scalar(sa.select(audit_chain.c.key)) != KEY


async def test_another_key_does_not_verify(chain: Audit) -> None:
    await five(chain)
    assert await chain.verify(bytes(32)) == Flaw(1, "altered")


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "p2"},
        {"action": "resolve"},
        {"subject_kind": "person"},
        {"subject": "a9"},
        {"minute": 1},
        {"mac": bytes(32)},
        {"previous": bytes(32)},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_changed_entry_shows(chain: Audit, database: Database, change: dict[str, object]) -> None:
    await five(chain)
    await tampered(database, audit.update().where(audit.c.seq == 3).values(change))
    assert await chain.verify(KEY) == Flaw(3, "altered")


async def test_text_moved_from_one_field_to_the_next_shows(chain: Audit, database: Database) -> None:
    await chain.append(actor="p1", action="view", subject_kind="alert", subject="a1", at=AT)
    await tampered(database, audit.update().values(actor="p1v", action="iew"))
    assert await chain.verify(KEY) == Flaw(1, "altered")


@pytest.mark.parametrize("seq", [1, 3, 5])
async def test_a_removed_entry_shows(chain: Audit, database: Database, seq: int) -> None:
    await five(chain)
    await tampered(database, audit.delete().where(audit.c.seq == seq))
    flaw = await chain.verify(KEY)
    assert flaw == Flaw(seq, "cut_off" if seq == 5 else "missing")


async def test_a_removed_entry_shows_when_the_others_are_moved_up(chain: Audit, database: Database) -> None:
    await five(chain)
    moves = [audit.update().where(audit.c.seq == seq).values(seq=seq - 1) for seq in (4, 5)]
    await tampered(database, audit.delete().where(audit.c.seq == 3), *moves)
    assert await chain.verify(KEY) == Flaw(3, "altered")


async def test_swapped_entries_show(chain: Audit, database: Database) -> None:
    await five(chain)
    moves = [
        audit.update().where(audit.c.seq == old).values(seq=new) for old, new in ((2, 99), (3, 2), (99, 3))
    ]
    await tampered(database, *moves)
    assert await chain.verify(KEY) == Flaw(2, "altered")


async def test_a_chain_cut_off_with_its_end_rewritten_shows(chain: Audit, database: Database) -> None:
    await five(chain)
    async with database.reading() as connection:
        third = await connection.scalar(sa.select(audit.c.mac).where(audit.c.seq == 3))
    await tampered(
        database,
        audit.delete().where(audit.c.seq > 3),
        audit_chain.update().values(next_seq=4, head=third),
    )
    assert await chain.verify(KEY) == Flaw(4, "cut_off")


async def test_entries_taken_from_the_start_show(chain: Audit, database: Database) -> None:
    await five(chain)
    async with database.reading() as connection:
        second = await connection.scalar(sa.select(audit.c.mac).where(audit.c.seq == 2))
    await tampered(
        database,
        audit.delete().where(audit.c.seq <= 2),
        audit_chain.update().values(anchor_seq=3, anchor=second),
    )
    assert await chain.verify(KEY) == Flaw(2, "missing")


async def test_a_database_set_back_to_an_older_copy_shows_against_a_recorded_head(
    chain: Audit, database: Database
) -> None:
    await done(chain)
    async with database.reading() as connection:
        old = (await connection.execute(sa.select(audit_chain))).one()._asdict()
    await done(chain)
    recorded = await chain.head()
    assert await chain.verify(KEY, recorded) is None
    await tampered(database, audit.delete().where(audit.c.seq > 1), audit_chain.update().values(old))
    assert await chain.verify(KEY) is None
    assert await chain.verify(KEY, recorded) == Flaw(2, "cut_off")
    await done(chain, "another")
    assert await chain.verify(KEY, recorded) == Flaw(2, "not_the_recorded_head")


async def test_what_is_recorded_at_once_stands_in_one_line(database_url: str) -> None:
    """Two handles on the same database are, to it, two processes."""
    one, other = open_database(database_url), open_database(database_url)
    chains = (Audit(one), Audit(other))
    begun = await asyncio.gather(*(chain.begin(KEY) for chain in chains))
    assert sorted(begun) == [False, True]
    await asyncio.gather(*(done(chains[number % 2], f"a{number}") for number in range(20)))
    assert await chains[0].verify(KEY) is None
    assert {entry.subject for entry in await chains[1].latest(99)} == {f"a{n}" for n in range(20)}
    await one.close()
    await other.close()


async def test_the_chain_stays_whole_when_its_oldest_entries_are_forgotten(
    chain: Audit, database: Database
) -> None:
    day = 86_400
    for number in range(5):
        await done(chain, f"a{number}", at=AT + number * day)
    recorded = await chain.head()
    for expected in (2, 1, 0):
        async with database.writing() as connection:
            gone = await forget_before(connection, TODAY + dt.timedelta(3), limit=2, at=AT + 9 * day)
        assert gone == expected
        assert await chain.verify(KEY, recorded) is None
    await done(chain, at=AT + 10 * day)
    assert await chain.verify(KEY, Head(1, "long gone")) is None
    assert [entry.action for entry in await chain.latest(3)] == ["acknowledge", "forget", "forget"]


async def put(database: Database, before: Record, after: Record) -> None:
    """Makes the rows of the database those of `after`; they are those of `before`."""
    gone, new = set(before.rows) - set(after.rows), set(after.rows) - set(before.rows)
    seqs = sorted(row.seq for row in gone)
    async with database.writing(deadline=60) as connection:
        for start in range(0, len(seqs), 500):
            await connection.execute(audit.delete().where(audit.c.seq.in_(seqs[start : start + 500])))
        if new:
            await connection.execute(audit.insert(), [asdict(row) for row in new])
        await connection.execute(audit_chain.update().values(asdict(after.end)))


async def test_all_kinds_of_tampering_with_thousands_of_entries_show_in_the_database(
    chain: Audit, database: Database
) -> None:
    """Two places for each kind: the first or the last entry, and one by chance."""
    count, chance = 2_500, random.Random(7)  # noqa: S311 - it chooses places, no secrets
    whole = grown(count)
    await put(database, Record((), whole.end), whole)
    assert await chain.verify(FIRST_KEY) is None
    hidden = []
    for name, tampering in TAMPERINGS:
        for seq in (chance.choice((1, count)), chance.randint(2, count - 1)):
            touched = tampering(whole, seq, chance.randint(1, count))
            if touched == whole:
                continue
            await put(database, whole, touched)
            if await chain.verify(FIRST_KEY) is None:
                hidden.append((name, seq))
            await put(database, touched, whole)
    assert hidden == []
    assert await chain.verify(FIRST_KEY) is None
    await done(chain)
    assert await chain.verify(FIRST_KEY) is None


async def test_entries_that_are_added_while_the_chain_is_checked_are_no_flaw(chain: Audit) -> None:
    await five(chain)
    flaws = await asyncio.gather(*(chain.verify(KEY) if n % 2 else done(chain, f"b{n}") for n in range(40)))
    assert [flaw for flaw in flaws if isinstance(flaw, Flaw)] == []


async def test_entries_before_the_start_show(chain: Audit, database: Database) -> None:
    entries = await five(chain)
    async with database.writing() as connection:
        await forget_before(connection, TODAY + dt.timedelta(1), limit=2, at=AT + 86_400)
    assert await chain.verify(KEY) is None
    lie = {**asdict(entries[0]), "day": TODAY, "previous": bytes(32), "mac": bytes(32)}
    await tampered(database, audit.insert().values(lie))
    assert await chain.verify(KEY) == Flaw(7, "added")


async def test_a_start_that_makes_no_sense_is_a_flaw_and_takes_no_time(
    chain: Audit, database: Database
) -> None:
    await five(chain)
    await tampered(database, audit_chain.update().values(anchor_seq=2**60, next_seq=2**61))
    assert await chain.verify(KEY) == Flaw(0, "altered")


async def test_what_was_forgotten_too_early_shows_against_a_dated_head(
    chain: Audit, database: Database
) -> None:
    await five(chain)
    noted = await chain.head()
    assert noted.day == TODAY
    for subject in ("later", "latest"):
        await done(chain, subject, at=AT + 3 * 86_400)
    async with database.writing() as connection:
        assert await forget_before(connection, TODAY + dt.timedelta(1), limit=99, at=AT + 86_400) == 5
    assert await chain.verify(KEY, noted) is None
    assert await chain.verify(KEY, noted, today=TODAY + dt.timedelta(1097)) is None
    assert await chain.verify(KEY, noted, today=TODAY + dt.timedelta(4)) == Flaw(5, "forgotten_too_early")
