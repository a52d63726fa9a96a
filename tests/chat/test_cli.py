"""The command, run as people run it."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.support import launching
from tests.support.demo import free_port
from tests.support.valkey import Valkey

SECRET = base64.b64encode(bytes(32)).decode()
CANARY = "heron-4417"
COMMAND = [sys.executable, "-c", "from chat.cli import main; main()"]
PATIENCE = 120


def run(
    *arguments: str, settings: Mapping[str, str] | None = None, given: str = ""
) -> subprocess.CompletedProcess[str]:
    return launching.shared().run(arguments, environment(settings), timeout=PATIENCE, given=given)


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WARMLINE_")}
    return {**kept, **(settings or {})}


@contextmanager
def demo(port: int) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, "demo", "--port", str(port), "--json"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def installation(tmp_path: Path, valkey: Valkey) -> dict[str, str]:
    return {
        "WARMLINE_SECRET": SECRET,
        "WARMLINE_REDIS_URL": valkey.url,
        "WARMLINE_DATABASE_URL": f"sqlite:///{tmp_path / 'warmline.sqlite3'}",
        "WARMLINE_SPOOL": str(tmp_path / "spool"),
        "WARMLINE_ON_CALL_URLS": "ntfys://ntfy.example/on-call",
    }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_says_one_line_when_it_is_ready_and_ends_in_order(number: signal.Signals) -> None:
    port = free_port()
    with demo(port) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert set(told) == {"url", "people"}
        assert told["url"] == f"http://127.0.0.1:{port}"
        roles = [person["role"] for person in told["people"]]
        assert roles == ["supporter", "supporter", "lead", "on_call", "coordinator"]
        for person in told["people"]:
            body = json.dumps({"email": person["email"], "password": person["password"]}).encode()
            request = urllib.request.Request(f"{told['url']}/api/session", data=body, method="POST")  # noqa: S310  # our own server
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310  # as above
                assert json.load(answer)["roles"] == [person["role"]]
        with urllib.request.urlopen(f"{told['url']}/readyz", timeout=PATIENCE) as answer:  # noqa: S310  # as above
            assert answer.status == 200
        process.send_signal(number)
        rest, complaints = process.communicate(timeout=PATIENCE)
        assert rest == ""
        assert process.returncode == 0
        assert "error" not in complaints
        assert person["password"] not in complaints


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = run("demo", "--port", str(taken.getsockname()[1]))
    assert told.returncode == 2
    assert told.stdout == ""
    assert told.stderr == "warmline: this port is taken; choose another with --port\n"


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_spool_that_cannot_be_written_stops_the_start(
    command: str, installation: dict[str, str], tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    told = run(command, settings={**installation, "WARMLINE_SPOOL": str(in_the_way / "spool")})
    assert told.returncode == 2
    assert told.stderr == "warmline: setting spool: cannot be written\n"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"WARMLINE_HOST": "192.0.2.1"}, "setting host: is no address of this machine"),
        ({"WARMLINE_HOST": "999.1.1.1"}, "setting host: is no address of this machine"),
        ({"WARMLINE_UNIX_SOCKET": "/nowhere/socket"}, "setting unix_socket: cannot be made in that folder"),
    ],
)
def test_a_server_that_cannot_listen_there_says_so_in_one_line(
    settings: dict[str, str], line: str, installation: dict[str, str]
) -> None:
    told = run("serve", settings={**installation, **settings})
    assert told.returncode == 2
    assert told.stderr == f"warmline: {line}\n"


def test_a_server_whose_port_is_taken_says_so_in_one_line(installation: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = run("serve", settings={**installation, "WARMLINE_PORT": str(taken.getsockname()[1])})
    assert told.returncode == 2
    assert told.stderr == "warmline: setting port: is taken by something else\n"


@pytest.mark.parametrize(
    ("command", "settings", "name"),
    [
        ("serve", {}, "secret"),
        ("worker", {}, "secret"),
        ("serve", {"WARMLINE_SECRET": CANARY}, "secret"),
        ("serve", {"WARMLINE_PORT": CANARY}, "port"),
        ("migrate", {"WARMLINE_DATABASE_URL": f"mysql://{CANARY}"}, "database_url"),
        ("check", {"WARMLINE_NONSENSE": "1"}, "WARMLINE_NONSENSE"),
        ("forget", {"WARMLINE_CONFIG": f"/nowhere/{CANARY}"}, "config"),
    ],
)
def test_a_wrong_setting_stops_every_command_with_one_line_that_names_it(
    command: str, settings: dict[str, str], name: str
) -> None:
    told = run(command, settings=settings)
    assert told.returncode == 2
    assert told.stdout == ""
    assert told.stderr.startswith(f"warmline: setting {name}: ")
    assert told.stderr.count("\n") == 1
    assert CANARY not in told.stderr


def test_a_database_that_is_not_there_is_told_in_one_line() -> None:
    url = f"postgresql://{CANARY}:{CANARY}@127.0.0.1:1/{CANARY}"
    told = run("forget", settings={"WARMLINE_DATABASE_URL": url})
    assert told.returncode == 1
    assert told.stderr.startswith("warmline: ")
    assert told.stderr.count("\n") == 1
    assert CANARY not in told.stderr


def test_an_installation_is_migrated_checked_peopled_and_forgets(installation: dict[str, str]) -> None:
    before = run("check", settings=installation)
    assert before.returncode == 1
    assert "wrong database: has not the tables of this release; run: warmline migrate" in before.stdout

    first = run("migrate", settings=installation)
    assert first.returncode == 0
    assert "Keep this key away from this machine" in first.stdout
    again = run("migrate", settings=installation)
    assert again.stdout == "The database has the tables of this release.\n"

    after = run("check", settings=installation)
    told = [line for line in after.stdout.splitlines() if not line.startswith("warn ")]
    lines = {line.split()[1].rstrip(":"): line for line in told}
    assert set(lines) == {
        "settings",
        "secret",
        "redis",
        "database",
        "spool",
        "front-end",
        "on-call",
        "push",
        "on-call-1",
        "ladder",
    }
    assert [name for name, line in lines.items() if not line.startswith("ok ")] == ["ladder"]
    assert "is not tested, so seekers find the service closed" in lines["ladder"]
    assert after.returncode == 1

    opened = run("override", "--reason", "setting_up", "--hours", "2", settings=installation)
    assert opened.stdout.startswith("Open without a tested ladder until ")
    checked = run("check", settings=installation)
    assert "ok    ladder: is not tested, and overridden until " in checked.stdout
    assert checked.returncode == 0
    ended = [run("override", "--end", settings=installation).stdout for _ in range(2)]
    assert ended == ["It is ended.\n", "There was none in force.\n"]

    made = run("user", "add", "ruth@campus.example", "--role", "lead", settings=installation)
    assert made.returncode == 0
    assert made.stdout.startswith("Added as lead.\nPassword: ")
    same = run("user", "add", "Ruth@campus.example", "--role", "lead", settings=installation)
    assert (same.returncode, same.stderr) == (1, "warmline: there is somebody with this address already\n")
    given = run(
        "user",
        "add",
        "omar@campus.example",
        "--role",
        "on_call",
        "--role",
        "coordinator",
        "--password-stdin",
        settings=installation,
        given="violet kettle harbour\n",
    )
    assert given.stdout == "Added as on_call, coordinator.\n"
    weak = run(
        "user",
        "add",
        "x@campus.example",
        "--role",
        "lead",
        "--password-stdin",
        settings=installation,
        given="password1234\n",
    )
    assert weak.returncode == 2
    assert "guessed first" in weak.stderr
    assert run("forget", settings=installation).returncode == 0

    assert run("drill", "--history", settings=installation).stdout == "There was no drill yet.\n"
    off = run("drill", "--monthly", "off", settings=installation)
    assert (off.returncode, off.stdout) == (0, "The monthly drill is off.\n")
    drilled = run("drill", "--minutes", "0.05", settings=installation)
    assert drilled.returncode == 1
    assert drilled.stdout.startswith("Nobody acknowledged it within 0.05 minutes")
    (line,) = run("drill", "--history", settings=installation).stdout.splitlines()[1:]
    assert "command" in line
    assert "nobody did" in line
    key = first.stdout.split()[-1]
    assert run("audit", "verify", settings=installation, given=key).returncode == 0


def test_a_redis_that_writes_to_disk_passes_no_check_and_no_start(
    installation: dict[str, str], valkey: Valkey
) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.config_set("save", "900 1")
        try:
            told = run("check", settings=installation)
            started = run("serve", settings=installation)
        finally:
            client.config_set("save", "")
    assert told.returncode == 1
    assert (started.returncode, started.stderr.splitlines()[-1:]) == (
        1,
        ['warmline: redis.save: writes snapshots to disk; set: save ""'],
    )
    assert 'wrong redis.save: writes snapshots to disk; set: save ""' in told.stdout


def test_what_is_not_an_address_is_not_added(installation: dict[str, str]) -> None:
    told = run("user", "add", "ruth", "--role", "lead", settings=installation)
    assert told.returncode == 2
    assert "this is not an e-mail address" in told.stderr


def test_the_worker_ends_in_order_when_it_is_told(installation: dict[str, str]) -> None:
    assert run("migrate", settings=installation).returncode == 0
    with subprocess.Popen(
        [*COMMAND, "worker"], env=environment(installation), stderr=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stderr is not None
        assert "event=ready" in worker.stderr.readline()
        worker.terminate()
        assert "error" not in worker.stderr.read()
    assert worker.returncode == 0


def test_a_campus_file_that_cannot_be_used_is_refused_with_the_line_and_the_reason(
    installation: dict[str, str], tmp_path: Path
) -> None:
    ladder, campus = tmp_path / "ladder.toml", tmp_path / "warmline.toml"
    campus.write_text(
        f'ladder_file = "{ladder}"\nfallback_urls = ["http://127.0.0.1:1/{CANARY}"]\n'
        f'switch_url = "http://127.0.0.1:1/{CANARY}"\n'
    )
    given = {**installation, "WARMLINE_CONFIG": str(campus)}
    rung = '[[rung]]\ntell = ["{}"]\nby = ["any"]\nwait = 60\n'
    ladder.write_text(rung.format("everyone") + rung.format("role:janitor"))
    for command in ("check", "serve"):
        told = run(command, settings=given)
        assert told.returncode == 2
        assert told.stderr.startswith(
            "warmline: setting ladder_file: line 6: rung 2: no role is called 'janitor'; there are "
        )
    ladder.write_text(rung.format("everyone") + rung.format("person:nobody@campus.example"))
    assert run("migrate", settings=given).returncode == 0
    told = run("check", settings=given)
    assert told.returncode == 1
    assert "wrong ladder: ladder_file: line 6: rung 2: nobody here is 'nobody@campus.example'" in told.stdout
    unreachable = [line for line in told.stdout.splitlines() if "cannot be reached" in line]
    assert unreachable == [
        "wrong fallback-1: its server cannot be reached (fallback_urls, line 2 of the file)",
        "wrong switch: its server cannot be reached (switch_url, line 3 of the file)",
    ]
    assert CANARY not in told.stdout
    added = run("user", "add", "nobody@campus.example", "--role", "on_call", settings=given)
    assert added.returncode == 0
    assert "nobody here is" not in run("check", settings=given).stdout
