"""The alert path as the server puts it together: a real store and spool, and the campus' own ladder."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from chat.alert_path import Directories, channel_of, read_ladder
from chat.codes import Refusal
from chat.reachable import Addresses
from chat.sealing import Key
from chat.settings import BadSetting, Settings
from moderation.channels.channel import Target
from storage.reach import Reached
from tests.support.alarming import Built, Team, alarming


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Built]:
    async with alarming(tmp_path) as built:
        yield built


async def test_while_the_database_is_away_the_spool_takes_the_alert(made: Built, tmp_path: Path) -> None:
    (tmp_path / "warmline.db").rename(tmp_path / "away.db")
    (tmp_path / "warmline.db").mkdir()
    assert await made.alarms.raise_alert(
        key="k", conversation="c", category="help", severity="crisis", source="seeker"
    )
    assert await made.path.spool.waiting() > 0


async def test_what_runs_ends_when_it_is_cancelled(made: Built) -> None:
    task = asyncio.create_task(made.path.run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_next_rung_is_named_until_nothing_is_due(made: Built) -> None:
    alert = await made.raised()
    assert made.path.next_told(alert)
    closed = await made.alarms.close(alert.id, "ada", "resolved", "in_contact")
    assert not isinstance(closed, Refusal)
    assert made.path.next_told(closed) is None


class Kept:
    """Where addresses are kept, as far as the alert path asks."""

    def __init__(self, *rows: Reached) -> None:
        self.rows = rows

    async def of_campus(self, campus: str) -> Sequence[Reached]:
        assert campus == "campus"
        return self.rows


def kept(person: str, channel: str, sealed: bytes) -> Reached:
    return Reached("r", person, channel, sealed, "", dt.date(2031, 5, 1), None, None)


def directories(*rows: Reached, key: Key, mail: bool = False) -> Directories:
    urls = ["https://pager.example/canary", "mailtos://canary@example"]
    store: Any = Kept(*rows)
    return Directories(Team(), urls, ["https://desk.example/canary"], Addresses(store, key), mail=mail)


async def test_people_are_told_where_they_have_themselves_reached() -> None:
    key = Key.new()
    seals = Addresses(Kept(), key)  # type: ignore[arg-type]  # it only seals here
    rows = (
        kept("ada", "sms", seals.sealed("ada", "sms", "+441632960000")),
        kept("ada", "push", seals.sealed("ada", "sms", "sealed for another channel")),
        kept("ada", "voice", Addresses(Kept(), Key.new()).sealed("ada", "voice", "+441632960001")),  # type: ignore[arg-type]  # as above
    )
    (ada,) = (await directories(*rows, key=key).of("campus", 0.0)).people
    assert ada.targets == (Target("ada", "sms", "+441632960000"),)


async def test_where_mail_is_set_up_nobody_is_out_of_reach() -> None:
    key = Key.new()
    (ada,) = (await directories(key=key, mail=True).of("campus", 0.0)).people
    assert ada.targets == (Target("ada", "email", "somebody@example.org"),)
    own = Addresses(Kept(), key).sealed("ada", "email", "ada@phone.example")  # type: ignore[arg-type]  # as above
    (ada,) = (await directories(kept("ada", "email", own), key=key, mail=True).of("campus", 0.0)).people
    assert ada.targets == (Target("ada", "email", "ada@phone.example"),)


async def test_only_active_people_are_told_and_addresses_never_show() -> None:
    directory = await directories(key=Key.new()).of("campus", 0.0)
    assert [person.id for person in directory.people] == ["ada"]
    assert [target.channel for target in directory.campus] == ["webhook", "apprise"]
    assert [target.address for target in directory.fallback] == ["https://desk.example/canary"]
    assert "canary" not in repr(directory)


@pytest.mark.parametrize(
    ("url", "channel"),
    [
        ("https://a", "webhook"),
        ("http://a", "webhook"),
        ("mailtos://a", "apprise"),
        ("a@b", "email"),
        ("tgram://a", "apprise"),
    ],
)
def test_the_address_says_which_channel_carries_it(url: str, channel: str) -> None:
    assert channel_of(url) == channel


def test_a_ladder_of_ones_own_replaces_the_built_in_one(tmp_path: Path) -> None:
    own = tmp_path / "ladder.toml"
    own.write_text('[[rung]]\ntell = ["everyone"]\nby = ["any"]\nwait = 60\n')
    assert read_ladder(Settings()) != read_ladder(Settings(ladder_file=str(own)))


@pytest.mark.parametrize(
    "content",
    [
        b"[[rung]]\ntell = 3",
        b"[[rung]]\ntell = ['first']\nby = ['pigeon']\nwait = 30",
        b"[[rung]]\ntell = ['role:cook']\nby = ['any']\nwait = 30",
        b"\xff\xfe",
        None,
    ],
)
def test_a_ladder_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    own = tmp_path / "ladder.toml"
    if content is not None:
        own.write_bytes(content)
    with pytest.raises(BadSetting, match="ladder_file"):
        read_ladder(Settings(ladder_file=str(own)))
