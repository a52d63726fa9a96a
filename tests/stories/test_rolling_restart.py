"""A hundred pairs talk while `serve --processes 2` is replaced process by process, as by a deploy."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from chat.codes import Close
from chat.protocol import Role
from tests.support.endurance import Pair, everybody, settled, talking, tally, writing
from tests.support.process import installed, said
from tests.support.valkey import Valkey

EACH = 4
"""Conversations of a supporter, the most that a desk takes."""
PAIRS = 100
PEOPLE: dict[str, list[Role]] = {f"supporter{number}": ["supporter"] for number in range(PAIRS // EACH)}
TYPING = 2.0
CALLS_EVERY = 3
"""One in so many of a seeker's messages calls for help, so that some do at any moment."""


class Goodbyes:
    """Every end of a connection, with its code and how much had arrived with everybody by then."""

    def __init__(self, pairs: list[Pair]) -> None:
        self.noted: list[tuple[int, int]] = []
        self.over = False
        """Whether what ends from now on is the test's own doing."""
        self._pairs = pairs
        for client in {*(pair.seeker for pair in pairs), *(pair.supporter for pair in pairs)}:
            client.on_closed = self._note

    def _note(self, code: int) -> None:
        if not self.over:
            self.noted.append((code, sum(pair.arrived for pair in self._pairs)))


async def test_a_deploy_under_a_hundred_pairs_loses_nothing_and_sends_them_elsewhere_little_by_little(
    private_valkey: Callable[[], Valkey], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with (
        installed(
            tmp_path,
            private_valkey(),
            together="2",
            people=PEOPLE,
            drain_seconds="3",
            messages_per_minute="600",
            message_burst="100",
            offer_seconds="120",
        ) as house,
        talking(house, list(PEOPLE), each=EACH) as pairs,
    ):
        server = house.servers[0]
        before = set(server.children)
        for pair in pairs:
            pair.calls_every = CALLS_EVERY
        clients = {*(pair.seeker for pair in pairs), *(pair.supporter for pair in pairs)}
        goodbyes = Goodbyes(pairs)
        async with writing(pairs, TYPING):
            await everybody(pairs)
            os.kill(server.pid, signal.SIGHUP)
            await said(server, "event=upgraded count=2")
            await everybody(pairs)
        await settled(pairs)
        goodbyes.over = True
        made = await tally(house, pairs, {"replaced processes": 2})
        moments = Counter(arrived for _, arrived in goodbyes.noted)
        with capsys.disabled():
            print(  # noqa: T201 - the figures are for people
                f"\n{len(pairs)} pairs, {len(goodbyes.noted)} connections sent elsewhere at {len(moments)} "
                f"moments, at most {max(moments.values())} at one\n{made.table()}"
            )
        assert before.isdisjoint(server.children)
        assert len(server.children) == 2
        assert len(pairs) == PAIRS
        assert set(made.wrongs.values()) == {0}
        assert [code for pair in pairs for code in (*pair.seeker.talk.refused, *pair.other.refused)] == []
        assert {code for code, _ in goodbyes.noted} == {Close.DRAINING}
        assert all(client.returns >= 1 for client in clients)
        # Between two shares of a drain the others went on talking. Two processes that send away all they have
        # at once do so at two moments, whatever the machine is busy with.
        assert sum(later > earlier for earlier, later in pairwise(sorted(moments))) > 4
        assert house.defects() == []
