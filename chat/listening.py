"""Where a server listens: told before anything is started in vain, and held open for several processes."""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from chat.settings import BadSetting, Settings

_BALANCED: Final = sys.platform.startswith("linux")
"""Whether the system spreads connections over several sockets of one port."""


def require_listening(settings: Settings) -> None:
    """Raises `BadSetting` that names the setting to change."""
    if settings.unix_socket:
        _require_folder(Path(settings.unix_socket).parent)
    else:
        _require_address(settings.host, settings.port)


class Listening:
    """The sockets at which several processes listen, held open while one process takes another's place.

    On Linux each process has sockets of its own on the same port, over which the kernel spreads connections
    evenly: with one socket for all of them, whichever wakes first takes most, and long connections stay
    there. Elsewhere, and at a Unix socket, there is one for all. They are bound here and begin to listen with
    the first process that is ready to; from then on, what has connected to a socket waits there until a
    process takes it, also while that process is being replaced.
    """

    def __init__(self, settings: Settings, processes: int) -> None:
        """Opens all of them. Raises `BadSetting`."""
        self._settings = settings
        self._own = _BALANCED and not settings.unix_socket
        self._sockets: list[list[socket.socket]] = []
        try:
            if self._own:
                self._sockets.extend(self._bound() for _ in range(processes))
            else:
                self._sockets += [self._bound()] * processes
        except BadSetting:
            self.close()
            raise

    def of(self, place: int) -> Sequence[socket.socket]:
        """The sockets of one process, by its number from 0. Raises `BadSetting` when they cannot be opened
        again after `leave`.
        """
        if not self._sockets[place]:
            self._sockets[place] = self._bound()
        return self._sockets[place]

    def leave(self, place: int) -> None:
        """Closes the sockets of a process that does not come up, so that others get what arrives."""
        if self._own:
            _close(self._sockets[place])
            self._sockets[place] = []

    def close(self) -> None:
        """Gives everything up; what is left of a Unix socket is removed."""
        for sockets in self._sockets:
            _close(sockets)
        if self._settings.unix_socket and self._sockets:
            with suppress(OSError):
                Path(self._settings.unix_socket).unlink()
        self._sockets.clear()

    def _bound(self) -> list[socket.socket]:
        if self._settings.unix_socket:
            return [_at_path(Path(self._settings.unix_socket))]
        with ExitStack() as opened:
            sockets = [
                opened.enter_context(_at_port(family, address, shared=self._own))
                for family, address in _addresses(self._settings.host, self._settings.port)
            ]
            opened.pop_all()
            return sockets


def _close(sockets: Sequence[socket.socket]) -> None:
    for one in sockets:
        one.close()


def _at_port(family: int, address: object, *, shared: bool) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    with _closed_on_failure(made):
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)  # type: ignore[arg-type]  # as getaddrinfo answered it
        made.setblocking(False)
    return made


def _at_path(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _closed_on_failure(made):
        with suppress(FileNotFoundError):
            if stat.S_ISSOCK(path.stat().st_mode):
                path.unlink()  # what a process left that was killed
        made.bind(str(path))
        path.chmod(0o666)  # the proxy has an account of its own; the folder says who may come near
        made.setblocking(False)
    return made


@contextmanager
def _closed_on_failure(made: socket.socket) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        made.close()
        raise _why(error) if made.family != socket.AF_UNIX else _NO_PATH from None


def _addresses(host: str, port: int) -> list[tuple[int, object]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise BadSetting("host", "is no address of this machine") from None
    return [(family, address) for family, _, _, _, address in found]


def _require_folder(folder: Path) -> None:
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise _NO_PATH


def _require_address(host: str, port: int) -> None:
    for family, address in _addresses(host, port):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)  # type: ignore[arg-type]  # as getaddrinfo answered it
            except OSError as error:
                raise _why(error) from None


_NO_PATH: Final = BadSetting("unix_socket", "cannot be made in that folder")


def _why(error: OSError) -> BadSetting:
    match error.errno:
        case errno.EADDRINUSE:
            return BadSetting("port", "is taken by something else")
        case errno.EACCES:
            return BadSetting("port", "may not be used by this account")
        case _:
            return BadSetting("host", "is no address of this machine")
