"""Alerts as sessions raise, move and see them, on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chat.alarms import Lookout, Told
from chat.codes import Refusal
from moderation.selftest import beside
from tests.support.alarming import Built, Consoles, alarming


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Built]:
    async with alarming(tmp_path) as built:
        yield built


async def test_a_raised_alert_is_in_the_store_and_on_the_consoles(made: Built) -> None:
    alert = await made.raised()
    assert await made.alarms.get(alert.id) == alert
    assert [live.id for live in await made.alarms.live()] == [alert.id]
    assert made.consoles.seen == [(alert.id, "open")]


async def test_an_alert_is_acknowledged_entered_and_resolved_by_its_person(made: Built) -> None:
    alert = await made.raised()
    moved = await made.alarms.acknowledge(alert.id, "ada")
    assert not isinstance(moved, Refusal)
    assert (moved.state, moved.person) == ("acknowledged", "ada")
    assert not isinstance(await made.alarms.entered(alert.id, "ada"), Refusal)
    closed = await made.alarms.close(alert.id, "ada", "resolved", "in_contact")
    assert not isinstance(closed, Refusal)
    assert closed.state == "resolved"
    assert await made.alarms.live() == []
    assert await made.alarms.of_conversation("c") is None


async def test_a_call_for_help_after_one_that_was_stood_down_is_an_alert_again(made: Built) -> None:
    first = await made.raised("c:help:1")
    await made.alarms.close(first.id, "ada", "stood_down", "false_alarm")
    second = await made.raised("c:help:2")
    assert second.id != first.id
    assert second.state == "open"


async def test_moving_what_is_not_there_or_is_over_is_refused(made: Built) -> None:
    assert await made.alarms.acknowledge("unknown", "ada") is Refusal.UNKNOWN
    alert = await made.raised()
    await made.alarms.close(alert.id, "ada", "resolved", "in_contact")
    assert await made.alarms.acknowledge(alert.id, "ada") is Refusal.GONE


async def test_each_person_sees_whether_an_alert_is_theirs_and_nobody_sees_words(made: Built) -> None:
    alert = await made.raised()
    await made.alarms.acknowledge(alert.id, "ada")
    standing = await made.alarms.get(alert.id)
    assert standing is not None
    assert b'"mine":true' in await made.alarms.frame(standing, "ada", "r")
    assert b'"ref":"r"' in await made.alarms.frame(standing, "ada", "r")
    assert b'"mine":false' in await made.alarms.frame(standing, "ben")


async def test_before_there_is_a_hub_nobody_is_told_and_nothing_fails() -> None:
    alert: Any = Consoles()
    await Told().changed(alert)


class Hub:
    """What the lookout asks of a hub: whether somebody is there, and to be told."""

    def __init__(self) -> None:
        self.team: dict[str, object] = {}
        self.heard: list[bytes] = []

    def told(self, what: bytes) -> None:
        self.heard.append(what)


async def test_the_lookout_tells_each_change_that_another_process_made_once(made: Built) -> None:
    hub: Any = Hub()
    lookout = Lookout(made.alarms, hub)
    alert = await made.raised()
    await lookout.look()
    assert hub.heard == []
    hub.team["ada"] = object()
    await lookout.look()
    await lookout.look()
    assert hub.heard == [f"{alert.id} open".encode()]
    await made.alarms.acknowledge(alert.id, "ada")
    await lookout.look()
    await made.alarms.close(alert.id, "ada", "resolved", "in_contact")
    await lookout.look()
    await lookout.look()
    assert hub.heard[1:] == [f"{alert.id} acknowledged".encode(), f"{alert.id} closed".encode()]


async def test_what_the_alert_path_raises_to_test_itself_is_shown_to_nobody(made: Built) -> None:
    raised = await made.path.book.raise_alert(
        key="k",
        conversation="test",
        campus=beside("campus"),
        category="self_test",
        severity="crisis",
        source="practice",
    )
    while (alert := raised.alert or await made.alerts.of_conversation("test")) is None:
        await made.path.book.drain()
    assert await made.alarms.live() == []
    assert await made.alarms.get(alert.id) is None
    assert await made.alarms.of_conversation("test") is None
    told = Told()
    told.through(Unreachable())  # type: ignore[arg-type]  # whoever asks it anything has gone too far
    await told.changed(alert)


class Unreachable:
    """Takes the place of what must not be asked."""

    def __getattr__(self, name: str) -> None:
        raise AssertionError(name)
