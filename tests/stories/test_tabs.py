"""The same person in a second tab at another process: the first one gives way, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

from chat.codes import Close
from chat.protocol import Role
from tests.support.client import Seeker, Teammate
from tests.support.process import installed
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"], "lena": ["lead"]}


async def test_a_tab_at_another_process_takes_over_and_nothing_is_lost(
    where: str, valkey: Valkey, tmp_path: Path
) -> None:
    async with installed(tmp_path, valkey, processes=2, people=PEOPLE, redis_url=where) as house:
        here, there = house.urls
        sam = await Teammate(here, await house.sign_in("sam")).open()
        await sam.hello()
        await sam.ready()
        first = await Seeker(here).open()
        await first.hello()
        await first.join()
        conversation = str((await sam.accept())["conversation"])
        await first.wait("paired")
        await first.say("one")
        await sam.wait("said", text="one")

        second = Seeker(there)
        second.ticket = first.ticket
        await second.open()
        assert (await second.hello())["resumed"]["accepted"] == 1
        assert await first.wait_closed() == Close.TAKEN_OVER
        await second.say("two")
        await sam.wait("said", text="two")

        other = await Teammate(there, sam.cookie or "").open()
        assert list((await other.hello())["conversations"]) == [conversation]
        assert await sam.wait_closed() == Close.TAKEN_OVER
        await other.say(conversation, "three")
        await second.wait("said", text="three")
        assert [text for _, _, text in other.talks[conversation].view] == ["one", "two"]

        await second.cut()
        back = Seeker(here)
        back.ticket = first.ticket
        await back.open()
        assert (await back.hello())["resumed"]["accepted"] == 2
        await back.say("four")
        await other.wait("said", text="four")
        assert back.closed is None
        for client in (first, second, back, sam, other):
            await client.cut()
        assert house.defects() == []


async def test_a_console_without_a_conversation_gives_way_too(
    where: str, valkey: Valkey, tmp_path: Path
) -> None:
    async with installed(tmp_path, valkey, processes=2, people=PEOPLE, redis_url=where) as house:
        cookie = await house.sign_in("lena")
        first, second = (Teammate(url, cookie) for url in house.urls)
        await first.open()
        await first.hello()
        await second.open()
        await second.hello()
        assert await first.wait_closed() == Close.TAKEN_OVER
        assert second.closed is None
        await second.cut()
