"""Promises 10 and 11: an alert climbs until a person acknowledges it, and what is sent gives nothing away."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chat.protocol import Role
from storage.tables import alert
from tests.support.client import Frame, Seeker, Teammate
from tests.support.postgres import Postgres
from tests.support.process import Installation, installed
from tests.support.servers import Mailbox, Web, listening
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"], "omar": ["on_call"]}
WORDS = "I want to kill myself tonight"
WITHIN = 90.0
"""Seconds after which a page counts as missing: a lease, and the rungs before it."""
LADDER = """
[[rung]]
tell = ["campus"]
by = ["any"]
wait = 5
"""
"""As quick as a ladder may be, round after round."""


def page_of(alert_id: str, rung: int) -> str:
    """What a page of this rung of this alert is called, as a receiver sees it."""
    return hashlib.sha256(f"{alert_id}/{rung}".encode()).hexdigest()[:32]


def paged(web: Web) -> list[str]:
    return [headers["webhook-id"] for _, headers, _ in web.requests]


async def until_paged(web: Web, page: str) -> None:
    async with asyncio.timeout(WITHIN):
        while page not in paged(web):  # noqa: ASYNC110 - that server keeps what came and has no event for it
            await asyncio.sleep(0.05)


def settings(folder: Path, *urls: str) -> dict[str, Any]:
    ladder = folder / "ladder.toml"
    ladder.write_text(LADDER)
    return {"ladder_file": str(ladder), "on_call_urls": ",".join(urls)}


async def calls(house: Installation, url: str) -> Seeker:
    """A seeker whose call for help was acknowledged a moment ago."""
    seeker = await Seeker(url).open()
    await seeker.hello()
    await seeker.join()
    await seeker.say(WORDS)
    await seeker.wait("ack", n=1)
    assert house.url
    return seeker


async def alert_of(house: Installation, seeker: Seeker) -> dict[str, Any]:
    async with asyncio.timeout(WITHIN), house.database() as database:
        while True:
            async with database.reading() as connection:
                rows = await connection.execute(
                    sa.select(alert).where(alert.c.conversation == seeker.conversation)
                )
                if row := rows.mappings().one_or_none():
                    return dict(row)
            await asyncio.sleep(0.05)


async def test_another_process_carries_an_alert_on_until_a_person_has_it(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    web, valkey = Web(), private_valkey()
    async with (
        listening(web) as port,
        installed(
            tmp_path,
            valkey,
            processes=2,
            people=PEOPLE,
            **settings(tmp_path, f"http://127.0.0.1:{port}/told"),
        ) as house,
    ):
        seeker = await calls(house, house.urls[0])
        house.servers[0].kill()
        valkey.restart_empty()
        raised = await alert_of(house, seeker)
        await until_paged(web, page_of(raised["id"], 1))
        omar = await Teammate(house.urls[1], await sign_in_at(house, 1)).open()
        await omar.hello()
        await omar.send(type="acknowledge", alert=raised["id"], ref="mine")
        assert (await omar.wait("alert", ref="mine"))["state"] == "acknowledged"
        so_far = {page for rung in range(40) if (page := page_of(raised["id"], rung)) in paged(web)}
        # A later alert climbs, and the one that somebody has stays where it is.
        other = await calls(house, house.urls[1])
        later = await alert_of(house, other)
        await until_paged(web, page_of(later["id"], 1))
        now = {page for rung in range(40) if (page := page_of(raised["id"], rung)) in paged(web)}
        assert now == so_far
        for client in (seeker, other, omar):
            await client.cut()


async def sign_in_at(house: Installation, server: int) -> str:
    """A session made at the process that is still there."""
    servers = list(house.servers)
    house.servers.insert(0, servers[server])
    try:
        return await house.sign_in("omar")
    finally:
        house.servers[:] = servers


def everything(mail: Message) -> str:
    """All that a mail says: its headers, and its parts as a person reads them."""
    parts = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
    texts = [part.decode() for part in parts if isinstance(part, bytes)]
    return "\n".join([*(f"{name}: {value}" for name, value in mail.items()), *texts])


async def test_an_alert_climbs_on_while_the_database_stands_still_and_no_page_gives_anything_away(
    private_valkey: Callable[[], Valkey], postgres: Postgres, tmp_path: Path
) -> None:
    web, mailbox = Web(), Mailbox()
    with postgres.database() as url:
        async with (
            listening(web) as port,
            listening(mailbox) as smtp,
            installed(
                tmp_path,
                private_valkey(),
                people=PEOPLE,
                database_url=url,
                **settings(
                    tmp_path,
                    f"http://127.0.0.1:{port}/told",
                    f"mailto://127.0.0.1:{smtp}/?from=warmline@campus.example&to=on-call@campus.example",
                ),
            ) as house,
        ):
            sam, omar = [
                await Teammate(house.url, await house.sign_in(name)).open() for name in ("sam", "omar")
            ]
            await sam.hello()
            await omar.hello()
            await sam.ready()
            seeker = await Seeker(house.url).open()
            await seeker.hello()
            await seeker.join(topic="loneliness", language="en")
            paired = await sam.accept()
            await seeker.say(WORDS)
            await sam.wait("finding", conversation=paired["conversation"])
            raised = await alert_of(house, seeker)
            await until_paged(web, page_of(raised["id"], 0))
            postgres.freeze()
            try:
                told = len(web.requests)
                async with asyncio.timeout(WITHIN):
                    while len(set(paged(web)[told:])) < 2 or not mailbox.mails:  # noqa: ASYNC110 - as above
                        await asyncio.sleep(0.05)
            finally:
                postgres.thaw()
            # The database may have to be asked again: it stood still in the middle of something.
            await omar.come_back()
            await omar.wait("alert", alert=raised["id"], state="open")
            sent = [f"{line} {json.dumps(headers)} {body.decode()}" for line, headers, body in web.requests]
            sent += [everything(mail) for mail in mailbox.mails]
            assert all(f"{house.url}/staff" in text for text in sent)
            assert {
                secret for secret in secrets(house, paired, raised) for text in sent if secret in text
            } == set()
            for client in (sam, omar, seeker):
                await client.cut()


def secrets(house: Installation, paired: Frame, raised: dict[str, Any]) -> set[str]:
    """What nobody may read off a page that lies open beside a phone."""
    return {
        WORDS,
        "kill",
        "tonight",
        paired["alias"],
        paired["conversation"],
        paired["topic"],
        raised["id"],
        raised["category"],
        raised["severity"],
        *house.people.values(),
    }
