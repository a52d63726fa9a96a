"""Promise 22: every act that needs a right writes an entry, and what cannot be written down is not done."""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import io
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import pyotp
from starlette.routing import Route

from chat import log
from chat.acts import ACTS, EVERYDAY, UNRECORDED
from chat.app import build
from chat.page_links import PageLink, PageLinks
from chat.protocol import Decision, frame_type
from chat.roles import MAY
from chat.sealing import derived
from chat.settings import load
from storage.audit import Audit
from storage.chain import Entry
from storage.people import People, Person
from storage.tables import audit_chain
from tests.support.client import Seeker, Teammate
from tests.support.envelopes import share
from tests.support.process import Installation, installed
from tests.support.servers import Web, listening
from tests.support.valkey import Valkey

PEOPLE: dict[str, Any] = {
    "cleo": ["coordinator"],
    "carl": ["coordinator"],
    "omar": ["on_call"],
    "lena": ["lead", "on_call"],
}
DAYS = '["mon", "tue", "wed", "thu", "fri", "sat", "sun"]'
ROSTER = (
    f'zone = "UTC"\n[[week]]\nplace = "first"\nperson = "omar@campus.example"\ndays = {DAYS}\n'
    'from = "00:00"\nuntil = "00:00"\n'
)
TERM = {
    "change": "add",
    "lexicon": "en",
    "term": "lanterns",
    "state": "draft",
    "severity": "concern",
    "category": "suicide",
    "why": "Students of North Hall say this.",
    "say": ["climb the lantern stairs"],
}


def test_the_table_names_every_frame_and_every_request_that_changes_something(tmp_path: Path) -> None:
    frames = {frame_type(kind) for kind in MAY}
    ways = {way.removeprefix("frame ").split(",")[0] for way in ACTS if way.startswith("frame ")}
    assert ways | EVERYDAY == frames
    assert not ways & EVERYDAY
    named = {way.split(",")[0] for way in ACTS if way.split()[0] in {"POST", "PUT", "DELETE"}} | UNRECORDED
    assert named == set(asyncio.run(changing(tmp_path)))


async def changing(folder: Path) -> list[str]:
    settings = load(
        {}, secret="A" * 44, database_url=f"sqlite:///{folder / 'a.sqlite3'}", spool=str(folder / "spool")
    )
    process = build(settings, log.Log(io.StringIO()), lambda: False)
    try:
        return list(_changing(process.asgi))
    finally:
        process.passwords.close()
        process.alerts.close()
        await process.redis.aclose()
        await process.stores.database.close()


def _changing(asgi: Any) -> Iterator[str]:
    for route in asgi._app.routes:  # the application under the layer that guards every answer
        if isinstance(route, Route):
            for method in sorted((route.methods or set()) - {"GET", "HEAD"}):
                moves = ("agree", "shadow", "live", "undo") if "{move}" in route.path else ("",)
                for move in moves:
                    yield f"{method} {route.path.replace('{move}', move)}"


# --- each writes its entry --------------------------------------------------------------------------------


@dataclass
class Stage:
    """An installation, and what its people have done so far."""

    house: Installation
    cookies: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    team: dict[str, Teammate] = field(default_factory=dict)
    seekers: list[Seeker] = field(default_factory=list)

    async def ask(self, who: str, way: str, body: Any = None, **places: str) -> Any:
        method, path = way.split(" ", 1)
        for place, value in places.items():
            path = path.replace(f"{{{place}}}", value)
        given = {"Cookie": self.cookies[who]} if who else {}
        status, _, said = await asyncio.to_thread(self.house.servers[0].ask, method, path, body, given)
        assert status in {200, 204}, (way, status, said)
        self.kept[way] = said
        return json.loads(said) if said else None

    async def entries(self) -> list[Entry]:
        async with self.house.database() as database:
            return list(reversed(await Audit(database).latest(500)))

    async def alert(self) -> tuple[str, str]:
        """A seeker calls for help; the alert and the conversation."""
        seeker = await Seeker(self.house.url).open()
        self.seekers.append(seeker)
        await seeker.hello()
        omar = self.team["omar"]
        since = omar.mark
        await seeker.send(type="help")
        alert = await omar.wait("alert", category="help", state="open", since=since)
        return alert["alert"], alert["conversation"]

    def soon(self, hours: float) -> str:
        return (dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


Do = Callable[[Stage], Awaitable[object]]


async def frames(stage: Stage) -> None:
    omar = stage.team["omar"]
    for closing in ({"type": "resolve", "outcome": "in_contact"}, {"type": "stand_down"}):
        alert, conversation = await stage.alert()
        await omar.send(type="acknowledge", alert=alert, ref=f"a{alert}")
        await omar.wait("alert", ref=f"a{alert}")
        for decision in get_args(Decision):
            await omar.send(type="decide", alert=alert, decision=decision, ref=f"{decision}{alert[:8]}")
            await omar.wait("alert", ref=f"{decision}{alert[:8]}")
        await omar.send(type="observe", conversation=conversation, ref=f"o{alert}")
        await omar.wait("observing", ref=f"o{alert}")
        await share(stage.seekers[-1], conversation, "a place", agreed=True)
        await omar.send(type="unseal", conversation=conversation, ref=f"u{alert}")
        await omar.wait("contents", ref=f"u{alert}")
        lena = stage.house.people["lena"]
        await omar.send(type="hand", alert=alert, to=lena, ref=f"h{alert}")
        await omar.wait("alert", ref=f"h{alert}")
        await omar.send(**closing, alert=alert, ref=f"c{alert}")
        await omar.wait("alert", ref=f"c{alert}")


async def tap(stage: Stage) -> None:
    alert, _ = await stage.alert()
    key = load({}, secret=stage.house.environ["WARMLINE_SECRET"]).key()
    links = PageLinks(derived(key, "page link"), stage.house.url)
    link = links.address(PageLink("alert", stage.house.people["lena"], alert, time.time() + 600))
    await stage.ask("", "POST /api/acknowledge", {"link": link.partition("#")[2]})


async def terms(stage: Stage) -> None:
    def place(told: Any) -> dict[str, Any]:
        return {name: told["change"][name] for name in ("lexicon", "term", "version")}

    told = await stage.ask("cleo", "POST /api/terms", TERM)
    for move in ("shadow", "live", "undo"):
        told = await stage.ask("cleo", f"POST /api/terms/{move}", place(told))
    muted = {"change": "mute", "lexicon": "en", "term": "kill-self"}
    told = await stage.ask("cleo", "POST /api/terms", muted)
    told = await stage.ask("carl", "POST /api/terms/agree", place(told))
    await stage.ask("cleo", "POST /api/terms/undo", place(told))


async def drills(stage: Stage) -> None:
    omar, since = stage.team["omar"], stage.team["omar"].mark
    await stage.ask("cleo", "POST /api/drills", {})
    await stage.ask("cleo", "POST /api/drills/monthly", {"on": False})
    alert = await omar.wait("alert", source="practice", since=since)
    await omar.send(type="acknowledge", alert=alert["alert"])
    await omar.wait("alert", alert=alert["alert"], state="stood_down")


async def rosters(stage: Stage) -> None:
    lena = stage.house.people["lena"]
    await stage.ask("cleo", "POST /api/roster", {"text": ROSTER, "version": 0})
    cover = {"place": "second", "person": lena, "from": stage.soon(30), "until": stage.soon(31)}
    made = await stage.ask("cleo", "POST /api/roster/cover", cover)
    await stage.ask("cleo", "POST /api/roster/withdraw", made)
    for number, (who, move) in enumerate((("lena", "accept"), ("lena", "decline"), ("omar", "withdraw"))):
        hours = 40 + 3 * number
        span = {"place": "first", "person": lena, "from": stage.soon(hours), "until": stage.soon(hours + 1)}
        asked = await stage.ask("omar", "POST /api/roster/swap", span)
        await stage.ask(who, f"POST /api/roster/swap/{move}", asked)
    calendar = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//t//EN\r\nBEGIN:VEVENT\r\nUID:1\r\n"
        f"DTSTAMP:20310101T000000Z\r\nDTSTART:{stage.soon(90).translate({45: None, 58: None})}00Z\r\n"
        f"DTEND:{stage.soon(91).translate({45: None, 58: None})}00Z\r\nSUMMARY:second\r\n"
        "ATTENDEE:mailto:lena@campus.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    stage.kept["calendar"] = calendar
    await calendar_in(stage, calendar)
    await stage.ask("omar", "POST /api/roster/feed", {})
    await stage.ask("omar", "DELETE /api/roster/feed")


async def calendar_in(stage: Stage, text: str) -> None:
    def send() -> tuple[int, bytes]:
        parts = urlsplit(stage.house.url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        headers = {"Origin": stage.house.url, "Cookie": stage.cookies["cleo"]}
        try:
            connection.request("POST", "/api/roster/calendar", text.encode(), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    status, said = await asyncio.to_thread(send)
    assert status == 200, said


async def ladders(stage: Stage) -> None:
    text = '[[rung]]\ntell = ["everyone"]\nby = ["any"]\nwait = 60\n'
    await stage.ask("cleo", "POST /api/ladder", {"text": text, "version": 0})
    await stage.ask("cleo", "DELETE /api/ladder/override")
    await stage.ask("cleo", "POST /api/ladder/override", {"reason": "setting_up", "hours": 2})


async def reaches(stage: Stage) -> None:
    added = await stage.ask("omar", "POST /api/reach", {"channel": "voice", "address": "+44 20 7946 0000"})
    (address,) = [value for name, value in added.items() if name == "id"]
    await stage.ask("omar", "POST /api/reach/{address}/test", {}, address=address)
    await stage.ask("omar", "POST /api/reach/{address}/heard", {}, address=address)
    await stage.ask("omar", "DELETE /api/reach/{address}", address=address)


async def commands(stage: Stage) -> None:
    for arguments, status in (
        (("drill", "--minutes", "0.05"), 1),
        (("drill", "--monthly", "off"), 0),
        (("override", "--hours", "1"), 0),
        (("override", "--end"), 0),
        (("key", "new"), 0),
    ):
        done = await asyncio.to_thread(stage.house.command, *arguments)
        assert done.returncode == status, (arguments, done.stderr)


async def factors(stage: Stage) -> None:
    """An operator asks for a second factor; its person takes it in and signs in with it."""
    email, house = "new@campus.example", stage.house
    added = await asyncio.to_thread(house.command, "user", "add", email, "--role", "supporter")
    password = added.stdout.partition("Password: ")[2].strip()
    assert (await asyncio.to_thread(house.command, "user", "factor", email)).returncode == 0
    server, body = house.servers[0], {"email": email, "password": password}
    status, _, shown = await asyncio.to_thread(server.ask, "POST", "/api/session", body)
    assert (status, json.loads(shown)["code"]) == (401, "enrol")
    body["code"] = pyotp.TOTP(json.loads(shown)["secret"]).now()
    status, _, said = await asyncio.to_thread(server.ask, "POST", "/api/session", body)
    assert status == 200, said
    house.people["new"] = (await person(stage, email)).id
    assert (await asyncio.to_thread(house.command, "user", "factor", email, "--off")).returncode == 0


async def person(stage: Stage, email: str) -> Person:
    async with stage.house.database() as database:
        found = await People(database).by_email(email)
    assert found is not None
    return found


async def leaving(stage: Stage) -> None:
    await stage.ask("carl", "DELETE /api/session")


async def test_every_act_that_needs_a_right_writes_an_entry(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with listening(Web()) as port:
        voice = f'{{url = "http://127.0.0.1:{port}/call", body = "{{to}} {{text}}"}}'
        async with installed(tmp_path, private_valkey(), people=PEOPLE, voice=voice) as house:
            stage = Stage(house)
            for name in PEOPLE:
                stage.cookies[name] = await house.sign_in(name)
            omar = await Teammate(house.url, stage.cookies["omar"]).open()
            await omar.hello()
            stage.team["omar"] = omar
            for do in (frames, tap, terms, drills, rosters, ladders, reaches, commands, factors, leaving):
                await do(stage)
            entries = await stage.entries()
            done = {(entry.action, entry.subject_kind) for entry in entries}
            assert {way for way, act in ACTS.items() if (act.action, act.kind) not in done} == set()
            by_command = {(e.action, e.subject_kind) for e in entries if e.actor == "operator"}
            asked = {(a.action, a.kind) for way, a in ACTS.items() if way.startswith("warmline ")}
            assert by_command == asked
            people = set(house.people.values()) | {"operator"}
            assert {entry.actor for entry in entries} <= people
            async with house.database() as database:
                assert await Audit(database).verify(house.audit_key) is None
            for client in (omar, *stage.seekers):
                await client.cut()


# --- what cannot be written down --------------------------------------------------------------------------


async def test_while_nothing_can_be_recorded_changes_are_refused_and_calls_for_help_are_answered(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), people=PEOPLE) as house:
        stage = Stage(house)
        for name in PEOPLE:
            stage.cookies[name] = await house.sign_in(name)
        omar = await Teammate(house.url, stage.cookies["omar"]).open()
        await omar.hello()
        stage.team["omar"] = omar
        before = await stage.entries()
        async with house.database() as database:
            async with database.reading() as connection:
                kept = (await connection.execute(audit_chain.select())).one()._asdict()
            async with database.writing() as connection:
                await connection.execute(audit_chain.delete())
        for way, act in ACTS.items():
            if way.startswith(("POST /api/", "DELETE /api/")) and not act.waits and "session" not in way:
                method, path = way.split(" ", 1)
                given = {"Cookie": stage.cookies["cleo"]}
                status, _, said = await asyncio.to_thread(
                    house.servers[0].ask, method, path.replace("{address}", "x"), {}, given
                )
                assert (way, status) == (way, 503)
                assert b"was not done" in said
        alert, conversation = await stage.alert()
        await omar.send(type="acknowledge", alert=alert, ref="a")
        assert (await omar.wait("alert", ref="a"))["state"] == "acknowledged"
        await omar.send(type="observe", conversation=conversation, ref="o")
        await omar.wait("observing", ref="o")
        await omar.send(type="resolve", alert=alert, outcome="in_contact", ref="r")
        await omar.wait("alert", ref="r")
        house.servers[0].kill()  # what waits survives the process
        async with house.database() as database, database.writing() as connection:
            await connection.execute(audit_chain.insert().values(kept))
        house.servers[0].start()
        await house.servers[0].ready()
        wanted = [
            ("acknowledge", "alert"),
            ("enter", "conversation"),
            ("phrases_shown", "conversation"),
            ("resolve", "alert"),
        ]
        async with asyncio.timeout(60):
            entries: list[Entry] = []
            while len(entries) < len(wanted):
                entries = (await stage.entries())[len(before) :]
                await asyncio.sleep(0.2)  # another process writes down what was left
        assert [(entry.action, entry.subject_kind) for entry in entries] == wanted
        assert {entry.actor for entry in entries} == {house.people["omar"]}
        async with house.database() as database:
            assert await Audit(database).verify(house.audit_key) is None
        for client in (omar, *stage.seekers):
            await client.cut()
