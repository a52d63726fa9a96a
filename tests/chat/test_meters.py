"""What is counted, alone and together, and what it may be labelled with."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from enum import Enum
from pathlib import Path
from typing import get_args

from prometheus_client import generate_latest

from chat import meters
from chat.alert_path import CHANNELS
from chat.codes import Close, Refusal
from chat.conversation import Phase
from chat.meters import ADMISSIONS, TIMED, Meters
from chat.stages import Stage
from moderation.alerts import AlertState
from moderation.channels.channel import Reason

DEPLOY = Path(__file__).parents[2] / "deploy"
SERIES = re.compile(r"\bwarmline_[a-z_]+")
PROGRAM = """
import sys
from prometheus_client import generate_latest
from chat.meters import Meters
made = Meters()
made.tried("push", "delivered")
made.stands(sockets={"seeker": 3}, phases={"live": 1}, lag=float(sys.argv[1]), connected=sys.argv[2] == "up")
sys.stdout.write(generate_latest(made.registry).decode())
"""


def values(enum: type[Enum]) -> set[str]:
    return {str(member.value) for member in enum}


ALLOWED = (
    values(Refusal)
    | {close.name.lower() for close in Close}
    | values(Phase)
    | values(Reason)
    | set(ADMISSIONS)
    | set(CHANNELS)
    | set(get_args(Stage))
    | set(get_args(AlertState))
    | {"accepted", "repeated", "seeker", "team", "redis", "database", "ready", "paused", "delivered"}
)


def test_labels_are_members_of_enums_and_nothing_else() -> None:
    made = Meters()
    made.tried("email", "delivered")
    made.took("screen", 0.001, 0.0)
    labels = {
        value
        for metric in made.registry.collect()
        for sample in metric.samples
        for name, value in sample.labels.items()
        if name != "le"
    }
    assert labels - ALLOWED == set()


def test_one_message_in_several_is_timed_and_every_one_is_counted() -> None:
    made = Meters()
    for _ in range(2 * TIMED):
        made.took("seal", 0.001, 0.0)
    assert 'warmline_message_seconds_count{stage="seal"} 2.0' in generate_latest(made.registry).decode()


def test_what_is_asked_for_is_brought_up_to_date_first() -> None:
    made = Meters()
    made.refreshed_by(lambda: made.waiting.set(7))
    assert "warmline_waiting 7.0" in generate_latest(made.registry).decode()


def test_processes_that_count_together_answer_for_each_other(tmp_path: Path) -> None:
    def told(lag: str, redis: str) -> tuple[int, str]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, lag, redis],
            env={**os.environ, meters.TOGETHER: str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        return process.pid, process.communicate()[0]

    first, _ = told("0.5", "up")
    second, both = told("0.25", "down")
    assert 'warmline_deliveries_total{channel="push",outcome="delivered"} 2.0' in both
    assert 'warmline_open_sockets{side="seeker"} 6.0' in both
    assert "warmline_loop_lag_seconds 0.5" in both
    assert 'warmline_dependency_up{dependency="redis"} 0.0' in both
    meters.forget(tmp_path, second, whole=False)
    meters.forget(tmp_path, first, whole=True)
    _, left = told("0.125", "up")
    assert 'warmline_deliveries_total{channel="push",outcome="delivered"} 2.0' in left
    assert 'warmline_open_sockets{side="seeker"} 3.0' in left
    assert "warmline_loop_lag_seconds 0.125" in left


def test_every_series_that_the_dashboard_and_the_alert_rules_name_exists() -> None:
    dashboard = json.loads((DEPLOY / "monitoring" / "dashboard.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    rules = (DEPLOY / "monitoring" / "rules.yaml").read_text()
    named = {series for text in [*asked, rules] for series in SERIES.findall(text)}
    assert named - meters.names() == set()
    shown = {series for text in asked for series in SERIES.findall(text)}
    assert {re.sub(r"_(total|bucket|count|sum)$", "", series) for series in meters.names()} <= {
        re.sub(r"_(total|bucket|count|sum)$", "", series) for series in shown
    }
