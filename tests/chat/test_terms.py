"""The screen of a campus follows what is stored, counts what it shows, and is stopped by nothing stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chat.proposals import Asked, NotPossible, Proposals
from chat.room import Found
from chat.terms import MISSED, CampusTerms
from chat.words import Words
from moderation.lexicon import Term, load
from moderation.screening import SHIPPED, Screen
from storage.engine import Database, open_database
from storage.errors import Unavailable
from storage.migrate import upgrade
from storage.terms import CampusTerm, Mark, Terms

SLANG = "i visit the gargoyles"
NOTHING = Words("")
DAY = dt.date(2030, 5, 1)
MANY = 40
"""Terms of each language."""


class Away(Terms):
    """A store whose database can be taken away for counting."""

    away = False

    async def count(self, campus: str, day: dt.date, counts: Any) -> None:
        if self.away:
            raise Unavailable("the database cannot be used now")
        await super().count(campus, day, counts)


class Rig:
    """One process of a campus on a real database, with a clock that stands still."""

    def __init__(self, database: Database, shipped: Screen) -> None:
        self.now = dt.datetime(2030, 5, 1, 22, 30, tzinfo=dt.UTC).timestamp()
        self.failures: list[BaseException] = []
        self.wakes = 0
        self.away = False
        self.recorded: list[tuple[str, str, str, str]] = []
        self.store = Away(database)
        self.terms = CampusTerms(
            store=self.store,
            campus="north",
            shipped=shipped,
            zone=ZoneInfo("UTC"),
            clock=lambda: self.now,
            on_failure=self.failures.append,
        )
        self.proposals = Proposals(
            store=self.store, terms=self.terms, campus="north", wake=self._woken, record=self._record
        )

    async def _record(self, actor: str, action: str, kind: str, subject: str) -> None:
        if self.away:
            raise Unavailable("the database cannot be used now")
        self.recorded.append((actor, action, kind, subject))

    def _woken(self) -> None:
        self.wakes += 1

    async def counts(self) -> dict[str, dict[str, int]]:
        return {term: dict(found) for term, found in (await self.store.counts("north", DAY)).items()}


@pytest.fixture(scope="module")
def shipped() -> Screen:
    """A part of what is shipped: screens are built many times here, and each takes its time."""
    return Screen(
        [
            replace(lexicon, terms=tuple(sorted(lexicon.terms, key=_wanted))[:MANY])
            for lexicon in load(SHIPPED)
            if lexicon.name in {"en", "de"}
        ]
    )


def _wanted(term: Term) -> bool:
    return term.id != "kill-self"


@pytest.fixture
async def rig(tmp_path: Path, shipped: Screen) -> AsyncIterator[Rig]:
    url = f"sqlite:///{tmp_path / 'warmline.sqlite3'}"
    await upgrade(url)
    database = open_database(url)
    yield Rig(database, shipped)
    await database.close()


def asked(**more: Any) -> Asked:
    told: dict[str, Any] = {
        "kind": "add",
        "lexicon": "en",
        "name": "gargoyles",
        "state": "live",
        "severity": "concern",
        "fields": {"category": "suicide", "why": "Local.", "say": ["visit the gargoyles"]},
    }
    return Asked(**told | more)


def stored(**more: Any) -> CampusTerm:
    told: dict[str, Any] = {
        "campus": "north",
        "lexicon": "en",
        "term": "campus-gargoyles",
        "version": 1,
        "change": "add",
        "state": "live",
        "category": "suicide",
        "severity": "concern",
        "why": "Local.",
        "say": "visit the gargoyles",
        "proposed_by": "ada",
        "changed_on": DAY,
    }
    return CampusTerm(**told | more)


async def test_what_another_process_stored_is_taken_up_at_the_next_look(rig: Rig) -> None:
    await rig.store.add(stored())
    assert rig.terms.findings(SLANG) == ()
    await rig.terms.refresh()
    assert [found.term for found in rig.terms.findings(SLANG)] == ["campus-gargoyles"]
    screen = rig.terms.screen
    await rig.terms.refresh()
    assert rig.terms.screen is screen
    await rig.store.add(stored(version=2, state="undone"))
    await rig.terms.refresh()
    assert rig.terms.screen is rig.terms.shipped


async def test_another_campus_changes_nothing_here(rig: Rig) -> None:
    await rig.store.add(stored(campus="south"))
    await rig.terms.refresh()
    assert rig.terms.findings(SLANG) == ()


async def test_a_stored_change_that_fits_no_longer_stops_no_other(rig: Rig) -> None:
    await rig.store.add(stored())
    await rig.store.add(stored(term="campus-broken", say="{no-such-class} now"))
    await rig.store.add(stored(term="gone-from-the-release", change="mute"))
    await rig.terms.refresh()
    assert [found.term for found in rig.terms.findings(SLANG)] == ["campus-gargoyles"]
    assert len(rig.failures) == 1


async def test_counts_wait_while_the_database_is_away(rig: Rig) -> None:
    rig.terms.mark("missed", None)
    rig.store.away = True
    with pytest.raises(Unavailable):
        await rig.terms.flush()
    rig.terms.mark("missed", None)
    rig.store.away = False
    await rig.terms.flush()
    await rig.terms.flush()
    assert await rig.counts() == {MISSED: {"missed": 2}}


async def test_a_shadow_term_is_counted_with_its_day_and_not_shown(rig: Rig) -> None:
    await rig.proposals.propose(asked(state="shadow"), "ada")
    assert rig.terms.findings(SLANG) == ()
    found = Found("suicide", "crisis", "", [], "", "en:want-die")
    rig.terms.saw(Words(SLANG), (), NOTHING, [found, found])
    rig.now += 86_400
    rig.terms.saw(Words("hello"), (), NOTHING, [])
    rig.terms.saw(Words(SLANG), (), NOTHING, [])
    await rig.terms.flush()
    assert await rig.counts() == {"en:campus-gargoyles": {"shadow": 2}, "en:want-die": {"shown": 1}}
    tomorrow: dict[str, dict[Mark, int]] = {"en:campus-gargoyles": {"shadow": 1}}
    assert await rig.store.counts("north", DAY + dt.timedelta(1)) == tomorrow


async def test_a_shadow_that_breaks_disturbs_nobody(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    await rig.proposals.propose(asked(state="shadow"), "ada")

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Screen, "findings", broken)
    rig.terms.saw(Words(SLANG), (), NOTHING, [])
    assert [type(error) for error in rig.failures] == [ZeroDivisionError]


async def test_a_change_wakes_the_others_and_is_in_force_here_when_it_is_answered(rig: Rig) -> None:
    answered = await rig.proposals.propose(asked(), "ada")
    assert (answered.standing.state, answered.turned, rig.wakes) == ("live", [], 1)
    assert rig.terms.knows("en:campus-gargoyles")
    assert rig.terms.findings(SLANG)[0].severity == "concern"
    edited = await rig.proposals.propose(asked(severity="notice"), "ben")
    assert (edited.standing.version, rig.terms.findings(SLANG)[0].severity) == (2, "notice")


@pytest.mark.parametrize("kind", ["mute", "lower"])
async def test_a_crisis_is_weakened_by_two_people_only(rig: Rig, kind: str) -> None:
    severity = "notice" if kind == "lower" else None
    change = asked(kind=kind, name="kill-self", severity=severity, fields={})
    answered = await rig.proposals.propose(change, "ada")
    assert (answered.standing.state, answered.standing.second) == ("draft", True)
    assert any(one.loses_a_crisis for one in answered.turned)
    for work in (
        rig.proposals.agree("en", "kill-self", 1, "ada"),
        rig.proposals.move("en", "kill-self", 1, "live", "cleo"),
    ):
        with pytest.raises(NotPossible, match="Another coordinator"):
            await work
    assert rig.terms.screen is rig.terms.shipped
    await rig.proposals.agree("en", "kill-self", 1, "ben")
    found = rig.terms.findings("i will kill myself")
    assert not [one for one in found if one.term == "kill-self" and one.severity == "crisis"]
    await rig.proposals.move("en", "kill-self", 2, "undone", "cleo")
    assert rig.terms.screen is rig.terms.shipped


async def test_what_cannot_be_a_crisis_is_muted_by_one(rig: Rig) -> None:
    notice = next(
        term
        for lexicon in rig.terms.shipped.lexicons
        if lexicon.name == "en"
        for term in lexicon.terms
        if term.severity == "notice" and not term.weak and not term.rises
    )
    change = asked(kind="mute", name=notice.id, severity=None, fields={})
    assert (await rig.proposals.propose(change, "ada")).standing.state == "live"
    with pytest.raises(NotPossible, match="already"):
        await rig.proposals.propose(change, "ben")
    await rig.proposals.move("en", notice.id, 1, "undone", "cleo")
    assert (await rig.proposals.propose(change, "ben")).standing.version == 3


async def test_a_term_in_force_does_not_slip_back_into_a_draft(rig: Rig) -> None:
    await rig.proposals.propose(asked(), "ada")
    with pytest.raises(NotPossible, match="in force"):
        await rig.proposals.propose(asked(state="draft"), "ada")


async def test_what_was_undone_is_not_put_in_force_again_by_an_old_page(rig: Rig) -> None:
    await rig.proposals.propose(asked(state="draft"), "ada")
    await rig.proposals.move("en", "campus-gargoyles", 1, "undone", "cleo")
    for version in (1, 2):
        with pytest.raises(NotPossible):
            await rig.proposals.move("en", "campus-gargoyles", version, "live", "cleo")
    assert rig.terms.findings(SLANG) == ()


async def test_a_term_that_breaks_our_sentences_is_refused_with_the_sentence(rig: Rig) -> None:
    fields = {"category": "suicide", "why": "W.", "say": ["so tired"]}
    with pytest.raises(NotPossible, match="so tired") as refused:
        await rig.proposals.propose(asked(fields=fields), "ada")
    assert refused.value.code == "bad_term"
    assert await rig.store.current("north") == []
