"""One request over one connection, cancellable at any await: a hanging server holds no thread."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import h11

from moderation.channels.channel import Delivered, Failed, Reason

_PIECE = 4096
_LATER = {408, 425, 429}
_LONGEST = 120.0
"""Seconds for which the other side may ask to be left alone: more would silence an address for too long."""


class BadAddress(ValueError):
    """Not an http or https URL, or one with a password in it. The message never holds the URL."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said: its status, and the beginning of its body where that was asked for."""

    status: int
    body: bytes = field(default=b"", repr=False)
    after: float = 0.0
    """Seconds for which the other side asks to be left alone; never more than two minutes."""

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004  # the class of success


async def ask(
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    tls: ssl.SSLContext,
    method: str = "POST",
    read: int = 0,
) -> Answer | Failed:
    """Answers what came, or in which way nothing did. Nothing is raised but a cancellation.

    Redirects are not followed, proxies named in the environment are not used, and of the answer's body only
    the first `read` bytes are read.
    """
    try:
        return await _exchange(url, method=method, headers=headers, body=body, tls=tls, read=read)
    except (BadAddress, h11.LocalProtocolError):  # whose message would hold a header, a secret maybe
        return Failed(retry=False, reason=Reason.BAD_TARGET)
    except ssl.SSLError:
        return Failed(retry=False, reason=Reason.UNTRUSTED)
    except TimeoutError:
        return Failed(retry=True, reason=Reason.TIMED_OUT)
    except OSError:
        return Failed(retry=True, reason=Reason.UNREACHABLE)
    except h11.RemoteProtocolError:
        return Failed(retry=True, reason=Reason.FAULT)


def judged(answer: Answer) -> Delivered | Failed:
    """What an answer says of a page."""
    match answer.status:
        case status if 200 <= status < 300:  # noqa: PLR2004  # the class of success
            return Delivered()
        case status if status >= 500:  # noqa: PLR2004  # the class of server faults
            return Failed(retry=True, reason=Reason.FAULT, after=answer.after)
        case status:
            return Failed(retry=status in _LATER, reason=Reason.REJECTED, after=answer.after)


def parts_of(url: str) -> tuple[str, int, bool, str]:
    """Host, port, whether it is https, and the path with its query. Raises `BadAddress`."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadAddress("the address cannot be read") from None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        raise BadAddress("the address must be an http or https URL without a password")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not (path.isascii() and path.isprintable()) or " " in path:
        raise BadAddress("the path must be written in plain characters")
    return host, port or (443 if secure else 80), secure, path


async def _exchange(
    url: str, *, method: str, headers: Mapping[str, str], body: bytes, tls: ssl.SSLContext, read: int
) -> Answer:
    host, port, secure, path = parts_of(url)
    reader, writer = await asyncio.open_connection(host, port, ssl=tls if secure else None)
    try:
        connection = h11.Connection(h11.CLIENT)
        authority = f"[{host}]" if ":" in host else host
        own = [("Host", f"{authority}:{port}"), ("Content-Length", str(len(body))), ("Connection", "close")]
        request = h11.Request(method=method, target=path, headers=[*own, *headers.items()])
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(connection.send(event) or b"")
        await writer.drain()
        status, got, after = 0, b"", 0.0
        while True:
            answer = connection.next_event()
            match answer:
                case h11.NEED_DATA:
                    connection.receive_data(await reader.read(_PIECE))
                case h11.Response():
                    status, after = answer.status_code, _after(dict(answer.headers))
                case h11.Data():
                    got += bytes(answer.data)
                case h11.InformationalResponse():
                    pass
                case h11.EndOfMessage() if status:
                    return Answer(status, got[:read], after)
                case _:
                    raise h11.RemoteProtocolError("the connection ended without an answer")
            if status and len(got) >= read:
                return Answer(status, got[:read], after)
    finally:
        # Not `close`: a TLS farewell would wait for a server that may never answer.
        writer.transport.abort()


def _after(headers: Mapping[bytes, bytes]) -> float:
    """Seconds that `Retry-After` asks for (RFC 9110, 10.2.3); a date counts as the longest that there is."""
    told = headers.get(b"retry-after", b"").strip()
    if not told:
        return 0.0
    return min(float(told), _LONGEST) if told.isdigit() else _LONGEST
