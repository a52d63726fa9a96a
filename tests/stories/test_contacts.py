"""What is kept of a conversation: one contact in buckets, and nothing that anybody said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from chat.broker import Broker
from chat.workers import Settling
from storage.contacts import Contacts
from storage.tables import contact
from tests.support.client import Seeker, Teammate
from tests.support.process import installed
from tests.support.valkey import Valkey

WORDS = "Something that nobody else shall ever read"


async def test_rating_and_wrap_up_become_one_contact_without_a_word(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), people={"sam": ["supporter"]}) as made:
        async with (
            Teammate(made.url, await made.sign_in("sam")) as sam,
            Seeker(made.url) as seeker,
        ):
            await sam.hello()
            await sam.ready()
            await seeker.hello()
            await seeker.join(topic="loss", language="en", mood=2)
            conversation = (await sam.accept())["conversation"]
            await seeker.wait("paired")
            await seeker.say(WORDS)
            await sam.wait("said", text=WORDS)
            await seeker.send(type="end")
            await seeker.wait("ended")
            await sam.wait("ended", conversation=conversation)
            await seeker.send(type="rate", helped=4, mood=3)
            await seeker.wait("done", re="rate")
            await sam.send(type="wrapup", conversation=conversation, outcome="talked", topic="home")
            await sam.wait("done", re="wrapup")
        async with made.database() as database:
            await _count(made.valkey.url, Contacts(database))
            async with database.reading() as connection:
                rows = (await connection.execute(sa.select(contact))).mappings().all()
        assert len(rows) == 1
        kept = dict(rows[0])
        assert (kept["outcome"], kept["topic"], kept["helped"], kept["mood_change"]) == (
            "talked",
            "home",
            4,
            1,
        )
        assert WORDS.encode() not in (tmp_path / "warmline.sqlite3").read_bytes()
        assert conversation not in str(kept)
        assert made.people["sam"] not in str(kept)


async def _count(redis_url: str, contacts: Contacts) -> None:
    """Counts what is over, as a worker does once people have had their time to say how it was."""
    up = asyncio.Event()

    def ignore(*_: object) -> None:
        """Nobody listens here."""

    broker = Broker(
        redis_url,
        "counting",
        on_event=ignore,
        on_mark=ignore,
        on_signal=ignore,
        on_staff=ignore,
        on_up=up.set,
        on_down=up.clear,
    )
    running = asyncio.create_task(broker.run())
    await up.wait()
    await Settling(broker, contacts, "campus", ZoneInfo("UTC"), time.time).settle(at_once=True)
    await contacts.close()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
