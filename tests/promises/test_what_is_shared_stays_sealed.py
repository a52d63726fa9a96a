"""Promises 1, 2, 5, 22: what a seeker shares is sealed, and opens by the rule, on record, in their sight."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from chat.protocol import Role
from storage.audit import Audit
from tests.support.client import Seeker, Teammate
from tests.support.envelopes import share
from tests.support.process import installed
from tests.support.search import files_with, redis_with
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"omar": ["on_call"], "lena": ["lead"], "sam": ["supporter"]}
PLACE = "the third floor of the quiet mill"


async def test_two_open_it_together_where_the_campus_says_so_and_nothing_else_ever_does(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    valkey = private_valkey()
    async with installed(tmp_path, valkey, processes=2, people=PEOPLE, envelope="two_staff") as house:
        seeker = await Seeker(house.url).open()
        await seeker.hello()
        page = (await asyncio.to_thread(house.servers[0].ask, "GET", "/"))[2].decode()
        assert '"envelope": "two_staff"' in page
        omar = await Teammate(house.urls[1], await house.sign_in("omar")).open()
        await omar.hello()
        lena = await Teammate(house.url, await house.sign_in("lena")).open()
        await lena.hello()
        await seeker.send(type="help")
        alert = await omar.wait("alert", category="help", state="open")
        conversation = str(alert["conversation"])
        await seeker.wait("waiting")
        await share(seeker, conversation, PLACE)
        for one in (omar, lena):
            await one.send(type="observe", conversation=conversation, ref="in")
            await one.wait("observing", ref="in")
        for ref in ("first", "again"):
            await omar.send(type="unseal", conversation=conversation, ref=ref)
            asked = await omar.wait("envelope", ref=ref)
            assert (asked["asked"], asked["unread"]) == (["Omar"], True)
        await seeker.wait("envelope", asked=["Omar"])
        await lena.send(type="unseal", conversation=conversation, ref="second")
        assert (await lena.wait("contents", ref="second"))["where"] == PLACE
        told = await seeker.wait("envelope", unread=False)
        assert [(one["name"], one["together"]) for one in told["opened"]] == [("Lena", True)]
        await omar.send(type="unseal", conversation=conversation, ref="third")
        assert (await omar.wait("contents", ref="third"))["where"] == PLACE
        assert redis_with(PLACE.encode(), valkey) == []
        async with house.database() as database:
            entries = list(reversed(await Audit(database).latest(50)))
        by = {house.people["omar"]: "omar", house.people["lena"]: "lena"}
        opened = [by[entry.actor] for entry in entries if entry.action == "unseal"]
        assert opened == ["omar", "omar", "lena", "omar"]
        await seeker.send(type="end")
        await seeker.wait("ended")
        await omar.send(type="unseal", conversation=conversation, ref="late")
        assert (await omar.wait("refused", ref="late"))["code"] == "gone"
        for client in (seeker, omar, lena):
            await client.cut()
        assert all(server.stop() == 0 for server in house.servers)
    assert files_with(PLACE.encode(), tmp_path, valkey.folder) == []
