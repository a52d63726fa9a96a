"""A signed POST to a URL, after the Standard Webhooks convention, so that any of its libraries can check it.

Apprise can post JSON too, but composes the body inside the call that sends it: what is signed would not
surely be what is sent. So this channel sends by itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Callable

from moderation.channels.channel import Delivered, Failed, Page, Target
from moderation.channels.http import ask, judged


class Webhook:
    """`key` is shared with the receivers; `now` gives seconds since the epoch; `tls` says whom to trust."""

    def __init__(self, *, key: bytes, now: Callable[[], float], tls: ssl.SSLContext | None = None) -> None:
        self._key = key
        self._now = now
        self._tls = tls or ssl.create_default_context()

    async def send(self, page: Page, target: Target) -> Delivered | Failed:
        body = json.dumps(
            {"type": page.kind, "text": page.text, "where": page.where, "practice": page.practice}
        ).encode()
        moment = str(int(self._now()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Warmline",
            "Webhook-Id": page.key,
            "Webhook-Timestamp": moment,
            "Webhook-Signature": signature(self._key, page.key, moment, body),
        }
        answer = await ask(target.address, headers=headers, body=body, tls=self._tls)
        return answer if isinstance(answer, Failed) else judged(answer)


def signature(key: bytes, page: str, moment: str, body: bytes) -> str:
    """What the header `Webhook-Signature` says: HMAC-SHA256 over the id, the time and the body."""
    mac = hmac.new(key, f"{page}.{moment}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()
