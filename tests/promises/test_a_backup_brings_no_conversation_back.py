"""Promises 1 and 2 for whoever takes a backup: with the secret and the memory of Redis too, nothing opens."""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from chat.keyring import Keyring
from chat.sealing import Ring, Unopenable, derived
from storage.engine import open_database
from storage.sealing import SealingKeys
from storage.tables import metadata
from tests.support.client import Seeker, Teammate
from tests.support.postgres import Postgres
from tests.support.process import Installation, installed
from tests.support.search import values
from tests.support.valkey import Valkey

SCRIPT = Path(__file__).resolve().parents[2] / "deploy" / "backup.py"
KEYS = ("sealing_key", "staff_key", "session")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str, Postgres | None]]:
    """Addresses of the database in use and of an empty one to restore to, and the server of both."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'live.sqlite3'}", f"sqlite:///{tmp_path / 'restored.sqlite3'}", None
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as live, server.database() as restored:
        yield live, restored, server


def back_up(url: str, file: Path, server: Postgres | None) -> subprocess.CompletedProcess[str]:
    path = f"{server.binaries}:{os.environ['PATH']}" if server else os.environ["PATH"]
    environ = os.environ | {"WARMLINE_DATABASE_URL": url, "PATH": path}
    return subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(file)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def restore(file: Path, url: str, server: Postgres | None) -> None:
    if server is None:
        Path(url.removeprefix("sqlite:///")).write_bytes(file.read_bytes())
    else:
        name = url.split("/")[3].partition("?")[0]
        server.run("pg_restore", "--no-owner", "--exit-on-error", "--dbname", name, str(file))


async def rows(url: str) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    database = open_database(url)
    try:
        async with database.reading(deadline=30) as connection:
            return {
                table.name: [repr(tuple(row)) for row in await connection.execute(sa.select(table))]
                for table in metadata.tables.values()
            }
    finally:
        await database.close()


async def ring_of(url: str, secret: bytes) -> Ring:
    """All keys that whoever has this database and the secret can make of them."""
    database, ring = open_database(url), Ring()
    try:
        await Keyring(ring, SealingKeys(database), derived(secret, "ring"), time.time).renew()
    finally:
        await database.close()
    return ring


def taken(valkey: Valkey, conversation: str) -> bytes:
    """The wrapped key of a conversation, as whoever has the memory of Redis finds it."""
    (meta,) = [
        parts for key, parts in values(valkey).items() if key.endswith(f":c:{conversation}:m".encode())
    ]
    return meta[meta.index(b"k") + 1]


async def talk(house: Installation, mark: str) -> tuple[Seeker, Teammate, str]:
    sam = Teammate(house.url, await house.sign_in("sam"))
    await sam.open()
    await sam.hello()
    await sam.ready(1)
    seeker = Seeker(house.url)
    await seeker.open()
    await seeker.hello()
    await seeker.join()
    conversation = (await sam.accept())["conversation"]
    await seeker.say(f"something about {mark}")
    await sam.say(conversation, f"an answer about {mark}")
    await seeker.until(lambda: len(seeker.talk.promised) == seeker.talk.said, "acknowledged")
    return seeker, sam, conversation


async def test_of_a_backup_from_the_middle_of_a_conversation_nothing_opens_and_all_else_is_there(
    private_valkey: Callable[[], Valkey], tmp_path: Path, place: tuple[str, str, Postgres | None]
) -> None:
    live, restored, server = place
    mark, file, valkey = secrets.token_hex(10), tmp_path / "backup", private_valkey()
    secret = secrets.token_bytes(32)
    async with installed(
        tmp_path,
        valkey,
        database_url=live,
        people={"sam": ["supporter"]},
        secret=base64.b64encode(secret).decode(),
    ) as house:
        seeker, sam, conversation = await talk(house, mark)
        told = await asyncio.to_thread(back_up, live, file, server)
        assert told.returncode == 0, told.stderr
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        wrapped = taken(valkey, conversation)
        (await ring_of(live, secret)).unwrap(wrapped, conversation)  # with the database in use it does open
        for client in (seeker, sam):
            await client.cut()
        house.servers[0].kill()
        await asyncio.to_thread(restore, file, restored, server)

        # Nobody who has the backup, the secret and the memory of Redis of that moment opens the conversation.
        before, after = await rows(live), await rows(restored)
        assert [name for name in KEYS if before[name] and not after[name]] == list(KEYS)
        with pytest.raises(Unopenable):
            (await ring_of(restored, secret)).unwrap(wrapped, conversation)
        assert not [words for words in (mark, conversation) if words in repr(after)]
        assert mark.encode() not in file.read_bytes()

        # Who restores it goes on with it: people are there, the record is whole, terms come to their end.
        assert len(after["person"]) == 1
        house.environ["WARMLINE_DATABASE_URL"] = restored
        forgot = await asyncio.to_thread(house.command, "forget")
        assert forgot.returncode == 0, forgot.stderr
        key = tmp_path / "first-key"
        key.write_text(house.audit_key.hex())
        verified = await asyncio.to_thread(house.command, "audit", "verify", "--key", str(key))
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_backup_overwrites_nothing_and_leaves_nothing_half(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("older")
    again = back_up(f"sqlite:///{tmp_path / 'none.sqlite3'}", there, None)
    assert (again.returncode, there.read_text()) == (1, "older")
    missing = back_up(f"sqlite:///{tmp_path / 'none.sqlite3'}", tmp_path / "new", None)
    assert missing.returncode == 1
    assert missing.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists()
    assert back_up("mysql://somewhere", tmp_path / "new", None).returncode == 2
