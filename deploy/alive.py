"""Says by its exit status whether the server in this container answers. Containers and probes run it.

It asks where `WARMLINE_UNIX_SOCKET`, or else `WARMLINE_PORT`, says that the server listens, and it needs
nothing but Python, so that it is quick.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys

PATIENCE = 3.0


def connection(environ: dict[str, str]) -> http.client.HTTPConnection:
    """A connection to the server of this container; nothing is sent yet."""
    asked = http.client.HTTPConnection(
        "127.0.0.1", int(environ.get("WARMLINE_PORT", "8642")), timeout=PATIENCE
    )
    if path := environ.get("WARMLINE_UNIX_SOCKET"):
        asked.sock = socket.socket(socket.AF_UNIX)
        asked.sock.settimeout(PATIENCE)
        asked.sock.connect(path)
    return asked


def main() -> int:
    """0 when `/livez` answers 200, else 1."""
    try:
        asked = connection(dict(os.environ))
        asked.request("GET", "/livez")
        return int(asked.getresponse().status != http.client.OK)
    except (OSError, http.client.HTTPException):
        return 1


if __name__ == "__main__":
    sys.exit(main())
