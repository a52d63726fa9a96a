"""The load generator: a process that is told one job on standard input and answers one line of JSON.

A job names a party, where its servers are, which processes cost is counted of, and the steps to carry out one
after the other. It reports of itself how busy it was and how late it ran.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from typing import Any, Final

import uvloop

from tests.load import arrivals, steps
from tests.load.meter import Meter
from tests.load.steps import Arena

LONGEST: Final = 240.0
"""Seconds after which a job ends whatever it does."""


def main() -> None:
    job = json.loads(sys.stdin.readline())
    sys.stdout.write(json.dumps(uvloop.run(asyncio.wait_for(_work(job), LONGEST))) + "\n")


async def _work(job: dict[str, Any]) -> dict[str, Any]:
    arena = Arena(
        party=job["party"],
        urls=job["urls"],
        cookies=job.get("cookies", []),
        meter=Meter(job["servers"], job["redis"]),
        servers=job["servers"],
        valkey=job["valkey"],
    )
    gc.disable()
    answers: dict[str, Any] = {}
    for step in job["steps"]:
        do = step.pop("do")
        work = getattr(arrivals, do, None) or getattr(steps, do)
        name = step.pop("name")
        try:
            answers[name] = await work(arena, **step)
        except (OSError, TimeoutError) as failure:
            answers[name] = {"failed": str(failure) or type(failure).__name__}
            arena.ledger.lost_connections = 0
            if name == "pairs":
                break
    return answers


if __name__ == "__main__":
    main()
