"""`/api/terms`: for coordinators alone, from our own pages alone, and refused in whole sentences."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.demo import Answer, Demo

BODY: dict[str, Any] = {
    "change": "add",
    "lexicon": "en",
    "term": "gargoyles",
    "state": "draft",
    "severity": "concern",
    "category": "suicide",
    "why": "Students of North Hall say this.",
    "say": ["visit the gargoyles"],
}
PLACE = {"lexicon": "en", "term": "campus-nobody", "version": 1}
MOVES = ("", "/agree", "/shadow", "/live", "/undo")


def ask(demo: Demo, path: str = "", body: Any = None, *, name: str | None, **more: str) -> Answer:
    headers = {"Origin": demo.url, **({"Cookie": demo.cookie(name)} if name else {}), **more}
    given = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return demo.ask("GET" if body is None else "POST", f"/api/terms{path}", body=given, headers=headers)


def refused(answer: Answer) -> tuple[int, str]:
    told = answer.json()
    assert set(told) == {"code", "detail"}
    assert told["detail"].endswith(".")
    return answer.status, told["code"]


@pytest.fixture(scope="module")
def coordinator(demo: Demo) -> str:
    return next(name for name, person in demo.people.items() if person["role"] == "coordinator")


def test_the_list_says_of_every_term_what_it_was_counted_for(demo: Demo, coordinator: str) -> None:
    answer = ask(demo, name=coordinator)
    told = answer.json()
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "en" in told["lexicons"]
    assert "suicide" in told["categories"]
    assert isinstance(told["missed"], int)
    shipped = next(one for one in told["terms"] if (one["lexicon"], one["term"]) == ("en", "want-die"))
    assert shipped["shipped"]
    assert shipped["severity"] == "crisis"
    assert {"shown", "shadow", "false_alarm", "why", "category", "change"} < set(shipped)


@pytest.mark.parametrize("role", ["supporter", "lead", "on_call"])
@pytest.mark.parametrize("path", ["", "/agree", "/undo"])
def test_other_roles_neither_see_nor_change_terms(demo: Demo, role: str, path: str) -> None:
    person = next(one for one, told in demo.people.items() if told["role"] == role)
    assert refused(ask(demo, path, {} if path else BODY, name=person)) == (403, "not_allowed")
    assert refused(ask(demo, name=person)) == (403, "not_allowed")


def test_nobody_without_a_session_is_answered(demo: Demo) -> None:
    assert refused(ask(demo, name=None)) == (401, "signed_out")
    assert refused(ask(demo, "", BODY, name=None)) == (401, "signed_out")


@pytest.mark.parametrize("path", MOVES)
@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_other_pages_cannot_change_terms(
    demo: Demo, coordinator: str, path: str, header: dict[str, str]
) -> None:
    assert refused(ask(demo, path, BODY, name=coordinator, **header)) == (403, "not_allowed")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"[" * 9000,
        {**BODY, "extra": 1},
        {**BODY, "change": "delete"},
        {**BODY, "say": "not a list"},
        {**BODY, "why": "x" * 201},
        {"change": "add"},
    ],
)
def test_a_body_that_is_none_is_refused(demo: Demo, coordinator: str, body: Any) -> None:
    assert refused(ask(demo, "", body, name=coordinator)) == (400, "bad_frame")


@pytest.mark.parametrize(
    "more",
    [
        {"lexicon": "xx"},
        {"term": "Not A Name"},
        {"category": "weather"},
        {"severity": None},
        {"say": []},
        {"say": ["visit (the"]},
        {"say": ["{no-such-class} now"]},
        {"say": ["i am gay"]},
        {"say": ["a" * 200, "b" * 200]},
        {"say": ["so tired"]},
        {"unless": ["gargoyles"]},
        {"change": "mute", "term": "no-such-term"},
        {"change": "lower", "term": "want-die", "severity": "crisis"},
        {"change": "mute", "term": "want-die", "state": "shadow"},
    ],
)
def test_what_makes_no_term_is_refused_and_changes_nothing(
    demo: Demo, coordinator: str, more: dict[str, Any]
) -> None:
    before = ask(demo, name=coordinator).json()
    assert refused(ask(demo, "", {**BODY, **more}, name=coordinator)) == (422, "bad_term")
    assert ask(demo, name=coordinator).json() == before


def test_a_move_names_the_version_that_was_seen(demo: Demo, coordinator: str) -> None:
    answer = ask(demo, "", {**BODY, "term": "moves"}, name=coordinator)
    assert answer.status == 200
    change = answer.json()["change"]
    place = {name: change[name] for name in ("lexicon", "term", "version")}
    assert (change["state"], change["mine"], change["needs_second"]) == ("draft", True, False)
    assert refused(ask(demo, "/agree", place, name=coordinator)) == (409, "not_now")
    live = ask(demo, "/live", place, name=coordinator).json()["change"]
    assert (live["state"], live["version"]) == ("live", place["version"] + 1)
    for move in ("/shadow", "/undo", "/live"):
        assert refused(ask(demo, move, place, name=coordinator)) == (409, "not_now")
    now = {**place, "version": live["version"]}
    assert ask(demo, "/undo", now, name=coordinator).json()["change"]["state"] == "undone"
    assert refused(ask(demo, "/undo", {**now, "version": now["version"] + 1}, name=coordinator)) == (
        409,
        "not_now",
    )


@pytest.mark.parametrize(
    ("path", "body", "answer"),
    [
        ("/undo", PLACE, (404, "unknown")),
        ("/undo", {**PLACE, "version": 0}, (400, "bad_frame")),
        ("/forget", PLACE, (404, "unknown")),
    ],
)
def test_what_is_not_there_cannot_be_moved(
    demo: Demo, coordinator: str, path: str, body: Any, answer: tuple[int, str]
) -> None:
    assert refused(ask(demo, path, body, name=coordinator)) == answer
