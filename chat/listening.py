"""Whether a server can listen where its settings say, told before anything is started in vain."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

from chat.settings import BadSetting, Settings


def require_listening(settings: Settings) -> None:
    """Raises `BadSetting` that names the setting to change."""
    if settings.unix_socket:
        _require_folder(Path(settings.unix_socket).parent)
    else:
        _require_address(settings.host, settings.port)


def _require_folder(folder: Path) -> None:
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise BadSetting("unix_socket", "cannot be made in that folder")


def _require_address(host: str, port: int) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise BadSetting("host", "is no address of this machine") from None
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                raise _why(error) from None


def _why(error: OSError) -> BadSetting:
    match error.errno:
        case errno.EADDRINUSE:
            return BadSetting("port", "is taken by something else")
        case errno.EACCES:
            return BadSetting("port", "may not be used by this account")
        case _:
            return BadSetting("host", "is no address of this machine")
