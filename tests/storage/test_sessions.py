from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from storage.engine import Database
from storage.errors import Conflict
from storage.people import People, Person
from storage.sessions import AT_ONCE, Sessions

AT = 1_800_000_000.0
IDLE = 1800.0
LASTS = 36_000.0


def token(number: int = 1) -> bytes:
    return hashlib.sha256(bytes([number])).digest()


@pytest.fixture
def sessions(database: Database) -> Sessions:
    return Sessions(database)


@pytest.fixture
async def ada(database: Database) -> Person:
    return await People(database).add(
        campus="north", email="ada@example.org", password="x", name="Ada", roles=["lead"]
    )


async def test_a_session_tells_who_is_signed_in_with_the_roles_of_now(
    sessions: Sessions, ada: Person, database: Database
) -> None:
    await sessions.create(token(), person_id=ada.id, at=AT, lasts=LASTS)
    found = await sessions.lookup(token(), at=AT + 1, idle=IDLE)
    assert found is not None
    assert (found.person, found.expires_at) == (ada, AT + LASTS)
    await People(database).set_roles(ada.id, ["supporter"])
    found = await sessions.lookup(token(), at=AT + 2, idle=IDLE)
    assert found is not None
    assert found.person.roles == {"supporter"}


async def test_an_unknown_token_is_nobody(sessions: Sessions) -> None:
    assert await sessions.lookup(token(), at=AT, idle=IDLE) is None


async def test_an_idle_session_ends_and_a_used_one_does_not(sessions: Sessions, ada: Person) -> None:
    await sessions.create(token(), person_id=ada.id, at=AT, lasts=LASTS)
    assert await sessions.lookup(token(), at=AT + IDLE, idle=IDLE)
    assert await sessions.lookup(token(), at=AT + IDLE + 1, idle=IDLE) is None
    await sessions.touch([token()], at=AT + IDLE)
    assert await sessions.lookup(token(), at=AT + IDLE + 1, idle=IDLE)


async def test_a_late_touch_does_not_turn_the_clock_back(sessions: Sessions, ada: Person) -> None:
    await sessions.create(token(), person_id=ada.id, at=AT, lasts=LASTS)
    await sessions.touch([token()], at=AT - 9)
    found = await sessions.lookup(token(), at=AT, idle=IDLE)
    assert found is not None
    assert found.seen_at == AT


async def test_every_session_ends(sessions: Sessions, ada: Person) -> None:
    await sessions.create(token(), person_id=ada.id, at=AT, lasts=LASTS)
    await sessions.touch([token()], at=AT + LASTS - 1)
    assert await sessions.lookup(token(), at=AT + LASTS - 1, idle=IDLE)
    assert await sessions.lookup(token(), at=AT + LASTS, idle=IDLE) is None


async def test_a_revoked_session_is_dead_at_once_and_for_good(sessions: Sessions, ada: Person) -> None:
    await sessions.create(token(), person_id=ada.id, at=AT, lasts=LASTS)
    assert await sessions.revoke(token(), at=AT)
    await sessions.touch([token()], at=AT + 1)
    assert await sessions.lookup(token(), at=AT, idle=IDLE) is None
    assert not await sessions.revoke(token(), at=AT)


async def test_revoking_all_of_a_person_names_the_sessions_that_were_live(
    sessions: Sessions, ada: Person, database: Database
) -> None:
    bob = await People(database).add(campus="north", email="bob@example.org", password="x", name="Bob")
    for number in (1, 2, 3):
        await sessions.create(token(number), person_id=ada.id, at=AT, lasts=LASTS)
    await sessions.create(token(4), person_id=bob.id, at=AT, lasts=LASTS)
    await sessions.revoke(token(3), at=AT)
    assert set(await sessions.revoke_all_of(ada.id, at=AT)) == {token(1), token(2)}
    assert await sessions.lookup(token(1), at=AT, idle=IDLE) is None
    assert await sessions.lookup(token(4), at=AT, idle=IDLE)
    live = await sessions.live_among([token(1), token(4), token(5)], at=AT, idle=IDLE)
    assert set(live) == {token(4)}
    assert live[token(4)] == await sessions.lookup(token(4), at=AT, idle=IDLE)


async def test_any_number_of_sessions_is_looked_up_and_noted_as_used(sessions: Sessions, ada: Person) -> None:
    many = [hashlib.sha256(number.to_bytes(4)).digest() for number in range(2 * AT_ONCE + 1)]
    used = [many[0], many[AT_ONCE], many[-1]]
    for digest in used:
        await sessions.create(digest, person_id=ada.id, at=AT, lasts=LASTS)
    await sessions.touch(many, at=AT + 60)
    live = await sessions.live_among(many, at=AT + 60, idle=IDLE)
    assert {digest: session.seen_at for digest, session in live.items()} == dict.fromkeys(used, AT + 60)


async def test_who_left_has_no_live_session(sessions: Sessions, ada: Person, database: Database) -> None:
    await sessions.create(token(), person_id=ada.id, at=AT, lasts=LASTS)
    await People(database).deactivate(ada.id, on=dt.date(2030, 1, 1))
    assert await sessions.lookup(token(), at=AT, idle=IDLE) is None
    assert not await sessions.live_among([token()], at=AT, idle=IDLE)


async def test_a_session_belongs_to_a_person(sessions: Sessions) -> None:
    with pytest.raises(Conflict):
        await sessions.create(token(), person_id="nobody", at=AT, lasts=LASTS)


async def test_a_token_itself_is_not_stored(sessions: Sessions, ada: Person) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        await sessions.create(b"the token itself", person_id=ada.id, at=AT, lasts=LASTS)
