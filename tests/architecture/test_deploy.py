"""What an operator copies holds what the promises need."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat.embedded import configuration

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = ("warmline.service", "warmline-worker.service", "warmline-redis.service")
HARDENED = (
    "LimitCORE=0",
    "MemorySwapMax=0",
    "CapabilityBoundingSet=",
    "NoNewPrivileges=yes",
    "PrivateDevices=yes",
    "PrivateTmp=yes",
    "ProtectHome=yes",
    "ProtectKernelLogs=yes",
    "ProtectProc=invisible",
    "ProtectSystem=strict",
    "RestrictNamespaces=yes",
    "SystemCallArchitectures=native",
    "SystemCallFilter=@system-service",
)
PERSONAL = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "User-Agent", "Referer")


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def test_the_real_redis_is_told_all_that_the_embedded_one_is_told() -> None:
    assert configuration() in text("redis.conf")


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
        "crash-log-enabled no",
        "enable-debug-command no",
        "maxmemory-policy noeviction",
    ],
)
def test_what_keeps_words_off_disks_is_there(line: str) -> None:
    assert line in configuration().splitlines()


@pytest.mark.parametrize("unit", UNITS)
def test_every_unit_gives_away_the_rights_that_it_does_not_need(unit: str) -> None:
    lines = text(f"systemd/{unit}").splitlines()
    assert [line for line in HARDENED if line not in lines] == []


def test_the_secret_is_a_credential_and_never_a_variable() -> None:
    for unit in UNITS[:2]:
        lines = text(f"systemd/{unit}").splitlines()
        assert "LoadCredential=secret:/etc/warmline/secret" in lines
        assert not any(line.startswith("Environment=WARMLINE_SECRET=") for line in lines)
    assert "WARMLINE_SECRET:" not in text("compose.yaml")


def test_nginx_writes_no_address_and_spools_no_body() -> None:
    lines = [line.strip() for line in text("proxy/nginx.conf").splitlines()]
    for line in (
        "access_log off;",
        "error_log /dev/null crit;",
        "limit_req_log_level info;",
        "proxy_request_buffering off;",
        "proxy_buffering off;",
        "proxy_max_temp_file_size 0;",
        "ssl_protocols TLSv1.3;",
    ):
        assert line in lines
    for header in PERSONAL:
        assert f'proxy_set_header {header} "";' in lines


def test_caddy_writes_no_log_and_forwards_nothing_personal() -> None:
    lines = [line.strip() for line in text("proxy/Caddyfile").splitlines()]
    assert "output discard" in lines
    for header in PERSONAL:
        assert f"header_up -{header}" in lines


@pytest.mark.parametrize("proxy", ["proxy/nginx.conf", "proxy/Caddyfile"])
def test_the_counters_are_not_for_the_world(proxy: str) -> None:
    assert "metrics" in text(proxy)
    assert "404" in text(proxy)


def test_containers_run_as_nobody_without_rights_and_their_stores_without_a_network() -> None:
    compose = text("compose.yaml")
    assert compose.count("network_mode: none") == 2
    assert "cap_drop: [ALL]" in compose
    assert "no-new-privileges:true" in compose
    assert "core: 0" in compose
    assert "log_parameter_max_length=0" in compose
    assert "USER 10001" in text("Containerfile")
    assert "--require-hashes" in text("Containerfile")
