"""`warmline audit`: it says whether the record is whole, and what is wrong and where."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from chat.cli import commands
from storage.audit import Audit
from storage.chain import Head
from storage.engine import open_database
from storage.migrate import upgrade
from storage.tables import audit, audit_chain
from tests.support.postgres import Postgres
from tests.support.tampering import FIRST_KEY, grown

COUNT = 1_200
CANARY = "heron-4417"


@dataclass
class Installation:
    url: str
    folder: Path

    def run(self, *arguments: str, given: str = FIRST_KEY.hex() + "\n") -> Result:
        environ = {"WARMLINE_DATABASE_URL": self.url}
        return CliRunner().invoke(commands, ["audit", *arguments], input=given, env=environ)

    def tampered(self, *statements: sa.Executable) -> None:
        async def work() -> None:
            database = open_database(self.url, deadline=60)
            async with database.writing(deadline=60) as connection:
                for statement in statements:
                    await connection.execute(statement)
            await database.close()

        asyncio.run(work())

    def heads(self, *heads: object) -> str:
        path = self.folder / "heads.txt"
        path.write_text("# as they were mailed\n\n" + "\n".join(map(str, heads)))
        return str(path)


@pytest.fixture(params=["sqlite", "postgresql"])
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    if request.param == "sqlite":
        yield filled(f"sqlite:///{tmp_path / 'warmline.sqlite3'}", tmp_path)
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        yield filled(url, tmp_path)


def filled(url: str, folder: Path) -> Installation:
    made, whole = Installation(url, folder), grown(COUNT)

    async def begin() -> None:
        await upgrade(url)
        database = open_database(url, deadline=60)
        await Audit(database).begin(FIRST_KEY)
        async with database.writing(deadline=60) as connection:
            await connection.execute(audit.insert(), [asdict(row) for row in whole.rows])
            await connection.execute(audit_chain.update().values(asdict(whole.end)))
        await database.close()

    asyncio.run(begin())
    return made


def test_a_whole_record_is_said_to_be_whole_and_its_head_checks_it_later(here: Installation) -> None:
    told = here.run("verify")
    assert told.exit_code == 0
    assert told.output == f"The record is whole up to entry {COUNT}; no noted head was given.\n"
    head = here.run("head").output.strip()
    assert head.endswith(f"{COUNT}:{grown(COUNT).end.head.hex()}")
    again = here.run("verify", "--head", head, "--heads", here.heads(head, Head(1, grown(1).end.head.hex())))
    assert (again.exit_code, again.output) == (
        0,
        f"The record is whole up to entry {COUNT}, and agrees with 3 noted heads.\n",
    )


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (
            [audit.update().where(audit.c.seq == 600).values(actor="nobody")],
            "Entry 600 is not what was written",
        ),
        ([audit.delete().where(audit.c.seq == 600)], "Entry 600 is missing"),
        (
            [
                audit.update().where(audit.c.seq == old).values(seq=new)
                for old, new in ((600, 9999), (601, 600), (9999, 601))
            ],
            "Entry 600 is not what was written",
        ),
        ([audit.delete().where(audit.c.seq > 600)], "The record ends before entry 601"),
        ([audit_chain.delete()], "The record was never begun"),
    ],
    ids=["changed", "removed", "reordered", "cut off", "gone"],
)
def test_what_was_done_to_it_is_named_with_the_entry(
    here: Installation, statements: Sequence[sa.Executable], said: str
) -> None:
    here.tampered(*statements)
    told = here.run("verify")
    assert told.exit_code == 1
    assert told.output.startswith(said)
    assert len(told.output.splitlines()) == 1


def test_an_older_copy_is_found_by_the_heads_alone(here: Installation) -> None:
    head = here.run("head").output.strip()
    older = grown(700)
    here.tampered(audit.delete().where(audit.c.seq > 700), audit_chain.update().values(asdict(older.end)))
    assert here.run("verify").exit_code == 0
    told = here.run("verify", "--heads", here.heads(head))
    assert (told.exit_code, told.output.split(":")[0]) == (1, "The record ends before entry 701")


@pytest.fixture
def small(tmp_path: Path) -> Installation:
    return filled(f"sqlite:///{tmp_path / 'warmline.sqlite3'}", tmp_path)


def test_the_key_comes_from_a_file_or_from_standard_input(small: Installation, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(FIRST_KEY.hex())
    assert small.run("verify", "--key", str(path), given="").exit_code == 0
    assert small.run("verify", "--key", "-").exit_code == 0
    other = small.run("verify", given="ab" * 32)
    assert (other.exit_code, "the key of another record" in other.output) == (1, True)


@pytest.mark.parametrize("given", ["", CANARY, "ab" * 31, "é" * 64])
def test_what_is_no_key_is_refused_without_being_quoted(small: Installation, given: str) -> None:
    told = small.run("verify", given=given)
    assert told.exit_code == 2
    assert CANARY not in told.output
    assert "hexadecimal" in told.output or "cannot be read" in told.output


def test_a_head_that_is_none_is_refused_with_its_line(small: Installation) -> None:
    told = small.run("verify", "--heads", small.heads(Head(1, "ab" * 32), CANARY))
    assert told.exit_code == 2
    assert "line 4 of the heads" in told.output
    assert CANARY not in told.output
    assert "--head 1" in small.run("verify", "--head", "17").output
