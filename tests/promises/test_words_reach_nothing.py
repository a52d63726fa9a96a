"""Promises 1 to 4: words reach no disk, log or page; Redis holds them sealed, and not after the end."""

from __future__ import annotations

import asyncio
import html
import json
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
import sqlalchemy as sa

from chat.protocol import Role
from storage.tables import metadata
from tests.support.client import Client, Seeker, Teammate
from tests.support.process import Installation, installed
from tests.support.search import files_with, redis_with, values
from tests.support.servers import Web, listening
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"], "omar": ["on_call"]}
FAST: dict[str, Any] = {"messages_per_minute": "600", "message_burst": "100"}
SEEKERS = 30
SAID_BY_EACH = 25
REFUSED_BY_EACH = 30
FORBIDDEN = re.compile(r"address|_ip|^ip|agent|referr|cookie|device|text|words|body")


class Marks:
    """Words that occur nowhere else: each unique, all with the same secret in them."""

    def __init__(self) -> None:
        self.secret = secrets.token_hex(10)
        self.count = 0

    def next(self) -> str:
        self.count += 1
        return f"{self.secret}x{self.count}"


def bad_frames(marks: Marks) -> list[str]:
    """Frames of every kind that is refused."""
    return [
        json.dumps({"type": "say", "n": 10_000, "text": marks.next()}),
        json.dumps({"type": "say", "n": 1, "text": marks.next(), "more": marks.next()}),
        json.dumps({"type": marks.next(), "text": marks.next()}),
        json.dumps({"type": "say", "n": marks.next(), "text": marks.next()}),
        json.dumps({"type": "say", "n": 1, "text": marks.next() * 200}),
        '{"type": "say", "n": 1, "text": "' + marks.next(),
        marks.next(),
        json.dumps([marks.next()]),
        json.dumps({"type": "say", "n": 1, "text": marks.next() + "\\ud800"}).replace("\\\\", "\\"),
        json.dumps({"type": "join", "topic": marks.next()}),
    ]


async def write_everything(house: Installation, number: int, marks: Marks) -> Seeker:
    """A seeker whose words take the ordinary path, the crisis path and every refused one."""
    seeker = Seeker(house.url)
    await seeker.open(query=f"?{marks.next()}={marks.next()}", user_agent=marks.next())
    await seeker.hello()
    await seeker.join()
    for _ in range(SAID_BY_EACH):
        await seeker.say(f"about {marks.next()}")
    if number % 3 == 0:
        await seeker.say(f"I want to kill myself {marks.next()}")
    await seeker.until(lambda: len(seeker.talk.promised) == seeker.talk.said, "all acknowledged")
    for _ in range(REFUSED_BY_EACH // 10):
        for frame in bad_frames(marks):
            await seeker.send_raw(frame)
    return seeker


async def ask_for_everything(house: Installation, marks: Marks) -> None:
    server = house.servers[0]
    for method, path in (("GET", "/"), ("GET", "/missing"), ("POST", "/api/session"), ("PUT", "/readyz")):
        headers = {name: marks.next() for name in ("User-Agent", "Referer", "X-Forwarded-For", "Cookie")}
        body = {"email": f"{marks.next()}@{marks.next()}", "password": marks.next()}
        await asyncio.to_thread(server.ask, method, f"{path}?{marks.next()}", body, headers)
        await asyncio.to_thread(server.ask, method, f"/{marks.next()}", body, headers)
    for first in (marks.next(), json.dumps({"type": "hello", "v": 1, "ticket": marks.next()})):
        client = await Client(house.url).open()
        await client.send_raw(first)
        await client.until(lambda c=client: c.closed is not None or c.frames, "an answer", though_closed=True)  # type: ignore[misc]  # mypy cannot infer a default
        await client.close()


async def told(web: Web) -> None:
    """Returns when on-call staff have been told outside."""
    async with asyncio.timeout(60):
        while not web.requests:  # noqa: ASYNC110 - that server keeps what came and has no event for it
            await asyncio.sleep(0.05)


async def test_no_mark_is_found_anywhere_afterwards(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    marks, web, valkey = Marks(), Web(), private_valkey()
    async with (
        listening(web) as port,
        installed(
            tmp_path, valkey, people=PEOPLE, on_call_urls=f"http://127.0.0.1:{port}/told", **FAST
        ) as house,
    ):
        sam = Teammate(house.url, await house.sign_in("sam"))
        await sam.open()
        await sam.hello()
        await sam.ready(4)
        seekers = await asyncio.gather(*(write_everything(house, n, marks) for n in range(SEEKERS)))
        conversation = (await sam.accept())["conversation"]
        for _ in range(20):
            await sam.say(conversation, f"answer {marks.next()}")
        await sam.until(lambda: len(sam.talks[conversation].promised) == 20, "all acknowledged")
        await ask_for_everything(house, marks)
        await told(web)
        house.servers[0].kill()  # in the middle of live conversations
        house.servers[0].start()
        await house.servers[0].ready()
        await asyncio.gather(*(seeker.come_back() for seeker in seekers[:5]))
        await seekers[0].send(type="end")
        await seekers[0].wait("ended")

        secret = marks.secret.encode()
        assert marks.count > 1_500
        assert redis_with(secret, valkey) == []
        assert house.servers[0].stop() == 0
        assert files_with(secret, tmp_path, valkey.folder) == []
        assert [body for _, _, body in web.requests if secret in body or b"kill" in body] == []
        assert b"about" not in b"".join(body for _, _, body in web.requests)
        for client in (sam, *seekers):
            await client.cut()


async def test_the_search_finds_what_is_there(private_valkey: Callable[[], Valkey], tmp_path: Path) -> None:
    valkey = private_valkey()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"a secret in a file")
    with redis.Redis(unix_socket_path=str(valkey.socket)) as client:
        client.xadd("log", {"d": "a secret in a stream"})
        client.hset("meta", "k", "a secret in a hash")
    assert files_with(b"secret", tmp_path) == [str(tmp_path / "deep" / "file")]
    assert {"log", "meta"} <= set(redis_with(b"secret", valkey))


async def test_redis_has_only_sealed_words_and_after_the_end_neither_them_nor_their_key(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    valkey = private_valkey()
    async with installed(tmp_path, valkey, people=PEOPLE) as house, Seeker(house.url) as seeker:
        await seeker.hello()
        await seeker.join()
        await seeker.say("something that only two may read")
        await seeker.wait("ack")
        live = values(valkey)
        of_it = {key: parts for key, parts in live.items() if str(seeker.conversation).encode() in key}
        meta = next(parts for key, parts in of_it.items() if key.endswith(b":m"))
        wrapped = meta[meta.index(b"k") + 1]
        words = [part for key, parts in of_it.items() if key.endswith(b":l") for part in parts]
        assert words
        assert wrapped
        await seeker.send(type="end")
        ended = await seeker.wait("ended")
        assert re.fullmatch(r"([0-9A-F]{4}-){2}[0-9A-F]{4}", ended["receipt"])
        left = [part for parts in values(valkey).values() for part in parts]
        assert not any(wrapped in part for part in left)
        assert not any(word in part for word in words for part in left)
        after = [key for key in values(valkey) if str(seeker.conversation).encode() in key]
        assert all(key.endswith(b":m") for key in after)


async def test_nothing_that_is_stored_tells_who_a_seeker_was(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    """A contact has buckets, no time and no order; no column could hold an address or words."""
    names = {column.name for table in metadata.tables.values() for column in table.columns}
    assert not {name for name in names if FORBIDDEN.search(name)}
    contact = metadata.tables["contact"]
    assert not [c.name for c in contact.columns if isinstance(c.type, sa.Double | sa.DateTime)]
    for table in metadata.tables.values():
        for column in table.columns:
            assert column.info["why"]
            assert column.info["keep"].words
    async with installed(tmp_path, private_valkey(), people=PEOPLE) as house:
        status, _, page = await asyncio.to_thread(house.servers[0].ask, "GET", "/privacy")
    assert status == 200
    shown = html.unescape(page.decode())
    columns = [column for table in metadata.tables.values() for column in table.columns]
    assert not [c.name for c in columns if c.name.replace("_", " ") not in shown]
    assert not [c.info["why"] for c in columns if c.info["why"] not in shown]
    assert not [c.info["keep"].words for c in columns if c.info["keep"].words not in shown]
