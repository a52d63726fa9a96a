from __future__ import annotations

import asyncio
import errno
import os
import resource
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.alerts import SEVERITIES
from moderation.framing import DONE
from moderation.sighting import SIGHTINGS, Sighting
from moderation.spool import Spool, SpoolFailed


def sighting(count: int, conversation: str = "c") -> Sighting:
    key = f"{conversation}/seeker/{count}"
    return Sighting(key, conversation, "north", "self_harm", "crisis", "screening", float(count))


def read(content: bytes) -> list[Sighting]:
    return [entry for _, entry in SIGHTINGS.frames(content)]


class Sink:
    """Takes entries, except those whose key it refuses."""

    def __init__(self, *refuses: str) -> None:
        self.refuses = set(refuses)
        self.taken: list[str] = []

    async def __call__(self, entry: Sighting) -> None:
        if entry.key in self.refuses:
            raise ConnectionError
        self.taken.append(entry.key)


words = st.text(min_size=1, max_size=20)
sightings = st.builds(
    Sighting,
    key=words,
    conversation=words,
    campus=words,
    category=words,
    severity=st.sampled_from(SEVERITIES),
    source=st.sampled_from(["screening", "seeker", "supporter"]),
    at=st.floats(allow_nan=False, allow_infinity=False),
)


@given(st.lists(sightings, max_size=5))
def test_what_was_framed_is_read_again(entries: list[Sighting]) -> None:
    assert read(b"".join(map(SIGHTINGS.frame, entries))) == entries


@given(st.lists(sightings, min_size=1, max_size=5), st.data())
def test_a_torn_tail_takes_nothing_else_with_it(entries: list[Sighting], data: st.DataObject) -> None:
    whole = b"".join(map(SIGHTINGS.frame, entries))
    last = len(SIGHTINGS.frame(entries[-1]))
    cut = data.draw(st.integers(min_value=1, max_value=last))
    assert read(whole[:-cut]) == entries[:-1]


@given(st.lists(sightings, min_size=2, max_size=5), st.data())
def test_a_torn_frame_in_the_middle_takes_no_other_with_it(
    entries: list[Sighting], data: st.DataObject
) -> None:
    torn = SIGHTINGS.frame(entries[0])
    cut = data.draw(st.integers(min_value=1, max_value=len(torn)))
    content = torn[:-cut] + b"".join(map(SIGHTINGS.frame, entries[1:]))
    assert read(content)[-len(entries[1:]) :] == entries[1:]


@given(sightings, st.data())
def test_a_flipped_bit_is_never_read_as_something_else(entry: Sighting, data: st.DataObject) -> None:
    content = bytearray(SIGHTINGS.frame(entry))
    place = data.draw(st.integers(min_value=0, max_value=len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(min_value=0, max_value=7))
    assert read(bytes(content)) == []


@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_reader(content: bytes) -> None:
    assert read(b"WLa1" + content) == []


@given(st.lists(sightings, min_size=1, max_size=5), st.data())
def test_a_frame_that_was_taken_is_not_read_again_and_takes_no_other_with_it(
    entries: list[Sighting], data: st.DataObject
) -> None:
    content = bytearray(b"".join(map(SIGHTINGS.frame, entries)))
    places = [place for place, _ in SIGHTINGS.frames(bytes(content))]
    taken = data.draw(st.sets(st.sampled_from(range(len(entries)))))
    for number in taken:
        content[places[number] : places[number] + len(DONE)] = DONE
    assert read(bytes(content)) == [entry for n, entry in enumerate(entries) if n not in taken]


async def test_what_was_appended_is_handed_over_once(tmp_path: Path) -> None:
    spool, sink = Spool(tmp_path, SIGHTINGS), Sink()
    for count in range(3):
        await spool.append(sighting(count))
    assert await spool.waiting() > 0
    assert await spool.drain(sink) == 3
    assert await spool.drain(sink) == 0
    await spool.append(sighting(3))
    assert await spool.drain(sink) == 1
    assert sink.taken == [f"c/seeker/{count}" for count in range(4)]
    assert await spool.waiting() == 0
    spool.close()


async def test_a_refused_entry_stays_and_keeps_no_other_back(tmp_path: Path) -> None:
    spool, sink = Spool(tmp_path, SIGHTINGS), Sink("c/seeker/1")
    for count in range(3):
        await spool.append(sighting(count))
    with pytest.raises(ConnectionError):
        await spool.drain(sink)
    assert sink.taken == ["c/seeker/0", "c/seeker/2"]
    sink.refuses.clear()
    await spool.append(sighting(3))
    assert await spool.drain(sink) == 2
    assert sink.taken == [f"c/seeker/{count}" for count in (0, 2, 1, 3)]
    assert await spool.waiting() == 0
    await spool.append(sighting(4))
    assert await spool.waiting() == len(SIGHTINGS.frame(sighting(4)))
    assert await spool.drain(sink) == 1
    spool.close()


async def test_what_was_taken_of_a_dead_process_file_is_not_handed_to_the_next_one(tmp_path: Path) -> None:
    dead, one, two = (Spool(tmp_path, SIGHTINGS) for _ in range(3))
    for count in range(3):
        await dead.append(sighting(count))
    dead.close()
    sink = Sink("c/seeker/1")
    with pytest.raises(ConnectionError):
        await one.drain(sink)
    sink.refuses.clear()
    assert await two.drain(sink) == 1
    assert sink.taken == ["c/seeker/0", "c/seeker/2", "c/seeker/1"]
    assert await two.waiting() == 0
    one.close()
    two.close()


async def test_conversations_are_handed_over_side_by_side_and_each_in_its_order(tmp_path: Path) -> None:
    """Nothing of the second conversation waits for the first one, whose sink hangs."""
    spool, taken, held = Spool(tmp_path, SIGHTINGS), list[str](), asyncio.Event()

    async def sink(entry: Sighting) -> None:
        if entry.conversation == "slow":
            await held.wait()
        taken.append(entry.key)
        if entry.key == "quick/seeker/1":
            held.set()

    for count in range(2):
        await spool.append(sighting(count, "slow"))
        await spool.append(sighting(count, "quick"))
    assert await spool.drain(sink) == 4
    assert taken == [f"{name}/seeker/{count}" for name in ("quick", "slow") for count in range(2)]
    spool.close()


async def test_a_sink_that_is_away_is_not_tried_for_every_entry(tmp_path: Path) -> None:
    spool, tried = Spool(tmp_path, SIGHTINGS), list[str]()

    async def away(entry: Sighting) -> None:
        tried.append(entry.key)
        raise ConnectionError

    for count in range(9):
        await spool.append(sighting(count))
    with pytest.raises(ConnectionError):
        await spool.drain(away)
    assert len(tried) == 3
    spool.close()


async def test_what_is_appended_during_a_drain_is_not_forgotten(tmp_path: Path) -> None:
    spool, taken = Spool(tmp_path, SIGHTINGS), list[str]()

    async def and_another(entry: Sighting) -> None:
        taken.append(entry.key)
        if entry.key == "c/seeker/0":
            await spool.append(sighting(1))

    await spool.append(sighting(0))
    await spool.drain(and_another)
    await spool.drain(and_another)
    assert taken == ["c/seeker/0", "c/seeker/1"]
    spool.close()


async def test_a_living_process_keeps_its_file_and_a_dead_ones_is_taken_over_once(tmp_path: Path) -> None:
    """The other process appends and is killed with -9 while it holds its file."""
    script = (
        "import asyncio, sys, time\n"
        "from pathlib import Path\n"
        "from moderation.sighting import SIGHTINGS, Sighting\n"
        "from moderation.spool import Spool\n"
        "async def main():\n"
        "    spool = Spool(Path(sys.argv[1]), SIGHTINGS)\n"
        "    await spool.append(Sighting('k', 'c', 'north', 'self_harm', 'crisis', 'seeker', 1.0))\n"
        "    print('written', flush=True)\n"
        "    sys.stdin.read()\n"
        "asyncio.run(main())\n"
    )
    other = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        str(tmp_path),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert other.stdout is not None
    assert await other.stdout.readline() == b"written\n"
    one, two, sink = Spool(tmp_path, SIGHTINGS), Spool(tmp_path, SIGHTINGS), Sink()
    assert await one.drain(sink) == 0
    other.kill()
    await other.communicate()
    assert await one.drain(sink) + await two.drain(sink) == 1
    assert sink.taken == ["k"]
    assert os.listdir(tmp_path) == []  # noqa: PTH208  # a path object may not be asked in a coroutine
    one.close()
    two.close()


async def test_a_spool_that_is_closed_leaves_its_file_to_others(tmp_path: Path) -> None:
    one, two, sink = Spool(tmp_path, SIGHTINGS), Spool(tmp_path, SIGHTINGS), Sink()
    await one.append(sighting(1))
    one.close()
    assert await two.drain(sink) == 1
    two.close()


async def test_a_drain_that_is_cancelled_leaves_what_it_took_over_to_the_next_one(tmp_path: Path) -> None:
    """A file of the dead that stayed locked would be nobody's until this process ends, too."""
    dead, one, sink, handed = Spool(tmp_path, SIGHTINGS), Spool(tmp_path, SIGHTINGS), Sink(), asyncio.Event()

    async def hangs(_: Sighting) -> None:
        handed.set()
        await asyncio.Event().wait()

    await dead.append(sighting(1))
    dead.close()
    draining = asyncio.create_task(one.drain(hangs))
    await handed.wait()
    draining.cancel()
    with pytest.raises(asyncio.CancelledError):
        await draining
    assert await one.drain(sink) == 1
    one.close()


async def test_a_file_that_may_not_be_read_keeps_no_other_back(tmp_path: Path) -> None:
    dead, one, sink = Spool(tmp_path, SIGHTINGS), Spool(tmp_path, SIGHTINGS), Sink()
    await dead.append(sighting(1))
    dead.close()
    (tmp_path / "0.spool").mkdir()
    assert await one.drain(sink) == 1
    one.close()


async def test_a_full_disk_is_said_and_what_follows_is_still_kept(tmp_path: Path) -> None:
    """The limit on the size of files stands in for the disk; a frame is torn in its middle by it."""
    spool, sink = Spool(tmp_path, SIGHTINGS), Sink()
    await spool.append(sighting(0))
    size = await spool.waiting()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + size // 2, hard))
    try:
        with pytest.raises(SpoolFailed, match=os.strerror(errno.EFBIG)):
            await spool.append(sighting(1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    await spool.append(sighting(2))
    await spool.drain(sink)
    assert sorted(sink.taken) == ["c/seeker/0", "c/seeker/2"]
    assert await spool.waiting() == 0
    spool.close()


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    spool = Spool(tmp_path / "spool", SIGHTINGS)
    with pytest.raises(SpoolFailed):
        await spool.append(sighting(0))
    spool.close()


async def test_a_device_that_fails_is_said(tmp_path: Path) -> None:
    """`/dev/full` answers every write as a full disk does."""
    spool = Spool(tmp_path, SIGHTINGS)
    await spool.append(sighting(0))
    assert spool._file is not None
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, spool._file._handle)
    os.close(full)
    with pytest.raises(SpoolFailed, match=os.strerror(errno.ENOSPC)):
        await spool.append(sighting(1))
    await spool.append(sighting(2))
    spool._spoilt.clear()
    spool.close()
