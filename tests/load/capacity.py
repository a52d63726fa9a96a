"""What students on line cost, and which part is full first: arithmetic and dice, no clock, no network.

`needed` carries measured costs of one message and one socket to a whole load. `thrown` throws the dice that
the arithmetic leaves out (campuses of unlike sizes, buckets that hash unevenly, sockets that fall by lot) and
answers how full the fullest part of each kind is. `tests/load/sizing.py` writes what comes of it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final
from zlib import crc32

import msgspec

BUCKETS: Final = 64
"""Hash tags over which the conversations of one Redis, or one Cluster, spread."""
SLOTS: Final = 16_384


class Costs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Costs of one message, socket and conversation. Every one was measured; the file says how."""

    server_us_per_message: float
    """Processor time of the serving processes for one message, delivered and acknowledged, in µs."""
    redis_us_per_message: float
    server_kib_per_socket: float
    """Memory of a serving process for one seeker who is connected, with all that belongs to them."""
    server_us_per_socket_second: float
    """Processor time for one second of a socket that says nothing: keep-alive, looks, deadlines."""
    redis_kib_per_conversation: float
    redis_bytes_per_message: float
    accepted_per_second: float
    """New sockets that two processes took in each second."""
    process_mib: float
    """Memory of a serving process that serves nobody."""


class Load(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people do. These are assumptions, and named as such; change them and run it again."""

    talking: float = 0.5
    """Share of the students on line who are in a conversation."""
    messages_per_minute: float = 4.0
    """Messages of both sides in one conversation."""
    length: float = 60.0
    """Messages of a conversation until it ends, of which half are there on average."""
    per_supporter: float = 3.0
    """Conversations that one supporter holds at once."""
    peak: float = 2.0
    """How much livelier the liveliest minute is than the average one."""


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How full a part may be before it counts as full, and how large parts are cut."""

    processor: float = 0.6
    sockets: int = 6_000
    """Sockets of a process by plan, of the 10,000 that it takes."""
    redis_gib: float = 4.0


@dataclass(frozen=True, slots=True)
class Need:
    """What a load needs, on average."""

    students: int
    sockets: int
    conversations: int
    messages_per_second: float
    server_cores: float
    server_gib: float
    redis_cores: float
    redis_gib: float

    def processes(self, limits: Limits) -> int:
        """Serving processes, one core each: as many as the processor or the sockets ask for."""
        return max(2, ceil(self.server_cores / limits.processor), ceil(self.sockets / limits.sockets))

    def shards(self, limits: Limits) -> int:
        """Redis servers: each answers with one core."""
        return max(1, ceil(self.redis_cores / limits.processor), ceil(self.redis_gib / limits.redis_gib))


def needed(students: int, costs: Costs, load: Load) -> Need:
    """What so many students on line need, in the liveliest minute, if everything spreads evenly."""
    conversations = students * load.talking
    sockets = students + conversations / load.per_supporter
    rate = conversations * load.messages_per_minute * load.peak / 60
    held = costs.redis_kib_per_conversation * 1024 + costs.redis_bytes_per_message * load.length / 2
    return Need(
        students=students,
        sockets=ceil(sockets),
        conversations=ceil(conversations),
        messages_per_second=rate,
        server_cores=(rate * costs.server_us_per_message + sockets * costs.server_us_per_socket_second) / 1e6,
        server_gib=sockets * costs.server_kib_per_socket / 1024**2,
        redis_cores=rate * costs.redis_us_per_message / 1e6,
        redis_gib=conversations * held / 1024**3,
    )


def fullness(need: Need, costs: Costs, limits: Limits, *, processes: int, shards: int) -> dict[str, float]:
    """How full each kind of part is on average; 1 is full."""
    gib = need.server_gib + processes * costs.process_mib / 1024
    return {
        "server processor": need.server_cores / processes / limits.processor,
        "sockets of a process": need.sockets / processes / limits.sockets,
        "server memory": gib / processes / 0.75,
        "Redis processor": need.redis_cores / shards / limits.processor,
        "Redis memory": need.redis_gib / shards / limits.redis_gib,
    }


def reach(costs: Costs, load: Load, limits: Limits, *, processes: int, shards: int = 1) -> dict[str, int]:
    """For how many students on line each kind of part suffices: the least of them is full first."""
    none, many = (
        fullness(needed(students, costs, load), costs, limits, processes=processes, shards=shards)
        for students in (0, 100_000)
    )
    return {part: int(100_000 * (1 - none[part]) / (many[part] - none[part])) for part in many}


def tag(conversation: str) -> int:
    """The bucket of a conversation, as `chat.broker.keys` has it."""
    return crc32(conversation.encode()) % BUCKETS


def shard(bucket: int, shards: int) -> int:
    """Which of `shards` masters with equal shares of the slots has a bucket."""
    crc = 0
    for byte in f"b{bucket:02d}".encode():
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc % SLOTS * shards // SLOTS


def unevenness(shards: int) -> float:
    """How much more than its share the fullest of the masters of a Cluster has, in buckets."""
    counts = [0] * shards
    for bucket in range(BUCKETS):
        counts[shard(bucket, shards)] += 1
    return max(counts) * shards / BUCKETS


def campuses(students: int, dice: random.Random, *, least: int = 200) -> list[int]:
    """Sizes of campuses that together have so many students on line: a few are large and most are small."""
    sizes: list[int] = []
    while (left := students - sum(sizes)) > 0:
        sizes.append(min(left, int(least * dice.paretovariate(1.1)), 60_000))
    return sizes


@dataclass(frozen=True, slots=True)
class Whole:
    """Many campuses, each a cell of its own: what they need together, and the fullest part of each kind."""

    campuses: int
    largest: int
    processes: int
    shards: int
    hottest: Mapping[str, float]


def thrown(students: int, costs: Costs, load: Load, limits: Limits, dice: random.Random) -> Whole:
    """Plans every campus by `needed`, then lets sockets and conversations fall where they do.

    A conversation falls into a bucket by lot. A socket goes to the emptier of two processes drawn by lot,
    which is a little worse than what a proxy does that knows them all.
    """
    sizes = campuses(students, dice)
    hottest: dict[str, float] = {}
    processes = shards = 0
    for size in sizes:
        need = needed(size, costs, load)
        many, masters = need.processes(limits), need.shards(limits)
        processes, shards = processes + many, shards + masters
        crowd = max(_seated(need.sockets, many, dice)) * many / need.sockets
        skew = max(_fallen(need.conversations, masters, dice)) * masters / max(1, need.conversations)
        for part, full in fullness(need, costs, limits, processes=many, shards=masters).items():
            here = full * (skew if part.startswith("Redis") else crowd)
            hottest[part] = max(hottest.get(part, 0.0), here)
    return Whole(len(sizes), max(sizes), processes, shards, hottest)


def _fallen(conversations: int, shards: int, dice: random.Random) -> list[int]:
    if shards == 1:
        return [conversations]
    counts = [0] * shards
    where = [shard(bucket, shards) for bucket in range(BUCKETS)]
    for bucket in dice.choices(range(BUCKETS), k=conversations):
        counts[where[bucket]] += 1
    return counts


def _seated(sockets: int, processes: int, dice: random.Random) -> list[int]:
    counts = [0] * processes
    for _ in range(sockets):
        one, other = dice.randrange(processes), dice.randrange(processes)
        counts[one if counts[one] <= counts[other] else other] += 1
    return counts
