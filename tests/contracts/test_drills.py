"""`/api/drills`: who sees, starts and switches them, from our own pages alone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.support.demo import Answer, Demo
from tests.support.stage import Stage

STARTING = ("lead", "coordinator")
FIELDS = {"running", "drills", "monthly", "may_start", "may_switch"}


def ask(demo: Demo, path: str = "", body: Any = None, *, name: str | None, **more: str) -> Answer:
    headers = {"Origin": demo.url, **({"Cookie": demo.cookie(name)} if name else {}), **more}
    given = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return demo.ask("GET" if body is None else "POST", f"/api/drills{path}", body=given, headers=headers)


def person(demo: Demo, role: str) -> str:
    return next(name for name, told in demo.people.items() if told["role"] == role)


def refused(answer: Answer) -> tuple[int, str]:
    told = answer.json()
    assert set(told) == {"code", "detail"}
    assert told["detail"].endswith(".")
    return answer.status, told["code"]


@pytest.mark.parametrize("role", ["lead", "on_call", "coordinator"])
def test_staff_see_what_came_of_drills(demo: Demo, role: str) -> None:
    answer = ask(demo, name=person(demo, role))
    told = answer.json()
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert set(told) == FIELDS
    assert (told["may_start"], told["may_switch"]) == (role in STARTING, role == "coordinator")
    assert told["monthly"]["on"]


def test_supporters_and_strangers_do_not(demo: Demo) -> None:
    assert refused(ask(demo, name="sam")) == (403, "not_allowed")
    assert refused(ask(demo, "", {}, name="sam")) == (403, "not_allowed")
    assert refused(ask(demo, "", {}, name=person(demo, "on_call"))) == (403, "not_allowed")
    for role in ("supporter", "lead", "on_call"):
        assert refused(ask(demo, "/monthly", {"on": False}, name=person(demo, role))) == (403, "not_allowed")
    for path, body in (("", None), ("", {}), ("/monthly", {"on": False})):
        assert refused(ask(demo, path, body, name=None)) == (401, "signed_out")


@pytest.mark.parametrize("path", ["", "/monthly"])
@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_other_pages_start_and_switch_nothing(demo: Demo, path: str, header: dict[str, str]) -> None:
    cleo = person(demo, "coordinator")
    assert refused(ask(demo, path, {"on": False}, name=cleo, **header)) == (403, "not_allowed")
    told = ask(demo, name=cleo).json()
    assert told["running"] is None
    assert told["monthly"]["on"]


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 9000, {}, {"on": "no"}, {"on": True, "more": 1}])
def test_a_body_that_is_none_is_refused(demo: Demo, body: Any) -> None:
    assert refused(ask(demo, "/monthly", body, name=person(demo, "coordinator"))) == (400, "bad_frame")


def test_the_monthly_drill_is_switched_off_and_on(demo: Demo) -> None:
    cleo = person(demo, "coordinator")
    off = ask(demo, "/monthly", {"on": False}, name=cleo).json()
    assert off["monthly"] == {"on": False, "next": None}
    on = ask(demo, "/monthly", {"on": True}, name=cleo).json()
    assert on["monthly"]["on"]


@pytest.mark.parametrize("role", STARTING)
async def test_a_drill_runs_once_at_a_time_is_practice_and_keeps_only_times(stage: Stage, role: str) -> None:
    demo, name = stage.demo, person(stage.demo, role)
    omar = await stage.teammate("omar")
    before = len(ask(demo, name=name).json()["drills"])
    open_before = (await omar.wait("board"))["alerts"]
    seen = omar.mark
    started = ask(demo, "", {}, name=name)
    assert started.status == 200
    assert started.json()["running"]["started"] == "button"
    assert refused(ask(demo, "", {}, name=name)) == (409, "not_now")
    alert = await omar.wait("alert", source="practice", since=seen)
    assert (alert["category"], alert["held_by"]) == ("practice", None)
    board = await omar.wait("board", since=seen, practice=1)
    assert board["alerts"] == open_before
    await omar.send(type="acknowledge", alert=alert["alert"], ref="mine")
    await omar.wait("alert", ref="mine")
    await omar.wait("alert", alert=alert["alert"], state="stood_down")
    while (told := ask(demo, name=name).json())["running"] is not None:  # noqa: ASYNC110 - it is kept soon after
        await asyncio.sleep(0.05)
    assert len(told["drills"]) == before + 1
    newest = told["drills"][0]
    assert set(newest) == {"day", "started", "answered_after", "rungs"}
    assert newest["answered_after"] >= 0
    assert all(set(rung) == {"told_after", "reached"} for rung in newest["rungs"])
