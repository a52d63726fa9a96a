"""What one script is asked for many conversations at once.

To ask a script for one conversation at a time costs Redis and this process more than what the script does.
So what comes up in one turn of the event loop, or within a short while, is asked together: in one command for
each part of Redis that one script may be about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from chat.broker.line import Answer, Done, Line
from chat.broker.shards import Shards

MOST_AT_ONCE: Final = 100
"""How many conversations one script is asked about at most, so that it does not keep Redis from others."""

Argument = str | bytes | int


@dataclass(slots=True)
class _Asking:
    line: Line
    keys: list[str] = field(default_factory=list)
    arguments: list[Argument] = field(default_factory=list)
    dones: list[Done] = field(default_factory=list)


class Together:
    """Collects entries for one script and asks it once for those that can be asked together.

    Every entry adds as many keys and arguments as any other, in their order, and gets its own element of the
    script's answer; all of them get the exception of a command that came to nothing. Entries of one
    conversation keep their order. `wait` is for how many seconds they may wait for others; 0 is this turn.
    """

    def __init__(
        self,
        shards: Shards,
        script: bytes,
        head: Callable[[Line], Sequence[Argument]],
        failed: Callable[[Exception], None],
        *,
        wait: float = 0.0,
    ) -> None:
        """`script` is its hash; `head` answers what it is told once, before the arguments of the entries.

        `failed` hears of every command that came to nothing, once.
        """
        self._shards = shards
        self._script = script
        self._head = head
        self._failed = failed
        self._wait = wait
        self._asking: dict[str, _Asking] = {}

    def add(self, tag: str, keys: Sequence[str], arguments: Sequence[Argument], done: Done) -> None:
        """Adds an entry about keys with this hash tag; `done` gets its answer."""
        part = self._shards.part(tag)
        asking = self._asking.get(part)
        is_new = asking is None
        if asking is None:
            asking = self._asking[part] = _Asking(self._shards.of(tag))
        asking.keys += keys
        asking.arguments += arguments
        asking.dones.append(done)
        if len(asking.dones) >= MOST_AT_ONCE:
            self._ask(part, asking)
        elif is_new and self._wait:
            asyncio.get_running_loop().call_later(self._wait, self._ask, part, asking)
        elif is_new:
            asking.line.late(partial(self._ask, part, asking))

    def hurry(self, tag: str) -> None:
        """Asks at once what waits with this hash tag: what the caller asks next comes after it."""
        part = self._shards.part(tag)
        if (asking := self._asking.get(part)) is not None:
            self._ask(part, asking)

    def _ask(self, part: str, asking: _Asking) -> None:
        if self._asking.get(part) is not asking:
            return  # it was full, or in a hurry, before its time
        del self._asking[part]
        asking.line.ask(
            partial(self._answered, asking.dones),
            b"EVALSHA",
            self._script,
            len(asking.keys),
            *asking.keys,
            *self._head(asking.line),
            *asking.arguments,
        )

    def _answered(self, dones: Sequence[Done], answer: Answer) -> None:
        answers = answer
        if isinstance(answer, Exception):
            self._failed(answer)
            answers = [answer] * len(dones)
        for done, own in zip(dones, answers, strict=True):
            try:
                done(own)
            except Exception as error:  # noqa: BLE001 - one conversation that breaks must not deafen the others
                context = {"message": "an answer of Redis could not be taken in", "exception": error}
                asyncio.get_running_loop().call_exception_handler(context)
