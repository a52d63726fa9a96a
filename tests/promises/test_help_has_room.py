"""Promise 13, when a process is full: help first, then who comes back, then who begins, then who is new."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from chat.codes import Close
from chat.protocol import Role
from tests.support.client import Seeker, Teammate
from tests.support.process import installed
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
