"""Looks after the embedded server: starts it, and ends it and removes its folder when nobody needs it.

Runs as a process of its own, `python keeper.py FOLDER SERVER ...`, whose standard input is a pipe from the
one who started it. When that one ends, however it ends, the pipe ends too.
"""

from __future__ import annotations

import ctypes
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PATIENCE: Final = 2.0
"""Seconds that the server may take to stop by itself."""


def main() -> None:
    folder, *command = sys.argv[1:]
    # Ctrl-C in a terminal reaches every process of its group; only the pipe says when it is over.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    server = None
    try:
        with (Path(folder) / "server.log").open("wb") as told:
            server = subprocess.Popen(  # noqa: S603  # what is started was chosen by chat.embedded
                command,
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                preexec_fn=_end_with_parent,  # noqa: PLW1509  # this process has one thread
            )
        sys.stdin.buffer.read()
    finally:
        if server is not None:
            _end(server)
        shutil.rmtree(folder, ignore_errors=True)


def _end(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _end_with_parent() -> None:
    """Where the system can, the server ends even if this keeper is killed."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main()
