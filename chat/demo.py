"""The demo: everything on this machine, on the loopback, forgotten when it ends."""

from __future__ import annotations

import base64
import secrets
import socket
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
from storage.people import People

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
    return Demo(settings, f"http://{HOST}:{port}", await _people(settings))


async def _people(settings: Settings) -> list[SignIn]:
    database = open_database(settings.database_url)
    passwords = Passwords()
    made = []
    try:
        await Audit(database).begin(secrets.token_bytes(KEY))
        people = People(database)
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
        await database.close()
    return made
