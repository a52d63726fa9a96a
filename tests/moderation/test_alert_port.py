"""The store and the pure core agree: the same moves lead to the same alert in both."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.alerts import SEVERITIES, AlertStore, Severity
from moderation.escalation import (
    UNENTERED,
    Acknowledge,
    Escalation,
    Lapse,
    Raise,
    Refused,
    StandDown,
    Tell,
    decide,
    evolve,
    of,
)
from moderation.ladder import DEFAULT, parse
from storage.alerts import Alerts
from storage.engine import open_database
from storage.tables import metadata

LADDER = parse(DEFAULT)
Move = (
    tuple[Literal["raise"], Severity]
    | tuple[Literal["acknowledge", "close"], str]
    | tuple[Literal["wait"], float]
)

moves = st.lists(
    st.one_of(
        st.tuples(st.just("raise"), st.sampled_from(SEVERITIES)),
        st.tuples(st.sampled_from(["acknowledge", "acknowledge", "close"]), st.sampled_from(["ada", "ben"])),
        st.tuples(st.just("wait"), st.sampled_from([1.0, 31.0, 400.0])),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(moves)
def test_the_store_and_the_core_agree_on_every_life(life: list[Move]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live_through(life, Path(folder)))


async def live_through(life: list[Move], folder: Path) -> None:
    database = open_database(f"sqlite:///{folder / 'warmline.db'}")
    async with database.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    store: AlertStore = Alerts(database)
    at, count, state, name = 1_000.0, 0, Escalation(), ""
    for move in (("raise", "concern"), *life):
        match move:
            case ("raise", severity):
                count += 1
                for _ in range(2):  # a duplicate of the event changes nothing
                    alert, _ = await store.raise_(
                        key=str(count),
                        conversation="c",
                        campus="north",
                        category="other",
                        severity=severity,
                        source="screening",
                        at=at,
                    )
                if alert.id != name:  # the one before is closed: a new alert opens
                    state, name = Escalation(), alert.id
                state = after(state, Raise(severity), at)
            case ("acknowledge", person):
                moved = await store.acknowledge(alert=name, person=person, at=at, again_at=at + UNENTERED)
                refused = isinstance(decide(state, Acknowledge(person), at), Refused)
                assert (moved is None) == refused
                state = after(state, Acknowledge(person), at)
            case ("close", person):
                closed = await store.close(
                    alert=name, person=person, state="stood_down", outcome="false_alarm", at=at
                )
                assert (closed is None) == isinstance(decide(state, StandDown(person), at), Refused)
                state = after(state, StandDown(person), at)
            case ("wait", seconds):
                at += seconds
                for claimed in await store.claim_due(owner="one", at=at, lease=15, limit=9):
                    assert claimed.id == name
                    state = after(after(state, Lapse(), at), Tell(LADDER, reached=True), at)
                    assert state.next_at is not None
                    assert await store.advance(
                        alert=name, fence=claimed.fence, rung=state.rung, next_at=state.next_at
                    )
        standing = await store.get(name)
        assert standing is not None
        assert of(standing) == state
        assert (await store.next_due()) == state.next_at
    await database.close()


def after(state: Escalation, move: Raise | Acknowledge | StandDown | Lapse | Tell, at: float) -> Escalation:
    """The state after a move, unchanged where the move is refused."""
    events = decide(state, move, at)
    for event in events if isinstance(events, tuple) else ():
        state = evolve(state, event)
    return state
