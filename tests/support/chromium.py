"""The Chromium that browser tests drive: one on the machine, else the test tool's, else the system's.

As a script it fetches one if there is none, and prints its path; it exits with one line that says what to
install when it may not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

VARIABLE = "WARMLINE_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_MANAGERS = (
    ("apt-get", ("apt-get", "install", "-y", "-q", "chromium")),
    ("dnf", ("dnf", "install", "-y", "-q", "chromium")),
    ("pacman", ("pacman", "-S", "--noconfirm", "chromium")),
    ("apk", ("apk", "add", "chromium")),
    ("zypper", ("zypper", "-n", "install", "chromium")),
)
_PATIENCE = 900
"""Seconds for one download or installation."""


def find() -> str | None:
    """The path of a Chromium that starts here, or None."""
    return next((path for path in _places() if path and _starts(path)), None)


def fetch() -> str | None:
    """Downloads or installs one, where that is allowed, and returns its path."""
    _try([sys.executable, "-m", "playwright", "install", "chromium"])
    if found := find():
        return found
    if shutil.which("brew"):
        _try(["brew", "install", "--cask", "chromium"])
    for name, command in _MANAGERS:
        if shutil.which(name) and (_root() or _sudo()):
            prefix = [] if _root() else ["sudo", "-n"]
            if name == "apt-get":
                _try([*prefix, "apt-get", "update", "-q"])
            _try([*prefix, *command])
    return find()


def _places() -> Iterator[str | None]:
    yield os.environ.get(VARIABLE)
    yield from (shutil.which(name) for name in _NAMES)
    yield from _APPLICATIONS
    yield _of_playwright()


def _of_playwright() -> str | None:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only the last resort needs it

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _starts(path: str) -> bool:
    """Whether its libraries are there too: a bare download on a server often lacks them."""
    try:
        told = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return told.returncode == 0


def _try(command: list[str]) -> None:
    sys.stderr.write(f"warmline: {' '.join(command)}\n")
    try:
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return


def _root() -> bool:
    return os.geteuid() == 0


def _sudo() -> bool:
    if not shutil.which("sudo"):
        return False
    return subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    chromium = find() or fetch()
    if chromium is None:
        sys.exit(
            f"warmline: the browser tests need a Chromium; install chromium or set {VARIABLE} to its path"
        )
    sys.stdout.write(f"{chromium}\n")
