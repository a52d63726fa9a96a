"""The demo: everything on this machine, on the loopback, forgotten when it ends."""

from __future__ import annotations

import base64
import datetime as dt
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct

from chat.embedded import Embedded
from chat.passwords import Passwords
from chat.protocol import Role
from chat.settings import SECRET_BYTES, Settings, load
from storage.audit import KEY, Audit
from storage.engine import open_database
from storage.migrate import upgrade
from storage.overrides import Overrides
from storage.people import People
from storage.sheets import Sheet, Sheets

HOST: Final = "127.0.0.1"
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that is mistaken for something else when it is read aloud."""
_TEAM: Final[tuple[tuple[Role, str], ...]] = (
    ("supporter", "Sam"),
    ("supporter", "Noor"),
    ("lead", "Lena"),
    ("on_call", "Omar"),
    ("coordinator", "Cleo"),
)


_ROSTER: Final = """\
zone = "UTC"

[[week]]
place = "first"
person = "omar@demo.example"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
from = "00:00"
until = "24:00"

[[week]]
place = "second"
person = "lena@demo.example"
days = ["mon", "tue", "wed", "thu", "fri"]
from = "08:00"
until = "24:00"
"""
"""With holes, so that there is something to see."""
_OPEN_FOR: Final = 30 * 86_400.0


class SignIn(Struct, frozen=True):
    """Somebody of the demo's team. The order of fields is that of the JSON line."""

    role: Role
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Demo:
    """What `warmline demo` serves, and how to get in."""

    settings: Settings
    url: str
    people: list[SignIn] = field(repr=False)
    open_until: float
    """Until when it is open, in seconds since the epoch: nobody has tested its ladder."""


class PortTaken(Exception):
    """Something else listens there already."""


def new_password() -> str:
    """Twenty signs in five groups: close to a hundred bits, and it can be read aloud."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(5))


def require_free(port: int) -> None:
    """Raises `PortTaken` before anything is started in vain."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise PortTaken from None


async def prepare(server: Embedded, port: int, environ: Mapping[str, str]) -> Demo:
    """Makes the database in the server's folder, and people with new passwords in it.

    What `environ` sets of the campus is kept; where things listen and are stored is the demo's own.
    """
    settings = load(
        environ,
        host=HOST,
        port=port,
        unix_socket="",
        origins=[],
        redis_url=server.url,
        database_url=f"sqlite:///{server.folder / 'warmline.sqlite3'}",
        secret=base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode(),
        secret_file="",
        spool=str(server.folder / "spool"),
    )
    await upgrade(settings.database_url)
    people, until = await _filled(settings, time.time())
    return Demo(settings, f"http://{HOST}:{port}", people, until)


async def _filled(settings: Settings, at: float) -> tuple[list[SignIn], float]:
    """Makes the team, a roster of it, and the decision to open: all of it on record, as by an operator."""
    database = open_database(settings.database_url)
    try:
        audit = Audit(database)
        await audit.begin(secrets.token_bytes(KEY))
        made = await _people(settings, People(database))
        day = dt.datetime.fromtimestamp(at, dt.UTC).date()
        await Sheets(database).add(Sheet(settings.campus, "roster", 1, _ROSTER, "operator", day))
        await audit.append(actor="operator", action="write", subject_kind="roster", subject="1", at=at)
        opened = await Overrides(database).add(
            settings.campus, reason="demonstration", by="operator", at=at, until=at + _OPEN_FOR
        )
        await audit.append(
            actor="operator", action="override", subject_kind="ladder", subject=opened.id, at=at
        )
    finally:
        await database.close()
    return made, opened.until


async def _people(settings: Settings, people: People) -> list[SignIn]:
    passwords = Passwords()
    made = []
    try:
        for role, name in _TEAM:
            sign_in = SignIn(role, f"{name.lower()}@demo.example", new_password())
            await people.add(
                campus=settings.campus,
                email=sign_in.email,
                password=await passwords.hash(sign_in.password),
                name=name,
                roles=[role],
            )
            made.append(sign_in)
    finally:
        passwords.close()
    return made
