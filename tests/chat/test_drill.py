"""`warmline drill`: it shows how a drill climbs, and says how long people took."""

from __future__ import annotations

import asyncio
from pathlib import Path

from chat.drill import drill
from moderation.alerts import Alert
from tests.support.turning import House, house


async def test_a_drill_ends_with_the_first_person_who_acknowledges_it(tmp_path: Path) -> None:
    async with house(tmp_path) as here, here.running():
        seen: list[Alert] = []

        def look(alert: Alert, _: float) -> None:
            if not seen:
                asyncio.get_running_loop().create_task(acknowledge(here, alert.id))
            seen.append(alert)

        outcome = await drill(here.practice(), 10, lambda: here.now, look)
        assert outcome is not None
        assert outcome.answered_after is not None
        assert seen[0].source == "practice"
        assert not await here.alerts.live("north")


async def test_a_drill_that_nobody_answers_is_stood_down(tmp_path: Path) -> None:
    async with house(tmp_path) as here, here.running():

        def look(_: Alert, __: float) -> None:
            here.now += 700

        outcome = await drill(here.practice(), 10, lambda: here.now, look)
        assert outcome is not None
        assert outcome.answered_after is None
        assert not await here.alerts.live("north")


async def test_while_one_runs_there_is_no_second(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        assert await here.practice().start("button", "lena")
        assert await drill(here.practice(), 10, lambda: here.now, lambda *_: None) is None


async def test_what_a_server_ended_is_told_all_the_same(tmp_path: Path) -> None:
    async with house(tmp_path) as here, here.running():
        other = here.practice()

        def look(alert: Alert, _: float) -> None:
            asyncio.get_running_loop().create_task(end(alert))

        async def end(alert: Alert) -> None:
            await here.path.book.acknowledge(alert.id, "omar")
            await other.look()

        outcome = await drill(here.practice(), 10, lambda: here.now, look)
        assert outcome is not None
        assert outcome.answered_after is not None


async def acknowledge(here: House, alert: str) -> None:
    await here.path.book.acknowledge(alert, "somebody")
