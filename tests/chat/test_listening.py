"""Where several processes listen."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from chat.listening import Listening, require_listening
from chat.settings import BadSetting, Settings
from tests.support.demo import free_port


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def begin(listening: Listening, *places: int) -> None:
    """As processes do when they are ready."""
    for place in places:
        for one in listening.of(place):
            one.listen(512)


def accepted(listening: Listening, place: int) -> int:
    """How many connections wait for one process."""
    count = 0
    for one in listening.of(place):
        try:
            while True:
                one.accept()[0].close()
                count += 1
        except BlockingIOError:
            pass
    return count


def test_connections_are_spread_over_the_processes_of_a_port() -> None:
    port = free_port()
    listening = Listening(Settings(port=port), 4)
    try:
        begin(listening, 0, 1, 2, 3)
        clients = [connected(port) for _ in range(200)]
        counts = [accepted(listening, place) for place in range(4)]
        for client in clients:
            client.close()
    finally:
        listening.close()
    assert sum(counts) == 200
    assert min(counts) > 20


def test_nothing_arrives_at_a_process_that_has_left_until_it_is_back() -> None:
    port = free_port()
    listening = Listening(Settings(port=port), 2)
    try:
        begin(listening, 0, 1)
        listening.leave(0)
        clients = [connected(port) for _ in range(30)]
        assert accepted(listening, 1) == 30
        assert listening.of(0)
        clients += [connected(port) for _ in range(30)]
        assert accepted(listening, 1) == 30
        begin(listening, 0)
        clients += [connected(port) for _ in range(60)]
        assert accepted(listening, 0) > 0
        for client in clients:
            client.close()
    finally:
        listening.close()


def test_a_port_that_is_taken_is_refused_by_the_name_of_the_setting() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = Settings(port=taken.getsockname()[1])
        for attempt in (lambda: Listening(settings, 2), lambda: require_listening(settings)):
            with pytest.raises(BadSetting, match="port: is taken by something else"):
                attempt()


def test_a_unix_socket_takes_the_place_of_one_that_was_left_behind_and_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    listening = Listening(Settings(unix_socket=str(path)), 2)
    begin(listening, 1)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    assert listening.of(0) == listening.of(1)
    assert path.stat().st_mode & 0o777 == 0o666
    listening.close()
    assert not path.exists()
