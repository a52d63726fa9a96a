"""Where a test ends a process, or spoils what it does. This exists in the tests' own launcher only."""

from __future__ import annotations

import errno
import functools
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import moderation.clock
import moderation.dispatcher
import moderation.spool
import storage.alerts
from moderation.alertbook import AlertBook
from moderation.channels.webhook import Webhook
from moderation.spool import Spool
from storage.alerts import Alerts

SERVER_POINTS: Final = ("screened", "before commit", "after commit", "before acknowledgement")
"""In the order in which a message that calls for help passes them."""
ANY_POINTS: Final = ("claimed", "before send", "after send", "recorded", "moved on")
"""In the order in which a rung passes them; servers and workers both come there."""
SPOOL_POINTS: Final = ("before sync", "after sync")
"""Where an alert is on its way to the disk, because the database is away."""
ORDER: Final = "TORTURE_ORDER"
"""Names the file in which a running process looks for what is ordered, one word or two."""
BAD_SYNC: Final = "sync fails"
CLOCK: Final = "clock "
LEASE: Final = "TORTURE_LEASE"
"""Seconds of a lease, where it is shortened."""


def install(order: Path) -> None:
    """Patches the product in this process; nothing happens until something is ordered."""

    def die(point: str) -> None:
        if _ordered(order) == point:
            order.unlink(missing_ok=True)
            os.kill(os.getpid(), signal.SIGKILL)

    def around(owner: Any, name: str, before: str | None, after: str | None) -> None:
        whole: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(whole)
        async def wrapped(*args: Any, **named: Any) -> Any:
            if before:
                die(before)
            answer = await whole(*args, **named)
            if after and (name != "claim_due" or answer):
                die(after)
            return answer

        setattr(owner, name, wrapped)

    around(AlertBook, "raise_alert", "screened", "before acknowledgement")
    around(storage.alerts, "_sure", None, "before commit")
    around(Alerts, "raise_", None, "after commit")
    around(Alerts, "claim_due", None, "claimed")
    around(Webhook, "send", "before send", "after send")
    around(Alerts, "record_delivery", None, "recorded")
    around(Alerts, "advance", None, "moved on")
    around(Spool, "append", None, "after sync")
    moderation.dispatcher.LEASE = float(os.environ.get(LEASE, moderation.dispatcher.LEASE))
    _sync(order, die)
    _time(order)


def _sync(order: Path, die: Callable[[str], None]) -> None:
    whole = moderation.spool._sync

    def sync(handle: int) -> None:
        die("before sync")
        if _ordered(order) == BAD_SYNC:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        whole(handle)

    moderation.spool._sync = sync


def _time(order: Path) -> None:
    """An operator, or a time server, sets the clock: `clock SECONDS` is how far it is off from now on."""

    class Off:
        monotonic = staticmethod(time.monotonic)

        @staticmethod
        def time() -> float:
            said = _ordered(order)
            return time.time() + (float(said[len(CLOCK) :]) if said.startswith(CLOCK) else 0.0)

    moderation.clock.time = Off  # type: ignore[assignment,attr-defined] # all of the module that the clock uses


def _ordered(order: Path) -> str:
    try:
        return order.read_text(encoding="ascii")
    except FileNotFoundError:
        return ""
