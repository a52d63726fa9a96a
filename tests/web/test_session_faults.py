"""Two sessions under cut connections and lost streams: nothing is lost, doubled or out of order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import Node

SIMULATION = Path(__file__).resolve().parent / "simulate.mjs"


def _simulate(node: Node, module: Path, schedules: int, *mutant: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(node(str(SIMULATION), str(module), str(schedules), *mutant))
    return result


def test_nothing_is_lost_doubled_or_out_of_order(node: Node, session_module: Path) -> None:
    result = _simulate(node, session_module, 1_000)
    assert result["said"] > 10_000
    assert result["cuts"] > 1_000
    assert result["losses"] > 500
    assert result["violations"] == 0, result["first"]


@pytest.mark.parametrize("mutant", ["forget_at_ack", "show_twice", "trust_any_epoch"])
def test_a_client_that_is_broken_on_purpose_is_noticed(mutant: str, node: Node, session_module: Path) -> None:
    assert _simulate(node, session_module, 60, mutant)["violations"] > 0
