"""Starts real `warmline` processes quickly: it has the code and the lexicons loaded, and forks.

Each child runs the command of the product from its beginning, with settings of its own, and is killed like
any other process. `python -m tests.torture.launcher` reads one JSON object a line (`arguments`, `environ`,
`log`) and answers the child's number; `-NUMBER` follows when that child has ended. When standard input ends,
so do its children.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import sys
from pathlib import Path
from typing import Any, Final, NoReturn

from chat import cli
from moderation.screening import Screen
from tests.torture import failpoints

_LOOK: Final = 0.02
"""Seconds between two looks for children that have ended."""


def main() -> None:
    loaded = Screen.load()
    Screen.load = lambda *_: loaded  # type: ignore[method-assign] # the longest part, once for all
    gc.collect()
    gc.freeze()
    children: set[int] = set()
    pending = b""
    while True:
        ready, _, _ = select.select([0], [], [], _LOOK)
        if ready:
            read = os.read(0, 65_536)
            if not read:
                break
            *lines, pending = (pending + read).split(b"\n")
            for line in lines:
                children.add(child := _fork(json.loads(line)))
                _say(child)
        for child in _ended(children):
            children.discard(child)
            _say(-child)
    for child in children:
        os.kill(child, signal.SIGKILL)


def _ended(children: set[int]) -> list[int]:
    return [child for child in children if os.waitpid(child, os.WNOHANG)[0] == child]


def _say(number: int) -> None:
    os.write(1, b"%d\n" % number)


def _fork(wanted: dict[str, Any]) -> int:
    child = os.fork()
    if not child:
        _become(wanted)
    return child


def _become(wanted: dict[str, Any]) -> NoReturn:
    status = 1
    try:
        log = os.open(wanted["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, mine in ((0, nothing), (1, log), (2, log)):
            os.dup2(mine, number)
        os.environ.clear()
        os.environ.update(wanted["environ"])
        sys.argv = ["warmline", *wanted["arguments"]]
        failpoints.install(Path(os.environ[failpoints.ORDER]))
        cli.main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        with contextlib.suppress(ValueError):
            sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
