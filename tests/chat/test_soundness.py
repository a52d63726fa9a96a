"""A Redis that is configured wrongly is told so, a line for each setting; one as shipped is told nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import pytest
import redis

from chat.broker.address import parse
from chat.broker.line import Line
from chat.broker.soundness import Flaw, Seen, judged, look
from chat.embedded import embedded
from tests.support.valkey import Valkey

BREAKS = {
    "save": "900 1",
    "appendonly": "yes",
    "slowlog-log-slower-than": "0",
    "crash-log-enabled": "yes",
    "rdb-del-sync-files": "no",
    "repl-diskless-load": "disabled",
    "maxmemory-policy": "allkeys-lru",
}
WARNS = {"latency-monitor-threshold": "5", "notify-keyspace-events": "KEA", "maxmemory": "0"}
ON_A_DISK = "dir"
"""Where the tests' server lies is the machine's own affair."""


@pytest.fixture(scope="module")
def own() -> Iterator[Valkey]:
    with Valkey() as server:
        with (
            redis.Redis.from_url(server.url) as client,
            suppress(redis.ResponseError),
        ):  # Valkey 8.1 and later
            client.config_set("commandlog-request-larger-than", -1, "commandlog-reply-larger-than", -1)
        yield server


class _Up:
    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def up(self, line: Line) -> None:
        del line
        self.event.set()

    def down(self, line: Line) -> None:
        del line


async def seen(url: str) -> Seen:
    up = _Up()
    node = parse(url).nodes[0]
    line = Line(node, up)
    running = asyncio.create_task(line.run())
    try:
        await up.event.wait()
        return await look(line, node)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def flaws(url: str) -> list[Flaw]:
    return [flaw for flaw in judged(await seen(url)) if flaw.name != ON_A_DISK]


async def test_the_server_of_the_demo_has_no_flaw() -> None:
    with embedded() as server:
        assert await flaws(server.url) == []


@pytest.mark.parametrize("name", [*BREAKS, *WARNS])
async def test_each_wrong_line_is_told_with_what_to_change(own: Valkey, name: str) -> None:
    with redis.Redis.from_url(own.url, decode_responses=True) as client:
        good = client.config_get(name)[name]
        client.config_set(name, {**BREAKS, **WARNS}[name])
        try:
            found = await flaws(own.url)
        finally:
            client.config_set(name, good)
    (flaw,) = found
    assert (flaw.name, flaw.breaks) == (name, name in BREAKS)
    assert f"set: {name}" in flaw.what


async def test_where_the_settings_cannot_be_read_that_is_a_warning_and_what_shows_still_counts(
    own: Valkey,
) -> None:
    with redis.Redis.from_url(own.url, decode_responses=True) as client:
        client.execute_command("ACL", "SETUSER", "hosted", "on", ">pass", "~*", "&*", "+@all", "-config")
        url = f"{own.url.replace('unix://', 'unix://hosted:pass@')}"
        (hidden,) = await flaws(url)
        assert (hidden.name, hidden.breaks) == ("settings", False)
        assert "cannot be seen" in hidden.what
        client.config_set("maxmemory-policy", "volatile-lru")
        try:
            worst, _ = await flaws(url)
        finally:
            client.config_set("maxmemory-policy", "noeviction")
    assert (worst.name, worst.breaks) == ("maxmemory-policy", True)


@pytest.mark.parametrize("command", ["xadd", "spublish", "zadd", "hset", "unlink"])
async def test_a_right_that_is_missing_is_named(own: Valkey, command: str) -> None:
    with redis.Redis.from_url(own.url) as client:
        client.execute_command(
            "ACL", "SETUSER", "short", "reset", "on", ">pass", "~*", "&*", "+@all", f"-{command}"
        )
    (flaw,) = await flaws(own.url.replace("unix://", "unix://short:pass@"))
    assert (flaw.name, flaw.breaks) == ("rights", True)
    assert flaw.what.endswith(f"grant: +{command}")


async def test_a_user_who_may_run_no_script_is_told_so(own: Valkey) -> None:
    with redis.Redis.from_url(own.url) as client:
        client.execute_command("ACL", "SETUSER", "mute", "reset", "on", ">pass", "~*", "&*", "+@all", "-eval")
    (flaw,) = await flaws(own.url.replace("unix://", "unix://mute:pass@"))
    assert "lets no script run" in flaw.what
    assert flaw.breaks


def shown(**changed: str) -> Seen:
    return Seen({"redis_version": "7.0.15"} | changed, {})


@pytest.mark.parametrize(("version", "is_old"), [("6.2.14", True), ("7.0.0", False), ("10.1.0", False)])
def test_a_redis_before_7_0_is_too_old(version: str, is_old: bool) -> None:  # noqa: FBT001  # an example
    assert [flaw.breaks for flaw in judged(shown(redis_version=version))] == [True] * is_old


def test_a_folder_on_a_disk_and_a_log_of_large_commands_are_warned_of() -> None:
    found = judged(
        Seen({"redis_version": "8.1.0"}, {"commandlog-request-larger-than": "1048576"}, (), on_memory=False)
    )
    assert [(flaw.name, flaw.breaks) for flaw in found] == [
        ("commandlog-request-larger-than", False),
        ("dir", False),
    ]


def test_a_journal_shows_even_where_the_settings_do_not() -> None:
    found = judged(Seen({"redis_version": "7.2.0", "aof_enabled": "1"}, None))
    assert [(flaw.name, flaw.breaks) for flaw in found] == [("appendonly", True), ("settings", False)]


async def test_looking_touches_no_key(own: Valkey) -> None:
    with redis.Redis.from_url(own.url) as client:
        before = client.dbsize()
        await flaws(own.url)
        assert client.dbsize() == before
