"""A call for help becomes a push that only one phone reads, and its link has the alert."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.client import Seeker
from tests.support.process import Installation, comes, installed
from tests.support.push_service import Subscribed, push_service
from tests.support.valkey import Valkey

LADDER = '[[rung]]\ntell = ["everyone"]\nby = ["push"]\nwait = 5\n'


async def asked(house: Installation, way: str, cookie: str = "", body: Any = None) -> Any:
    method, path = way.split()
    given = {"Cookie": cookie} if cookie else {}
    status, _, said = await asyncio.to_thread(house.servers[0].ask, method, path, body, given)
    assert status in {200, 204}, (status, said)
    return json.loads(said) if said else None


async def calls(url: str) -> Seeker:
    seeker = await Seeker(url).open()
    await seeker.hello()
    await seeker.join()
    await seeker.say("I want to kill myself tonight")
    await seeker.wait("ack", n=1)
    return seeker


async def test_a_push_carries_one_tap_and_a_phone_whose_subscription_ended_is_forgotten(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    ladder = tmp_path / "ladder.toml"
    ladder.write_text(LADDER)
    with push_service() as service:
        async with installed(
            tmp_path,
            private_valkey(),
            people={"omar": ["on_call"]},
            ladder_file=str(ladder),
            push_hosts="127.0.0.1",
        ) as house:
            cookie = await house.sign_in("omar")
            shown = await asked(house, "GET /api/reach", cookie)
            phones: list[Subscribed] = []
            for label in ("old", "new"):
                address, phone = service.subscribe(shown["push_key"])
                phones.append(phone)
                given = {"channel": "push", "address": address, "label": label}
                await asked(house, "POST /api/reach", cookie, given)
            old, new = phones
            old.standing = "gone"
            seeker = await calls(house.url)
            note = await asyncio.to_thread(service.next, new)
            assert note["title"] == "Action needed"
            assert not {"kill", "suicide", "crisis", "tonight"} & set(json.dumps(note).lower().split())
            secret = note["link"].partition("#")[2]
            assert (await asked(house, "POST /api/acknowledge", body={"link": secret}))["outcome"] == "yours"
            assert new.refused == []
            await comes(lambda: bool(old.refused))
            assert {status for status, _ in old.refused} == {410}
            left = await asked(house, "GET /api/reach", cookie)
            assert [one["label"] for one in left["addresses"]] == ["new"]
            assert house.defects() == []
            await seeker.cut()
