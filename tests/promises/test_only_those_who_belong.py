"""Promise 20: every role with every frame over real sockets, and every route with everybody."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec

from chat import protocol, surfaces
from chat.page_links import PATH
from chat.protocol import Role
from chat.roles import MAY
from chat.surfaces.roster import FEED
from tests.support.client import Client, Frame, Teammate
from tests.support.process import Server, installed
from tests.support.valkey import Valkey

SURFACES = Path(surfaces.__file__).parent
SECRET = {"/calendar/on-call.ics", "/api/acknowledge"}
"""Routes that refuse whoever does not bring their secret."""
ROLES: tuple[Role, ...] = get_args(Role)
PEOPLE: dict[str, list[Role]] = {role.replace("_", ""): [role] for role in ROLES}
GIVEN: dict[str, Any] = {
    "conversation": "nowhere",
    "alert": "none",
    "offer": "none",
    "n": 1,
    "text": "hello",
    "author": "seeker",
    "on": True,
    "open": False,
    "reason": "advice",
    "outcome": "talked",
    "topic": "other",
    "verdict": "missed",
    "to": "nobody",
    "item": "thoughts",
    "choice": "no",
    "decision": "following",
    "person": "nobody",
}
"""A value for each field that must be given."""
CLOSINGS = {"resolve": "confirmed"}


TEAM = frozenset(ROLES)
SEES = frozenset({"lead", "on_call", "coordinator"})
STAFF = frozenset({"lead", "on_call"})
COORDINATES = frozenset({"coordinator"})
ANYBODY = None
"""A route that asks for no session: a page, or something that is the same for everybody."""
WHO: dict[tuple[str, str], frozenset[str] | None] = {
    ("GET", "/"): ANYBODY,
    ("GET", "/console"): ANYBODY,
    ("GET", "/staff"): ANYBODY,
    ("GET", "/staff/phone"): ANYBODY,
    ("GET", "/staff/worker.js"): ANYBODY,
    ("GET", "/staff/app.webmanifest"): ANYBODY,
    ("GET", "/acknowledge"): ANYBODY,
    ("GET", "/privacy"): ANYBODY,
    ("GET", "/leave"): ANYBODY,
    ("GET", "/favicon.ico"): ANYBODY,
    ("GET", "/assets/{name}"): ANYBODY,
    ("GET", "/livez"): ANYBODY,
    ("GET", "/readyz"): ANYBODY,
    ("GET", "/metrics"): ANYBODY,
    ("GET", "/api/service"): ANYBODY,
    ("GET", "/calendar/on-call.ics"): ANYBODY,  # asks for a secret of its own
    ("POST", "/api/acknowledge"): ANYBODY,  # so does this: the link of a page
    ("POST", "/api/session"): ANYBODY,
    ("GET", "/api/session"): TEAM,
    ("GET", "/api/reach"): TEAM,
    ("POST", "/api/reach"): TEAM,
    ("DELETE", "/api/reach/{address}"): TEAM,
    ("POST", "/api/reach/{address}/test"): TEAM,
    ("POST", "/api/reach/{address}/heard"): TEAM,
    ("GET", "/api/reach/people"): COORDINATES,
    ("GET", "/api/terms"): COORDINATES,
    ("POST", "/api/terms"): COORDINATES,
    ("POST", "/api/terms/{move}"): COORDINATES,
    ("GET", "/api/alerts"): STAFF,
    ("GET", "/api/alerts/past"): STAFF,
    ("GET", "/api/drills"): SEES,
    ("POST", "/api/drills"): frozenset({"lead", "coordinator"}),
    ("POST", "/api/drills/monthly"): COORDINATES,
    ("GET", "/api/ladder"): SEES,
    ("POST", "/api/ladder"): COORDINATES,
    ("POST", "/api/ladder/override"): COORDINATES,
    ("DELETE", "/api/ladder/override"): COORDINATES,
    ("GET", "/api/roster"): SEES,
    ("POST", "/api/roster"): COORDINATES,
    ("POST", "/api/roster/calendar"): COORDINATES,
    ("POST", "/api/roster/cover"): COORDINATES,
    ("POST", "/api/roster/withdraw"): COORDINATES,
    ("POST", "/api/roster/feed"): SEES,
    ("DELETE", "/api/roster/feed"): SEES,
    ("POST", "/api/roster/swap"): SEES,
    ("POST", "/api/roster/swap/accept"): SEES,
    ("POST", "/api/roster/swap/decline"): SEES,
    ("POST", "/api/roster/swap/withdraw"): SEES,
    ("DELETE", "/api/session"): ANYBODY,  # the last one: it ends the session
}
"""Every route there is, and whose it is."""
_ROUTE = re.compile(r'Route\(\s*(?:"([^"]+)"|(\w+)),[^)]*?methods=\["(\w+)"\]', re.DOTALL)
_NAMED = {"FEED": FEED, "PATH": PATH}


def frame_of(kind: type[msgspec.Struct]) -> Frame:
    """A well-formed frame of this kind about things that do not exist."""
    name = protocol.frame_type(kind)
    frame: Frame = {"type": name}
    for field in msgspec.structs.fields(kind):
        if field.required:
            frame[field.name] = GIVEN.get(field.name)
        elif field.name == "ref":
            frame["ref"] = f"of-{name}"
    if name in CLOSINGS:
        frame["outcome"] = CLOSINGS[name]
    return frame


def team_frames() -> Iterator[type[msgspec.Struct]]:
    yield from (kind for kind in protocol.clients()["team"] if protocol.frame_type(kind) != "hello")


async def answer(client: Client, frame: Frame) -> Frame | None:
    """What comes back for a frame; None for the few that are answered by nothing."""
    since = client.mark
    await client.send(**frame)
    await client.send(type="no such frame", ref=f"after-{since}")
    await client.wait("refused", since=since, ref=f"after-{since}")
    ref = frame.get("ref")
    for came in client.frames[since:]:
        if came["type"] == "refused" and came["ref"] == f"after-{since}":
            continue
        if (ref is not None and came.get("ref") == ref) or came.get("re") == frame["type"]:
            return came
    return None


async def test_every_role_gets_exactly_the_frames_of_the_table(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    assert set(MAY) == set(protocol.clients()["team"])
    async with installed(tmp_path, private_valkey(), people=PEOPLE) as house:
        unexpected: list[tuple[str, str, str | None]] = []
        for name, roles in PEOPLE.items():
            teammate = Teammate(house.url, await house.sign_in(name))
            await teammate.open()
            await teammate.hello()
            for kind in team_frames():
                frame = frame_of(kind)
                refused_for = await _refused_for_the_role(teammate, frame)
                allowed = not MAY[kind].isdisjoint(roles)
                if frame["type"] == "observe" and roles == ["on_call"]:
                    allowed = False  # on-call staff enter with a live alert only, and there is none
                if refused_for == allowed:
                    unexpected.append((name, frame["type"], str(refused_for)))
            await teammate.cut()
        assert unexpected == []


async def _refused_for_the_role(teammate: Teammate, frame: Frame) -> bool:
    since = teammate.mark
    await teammate.send(**frame)
    # What follows is carried out after it; an answer that takes longer carries the reference.
    end = f"end-{since}"
    await teammate.send(type="wrapup", conversation="nowhere", outcome="talked", topic="other", ref=end)
    ref = frame.get("ref")
    done = await teammate.until(lambda: _ended(teammate.frames[since:], ref, end), frame["type"])
    assert done
    return any(
        came["type"] == "refused" and came["code"] == "not_allowed" and came["re"] == frame["type"]
        for came in teammate.frames[since:]
        if came.get("ref") != end
    )


def _ended(frames: list[Frame], ref: str | None, end: str) -> bool:
    refs = {frame.get("ref") for frame in frames}
    return end in refs and (ref is None or ref in refs)


async def test_nobody_without_a_session_gets_in(private_valkey: Callable[[], Valkey], tmp_path: Path) -> None:
    async with installed(tmp_path, private_valkey(), people=PEOPLE) as house:
        for cookie in (None, "warmline=", "warmline=made-up", "other=1"):
            client = Client(house.url, cookie=cookie)
            client.path = "/ws/team"
            await client.open()
            assert await client.wait_closed() == 4501
        for method, path, expected in (
            ("GET", "/", 200),
            ("GET", "/livez", 200),
            ("GET", "/api/service", 200),
            ("GET", "/api/session", 401),
            ("PUT", "/api/session", 405),
            ("GET", "/ws/team", 404),
            ("GET", "/admin", 404),
        ):
            status, headers, _ = await asyncio.to_thread(house.servers[0].ask, method, path)
            assert (path, status) == (path, expected)
            assert "default-src 'none'" in headers["content-security-policy"]


def test_the_table_of_routes_is_whole() -> None:
    sources = (path.read_text(encoding="utf-8") for path in SURFACES.glob("*.py"))
    written = {
        (method, path or _NAMED[name]) for source in sources for path, name, method in _ROUTE.findall(source)
    }
    assert written == set(WHO)


async def test_every_role_gets_exactly_the_routes_of_the_table(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), people=PEOPLE) as house:
        cookies: dict[str, str | None] = {name: await house.sign_in(name) for name in PEOPLE}
        unexpected: list[tuple[str, str, str, int]] = []
        for name, cookie in {**cookies, "nobody": None}.items():
            for (method, path), who in WHO.items():
                status = await asyncio.to_thread(_asked, house.servers[0], method, path, cookie)
                may = who is ANYBODY or not who.isdisjoint(PEOPLE.get(name, ()))
                refusals = {401, 403} if may else set()
                if path in SECRET:
                    refusals = set()
                expected = 401 if cookie is None else 403
                if status in refusals or (not may and status != expected):
                    unexpected.append((name, method, path, status))
        assert unexpected == []


def _asked(server: Server, method: str, path: str, cookie: str | None) -> int:
    """Asks with a body that is none, about things that do not exist."""
    place = re.sub(r"\{\w+\}", "none", path)
    body = None if method == "GET" else {"nothing": "of the kind"}
    status, _, _ = server.ask(method, place, body, {"Cookie": cookie} if cookie else {})
    return status


async def test_a_seekers_socket_takes_no_frame_of_the_team(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    own = {protocol.frame_type(kind) for kind in protocol.clients()["seeker"]}
    async with installed(tmp_path, private_valkey()) as house, Client(house.url) as seeker:
        await seeker.send(type="hello", v=1)
        await seeker.wait("welcome")
        for kind in team_frames():
            frame = frame_of(kind)
            if frame["type"] not in own:
                came = await answer(seeker, frame)
                assert came is not None
                assert (came["type"], came["code"]) == ("refused", "bad_frame")
