"""What a message costs inside of Warmline: screening and sealing apart, and a conversation that grows.

These run the parts themselves, in this process: over sockets a conversation of 10,000 messages would take a
quarter of an hour, because people are not let talk faster.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, Final

import uvloop

from chat import conversation as pure
from chat.room import Room
from chat.sealing import Key
from chat.watch import Watch
from chat.words import Words
from moderation.profanity import Masker
from moderation.screening import HISTORY, Screen
from tests.load.meter import cpu
from tests.load.sentences import SENTENCES
from tests.support.peers import Chair, peer, ring
from tests.support.valkey import Valkey

SHORT: Final = 100
LONG: Final = 10_000
STRETCH: Final = 1000
"""Messages over which the cost is measured, from each of the two lengths."""
_REPEATS: Final = 40


class _Author(Chair):
    """A seat that only counts what was acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.acked = 0
        self.news = asyncio.Event()

    def send(self, data: bytes) -> None:
        if data.startswith(b'{"type":"ack"'):
            self.acked += 1
            self.news.set()


class _Listener(Chair):
    """A seat that looks at nothing."""

    def send(self, data: bytes) -> None: ...


def main() -> None:
    sys.stdout.write(json.dumps(uvloop.run(_all())) + "\n")


async def _all() -> dict[str, Any]:
    return {"costs": costs(), "growth": await growth()}


def costs() -> dict[str, float]:
    """Microseconds a message of screening, of masking, and of sealing and opening."""
    watch = Watch(Screen.load(), Masker(), lambda _error: None, lambda _seconds: None)
    words = [Words(sentence) for sentence in SENTENCES]
    history = (words * 2)[:HISTORY]
    asked = words[1]
    key = Key.new()
    about = b"conversation seeker 1"

    def seal(said: Words) -> None:
        key.open(key.seal(said.reveal().encode(), about), about)

    return {
        "screening_us": _each(words, lambda said: watch.look(said, history, asked)),
        "masking_us": _each(words, watch.masked),
        "sealing_us": _each(words, seal),
    }


def _each(words: list[Words], work: Callable[[Words], object]) -> float:
    for said in words:
        work(said)
    start = time.process_time()
    for _ in range(_REPEATS):
        for said in words:
            work(said)
    return (time.process_time() - start) * 1e6 / _REPEATS / len(words)


async def growth() -> dict[str, float]:
    """Microseconds a message, rooms of two processes and Redis together, in a short and in a long talk."""
    shared = ring()
    with Valkey() as valkey:
        async with AsyncExitStack() as stack:
            here = await stack.enter_async_context(peer(valkey.url, "here", shared))
            there = await stack.enter_async_context(peer(valkey.url, "there", shared))
            seeker, supporter = _Author(), _Listener()
            first = here.hub.empty_room("growing")
            await first.create(pure.Open("campus", "Calm Lake 3"))
            first.take("seeker", seeker)
            second = await there.hub.room("growing")
            await second.move(pure.Pair("ada"))
            await second.sit("s1", supporter, None)
            assert valkey.pid is not None
            said = await _talk(first, seeker, 0, SHORT)
            short = await _measured(first, seeker, said, valkey.pid)
            said = await _talk(first, seeker, said + STRETCH, LONG - SHORT - STRETCH)
            long = await _measured(first, seeker, said, valkey.pid)
    return {"short_us": short, "long_us": long, "ratio": long / short}


async def _measured(room: Room, seat: _Author, said: int, redis: int) -> float:
    start = time.process_time() + cpu(redis)
    await _talk(room, seat, said, STRETCH)
    return (time.process_time() + cpu(redis) - start) * 1e6 / STRETCH


async def _talk(room: Room, seat: _Author, said: int, messages: int) -> int:
    """Says so many more, a few at a time; answers how many were said by then."""
    for n in range(said + 1, said + messages + 1):
        room.say(seat, "seeker", n, Words(SENTENCES[n % len(SENTENCES)]))
        if n % 20 == 0 or n == said + messages:
            while seat.acked < n:
                seat.news.clear()
                await seat.news.wait()
    return said + messages


if __name__ == "__main__":
    main()
