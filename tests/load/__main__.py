"""`make bench`: Warmline beside what others would pick, in one run, all of it sent to 127.0.0.1."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.load import report, surroundings
from tests.load.parties import standing
from tests.load.profile import watching
from tests.load.surroundings import ROOT, Surroundings

HERE: Final = Path(__file__).parent
MAIN: Final = ("warmline", "socketio_sharded", "ws_ioredis", "naive_starlette")
SIDE: Final = ("django_channels",)
FLOORS: Final = ("python_socketio", "websockets_echo", "nats")
DESKS: Final = 100
BALLAST: Final = 9000
"""Sockets that fill what Warmline's processes hold free since they have built their screens."""
GENERATOR: Final = (sys.executable, "-m", "tests.load.generator")

Step = dict[str, Any]
Answers = dict[str, dict[str, list[dict[str, Any]]]]


def steps(party: str, *, quick: bool, pairs: int) -> list[Step]:
    """What one visit to a party is made of."""
    rates = [1000] if quick or party not in MAIN else [500, 1000, 2000, 5000]
    seconds = 1.5 if quick else 2.0
    idle: list[Step] = [
        {
            "do": "idle",
            "name": "greeted",
            "connections": 2000,
            "seconds": 1.0,
            "kind": "greeted" if party == "warmline" else "",
            "ballast": BALLAST if party == "warmline" else 0,
        }
    ]
    return [
        *(idle if party in MAIN or not quick else []),
        {"do": "pairs", "name": "pairs", "pairs": pairs},
        {"do": "flat_out", "name": "flat_out", "seconds": seconds},
        *({"do": "talk", "name": f"talk_{rate}", "rate": rate, "seconds": seconds} for rate in rates),
    ]


def alone(*, quick: bool) -> list[tuple[str, list[Step]]]:
    """What only Warmline does: each with servers and a Redis of its own."""
    seekers, back = (2000, 1000) if quick else (10_000, 5000)
    return [
        (
            f"{seekers:,} seekers in line",
            [
                {
                    "do": "idle",
                    "name": "in_line",
                    "connections": seekers,
                    "seconds": 3.0,
                    "kind": "in_line",
                    "ballast": BALLAST,
                }
            ],
        ),
        (
            "joins, at 200 a second",
            [{"do": "joins", "name": "joins", "seekers": 600, "desks": DESKS, "rate": 200}],
        ),
        ("1,000 joins at once", [{"do": "pairings", "name": "pairings", "seekers": 1000, "desks": DESKS}]),
        (f"{back:,} come back after a killed process", [{"do": "storm", "name": "storm", "clients": back}]),
    ]


async def inside() -> dict[str, Any]:
    """What the parts cost, measured in a process of its own."""
    measuring = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.load.inside", stdout=subprocess.PIPE, cwd=ROOT
    )
    try:
        told, _ = await measuring.communicate()
    finally:
        if measuring.returncode is None:
            measuring.kill()
            await measuring.wait()
    answers: dict[str, Any] = json.loads(told) if told else {}
    return answers


async def visit(
    party: str,
    work: Sequence[Step],
    home: Surroundings,
    *,
    supporters: int = 0,
    profiled: bool = False,
    **settings: str,
) -> dict[str, Any]:
    """Starts a party, lets a generator of its own carry the steps out, and ends both."""
    async with standing(party, home, supporters=supporters, **settings) as up:
        job = {
            "party": party,
            "urls": list(up.urls),
            "servers": list(up.servers),
            "redis": list(up.redis),
            "valkey": up.valkey,
            "cookies": list(up.cookies),
            "steps": list(work),
        }
        async with watching(up.servers if profiled else ()) as table:
            told = await _generated(job)
    answers: dict[str, Any] = json.loads(told) if told else {"pairs": {"failed": "the generator ended"}}
    return answers | {"profile": {"functions": table}} if profiled else answers


async def _generated(job: dict[str, Any]) -> bytes:
    generator = await asyncio.create_subprocess_exec(
        *GENERATOR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, limit=2**24
    )
    try:
        told, _ = await generator.communicate(json.dumps(job).encode() + b"\n")
    finally:
        if generator.returncode is None:
            generator.kill()
            await generator.wait()
    return told


def say(line: str) -> None:
    sys.stderr.write(f"bench: {line}\n")
    sys.stderr.flush()


async def run(*, quick: bool, rounds: int, pairs: int, only: Sequence[str]) -> Answers:
    """Every party once in each round, A B C A B C, so that what else the machine does meets all alike."""
    home = surroundings.make()
    parties = [*MAIN, *SIDE, *(() if quick else FLOORS)]
    if home.nats is None and "nats" in parties:
        parties.remove("nats")
        say("no server of NATS for this machine in the registry: left out")
    parties = [party for party in parties if not only or party in only]
    answers: Answers = {}
    started = time.monotonic()
    for number in range(rounds):
        for party in parties:
            say(f"{time.monotonic() - started:4.0f} s  round {number + 1} of {rounds}: {party}")
            told = await visit(
                party,
                steps(party, quick=quick, pairs=pairs),
                home,
                supporters=pairs if party == "warmline" else 0,
            )
            for step, answer in told.items():
                answers.setdefault(party, {}).setdefault(step, []).append(answer)
                if "failed" in answer:
                    say(f"       {party} {step}: {answer['failed']}")
                elif answer.get("void"):
                    say(f"       {party} {step}: void, the generator was the limit")
    if not only or "warmline" in only:
        for title, work in alone(quick=quick):
            say(f"{time.monotonic() - started:4.0f} s  {title}")
            for step, answer in (await visit("warmline", work, home, supporters=DESKS)).items():
                answers.setdefault("warmline", {}).setdefault(step, []).append(answer)
                if "failed" in answer:
                    say(f"       {step}: {answer['failed']}")
        say(f"{time.monotonic() - started:4.0f} s  where the time goes")
        work = [
            {"do": "pairs", "name": "profiled_pairs", "pairs": min(pairs, 100)},
            {"do": "flat_out", "name": "profiled", "seconds": 8.0},
        ]
        told = await visit("warmline", work, home, supporters=100, profiled=True)
        answers.setdefault("warmline", {})["profile"] = [told["profile"]]
        say(f"{time.monotonic() - started:4.0f} s  screening, sealing, a conversation that grows")
        for step, answer in (await inside()).items():
            answers.setdefault("warmline", {})[step] = [answer]
    say(f"{time.monotonic() - started:4.0f} s  done")
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer parties and rates; under four minutes")
    parser.add_argument(
        "--out", type=Path, help="where to write the JSON; else the tables of this folder are renewed"
    )
    parser.add_argument("--rounds", type=int, default=3, choices=range(1, 10))
    parser.add_argument("--pairs", type=int, default=500, choices=range(2, 1001), metavar="2-1000")
    parser.add_argument("--only", nargs="*", default=[], metavar="PARTY", help="only these parties")
    given = parser.parse_args()
    about = report.machine()
    try:
        answers = asyncio.run(_until_told(given))
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("stopped; everything that was started is ended")
        sys.exit(130)
    if given.out is not None:
        given.out.write_text(json.dumps(report.as_json(answers, about), indent=1) + "\n", encoding="utf-8")
    else:
        report.write(answers, about, HERE / "results")
    sys.stdout.write(report.as_markdown(answers, about))


async def _until_told(given: argparse.Namespace) -> Answers:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await run(quick=given.quick, rounds=given.rounds, pairs=given.pairs, only=given.only)


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
