"""Every server of a Redis is looked at, masters and replicas, and what is wrong is told with where."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import checks
from chat.broker.address import parse
from chat.broker.servers import servers
from chat.broker.soundness import Flaw, gathered
from chat.checks import Found, Unsound, require_sound
from chat.settings import Settings
from tests.support.redises import Cluster, Node, Watched
from tests.support.valkey import Valkey

MANY = 10.0
"""Seconds that each has: enough for any machine."""
FLAWS = st.builds(
    Flaw, name=st.sampled_from("ab"), what=st.sampled_from(["does this", "does that"]), breaks=st.booleans()
)


@contextmanager
def misset(node: Node, name: str, value: str) -> Iterator[None]:
    """A server with one wrong setting inside the block."""
    good = node.client.config_get(name)[name]
    assert good is not None
    node.client.config_set(name, value)
    try:
        yield
    finally:
        node.client.config_set(name, good)


def settings(url: str, tmp_path: Path) -> Settings:
    return Settings(redis_url=url, database_url=f"sqlite:///{tmp_path / 'warmline.sqlite3'}")


async def told(url: str, tmp_path: Path) -> dict[str, Found]:
    return {found.name: found for found in await checks._redis(settings(url, tmp_path))}


async def test_one_server_has_no_name(valkey: Valkey) -> None:
    (one,) = await servers(parse(valkey.url), MANY)
    assert (one.name, one.is_master) == ("", True)
    assert one.seen is not None
    assert one.seen.config is not None


async def test_all_masters_and_replicas_of_a_cluster_are_looked_at(
    shared_cluster: Cluster, tmp_path: Path
) -> None:
    found = await servers(parse(shared_cluster.url), MANY)
    masters = [f"the master of slots {slots}" for slots in ("0-5460", "5461-10921", "10922-16383")]
    assert [one.name for one in found] == masters + [f"replica 1 of {name}" for name in masters]
    assert all(one.seen is not None and one.seen.config is not None for one in found)
    good = (await told(shared_cluster.url, tmp_path))["redis"]
    assert good.good
    assert good.detail.startswith("6 servers answer (3 of 6 are masters), version ")
    replica = shared_cluster.nodes[4]
    with misset(replica, "slowlog-log-slower-than", "0"):
        flaw = (await told(shared_cluster.url, tmp_path))["redis.slowlog-log-slower-than"]
        assert not flaw.good
        assert flaw.detail.endswith(" (at: replica 1 of the master of slots 5461-10921)")
        with pytest.raises(Unsound, match=r"keeps a slow log.*replica 1 of the master of slots 5461-10921"):
            await require_sound(settings(shared_cluster.url, tmp_path))


async def test_the_replica_of_what_sentinels_watch_is_looked_at(
    shared_watched: Watched, tmp_path: Path
) -> None:
    found = await servers(parse(shared_watched.url), MANY)
    assert [(one.name, one.is_master) for one in found] == [
        ("the master", True),
        ("replica 1 of the master", False),
    ]
    with misset(shared_watched.replica, "repl-diskless-load", "disabled"):
        flaw = (await told(shared_watched.url, tmp_path))["redis.repl-diskless-load"]
        assert flaw.detail.endswith(" (at: replica 1 of the master)")


async def test_a_replica_that_does_not_answer_is_a_warning_and_stops_no_start(
    shared_watched: Watched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "PATIENCE_FOR_SERVER", MANY / 4)
    replica = shared_watched.replica.process.pid
    os.kill(replica, signal.SIGSTOP)
    try:
        found = await told(shared_watched.url, tmp_path)
        await require_sound(settings(shared_watched.url, tmp_path))
    finally:
        os.kill(replica, signal.SIGCONT)
    assert found["redis"].good
    assert found["redis.server"].good
    assert found["redis.server"].warns
    assert found["redis.server"].detail == (
        "does not answer, so how it is set is not known (at: replica 1 of the master)"
    )


@given(st.lists(st.lists(FLAWS, unique=True), min_size=1, max_size=4))
def test_each_flaw_is_told_once_with_where_it_is_and_the_worst_first(flaws: list[list[Flaw]]) -> None:
    named = [(f"server {number}", own) for number, own in enumerate(flaws)]
    found = gathered(named)
    assert len(found) == len({flaw for own in flaws for flaw in own})
    assert [flaw.breaks for flaw in found] == sorted((flaw.breaks for flaw in found), reverse=True)
    for name, own in named:
        for flaw in own:
            everywhere = all(flaw in others for others in flaws)
            (told_,) = [
                one
                for one in found
                if (one.name, one.breaks) == (flaw.name, flaw.breaks) and one.what.startswith(flaw.what)
            ]
            assert ("(at: " not in told_.what) if everywhere else (name in told_.what)
