"""A real server that is given a shipped file has no flaw, and one as it comes breaks promises."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from chat.broker.soundness import judged
from tests.chat.test_soundness import seen
from tests.support.valkey import PATIENCE, binary

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
ELSEWHERE = frozenset({"dir", "commandlog-request-larger-than", "commandlog-reply-larger-than"})
"""What the file leaves to the machine and to the version of the server."""


@contextmanager
def started(file: str = "") -> Iterator[str]:
    """The address of a server with this configuration, in a folder of its own; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="wl-"))
    (folder / "users.acl").write_text("user default on nopass ~* &* +@all\n")
    moved = file.replace("/run/warmline-redis", str(folder)).replace("/etc/warmline-redis", str(folder))
    (folder / "conf").write_text(moved)
    own = ("--unixsocket", str(folder / "s"), "--unixsocketperm", "700", "--dir", str(folder), "--port", "0")
    with subprocess.Popen([binary(), str(folder / "conf"), *own], stdout=subprocess.DEVNULL) as process:
        try:
            with redis.Redis(
                unix_socket_path=str(folder / "s"),
                retry=redis.retry.Retry(redis.backoff.ConstantBackoff(0.02), int(PATIENCE / 0.02)),
                retry_on_error=[redis.ConnectionError],
            ) as client:
                client.ping()
            yield f"unix://{folder / 's'}"
        finally:
            process.kill()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("name", ["redis.conf", "kubernetes/base/redis.conf"])
async def test_a_server_that_is_given_a_shipped_file_has_no_flaw(name: str) -> None:
    with started((DEPLOY / name).read_text(encoding="utf-8")) as url:
        assert [flaw for flaw in judged(await seen(url)) if flaw.name not in ELSEWHERE] == []


async def test_a_server_as_it_comes_breaks_promises_and_is_told_each() -> None:
    with started() as url:
        told = {flaw.name for flaw in judged(await seen(url)) if flaw.breaks}
    assert {"save", "slowlog-log-slower-than", "crash-log-enabled", "repl-diskless-load"} <= told
