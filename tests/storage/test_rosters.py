"""Rosters, ladders, changes, feeds, overrides and what is seen coming, on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from storage.changes import Change, Changes, new_id
from storage.engine import Database
from storage.errors import Conflict
from storage.feeds import Feeds
from storage.forgetting import Forgetting
from storage.lookahead import KnownGap, Lookaheads
from storage.overrides import Overrides
from storage.people import People
from storage.sheets import LONGEST_LINE, Sheet, Sheets, too_long

DAY = dt.date(2031, 5, 1)
AT = 1_935_400_000.0
"""In May 2031."""


def sheet(version: int, text: str = 'zone = "UTC"\n') -> Sheet:
    return Sheet("north", "roster", version, text, "cleo", DAY)


def change(**more: object) -> Change:
    given = {
        "id": new_id(),
        "campus": "north",
        "kind": "cover",
        "state": "in_force",
        "place": "first",
        "person": "ada",
        "starts_at": AT,
        "ends_at": AT + 3600,
        "asked_by": "cleo",
        "settled_at": AT - 10,
    }
    return Change(**(given | more))  # type: ignore[arg-type]  # every key is a field


async def test_a_text_comes_back_as_it_was_written(database: Database) -> None:
    sheets = Sheets(database)
    assert await sheets.current("north", "roster") is None
    assert await sheets.version("north", "roster") == 0
    for text in ('zone = "UTC"\n\n# a remark\n', "one line", "\n\n"):
        version = await sheets.version("north", "roster") + 1
        await sheets.add(sheet(version, text))
        current = await sheets.current("north", "roster")
        assert current is not None
        assert (current.version, current.text) == (version, text)
    assert await sheets.current("north", "ladder") is None
    assert await sheets.current("south", "roster") is None


async def test_of_two_who_write_at_once_one_is_refused(database: Database) -> None:
    sheets = Sheets(database)
    answers = await asyncio.gather(
        sheets.add(sheet(1, "a")), sheets.add(sheet(1, "b")), return_exceptions=True
    )
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1


async def test_a_line_that_is_too_long_is_named(database: Database) -> None:
    long = "a\n" + "x" * (LONGEST_LINE + 1)
    assert too_long("a\n" + "x" * LONGEST_LINE) is None
    assert too_long(long) == 2
    with pytest.raises(ValueError, match="line 2"):
        await Sheets(database).add(sheet(1, long))


async def test_replaced_texts_are_forgotten_with_their_lines(database: Database) -> None:
    sheets = Sheets(database)
    await sheets.add(sheet(1, "old"))
    await sheets.add(sheet(2, "new"))
    later = dt.datetime(2031, 8, 15, tzinfo=dt.UTC).timestamp()
    gone = {one.table: one.count for one in await Forgetting(database).run(later)}
    assert gone == {"sheet": 1}
    current = await sheets.current("north", "roster")
    assert current is not None
    assert current.text == "new"


async def test_changes_are_listed_until_they_end_the_last_settled_last(database: Database) -> None:
    changes = Changes(database)
    early, late = change(settled_at=AT - 5), change(settled_at=AT - 3)
    over, elsewhere = change(ends_at=AT - 1, starts_at=AT - 9), change(campus="south")
    await changes.add([late, early, over, elsewhere])
    assert list(await changes.of_campus("north", AT)) == [early, late]
    assert await changes.get("north", early.id) == early
    assert await changes.get("south", early.id) is None


async def test_a_swap_is_settled_once(database: Database) -> None:
    changes = Changes(database)
    asked = change(kind="swap", state="proposed")
    await changes.add([asked])
    moves = [
        changes.settle("north", asked.id, was="proposed", becomes=becomes, at=AT)
        for becomes in ("in_force", "declined", "withdrawn")
    ]
    assert sorted(await asyncio.gather(*moves)) == [False, False, True]


async def test_a_feed_opens_with_its_last_password_only_until_it_is_revoked(database: Database) -> None:
    ada = await People(database).add(
        campus="north", email="ada@north.example", password="hash", name="Ada", roles=["on_call"]
    )
    feeds = Feeds(database)
    assert await feeds.made_on(ada.id) is None
    old, new = await feeds.make(ada.id, on=DAY), await feeds.make(ada.id, on=DAY)
    assert await feeds.who("ada@north.example", old) is None
    assert await feeds.who("Ada@North.Example ", new) == ada
    assert await feeds.who("ben@north.example", new) is None
    assert await feeds.made_on(ada.id) == DAY
    assert await feeds.revoke(ada.id)
    assert not await feeds.revoke(ada.id)
    assert await feeds.who("ada@north.example", new) is None


async def test_a_feed_ends_with_the_person(database: Database) -> None:
    people, feeds = People(database), Feeds(database)
    ada = await people.add(campus="north", email="a@b.example", password="hash", name="Ada")
    token = await feeds.make(ada.id, on=DAY)
    await people.deactivate(ada.id, on=DAY)
    assert await feeds.who("a@b.example", token) is None


async def test_an_override_holds_until_its_time_or_until_it_is_ended(database: Database) -> None:
    overrides = Overrides(database)
    made = await overrides.add("north", reason="setting_up", by="operator", at=AT, until=AT + 60)
    assert await overrides.current("north", AT) == made
    assert await overrides.current("north", AT + 60) is None
    assert await overrides.current("south", AT) is None
    assert await overrides.end("north", at=AT + 30)
    assert await overrides.current("north", AT + 30) is None
    assert not await overrides.end("north", at=AT + 30)
    with pytest.raises(ValueError, match="ends after it begins"):
        await overrides.add("north", reason="setting_up", by="operator", at=AT, until=AT)


async def test_gaps_are_kept_as_they_stand(database: Database) -> None:
    ahead = Lookaheads(database)
    one = KnownGap("one", "first", "nobody", AT + 5, AT + 50, told_at=AT)
    two = KnownGap("two", "second", "unreachable", AT, AT + 10)
    await ahead.keep("north", [one, two], closed=())
    assert list(await ahead.gaps("north", AT)) == [two, one]
    longer = KnownGap("one", "first", "nobody", AT + 5, AT + 99, told_at=AT, pressed_at=AT + 1)
    await ahead.keep("north", [longer], closed=["two"])
    assert list(await ahead.gaps("north", AT)) == [longer]
    assert list(await ahead.gaps("south", AT)) == []


async def test_a_person_is_told_of_a_shift_once_unless_nothing_reached_them(database: Database) -> None:
    ahead = Lookaheads(database)
    assert await ahead.notice("north", place="first", person="ada", starts_at=AT)
    assert not await ahead.notice("north", place="first", person="ada", starts_at=AT)
    assert await ahead.notice("north", place="second", person="ada", starts_at=AT)
    await ahead.unnotice("north", place="first", person="ada", starts_at=AT)
    assert await ahead.notice("north", place="first", person="ada", starts_at=AT)
