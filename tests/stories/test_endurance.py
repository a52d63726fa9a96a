"""Nothing is lost, doubled or out of order while processes are killed and Redis is wiped under live talk.

Real `warmline serve` processes, a real Valkey, a real database, clients over real sockets. The moments are
chosen by chance, counted in messages that arrived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from chat.protocol import Role
from tests.support.endurance import (
    Pair,
    chances,
    everybody,
    more,
    settled,
    talking,
    tally,
    writing,
)
from tests.support.process import Installation, installed
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"], "noor": ["supporter"]}
FAST = {"messages_per_minute": "600", "message_burst": "100"}
"""The clients of this test write faster than people do."""

Fault = str


async def strike(house: Installation, pairs: list[Pair], fault: Fault, number: int, cut: Pair) -> None:
    """One fault. Afterwards everybody is talking again."""
    server = house.servers[number % len(house.servers)]
    match fault:
        case "kill":
            server.kill()
            server.start()
        case "kill twice":
            server.kill()
            server.start()
            await server.ready()
            server.kill()
            server.start()
        case "wipe":
            house.valkey.flush()
        case "restart of Redis":
            house.valkey.restart_empty()
        case "cut":
            cut.seeker.drop()
            cut.supporter.drop()
    try:
        await everybody(pairs)
    finally:
        assert [server.log.read_text()[-2000:] for server in house.servers if not server.is_alive] == []


@pytest.mark.parametrize(
    ("processes", "faults"),
    [
        (1, {"kill": 8, "kill twice": 1, "wipe": 4, "restart of Redis": 4, "cut": 4}),
        (2, {"kill": 20, "wipe": 6, "restart of Redis": 6, "cut": 6}),
    ],
    ids=["one process", "two processes"],
)
async def test_nothing_is_lost_while_everything_is_killed(
    processes: int,
    faults: dict[Fault, int],
    private_valkey: Callable[[], Valkey],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chance = chances(processes)
    order = [fault for fault, times in faults.items() for _ in range(times)]
    chance.shuffle(order)
    async with (
        installed(tmp_path, private_valkey(), processes=processes, people=PEOPLE, **FAST) as house,
        talking(house, list(PEOPLE), each=3) as pairs,
    ):
        async with writing(pairs):
            for number, fault in enumerate(order):
                await more(pairs, chance.randint(1, 25))
                await strike(house, pairs, fault, number, chance.choice(pairs))
        await settled(pairs)
        counted = Counter(order)
        counted["kill"] += 2 * counted.pop("kill twice", 0)
        made = await tally(house, pairs, dict(counted))
        with capsys.disabled():
            print(f"\n{processes} process(es)\n{made.table()}")  # noqa: T201 - the figures are for people
        assert set(made.wrongs.values()) == {0}
        assert [code for pair in pairs for code in (*pair.seeker.talk.refused, *pair.other.refused)] == []
        assert house.defects() == []
        assert made.messages > 500
        assert made.calls > 50
