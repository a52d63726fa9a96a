"""Sends through Apprise, which blocks, on a bounded number of threads of its own.

The threads are daemons: one that hangs in a service delays neither the event loop nor the end of the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import warnings
from collections.abc import Callable
from typing import Any

from apprise import Apprise, AppriseAsset, NotifyFormat
from apprise.common import PersistentStoreMode
from apprise.plugins.base import NotifyBase

from moderation.channels.channel import Delivered, Failed, Page, Reason

Make = Callable[[AppriseAsset], NotifyBase | None]
"""Builds one service for one target, on the thread that sends; None where the target makes no sense."""

_SOCKET_SECONDS = 4.0


class AppriseThreads:
    """At most `most` sends at once; others wait their turn within their caller's deadline.

    Making one mutes the loggers of Apprise and of its HTTP library in this process, because they write
    addresses.
    """

    def __init__(self, *, most: int = 16) -> None:
        self._places = asyncio.Semaphore(most)
        self._asset = AppriseAsset(
            app_id="Warmline",
            app_desc="Warmline",
            storage_mode=PersistentStoreMode.MEMORY,
            pgp_autogen=False,
            pem_autogen=False,
            http_redirects=False,
        )
        mute()
        # Apprise imports its services at their first use: no page should wait for that. On Python 3.11 and
        # 3.12 one of them imports a module that the standard library has deprecated.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            Apprise.instantiate("json://localhost", asset=self._asset)

    async def send(self, make: Make, page: Page) -> Delivered | Failed:
        """Sends the page to one target. Cancelling stops the wait, not a thread that is already at work."""
        await self._places.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Delivered | Failed] = loop.create_future()

        def finish(result: Delivered | Failed) -> None:
            self._places.release()
            if not answer.done():
                answer.set_result(result)

        def work() -> None:
            result = _notify(make, self._asset, page)
            with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile; nobody waits any more
                loop.call_soon_threadsafe(finish, result)

        try:
            threading.Thread(target=work, name="alert-channel", daemon=True).start()
        except RuntimeError:  # the system gives out no more threads
            finish(Failed(retry=True, reason=Reason.CRASHED))
        return await answer


def mute() -> None:
    """Silences the loggers of Apprise and of its HTTP library in this process: they write addresses."""
    for name in ("apprise", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def knows(url: str) -> bool:
    """Whether Apprise knows what to do with this address; whether anybody answers, only a page shows."""
    mute()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return Apprise.instantiate(url) is not None


def _notify(make: Make, asset: AppriseAsset, page: Page) -> Delivered | Failed:
    try:
        service: Any = make(asset)
        if service is None:
            return Failed(retry=False, reason=Reason.BAD_TARGET)
        service.socket_connect_timeout = _SOCKET_SECONDS
        service.socket_read_timeout = _SOCKET_SECONDS
        sent = service.notify(title=page.title, body=page.text, body_format=NotifyFormat.TEXT)
    except Exception:  # noqa: BLE001  # a hundred services by other hands: any of them may raise anything
        return Failed(retry=True, reason=Reason.CRASHED)
    return Delivered() if sent else Failed(retry=True, reason=Reason.NOT_SENT)
