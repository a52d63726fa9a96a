"""A launcher of servers whose screen chokes on every message, and quotes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from moderation.screening import Screen
from tests.support.launcher import run


def _findings(self: Screen, text: str, history: Sequence[str] = (), asked: str = "") -> NoReturn:  # noqa: ARG001 - the screen's names
    raise ValueError(f"choked on {text!r}")


def _choke() -> None:
    Screen.findings = _findings  # type: ignore[method-assign] # which is what this is for


if __name__ == "__main__":
    run(first=_choke)
