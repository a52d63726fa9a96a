"""Writes the sizing tables and the plot of deploy/ from measured costs: `python -m tests.load.sizing`.

Given the JSON of a benchmark (`make bench ARGS="--out FILE"`, then `python -m tests.load.sizing FILE`), it
takes the costs of messages and sockets from there first, and keeps what the benchmark does not measure.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

from tests.load.capacity import Costs, Limits, Load, fullness, needed, reach, thrown, unevenness

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
COSTS: Final = Path(__file__).with_name("costs.json")
START: Final = "<!-- sizing: written by `python -m tests.load.sizing` -->"
END: Final = "<!-- end of the sizing -->"
SEED: Final = 1
SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
PROCESSES: Final = 16
"""The size of the cell that the plot shows, in serving processes beside one Redis."""
_COLOURS: Final = ("#2f7d6d", "#b4552d", "#5b6abf", "#8a6d1f", "#a03c6e")


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The costs, and in words where each comes from."""

    costs: Costs
    how: str


def measured() -> Measured:
    return msgspec.json.decode(COSTS.read_bytes(), type=Measured)


def benched(answer: Mapping[str, Any], before: Measured) -> Measured:
    """The costs that a benchmark measured, medians of its rounds; void and failed rounds do not count.

    Raises `KeyError` that names the step when the benchmark did not measure one that is needed.
    """
    rounds = answer["rounds"]["warmline"]
    idle = _rounds(rounds, "in_line", "kib_each")
    costs = msgspec.structs.replace(
        before.costs,
        server_us_per_message=1000 * median(_rounds(rounds, "talk_1000", "servers_per_1000")),
        redis_us_per_message=1000 * median(_rounds(rounds, "talk_1000", "redis_per_1000")),
        server_kib_per_socket=median(idle),
        server_us_per_socket_second=1e6
        * median(one["cpu_share"] / one["connections"] for one in rounds["in_line"] if "failed" not in one),
        accepted_per_second=median(_rounds(rounds, "greeted", "accepted_per_second")),
    )
    machine = answer.get("machine", {})
    load = f", load average {machine['load_before']:.1f} before it" if "load_before" in machine else ""
    return Measured(
        costs,
        f"From the benchmark ([tests/load](../tests/load/README.md)): medians of {len(idle)} rounds, two "
        "serving processes and one Redis at 1,000 messages/s over 500 pairs, "
        f"{rounds['in_line'][0]['connections']:,} seekers in line, {machine.get('cores', 2)} cores{load}. "
        "Measured apart: a process (N = 2, resident), Redis (N = 1,000 conversations of 100 messages of 220 "
        "bytes). A busy process sends the commands of one turn together, so a message costs less than this "
        "when it is full; the share of a silent socket counts what processes do without any.",
    )


def _rounds(rounds: Mapping[str, Any], step: str, value: str) -> list[float]:
    found = [float(one[value]) for one in rounds[step] if "failed" not in one and not one.get("void")]
    if not found:
        raise KeyError(step)
    return found


def rewritten(page: str, told: Measured) -> str:
    """The page with its tables as these costs make them."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{tables(told)}\n{END}{after}"


def tables(told: Measured) -> str:
    costs, load, limits = told.costs, Load(), Limits()
    rows = [_per_core(costs, load), _sizes(costs, load, limits), _first(costs, load, limits)]
    whole = thrown(SIZES[-1], costs, load, limits, random.Random(SEED))  # noqa: S311 - dice, not a secret
    fullest = ", ".join(f"{part} {full:.2f}" for part, full in whole.hottest.items())
    sentence = (
        f"Thrown with dice (seed {SEED}): a million students on line at {whole.campuses:,} campuses, the "
        f"largest with {whole.largest:,}, need {whole.processes:,} processes and {whole.shards:,} Redis "
        "servers, each campus for itself. The fullest part of each kind anywhere, as a share of its limit: "
        f"{fullest}."
    )
    return "\n".join([told.how, "", *rows, sentence, ""])


def _per_core(costs: Costs, load: Load) -> str:
    each = costs.redis_kib_per_conversation + costs.redis_bytes_per_message * load.length / 1024
    rows = {
        "messages/s of one core of serving processes": 1e6 / costs.server_us_per_message,
        "messages/s of one Redis (one core)": 1e6 / costs.redis_us_per_message,
        "silent sockets of one core": 1e6 / max(costs.server_us_per_socket_second, 1e-9),
        "connected seekers in one GiB of serving processes": 1024**2 / costs.server_kib_per_socket,
        f"conversations of {load.length:.0f} messages in one GiB of Redis": 1024**2 / each,
        "new sockets a second (two processes)": costs.accepted_per_second,
    }
    lines = [f"| {name} | {_round(value)} |" for name, value in rows.items()]
    return "\n".join(["| of one core or GiB, full | |", "|---|---:|", *lines, ""])


def _sizes(costs: Costs, load: Load, limits: Limits) -> str:
    lines = [
        "| students on line | sockets | messages/s | processes | their GiB | Redis servers | their GiB |",
        "|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for students in SIZES:
        need = needed(students, costs, load)
        many = need.processes(limits)
        gib = need.server_gib + many * costs.process_mib / 1024
        lines.append(
            f"| {students:,} | {need.sockets:,} | {need.messages_per_second:,.0f} | {many:,} | {gib:,.1f} | "
            f"{need.shards(limits)} | {need.redis_gib:,.2f} |"
        )
    return "\n".join([*lines, ""])


def _first(costs: Costs, load: Load, limits: Limits) -> str:
    usual = reach(costs, load, limits, processes=PROCESSES)
    lively = reach(costs, _lively(load), limits, processes=PROCESSES)
    head = (
        f"| of {PROCESSES} processes and one Redis is full | at students on line | four times as talkative |"
    )
    order = sorted(usual, key=usual.__getitem__)
    lines = [
        head,
        "|---|---:|---:|",
        *(f"| {part} | {_round(usual[part])} | {_round(lively[part])} |" for part in order),
    ]
    uneven = ", ".join(f"{shards}: {unevenness(shards):.2f}" for shards in (2, 3, 4, 6, 8, 16))
    return "\n".join(
        [
            *lines,
            "",
            f"The fullest master of a Cluster has, of its fair share of the buckets, by masters: {uneven}.",
            "",
        ]
    )


def _lively(load: Load) -> Load:
    return msgspec.structs.replace(load, messages_per_minute=load.messages_per_minute * 4)


def _round(value: float) -> str:
    digits = max(0, len(str(int(value))) - 2)
    return f"{round(value, -digits):,.0f}"


def plot(told: Measured) -> str:
    """How full each part of one cell is, by students on line, in colours for light and dark ground."""
    costs, load, limits = told.costs, Load(), Limits()
    reaches = reach(costs, load, limits, processes=PROCESSES)
    step = 10 ** (len(str(min(reaches.values()))) - 1)
    most = ceil(2.4 * min(reaches.values()) / step / 4) * step * 4
    left, top, width, height = 70, 40, 420, 230
    title = f"One cell: {PROCESSES} processes and one Redis. How full is each part?"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 330" width="760" height="330" role="img" '
        f'aria-label="{title}" font-family="system-ui, sans-serif" font-size="13" fill="#6b7280">'
        f'<title>{title}</title><text x="8" y="20" font-weight="600">{title}</text>'
    )
    parts = [head, *_grid(most, left, top, width, height)]
    empty, full = (
        fullness(needed(students, costs, load), costs, limits, processes=PROCESSES, shards=1)
        for students in (0, most)
    )
    for number, (part, until) in enumerate(sorted(reaches.items(), key=lambda one: one[1])):
        start, rise = empty[part], full[part] - empty[part]
        share = min(1.0, (1.2 - start) / rise)
        end = start + rise * share
        colour = _COLOURS[number]
        parts.append(
            f'<line x1="{left}" y1="{top + height - height * start / 1.2:.1f}" '
            f'x2="{left + width * share:.1f}" y2="{top + height - height * end / 1.2:.1f}" '
            f'stroke="{colour}" stroke-width="2.5"/>'
            f'<text x="{left + width + 20}" y="{top + 20 + 22 * number}" fill="{colour}">'
            f"{part}: {_round(until)}</text>"
        )
    return "".join([*parts, "</svg>\n"])


def _grid(most: float, left: int, top: int, width: int, height: int) -> list[str]:
    lines = []
    for tenth in range(0, 13, 2):
        y = top + height - height * tenth / 12
        dash = "" if tenth in {0, 10} else ' stroke-dasharray="2 4"'
        lines.append(
            f'<line x1="{left}" y1="{y:.1f}" x2="{left + width}" y2="{y:.1f}" stroke="#9ca3af"{dash}/>'
            f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{tenth * 10} %</text>'
        )
    for quarter in range(5):
        x = left + width * quarter / 4
        lines.append(
            f'<text x="{x:.1f}" y="{top + height + 20}" text-anchor="middle">{most * quarter / 4:,.0f}</text>'
        )
    lines.append(
        f'<text x="{left + width / 2}" y="{top + height + 44}" text-anchor="middle">students on line</text>'
    )
    return lines


def main() -> None:
    told = measured()
    if len(sys.argv) > 1:
        told = benched(msgspec.json.decode(Path(sys.argv[1]).read_bytes()), told)
        COSTS.write_bytes(msgspec.json.format(msgspec.json.encode(told)) + b"\n")
    page = DEPLOY / "README.md"
    page.write_text(rewritten(page.read_text(encoding="utf-8"), told), encoding="utf-8")
    (DEPLOY / "capacity.svg").write_text(plot(told), encoding="utf-8")


if __name__ == "__main__":
    main()
