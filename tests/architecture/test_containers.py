"""The image and compose.yaml hold what the promises need, read as the tools that use them read them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose

from tests.architecture.test_deploy import DEPLOY, text
from tests.support.servers import Web, listening

COMPOSE: dict[str, Any] = yaml.safe_load(text("compose.yaml"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "serve-1", "serve-2", "worker")
STORES = ("redis", "postgres")


def stages() -> list[list[str]]:
    """The instructions of each stage, each joined to one line."""
    found: list[list[str]] = []
    lines = text("Containerfile").replace("\\\n", " ").splitlines()
    for line in (line for line in lines if line and not line.startswith("#")):
        if line.startswith("FROM "):
            found.append([])
        found[-1].append(" ".join(line.split()))
    return found


def test_compose_is_what_the_specification_says() -> None:
    read = PyCompose.from_json(json.dumps(COMPOSE))
    read.validate()
    assert sorted(read.service_names()) == sorted([*OURS, *STORES, "caddy"])


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_gives_its_rights_away(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["ulimits"]["core"] == 0
    assert service["logging"]["driver"] == "local"
    assert service["pids_limit"] <= 200
    assert "privileged" not in service


def test_only_two_containers_have_any_right_back() -> None:
    back = {name: service["cap_add"] for name, service in SERVICES.items() if "cap_add" in service}
    assert back == {
        "postgres": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"],
        "caddy": ["NET_BIND_SERVICE"],
    }


@pytest.mark.parametrize("name", STORES)
def test_the_stores_have_no_network_at_all(name: str) -> None:
    assert SERVICES[name]["network_mode"] == "none"
    assert "ports" not in SERVICES[name]


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]
    assert SERVICES["caddy"]["networks"] == ["edge"]
    assert COMPOSE["networks"]["none"] == {"internal": True}


@pytest.mark.parametrize("name", [*OURS, "redis"])
def test_what_has_words_in_memory_never_goes_to_swap(name: str) -> None:
    assert SERVICES[name]["memswap_limit"] == SERVICES[name]["mem_limit"]


@pytest.mark.parametrize("name", OURS)
def test_the_secret_is_a_file_and_never_a_variable(name: str) -> None:
    assert SERVICES[name]["secrets"] == ["secret"]
    assert SERVICES[name]["environment"]["WARMLINE_SECRET_FILE"] == "/run/secrets/secret"
    assert "WARMLINE_SECRET" not in SERVICES[name]["environment"]


@pytest.mark.parametrize("name", ["serve-1", "serve-2"])
def test_a_server_starts_on_a_ready_ground_and_has_time_to_drain(name: str) -> None:
    conditions = {what: how["condition"] for what, how in SERVICES[name]["depends_on"].items()}
    assert conditions == {
        "migrate": "service_completed_successfully",
        "redis": "service_healthy",
        "postgres": "service_healthy",
    }
    assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) >= 30
    assert f"unix/{SERVICES[name]['environment']['WARMLINE_UNIX_SOCKET']}" in (
        SERVICES["caddy"]["environment"]["WARMLINE_UPSTREAMS"].split()
    )


def test_no_two_processes_share_a_spool() -> None:
    spools = [
        volume.split(":")[0]
        for name in ("serve-1", "serve-2", "worker")
        for volume in SERVICES[name]["volumes"]
        if volume.endswith(":/var/lib/warmline")
    ]
    assert len(spools) == len(set(spools)) == 3


@pytest.mark.parametrize("volume", ["redis-socket", "http-socket"])
def test_sockets_lie_in_memory_where_nobody_else_enters(volume: str) -> None:
    options = COMPOSE["volumes"][volume]["driver_opts"]
    assert options["type"] == "tmpfs"
    assert "mode=0770" in options["o"].split(",")


def test_postgresql_is_told_what_the_file_for_it_tells() -> None:
    rows = [line.partition("=") for line in text("postgres/postgresql.conf").splitlines() if "=" in line]
    told = {f"-c{name.strip()}={value.strip().strip(chr(39))}" for name, _, value in rows}
    assert told <= set(SERVICES["postgres"]["command"])
    assert "-clisten_addresses=" in SERVICES["postgres"]["command"]


def test_the_image_is_built_from_the_locks_alone() -> None:
    installs = [part for line in stages()[0] for part in line.split("&&") if "install" in part]
    assert len(installs) == 3
    for install in installs:
        assert ("--require-hashes" in install) != ("--no-index" in install)


def test_the_last_stage_has_what_runs_and_no_tool_to_build() -> None:
    last = stages()[-1]
    assert [line for line in last if line.startswith("COPY")] == [
        "COPY --from=build /opt/warmline /opt/warmline",
        "COPY deploy/alive.py /opt/warmline/alive.py",
    ]
    assert "pip uninstall --yes" in " ".join(last)
    assert "venv --without-pip /opt/warmline" in " ".join(stages()[0])
    assert "install" not in " ".join(last).replace("uninstall", "")


def test_the_image_runs_as_nobody_and_says_how_it_is() -> None:
    last = stages()[-1]
    assert "USER 10001:10001" in last
    assert last.index("USER 10001:10001") > max(at for at, line in enumerate(last) if line.startswith("COPY"))
    assert any(line.startswith("HEALTHCHECK ") and line.endswith('alive.py"]') for line in last)
    assert "STOPSIGNAL SIGTERM" in last


def test_an_image_takes_in_no_secret_that_lies_about() -> None:
    lines = (DEPLOY.parent / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert [rule for rule in rules if rule.startswith("!deploy")] == ["!deploy/alive.py"]


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
async def test_the_health_check_says_whether_the_server_answers(status: int, code: int) -> None:
    web = Web(status=status)
    async with listening(web) as port:
        assert await _alive({"WARMLINE_PORT": str(port)}) == code
    assert web.requests[0][0] == "GET /livez HTTP/1.1"
    assert await _alive({"WARMLINE_PORT": str(port)}) == 1


async def test_the_health_check_finds_a_server_on_a_unix_socket(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Web()(reader, writer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_unix_server(answer, tmp_path / "s")
    async with server:
        assert await _alive({"WARMLINE_UNIX_SOCKET": str(tmp_path / "s")}) == 0
    assert await _alive({"WARMLINE_UNIX_SOCKET": str(tmp_path / "none")}) == 1


async def _alive(environ: dict[str, str]) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(DEPLOY / "alive.py"),
        env=dict(os.environ) | environ,
        stderr=subprocess.DEVNULL,
    )
    return await process.wait()
