"""A campus changes what the screen looks for, and every process takes it up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from chat.protocol import Role
from storage.audit import Audit
from storage.tables import term_mark
from tests.support.client import PATIENCE, Frame, Seeker, Teammate
from tests.support.process import Installation, installed
from tests.support.stage import open_desk, take_offer
from tests.support.valkey import Valkey

PEOPLE: Final[Mapping[str, Sequence[Role]]] = {
    "cora": ["coordinator"],
    "carl": ["coordinator"],
    "sam": ["supporter"],
}
SLANG = "i want to visit the gargoyles"
GARGOYLES: Final[Mapping[str, Any]] = {
    "change": "add",
    "lexicon": "en",
    "term": "gargoyles",
    "category": "suicide",
    "severity": "concern",
    "why": "Students of North Hall say this of the roof.",
    "say": ["(visit|see) the gargoyles"],
}
MUTED: Final[Mapping[str, Any]] = {"change": "mute", "lexicon": "en", "term": "kill-self"}


class Coordinator:
    """Asks the first process over HTTP, as the staff surface does, or another one."""

    def __init__(self, campus: Installation, cookie: str) -> None:
        self._campus = campus
        self._cookie = cookie

    async def ask(self, path: str = "", body: Any = None, *, process: int = 0) -> tuple[int, Any]:
        status, _, said = await asyncio.to_thread(
            self._campus.servers[process].ask,
            "GET" if body is None else "POST",
            f"/api/terms{path}",
            body,
            {"Cookie": self._cookie},
        )
        return status, json.loads(said)

    async def propose(self, proposal: Mapping[str, Any], **more: Any) -> Any:
        status, said = await self.ask("", {**proposal, **more})
        assert status == 200, said
        return said["change"]

    async def move(self, move: str, change: Mapping[str, Any]) -> Any:
        place = {name: change[name] for name in ("lexicon", "term", "version")}
        status, said = await self.ask(f"/{move}", place)
        assert status == 200, said
        return said["change"]

    async def counts(self, term: str) -> Mapping[str, int]:
        """What a term was counted for, asked of the process that has the conversation."""
        _, said = await self.ask(process=1)
        found: Mapping[str, int] = next(one for one in said["terms"] if one["term"] == term)
        return found


class Talk:
    """A seeker and a supporter in a conversation on the second process."""

    def __init__(self, seeker: Seeker, supporter: Teammate, conversation: str) -> None:
        self.seeker = seeker
        self.supporter = supporter
        self.conversation = conversation

    async def finding(self, text: str) -> Frame | None:
        """The finding that a message brings, or None: what it brings comes before the next message."""
        since = self.supporter.mark
        n = await self.seeker.say(text)
        await self.seeker.say("and so on")
        await self.supporter.wait("said", n=n + 1)
        found = [frame for frame in self.supporter.frames[since:] if frame["type"] == "finding"]
        return next((frame for frame in found if frame["n"] == n), None)

    async def until(self, text: str, term: str | None) -> Frame | None:
        """Says it again until it is found as this term, or not at all any more."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = await self.finding(text)
                if (found["term"] if found else None) == term:
                    return found


@pytest.fixture
async def campus(tmp_path: Path, valkey: Valkey) -> AsyncIterator[Installation]:
    settings = {"messages_per_minute": "600", "message_burst": "100"}
    async with installed(tmp_path, valkey, processes=2, people=PEOPLE, **settings) as made:
        yield made
        assert made.defects() == []


@pytest.fixture
async def talk(campus: Installation) -> AsyncIterator[Talk]:
    supporter = Teammate(campus.urls[1], cookie=await campus.sign_in("sam"))
    seeker = Seeker(campus.urls[1])
    async with supporter, seeker:
        await supporter.hello()
        await seeker.hello()
        await open_desk(supporter)
        await seeker.send(type="join")
        conversation = await take_offer(supporter)
        yield Talk(seeker, supporter, conversation)


async def coordinator(campus: Installation, name: str = "cora") -> Coordinator:
    return Coordinator(campus, await campus.sign_in(name))


async def test_local_slang_is_raised_on_another_process_and_no_more_when_it_is_undone(
    campus: Installation, talk: Talk
) -> None:
    cora = await coordinator(campus)
    assert await talk.finding(SLANG) is None
    change = await cora.propose(GARGOYLES)
    assert (change["state"], change["version"], change["needs_second"]) == ("live", 1, False)
    found = await talk.until(SLANG, "en:campus-gargoyles")
    assert found is not None
    # The message was said until it was raised: three concerns in an hour rise to a crisis.
    assert found["severity"] in {"concern", "crisis"}
    assert found["phrase"] == "visit the gargoyles"
    assert found["why"] == GARGOYLES["why"]
    await cora.move("undo", change)
    await talk.until(SLANG, None)


async def test_a_term_in_shadow_is_counted_and_not_shown(campus: Installation, talk: Talk) -> None:
    cora = await coordinator(campus)
    change = await cora.propose(GARGOYLES, state="shadow")
    async with asyncio.timeout(PATIENCE):
        while not (await cora.counts("campus-gargoyles"))["shadow"]:
            assert await talk.finding(SLANG) is None
    assert (await cora.counts("campus-gargoyles"))["shown"] == 0
    await cora.move("live", change)
    await talk.until(SLANG, "en:campus-gargoyles")


async def test_a_crisis_term_is_muted_only_by_two(campus: Installation, talk: Talk) -> None:
    cora, carl = await coordinator(campus), await coordinator(campus, "carl")
    crisis = "i want to kill myself"
    change = await cora.propose(MUTED)
    assert (change["state"], change["needs_second"]) == ("draft", True)
    place = {name: change[name] for name in ("lexicon", "term", "version")}
    for move in ("agree", "live"):
        status, said = await cora.ask(f"/{move}", place)
        assert (status, said["code"]) == (403, "not_allowed")
    found = await talk.finding(crisis)
    assert found is not None
    assert found["term"] == "en:kill-self"
    agreed = await carl.move("agree", change)
    assert (agreed["state"], agreed["version"]) == ("live", 2)
    await talk.until(crisis, None)
    await cora.move("undo", agreed)
    await talk.until(crisis, "en:kill-self")
    async with campus.database() as database:
        entries = [one for one in await Audit(database).latest(20) if one.subject_kind == "term"]
    assert [(one.actor, one.action, one.subject) for one in entries] == [
        (campus.people["cora"], "undo", "en:kill-self"),
        (campus.people["carl"], "agree", "en:kill-self"),
        (campus.people["cora"], "propose", "en:kill-self"),
    ]


async def test_a_supporter_marks_a_finding_and_only_counts_of_terms_are_kept(
    campus: Installation, talk: Talk
) -> None:
    cora = await coordinator(campus)
    found = await talk.finding("i want to disappear forever")
    assert found is not None
    mark = {"type": "mark", "conversation": talk.conversation, "n": found["n"]}
    for ref in ("first", "second"):
        since = talk.supporter.mark
        await talk.supporter.send(**mark, verdict="false_alarm", term=found["term"], ref=ref)
        assert (await talk.supporter.wait("done", since=since))["re"] == "mark"
    await talk.supporter.send(**mark, verdict="missed", ref="third")
    await talk.supporter.wait("done", ref="third")
    counted = await cora.counts(found["term"].partition(":")[2])
    assert (counted["shown"], counted["false_alarm"]) == (1, 1)
    _, said = await cora.ask(process=1)
    assert said["missed"] == 1
    async with campus.database() as database, database.reading() as connection:
        rows = (await connection.execute(sa.select(term_mark))).all()
    assert {(row.term, row.what, row.total) for row in rows} == {
        (found["term"], "shown", 1),
        (found["term"], "false_alarm", 1),
        ("-", "missed", 1),
    }
    assert talk.conversation not in str(rows)


async def test_what_nobody_found_cannot_be_named_in_a_mark(talk: Talk) -> None:
    mark = {"type": "mark", "conversation": talk.conversation, "n": 1}
    for more, code in (
        ({"verdict": "false_alarm", "term": "a secret of theirs"}, "unknown"),
        ({"verdict": "false_alarm"}, "bad_frame"),
        ({"verdict": "missed", "term": "en:kill-self"}, "bad_frame"),
        ({"verdict": "missed", "conversation": "another"}, "gone"),
    ):
        since = talk.supporter.mark
        await talk.supporter.send(**{**mark, **more})
        refused = await talk.supporter.wait("refused", since=since)
        assert (refused["re"], refused["code"]) == ("mark", code)
    since = talk.seeker.mark
    await talk.seeker.send(type="mark", n=1, verdict="missed")
    assert (await talk.seeker.wait("refused", since=since))["code"] == "bad_frame"
