"""A request that says nothing but "still here", to whoever raises an alarm when it stays away."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

from moderation.channels.channel import Failed
from moderation.channels.http import ask

WITHIN: Final = 8.0
"""Seconds that the other side has."""


class Ping:
    """`url` is asked with an empty GET: no content, no name, no time. It is a secret of the campus."""

    def __init__(self, url: str, *, tls: ssl.SSLContext | None = None) -> None:
        self._url = url
        self._tls = tls or ssl.create_default_context()

    async def __call__(self) -> bool:
        """Whether the other side took it. Never raises, but for a cancellation."""
        try:
            async with asyncio.timeout(WITHIN):
                answer = await ask(
                    self._url, method="GET", headers={"User-Agent": "Warmline"}, body=b"", tls=self._tls
                )
        except TimeoutError:
            return False
        return not isinstance(answer, Failed) and answer.good
