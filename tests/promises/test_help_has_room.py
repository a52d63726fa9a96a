"""Promise 13, when a process or Redis is full: help first, then who comes back, then who is new."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import redis
from websockets.exceptions import InvalidStatus

from chat.broker.info import memory_used
from chat.codes import Close
from chat.protocol import Role
from tests.support.client import Seeker, Teammate
from tests.support.process import Server, comes, installed
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"olive": ["on_call"], "sam": ["supporter"]}
MOST = 10
FIRST = 5
"""How many are let in of those who are new, with half of the sockets in reserve."""


async def test_a_full_process_has_room_for_help_and_for_who_comes_back(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(
            installed(tmp_path, private_valkey(), people=PEOPLE, sockets=str(MOST), reserve="0.5")
        )
        sam = Teammate(house.url, await house.sign_in("sam"))
        olive = Teammate(house.url, await house.sign_in("olive"))

        async def come() -> Seeker:
            seeker = await stack.enter_async_context(Seeker(house.url))
            welcome = await seeker.hello()
            assert welcome["lines"], "everybody sees whom to call"
            return seeker

        async def call() -> Seeker:
            seeker = await come()
            await seeker.send(type="join", ref="j")
            assert (await seeker.wait("refused", ref="j"))["code"] == "full"
            await seeker.send(type="help", ref="h")
            assert (await seeker.wait("crisis", ref="h"))["lines"]
            await seeker.wait("waiting")  # a place to talk in, before everybody else
            return seeker

        early = [await come() for _ in range(FIRST)]
        await early[0].join()
        late = await come()
        calling = [await call() for _ in range(MOST - FIRST - 1)]
        assert await late.wait_closed() == Close.FULL
        calling.append(await call())
        with pytest.raises(InvalidStatus):
            await come()
        with pytest.raises(AssertionError, match=f"closed with {int(Close.FULL)}"):
            await (await stack.enter_async_context(sam)).hello()
        await (await stack.enter_async_context(olive)).hello()
        await early[1].cut()
        await early[0].cut()
        assert (await early[0].come_back())["state"] == "waiting"
        assert [seeker.closed for seeker in calling] == [None] * len(calling)
        assert house.defects() == []


MEMORY = 32 * 2**20
"""Bytes that this Redis may take."""


def fill(store: redis.Redis, share: float) -> None:
    """Uses so much of its memory, a little at a time."""
    number = 0
    while memory_used({name: str(told) for name, told in store.info("memory").items()}) < share:
        store.set(f"filler:{number}", b"x" * 2**17)
        number += 1


def degraded(server: Server) -> list[str]:
    """What `/readyz` says that the service is short of, while it goes on."""
    status, _, told = server.ask("GET", "/readyz")
    assert status == 200
    found: list[str] = json.loads(told).get("degraded", [])
    return found


async def test_a_redis_that_is_nearly_full_has_room_for_help_and_for_those_who_talk(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        valkey = private_valkey()
        house = await stack.enter_async_context(installed(tmp_path, valkey, people=PEOPLE))
        server = house.servers[0]
        store = stack.enter_context(redis.Redis(unix_socket_path=str(valkey.socket)))
        store.config_set("maxmemory", MEMORY)
        sam = await stack.enter_async_context(Teammate(house.url, await house.sign_in("sam")))
        await sam.hello()
        await sam.ready(2)
        early, waiting, late = [await stack.enter_async_context(Seeker(house.url)) for _ in range(3)]
        for seeker in (early, waiting, late):
            await seeker.hello()
        await early.join()
        conversation = str((await sam.accept())["conversation"])
        await early.wait("paired")

        fill(store, 0.83)
        await comes(lambda: degraded(server) == ["memory"])
        await late.send(type="join", ref="j")
        refused = await late.wait("refused", ref="j")
        assert (refused["code"], refused["retry_after"]) == ("full", None)
        assert late.frames[0]["lines"], "whom to call was there from the first moment"
        await late.send(type="help", ref="h")
        assert (await late.wait("crisis", ref="h"))["lines"]
        await late.wait("waiting")  # a place to talk in, before everybody else
        await early.say("still here")
        await sam.until(lambda: sam.talks[conversation].view, "what the seeker says")
        await early.cut()
        assert (await early.come_back())["state"] == "live"
        told = server.ask("GET", "/metrics")[2].decode()
        assert "\nwarmline_redis_memory_scarce 1.0\n" in told
        (used,) = re.findall(r"^warmline_redis_memory_used (\S+)$", told, re.MULTILINE)
        assert 0.8 < float(used) < 1
        assert "event=redis_full" in server.log.read_text()

        store.delete(*store.keys("filler:*"))
        await comes(lambda: degraded(server) == [])
        await waiting.join()
        assert house.defects() == []
