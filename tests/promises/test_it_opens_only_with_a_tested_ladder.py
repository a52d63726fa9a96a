"""Nobody new is let in while nobody is proven to answer; a call for help is heard all the same."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from storage.audit import Audit
from storage.reach import Reach
from storage.sheets import Sheet, Sheets
from tests.support.client import Seeker, Teammate
from tests.support.process import Installation, installed
from tests.support.valkey import Valkey

PEOPLE: dict[str, Any] = {"cleo": ["coordinator"], "lena": ["lead"], "omar": ["on_call"]}
LADDER = "[[rung]]\ntell = ['everyone']\nby = ['any']\nwait = 30\n"


async def service(house: Installation) -> Any:
    _, _, said = await asyncio.to_thread(house.servers[0].ask, "GET", "/api/service")
    return json.loads(said)


async def until_open(house: Installation, *, wanted: bool) -> None:
    """Every process looks every three seconds."""
    async with asyncio.timeout(60):
        while True:
            if (await service(house))["open"] is wanted:
                return
            await asyncio.sleep(0.2)


async def actions(house: Installation) -> list[str]:
    async with house.database() as database:
        return [entry.action for entry in await Audit(database).latest(20)]


async def test_without_a_tested_ladder_it_is_closed_until_a_coordinator_opens_it_on_record(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), people=PEOPLE) as house:
        assert house.command("override", "--end").returncode == 0
        await until_open(house, wanted=False)
        assert "wrong ladder: is not tested" in house.command("check").stdout

        lead = Teammate(house.url, await house.sign_in("lena"))
        await lead.open()
        await lead.hello()
        board = await lead.wait("board")
        assert board["open"] is False
        assert [alarm["kind"] for alarm in board["alarms"]][:1] == ["untested_ladder"]

        seeker = Seeker(house.url)
        await seeker.open()
        await seeker.hello()
        await seeker.send(type="join", ref="j")
        refused = await seeker.wait("refused", ref="j")
        assert refused["code"] == "closed"
        await seeker.send(type="help")
        assert (await seeker.wait("crisis"))["lines"]
        assert (await lead.wait("alert"))["source"] == "seeker"

        cookie = await house.sign_in("cleo")
        since = lead.mark
        status, _, said = await asyncio.to_thread(
            house.servers[0].ask,
            "POST",
            "/api/ladder/override",
            {"reason": "staff_on_site", "hours": 2},
            {"Cookie": cookie},
        )
        assert status == 200, said
        assert (await service(house))["open"] is True
        async with asyncio.timeout(60):
            while True:
                board = await lead.wait("board", since=since)
                since = lead.mark
                alarm = board["alarms"][0]
                if alarm["kind"] == "override":
                    break
        assert alarm["reason"] == "staff_on_site"
        assert 0 < alarm["until"] - time.time() <= 7200
        assert "override" in await actions(house)
        await lead.cut()
        await seeker.cut()


async def test_with_a_tested_ladder_it_is_open_without_anybodys_word(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), people=PEOPLE) as house:
        assert house.command("override", "--end").returncode == 0
        await until_open(house, wanted=False)
        async with house.database() as database:
            day = dt.datetime.now(dt.UTC).date()
            await Sheets(database).add(Sheet("campus", "ladder", 1, LADDER, "cleo", day))
            reach, omar = Reach(database), house.people["omar"]
            added = await reach.add(person_id=omar, channel="sms", sealed=b"x", label="", on=day)
            await reach.confirm(added, person_id=omar, at=time.time())
        await until_open(house, wanted=True)
        assert "ok    ladder: is tested" in house.command("check").stdout
