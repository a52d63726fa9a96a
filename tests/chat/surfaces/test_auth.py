"""Sign-in against a real database: who is let in, for how long, and what ends it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pyotp
import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette

from chat.passwords import Passwords
from chat.proofs import Proofs
from chat.sealing import derived
from chat.surfaces.auth import GRACE, TOUCH_EVERY, Auth
from chat.surfaces.security import Security, exception_handlers
from chat.surfaces.throttle import FREE
from storage.audit import Audit
from storage.engine import Database, open_database
from storage.errors import Unavailable
from storage.factors import FREE as FREE_CODES
from storage.factors import WAIT, Factors
from storage.migrate import upgrade
from storage.people import People
from storage.sessions import Sessions
from storage.tables import second_factor
from tests.support.asgi import Answered, ask

EMAIL = "sam@campus.example"
PASSWORD = "violet kettle harbour"


class Rig:
    """The sign-in of an installation, with a clock that moves when it is moved."""

    def __init__(
        self, database: Database, passwords: Passwords, *, https: bool = False, everybody: bool = False
    ) -> None:
        self.now = 1_900_000_000.0
        self.people = People(database)
        self.sessions = Sessions(database)
        self.audit = Audit(database)
        self.passwords = passwords
        self.factors = Factors(database)
        self.revoked: list[str] = []
        self.auth = Auth(
            people=self.people,
            sessions=self.sessions,
            audit=self.audit,
            passwords=passwords,
            proofs=Proofs(
                self.factors,
                derived(b"s" * 32, "second factor"),
                clock=lambda: self.now,
                campus="campus",
                everybody=everybody,
            ),
            clock=lambda: self.now,
            revoked=self.revoked.append,
            https=https,
        )
        inner = Starlette(routes=self.auth.routes(), exception_handlers=exception_handlers())
        self.app = Security(inner, origins=["http://x"], https=https, crashed=_fail)

    async def sign_in(self, email: str = EMAIL, password: str = PASSWORD, **more: Any) -> Answered:
        body = msgspec.json.encode({"email": email, "password": password, **more})
        return await ask(self.app, "POST", "/api/session", body=body)

    async def session(self, method: str, cookie: str | None) -> Answered:
        return await ask(self.app, method, "/api/session", headers={"Cookie": cookie} if cookie else {})


def _fail(error: BaseException) -> None:
    raise AssertionError("something broke") from error


def held(folder: Path) -> bytes:
    """Everything in a folder."""
    return b"".join(path.read_bytes() for path in folder.iterdir())


def cookie_of(answer: Answered) -> str:
    return answer.headers["set-cookie"].partition(";")[0]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'warmline.sqlite3'}"
    await upgrade(url)
    database = open_database(url, deadline=15)
    yield database
    await database.close()


@pytest.fixture
async def rig(database: Database) -> AsyncIterator[Rig]:
    passwords = Passwords()
    rig = Rig(database, passwords)
    await rig.audit.begin(bytes(32))
    await rig.people.add(
        campus="campus",
        email=EMAIL,
        password=await passwords.hash(PASSWORD),
        name="Sam",
        roles=["supporter", "lead"],
    )
    yield rig
    passwords.close()


async def test_the_right_password_opens_a_session_that_shows_name_and_roles(rig: Rig) -> None:
    answer = await rig.sign_in(email=" SAM@Campus.example ")
    assert answer.status == 200
    assert answer.json() == {"name": "Sam", "roles": ["lead", "supporter"]}
    shown = await rig.session("GET", f"other=1; {cookie_of(answer)}; more=2")
    assert (shown.status, shown.json()) == (200, answer.json())


async def test_the_cookie_is_opaque_strict_and_out_of_reach_of_scripts(rig: Rig, database: Database) -> None:
    plain = (await rig.sign_in()).headers["set-cookie"]
    assert plain.startswith("warmline=")
    for part in ("HttpOnly", "Path=/", "SameSite=strict", "Max-Age=43200"):
        assert part in plain
    assert "Secure" not in plain
    assert "Domain" not in plain
    strict = (await Rig(database, rig.passwords, https=True).sign_in()).headers["set-cookie"]
    assert strict.startswith("__Host-warmline=")
    assert "Secure" in strict
    assert len(cookie_of(await rig.sign_in()).partition("=")[2]) == 43


async def test_the_database_holds_only_the_hash_of_a_token(rig: Rig, tmp_path: Path) -> None:
    cookie = cookie_of(await rig.sign_in())
    token = cookie.partition("=")[2]
    stored = held(tmp_path)
    assert token.encode() not in stored
    assert hashlib.sha256(token.encode()).digest() in stored


@pytest.mark.parametrize(
    ("email", "password"),
    [(EMAIL, PASSWORD + " "), ("nobody@campus.example", PASSWORD), (EMAIL, "x"), ("x' OR 1=1 --", "x")],
)
async def test_wrong_and_unknown_are_told_in_the_same_words(rig: Rig, email: str, password: str) -> None:
    answer = await rig.sign_in(email, password)
    assert answer.status == 401
    assert answer.json() == {"code": "wrong", "detail": "This address and password do not belong together."}
    assert "set-cookie" not in answer.headers


async def test_somebody_who_left_is_not_let_in_and_their_session_is_over(rig: Rig) -> None:
    cookie = cookie_of(await rig.sign_in())
    person = await rig.people.by_email(EMAIL)
    assert person is not None
    assert await rig.people.deactivate(person.id, on=dt.date(2030, 3, 17))
    assert (await rig.sign_in()).status == 401
    assert (await rig.session("GET", cookie)).status == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"email": "a@b"}',
        b'{"email": "a@b", "password": 1}',
        b'{"email": "a@b", "password": "x", "more": 1}',
        b'{"email": "' + b"a" * 300 + b'", "password": "x"}',
        b"[" * 5000,
    ],
)
async def test_what_is_not_a_sign_in_is_refused_without_quoting_it(rig: Rig, body: bytes) -> None:
    answer = await ask(rig.app, "POST", "/api/session", body=body)
    assert answer.status == 400
    assert answer.json()["code"] == "bad_frame"


async def asked_for_a_factor(rig: Rig) -> str:
    """Asks for one of Sam and takes it in; answers the secret."""
    sam = await rig.people.by_email(EMAIL)
    assert sam is not None
    await rig.factors.ask(sam.id)
    shown = await rig.sign_in()
    assert (shown.status, shown.json()["code"]) == (401, "enrol")
    assert "set-cookie" not in shown.headers
    secret: str = shown.json()["secret"]
    return secret


def code(rig: Rig, secret: str, *, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(rig.now), counter_offset=steps)


async def test_a_second_factor_is_shown_until_its_first_code_and_asked_for_from_then_on(rig: Rig) -> None:
    secret = await asked_for_a_factor(rig)
    again = (await rig.sign_in()).json()
    assert again["secret"] == secret
    assert secret in again["address"]
    assert len(again["squares"]) == len(again["squares"][0])
    assert (await rig.sign_in(code=code(rig, secret))).status == 200
    needed = await rig.sign_in()
    assert (needed.status, needed.json()["code"]) == (401, "code_needed")
    assert secret not in needed.body.decode()
    rig.now += 30
    assert (await rig.sign_in(code=code(rig, secret))).status == 200
    noted = [entry.action for entry in await rig.audit.latest(10)]
    assert noted == ["signed_in", "signed_in", "factor_proven"]


async def test_a_code_opens_once_and_none_before_it_afterwards(rig: Rig) -> None:
    secret = await asked_for_a_factor(rig)
    assert (await rig.sign_in(code=code(rig, secret))).status == 200
    for steps in (0, -1):
        refused = await rig.sign_in(code=code(rig, secret, steps=steps))
        assert (refused.status, refused.json()["code"]) == (401, "code_wrong")
    assert (await rig.sign_in(code=code(rig, secret, steps=1))).status == 200


async def test_without_the_right_password_nothing_is_said_of_a_second_factor(rig: Rig) -> None:
    secret = await asked_for_a_factor(rig)
    for given in ({}, {"code": code(rig, secret)}):
        assert (await rig.sign_in(password="wrong", **given)).json()["code"] == "wrong"


async def test_after_some_wrong_codes_none_is_looked_at_for_a_while_whichever_process_is_asked(
    rig: Rig, database: Database
) -> None:
    secret = await asked_for_a_factor(rig)
    other = Rig(database, rig.passwords)
    for number in range(FREE_CODES):
        wrong = await (rig, other)[number % 2].sign_in(code="000000")
        assert wrong.json()["code"] == "code_wrong"
    for one in (rig, other):
        held_off = await one.sign_in(code=code(rig, secret))
        assert held_off.status == 429
        assert 0 < float(held_off.headers["retry-after"]) <= WAIT
    rig.now += WAIT
    assert (await rig.sign_in(code=code(rig, secret))).status == 200


async def test_where_everybody_needs_one_the_first_sign_in_shows_it(database: Database, rig: Rig) -> None:
    strict = Rig(database, rig.passwords, everybody=True)
    shown = await strict.sign_in()
    assert (shown.status, shown.json()["code"]) == (401, "enrol")
    assert (await strict.sign_in(code=code(strict, shown.json()["secret"]))).status == 200
    assert (await strict.sign_in()).json()["code"] == "code_needed"


async def test_what_was_sealed_under_another_secret_is_never_shown_anew_by_itself(
    rig: Rig, database: Database
) -> None:
    await asked_for_a_factor(rig)
    sam = await rig.people.by_email(EMAIL)
    assert sam is not None
    async with database.writing() as connection:
        await connection.execute(second_factor.update().values(sealed=bytes(60)))
    assert (await rig.sign_in()).json()["code"] == "code_unreadable"


async def test_the_secret_of_a_factor_is_stored_sealed_only(rig: Rig, tmp_path: Path) -> None:
    secret = await asked_for_a_factor(rig)
    stored = held(tmp_path)
    assert secret.encode() not in stored
    assert pyotp.TOTP(secret).byte_secret() not in stored


async def test_guessing_is_slowed_for_that_account_alone(rig: Rig) -> None:
    for _ in range(FREE):
        assert (await rig.sign_in(password="wrong")).status == 401
    slowed = await rig.sign_in()
    assert slowed.status == 429
    assert slowed.headers["retry-after"] == "1"
    assert (await rig.sign_in("other@campus.example")).status == 401
    rig.now += 1.0
    assert (await rig.sign_in()).status == 200


async def test_a_session_ends_when_idle_and_whatever_happens_after_its_hours(rig: Rig) -> None:
    idle = cookie_of(await rig.sign_in())
    rig.now += 1801.0
    assert (await rig.session("GET", idle)).status == 401
    used = cookie_of(await rig.sign_in())
    for _ in range(28):
        rig.now += 1500.0
        assert (await rig.session("GET", used)).status == 200
    rig.now += 1500.0
    assert (await rig.session("GET", used)).status == 401


async def test_signs_of_life_are_noted_once_in_a_while(rig: Rig) -> None:
    signed_in = await rig.auth.who(cookie_of(await rig.sign_in()))
    assert signed_in is not None

    async def seen_at() -> float:
        session = await rig.sessions.lookup(bytes.fromhex(signed_in.token), at=rig.now, idle=1e9)
        assert session is not None
        return session.seen_at

    began = rig.now
    rig.now += TOUCH_EVERY - 1
    await rig.auth.still(signed_in.token)
    assert await seen_at() == began
    rig.now += 1
    await rig.auth.still(signed_in.token)
    assert await seen_at() == rig.now


async def test_of_all_open_sockets_only_those_whose_session_ended_are_named(rig: Rig) -> None:
    going_on = await rig.auth.who(cookie_of(await rig.sign_in()))
    revoked = await rig.auth.who(cookie_of(await rig.sign_in()))
    assert going_on is not None
    assert revoked is not None
    await rig.auth.revoke(revoked.token)
    assert await rig.auth.ended({going_on.token, revoked.token}) == {revoked.token}
    assert await rig.auth.ended(set()) == set()


async def test_an_open_socket_keeps_its_session_alive(rig: Rig) -> None:
    signed_in = await rig.auth.who(cookie_of(await rig.sign_in()))
    assert signed_in is not None
    for _ in range(28):
        rig.now += 1500.0
        assert not await rig.auth.ended({signed_in.token})
    rig.now += 1500.0
    assert await rig.auth.ended({signed_in.token}) == {signed_in.token}


async def test_signing_out_ends_the_session_its_sockets_and_what_the_browser_keeps(rig: Rig) -> None:
    cookie = cookie_of(await rig.sign_in())
    signed_in = await rig.auth.who(cookie)
    assert signed_in is not None
    answer = await rig.session("DELETE", cookie)
    assert answer.status == 204
    assert answer.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert rig.revoked == [signed_in.token]
    assert await rig.auth.who(cookie) is None
    assert (await rig.session("DELETE", cookie)).status == 204
    assert rig.revoked == [signed_in.token]


async def test_signing_in_again_ends_the_session_before(rig: Rig) -> None:
    first = cookie_of(await rig.sign_in())
    body = msgspec.json.encode({"email": EMAIL, "password": PASSWORD})
    again = await ask(rig.app, "POST", "/api/session", headers={"Cookie": first}, body=body)
    assert again.status == 200
    assert (await rig.session("GET", first)).status == 401
    assert (await rig.session("GET", cookie_of(again))).status == 200


async def test_sign_in_and_out_are_on_record(rig: Rig) -> None:
    cookie = cookie_of(await rig.sign_in())
    await rig.session("DELETE", cookie)
    assert [entry.action for entry in await rig.audit.latest(9)] == ["signed_out", "signed_in"]
    assert await rig.audit.verify(bytes(32)) is None


@pytest.mark.parametrize("header", [None, "", "warmline", "warmline=", "warmline=x", "=;=", "warmline=\x00"])
async def test_a_header_without_a_session_is_nobody(rig: Rig, header: str | None) -> None:
    assert await rig.auth.who(header) is None


async def test_while_the_database_is_away_sessions_go_on_for_a_while_and_nobody_new_gets_in(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = cookie_of(await rig.sign_in())

    async def away(*_: object, **__: object) -> None:
        raise Unavailable("the database cannot be reached")

    monkeypatch.setattr(rig.sessions, "lookup", away)
    monkeypatch.setattr(rig.people, "by_email", away)
    assert (await rig.session("GET", cookie)).status == 200
    refused = await rig.sign_in()
    assert (refused.status, refused.json()["code"]) == (503, "busy")
    with pytest.raises(Unavailable):
        await rig.auth.who("warmline=unknown")
    rig.now += GRACE + 1
    assert (await rig.session("GET", cookie)).status == 503


async def test_an_out_of_date_hash_is_renewed_at_sign_in(rig: Rig) -> None:
    person = await rig.people.by_email(EMAIL)
    assert person is not None
    await rig.people.set_password(person.id, PasswordHasher(1, 8192, 1).hash(PASSWORD))
    assert (await rig.sign_in()).status == 200
    renewed = await rig.people.by_email(EMAIL)
    assert renewed is not None
    assert "m=19456,t=2,p=1" in renewed.password
