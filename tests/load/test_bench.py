"""The benchmark's own parts, on Warmline alone: what it counts is what happened. No time is asserted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.load import report
from tests.load.__main__ import visit
from tests.load.figures import figures, values
from tests.load.profile import shares
from tests.load.surroundings import find
from tests.load.wire import Wire, connect, framed

PAIRS = 6
STEPS = [
    {"do": "idle", "name": "greeted", "connections": 20, "seconds": 0.1, "kind": "greeted"},
    {"do": "pairs", "name": "pairs", "pairs": PAIRS},
    {"do": "flat_out", "name": "flat_out", "seconds": 0.5},
    {"do": "talk", "name": "talk_1000", "rate": 40, "seconds": 0.5},
]


async def test_a_visit_to_warmline_loses_nothing_and_fills_the_report() -> None:
    told = await visit("warmline", [dict(step) for step in STEPS], find(), supporters=PAIRS)
    assert [step["name"] for step in STEPS] == list(told)
    for step in ("flat_out", "talk_1000"):
        assert told[step]["messages"] > 0
        assert (told[step]["lost"], told[step]["disordered"], told[step]["refused"]) == (0, 0, 0)
        assert told[step]["connections_lost"] == 0
    assert (told["greeted"]["connections"], told["greeted"]["lost"]) == (20, 0)

    rounds = {"warmline": {step: [answer] for step, answer in told.items()}}
    written = report.as_json(rounds, report.machine())
    assert json.loads(json.dumps(written))["machine"]["cores"] >= 1
    assert "| Warmline, full path |" in report.as_markdown(rounds, report.machine())


def _rounds(**rates: Sequence[float]) -> Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]]:
    return {
        party: {"flat_out": [{"rate": rate, "cpu_per_1000": 1.0} for rate in each]}
        for party, each in rates.items()
    }


def test_a_figure_is_a_ratio_of_medians_with_the_spread_of_the_rounds() -> None:
    rounds = _rounds(warmline=[10, 30, 20], ws_ioredis=[10, 10, 40])
    found = {one.name: one for one in figures(rounds)}
    assert found["max_rate_vs_ws_ioredis"].ratio == 2.0
    assert found["max_rate_vs_ws_ioredis"].spread == (0.5, 3.0)
    assert found["max_rate_vs_ws_ioredis"].met
    assert found["max_rate_vs_naive_starlette"].ratio is None


@pytest.mark.parametrize("flaw", ["void", "failed"])
def test_a_round_in_which_the_generator_was_the_limit_does_not_count(flaw: str) -> None:
    rounds = {"warmline": {"flat_out": [{"rate": 10.0}, {"rate": 99.0, flaw: True}]}}
    assert values(rounds, "warmline", "flat_out", "rate") == [10.0]


def test_every_figure_that_was_promised_has_a_name() -> None:
    names = {one.name for one in figures({})}
    assert names >= {
        "max_rate_vs_socketio_sharded",
        "max_rate_vs_ws_ioredis",
        "max_rate_vs_naive_starlette",
        "max_rate_vs_django_channels",
        "cpu_vs_socketio_sharded",
        "p99_vs_socketio_sharded",
        "idle_kib",
    }


def test_a_profile_is_the_share_of_samples_of_each_function(tmp_path: Path) -> None:
    stacks = tmp_path / "stacks"
    stacks.write_text("main (chat/cli.py:1);say (chat/room.py:9) 3\nmain (chat/cli.py:1) 1\n")
    assert shares(stacks) == [
        {"function": "main (chat/cli.py)", "own": 0.25, "whole": 1.0},
        {"function": "say (chat/room.py)", "own": 0.75, "whole": 0.75},
    ]


async def test_nothing_is_sent_to_another_machine() -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1 alone"):
        await connect(Wire("http://192.0.2.1:80"))


def test_frames_of_every_length_are_those_of_a_client() -> None:
    assert framed(b"hi") == b"\x81\x82\0\0\0\0hi"
    assert framed(b"x" * 300)[:8] == b"\x81\xfe\x01\x2c\0\0\0\0"
