"""The routes, and the one shape of every error."""

from __future__ import annotations

import json

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.demo import Answer, Demo

JSON = {"Content-Type": "application/json"}


def error(answer: Answer) -> tuple[int, str]:
    told = answer.json()
    assert {"code", "detail"} <= set(told)
    assert told["detail"].endswith(".")
    assert answer.headers["content-type"] == "application/json"
    return answer.status, told["code"]


@pytest.mark.parametrize("path", ["/", "/console", "/staff", "/privacy", "/leave"])
def test_pages_are_pages_and_set_no_cookie(demo: Demo, path: str) -> None:
    answer = demo.ask("GET", path)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers


def test_the_seekers_page_shows_the_lines_without_any_script(demo: Demo) -> None:
    page = demo.ask("GET", "/").body.decode()
    for line in demo.ask("GET", "/api/service").json()["lines"]:
        assert line["href"] in page
        assert line["number"] in page


def test_the_service_tells_what_a_campus_page_may_show(demo: Demo) -> None:
    answer = demo.ask("GET", "/api/service", headers={"Origin": "https://campus.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    told = answer.json()
    assert {"open", "wait", "lines", "languages"} <= set(told)
    assert told["open"] is True
    assert told["languages"] == ["en", "de"]
    assert all(line["name"] and line["href"] for line in told["lines"])


def test_it_lives_and_is_ready(demo: Demo) -> None:
    assert demo.ask("GET", "/livez").status == 200
    assert demo.ask("GET", "/readyz").status == 200


def test_metrics_are_prometheus_text(demo: Demo) -> None:
    answer = demo.ask("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    families = list(text_string_to_metric_families(answer.body.decode()))
    assert families
    for family in families:
        for sample in family.samples:
            for value in sample.labels.values():
                assert "@" not in value
                assert "127.0.0.1" not in value


@pytest.mark.parametrize("path", ["/nothing", "/api", "/api/session/x", "/ws", "/static/../chat/app.py"])
def test_what_does_not_exist_says_so(demo: Demo, path: str) -> None:
    assert error(demo.ask("GET", path)) == (404, "unknown")


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("DELETE", "/livez"), ("PUT", "/api/session"), ("PATCH", "/metrics")]
)
def test_what_cannot_be_done_says_so(demo: Demo, method: str, path: str) -> None:
    assert error(demo.ask(method, path))[0] == 405


def test_a_session_begins_is_shown_and_ends(demo: Demo) -> None:
    person = demo.people["cleo"]
    body = json.dumps({"email": person["email"], "password": person["password"]}).encode()
    answer = demo.ask("POST", "/api/session", body=body, headers={"Origin": demo.url, **JSON})
    assert answer.status == 200
    assert answer.json() == {"name": "Cleo", "roles": ["coordinator"]}
    attributes = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= attributes
    cookie = {"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    assert demo.ask("GET", "/api/session", headers=cookie).json()["name"] == "Cleo"
    ended = demo.ask("DELETE", "/api/session", headers={**cookie, "Origin": demo.url})
    assert ended.status == 204
    assert error(demo.ask("GET", "/api/session", headers=cookie)) == (401, "signed_out")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"email": "a@b.c"}',
        b'{"email": 1, "password": "x"}',
        b"\xff\xfe",
        b"[" * 10_000,
        b'{"email": "a@b.c", "password": "x", "more": 1}',
        b'{"email": "a@b.c", "password": ""}',
    ],
)
def test_a_malformed_sign_in_is_refused(demo: Demo, body: bytes) -> None:
    assert error(demo.ask("POST", "/api/session", body=body, headers=JSON)) == (400, "bad_frame")


def test_a_wrong_password_and_an_unknown_address_look_alike(demo: Demo) -> None:
    answers = []
    for email in ("nobody@demo.example", demo.people["cleo"]["email"]):
        body = json.dumps({"email": email, "password": "wrong"}).encode()
        answer = demo.ask("POST", "/api/session", body=body, headers=JSON)
        assert "set-cookie" not in answer.headers
        assert error(answer) == (401, "wrong")
        answers.append(answer.body)
    assert answers[0] == answers[1]


def test_a_sign_in_from_another_page_is_refused(demo: Demo) -> None:
    person = demo.people["cleo"]
    body = json.dumps({"email": person["email"], "password": person["password"]}).encode()
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = demo.ask("POST", "/api/session", body=body, headers=headers)
        assert error(answer) == (403, "not_allowed")
        assert "set-cookie" not in answer.headers


def test_a_body_that_is_too_large_is_refused(demo: Demo) -> None:
    assert error(demo.ask("POST", "/api/session", body=b" " * 200_000, headers=JSON)) == (413, "too_long")
