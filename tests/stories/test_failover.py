"""Two processes on a Cluster, and on what a Sentinel watches: a master dies while two people talk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.broker import keys
from chat.protocol import Role
from tests.support.client import Seeker, Talk, Teammate
from tests.support.process import installed
from tests.support.redises import Cluster, Node, Watched, started
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"]}
SAID = 5


@pytest.fixture(params=[Cluster, Watched])
def redises(request: pytest.FixtureRequest) -> Iterator[Cluster | Watched]:
    with started() as start:
        yield request.param(start)


def carrier(redises: Cluster | Watched, conversation: str) -> Node:
    if isinstance(redises, Watched):
        return redises.master
    return redises.carrier(keys.bucket(conversation))


async def shown(client: Seeker | Teammate, talk: Talk, count: int) -> None:
    await client.until(lambda: len(talk.view) >= count, "what the other said", though_closed=True)


async def test_nothing_is_lost_doubled_or_out_of_order_when_a_master_dies(
    redises: Cluster | Watched, valkey: Valkey, tmp_path: Path
) -> None:
    async with installed(tmp_path, valkey, processes=2, people=PEOPLE, redis_url=redises.url) as house:
        sam = await Teammate(house.urls[1], await house.sign_in("sam"), others=house.urls[:1]).open()
        await sam.hello()
        await sam.ready()
        seeker = await Seeker(house.urls[0], others=house.urls[1:]).open()
        await seeker.hello()
        await seeker.join()
        conversation = str((await sam.accept())["conversation"])
        await seeker.wait("paired")
        staying = [asyncio.create_task(client.stay()) for client in (seeker, sam)]
        talk = sam.talks[conversation]
        for number in range(3 * SAID):
            if number == SAID:
                await asyncio.to_thread(carrier(redises, conversation).kill)
            await seeker.say(f"seeker {number}")
            await sam.say(conversation, f"supporter {number}")
            await asyncio.gather(shown(sam, talk, number + 1), shown(seeker, seeker.talk, number + 1))
        assert [text for _, _, text in talk.view] == [f"seeker {number}" for number in range(3 * SAID)]
        assert [text for _, _, text in seeker.talk.view] == [
            f"supporter {number}" for number in range(3 * SAID)
        ]
        for task in staying:
            task.cancel()
        await asyncio.gather(seeker.cut(), sam.cut())
        assert house.defects() == []
