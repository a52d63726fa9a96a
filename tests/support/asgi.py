"""Asks an ASGI application directly, without a network between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.types import ASGIApp, Message


@dataclass(frozen=True, slots=True)
class Answered:
    """One whole answer. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return msgspec.json.decode(self.body)


async def ask(
    app: ASGIApp,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterable[bytes] = b"",
) -> Answered:
    """Sends one request, its body in one part or in several, and waits for the answer."""
    parts = [body] if isinstance(body, bytes) else list(body)
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": None,
        "server": ("testserver", 80),
        "state": {},
    }
    waiting = list(reversed(list(enumerate(parts))))
    start: dict[str, Any] = {}
    told: list[bytes] = []

    async def receive() -> Message:
        if not waiting:
            return {"type": "http.disconnect"}
        number, part = waiting.pop()
        return {"type": "http.request", "body": part, "more_body": number < len(parts) - 1}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            told.append(message.get("body", b""))

    await app(scope, receive, send)
    pairs = ((name.decode().lower(), value.decode()) for name, value in start["headers"])
    return Answered(start["status"], dict(pairs), b"".join(told))
