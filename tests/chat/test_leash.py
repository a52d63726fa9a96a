"""A process that hangs is ended by the one that started it, and by the kernel where that one is gone."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.leash import Hand
from chat.listening import Listening
from chat.log import Log
from chat.processes import Part, Processes
from chat.restarts import Watched
from chat.settings import Settings
from tests.support.demo import free_port

PATIENCE = 60.0
CHILD = """
import asyncio, signal, sys, time
from chat.leash import Leash

async def live() -> None:
    held = Leash(int(sys.argv[1]))
    held.follow(hung=float(sys.argv[2]))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: None)
    held.ready(stops_within=0.2)
    print("ready", flush=True)
    if sys.argv[3] == "hang":
        await asyncio.sleep(1.5)
        time.sleep(1000)
    await asyncio.sleep(1000)

asyncio.run(live())
"""
"""A process that does not stop when it is told to, and whose loop hangs or turns."""


def child(end: socket.socket, hung: float, what: str) -> list[str]:
    return [sys.executable, "-c", CHILD, str(end.fileno()), str(hung), what]


def test_a_process_that_hangs_and_that_nobody_holds_any_more_is_ended_by_the_kernel() -> None:
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        child(theirs, 0.5, "hang"), pass_fds=(theirs.fileno(),), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    ours.close()
    theirs.close()
    with process.stdout:
        assert process.wait(PATIENCE) == -signal.SIGALRM


def kept(tmp_path: Path, what: str) -> tuple[Processes, io.StringIO]:
    """One process of this kind, kept as `serve` keeps its own."""

    def command(_: Part, __: Sequence[int], end: int) -> Sequence[str]:
        return [sys.executable, "-c", CHILD, str(end), "3.0", what]

    said = io.StringIO()
    environ: Mapping[str, str] = os.environ
    made = Processes(
        command=command,
        listening=Listening(Settings(port=free_port()), 1),
        servers=1,
        workers=0,
        environ=environ,
        metrics=tmp_path,
        hung=3.0,
        told=Log(said),
    )
    return made, said


async def until(said: io.StringIO, line: str, times: int = 1) -> None:
    async with asyncio.timeout(PATIENCE):
        while said.getvalue().count(line) < times:  # noqa: ASYNC110 - what other processes do can only be asked
            await asyncio.sleep(0.05)


async def test_one_that_does_not_stop_in_its_time_is_killed(tmp_path: Path) -> None:
    processes, said = kept(tmp_path, "turn")
    running = asyncio.create_task(processes.run())
    await until(said, "event=ready")
    os.kill(os.getpid(), signal.SIGTERM)
    assert await running == 1
    assert "event=process_killed part=server process=0" in said.getvalue()
    assert "event=process_hung" not in said.getvalue()


async def test_one_whose_loop_does_not_turn_is_ended_and_another_one_started(tmp_path: Path) -> None:
    processes, said = kept(tmp_path, "hang")
    running = asyncio.create_task(processes.run())
    await until(said, "event=process_hung part=server process=0", times=2)
    assert "event=process_lost" in said.getvalue()
    assert "event=process_back" in said.getvalue()
    os.kill(os.getpid(), signal.SIGTERM)
    await running


@given(st.lists(st.integers(1, 5), max_size=6), st.integers(0, 3))
def test_what_is_said_is_understood_in_whatever_pieces_it_comes(cuts: list[int], beats: int) -> None:
    hand, data = Hand(), b"beat\n" * beats + b"ready 12.5\n" + b"beat\n"
    for cut in cuts:
        hand.hear(data[:cut])
        data = data[cut:]
    hand.hear(data)
    assert (hand.beats, hand.stops_within) == (beats + 2, 12.5)


@given(st.integers(1, 20), st.integers(0, 5))
def test_a_process_hangs_after_so_many_looks_in_a_row_without_a_beat(silent: int, beats: int) -> None:
    watched = Watched(silent, 100)
    for number in range(1, beats + 1):
        assert not watched.hangs(number, ready=True)
    looks = [watched.hangs(beats, ready=True) for _ in range(silent)]
    assert looks == [False] * (silent - 1) + [True]
    assert not watched.hangs(beats + 1, ready=True)


@pytest.mark.parametrize("ready", [False, True])
def test_one_that_starts_may_be_busy_for_longer(ready: bool) -> None:  # noqa: FBT001  # the example
    watched = Watched(2, 50)
    assert [watched.hangs(1, ready=ready) for _ in range(4)][-1] is ready
