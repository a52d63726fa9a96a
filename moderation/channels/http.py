"""One POST over one connection, cancellable at any await: a hanging server holds no thread."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

import h11

_PIECE = 4096


class BadAddress(ValueError):
    """Not an http or https URL, or one with a password in it. The message never holds the URL."""


async def post(url: str, *, headers: Mapping[str, str], body: bytes, tls: ssl.SSLContext) -> int:
    """Answers the status; redirects are not followed, and the rest of the answer is not read.

    Raises `BadAddress`, `OSError` (`ssl.SSLError` among them) and `h11.RemoteProtocolError`. Proxies named in
    the environment are not used.
    """
    host, port, secure, path = _parts(url)
    reader, writer = await asyncio.open_connection(host, port, ssl=tls if secure else None)
    try:
        connection = h11.Connection(h11.CLIENT)
        authority = f"[{host}]" if ":" in host else host
        own = [("Host", f"{authority}:{port}"), ("Content-Length", str(len(body))), ("Connection", "close")]
        request = h11.Request(method="POST", target=path, headers=[*own, *headers.items()])
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(connection.send(event) or b"")
        await writer.drain()
        while True:
            answer = connection.next_event()
            if answer is h11.NEED_DATA:
                connection.receive_data(await reader.read(_PIECE))
            elif isinstance(answer, h11.Response):
                return answer.status_code
            elif not isinstance(answer, h11.InformationalResponse):
                raise h11.RemoteProtocolError("the connection ended without an answer")
    finally:
        # Not `close`: a TLS farewell would wait for a server that may never answer.
        writer.transport.abort()


def _parts(url: str) -> tuple[str, int, bool, str]:
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
