"""What holds for every answer over HTTP: the strictest headers, small bodies, own origin, plain errors.

It is the outermost layer, so that nothing answers without it, failures of our own included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY: Final = 16 * 1024
"""Bytes of the largest body that is read."""
CLEAR: Final = {"Clear-Site-Data": '"cache", "cookies", "storage"'}
"""The header with which a browser forgets this site."""

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FEATURES: Final = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "clipboard-read",
    "compute-pressure",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "interest-cohort",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
_YEARS: Final = 63_072_000
"""Two years, in seconds."""


class Problem(HTTPException):
    """An answer that is an error: `{code, detail}`, both constant and fit for people to read."""

    def __init__(
        self, status: HTTPStatus, code: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.code = code


class Security:
    """Wraps the whole application; `crashed` is told of what nobody caught.

    `larger` leads from a path to the bytes that it takes, where that is more than everywhere else.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        origins: Iterable[str],
        https: bool,
        crashed: Callable[[BaseException], None],
        most_body: int = MOST_BODY,
        larger: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._headers = headers(self._origins, https=https)
        self._crashed = crashed
        self._most_body = most_body
        self._larger = dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, self._headers)
        asked = Headers(scope=scope)
        most = self._larger.get(scope["path"], self._most_body)
        problem = self._foreign(scope["method"], asked) or _too_large(asked, most)
        if problem is not None:
            await _as_json(problem)(scope, receive, answer)
            return
        body = _Body(receive, most)
        try:
            await self._app(scope, body, answer)
        except HTTPException as refused:
            failure = refused
        except Exception as error:  # noqa: BLE001  # the outermost layer: nothing may pass it
            self._crashed(error)
            failure = _BROKE
        else:
            return
        if not answer.started:
            await _as_json(failure)(scope, receive, answer)

    def _foreign(self, method: str, asked: Headers) -> Problem | None:
        """A state is only changed from our own pages; whoever is not a browser says neither header."""
        if method in _SAFE:
            return None
        origin = asked.get("origin")
        site = asked.get("sec-fetch-site")
        if (origin is not None and origin not in self._origins) or site not in {None, "same-origin"}:
            return _FOREIGN
        return None


def _too_large(asked: Headers, most: int) -> Problem | None:
    told = asked.get("content-length", "0")
    return None if told.isdecimal() and int(told[:12]) <= most else _TOO_LARGE


def policy(origins: Iterable[str], *, trusted: str = "'none'") -> str:
    """The content policy. `trusted` names the policies of trusted types that scripts may make."""
    # Some browsers do not count a WebSocket of the same origin as 'self'.
    sockets = sorted("ws" + origin.removeprefix("http") for origin in origins)
    parts = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        " ".join(("connect-src 'self'", *sockets)),
        "manifest-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        f"trusted-types {trusted}",
    )
    return "; ".join(parts)


def headers(origins: Iterable[str], *, https: bool) -> dict[str, str]:
    """The headers of every answer that does not set them itself."""
    always = {
        "Content-Security-Policy": policy(origins),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-DNS-Prefetch-Control": "off",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "X-Permitted-Cross-Domain-Policies": "none",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Origin-Agent-Cluster": "?1",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
    }
    if https:
        always["Strict-Transport-Security"] = f"max-age={_YEARS}; includeSubDomains; preload"
    return always


def exception_handlers() -> dict[Any, Callable[[Request, Exception], Response]]:
    """What every Starlette application of ours is given, so that all errors look alike."""
    return {HTTPException: _handle, Exception: _handle}


def json(content: object, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> Response:
    """An answer as JSON; underscores in the names of headers stand for hyphens."""
    return Response(
        msgspec.json.encode(content),
        status_code=status,
        media_type="application/json",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


def _handle(_: Request, error: Exception) -> Response:
    return _as_json(error if isinstance(error, HTTPException) else _BROKE)


def _as_json(error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    if isinstance(error, Problem):
        code, detail = error.code, error.detail
    else:
        code, detail = _STANDARD.get(status, (status.phrase.lower().replace(" ", "_"), status.description))
    answer = json({"code": code, "detail": detail or status.phrase}, status)
    answer.headers.update(error.headers or {})
    return answer


class _Answer:
    """Adds the headers to the start of an answer."""

    def __init__(self, send: Send, headers: Mapping[str, str]) -> None:
        self._send = send
        self._headers = headers
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            given = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                given.setdefault(name, value)
            del given["server"]
        await self._send(message)


class _Body:
    """Counts what arrives, whatever the length was said to be."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise _TOO_LARGE
        return message


_TOO_LARGE: Final = Problem(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_long", "This is larger than anything that is sent here."
)
_FOREIGN: Final = Problem(HTTPStatus.FORBIDDEN, "not_allowed", "This can only be done from our own pages.")
_BROKE: Final = Problem(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "broke",
    "Something broke here. Please try again; the emergency lines answer at any time.",
)
_STANDARD: Final = {
    HTTPStatus.NOT_FOUND: ("unknown", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("not_allowed", "This cannot be done at this address."),
}
