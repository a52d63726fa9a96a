"""Web push to a staff phone: through the push service of its browser, which cannot read what it carries."""

from __future__ import annotations

import json
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from moderation.channels.channel import Delivered, Failed, Page, Reason, Target
from moderation.channels.http import ask, judged
from moderation.channels.push_keys import Vapid, encrypted, read

_GONE = {404, 410}
_LIFE = 900
"""Seconds for which a push service keeps the page for a phone that is off: as long as its link works."""

Gone = Callable[[Target], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where one browser takes pushes, and the keys with which only it reads them."""

    endpoint: str = field(repr=False)
    browser: bytes = field(repr=False)
    shared: bytes = field(repr=False)

    @classmethod
    def read(cls, address: str) -> Subscription:
        """From the JSON that a browser gives. Raises `ValueError`, which quotes nothing of it."""
        try:
            told = json.loads(address)
            keys = told["keys"]
            made = cls(str(told["endpoint"]), read(keys["p256dh"]), read(keys["auth"]))
            encrypted(b"", browser=made.browser, shared=made.shared)
        except (ValueError, TypeError, KeyError, RecursionError):
            raise ValueError("this is not a subscription of a browser") from None
        return made


class Push:
    """A target's address is a browser's subscription as JSON. `gone` is told of one that has ended."""

    def __init__(
        self, *, vapid: Vapid, now: Callable[[], float], gone: Gone, tls: ssl.SSLContext | None = None
    ) -> None:
        self._vapid = vapid
        self._now = now
        self._gone = gone
        self._tls = tls or ssl.create_default_context()

    async def send(self, page: Page, target: Target) -> Delivered | Failed:
        try:
            to = Subscription.read(target.address)
        except ValueError:
            return Failed(retry=False, reason=Reason.BAD_TARGET)
        note = {
            "title": page.title,
            "text": page.notice.text if page.notice else "",
            "key": page.key,
            "link": page.link or page.where,
            "practice": page.practice,
        }
        headers = {
            "Authorization": self._vapid.authorization(to.endpoint, self._now()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(_LIFE),
            "Urgency": "high",
            "Topic": page.key[:32],
        }
        body = encrypted(json.dumps(note).encode(), browser=to.browser, shared=to.shared)
        answer = await ask(to.endpoint, headers=headers, body=body, tls=self._tls)
        if isinstance(answer, Failed):
            return answer
        if answer.status in _GONE:
            await self._gone(target)
            return Failed(retry=False, reason=Reason.GONE)
        return judged(answer)
