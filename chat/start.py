"""How a server begins: with keys from the database, or, while that is away, with what waits on the disk."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from chat.alert_path import AlertPath

AGAIN: Final = 1.0
"""Seconds between two tries."""


async def begin(
    keys: Callable[[], Awaitable[None]], alerts: AlertPath, outages: tuple[type[Exception], ...]
) -> None:
    """Returns when the keys are there. Raises what `keys` raises, and then nobody is served.

    But where alerts wait on the disk it stays: they were acknowledged by a process that died in this outage,
    and nobody else may be there to ring for them until the database answers.
    """
    try:
        await keys()
    except outages:
        if not await alerts.spool.waiting():
            raise
        await _carry(keys, alerts, outages)


async def _carry(
    keys: Callable[[], Awaitable[None]], alerts: AlertPath, outages: tuple[type[Exception], ...]
) -> None:
    carrying = asyncio.create_task(alerts.run())
    try:
        while True:
            await asyncio.sleep(AGAIN)
            with contextlib.suppress(*outages):
                await keys()
                return
    finally:
        carrying.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await carrying
