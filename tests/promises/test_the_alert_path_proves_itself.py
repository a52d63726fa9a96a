"""The dead man's switch in a running installation: it passes, is shown, wakes nobody and leaves nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from storage.tables import alert, alert_event, delivery
from tests.support.client import Teammate
from tests.support.process import PATIENCE, Installation, installed
from tests.support.servers import Web, listening
from tests.support.valkey import Valkey


async def told(house: Installation, number: int) -> dict[str, Any]:
    status, _, said = await asyncio.to_thread(house.servers[number].ask, "GET", "/readyz")
    assert status == 200
    found: dict[str, Any] = json.loads(said)
    return found


async def rows(house: Installation) -> int:
    """How many rows of alerts there are."""
    async with house.database() as database, database.reading() as connection:
        counts = [
            await connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (alert, alert_event, delivery)
        ]
    return sum(count or 0 for count in counts)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await holds():  # noqa: ASYNC110 - it happens in another process
            await asyncio.sleep(0.1)


async def test_it_passes_in_one_of_two_processes_and_every_process_and_the_board_say_when(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    outside, campus = Web(), Web()
    async with (
        listening(outside) as port,
        listening(campus) as other,
        installed(
            tmp_path,
            private_valkey(),
            processes=2,
            people={"omar": ["on_call"]},
            switch_url=f"http://127.0.0.1:{port}/ping",
            on_call_urls=f"http://127.0.0.1:{other}/",
        ) as house,
    ):
        omar = await Teammate(house.urls[1], await house.sign_in("omar")).open()
        await omar.hello()

        async def passed() -> bool:
            return all([(await told(house, n))["alert_path"]["tested_at"] for n in range(2)])

        async def pinged() -> bool:
            return bool(outside.requests)

        async def shown() -> bool:
            boards = [frame for frame in omar.frames if frame["type"] == "board"]
            return bool(boards) and boards[-1]["tested_at"] is not None

        async def gone() -> bool:
            return await rows(house) == 0  # between one turn and the next

        for holds in (passed, pinged, shown, gone):
            await until(holds)
        ready = await told(house, 0)
        assert ready["ready"]
        assert "degraded" not in ready
        boards = [frame for frame in omar.frames if frame["type"] == "board"]
        assert {(one["test_late"], one["alerts"], one["practice"]) for one in boards} == {(False, 0, 0)}
        assert [frame for frame in omar.frames if frame["type"] == "alert"] == []
        assert b"action_needed" not in b"".join(body for _, _, body in campus.requests)
        assert {(line, body) for line, _, body in outside.requests} == {("GET /ping HTTP/1.1", b"")}
        await omar.cut()
