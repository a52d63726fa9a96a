"""Real server processes: `warmline serve`, one or several, that a test kills, stops and starts again."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http.client
import itertools
import json
import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from chat.demo import _TEAM
from chat.passwords import Passwords
from chat.protocol import Role
from storage.audit import KEY, Audit
from storage.engine import Database, open_database
from storage.migrate import upgrade
from storage.overrides import Overrides
from storage.people import People
from tests.support import launching
from tests.support.demo import Demo, free_port
from tests.support.valkey import Valkey

PATIENCE: Final = 120.0
"""Seconds that a process may take to be ready on a busy machine."""
_PASSWORD: Final = "a long password for tests"
TEAM: Final[Mapping[str, Sequence[Role]]] = {name.lower(): [role] for role, name in _TEAM}
"""The people of the demo, and what each does."""


class Server:
    """One `warmline serve` on a port of its own. What it prints goes to `log`."""

    def __init__(self, port: int, log: Path, environ: Mapping[str, str]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self.kills = 0
        self._environ = dict(environ) | {"WARMLINE_PORT": str(port)}
        self._process: launching.Launched | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def children(self) -> list[int]:
        """The processes that it has started and that live, where it is one of several."""
        return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()]

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Starts the process; `ready` waits for it."""
        with self.log.open("ab") as log:
            self._process = launching.shared().start(["serve"], self._environ, out=log, err=log)

    async def ready(self) -> None:
        """Returns when the server says that it and what it stands on are ready."""
        until = time.monotonic() + PATIENCE
        while True:
            assert self._process is not None
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            with contextlib.suppress(OSError, http.client.HTTPException):
                if (await asyncio.to_thread(self.ask, "GET", "/readyz"))[0] == http.HTTPStatus.OK:
                    return
            await asyncio.sleep(0.02)

    def kill(self) -> None:
        """Ends the process between two instructions, as `kill -9` does."""
        if self._process is not None:
            self.kills += 1
            self._process.kill()
            self._process.wait(PATIENCE)

    def stop(self) -> int:
        """Stops the process as an operator would; answers its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE)

    def freeze(self) -> None:
        """Stops the process where it stands; its connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """One request over HTTP: the status, the headers in lower case, and the body."""
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE)
        try:
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, path, sent, {"Origin": self.url, **(headers or {})})
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, named, answer.read()
        finally:
            connection.close()


@dataclass
class Installation:
    """A database, a Redis, people, and the processes that serve them."""

    folder: Path
    valkey: Valkey
    database_url: str
    servers: list[Server]
    people: dict[str, str] = field(default_factory=dict)
    """From each name to the person's id."""
    environ: dict[str, str] = field(default_factory=dict, repr=False)
    audit_key: bytes = field(default=b"", repr=False)
    """The first key of the audit, as the operator keeps it elsewhere."""

    @property
    def url(self) -> str:
        return self.servers[0].url

    @property
    def urls(self) -> list[str]:
        return [server.url for server in self.servers]

    async def add(self, name: str, *roles: Role) -> str:
        """Adds a person who may sign in; answers the id."""
        passwords = Passwords()
        async with self.database() as database:
            try:
                added = await People(database).add(
                    campus="campus",
                    email=_email(name),
                    password=await passwords.hash(_PASSWORD),
                    name=name.capitalize(),
                    roles=roles,
                )
            finally:
                passwords.close()
        self.people[name] = added.id
        return added.id

    async def sign_in(self, name: str) -> str:
        """A new session of this person over HTTP, as the cookie that a browser sends."""
        body = {"email": _email(name), "password": _PASSWORD}
        status, headers, said = await asyncio.to_thread(self.servers[0].ask, "POST", "/api/session", body)
        assert status == http.HTTPStatus.OK, said
        return headers["set-cookie"].partition(";")[0]

    @contextlib.asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The database of the installation, seen from beside."""
        opened = open_database(self.database_url)
        try:
            yield opened
        finally:
            await opened.close()

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs another command of this installation to its end."""
        return launching.shared().run(arguments, self.environ, timeout=PATIENCE)

    def defects(self) -> list[str]:
        """What the servers themselves called a defect of their own."""
        lines = [line for server in self.servers for line in server.log.read_text().splitlines()]
        return [line for line in lines if "level=error" in line and "event=crashed" in line]


@contextlib.asynccontextmanager
async def installed(
    folder: Path,
    valkey: Valkey,
    *,
    processes: int = 1,
    together: str = "1",
    database_url: str | None = None,
    people: Mapping[str, Sequence[Role]] | None = None,
    **settings: str,
) -> AsyncIterator[Installation]:
    """Sets an installation up, starts its processes and ends them. Settings are named in lower case.

    `together` makes each of the processes several, which share a port.

    Nobody has tested a ladder here: an override lets seekers in all the same.
    """
    address = database_url or f"sqlite:///{folder / 'warmline.sqlite3'}"
    ports = [free_port() for _ in range(processes)]
    own = {
        "host": "127.0.0.1",
        "origins": ",".join(f"http://127.0.0.1:{port}" for port in ports),
        "redis_url": valkey.url,
        "database_url": address,
        "secret": base64.b64encode(secrets.token_bytes(32)).decode(),
        "spool": str(folder / "spool"),
        "country": "IE",
        "processes": together,
        **settings,
    }
    environ = {name: value for name, value in os.environ.items() if not name.startswith("WARMLINE_")}
    environ |= {f"WARMLINE_{name.upper()}": value for name, value in own.items()}
    servers = [
        Server(
            port, folder / f"server-{number}.log", environ | {"WARMLINE_SPOOL": f"{own['spool']}-{number}"}
        )
        for number, port in enumerate(ports)
    ]
    made = Installation(folder, valkey, address, servers, environ=environ, audit_key=secrets.token_bytes(KEY))
    await upgrade(address)
    async with made.database() as database:
        await Audit(database).begin(made.audit_key)
        now = time.time()
        await Overrides(database).add(
            "campus", reason="staff_on_site", by="operator", at=now, until=now + 86_400
        )
    for name, roles in (people or {}).items():
        await made.add(name, *roles)
    try:
        for server in servers:
            server.start()
        for server in servers:
            await server.ready()
        yield made
    finally:
        for server in servers:
            server.kill()


async def said(server: Server, line: str) -> None:
    """Waits until the log has a line with this in it."""
    await comes(lambda: line in server.log.read_text())


async def comes(found: Callable[[], bool]) -> None:
    """Waits for something outside this process, which can only be asked again."""
    async with asyncio.timeout(PATIENCE):
        for _ in itertools.takewhile(lambda _: not found(), itertools.count()):
            await asyncio.sleep(0.05)


@contextlib.contextmanager
def running_house(valkey: Valkey, **settings: Any) -> Iterator[Demo]:
    """The team of the demo at an installation of its own, for whoever has no event loop to look after it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        ThreadPoolExecutor(1) as aside,
    ):
        runner = aside.submit(asyncio.Runner).result()
        context = installed(Path(folder), valkey, people=TEAM, **settings)
        made = aside.submit(lambda: runner.run(context.__aenter__())).result()
        people = {name: {"email": _email(name), "password": _PASSWORD} for name in TEAM}
        try:
            first, *others = made.servers
            yield Demo(first.url, people, first.log, others=[(other.url, other.log) for other in others])
        finally:
            aside.submit(lambda: runner.run(context.__aexit__(None, None, None))).result()
            aside.submit(runner.close).result()


def _email(name: str) -> str:
    return f"{name}@campus.example"


@contextlib.contextmanager
def frozen(server: Server) -> Iterator[None]:
    """The process stands still inside the block."""
    server.freeze()
    try:
        yield
    finally:
        server.thaw()
