"""The demo's server is real, private, keeps nothing on disk and outlives nobody."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from chat import embedded as module
from chat.embedded import CannotStart, configuration, embedded, version

HOLD = """
import sys
from chat.embedded import embedded
with embedded() as server:
    print(server.folder, flush=True)
    sys.stdin.read()
"""


def test_it_answers_on_a_socket_that_only_its_owner_reaches() -> None:
    with embedded() as server:
        with redis.Redis.from_url(server.url) as client:
            assert client.ping()
            assert int(str(client.info("server")["redis_version"]).partition(".")[0]) >= 7
            assert client.config_get("port") == {"port": "0"}
        assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
    assert not server.folder.exists()


def test_it_obeys_every_line_of_its_configuration() -> None:
    with embedded() as server, redis.Redis.from_url(server.url) as client:
        for line in configuration().splitlines():
            if not line or line.startswith("#"):
                continue
            name, _, wanted = line.partition(" ")
            told = client.config_get(name).get(name)
            assert str(told).split() == wanted.strip('"').split(), name


def test_nothing_that_it_is_told_reaches_its_folder() -> None:
    canary = "heron-4417"
    with embedded() as server:
        with redis.Redis.from_url(server.url) as client:
            client.set("key", canary * 1000)
            with pytest.raises(redis.ResponseError):
                client.eval(f"return redis.call('{canary}')", 0)
            client.eval("local n = 0 for i = 1, 3000000 do n = n + i end return ARGV[1]", 0, canary)
            assert client.slowlog_get() == []
        held = b"".join(path.read_bytes() for path in server.folder.iterdir() if path.is_file())
        assert canary.encode() not in held
        assert not list(server.folder.glob("*.rdb"))


def test_after_a_kill_of_its_owner_nothing_is_left() -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    assert owner.stdin is not None
    with owner.stdout as told, owner.stdin:
        folder = Path(told.readline().strip())
        assert (folder / "redis.sock").exists()
        owner.kill()
        owner.wait()
        # The keeper holds the other end of this pipe until it has cleaned up.
        assert told.read() == ""
    assert not folder.exists()


def test_without_a_server_it_says_so_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "version", lambda _: (6, 2))
    with pytest.raises(CannotStart, match=r"^no Redis 7\.0 .*$"), embedded():
        pass


def test_a_server_that_ends_at_once_is_told_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    monkeypatch.setattr(module, "configuration", lambda: "no-such-directive yes\n")
    monkeypatch.setattr("chat.embedded.tempfile.mkdtemp", lambda **_: os.fspath(_folder(made)))
    monkeypatch.setattr(module, "_PATIENCE", 1.0)
    with pytest.raises(CannotStart, match=r"^the embedded Redis does not answer$"), embedded():
        pass
    assert not made.exists()


def test_a_program_that_is_no_server_has_no_version() -> None:
    assert version(shutil.which("true") or "true") == ()
    assert version("/nowhere/redis-server") == ()


def _folder(path: Path) -> Path:
    path.mkdir(mode=0o700)
    return path
