"""Redis over TLS in each of its forms: an authority of one's own, and certificates that servers ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chat.broker.address import parse
from chat.broker.client import connect
from chat.broker.line import Unavailable
from chat.broker.servers import Server, servers
from chat.settings import BadSetting, load
from tests.support.peers import appended, ear, eventually
from tests.support.redises import Alone, Cluster, Watched, over_tls

MANY = 10.0


@pytest.fixture(params=[Alone, Watched, Cluster])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with over_tls(request.param, tmp_path) as (_, url):
        yield url


async def seen(url: str) -> list[Server]:
    try:
        return [one for one in await servers(parse(url), 1.0) if one.seen is not None]
    except Unavailable:
        return []


async def test_conversations_and_the_waiting_room_go_over_tls_and_only_between_those_who_are_known(
    address: str,
) -> None:
    async with ear(address, "here") as here, ear(address, "there") as there:
        await here.broker.open("c", epoch="e1", wrapped=b"key", phase="waiting", counts={}, moves=[b"opened"])
        await there.broker.follow("c")
        assert (await appended(here.broker, "c", "seeker", 1, b"a"))[:2] == [b"OK", 1]
        await eventually(lambda: [stored.event for stored in there.events] == [b"a"])
    reached = connect(address)
    try:
        await reached.client.set("{room}", "held")
        near = await reached.near("{room}")
        assert await near.get("{room}") == b"held"
        await near.aclose()
    finally:
        await reached.aclose()
    assert all(one.seen is not None for one in await servers(parse(address), MANY))
    plain, _, files = address.partition("?")
    assert await seen(plain) == [], "whom nobody vouches for is not talked to"
    assert await seen(f"{plain}?{files.partition('&')[0]}") == [], "who shows no certificate is not let in"
    assert await seen(address.replace("rediss", "redis", 1).partition("?")[0]) != [], (
        "the doors let plain pass"
    )


def test_files_of_tls_that_cannot_be_read_stop_the_start(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for name in ("empty.pem", "none.pem"):
        with pytest.raises(BadSetting, match="redis_url: names a file of TLS that cannot be read"):
            load({"WARMLINE_REDIS_URL": f"rediss://redis.example?ca={tmp_path / name}"})
