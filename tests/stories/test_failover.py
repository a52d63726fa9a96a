"""Two processes on a Cluster, and on what a Sentinel watches, lose a master while two people talk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chat.broker import keys
from chat.protocol import Role
from tests.support.client import Seeker, Talk, Teammate
from tests.support.process import installed
from tests.support.redises import Cluster, Node, Watched, over_tls, started
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"]}
SAID = 5


Loss = Callable[[Node], object]


@pytest.fixture(params=[Cluster, Watched])
def redises(request: pytest.FixtureRequest) -> Iterator[tuple[Cluster | Watched, str]]:
    with started() as start:
        made = request.param(start)
        yield made, made.url


@pytest.fixture(params=[Cluster, Watched])
def redises_over_tls(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Cluster | Watched, str]]:
    with over_tls(request.param, tmp_path) as made:
        yield made


def emptied(node: Node) -> None:
    """One server forgets everything, its scripts too; the others keep what they have."""
    node.client.flushall()
    node.client.script_flush()


def carrier(redises: Cluster | Watched, conversation: str) -> Node:
    if isinstance(redises, Watched):
        return redises.master
    return redises.carrier(keys.bucket(conversation))


async def shown(client: Seeker | Teammate, talk: Talk, count: int) -> None:
    await client.until(lambda: len(talk.view) >= count, "what the other said", though_closed=True)


@pytest.mark.parametrize("loss", [Node.kill, emptied])
async def test_nothing_is_lost_doubled_or_out_of_order_when_a_master_dies_or_is_emptied(
    redises: tuple[Cluster | Watched, str], loss: Loss, valkey: Valkey, tmp_path: Path
) -> None:
    await talk_through(*redises, loss, valkey, tmp_path)


async def test_nothing_is_lost_doubled_or_out_of_order_when_a_master_dies_that_speaks_tls(
    redises_over_tls: tuple[Cluster | Watched, str], valkey: Valkey, tmp_path: Path
) -> None:
    await talk_through(*redises_over_tls, Node.kill, valkey, tmp_path)


async def talk_through(
    redises: Cluster | Watched, url: str, loss: Loss, valkey: Valkey, tmp_path: Path
) -> None:
    """Two people at two processes talk before, during and after the loss of what carries them."""
    async with installed(tmp_path, valkey, processes=2, people=PEOPLE, redis_url=url) as house:
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
                await asyncio.to_thread(loss, carrier(redises, conversation))
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
