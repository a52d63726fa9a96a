"""Where the time of a server goes: py-spy looks at it from outside while people talk."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

from tests.load.surroundings import HOME

_PER_SECOND: Final = 250
_ROWS: Final = 25
_WITHIN: Final = 20.0
"""Seconds that py-spy may take to write what it saw."""


@contextlib.asynccontextmanager
async def watching(pids: Sequence[int]) -> AsyncIterator[list[dict[str, Any]]]:
    """Fills the table with what the first process did; a flame graph of the second goes to `.bench`.

    Only threads that hold the interpreter's lock count. Without the right to look into processes, as in some
    containers, the table stays empty.
    """
    table: list[dict[str, Any]] = []
    stacks = HOME / "stacks.txt"
    stacks.unlink(missing_ok=True)
    watchers = [
        await asyncio.create_subprocess_exec(
            str(HOME / "venv" / "bin" / "py-spy"),
            *("record", "--gil", "--duration", "600", "--rate", str(_PER_SECOND)),
            *("--format", form, "--output", str(where), "--pid", str(pid)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for pid, form, where in zip(pids, ("raw", "flamegraph"), (stacks, HOME / "flame.svg"), strict=False)
    ]
    try:
        yield table
    finally:
        for watcher in watchers:
            with contextlib.suppress(ProcessLookupError):
                watcher.send_signal(signal.SIGINT)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WITHIN):
                await asyncio.gather(*(watcher.wait() for watcher in watchers))
        for watcher in watchers:
            if watcher.returncode is None:
                watcher.kill()
        table += await asyncio.to_thread(shares, stacks)


def shares(stacks: Path) -> list[dict[str, Any]]:
    """From collapsed stacks to functions by the share of samples: on top, and with what they called."""
    if not stacks.exists():
        return []
    total, own, whole = 0, Counter[str](), Counter[str]()
    for row in stacks.read_text(encoding="utf-8").splitlines():
        stack, _, times = row.rpartition(" ")
        frames = [frame.rpartition(":")[0] + ")" for frame in stack.split(";")]
        total += int(times)
        own[frames[-1]] += int(times)
        for frame in set(frames):
            whole[frame] += int(times)
    ours = [name for name, _ in whole.most_common() if "(chat/" in name or "(moderation/" in name]
    return [
        {"function": name, "own": own[name] / total, "whole": whole[name] / total} for name in ours[:_ROWS]
    ]
