"""A gateway and a push service on loopback, for tests whose own thread belongs to a browser."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread

PATIENCE = 20.0
"""Seconds after which what should have come counts as missing."""


@dataclass
class Listener:
    """What came, in order, as (path, body)."""

    port: int = 0
    came: Queue[tuple[str, bytes]] = field(default_factory=Queue)

    def next(self, wanted: Callable[[str], bool] = lambda _: True) -> bytes:
        """The body of the next request whose path is wanted; those before it are let go."""
        while True:
            try:
                path, body = self.came.get(timeout=PATIENCE)
            except Empty:
                raise AssertionError("nothing came") from None
            if wanted(path):
                return body

    def empty(self) -> None:
        while not self.came.empty():
            self.came.get_nowait()


@contextlib.contextmanager
def heard() -> Iterator[Listener]:
    """Listens on a free port and answers 201 to everything."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name is the library's
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            listener.came.put((self.path, body))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Tests print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
