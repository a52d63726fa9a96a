"""Hands what waited to the store: several subjects at the same time, each in its own order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from moderation.framing import Entry

_AT_ONCE = 4
"""Subjects: a store far away is not waited for one by one, and one that is just back is not overrun."""

_MOST_FAILURES = 3

Sink = Callable[[Entry], Awaitable[None]]


@dataclass(slots=True)
class Handed:
    """What became of the entries: the places of those that were taken, and why others were not."""

    taken: list[int] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)


async def hand(entries: Sequence[Entry], sink: Sink[Entry], subject: Callable[[Entry], str]) -> Handed:
    """Gives each entry to `sink`. Those about one `subject` keep their order: who raised first, opens.

    An entry that the sink refuses, by whatever it raises, does not keep the others back. Several refusals in
    a row mean that the sink is away: the rest is not tried.
    """
    subjects: dict[str, list[int]] = {}
    for place, entry in enumerate(entries):
        subjects.setdefault(subject(entry), []).append(place)
    left = iter(subjects.values())
    handed, in_a_row = Handed(), 0

    async def carry() -> None:
        nonlocal in_a_row
        for places in left:
            for place in places:
                if in_a_row >= _MOST_FAILURES:
                    return
                try:
                    await sink(entries[place])
                except Exception as error:  # noqa: BLE001  # whatever the database did; the caller tells
                    handed.refusals.append(error)
                    in_a_row += 1
                else:
                    handed.taken.append(place)
                    in_a_row = 0

    async with asyncio.TaskGroup() as group:
        for _ in range(min(_AT_ONCE, len(subjects))):
            group.create_task(carry())
    return handed
