"""`/api/roster`, `/api/ladder` and the calendar feed: who may, what is refused and how, what is in force."""

from __future__ import annotations

import base64
import datetime as dt
import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest
from icalendar import Calendar

from tests.support.demo import Answer, Demo

READS = ("/api/roster", "/api/ladder")
SWAP = {"place": "first", "person": "x", "from": "2031-05-02T18:00", "until": "2031-05-02T20:00"}
WHICH = {"change": "none"}
COORDINATORS: dict[tuple[str, str], Any] = {
    ("POST", "/api/roster"): {"text": "", "version": 0},
    ("POST", "/api/roster/cover"): SWAP,
    ("POST", "/api/roster/withdraw"): WHICH,
    ("POST", "/api/roster/calendar"): {},
    ("POST", "/api/ladder"): {"text": "", "version": 0},
    ("POST", "/api/ladder/override"): {"reason": "setting_up", "hours": 1},
    ("DELETE", "/api/ladder/override"): {},
}
EVERYBODY_ON_CALL: dict[tuple[str, str], Any] = {
    ("POST", "/api/roster/swap"): SWAP,
    ("POST", "/api/roster/swap/accept"): WHICH,
    ("POST", "/api/roster/swap/decline"): WHICH,
    ("POST", "/api/roster/swap/withdraw"): WHICH,
}
FEED = "/calendar/on-call.ics"


def ask(
    demo: Demo, method: str, path: str, body: Any = None, *, name: str | None = "cleo", **more: str
) -> Answer:
    headers = {"Origin": demo.url, **({"Cookie": demo.cookie(name)} if name else {}), **more}
    given = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return demo.ask(method, path, body=given, headers=headers)


def refused(answer: Answer) -> tuple[int, str]:
    told = answer.json()
    assert set(told) == {"code", "detail"}
    assert told["detail"].endswith(".")
    return answer.status, told["code"]


def roster(demo: Demo, name: str = "cleo") -> Any:
    answer = ask(demo, "GET", "/api/roster", name=name)
    assert answer.status == 200
    return answer.json()


def soon(hours: float) -> str:
    """A time of the demo's roster, which is of UTC."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def id_of(demo: Demo, name: str) -> str:
    return str(next(one["id"] for one in roster(demo)["people"] if one["name"] == name))


@pytest.fixture
def swept(demo: Demo) -> Iterator[Demo]:
    """The demo, with every change of the roster taken back afterwards."""
    yield demo
    for change in roster(demo)["changes"]:
        assert ask(demo, "POST", "/api/roster/withdraw", {"change": change["id"]}).status == 200


# --- who may ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"), [*COORDINATORS, *EVERYBODY_ON_CALL, *(("GET", p) for p in READS)]
)
def test_a_supporter_and_a_stranger_are_let_in_nowhere(demo: Demo, method: str, path: str) -> None:
    body = {**COORDINATORS, **EVERYBODY_ON_CALL}.get((method, path))
    assert refused(ask(demo, method, path, body, name="sam")) == (403, "not_allowed")
    assert refused(ask(demo, method, path, body, name=None)) == (401, "signed_out")


@pytest.mark.parametrize(("method", "path"), COORDINATORS)
@pytest.mark.parametrize("name", ["omar", "lena"])
def test_only_a_coordinator_changes_what_holds_for_all(demo: Demo, method: str, path: str, name: str) -> None:
    assert refused(ask(demo, method, path, COORDINATORS[method, path], name=name)) == (403, "not_allowed")


@pytest.mark.parametrize(("method", "path"), [*COORDINATORS, *EVERYBODY_ON_CALL])
@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_other_pages_change_nothing(demo: Demo, method: str, path: str, header: dict[str, str]) -> None:
    body = {**COORDINATORS, **EVERYBODY_ON_CALL}[method, path]
    assert refused(ask(demo, method, path, body, **header)) == (403, "not_allowed")


@pytest.mark.parametrize("name", ["omar", "lena"])
def test_others_see_the_roster_and_neither_its_text_nor_what_is_not_theirs(demo: Demo, name: str) -> None:
    told = roster(demo, name)
    assert (told["text"], told["changes"]) == (None, [])
    assert ask(demo, "GET", "/api/ladder", name=name).json()["text"] is None


# --- the roster's text -----------------------------------------------------------------------------------


def test_two_weeks_are_shown_without_a_hole_and_with_their_gaps(demo: Demo) -> None:
    told = roster(demo)
    assert told["zone"] == "UTC"
    for place in ("first", "second"):
        mine = [one for one in told["shifts"] if one["place"] == place]
        assert mine[0]["start"] == told["start"]
        assert mine[-1]["until"] == told["until"] == told["start"] + 14 * 86_400
        assert all(a["until"] == b["start"] for a, b in itertools.pairwise(mine))
    ahead = [one for one in told["shifts"] if one["until"] > told["now"]]
    assert {one["gap"] for one in ahead if one["person"] is None} == {"nobody"}
    assert {one["gap"] for one in ahead if one["name"] == "Omar"} == {"unreachable"}


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        ("omar@demo.example", "eve@demo.example", "Line 5: week 1: nobody here is 'eve@demo.example'."),
        ('zone = "UTC"', 'zone = "Mars"', "Line 1: sheet: no time zone is called 'Mars'."),
        ('"fri"]', '"fri"', "Line 14: "),
        ('place = "second"', "x" * 300, "Line 11: "),
    ],
)
def test_a_roster_that_cannot_be_used_is_refused_with_its_line_and_the_old_one_holds(
    demo: Demo, old: str, new: str, detail: str
) -> None:
    before = roster(demo)
    assert old in before["text"]
    body = {"text": before["text"].replace(old, new), "version": before["version"]}
    answer = ask(demo, "POST", "/api/roster", body)
    assert refused(answer) == (422, "bad_sheet")
    assert answer.json()["detail"].startswith(detail)
    assert {**roster(demo), "now": 0} == {**before, "now": 0}


def test_a_new_text_is_in_force_and_of_two_who_write_the_later_is_refused(demo: Demo) -> None:
    before = roster(demo)
    holiday = '\n[[holiday]]\nplace = "first"\nperson = "lena@demo.example"\ndays = [%s]\n'
    today = dt.datetime.fromtimestamp(before["now"], dt.UTC).date().isoformat()
    body = {"text": before["text"] + holiday % today, "version": before["version"]}
    assert ask(demo, "POST", "/api/roster", body).json() == {"version": before["version"] + 1}
    assert refused(ask(demo, "POST", "/api/roster", body)) == (409, "not_now")
    now = [
        one
        for one in roster(demo)["shifts"]
        if one["place"] == "first" and one["start"] <= before["now"] < one["until"]
    ]
    assert [(one["name"], one["how"]) for one in now] == [("Lena", "holiday")]
    back = {"text": before["text"], "version": before["version"] + 1}
    assert ask(demo, "POST", "/api/roster", back).status == 200


@pytest.mark.parametrize(
    "body", [b"{", {"text": 3, "version": 0}, {"text": "a"}, {"text": "", "version": -1}]
)
@pytest.mark.parametrize("path", ["/api/roster", "/api/ladder"])
def test_a_body_that_is_none_is_refused(demo: Demo, path: str, body: Any) -> None:
    assert refused(ask(demo, "POST", path, body)) == (400, "bad_frame")


# --- covers and swaps ------------------------------------------------------------------------------------


def shift_at(demo: Demo, place: str, hours: float) -> tuple[str, str]:
    told = roster(demo)
    at = told["now"] + hours * 3600
    (one,) = [
        shift for shift in told["shifts"] if shift["place"] == place and shift["start"] <= at < shift["until"]
    ]
    return one["name"], one["how"]


def test_a_cover_holds_for_its_time_until_it_is_taken_back(swept: Demo) -> None:
    lena = id_of(swept, "Lena")
    body = {"place": "first", "person": lena, "from": soon(2), "until": soon(4)}
    made = ask(swept, "POST", "/api/roster/cover", body)
    assert made.status == 200
    assert shift_at(swept, "first", 3) == ("Lena", "cover")
    assert [one["id"] for one in roster(swept)["changes"]] == [made.json()["change"]]
    assert roster(swept, "omar")["changes"] == [], "who changed what is for coordinators"
    assert shift_at(swept, "first", 5) == ("Omar", "week")
    assert ask(swept, "POST", "/api/roster/withdraw", made.json()).status == 200
    assert shift_at(swept, "first", 3) == ("Omar", "week")
    assert refused(ask(swept, "POST", "/api/roster/withdraw", made.json())) == (409, "not_now")


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"person": "nobody"}, (404, "unknown")),
        ({"from": "2031-02-30T18:00"}, (409, "not_now")),
        ({"from": "2031-05-02T20:00"}, (409, "not_now")),
        ({"from": "2021-05-02T18:00", "until": "2021-05-02T20:00"}, (409, "not_now")),
        ({"until": "2031-07-02T18:00"}, (409, "not_now")),
        ({"from": "tomorrow"}, (400, "bad_frame")),
        ({"place": "third"}, (400, "bad_frame")),
    ],
)
def test_a_cover_that_makes_no_sense_is_refused(
    demo: Demo, more: dict[str, str], answer: tuple[int, str]
) -> None:
    body = {**SWAP, "person": id_of(demo, "Lena"), **more}
    assert refused(ask(demo, "POST", "/api/roster/cover", body)) == answer


def test_a_swap_holds_only_once_the_other_accepts(swept: Demo) -> None:
    lena = id_of(swept, "Lena")
    body = {"place": "first", "person": lena, "from": soon(2), "until": soon(4)}
    asked = ask(swept, "POST", "/api/roster/swap", body, name="omar").json()
    assert shift_at(swept, "first", 3) == ("Omar", "week")
    assert [one["state"] for one in roster(swept, "lena")["swaps"] if one["id"] == asked["change"]] == [
        "proposed"
    ]
    assert refused(ask(swept, "POST", "/api/roster/swap/accept", asked, name="omar")) == (403, "not_allowed")
    assert refused(ask(swept, "POST", "/api/roster/swap/accept", asked, name="cleo")) == (404, "unknown")
    assert ask(swept, "POST", "/api/roster/swap/accept", asked, name="lena").status == 200
    assert shift_at(swept, "first", 3) == ("Lena", "swap")
    assert refused(ask(swept, "POST", "/api/roster/swap/decline", asked, name="lena")) == (409, "not_now")


@pytest.mark.parametrize(("move", "name"), [("decline", "lena"), ("withdraw", "omar")])
def test_a_swap_that_is_declined_or_taken_back_never_holds(swept: Demo, move: str, name: str) -> None:
    body = {"place": "first", "person": id_of(swept, "Lena"), "from": soon(2), "until": soon(4)}
    asked = ask(swept, "POST", "/api/roster/swap", body, name="omar").json()
    assert ask(swept, "POST", f"/api/roster/swap/{move}", asked, name=name).status == 200
    assert shift_at(swept, "first", 3) == ("Omar", "week")
    assert refused(ask(swept, "POST", "/api/roster/swap/accept", asked, name="lena")) == (409, "not_now")


def test_nobody_gives_away_what_is_not_theirs(swept: Demo) -> None:
    body = {"place": "first", "person": id_of(swept, "Omar"), "from": soon(2), "until": soon(4)}
    assert refused(ask(swept, "POST", "/api/roster/swap", body, name="lena")) == (409, "not_now")
    to_self = ask(swept, "POST", "/api/roster/swap", body, name="omar")
    assert refused(to_self) == (404, "unknown")
    to_supporter = {**body, "person": id_of(swept, "Sam")}
    assert refused(ask(swept, "POST", "/api/roster/swap", to_supporter, name="omar")) == (404, "unknown")


def test_a_swap_falls_when_the_roster_changed_before_it_was_accepted(swept: Demo) -> None:
    lena, noor = id_of(swept, "Lena"), id_of(swept, "Noor")
    times = {"place": "first", "from": soon(2), "until": soon(4)}
    asked = ask(swept, "POST", "/api/roster/swap", {**times, "person": lena}, name="omar").json()
    assert ask(swept, "POST", "/api/roster/cover", {**times, "person": noor}).status == 200
    assert refused(ask(swept, "POST", "/api/roster/swap/accept", asked, name="lena")) == (409, "not_now")
    assert shift_at(swept, "first", 3) == ("Noor", "cover")


# --- calendars -------------------------------------------------------------------------------------------


def calendar(person: str, hours: float = 2, *, rule: str = "") -> bytes:
    start, until = (
        (dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours + more)).strftime("%Y%m%dT%H%M00Z")
        for more in (0, 2)
    )
    return (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:1\nSUMMARY:second\n"
        f"ATTENDEE:mailto:{person}\nDTSTART:{start}\nDTEND:{until}\n{rule}END:VEVENT\nEND:VCALENDAR\n"
    ).encode()


def test_a_calendar_is_read_in_and_takes_the_place_of_the_one_before(swept: Demo) -> None:
    read = ask(swept, "POST", "/api/roster/calendar", calendar("noor@demo.example"))
    assert (read.status, read.json()) == (200, {"shifts": 1})
    assert shift_at(swept, "second", 3) == ("Noor", "calendar")
    weekly = calendar("omar@demo.example", 5, rule="RRULE:FREQ=WEEKLY;COUNT=3\n")
    assert ask(swept, "POST", "/api/roster/calendar", weekly).json() == {"shifts": 3}
    assert shift_at(swept, "second", 6) == ("Omar", "calendar")
    assert shift_at(swept, "second", 3)[1] != "calendar"


def test_a_calendar_that_cannot_be_used_is_refused_with_line_and_entry_and_nothing_changes(
    swept: Demo,
) -> None:
    before = roster(swept)["shifts"]
    answer = ask(swept, "POST", "/api/roster/calendar", calendar("eve@demo.example"))
    assert refused(answer) == (422, "bad_calendar")
    assert answer.json()["detail"].startswith("Line 4: entry 1: exactly one of its attendees")
    assert refused(ask(swept, "POST", "/api/roster/calendar", b"hello")) == (422, "bad_calendar")
    assert refused(ask(swept, "POST", "/api/roster/calendar", b"x" * 600_000)) == (413, "too_long")
    assert roster(swept)["shifts"] == before


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_the_feed_shows_own_shifts_to_whoever_has_its_password(demo: Demo) -> None:
    made = ask(demo, "POST", "/api/roster/feed", {}, name="omar").json()
    assert made["user"] == "omar@demo.example"
    assert made["password"] not in made["path"]
    answer = demo.ask("GET", made["path"], headers=basic(made["user"], made["password"]))
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    events = Calendar.from_ical(answer.body).walk("VEVENT")
    assert {str(event["SUMMARY"]) for event in events} == {"On call (first)"}
    for word in (b"omar", b"Omar", b"demo.example", b"Lena"):
        assert word not in answer.body
    assert roster(demo, "omar")["feed"] is not None

    again = ask(demo, "POST", "/api/roster/feed", {}, name="omar").json()
    assert demo.ask("GET", FEED, headers=basic(made["user"], made["password"])).status == 401
    assert demo.ask("GET", FEED, headers=basic(again["user"], again["password"])).status == 200
    assert ask(demo, "DELETE", "/api/roster/feed", name="omar").json() == {"feed": None}
    assert demo.ask("GET", FEED, headers=basic(again["user"], again["password"])).status == 401


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic " + "QQ" * 2000},
        {"Authorization": "Bearer x"},
        basic("omar@demo.example", ""),
        basic("nobody", "x"),
    ],
)
def test_the_feed_asks_everybody_else_for_its_password(demo: Demo, header: dict[str, str]) -> None:
    answer = demo.ask("GET", FEED, headers=header)
    assert refused(answer) == (401, "signed_out")
    assert answer.headers["www-authenticate"].startswith("Basic ")


def test_a_sign_in_does_not_open_the_feed_nor_the_feed_anything_else(demo: Demo) -> None:
    made = ask(demo, "POST", "/api/roster/feed", {}, name="lena").json()
    assert demo.ask("GET", FEED, headers={"Cookie": demo.cookie("lena")}).status == 401
    assert demo.ask("GET", "/api/roster", headers=basic(made["user"], made["password"])).status == 401
    assert ask(demo, "DELETE", "/api/roster/feed", name="lena").status == 200


# --- the ladder ------------------------------------------------------------------------------------------


def test_the_ladder_is_shown_with_its_times_and_what_is_not_tested(demo: Demo) -> None:
    told = ask(demo, "GET", "/api/ladder").json()
    assert [rung["after"] for rung in told["rungs"]] == [0, 30, 60, 120, 180]
    assert told["own"] is False
    assert told["state"] == "override"
    assert told["override"]["reason"] == "demonstration"
    assert [flaw["rung"] for flaw in told["flaws"]] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("[[rung]]\ntell = ['person:eve']\nby = ['any']\nwait = 30", "Line 2: rung 1: nobody here is 'eve'."),
        ("[[rung]]\ntell = ['role:cook']\nby = ['any']\nwait = 30", "Line 2: rung 1: no role is called"),
        ("[[rung]]\ntell = ['first']\nby = ['pigeon']\nwait = 30", "Line 3: rung 1: no alert channel is"),
        ("[[rung]]\ntell = ['first']\nby = ['any']\nwait = 1", "Line 4: rung 1: 'wait' must be a number"),
        ("[[rung]\n", "Line 1: "),
    ],
)
def test_a_ladder_that_cannot_be_used_is_refused_with_its_line_and_the_old_one_holds(
    demo: Demo, text: str, detail: str
) -> None:
    before = in_force(demo)
    answer = ask(demo, "POST", "/api/ladder", {"text": text, "version": before["version"]})
    assert refused(answer) == (422, "bad_sheet")
    assert answer.json()["detail"].startswith(detail)
    assert in_force(demo) == before


def in_force(demo: Demo) -> dict[str, Any]:
    """The ladder as it stands, without what is looked at anew all the time: whom it would reach now."""
    told: dict[str, Any] = ask(demo, "GET", "/api/ladder").json()
    return {name: value for name, value in told.items() if name != "flaws"}


def test_a_ladder_of_ones_own_is_in_force_until_it_is_emptied(demo: Demo) -> None:
    version = ask(demo, "GET", "/api/ladder").json()["version"]
    text = (
        "concerns = 'opening hours'\n[[rung]]\ntell = ['person:omar@demo.example']\nby = ['any']\nwait = 45"
    )
    assert ask(demo, "POST", "/api/ladder", {"text": text, "version": version}).status == 200
    told = ask(demo, "GET", "/api/ladder").json()
    assert (told["own"], told["concerns_wait"], told["text"]) == (True, True, text)
    assert told["rungs"] == [{"after": 0, "tell": [{"kind": "person", "name": "Omar"}], "by": [], "wait": 45}]
    assert ask(demo, "POST", "/api/ladder", {"text": "", "version": version + 1}).status == 200
    assert len(ask(demo, "GET", "/api/ladder").json()["rungs"]) == 5


@pytest.mark.parametrize("body", [{"reason": "because", "hours": 1}, {"reason": "setting_up", "hours": 1000}])
def test_an_override_has_a_reason_of_the_list_and_an_end(demo: Demo, body: dict[str, Any]) -> None:
    assert refused(ask(demo, "POST", "/api/ladder/override", body)) == (400, "bad_frame")
