"""The head of the record goes to its custodians, each once a day, and what they keep can be checked."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

from storage.chain import Flaw, read_head
from storage.tables import audit
from tests.support.servers import Web, listening
from tests.support.turning import KEY_OF_ALL, NOON, House, founded, house

DAY = 86_400.0


async def does(here: House, subject: str) -> None:
    await here.audit.append(
        actor="p1", action="enter", subject_kind="conversation", subject=subject, at=here.now
    )


def texts(web: Web) -> list[str]:
    told = [json.loads(body) for _, _, body in web.requests]
    assert {one["type"] for one in told} <= {"record_head"}
    return [one["text"] for one in told]


async def test_of_many_processes_one_sends_the_head_of_the_day_to_each_custodian(tmp_path: Path) -> None:
    webs, url = (Web(), Web()), await founded(tmp_path)
    async with AsyncExitStack() as stack:
        ports = [await stack.enter_async_context(listening(web)) for web in webs]
        urls = [f"http://127.0.0.1:{port}/" for port in ports]
        houses = [await stack.enter_async_context(house(tmp_path / name, url)) for name in ("a", "b", "c")]
        await does(houses[0], "c1")
        for days in range(3):
            for _ in range(2):
                sent = await asyncio.gather(*(one.heads(*urls).come_round() for one in houses))
                for one in houses:
                    one.now += 600
            assert sum(sent) == 0
            for one in houses:
                one.now = NOON + (days + 1) * DAY
        assert [len(web.requests) for web in webs] == [3, 3]


async def test_what_was_sent_is_what_the_check_takes(tmp_path: Path) -> None:
    web = Web()
    async with listening(web) as port, house(tmp_path) as here:
        await does(here, "c1")
        await does(here, "c2")
        assert await here.heads(f"http://127.0.0.1:{port}/").come_round() == 1
        (text,) = texts(web)
        head = read_head(next(line for line in text.splitlines() if ":" in line))
        assert head == await here.audit.head()
        await does(here, "c3")
        assert await here.audit.verify(KEY_OF_ALL, head) is None
        async with here.database.writing() as connection:
            await connection.execute(audit.delete().where(audit.c.seq > 1))
        assert await here.audit.verify(KEY_OF_ALL, head) == Flaw(2, "cut_off")


async def test_it_says_nothing_of_what_was_done_or_by_whom(tmp_path: Path) -> None:
    web = Web()
    async with listening(web) as port, house(tmp_path) as here:
        await does(here, "conversation-heron")
        await here.heads(f"http://127.0.0.1:{port}/").come_round()
        (text,) = texts(web)
    assert not any(word in text for word in ("heron", "p1", "enter"))


async def test_a_missed_day_is_made_up_for_and_named(tmp_path: Path) -> None:
    web = Web()
    async with listening(web) as port, house(tmp_path) as here:
        heads = here.heads(f"http://127.0.0.1:{port}/")
        await heads.come_round()
        here.now += DAY
        await heads.come_round()
        here.now += 3 * DAY
        await heads.come_round()
        first, second, third = texts(web)
    assert "no head was sent" not in first + second
    assert "no head was sent for 2 days" in third


async def test_it_is_not_sent_at_night_and_is_made_up_for_in_the_morning(tmp_path: Path) -> None:
    web = Web()
    async with listening(web) as port, house(tmp_path) as here:
        heads = here.heads(f"http://127.0.0.1:{port}/")
        here.now = NOON - 7 * 3600
        assert await heads.come_round() == 0
        here.now = NOON - 6 * 3600
        assert await heads.come_round() == 1


async def test_who_could_not_be_reached_is_tried_again_and_nobody_else(tmp_path: Path) -> None:
    good, bad = Web(), Web(status=403)
    async with listening(good) as one, listening(bad) as other, house(tmp_path) as here:
        heads = here.heads(f"http://127.0.0.1:{one}/", f"http://127.0.0.1:{other}/")
        assert await heads.come_round() == 1
        here.now += 60
        assert await heads.come_round() == 0
        bad.status = 200
        here.now += 300
        assert await heads.come_round() == 1
        assert await heads.come_round() == 0
    assert (len(good.requests), len(bad.requests)) == (1, 2)
