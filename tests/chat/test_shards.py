"""Redis as a Cluster and behind Sentinels: masters die and buckets move while two processes are at it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from redis.crc import key_slot

from chat.broker import Broker, Lost, Refusal, Unavailable, keys, line
from chat.broker.address import parse
from tests.support.peers import Ear, appended, ear, eventually
from tests.support.redises import Cluster, Node, Watched, started


@pytest.fixture
def start() -> Iterator[Callable[..., Node]]:
    with started() as starting:
        yield starting


async def begin(broker: Broker, conversation: str, epoch: str) -> None:
    opened, told = await broker.open(
        conversation, epoch=epoch, wrapped=b"key", phase="waiting", counts={}, moves=[b"opened"]
    )
    assert opened, told


async def is_lost(broker: Broker, conversation: str) -> bool:
    """Whether the conversation is known to be lost, when it can be asked again."""
    try:
        await broker.follow(conversation)
    except Lost:
        return True
    except (Unavailable, Refusal):
        return False
    return False


async def until_lost(broker: Broker, conversation: str) -> None:
    async with asyncio.timeout(60):
        while not await is_lost(broker, conversation):  # noqa: ASYNC110 - only Redis can be asked
            await asyncio.sleep(0.05)


def heard(listener: Ear, conversation: str) -> list[bytes]:
    """What was told of a conversation, in order; of two at two servers there is none."""
    return [stored.event for stored in listener.events if stored.conversation == conversation]


def conversation_at(cluster: Cluster, master: Node) -> str:
    names = (f"c{number}" for number in range(1000))
    return next(name for name in names if cluster.carrier(keys.bucket(name)) is master)


async def test_the_buckets_of_a_cluster_are_spread_over_its_masters(shared_cluster: Cluster) -> None:
    shared_cluster.flush()
    async with ear(shared_cluster.url, "here") as here, ear(shared_cluster.url, "there") as there:
        names = [conversation_at(shared_cluster, master) for master in shared_cluster.masters]
        for name in names:
            await begin(here.broker, name, "e1")
            await there.broker.follow(name)
        in_one_turn = (appended(here.broker, name, "seeker", 1, b"a") for name in names)
        assert [answer[:2] for answer in await asyncio.gather(*in_one_turn)] == [[b"OK", 1]] * len(names)
        await eventually(lambda: {stored.conversation for stored in there.events} == set(names))
        assert all(node.client.dbsize() for node in shared_cluster.masters)


async def test_a_master_that_dies_takes_no_other_with_it_and_is_never_taken_for_its_replica(
    start: Callable[..., Node],
) -> None:
    cluster = Cluster(start)
    dying, living = (conversation_at(cluster, master) for master in cluster.masters[:2])
    async with ear(cluster.url, "here") as here, ear(cluster.url, "there") as there:
        for name in (dying, living):
            await begin(here.broker, name, "e1")
            await there.broker.follow(name)
        ups = here.ups
        cluster.masters[0].kill()
        assert (await appended(here.broker, living, "seeker", 1, b"a"))[0] == b"OK"
        await until_lost(here.broker, dying)
        await eventually(lambda: here.broker.ready and there.broker.ready and here.ups > ups)
        await begin(here.broker, dying, "e2")
        await there.broker.follow(dying)
        assert (await appended(here.broker, dying, "seeker", 1, b"b"))[0] == b"OK"
        assert (await appended(here.broker, living, "seeker", 2, b"c"))[0] == b"OK"
        await eventually(lambda: heard(there, living) == [b"a", b"c"] and heard(there, dying) == [b"b"])


async def test_a_subscription_that_a_server_does_not_carry_is_made_anew(shared_cluster: Cluster) -> None:
    """As just after a failover, when the new master does not know yet that it is one."""
    here, there, _ = shared_cluster.masters
    channel = keys.channel(keys.bucket(conversation_at(shared_cluster, there)), "here")
    asked, astray = list[line.Line](), list[bool]()

    class Subscribing:
        async def up(self, made: line.Line) -> None:
            asked.append(made)
            made.send(b"SSUBSCRIBE", channel)

        def down(self, made: line.Line) -> None: ...

    node = parse(shared_cluster.url).master.at("127.0.0.1", here.port)
    running = asyncio.create_task(
        line.Line(node, Subscribing(), lambda _: None, astray=lambda: astray.append(True)).run()
    )
    await eventually(lambda: len(asked) > 1 and astray)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_the_fullest_master_says_how_full_redis_is(shared_cluster: Cluster) -> None:
    client = shared_cluster.masters[1].client
    most = int(client.info("memory")["maxmemory"])
    async with ear(shared_cluster.url, "here") as here:
        assert await here.broker.memory() < 0.5
        client.config_set("maxmemory", client.info("memory")["used_memory"] * 5 // 4)
        try:
            assert 0.5 < await here.broker.memory() < 1
        finally:
            client.config_set("maxmemory", most)


async def test_a_bucket_that_moves_is_followed(shared_cluster: Cluster) -> None:
    shared_cluster.flush()
    source, target, _ = shared_cluster.masters
    name = conversation_at(shared_cluster, source)
    slot = key_slot(keys.bucket(name).encode())
    async with ear(shared_cluster.url, "here") as here, ear(shared_cluster.url, "there") as there:
        await begin(here.broker, name, "e1")
        shared_cluster.move(slot, source, target)
        try:
            await until_lost(here.broker, name)  # another Redis, so it is started anew, as after any loss
            await begin(here.broker, name, "e2")
            await until_lost(there.broker, "another")
            await eventually(lambda: here.broker.ready and there.broker.ready)
            await there.broker.follow(name)
            assert (await appended(here.broker, name, "seeker", 1, b"a"))[0] == b"OK"
            await eventually(lambda: [stored.event for stored in there.events] == [b"a"])
        finally:
            shared_cluster.flush()
            shared_cluster.move(slot, target, source)


async def test_a_replica_is_not_taken_for_the_master_that_it_was(shared_watched: Watched) -> None:
    """A Sentinel may name a server that was put behind another one a moment ago."""
    node = parse(shared_watched.url).master.at("127.0.0.1", shared_watched.replica.port)
    wire = await line._connect(node, None, lambda _: None)
    try:
        with pytest.raises(Unavailable):
            await line._greet(wire, node, master=True)
        assert await line._greet(wire, node, master=False)
    finally:
        wire.close()


async def test_the_master_that_a_sentinel_names_is_found_again(start: Callable[..., Node]) -> None:
    watched = Watched(start)
    async with ear(watched.url, "here") as here, ear(watched.url, "there") as there:
        await begin(here.broker, "c", "e1")
        watched.master.kill()
        await eventually(lambda: not here.broker.ready)
        await until_lost(here.broker, "c")
        await eventually(lambda: here.broker.ready and there.broker.ready)
        await begin(here.broker, "c", "e2")
        await there.broker.follow("c")
        assert (await appended(here.broker, "c", "seeker", 1, b"a"))[0] == b"OK"
        await eventually(lambda: [stored.event for stored in there.events] == [b"a"])
