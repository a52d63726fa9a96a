"""Warmline and those it is measured beside: two processes each, with a fresh Valkey of the same settings."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import http.client
import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage.sessions import Sessions
from storage.tables import person, person_role
from tests.load.surroundings import Surroundings
from tests.support.demo import free_port
from tests.support.process import installed
from tests.support.valkey import Valkey

READY_WITHIN: Final = 30.0
PEERS: Final = Path(__file__).parent / "peers"
NAMES: Final = {
    "warmline": "Warmline, full path",
    "socketio_sharded": "Socket.IO, sharded Redis adapter",
    "ws_ioredis": "ws + ioredis",
    "naive_starlette": "Starlette + pub/sub, as most write it",
    "django_channels": "Django Channels + channels_redis",
    "python_socketio": "python-socketio + Redis manager",
    "websockets_echo": "echo by websockets, no Redis",
    "nats": "NATS cluster of two, WebSocket",
}
"""Every party and what it is called in tables."""


@dataclass(frozen=True)
class Standing:
    """A party whose servers answer."""

    party: str
    urls: Sequence[str]
    servers: Sequence[int]
    redis: Sequence[int]
    valkey: str
    """The path of the Redis' socket."""
    cookies: Sequence[str] = ()


@contextlib.asynccontextmanager
async def standing(
    party: str, surroundings: Surroundings, *, supporters: int = 0, **settings: str
) -> AsyncIterator[Standing]:
    """Starts a party and ends it afterwards, whatever happened in between."""
    with tempfile.TemporaryDirectory(prefix="wl-bench-") as folder:
        if party == "warmline":
            async with _warmline(Path(folder), supporters, settings) as up:
                yield up
        else:
            with Valkey() as valkey:
                async with _peer(party, surroundings, Path(folder), valkey) as up:
                    yield up


@contextlib.asynccontextmanager
async def _warmline(folder: Path, supporters: int, settings: dict[str, str]) -> AsyncIterator[Standing]:
    """With the limits of its own settings at what they allow, and everything else as it is by default."""
    raised = {
        "messages_per_minute": "600",
        "message_burst": "100",
        "queue_capacity": "100000",
        "sockets": "15000",
    } | settings
    with Valkey() as valkey:
        async with installed(folder, valkey, processes=2, people={}, database_url=None, **raised) as made:
            cookies = [secrets.token_urlsafe(32) for _ in range(supporters)]
            async with made.database() as database:
                people = [secrets.token_hex(16) for _ in cookies]
                if people:
                    async with database.writing() as connection:
                        await connection.execute(
                            person.insert(),
                            [
                                {
                                    "id": one,
                                    "campus": "campus",
                                    "email": f"{one}@campus.example",
                                    "password": "",
                                    "name": "Sam",
                                    "active": True,
                                }
                                for one in people
                            ],
                        )
                        await connection.execute(
                            person_role.insert(), [{"person": one, "role": "supporter"} for one in people]
                        )
                sessions = Sessions(database)
                for one, token in zip(people, cookies, strict=True):
                    digest = hashlib.sha256(token.encode()).digest()
                    await sessions.create(digest, person_id=one, at=time.time(), lasts=3600)
            assert valkey.pid is not None
            yield Standing(
                "warmline",
                made.urls,
                [server.pid for server in made.servers],
                [valkey.pid],
                str(valkey.socket),
                [f"warmline={token}" for token in cookies],
            )
            if made.defects():
                raise RuntimeError("\n".join(made.defects()))


@contextlib.asynccontextmanager
async def _peer(
    party: str, surroundings: Surroundings, folder: Path, valkey: Valkey
) -> AsyncIterator[Standing]:
    ports = [free_port(), free_port()]
    commands = _commands(party, surroundings, folder, valkey, ports)
    environ = os.environ | {"REDIS_URL": valkey.url, "NODE_PATH": str(surroundings.node_modules)}
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes += [_started(command, folder, environ) for command in commands]
        for port, process in zip(ports, processes, strict=True):
            await _answers(port, process, folder / "log")
        assert valkey.pid is not None
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        yield Standing(party, urls, [process.pid for process in processes], [valkey.pid], str(valkey.socket))
    finally:
        for process in processes:
            process.send_signal(signal.SIGKILL)
        for process in processes:
            process.wait()


def _started(command: list[str], folder: Path, environ: dict[str, str]) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environ, cwd=folder
        )


def _commands(
    party: str, surroundings: Surroundings, folder: Path, valkey: Valkey, ports: Sequence[int]
) -> list[list[str]]:
    python = str(surroundings.python)
    if party in {"socketio_sharded", "ws_ioredis"}:
        script = surroundings.node_modules.parent / f"{party}.mjs"
        return [["node", str(script), str(port), str(valkey.socket)] for port in ports]
    if party == "websockets_echo":
        return [[python, str(PEERS / f"{party}.py"), str(port)] for port in ports]
    if party == "nats":
        return _nats(surroundings, folder, ports)
    serve = [python, "-m", "uvicorn", "--app-dir", str(PEERS), "--log-level", "warning", "--lifespan", "off"]
    return [[*serve, "--port", str(port), "--backlog", "4096", f"{party}:app"] for port in ports]


def _nats(surroundings: Surroundings, folder: Path, ports: Sequence[int]) -> list[list[str]]:
    routes = [free_port(), free_port()]
    commands = []
    for number, port in enumerate(ports):
        settings = folder / f"nats-{number}.conf"
        settings.write_text(
            f'host: "127.0.0.1"\nport: {free_port()}\nserver_name: "n{number}"\n'
            f'websocket {{ host: "127.0.0.1", port: {port}, no_tls: true }}\n'
            f'cluster {{ name: "bench", host: "127.0.0.1", port: {routes[number]}, '
            f'routes: ["nats://127.0.0.1:{routes[1 - number]}"] }}\n'
        )
        commands.append([str(surroundings.nats), "-c", str(settings)])
    return commands


async def _answers(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_WITHIN
    while True:
        if process.poll() is not None or time.monotonic() > until:
            said = await asyncio.to_thread(log.read_text, errors="replace")
            raise RuntimeError(f"a server did not start:\n{said}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            await asyncio.to_thread(connection.request, "GET", "/")
            await asyncio.to_thread(connection.getresponse)
        except (OSError, http.client.HTTPException):
            await asyncio.sleep(0.05)
        else:
            return
        finally:
            connection.close()
