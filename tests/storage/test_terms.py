from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from storage.engine import Database
from storage.errors import Broken, Conflict
from storage.forgetting import Forgetting
from storage.terms import CampusTerm, Terms

TODAY = dt.date(2030, 5, 1)


@pytest.fixture
def terms(database: Database) -> Terms:
    return Terms(database)


def change(**more: Any) -> CampusTerm:
    told: dict[str, Any] = {
        "campus": "north",
        "lexicon": "en",
        "term": "campus-bell-tower",
        "version": 1,
        "change": "add",
        "state": "live",
        "category": "suicide",
        "severity": "crisis",
        "why": "People have jumped there.",
        "say": "up the bell tower\njump off the tower",
        "proposed_by": "ada",
        "changed_on": TODAY,
    }
    return CampusTerm(**told | more)


async def test_a_change_is_found_again_whole(terms: Terms) -> None:
    one = change(unless="guided tour", needs="now,means", rises="now", whose="self")
    await terms.add(one)
    assert await terms.get("north", "en", "campus-bell-tower") == one
    assert await terms.current("north") == [one]
    assert await terms.current("south") == []


async def test_the_newest_version_is_the_one_that_counts(terms: Terms) -> None:
    await terms.add(change())
    await terms.add(change(version=2, state="undone"))
    await terms.add(change(lexicon="de"))
    assert [(one.lexicon, one.version) for one in await terms.current("north")] == [("de", 1), ("en", 2)]
    assert [one.version for one in await terms.versions("north", "en", "campus-bell-tower")] == [2, 1]


async def test_of_two_who_make_the_same_version_one_is_refused(terms: Terms) -> None:
    await terms.add(change())
    with pytest.raises(Conflict):
        await terms.add(change(proposed_by="ben"))
    assert (await terms.current("north"))[0].proposed_by == "ada"


@pytest.mark.parametrize("state", ["shadow", "live"])
async def test_what_needs_a_second_person_has_no_effect_without_one(terms: Terms, state: str) -> None:
    with pytest.raises(Conflict):
        await terms.add(change(change="mute", second=True, state=state))
    await terms.add(change(change="mute", second=True, state="draft"))
    await terms.add(change(change="mute", second=True, state=state, version=2, agreed_by="ben"))


async def test_nobody_is_their_own_second_person(terms: Terms) -> None:
    with pytest.raises(Conflict):
        await terms.add(change(change="mute", second=True, agreed_by="ada"))


async def test_counts_add_up_by_term_and_kind(terms: Terms) -> None:
    await terms.count("north", TODAY, {("en:want-die", "shown"): 2, ("en:want-die", "false_alarm"): 1})
    await terms.count("north", TODAY, {("en:want-die", "shown"): 3})
    await terms.count("north", TODAY + dt.timedelta(1), {("en:want-die", "shown"): 1})
    await terms.count("south", TODAY, {("en:want-die", "shown"): 9})
    await terms.count("north", TODAY, {})
    assert await terms.counts("north", TODAY) == {"en:want-die": {"shown": 6, "false_alarm": 1}}
    assert await terms.counts("north", TODAY + dt.timedelta(1)) == {"en:want-die": {"shown": 1}}


async def test_a_term_in_force_stays_and_what_it_replaced_is_forgotten(
    terms: Terms, database: Database
) -> None:
    await terms.add(change())
    await terms.add(change(version=2))
    await terms.add(change(term="campus-gone"))
    await terms.add(change(term="campus-gone", version=2, state="undone"))
    await terms.count("north", TODAY, {("en:want-die", "shown"): 2})
    later = dt.datetime(2031, 7, 1, tzinfo=dt.UTC).timestamp()
    gone = {one.table: one.count for one in await Forgetting(database).run(later)}
    assert gone == {"campus_term": 3, "term_mark": 1}
    assert [dataclasses.replace(one) for one in await terms.current("north")] == [change(version=2)]


async def test_a_sentence_is_no_name_of_a_term(terms: Terms) -> None:
    with pytest.raises(Broken) as refused:
        await terms.count("north", TODAY, {("a sentence of theirs", "shown"): 1})
    assert "theirs" not in str(refused.value)
