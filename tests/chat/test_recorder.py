"""The record is written before what must not go unseen, and later where somebody's life may depend on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat.recorder import Recorder
from storage.audit import Audit
from storage.errors import Broken
from storage.tables import audit_chain
from tests.support.turning import KEY_OF_ALL, NOON, House, house


async def away(here: House) -> None:
    """From here on nothing can be recorded."""
    async with here.database.writing() as connection:
        await connection.execute(audit_chain.delete())


async def back(here: House) -> None:
    assert await Audit(here.database).begin(KEY_OF_ALL)


async def test_what_cannot_be_written_down_first_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.recorder.first("cleo", "propose", "term", "en:x")
        await away(here)
        with pytest.raises(Broken):
            await here.recorder.first("cleo", "propose", "term", "en:y")


async def test_what_was_done_is_written_down_later_with_the_time_at_which_it_was_done(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await away(here)
        assert await here.recorder.note("omar", "acknowledge", "alert", "a1")
        assert await here.recorder.note("omar", "enter", "conversation", "c1")
        with pytest.raises(Broken):
            await here.recorder.catch_up()
        await back(here)
        here.now += 3600
        assert await here.recorder.catch_up() == 2
        assert await here.recorder.catch_up() == 0
        entries = list(reversed(await here.audit.latest(9)))
        assert [(e.actor, e.action, e.minute) for e in entries] == [
            ("omar", "acknowledge", NOON // 60),
            ("omar", "enter", NOON // 60),
        ]
        assert await here.audit.verify(KEY_OF_ALL) is None


async def test_another_process_writes_down_what_a_dead_one_left(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await away(here)
        await here.recorder.note("omar", "acknowledge", "alert", "a1")
        other = Recorder(here.audit, tmp_path / "record", lambda: here.now, here.failures.append)
        await back(here)
        assert await other.catch_up() == 0  # its process lives
        here.recorder.close()
        assert await other.catch_up() == 1
        assert await other.catch_up() == 0
        assert list((tmp_path / "record").iterdir()) == []


async def test_a_torn_line_hides_no_other(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await away(here)
        await here.recorder.note("omar", "acknowledge", "alert", "a1")
        here.recorder.close()
        (left,) = (tmp_path / "record").iterdir()
        left.write_bytes(left.read_bytes() + b'["omar","ent')
        await back(here)
        assert await here.recorder.catch_up() == 1


async def test_with_the_disk_gone_too_it_is_kept_in_memory_and_said_to_be_unsafe(tmp_path: Path) -> None:
    (tmp_path / "record").write_text("no folder")
    async with house(tmp_path) as here:
        await away(here)
        assert not await here.recorder.note("omar", "acknowledge", "alert", "a1")
        await back(here)
        assert await here.recorder.catch_up() == 1
        assert len(here.failures) == 2
