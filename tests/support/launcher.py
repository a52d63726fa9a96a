"""The process that starts real `warmline` processes quickly: it has loaded what they need, and forks.

Each child runs the command of the product from its beginning, with arguments, settings and streams of its
own, and is killed like any other process. What it is spared is what takes some seconds of a processor every
time: importing everything, and building the screen. tests/chat/test_cli.py starts the command without this.

Requests come over the socket that is standard input, one JSON object a line (`arguments`, `environ`), each
with four descriptors: the standard streams of the child, and a socket that is told its exit status. The
answer is the child's number. When that socket ends, so do all children.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from select import select
from typing import Any, NoReturn

from chat import cli
from moderation.screening import Screen

STREAMS = 3
"""Standard input, output and error."""
_ENOUGH = 4096
"""Numbers of descriptors below which all that a process has open lie."""


def run(first: Callable[[], object] = lambda: None) -> None:
    """Serves requests until nobody asks any more; every child does `first` before the command."""
    loaded = Screen.load()
    Screen.load = lambda *_: loaded  # type: ignore[method-assign] # the longest part, once for all
    gc.collect()
    gc.freeze()
    asking = socket.socket(fileno=os.dup(0))
    woken, waking = socket.socketpair()
    for end in (woken, waking):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking.fileno())
    children: dict[int, int] = {}
    try:
        while (request := _next(asking, woken, children)) is not None:
            wanted, streams = request
            child = os.fork()
            if not child:
                _become(wanted, streams, first)
            for stream in streams[:-1]:
                os.close(stream)
            children[child] = streams[-1]
            asking.sendall(b"%d\n" % child)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)


def _next(
    asking: socket.socket, woken: socket.socket, children: dict[int, int]
) -> tuple[dict[str, Any], list[int]] | None:
    """The next request; None when there will be none. Tells meanwhile which children have ended."""
    said, streams = b"", []
    while not said.endswith(b"\n"):
        ready, _, _ = select([asking, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            _tell_ended(children)
        if asking in ready:
            more, descriptors, _, _ = socket.recv_fds(asking, 65_536, STREAMS + 1)
            streams += descriptors
            if not more:
                return None
            said += more
    return json.loads(said), streams


def _tell_ended(children: dict[int, int]) -> None:
    for child in tuple(children):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            told = children.pop(child)
            with contextlib.suppress(OSError):  # nobody waits for it any more
                os.write(told, b"%d" % os.waitstatus_to_exitcode(status))
            os.close(told)


def _become(wanted: dict[str, Any], streams: list[int], first: Callable[[], object]) -> NoReturn:
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, mine in enumerate(streams[:STREAMS]):
            os.dup2(mine, number)
        os.closerange(STREAMS, _ENOUGH)
        os.environ.clear()
        os.environ.update(wanted["environ"])
        sys.argv = ["warmline", *wanted["arguments"]]
        first()
        cli.main()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(ValueError, OSError):
                stream.flush()
        os._exit(status)


if __name__ == "__main__":
    run()
