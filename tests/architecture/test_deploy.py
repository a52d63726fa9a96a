"""What an operator copies holds what the promises need: Redis, PostgreSQL, the units and the proxies."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import crossplane
import pytest

from chat.embedded import configuration
from chat.processes import STOP_WITHIN
from chat.settings import Settings
from storage.soundness import judged

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
REDIS = ("redis.conf", "kubernetes/base/redis.conf")
SERVERS = ("warmline.service", "warmline-worker.service")
UNITS = (*SERVERS, "warmline-redis.service")
HARDENED = {
    "LimitCORE": "0",
    "MemorySwapMax": "0",
    "UMask": "0007",
    "AmbientCapabilities": "",
    "CapabilityBoundingSet": "",
    "LockPersonality": "yes",
    "NoNewPrivileges": "yes",
    "PrivateDevices": "yes",
    "PrivateTmp": "yes",
    "ProcSubset": "pid",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHome": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectProc": "invisible",
    "ProtectSystem": "strict",
    "RemoveIPC": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
}
PERSONAL = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "User-Agent", "Referer")


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def unit(name: str) -> list[tuple[str, str]]:
    """The lines of a unit as names and values, comments and headings left out."""
    rows = [line for line in text(f"systemd/{name}").splitlines() if "=" in line and line[0] not in "#;"]
    return [(key, value) for key, _, value in (row.partition("=") for row in rows)]


@pytest.mark.parametrize("name", REDIS)
def test_every_redis_is_told_all_that_the_embedded_one_is_told(name: str) -> None:
    assert configuration() in text(name)


@pytest.mark.parametrize("name", REDIS)
def test_nothing_below_takes_back_what_a_redis_is_told(name: str) -> None:
    directives = Counter(line.split()[0] for line in text(name).splitlines() if line and line[0] != "#")
    assert [directive for directive, times in directives.items() if times > 1] == []


@pytest.mark.parametrize(
    "line",
    [
        'save ""',
        "appendonly no",
        "repl-diskless-sync yes",
        "repl-diskless-load swapdb",
        "rdb-del-sync-files yes",
        "shutdown-on-sigterm nosave now",
        "slowlog-log-slower-than -1",
        "latency-monitor-threshold 0",
        "crash-log-enabled no",
        "enable-debug-command no",
        "maxmemory-policy noeviction",
    ],
)
def test_what_keeps_words_off_disks_is_there(line: str) -> None:
    assert line in configuration().splitlines()


@pytest.mark.parametrize("name", UNITS)
@pytest.mark.parametrize("line", HARDENED.items(), ids=lambda line: line[0])
def test_every_unit_gives_away_the_rights_that_it_does_not_need(name: str, line: tuple[str, str]) -> None:
    assert [value for key, value in unit(name) if key == line[0]] == [line[1]]


@pytest.mark.parametrize("name", UNITS)
def test_every_unit_may_make_ordinary_system_calls_only(name: str) -> None:
    filters = [value for key, value in unit(name) if key == "SystemCallFilter"]
    assert filters == ["@system-service", "~@privileged @resources"]


def test_redis_has_no_network_and_servers_have_the_ordinary_one() -> None:
    assert {"PrivateNetwork": "yes", "RestrictAddressFamilies": "AF_UNIX"}.items() <= dict(
        unit("warmline-redis.service")
    ).items()
    for name in SERVERS:
        assert dict(unit(name))["RestrictAddressFamilies"] == "AF_UNIX AF_INET AF_INET6"


@pytest.mark.parametrize("name", SERVERS)
def test_the_secret_is_a_credential_and_never_a_variable(name: str) -> None:
    assert ("LoadCredential", "secret:/etc/warmline/secret") in unit(name)
    assert ("Environment", "WARMLINE_SECRET_FILE=%d/secret") in unit(name)
    assert not any(value.startswith("WARMLINE_SECRET=") for _, value in unit(name))


def test_a_server_that_is_stopped_has_time_to_drain_and_one_that_is_reloaded_replaces_its_processes() -> None:
    assert int(dict(unit("warmline.service"))["TimeoutStopSec"]) > Settings().drain_seconds + STOP_WITHIN
    assert dict(unit("warmline.service"))["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert int(dict(unit("warmline-worker.service"))["TimeoutStopSec"]) >= 30


@pytest.mark.parametrize("name", UNITS)
def test_systemd_itself_calls_every_unit_well_protected(name: str) -> None:
    # Where there is no systemd, as on macOS, the lines above are all there is to hold.
    tool = shutil.which("systemd-analyze")
    if tool is None:
        return
    told = subprocess.run(
        [tool, "security", "--offline=true", "--no-pager", "--threshold=20", str(DEPLOY / "systemd" / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unrecognized option" not in told.stderr:  # before systemd 250
        assert told.returncode == 0, told.stdout[-200:] + told.stderr


def test_a_postgresql_that_is_told_this_has_no_flaw() -> None:
    rows = [line.partition("=") for line in text("postgres/postgresql.conf").splitlines() if "=" in line]
    shown = {name.strip(): value.strip().strip("'") for name, _, value in rows}
    needed = {"log_statement", "log_min_duration_statement", "log_parameter_max_length"}
    assert needed | {"log_parameter_max_length_on_error", "log_connections"} <= shown.keys()
    assert judged(shown | {"server_version_num": "170000"}, is_superuser=False, short=()) == []


def test_the_role_of_the_database_owns_it_and_may_do_nothing_else() -> None:
    (role,) = re.findall(r"CREATE ROLE warmline (.*);", text("postgres/warmline.sql"))
    assert set(role.split()) == {
        "LOGIN",
        "NOSUPERUSER",
        "NOCREATEDB",
        "NOCREATEROLE",
        "NOREPLICATION",
        "NOBYPASSRLS",
    }
    assert "CREATE DATABASE warmline OWNER warmline;" in text("postgres/warmline.sql")


def nginx(tmp_path: Path) -> list[dict[str, Any]]:
    """The directives of nginx.conf as its own grammar reads them, every block after what it belongs to."""
    wrapped = tmp_path / "nginx.conf"
    wrapped.write_text("events {}\nhttp {\n" + text("proxy/nginx.conf") + "}\n", encoding="utf-8")
    parsed = crossplane.parse(str(wrapped))
    assert parsed["errors"] == []
    return list(_flat(parsed["config"][0]["parsed"]))


def _flat(directives: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in directives:
        yield one
        yield from _flat(one.get("block", []))


@pytest.mark.parametrize(
    ("directive", "args"),
    [
        ("access_log", ["off"]),
        ("error_log", ["/dev/null", "crit"]),
        ("limit_req_log_level", ["info"]),
        ("limit_conn_log_level", ["info"]),
        ("server_tokens", ["off"]),
        ("proxy_request_buffering", ["off"]),
        ("proxy_buffering", ["off"]),
        ("proxy_max_temp_file_size", ["0"]),
        ("ssl_protocols", ["TLSv1.3"]),
        ("ssl_session_tickets", ["off"]),
    ],
)
def test_nginx_writes_no_address_and_spools_no_body(tmp_path: Path, directive: str, args: list[str]) -> None:
    assert [one["args"] for one in nginx(tmp_path) if one["directive"] == directive] == [args]


@pytest.mark.parametrize("header", PERSONAL)
def test_nginx_forwards_nothing_personal(tmp_path: Path, header: str) -> None:
    told = [one["args"] for one in nginx(tmp_path) if one["directive"] == "proxy_set_header"]
    assert [args for args in told if args[0] == header] == [[header, ""]]


def test_nginx_shows_the_counters_to_nobody(tmp_path: Path) -> None:
    (inside,) = [one for one in nginx(tmp_path) if one["args"][:1] == ["~"]]
    for path in ("/metrics", "/readyz", "/livez"):
        assert re.search(inside["args"][1], path)
    assert [one["args"] for one in inside["block"]] == [["404"]]


def caddy() -> list[str]:
    lines = [line.strip() for line in text("proxy/Caddyfile").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def test_caddy_writes_no_log_and_has_no_door_of_its_own() -> None:
    lines = caddy()
    assert lines[lines.index("log default {") + 1] == "output discard"
    assert [line for line in lines if line.startswith("log")] == ["log default {"]
    assert "admin off" in lines


@pytest.mark.parametrize("header", PERSONAL)
def test_caddy_forwards_nothing_personal(header: str) -> None:
    assert f"header_up -{header}" in caddy()


def test_caddy_shows_the_counters_to_nobody() -> None:
    lines = caddy()
    assert lines[lines.index("@inside path /metrics /readyz /livez") + 1] == "respond @inside 404"


def test_the_cluster_has_the_same_caddyfile() -> None:
    assert text("kubernetes/base/Caddyfile") == text("proxy/Caddyfile")
