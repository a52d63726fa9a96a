"""Real `warmline` processes, started by a launcher that has loaded what they all need."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from tests.support import launcher as _launcher

ROOT: Final = Path(__file__).parents[2]


class Launched:
    """A process as `subprocess.Popen` shows one, as far as tests need it; any thread may ask."""

    def __init__(self, pid: int, ending: socket.socket) -> None:
        self.pid = pid
        self._ending = ending
        self._turn = threading.Lock()
        self._status: int | None = None

    def poll(self) -> int | None:
        """The exit status; None while the process runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0.0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """The exit status, negative for a signal. Raises `subprocess.TimeoutExpired`."""
        with self._turn:
            if self._status is None:
                self._ending.settimeout(timeout)
                try:
                    said = self._ending.recv(16)
                except (TimeoutError, BlockingIOError):
                    raise subprocess.TimeoutExpired("warmline", timeout or 0.0) from None
                # Whoever ends the launcher kills its children.
                self._status = int(said) if said else -signal.SIGKILL
                self._ending.close()
            return self._status

    def fileno(self) -> int:
        """What becomes readable when it ends."""
        return self._ending.fileno()

    def send_signal(self, number: signal.Signals) -> None:
        if self._status is None and (self._turn.locked() or self.poll() is None):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Launcher:
    """Starts children; `module` is the launcher, which takes some seconds until it is ready for the first."""

    def __init__(self, module: str = _launcher.__name__) -> None:
        self._asking, theirs = socket.socketpair()
        self._turn = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module], stdin=theirs.fileno(), cwd=ROOT, start_new_session=True
            )

    def start(
        self,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        *,
        out: IO[Any] | int,
        err: IO[Any] | int,
        given: IO[Any] | None = None,
    ) -> Launched:
        """Starts `warmline` with these arguments; what it prints goes to `out` and `err`."""
        wanted = json.dumps({"arguments": list(arguments), "environ": dict(environ)}).encode() + b"\n"
        mine, theirs = socket.socketpair()
        with self._turn, theirs, Path(os.devnull).open("rb") as nothing:
            streams = [
                one if isinstance(one, int) else one.fileno() for one in (given or nothing, out, err, theirs)
            ]
            sent = socket.send_fds(self._asking, [wanted], streams)
            self._asking.sendall(wanted[sent:])
            said = self._asking.recv(16)
        assert said, "the launcher has ended"
        return Launched(int(said), mine)

    def run(
        self, arguments: Sequence[str], environ: Mapping[str, str], *, timeout: float, given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Runs `warmline` to its end, with `given` as its standard input; what it printed is kept as text."""
        with (
            tempfile.TemporaryFile("w+") as out,
            tempfile.TemporaryFile("w+") as err,
            tempfile.TemporaryFile("w+") as words,
        ):
            words.write(given)
            words.seek(0)
            process = self.start(arguments, environ, out=out, err=err, given=words)
            try:
                status = process.wait(timeout)
            finally:
                process.kill()
            printed = [stream.seek(0) or stream.read() for stream in (out, err)]
        return subprocess.CompletedProcess([*arguments], status, *map(str, printed))

    def close(self) -> None:
        """Ends it with all its children."""
        self._asking.close()
        self._process.wait()


@functools.cache
def shared() -> Launcher:
    """The launcher of this test process; it ends with it."""
    launcher = Launcher()
    atexit.register(launcher.close)
    return launcher
