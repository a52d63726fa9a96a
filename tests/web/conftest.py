"""What the front-end's tests share: an installed node_modules, a built `dist/`, and node itself."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from chat.web import build

Node = Callable[..., str]


@pytest.fixture(scope="session")
def web() -> Path:
    """The folder of the front-end, with everything built."""
    build.build()
    return build.HERE


@pytest.fixture(scope="session")
def node(web: Path) -> Node:
    """Runs node with arguments in the front-end's folder and returns what it printed; else fails."""
    tools = build.find_tools()

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [tools.node_path, *arguments], cwd=web, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="session")
def session_module(web: Path, node: Node, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's core, bundled as a module that node can import."""
    bundle = tmp_path_factory.mktemp("session") / "session.mjs"
    node(
        str(web / "node_modules" / "esbuild" / "bin" / "esbuild"),
        "src/session.ts",
        "--bundle",
        "--format=esm",
        f"--outfile={bundle}",
        "--log-level=warning",
    )
    return bundle
