"""What ties a process to the one that started it: it says once that it is ready, and it does not outlive it.

It is one end of a pair of sockets. Nothing is ever sent the other way, so that what can be read at this end
is only that the other one is gone, however it went.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import suppress
from typing import Final

READY: Final = b"r"


class Leash:
    """The end of a pair of sockets by its number; None for a process that nobody holds."""

    def __init__(self, number: int | None) -> None:
        self._end = None if number is None else socket.socket(fileno=number)
        if self._end is not None:
            self._end.setblocking(False)
            self._end.set_inheritable(False)

    def follow(self) -> None:
        """From now on this process stops in order when the one that started it is gone; needs a loop."""
        if self._end is not None:
            asyncio.get_running_loop().add_reader(self._end, self._let_go)

    def ready(self) -> None:
        """Says that this process does its work now."""
        if self._end is not None:
            with suppress(OSError):
                self._end.send(READY)

    def _let_go(self) -> None:
        assert self._end is not None  # noqa: S101 - only followed with an end
        asyncio.get_running_loop().remove_reader(self._end)
        os.kill(os.getpid(), signal.SIGTERM)
