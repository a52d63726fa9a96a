"""`/api/reach` and `/api/acknowledge`: everybody their own, from our own pages, refused in sentences."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.browsers import Phone
from tests.support.demo import Answer, Demo, running_demo
from tests.support.listeners import Listener, heard

NUMBER = "+44 1632 960000"
TEXT = {"channel": "sms", "address": NUMBER, "label": "My phone"}
ROUTES: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/api/reach", None),
    ("POST", "/api/reach", TEXT),
    ("DELETE", "/api/reach/none", None),
    ("POST", "/api/reach/none/test", {}),
    ("POST", "/api/reach/none/heard", {}),
    ("GET", "/api/reach/people", None),
)


@pytest.fixture(scope="module")
def outside() -> Iterator[Listener]:
    with heard() as listener:
        yield listener


@pytest.fixture(scope="module")
def reached(outside: Listener) -> Iterator[Demo]:
    """A demo with gateways for texts and for calls."""
    gateways = {
        name: f'{{url = "http://127.0.0.1:{outside.port}/{name}", body = "{{to}} {{text}}"}}'
        for name in ("sms", "voice")
    }
    with running_demo(**gateways, push_hosts="127.0.0.1") as running:
        yield running


def ask(
    demo: Demo, method: str, path: str, body: Any = None, *, name: str | None = "omar", **more: str
) -> Answer:
    headers = {"Origin": demo.url, **({"Cookie": demo.cookie(name)} if name else {}), **more}
    given = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return demo.ask(method, path, body=given, headers=headers)


def refused(answer: Answer) -> tuple[int, str]:
    told = answer.json()
    assert set(told) == {"code", "detail"}
    assert told["detail"].endswith((".", "?"))
    return answer.status, told["code"]


def added(demo: Demo, body: dict[str, str] = TEXT, *, name: str = "omar") -> Iterator[str]:
    answer = ask(demo, "POST", "/api/reach", body, name=name)
    assert answer.status == 200, answer.body
    identifier: str = answer.json()["id"]
    yield identifier
    ask(demo, "DELETE", f"/api/reach/{identifier}", name=name)


@pytest.fixture
def text(reached: Demo) -> Iterator[str]:
    """Omar's number for texts."""
    yield from added(reached)


@pytest.fixture
def call(reached: Demo) -> Iterator[str]:
    """Omar's number for calls."""
    yield from added(reached, {**TEXT, "channel": "voice"})


def test_the_list_holds_ones_own_addresses_and_what_is_set_up(reached: Demo, text: str) -> None:
    answer = ask(reached, "GET", "/api/reach")
    told = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert told["channels"] == ["push", "sms", "voice", "apprise"]
    assert "ntfys" in told["services"]
    assert len(told["push_key"]) == 87
    [one] = told["addresses"]
    assert (one["id"], one["channel"], one["label"], one["shown"]) == (
        text,
        "sms",
        "My phone",
        "+441632960000",
    )
    assert one["tried_at"] is one["confirmed_at"] is None
    assert ask(reached, "GET", "/api/reach", name="sam").json()["addresses"] == []


def test_nobody_touches_what_is_somebody_elses(reached: Demo, text: str) -> None:
    for name in ("sam", "lena", "cleo"):
        for method, path in (("DELETE", ""), ("POST", "/test"), ("POST", "/heard")):
            answer = ask(reached, method, f"/api/reach/{text}{path}", name=name)
            assert refused(answer) == (404, "unknown")
    assert len(ask(reached, "GET", "/api/reach").json()["addresses"]) == 1


def test_only_coordinators_see_whose_ways_are_tested_and_no_address(reached: Demo, text: str) -> None:
    assert text
    for name in ("sam", "noor", "lena", "omar"):
        assert refused(ask(reached, "GET", "/api/reach/people", name=name)) == (403, "not_allowed")
    answer = ask(reached, "GET", "/api/reach/people", name="cleo")
    people = {one["name"]: one for one in answer.json()["people"]}
    assert people["Omar"] == {"name": "Omar", "roles": ["on_call"], "tested": []}
    assert b"960000" not in answer.body
    assert b"@" not in answer.body


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_nobody_without_a_session_is_answered(reached: Demo, method: str, path: str, body: Any) -> None:
    assert refused(ask(reached, method, path, body, name=None)) == (401, "signed_out")


@pytest.mark.parametrize(("method", "path", "body"), [row for row in ROUTES if row[0] != "GET"])
@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_other_pages_change_nothing(
    reached: Demo, method: str, path: str, body: Any, header: dict[str, str]
) -> None:
    assert refused(ask(reached, method, path, body, **header)) == (403, "not_allowed")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff",
        b"[" * 9000,
        {**TEXT, "extra": 1},
        {**TEXT, "channel": "webhook"},
        {**TEXT, "label": "x" * 41},
        {**TEXT, "address": ""},
        {"channel": "sms"},
    ],
)
def test_a_body_that_is_none_is_refused(reached: Demo, body: Any) -> None:
    assert refused(ask(reached, "POST", "/api/reach", body)) == (400, "bad_frame")


@pytest.mark.parametrize(
    ("channel", "address", "answer"),
    [
        ("sms", "01632 960000", (422, "bad_address")),
        ("voice", "call me", (422, "bad_address")),
        ("apprise", "json://127.0.0.1/", (422, "bad_address")),
        ("push", "{}", (422, "bad_address")),
        ("push", Phone().subscription("https://10.0.0.1/x"), (422, "bad_address")),
        ("email", "omar@campus.example", (409, "not_now")),
    ],
)
def test_what_reaches_nobody_is_refused_and_not_kept(
    reached: Demo, channel: str, address: str, answer: tuple[int, str]
) -> None:
    given = {"channel": channel, "address": address}
    assert refused(ask(reached, "POST", "/api/reach", given)) == answer
    assert ask(reached, "GET", "/api/reach").json()["addresses"] == []


def test_the_same_number_is_not_kept_twice_and_a_browser_may_come_again(reached: Demo, text: str) -> None:
    assert text
    assert refused(ask(reached, "POST", "/api/reach", {**TEXT, "address": "+441632960000"})) == (
        409,
        "not_now",
    )
    push = {"channel": "push", "address": Phone().subscription("http://127.0.0.1:9/x")}
    first, second = (ask(reached, "POST", "/api/reach", push).json()["id"] for _ in range(2))
    assert first == second
    ask(reached, "DELETE", f"/api/reach/{first}")


def test_nobody_has_more_than_a_dozen(reached: Demo) -> None:
    made = [
        ask(reached, "POST", "/api/reach", {**TEXT, "address": f"+4416329600{n:02}"}, name="lena")
        for n in range(13)
    ]
    assert [answer.status for answer in made] == [200] * 12 + [409]
    for answer in made[:12]:
        ask(reached, "DELETE", f"/api/reach/{answer.json()['id']}", name="lena")


def test_a_test_is_confirmed_by_its_link_alone(reached: Demo, outside: Listener, text: str) -> None:
    assert ask(reached, "POST", f"/api/reach/{text}/test", {}).status == 204
    assert refused(ask(reached, "POST", f"/api/reach/{text}/test", {})) == (429, "too_fast")
    assert refused(ask(reached, "POST", f"/api/reach/{text}/heard", {})) == (409, "not_now")
    token = outside.next().decode().partition("#")[2]
    for method in ("GET", "HEAD"):
        assert reached.ask(method, "/acknowledge").status == 200
        assert reached.ask(method, f"/acknowledge?link={token}").status == 200
        assert reached.ask(method, "/api/acknowledge").status == 405
    [one] = ask(reached, "GET", "/api/reach").json()["addresses"]
    assert one["tried_at"] is not None
    assert one["confirmed_at"] is None
    tapped = ask(reached, "POST", "/api/acknowledge", {"link": token}, name=None)
    assert (tapped.status, tapped.json()) == (200, {"outcome": "confirmed"})
    assert refused(ask(reached, "POST", "/api/acknowledge", {"link": token}, name=None)) == (409, "used")
    [one] = ask(reached, "GET", "/api/reach").json()["addresses"]
    assert one["confirmed_at"] is not None
    assert token not in reached.log.read_text()


def test_a_call_is_confirmed_by_who_heard_it(reached: Demo, outside: Listener, call: str) -> None:
    assert refused(ask(reached, "POST", f"/api/reach/{call}/heard", {})) == (409, "not_now")
    assert ask(reached, "POST", f"/api/reach/{call}/test", {}).status == 204
    spoken = outside.next(lambda path: path == "/voice").decode()
    assert "practice" in spoken
    assert "#" not in spoken
    assert ask(reached, "POST", f"/api/reach/{call}/heard", {}).status == 204
    people = ask(reached, "GET", "/api/reach/people", name="cleo").json()["people"]
    assert [one["tested"] for one in people if one["name"] == "Omar"] == [["voice"]]


def test_a_test_that_nobody_takes_says_why(reached: Demo) -> None:
    push = {"channel": "push", "address": Phone().subscription("http://127.0.0.1:9/nobody-listens")}
    identifier = ask(reached, "POST", "/api/reach", push).json()["id"]
    answer = ask(reached, "POST", f"/api/reach/{identifier}/test", {})
    assert refused(answer) == (409, "not_now")
    assert "cannot be reached" in answer.json()["detail"]
    (one,) = [one for one in ask(reached, "GET", "/api/reach").json()["addresses"] if one["id"] == identifier]
    assert one["tried_at"] is None
    ask(reached, "DELETE", f"/api/reach/{identifier}")


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (b"{", (400, "bad_frame")),
        ({}, (400, "bad_frame")),
        ({"link": "x", "alert": "y"}, (400, "bad_frame")),
        ({"link": "x" * 601}, (400, "bad_frame")),
        ({"link": "x"}, (404, "unknown")),
        ({"link": "A" * 90}, (404, "unknown")),
        ({"link": "ä"}, (404, "unknown")),
    ],
)
def test_what_is_no_link_does_nothing(reached: Demo, body: Any, answer: tuple[int, str]) -> None:
    assert refused(ask(reached, "POST", "/api/acknowledge", body, name=None)) == answer


def test_other_pages_cannot_tap(reached: Demo) -> None:
    answer = ask(reached, "POST", "/api/acknowledge", {"link": "x"}, name=None, Origin="https://evil.example")
    assert refused(answer) == (403, "not_allowed")
