"""Promises 9, 12, 13, 19: nothing that is down and nothing that is full loses a call for help.

That an alert then climbs until a person has it is held by `test_an_alert_climbs.py`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chat.protocol import Role
from storage.tables import alert, alert_event
from tests.support.client import Seeker, Teammate
from tests.support.postgres import Postgres
from tests.support.process import Installation, installed
from tests.support.servers import Web, listening
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"], "omar": ["on_call"]}
CRISIS = "I want to kill myself"
WITHIN = 60.0
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def shut() -> dict[str, Any]:
    """Hours under which nobody is let in now: one minute, in three days."""
    day = DAYS[(dt.datetime.now(dt.UTC).weekday() + 3) % 7]
    return {"hours": f'{{{day} = ["00:00-00:01"]}}'}


async def stored(house: Installation, key: str) -> bool:
    """Whether the event with this key is in the database, now or within a while."""
    digest = hashlib.sha256(key.encode()).digest()
    loop = asyncio.get_running_loop()
    until = loop.time() + WITHIN
    async with house.database() as database:
        while loop.time() < until:
            async with database.reading() as connection:
                if digest in {bytes(k) for k in await connection.scalars(sa.select(alert_event.c.key))}:
                    return True
            await asyncio.sleep(0.1)
    return False


def size(folder: Path) -> int:
    """How many bytes lie in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


async def waiting(house: Installation) -> Seeker:
    seeker = await Seeker(house.url).open()
    await seeker.hello()
    await seeker.join()
    return seeker


async def talking(house: Installation) -> tuple[Seeker, Teammate, str]:
    sam = Teammate(house.url, await house.sign_in("sam"))
    await sam.open()
    await sam.hello()
    await sam.ready()
    seeker = await waiting(house)
    conversation = str((await sam.accept())["conversation"])
    await seeker.wait("paired")
    return seeker, sam, conversation


async def test_while_redis_is_down_nothing_is_acknowledged_and_calls_for_help_are_kept(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    valkey = private_valkey()
    async with installed(tmp_path, valkey, people=PEOPLE) as house:
        seeker, sam, conversation = await talking(house)
        valkey.kill()
        await seeker.say("an ordinary message")
        refused = await seeker.wait("refused", re="say", n=1)
        assert refused["code"] == "busy"
        assert refused["retry_after"] > 0
        await seeker.say(f"{CRISIS} now")
        lines = await seeker.wait("crisis")
        assert lines["lines"]
        assert await stored(house, f"{conversation}:seeker:2")
        assert seeker.talk.promised == set()
        assert (await asyncio.to_thread(house.servers[0].ask, "GET", "/readyz"))[0] == 503
        page = (await asyncio.to_thread(house.servers[0].ask, "GET", "/"))[2].decode()
        assert all(line["number"] in page for line in lines["lines"] if line["number"])
        valkey.start()
        staying = [asyncio.create_task(client.stay()) for client in (seeker, sam)]
        await sam.until(lambda: len(sam.talks[conversation].view) == 2, "both", though_closed=True)
        shown = [text for _, _, text in sam.talks[conversation].view]
        assert shown == ["an ordinary message", f"{CRISIS} now"]
        for task in staying:
            task.cancel()
        for client in (seeker, sam):
            await client.cut()


async def test_while_the_database_is_down_conversations_go_on_and_alerts_are_drained_later(
    private_valkey: Callable[[], Valkey], postgres: Postgres, tmp_path: Path
) -> None:
    with postgres.database() as url:
        async with installed(tmp_path, private_valkey(), people=PEOPLE, database_url=url) as house:
            seeker, sam, conversation = await talking(house)
            postgres.freeze()
            try:
                await seeker.say("an ordinary message")
                await sam.wait("said", n=1, author="seeker")
                await seeker.say(f"{CRISIS} now")
                await seeker.wait("ack", n=2)
                await seeker.wait("crisis")
                await sam.wait("said", n=2, author="seeker")
                assert size(tmp_path / "spool-0") > 0
            finally:
                postgres.thaw()
            assert await stored(house, f"{conversation}:seeker:2")
            for client in (seeker, sam):
                await client.cut()


async def test_a_call_for_help_passes_every_limit(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    """Too fast, over and over: ordinary words are turned away; a call in words or by button is not."""
    limits: dict[str, Any] = {"messages_per_minute": "10", "message_burst": "2"}
    async with installed(tmp_path, private_valkey(), people=PEOPLE, **limits) as house:
        seeker = await waiting(house)
        for number in range(1, 4):
            await seeker.send(type="say", n=number, text=f"ordinary {number}")
        assert (await seeker.wait("refused", re="say"))["code"] == "too_fast"
        await seeker.wait("ack", n=2)
        await seeker.send(type="say", n=3, text=CRISIS)
        await seeker.wait("ack", n=3)
        await seeker.wait("crisis")
        for _ in range(100):
            await seeker.send(type="typing", on=True)
        since = seeker.mark
        await seeker.send(type="help", ref="now")
        await seeker.wait("crisis", since=since, ref="now")
        assert await stored(house, f"{seeker.conversation}:seeker:3")
        await seeker.cut()


async def test_a_call_for_help_passes_a_closed_door(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with (
        installed(tmp_path, private_valkey(), people=PEOPLE, **shut()) as house,
        Seeker(house.url) as seeker,
    ):
        await seeker.hello()
        await seeker.send(type="join", ref="in")
        assert (await seeker.wait("refused", ref="in"))["code"] == "closed"
        await seeker.send(type="help", ref="now")
        assert (await seeker.wait("crisis", ref="now"))["lines"]
        await alerts(house, 1)


async def test_a_call_for_help_passes_a_full_waiting_room(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    capacity: dict[str, Any] = {"queue_capacity": "1"}
    async with installed(tmp_path, private_valkey(), people=PEOPLE, **capacity) as house:
        first = await waiting(house)
        async with Seeker(house.url) as second:
            await second.hello()
            await second.send(type="join", ref="in")
            assert (await second.wait("refused", ref="in"))["code"] == "full"
            await second.send(type="help", ref="now")
            assert (await second.wait("crisis", ref="now"))["lines"]
            await alerts(house, 1)
            assert (await second.wait("waiting"))["place"] == 1
        await first.cut()


async def test_the_page_shows_whom_to_call_without_scripts(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), **shut()) as house, Seeker(house.url) as seeker:
        lines = (await seeker.hello())["lines"]
        page = (await asyncio.to_thread(house.servers[0].ask, "GET", "/"))[2].decode()
    assert lines
    assert all(line["name"] in page and line["href"] in page for line in lines)


async def alerts(house: Installation, count: int) -> None:
    """Returns when so many alerts are in the database."""
    async with asyncio.timeout(WITHIN), house.database() as database:
        while True:
            async with database.reading() as connection:
                if await connection.scalar(sa.select(sa.func.count()).select_from(alert)) == count:
                    return
            await asyncio.sleep(0.1)


async def test_while_the_database_is_down_staff_see_the_alert_and_who_has_it_is_paged_no_more(
    private_valkey: Callable[[], Valkey], postgres: Postgres, tmp_path: Path
) -> None:
    """On both servers: the seeker is on one, the on-call staff on the other."""
    web = Web()
    with postgres.database() as url:
        async with (
            listening(web) as port,
            installed(
                tmp_path,
                private_valkey(),
                processes=2,
                people=PEOPLE,
                database_url=url,
                on_call_urls=f"http://127.0.0.1:{port}/told",
            ) as house,
        ):
            seeker, sam, conversation = await talking(house)
            omar = await Teammate(house.urls[1], await house.sign_in("omar")).open()
            await omar.hello()
            postgres.freeze()
            try:
                await seeker.say(f"{CRISIS} now")
                await seeker.wait("ack", n=1)
                told = await omar.wait("alert", conversation=conversation, state="open")
                assert told["waits"]
                await omar.send(type="acknowledge", alert=told["alert"], ref="mine")
                held = await omar.wait("alert", ref="mine")
                assert (held["state"], held["mine"]) == ("acknowledged", True)
                await omar.send(type="observe", conversation=conversation, ref="in")
                await omar.wait("observing", ref="in")
                await omar.wait("said", author="seeker", n=1)
            finally:
                postgres.thaw()
            assert await stored(house, f"{conversation}:seeker:1")
            kept = await omar.wait("alert", alert=told["alert"], waits=False)
            assert (kept["state"], kept["held_by"]) == ("acknowledged", "Omar")
            async with house.database() as database, database.reading() as connection:
                rows = (await connection.execute(sa.select(alert))).all()
            assert [(row.id, row.state, row.person) for row in rows if row.conversation == conversation] == [
                (told["alert"], "acknowledged", house.people["omar"])
            ]
            for client in (seeker, sam, omar):
                await client.cut()
