"""Promises 10, 11 and 22: one tap on a page has the alert, everywhere, on record, and nothing else does."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chat.protocol import Role
from storage.audit import Audit
from storage.tables import alert, used_link
from tests.support.client import Seeker
from tests.support.postgres import Postgres
from tests.support.process import Installation, installed
from tests.support.servers import Web, listening
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"omar": ["on_call"], "ben": ["on_call"]}
NUMBERS = {"omar": "+441632960011", "ben": "+441632960022"}
WITHIN = 90.0
"""Seconds after which a page counts as missing."""
LADDER = """
[[rung]]
tell = ["everyone"]
by = ["sms"]
wait = 5
"""


def settings(folder: Path, port: int) -> dict[str, Any]:
    ladder = folder / "ladder.toml"
    ladder.write_text(LADDER)
    gateway = f'{{url = "http://127.0.0.1:{port}/sms", body = "{{to}} {{key}} {{text}}"}}'
    return {"ladder_file": str(ladder), "sms": gateway}


def pages(web: Web, name: str) -> list[tuple[str, str]]:
    """The pages that came to a person's phone, in order: their keys, and the secrets of their links."""
    told = [body.decode().split(" ", 2) for _, _, body in web.requests]
    return [(key, text.partition("#")[2]) for number, key, text in told if number == NUMBERS[name]]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN):
        while not holds():  # noqa: ASYNC110 - a gateway keeps what came and has no event for it
            await asyncio.sleep(0.05)


async def reachable(house: Installation) -> None:
    """Everybody on call adds a number, as they do in the staff surface."""
    for name, number in NUMBERS.items():
        cookie = await house.sign_in(name)
        body = {"channel": "sms", "address": number, "label": "phone"}
        status, _, said = await asyncio.to_thread(
            house.servers[0].ask, "POST", "/api/reach", body, {"Cookie": cookie}
        )
        assert status == 200, said


async def calls(url: str) -> Seeker:
    """A seeker whose call for help was acknowledged a moment ago."""
    seeker = await Seeker(url).open()
    await seeker.hello()
    await seeker.join()
    await seeker.say("I want to kill myself tonight")
    await seeker.wait("ack", n=1)
    return seeker


async def tapped(house: Installation, token: str, server: int = 0) -> Any:
    """What one tap answers: its outcome, or the code of what was refused."""
    status, _, said = await asyncio.to_thread(
        house.servers[server].ask, "POST", "/api/acknowledge", {"link": token}
    )
    told = json.loads(said)
    return told["outcome"] if status == 200 else told["code"]


async def alerts(house: Installation) -> dict[str, dict[str, Any]]:
    """All but those by which the path proves itself."""
    async with house.database() as database, database.reading() as connection:
        rows = await connection.execute(sa.select(alert).where(alert.c.source != "practice"))
        return {row["id"]: dict(row) for row in rows.mappings()}


def key_of(alert_id: str, rung: int) -> str:
    return hashlib.sha256(f"{alert_id}/{rung}".encode()).hexdigest()[:32]


async def test_only_a_tap_acknowledges_and_it_stops_all_paging_on_every_process(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    web = Web()
    async with (
        listening(web) as port,
        installed(
            tmp_path, private_valkey(), processes=2, people=PEOPLE, **settings(tmp_path, port)
        ) as house,
    ):
        await reachable(house)
        seeker = await calls(house.urls[0])
        await until(lambda: bool(pages(web, "omar")) and bool(pages(web, "ben")))
        [raised] = (await alerts(house)).values()
        key, token = pages(web, "omar")[0]
        assert key == key_of(raised["id"], 0)
        for server in house.servers:
            for method in ("GET", "HEAD"):
                for path in ("/acknowledge", f"/acknowledge?link={token}", f"/acknowledge?{token}"):
                    assert (await asyncio.to_thread(server.ask, method, path))[0] == 200
                assert (await asyncio.to_thread(server.ask, method, "/api/acknowledge"))[0] == 405
        told = len(pages(web, "omar"))
        await until(lambda: len(pages(web, "omar")) > told)  # so nothing of that has acknowledged it
        assert await tapped(house, token, server=1) == "yours"
        assert await tapped(house, token) == "used"
        assert await tapped(house, pages(web, "ben")[-1][1]) == "held"
        [standing] = (await alerts(house)).values()
        assert (standing["state"], standing["person"]) == ("acknowledged", house.people["omar"])
        so_far = {key for key, _ in pages(web, "ben")}
        # A later alert climbs, and the one that somebody has stays where it is.
        other = await calls(house.urls[1])
        later = next(one for one in (await alerts(house)).values() if one["id"] != raised["id"])
        await until(lambda: key_of(later["id"], 1) in {key for key, _ in pages(web, "ben")})
        mine = {key_of(raised["id"], rung) for rung in range(40)}
        assert {key for key, _ in pages(web, "ben")} & mine == so_far & mine
        await held_to_the_record(house, raised["id"], token)
        for client in (seeker, other):
            await client.cut()


async def held_to_the_record(house: Installation, raised: str, token: str) -> None:
    """The acknowledgement is in the record; a stolen database and the logs show no number and no link."""
    async with house.database() as database:
        entries = await Audit(database).latest(50)
        async with database.reading() as connection:
            digests = set(await connection.scalars(sa.select(used_link.c.digest)))
    assert (house.people["omar"], "acknowledge", raised) in {
        (entry.actor, entry.action, entry.subject) for entry in entries
    }
    assert len(digests) == 1
    kept = b"".join(path.read_bytes() for path in house.folder.rglob("*") if path.is_file())
    for secret in (token, *NUMBERS.values(), "1632960011", "1632960022"):
        assert secret.encode() not in kept, "a number or a link lies on the disk"


async def test_a_tap_while_the_database_stands_still_is_the_acknowledgement_afterwards_and_silences_no_other(
    private_valkey: Callable[[], Valkey], postgres: Postgres, tmp_path: Path
) -> None:
    web = Web()
    with postgres.database() as url:
        async with (
            listening(web) as port,
            installed(
                tmp_path, private_valkey(), people=PEOPLE, database_url=url, **settings(tmp_path, port)
            ) as house,
        ):
            await reachable(house)
            seekers = [await calls(house.url)]
            await until(lambda: bool(pages(web, "omar")))
            [first] = await alerts(house)
            postgres.freeze()
            try:
                told = len(pages(web, "omar"))
                await until(lambda: len(pages(web, "omar")) > told)
                answer = "busy"
                while answer == "busy":  # until this process has noticed that the database is away
                    answer = await tapped(house, pages(web, "omar")[-1][1])
                assert answer == "held"
                assert await tapped(house, pages(web, "ben")[-1][1]) == "held"  # somebody else has it
                seekers.append(await calls(house.url))
                told = len(pages(web, "ben"))
                await until(lambda: len(pages(web, "ben")) > told)
            finally:
                postgres.thaw()
            await until_had(house, first)
            standing = await entered(house, len(seekers))
            assert {one["state"] for name, one in standing.items() if name != first} == {"open"}
            assert await recorded(house, (house.people["omar"], "acknowledge", first)) == 1
            for seeker in seekers:
                await seeker.cut()


async def recorded(house: Installation, act: tuple[str, str, str]) -> int:
    """How often an act (actor, action, subject) stands in the record, once it does.

    What was done while the database was away is written down when this process comes round to it.
    """
    async with asyncio.timeout(WITHIN), house.database() as database:
        while True:
            entries = [(e.actor, e.action, e.subject) for e in await Audit(database).latest(50)]
            if act in entries:
                return entries.count(act)
            await asyncio.sleep(0.1)  # the store is asked again, as the process does


async def entered(house: Installation, count: int) -> dict[str, dict[str, Any]]:
    """The alerts once so many are in the database: calls made while it was away are entered afterwards."""
    async with asyncio.timeout(WITHIN):
        while True:
            standing = await alerts(house)
            if len(standing) >= count:
                return standing
            await asyncio.sleep(0.1)  # the store is asked again, as the process does


async def until_had(house: Installation, alert_id: str) -> None:
    async with asyncio.timeout(WITHIN):
        while True:
            one = (await alerts(house))[alert_id]
            if (one["state"], one["person"]) == ("acknowledged", house.people["omar"]):
                return
            await asyncio.sleep(0.1)  # the store is asked again, as the process does
