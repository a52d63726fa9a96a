"""An installation of real processes that are killed and started again many times: servers and a worker."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import json
import os
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from chat.passwords import Passwords
from storage.engine import Database, open_database
from storage.overrides import Overrides
from storage.people import People
from tests.support.demo import free_port
from tests.support.launching import Launched, Launcher
from tests.support.valkey import Valkey
from tests.torture.failpoints import LEASE, ORDER

PATIENCE: Final = 120.0
"""Seconds that a process may take to be ready on a busy machine."""
PASSWORD: Final = "a long password for tests"
LADDER: Final = '[[rung]]\ntell = ["campus"]\nby = ["any"]\nwait = 5\n'
"""As quick as a ladder may be, round after round, with one telephone on it."""


class Member:
    """One `warmline serve` or `warmline worker` of the house, or the `migrate` that comes before them."""

    def __init__(
        self, launcher: Launcher, command: str, port: int, folder: Path, environ: Mapping[str, str]
    ) -> None:
        self.command = command
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / f"{command}-{port}.log"
        self._port = port
        self._launcher = launcher
        self._order = folder / f"{command}-{port}.order"
        self._environ = {**environ, "WARMLINE_PORT": str(port), ORDER: str(self._order)}
        self._phone = environ["WARMLINE_ON_CALL_URLS"]
        self.deaths: dict[str, float] = {}
        """When each of its lives was seen to be over, by the path under which that one rings."""
        self.pid = 0
        self._life = ""
        self._process: Launched | None = None
        self._ended = asyncio.Event()
        self._ended.set()

    @property
    def is_alive(self) -> bool:
        return not self._ended.is_set()

    async def start(self) -> None:
        self.order("")
        url = f"{self._phone}/{self.command}-{self._port}-{len(self.deaths)}"
        environ = {**self._environ, "WARMLINE_ON_CALL_URLS": url}
        with self.log.open("ab") as log:
            start = partial(self._launcher.start, [self.command], environ, out=log, err=log)
            self._process = await asyncio.to_thread(start)
        self.pid, self._ended = self._process.pid, asyncio.Event()
        asyncio.get_running_loop().add_reader(self._process.fileno(), self._ends, self._process, self._ended)
        self._life = urlsplit(url).path

    @staticmethod
    def _ends(process: Launched, ended: asyncio.Event) -> None:
        asyncio.get_running_loop().remove_reader(process.fileno())
        process.wait()
        ended.set()

    async def kill(self) -> None:
        """As `kill -9` does; a process that is dead already stays so."""
        if self._process is not None:
            self._process.kill()
        await self._ended.wait()
        self.deaths.setdefault(self._life, time.monotonic())

    def order(self, what: str) -> None:
        """What a failpoint of this process is to do; empty for nothing."""
        if what:
            fresh = self._order.with_suffix(".new")
            fresh.write_text(what, encoding="ascii")
            fresh.replace(self._order)
        else:
            self._order.unlink(missing_ok=True)

    async def dies(self, within: float) -> bool:
        """Whether it has ended within so many seconds."""
        try:
            await asyncio.wait_for(self._ended.wait(), within)
        except TimeoutError:
            return False
        return True

    async def ready(self) -> None:
        """Returns when a server says that it is ready. A worker needs nothing that is waited for.

        One that ended with a line about a database that is busy is started again, as whatever watches over
        processes does.
        """
        until = time.monotonic() + PATIENCE
        while self.command == "serve":
            if not self.is_alive:
                await self.start()
            assert time.monotonic() < until, self.log.read_text()
            with contextlib.suppress(OSError, http.client.HTTPException):
                if await asyncio.to_thread(self._is_ready):
                    return
            await asyncio.sleep(0.02)

    def _is_ready(self) -> bool:
        return self.ask("GET", "/readyz")[0] == http.HTTPStatus.OK

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Mapping[str, str]]:
        """One request over HTTP: its status, and the headers of its answer in lower case."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, path, sent, {"Origin": self.url})
            answer = connection.getresponse()
            answer.read()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()


@dataclass
class House:
    """A database, a Redis, and the processes on them."""

    folder: Path
    database: Database
    members: list[Member]
    spool: Path
    valkey: Valkey

    @property
    def servers(self) -> list[Member]:
        return [member for member in self.members if member.command == "serve"]

    async def sign_in(self) -> str:
        """A new session of the one person on call, as the cookie that a browser sends."""
        body = {"email": "omar@campus.example", "password": PASSWORD}
        status, headers = await asyncio.to_thread(self.servers[0].ask, "POST", "/api/session", body)
        assert status == http.HTTPStatus.OK
        return headers["set-cookie"].partition(";")[0]

    async def ready(self) -> None:
        for member in self.members:
            await member.ready()

    def waiting(self) -> int:
        """How many bytes wait in the spools."""
        found = 0
        for path in self.spool.glob("*.spool"):
            with contextlib.suppress(FileNotFoundError):  # drained at this very moment
                found += path.stat().st_size
        return found

    def defects(self) -> list[str]:
        """What the processes themselves called a defect of their own."""
        lines = [line for member in self.members for line in member.log.read_text().splitlines()]
        return [line for line in lines if "level=error" in line and "event=crashed" in line]


@contextlib.asynccontextmanager
async def launching() -> AsyncIterator[Launcher]:
    """A launcher that any number of houses use."""
    launcher = Launcher("tests.torture.launcher")
    try:
        yield launcher
    finally:
        await asyncio.to_thread(launcher.close)


@contextlib.asynccontextmanager
async def standing(
    launcher: Launcher,
    folder: Path,
    url: str,
    phone: str,
    *,
    servers: int = 2,
    workers: int = 1,
    lease: float | None = None,
    **settings: str,
) -> AsyncIterator[House]:
    """Sets an installation up, starts its processes, and ends them. `phone` is where pages go."""
    ladder, spool = folder / "ladder.toml", Path(settings.pop("spool", str(folder / "spool")))
    _furnish(folder, ladder, spool)
    ports = [free_port() for _ in range(servers + workers)]
    with Valkey() as valkey:
        own = {
            "host": "127.0.0.1",
            "origins": ",".join(f"http://127.0.0.1:{port}" for port in ports[:servers]),
            "redis_url": valkey.url,
            "database_url": url,
            "secret": base64.b64encode(secrets.token_bytes(32)).decode(),
            "spool": str(spool),
            "country": "IE",
            "ladder_file": str(ladder),
            "on_call_urls": phone,
            **settings,
        }
        environ = {name: value for name, value in os.environ.items() if not name.startswith("WARMLINE_")}
        environ |= {f"WARMLINE_{name.upper()}": value for name, value in own.items()}
        environ |= {} if lease is None else {LEASE: str(lease)}
        commands = ["serve"] * servers + ["worker"] * workers
        members = [
            Member(launcher, command, port, folder, environ)
            for command, port in zip(commands, ports, strict=True)
        ]
        database = open_database(url)
        house = House(folder, database, members, spool, valkey)
        try:
            setting_up = Member(launcher, "migrate", ports[0], folder, environ)
            await setting_up.start()
            assert await setting_up.dies(PATIENCE), setting_up.log.read_text()
            await _settle_in(database)
            for member in members:
                await member.start()
            await house.ready()
            yield house
        finally:
            for member in members:
                await member.kill()
            await database.close()


def _furnish(folder: Path, ladder: Path, spool: Path) -> None:
    for one in (folder, spool):
        one.mkdir(parents=True, exist_ok=True)
    ladder.write_text(LADDER)


async def _settle_in(database: Database) -> None:
    """One person on call, and an override: nobody has tested a ladder here."""
    now = time.time()
    await Overrides(database).add("campus", reason="staff_on_site", by="operator", at=now, until=now + 86_400)
    passwords = Passwords()
    try:
        hashed = await passwords.hash(PASSWORD)
    finally:
        passwords.close()
    await People(database).add(
        campus="campus", email="omar@campus.example", password=hashed, name="Omar", roles=["on_call"]
    )
