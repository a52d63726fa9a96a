"""The dead man's switch: it passes the whole alert path, wakes nobody, leaves nothing, and is missed."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import sqlalchemy as sa

from chat.switch import AGAIN, LATE, PERIOD, SENTENCES
from moderation.channels.ping import Ping
from moderation.screening import Screen
from moderation.selftest import beside
from storage.tables import alert, alert_event, delivery
from tests.support.servers import Hanging, Web, listening
from tests.support.turning import PATIENCE, Crisis, House, founded, house


async def rows(here: House) -> list[int]:
    async with here.database.reading() as connection:
        return [
            int(await connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
            for table in (alert, alert_event, delivery)
        ]


async def test_it_passes_pings_and_leaves_nothing_behind(tmp_path: Path) -> None:
    web = Web()
    async with listening(web) as port, house(tmp_path) as here, here.running():
        switch = here.switch(ping=Ping(f"http://127.0.0.1:{port}/ping/abc"))
        for _ in range(3):
            assert await switch.turn()
            assert not await switch.turn()
            here.now += PERIOD
        assert await rows(here) == [0, 0, 0]
        assert here.unheard == 0
    assert [(line, body) for line, _, body in web.requests] == [("GET /ping/abc HTTP/1.1", b"")] * 3
    told = {name for _, headers, _ in web.requests for name in headers}
    assert told == {"host", "content-length", "connection", "user-agent"}


async def test_of_many_processes_one_takes_a_minutes_turn(tmp_path: Path) -> None:
    url = await founded(tmp_path)
    async with AsyncExitStack() as stack:
        houses = [await stack.enter_async_context(house(tmp_path / name, url)) for name in ("a", "b", "c")]
        for one in houses:
            await stack.enter_async_context(one.running())
        for _ in range(2):
            assert sum(await asyncio.gather(*(one.switch().turn() for one in houses))) == 1
            for one in houses:
                one.now += PERIOD


async def test_it_wakes_nobody_and_shows_nobody_anything(tmp_path: Path) -> None:
    campus = Web()
    async with (
        listening(campus) as port,
        house(tmp_path, on_call=[f"http://127.0.0.1:{port}/"]) as here,
        here.running(),
    ):
        assert await here.switch().turn()
        assert await here.alerts.live("north") == []
        # What is raised on the campus itself does arrive there: the silence is not the server's.
        raised = await here.path.book.raise_alert(
            key="k", conversation="c", campus="north", category="help", severity="crisis", source="seeker"
        )
        assert raised.kept
        async with asyncio.timeout(PATIENCE):
            while not campus.requests:  # noqa: ASYNC110 - the other side has no event to wait for
                await asyncio.sleep(0.01)
    assert len(campus.requests) == 1


async def test_it_does_not_pass_when_the_screen_finds_no_crisis(tmp_path: Path) -> None:
    async with house(tmp_path) as here, here.running():
        assert not await here.switch(findings=lambda _: ()).turn()
        here.now += PERIOD
        assert not await here.switch(findings=lambda _: (Crisis("concern"),)).turn()
        here.now += PERIOD
        assert await here.switch().turn()


async def test_it_does_not_pass_when_nobody_dispatches(tmp_path: Path) -> None:
    web = Web()
    async with listening(web) as port, house(tmp_path) as here:
        ping = Ping(f"http://127.0.0.1:{port}/")
        switch = here.switch(ping=ping)
        turning = asyncio.create_task(switch.turn())
        async with asyncio.timeout(PATIENCE):
            while await here.alerts.of_conversation(f"{beside('north')}{int(here.now // PERIOD)}") is None:
                await here.path.book.drain()
                await asyncio.sleep(0)
        turning.cancel()  # what takes too long ends so
        await asyncio.gather(turning, return_exceptions=True)
        standing = await here.routines.get("north", "switch")
        assert standing is not None
        assert standing.done_at is None
        assert web.requests == []
        # What that turn left behind goes with the next one.
        here.now += PERIOD
        async with here.running():
            assert await here.switch().turn()
        assert await rows(here) == [0, 0, 0]


async def test_a_ping_that_is_not_taken_is_told_and_no_failure_of_the_path(tmp_path: Path) -> None:
    async with listening(Web(status=500)) as port, house(tmp_path) as here, here.running():
        assert await here.switch(ping=Ping(f"http://127.0.0.1:{port}/")).turn()
        assert here.unheard == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "https://user:secret@a.example/", "http://[::1", "x"])
async def test_an_address_that_cannot_be_asked_is_an_answer_and_no_crash(url: str) -> None:
    assert not await Ping(url)()


async def test_a_ping_does_not_wait_for_a_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.channels.ping.WITHIN", 0.05)
    async with listening(Hanging()) as port:
        assert not await Ping(f"http://127.0.0.1:{port}/")()


def test_each_of_its_sentences_is_a_crisis_by_terms_of_its_own() -> None:
    screen = Screen.load()
    found = [{one.term for one in screen.findings(said) if one.severity == "crisis"} for said in SENTENCES]
    assert all(found)
    assert not set.intersection(*found)


# --- when it is late --------------------------------------------------------------------------------------


async def test_it_is_late_after_two_missed_minutes_and_people_are_told_once(tmp_path: Path) -> None:
    web, url = Web(), await founded(tmp_path)
    async with listening(web) as port, AsyncExitStack() as stack:
        houses = [
            await stack.enter_async_context(
                house(tmp_path / name, url, on_call=[f"http://127.0.0.1:{port}/"])
            )
            for name in ("a", "b")
        ]
        for one in houses:
            await stack.enter_async_context(one.running())
        lookouts = [one.lookout() for one in houses]

        async def look() -> int:
            return sum(await asyncio.gather(*(lookout.look() for lookout in lookouts)))

        def later(seconds: float) -> None:
            for one in houses:
                one.now += seconds

        assert await houses[0].switch().turn()
        later(LATE)
        assert await look() == 0
        assert not lookouts[0].standing.late
        later(1)
        assert lookouts[0].standing.late
        assert lookouts[0].standing.passed_at == houses[0].now - LATE - 1
        assert await look() == 1
        later(AGAIN - 1)
        assert await look() == 0
        later(1)
        assert await look() == 1
        assert await houses[1].switch().turn()
        assert await look() == 0
        assert not lookouts[1].standing.late
    assert len(web.requests) == 2
    told = json.loads(web.requests[0][2])
    assert (told["type"], told["practice"]) == ("alert_path_late", False)
    assert "has not passed for more than two minutes" in told["text"]


async def test_after_a_night_in_which_nothing_ran_there_is_no_alarm(tmp_path: Path) -> None:
    async with house(tmp_path) as here, here.running():
        assert await here.switch().turn()
        here.now += 8 * 3600
        lookout = here.lookout()
        assert not await lookout.look()
        assert not lookout.standing.late
        here.now += LATE + 1
        await lookout.look()
        assert lookout.standing.late


async def test_one_that_never_passed_is_missed_too(tmp_path: Path) -> None:
    web = Web()
    async with listening(web) as port, house(tmp_path, on_call=[f"http://127.0.0.1:{port}/"]) as here:
        lookout = here.lookout()
        here.now += LATE + 1
        assert await lookout.look()
        assert not await lookout.look()
    assert len(web.requests) == 1


async def test_while_the_database_is_away_it_is_told_from_memory(tmp_path: Path) -> None:
    web = Web()
    async with listening(web) as port, house(tmp_path, on_call=[f"http://127.0.0.1:{port}/"]) as here:
        lookout = here.lookout()
        await lookout.look()
        await here.path.auditor.audit()  # who is to be told is remembered from now on
        (tmp_path / "warmline.sqlite3").rename(tmp_path / "away")
        (tmp_path / "warmline.sqlite3").mkdir()
        await here.database.close()
        here.now += LATE + 1
        assert await lookout.look()
        here.now += 60
        assert not await lookout.look()
        assert lookout.standing.late
    assert len(web.requests) == 1
