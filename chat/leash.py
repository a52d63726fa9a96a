"""What ties a process to the one that started it: it says when it is ready and that its event loop turns, and
it does not outlive it.

It is one end of a pair of sockets. Nothing is ever sent the other way, so that what can be read at this end
is only that the other one is gone, however it went. What is said is a line each: `beat` once a second, and
once `ready` with the seconds that this process may take to stop.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import suppress
from typing import Final

BEAT_EVERY: Final = 1.0
"""Seconds between two beats of a process whose event loop turns."""
ALONE: Final = 2
"""How many times as long as the other end waits for a beat this process may hang until it ends itself."""
_BEAT: Final = b"beat\n"
_READY: Final = b"ready "


class Leash:
    """The end of a pair of sockets by its number; None for a process that nobody holds."""

    def __init__(self, number: int | None) -> None:
        self._end = None if number is None else socket.socket(fileno=number)
        self._hung = 0.0
        self._is_ready = False
        if self._end is not None:
            self._end.setblocking(False)
            self._end.set_inheritable(False)

    def follow(self, *, hung: float) -> None:
        """From now on this process stops in order when the one that started it is gone; needs a loop.

        Once it is ready, its loop counts as hung when it has not turned for `hung` seconds. Then the other
        end ends it, and where there is no other end any more the kernel does, twice as late: no code of a
        process that hangs can be counted on.
        """
        if self._end is not None:
            self._hung = hung
            asyncio.get_running_loop().add_reader(self._end, self._let_go)
            self._beat()

    def ready(self, *, stops_within: float) -> None:
        """Says that this process does its work now, and how many seconds it may take to stop."""
        self._is_ready = True
        self._say(_READY + str(stops_within).encode() + b"\n")

    def _beat(self) -> None:
        self._say(_BEAT)
        if self._is_ready:
            signal.setitimer(signal.ITIMER_REAL, ALONE * self._hung)
        asyncio.get_running_loop().call_later(BEAT_EVERY, self._beat)

    def _say(self, line: bytes) -> None:
        if self._end is not None:
            with suppress(OSError):  # nobody is there, or does not listen
                self._end.send(line)

    def _let_go(self) -> None:
        assert self._end is not None  # noqa: S101 - only followed with an end
        asyncio.get_running_loop().remove_reader(self._end)
        os.kill(os.getpid(), signal.SIGTERM)


class Hand:
    """What the one who holds the other end was told."""

    def __init__(self) -> None:
        self.beats = 0
        """How often it was heard that the loop turns."""
        self.stops_within: float | None = None
        """Seconds that it may take to stop; None until it is ready."""
        self._rest = b""

    def hear(self, data: bytes) -> None:
        """Takes in what was read, in whatever pieces it came."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.startswith(_READY):
                self.stops_within = float(line.removeprefix(_READY))
            self.beats += 1
