"""Whatever order things happen in, an alert only rises, and who was overtaken moves nothing."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from storage.alerts import Alert, Alerts, Severity
from storage.engine import open_database
from storage.tables import SEVERITIES, metadata

START: Final = 1_900_000_000.0
STEP = st.one_of(
    st.tuples(st.just("raise"), st.sampled_from(SEVERITIES)),
    st.tuples(st.just("claim"), st.sampled_from(("one", "two", "three"))),
    st.tuples(st.just("advance"), st.integers(0, 7)),
    st.tuples(st.sampled_from(("acknowledge", "enter", "close", "hand", "decide")), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from((1, 16, 301))),
)


class World:
    """One conversation, some dispatchers, and every claim that was ever given out.

    A dispatcher that crashes is one that never comes back to its claim; a slow one comes back late.
    """

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        self._at = START
        self._count = 0
        self._claims: list[Alert] = []
        self._seen: dict[str, Alert] = {}

    async def step(self, what: str, which: object) -> None:
        live = await self._alerts.of_conversation("c")
        match what:
            case "raise":
                await self._raise(which)  # type: ignore[arg-type] # the strategy draws severities for it
            case "claim":
                claimed = await self._alerts.claim_due(owner=str(which), at=self._at, lease=15, limit=1)
                self._claims += claimed
            case "advance" if self._claims:
                await self._advance(self._claims[int(str(which)) % len(self._claims)])
            case "wait":
                self._at += float(str(which))
            case _ if live is not None:
                await self._person(what, live.id)
        await self._only_rises()

    async def _raise(self, severity: Severity) -> None:
        self._count += 1
        await self._alerts.raise_(
            key=f"k{self._count}",
            conversation="c",
            campus="north",
            category="self_harm",
            severity=severity,
            source="screening",
            at=self._at,
        )

    async def _advance(self, claim: Alert) -> None:
        standing = await self._alerts.get(claim.id)
        assert standing is not None
        moved = await self._alerts.advance(
            alert=claim.id, fence=claim.fence, rung=claim.rung + 1, next_at=self._at + 5
        )
        if moved:
            assert claim.fence == standing.fence
            assert standing.state in {"open", "acknowledged"}
            assert standing.rung == claim.rung

    async def _person(self, what: str, alert: str) -> None:
        at = self._at
        match what:
            case "acknowledge":
                await self._alerts.acknowledge(alert=alert, person="ada", at=at, again_at=at + 300)
            case "enter":
                await self._alerts.entered(alert=alert, person="ada", at=at)
            case "hand":
                await self._alerts.hand(alert=alert, by="ada", person="ben", at=at, until=at + 30)
            case "decide":
                await self._alerts.decide(
                    alert=alert, person="ada", decision="following", at=at, again_at=at + 900
                )
            case _:
                await self._alerts.close(alert=alert, person="ada", state="resolved", outcome="safe", at=at)

    async def _only_rises(self) -> None:
        live = await self._alerts.live("north")
        assert len(live) <= 1
        for alert in live:
            before = self._seen.get(alert.id, alert)
            assert alert.rung >= before.rung
            assert alert.fence >= before.fence
            assert SEVERITIES.index(alert.severity) >= SEVERITIES.index(before.severity)
            self._seen[alert.id] = alert


@settings(max_examples=30)
@given(st.lists(STEP, min_size=5, max_size=40))
def test_severity_and_rung_never_fall_and_a_stale_fence_moves_nothing(
    steps: list[tuple[str, object]],
) -> None:
    asyncio.run(_run(steps))


async def _run(steps: list[tuple[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'warmline.db'}")
        async with database.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        world = World(Alerts(database))
        await world.step("raise", "notice")
        for what, which in steps:
            await world.step(what, which)
        await database.close()
