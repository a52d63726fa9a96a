"""Text messages and calls through any gateway that is asked over HTTP."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from moderation.channels.channel import Delivered, Failed, Page, Reason, Target
from moderation.channels.http import ask, judged

_READ = 16 * 1024
_PLACE = re.compile(r"\{(to|text|key|secret)\}")
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """How one gateway wants to be asked.

    In `url`, `headers` and `body` stand the places `{to}` (the number), `{text}`, `{key}` (the same for a
    repeated page) and `{secret}`. What is put into the body is written as its Content-Type wants it. A status
    of success means that the gateway took it, if `success` is found in its answer too.
    """

    url: str = field(repr=False)
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    success: re.Pattern[str] | None = None


class HttpGateway:
    """A target's address is a telephone number. `says` chooses what of a page is sent."""

    def __init__(
        self, gateway: Gateway, *, says: Callable[[Page], str], tls: ssl.SSLContext | None = None
    ) -> None:
        self._gateway = gateway
        self._says = says
        self._tls = tls or ssl.create_default_context()

    async def send(self, page: Page, target: Target) -> Delivered | Failed:
        gateway = self._gateway
        values = {"to": target.address, "text": self._says(page), "key": page.key, "secret": gateway.secret}
        headers = {name: _filled(text, values, _plain) for name, text in gateway.headers.items()}
        kind = next((text for name, text in headers.items() if name.lower() == "content-type"), "")
        answer = await ask(
            _filled(gateway.url, values, _in_url),
            method=gateway.method,
            headers={"User-Agent": "Warmline", **headers},
            body=_filled(gateway.body, values, _writer(kind)).encode(),
            tls=self._tls,
            read=_READ if gateway.success else 0,
        )
        if isinstance(answer, Failed):
            return answer
        if (
            answer.good
            and gateway.success
            and not gateway.success.search(answer.body.decode("utf-8", "replace"))
        ):
            return Failed(retry=True, reason=Reason.REJECTED)
        return judged(answer)


def _filled(template: str, values: Mapping[str, str], write: Callable[[str], str]) -> str:
    """One pass: what is put in is not looked through for places again."""
    return _PLACE.sub(lambda place: write(values[place[1]]), template)


def _writer(kind: str) -> Callable[[str], str]:
    if kind.startswith(_JSON):
        return _in_json
    return quote_plus if kind.startswith(_FORM) else _plain


def _in_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _in_url(value: str) -> str:
    return quote(value, safe="")


def _plain(value: str) -> str:
    return value
