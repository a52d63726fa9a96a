"""The dashboard and the alert rules ask for what is counted, and each rule says something when it should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import generate_latest

from chat.meters import Meters
from tests.chat.test_meters import ALLOWED

MONITORING: Final = Path(__file__).resolve().parents[2] / "deploy" / "monitoring"
RULES: Final = MONITORING / "rules.yaml"
EXAMPLES: Final = Path(__file__).with_name("alert_rules.yaml")
SELECTOR: Final = re.compile(r"\b(warmline_[a-z_]+)(?:\{([^}]*)\})?")
MATCHER: Final = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
GROUPED: Final = re.compile(r"\bby\s*\(([^)]*)\)")
WIDTH: Final = 24
"""Columns of a dashboard."""


def labels() -> dict[str, set[str]]:
    """From each series, as a query names it, to its labels."""
    found: dict[str, set[str]] = {}
    for metric in filled().registry.collect():
        for sample in metric.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def filled() -> Meters:
    """Meters that have counted everything that there is to count once."""
    made = Meters()
    made.tried("push", "delivered")
    made.stands(sockets={"seeker": 1, "team": 1}, phases={"live": 1}, lag=0.0, connected=True)
    made.took("screen", 0.1, 0.0)
    made.dependency_seconds.labels("redis").observe(0.1)
    made.desks.labels("ready").set(1)
    made.alerts.labels("open").set(1)
    return made


def panels() -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
    return read


def queries() -> Iterator[str]:
    for panel in panels():
        for target in panel.get("targets", ()):
            yield target["expr"]
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["expr"]


@pytest.mark.parametrize("query", sorted(set(queries())))
def test_a_query_asks_for_series_by_labels_that_they_have(query: str) -> None:
    known = labels()
    selected = SELECTOR.findall(query)
    assert selected
    for name, matchers in selected:
        assert name in known
        for label, value in MATCHER.findall(matchers):
            assert label in known[name]
            assert value in ALLOWED
    everywhere = {"instance"}.union(*(known[name] for name, _ in selected))
    grouped = {label.strip() for group in GROUPED.findall(query) for label in group.split(",")}
    assert grouped <= everywhere


def test_the_panels_of_the_dashboard_have_names_and_places_of_their_own() -> None:
    every = panels()
    for names in ([one["id"] for one in every], [one["title"] for one in every]):
        assert len(set(names)) == len(names)
    taken = set[tuple[int, int]]()
    for one in every:
        at = one["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert max(x for x, _ in cells) < WIDTH
        assert cells.isdisjoint(taken)
        taken |= cells
        references = [target["refId"] for target in one.get("targets", ())]
        assert len(set(references)) == len(references) > 0


def test_there_is_an_example_for_every_rule_in_which_it_speaks_and_one_in_which_it_does_not() -> None:
    rules = [
        rule["alert"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    ]
    calm, wrong = (
        {one["alertname"]: bool(one["exp_alerts"]) for one in test["alert_rule_test"]}
        for test in yaml.safe_load(EXAMPLES.read_text())["tests"]
    )
    assert calm == dict.fromkeys(rules, False)
    assert wrong == dict.fromkeys(rules, True)


def promtool(*arguments: str, given: bytes = b"") -> None:
    """Where Prometheus is not installed, what stands above is all there is to hold."""
    if (tool := shutil.which("promtool")) is not None:
        told = subprocess.run([tool, *arguments], input=given, capture_output=True, check=False)
        assert told.returncode == 0, (told.stdout + told.stderr).decode()


def test_prometheus_itself_reads_the_rules() -> None:
    promtool("check", "rules", str(RULES))


def test_prometheus_itself_says_what_every_example_expects(tmp_path: Path) -> None:
    examples = tmp_path / "examples.yaml"
    examples.write_text(EXAMPLES.read_text().replace("{{rules}}", str(RULES)))
    promtool("test", "rules", str(examples))


def test_prometheus_itself_has_nothing_to_say_of_the_names_of_what_is_counted() -> None:
    promtool("check", "metrics", given=generate_latest(filled().registry))
