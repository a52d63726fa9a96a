"""A push service as RFC 8030 describes it, with the checks of RFC 8292: it verifies who sends.

What it accepted lies with the phone that subscribed, which alone opens it (RFC 8291).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature

from tests.support.browsers import Phone, proven

Standing = Literal["good", "gone", "unknown", "throttled", "broken"]
MOST = 4096
"""Bytes of a message that a push service has to take (RFC 8030, 7.2)."""
DAY = 24 * 3600
PATIENCE = 60.0
"""Seconds after which a push that should have come counts as missing."""
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}\Z")


@dataclass
class Subscribed:
    """One subscription: the phone that holds its keys, and the only sender that it is for."""

    phone: Phone
    sender: str
    standing: Standing = "good"
    retry_after: str = "3"
    notes: list[dict[str, Any]] = field(default_factory=list)
    """What the phone has read, in order."""
    refused: list[tuple[int, str]] = field(default_factory=list)
    """What the service refused, and why."""


@dataclass
class PushService:
    """Its own rules; `answer` judges one request. `now` is its clock, in seconds since the epoch."""

    origin: str = ""
    now: Any = time.time
    subscriptions: dict[str, Subscribed] = field(default_factory=dict)
    came: Condition = field(default_factory=Condition)

    def subscribe(self, sender: str, phone: Phone | None = None) -> tuple[str, Subscribed]:
        """What `pushManager.subscribe` does: the JSON for the page's server, and the phone's side.

        `sender` is the public key that the page gave as `applicationServerKey`.
        """
        name = secrets.token_urlsafe(16)
        made = Subscribed(phone or Phone(), sender)
        self.subscriptions[name] = made
        return made.phone.subscription(f"{self.origin}/push/{name}"), made

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """The status and the headers of its answer; names of `headers` are in lower case."""
        with self.came:
            status, why = self._judged(path, headers, body)
            one = self.subscriptions.get(path.rpartition("/")[2])
            if status != 201 and one is not None:
                one.refused.append((status, why))
            self.came.notify_all()
        if status == 201:
            return status, {
                "Location": f"{self.origin}/message/{secrets.token_hex(8)}",
                "TTL": headers["ttl"],
            }
        if status in {429, 503} and one is not None:
            return status, {"Retry-After": one.retry_after}
        return status, {}

    def _judged(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        one = self.subscriptions.get(path.removeprefix("/push/"))
        if one is None or one.standing == "unknown":
            return 404, "no such subscription"
        if one.standing == "gone":
            return 410, "the subscription has ended"
        if one.standing == "throttled":
            return 429, "too many"
        if one.standing == "broken":
            return 503, "not now"
        if not headers.get("ttl", "").isdigit():
            return 400, "no TTL"
        if headers.get("urgency", "normal") not in {"very-low", "low", "normal", "high"}:
            return 400, "no urgency"
        if "topic" in headers and not _TOPIC.match(headers["topic"]):
            return 400, "no topic"
        if headers.get("content-encoding") != "aes128gcm":
            return 400, "not sealed for a browser"
        if len(body) > MOST:
            return 413, "too large"
        if (fault := self._sender(headers.get("authorization", ""), one.sender)) is not None:
            return fault
        one.notes.append(json.loads(one.phone.reads(body)))
        return 201, ""

    def _sender(self, authorization: str, wanted: str) -> tuple[int, str] | None:
        """What is wrong with how the sender names itself; None where the browser subscribed for it."""
        if not authorization.startswith("vapid "):
            return 401, "nobody says who sends"
        try:
            claims = proven(authorization)
        except (InvalidSignature, ValueError, KeyError, AssertionError):
            return 403, "the signature does not hold"
        if f"k={wanted}" not in authorization:
            return 403, "another sender than the browser subscribed for"
        if claims["aud"] != self.origin:
            return 403, "signed for another push service"
        if not self.now() < claims["exp"] <= self.now() + DAY:
            return 403, "over, or good for too long"
        if not str(claims.get("sub", "")).startswith(("https:", "mailto:", "http://127.0.0.1")):
            return 403, "nobody to write to"
        return None

    def next(self, one: Subscribed, at: int = 0) -> dict[str, Any]:
        """The note of this number that a phone read, once it has come."""
        with self.came:
            assert self.came.wait_for(lambda: len(one.notes) > at, PATIENCE), one.refused or "nothing came"
            return one.notes[at]

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request on one connection, for `listening`."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
        line, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (entry.split(": ", 1) for entry in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        status, told = self.answer(line.split()[1], headers, body)
        more = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        answer = f"HTTP/1.1 {status} Told\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(answer.encode())
        await writer.drain()


@contextlib.contextmanager
def push_service() -> Iterator[PushService]:
    """One that serves from a thread, for tests whose own belongs to a browser."""
    service = PushService()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name is the library's
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            named = {name.lower(): value for name, value in self.headers.items()}
            status, told = service.answer(self.path, named, body)
            self.send_response(status)
            for name, value in told.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.origin = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
