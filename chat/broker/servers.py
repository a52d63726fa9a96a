"""Every server that an address leads to: the one or the masters, and the replicas that these know.

Each has a name by which an operator finds it and which is no address: the master of some slots, or a replica
of one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from chat.broker.address import Address, Node
from chat.broker.info import read
from chat.broker.line import Line, Refusal, Unavailable, ask_once, found
from chat.broker.shards import Span, spans
from chat.broker.soundness import Seen, look

PATIENCE: Final = 1.0
"""Seconds that one server has to answer one question."""
_AWAY: Final = (OSError, TimeoutError, Unavailable, Refusal)


@dataclass(frozen=True, slots=True)
class Server:
    """One of them. `seen` is what it showed, or None when it could not be asked."""

    name: str
    """Empty where there is only one."""
    is_master: bool
    seen: Seen | None = field(repr=False)


async def servers(address: Address, patience: float) -> list[Server]:
    """Looks at all of them, each for so many seconds; masters first. Raises `Unavailable` where no master is
    known.
    """
    masters = await _masters(address)
    replicas = await asyncio.gather(*(_replicas(node) for _, node in masters))
    named = [
        (f"replica {number} of {name or 'the master'}", False, node)
        for (name, _), nodes in zip(masters, replicas, strict=True)
        for number, node in enumerate(nodes, start=1)
    ]
    several = len(masters) + len(named) > 1
    whole = [((name or "the master") if several else "", True, node) for name, node in masters] + named
    seen = await asyncio.gather(*(_seen(node, patience) for _, _, node in whole))
    return [Server(name, is_master, one) for (name, is_master, _), one in zip(whole, seen, strict=True)]


async def _masters(address: Address) -> list[tuple[str, Node]]:
    if address.kind != "cluster":
        return [("", await found(address))]
    for node in address.nodes:
        with suppress(*_AWAY):
            async with asyncio.timeout(PATIENCE):
                carried = spans(await ask_once(node, b"CLUSTER", b"SLOTS"), node.host)
                ordered = sorted(carried.items(), key=lambda one: one[1])
                return [(_named(slots), address.master.at(*at)) for at, slots in ordered]
    raise Unavailable


def _named(slots: list[Span]) -> str:
    return "the master of slots " + ",".join(f"{first}-{last}" for first, last in slots)


async def _replicas(master: Node) -> list[Node]:
    """As their master tells; none where it does not answer, which is told of the master itself."""
    with suppress(*_AWAY):
        async with asyncio.timeout(PATIENCE):
            told = read(await ask_once(master, b"INFO", b"replication"))
            return [master.at(*at) for at in _listed(told)]
    return []


def _listed(info: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    for name, told in info.items():
        if name.startswith("slave") and name.removeprefix("slave").isdecimal():
            facts = dict(fact.split("=", 1) for fact in told.split(",") if "=" in fact)
            if facts.get("port", "").isdecimal():
                yield facts.get("ip", ""), int(facts["port"])


class _Up:
    """Tells when the line is up."""

    def __init__(self) -> None:
        self.event = asyncio.Event()

    async def up(self, line: Line) -> None:
        del line
        self.event.set()

    def down(self, line: Line) -> None:
        del line


async def _seen(node: Node, patience: float) -> Seen | None:
    up = _Up()
    line = Line(node, up)
    running = asyncio.create_task(line.run())
    try:
        async with asyncio.timeout(patience):
            await up.event.wait()
            return await look(line, node)
    except (TimeoutError, Unavailable):
        return None
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
