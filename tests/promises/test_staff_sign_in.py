"""Promises 21 and 22: hashing, sessions that end with their sockets, and a record that shows tampering."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import argon2
import pytest
import sqlalchemy as sa

from chat.passwords import Passwords
from chat.proofs import Proofs
from chat.protocol import Role
from chat.sealing import Key
from chat.settings import Settings
from chat.surfaces.auth import Auth
from storage.audit import KEY, Audit
from storage.chain import Flaw
from storage.engine import Database, open_database
from storage.factors import Factors
from storage.migrate import upgrade
from storage.people import People
from storage.sessions import Sessions
from storage.tables import person
from tests.support.client import Seeker, Teammate
from tests.support.process import Installation, installed
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"], "omar": ["on_call"], "cleo": ["coordinator"]}
TAKEN_OVER = 4003
SIGNED_OUT = 4503
NOT_ALLOWED = 4501
FLOOD = 60
"""Sign-ins at once, of people who do not exist: each costs a whole hash, and none is turned away."""
SAID = 40
LONGEST_IDLE = 3600.0
LONGEST_AT_ALL = 24 * 3600.0


async def team(house: Installation, name: str, server: int = 0) -> Teammate:
    teammate = await Teammate(house.urls[server], await house.sign_in(name)).open()
    await teammate.hello()
    return teammate


async def test_hashes_are_argon2id_and_a_flood_of_sign_ins_does_not_stall_a_conversation(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    fast: dict[str, Any] = {"messages_per_minute": "600", "message_burst": "100"}
    async with installed(tmp_path, private_valkey(), people=PEOPLE, **fast) as house:
        sam = await team(house, "sam")
        await sam.ready()
        seeker = await Seeker(house.url).open()
        await seeker.hello()
        await seeker.join()
        conversation = (await sam.accept())["conversation"]
        await seeker.wait("paired")
        answers: list[int] = []

        async def sign_in(number: int) -> None:
            body = {"email": f"nobody-{number}@campus.example", "password": "something quite long"}
            status, _, _ = await asyncio.to_thread(house.servers[0].ask, "POST", "/api/session", body)
            answers.append(status)

        async with asyncio.TaskGroup() as flood:
            for number in range(FLOOD):
                flood.create_task(sign_in(number))
            await sam.until(lambda: answers or sam.frames, "a beginning")
            while not answers:  # noqa: ASYNC110 - from the first answer on the rest are being hashed
                await asyncio.sleep(0)
            for number in range(1, SAID + 1):
                await seeker.say(f"seeker {number}")
                await sam.wait("said", conversation=conversation, n=number)
                await seeker.wait("ack", n=number)
            answered_meanwhile = len(answers)
        # Words came and went, each after the other, far oftener than a hash was made: none waited for one.
        assert answered_meanwhile < SAID / 2
        assert answers == [401] * FLOOD
        async with house.database() as database, database.reading() as connection:
            stored = list(await connection.scalars(sa.select(person.c.password)))
        for hashed in stored:
            told = argon2.extract_parameters(hashed)
            assert told.type is argon2.Type.ID
            assert told.memory_cost >= 19 * 1024  # the least that OWASP recommends
            assert told.time_cost >= 2
            assert (told.hash_len, told.salt_len) == (32, 16)
        for client in (seeker, sam):
            await client.cut()


async def test_a_revoked_session_loses_its_sockets_on_every_process_and_what_staff_do_is_on_record(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), processes=2, people=PEOPLE) as house:
        omar = await team(house, "omar")
        seeker = await Seeker(house.url).open()
        await seeker.hello()
        await seeker.send(type="help")
        alert = await omar.wait("alert", category="help")
        await omar.send(type="acknowledge", alert=alert["alert"])
        await omar.wait("alert", state="acknowledged")
        await omar.send(type="observe", conversation=alert["conversation"])
        await omar.wait("observing", on=True)
        await omar.send(type="resolve", alert=alert["alert"], outcome="in_contact", ref="over")
        await omar.wait("alert", ref="over")
        elsewhere = await Teammate(house.urls[1], str(omar.cookie)).open()
        await elsewhere.hello()
        assert await omar.wait_closed() == TAKEN_OVER
        gone = {"Cookie": str(omar.cookie)}
        status, _, _ = await asyncio.to_thread(house.servers[0].ask, "DELETE", "/api/session", None, gone)
        assert status == 204
        assert await elsewhere.wait_closed() == SIGNED_OUT
        again = await Teammate(house.url, str(omar.cookie)).open()
        assert await again.wait_closed() == NOT_ALLOWED
        async with house.database() as database:
            entries = list(reversed(await Audit(database).latest(100)))
            assert await Audit(database).verify(house.audit_key) is None
        of_omar = [(e.action, e.subject) for e in entries if e.actor == house.people["omar"]]
        assert of_omar == [
            ("signed_in", house.people["omar"]),
            ("acknowledge", alert["alert"]),
            ("enter", alert["conversation"]),
            ("phrases_shown", alert["conversation"]),
            ("resolve", alert["alert"]),
            ("signed_out", house.people["omar"]),
        ]
        await seeker.cut()
    await tampering_shows(tmp_path / "warmline.sqlite3", tmp_path, house.audit_key, len(entries))


async def tampering_shows(database: Path, folder: Path, key: bytes, entries: int) -> None:
    """Every change, removal and reordering of any row is found, each on a copy of its own."""
    swap = (
        "UPDATE audit SET seq = -seq WHERE seq IN (:seq, :other);"
        "UPDATE audit SET seq = :seq + :other + seq WHERE seq < 0"
    )
    lies = [
        "UPDATE audit SET actor = 'somebody else' WHERE seq = :seq",
        "UPDATE audit SET action = 'looked_away' WHERE seq = :seq",
        "UPDATE audit SET subject = 'something else' WHERE seq = :seq",
        "UPDATE audit SET minute = minute - 1 WHERE seq = :seq",
        "DELETE FROM audit WHERE seq = :seq",
        "DELETE FROM audit WHERE seq >= :seq",
        swap,
    ]
    for seq in range(1, entries + 1):
        for lie in lies:
            copy = folder / "copy.sqlite3"
            with (
                contextlib.closing(sqlite3.connect(database)) as whole,
                contextlib.closing(sqlite3.connect(copy)) as tampered,
                tampered,
            ):
                whole.backup(tampered)  # as a copy of the file alone is not: it lacks the journal
                for statement in lie.split(";"):
                    named = {"seq": seq, "other": seq % entries + 1}
                    assert tampered.execute(statement, named).rowcount >= 1
            assert await flaw_of(copy, key) is not None, (seq, lie)


async def flaw_of(path: Path, key: bytes) -> Flaw | None:
    opened = open_database(f"sqlite:///{path}")
    try:
        return await Audit(opened).verify(key)
    finally:
        await opened.close()


class Clock:
    """A time that moves when it is moved."""

    def __init__(self) -> None:
        self.now = 1_900_000_000.0

    def __call__(self) -> float:
        return self.now


async def session_of(database: Database, clock: Clock) -> tuple[Auth, str]:
    """The sign-in as the default settings make it, and the cookie of a session that began now."""
    settings, passwords = Settings(), Passwords()
    passwords.close()
    auth = Auth(
        people=People(database),
        sessions=Sessions(database),
        audit=Audit(database),
        passwords=passwords,
        proofs=Proofs(Factors(database), Key(bytes(32)), clock=clock, campus="campus", everybody=False),
        clock=clock,
        revoked=lambda _: None,
        https=True,
        idle_seconds=settings.session_idle_minutes * 60.0,
        absolute_seconds=settings.session_hours * 3600.0,
    )
    holder = await People(database).add(
        campus="campus", email="sam@campus.example", password="-", name="Sam", roles=["supporter"]
    )
    await Sessions(database).create(
        hashlib.sha256(b"token").digest(),
        person_id=holder.id,
        at=clock(),
        lasts=settings.session_hours * 3600.0,
    )
    return auth, f"{auth.cookie}=token"


@pytest.mark.parametrize("used_every", [None, 600.0])
async def test_a_session_ends_by_itself_idle_or_not(used_every: float | None, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'warmline.sqlite3'}"
    await upgrade(url)
    database, clock = open_database(url), Clock()
    await Audit(database).begin(bytes(KEY))
    auth, cookie = await session_of(database, clock)
    began = clock.now
    if used_every is None:
        clock.now += LONGEST_IDLE
    else:
        while await auth.who(cookie) is not None and clock.now - began < 2 * LONGEST_AT_ALL:
            clock.now += used_every
        assert clock.now - began > LONGEST_IDLE  # whoever uses it is not sent away for being idle
        assert clock.now - began <= LONGEST_AT_ALL
    assert await auth.who(cookie) is None
    clock.now += 1
    assert await auth.who(cookie) is None
    await database.close()
