from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

import pytest

from moderation.alerts import AlertStore
from storage.alerts import Alert, Alerts, Severity, Source
from storage.engine import Database
from storage.errors import Conflict

AT = 1_800_000_000.0


@pytest.fixture
def alerts(database: Database) -> Alerts:
    return Alerts(database)


def fits(store: Alerts) -> AlertStore:
    """The type checker holds that the signatures agree."""
    return store


async def seen(
    alerts: Alerts,
    key: str = "k1",
    *,
    conversation: str = "c1",
    severity: Severity = "crisis",
    category: str = "suicide",
    source: Source = "screening",
    campus: str = "north",
    at: float = AT,
) -> tuple[Alert, bool]:
    return await alerts.raise_(
        key=key,
        conversation=conversation,
        campus=campus,
        category=category,
        severity=severity,
        source=source,
        at=at,
    )


async def claimed(alerts: Alerts, *, owner: str = "w1", at: float = AT) -> Sequence[Alert]:
    return await alerts.claim_due(owner=owner, at=at, lease=30, limit=10)


def test_the_store_fits_the_port_of_moderation() -> None:
    names = [
        name for name in vars(AlertStore) if not name.startswith("__") and callable(getattr(AlertStore, name))
    ]
    assert [name for name in names if not hasattr(Alerts, name)] == []


async def test_a_first_event_opens_an_alert_that_is_due_at_once(alerts: Alerts) -> None:
    alert, changed = await seen(alerts)
    assert changed
    assert (alert.state, alert.rung, alert.next_at, alert.person) == ("open", 0, AT, None)
    assert (alert.conversation, alert.severity, alert.raised_at) == ("c1", "crisis", AT)
    assert await alerts.next_due() == AT
    assert await alerts.get(alert.id) == alert
    assert await alerts.of_conversation("c1") == alert


async def test_the_same_event_again_changes_nothing(alerts: Alerts) -> None:
    first, _ = await seen(alerts, severity="concern")
    again, changed = await seen(alerts, severity="crisis", at=AT + 5)
    assert not changed
    assert again == first


async def test_the_severity_of_an_alert_only_rises(alerts: Alerts) -> None:
    first, _ = await seen(alerts, "k1", severity="concern", category="abuse")
    same, changed = await seen(alerts, "k2", severity="notice", category="alcohol")
    assert (same.id, same.severity, same.category, changed) == (first.id, "concern", "abuse", False)
    risen, changed = await seen(alerts, "k3", severity="crisis", category="suicide")
    assert (risen.id, risen.severity, risen.category, changed) == (first.id, "crisis", "suicide", True)


async def test_a_rise_to_crisis_makes_the_next_rung_due(alerts: Alerts) -> None:
    alert, _ = await seen(alerts, "k1", severity="concern")
    (held,) = await claimed(alerts)
    assert await alerts.advance(alert=alert.id, fence=held.fence, rung=1, next_at=AT + 600)
    risen, _ = await seen(alerts, "k2", severity="crisis", at=AT + 10)
    assert (risen.rung, risen.next_at) == (1, AT + 10)


async def test_a_rise_to_crisis_does_not_delay_a_rung_that_is_due_earlier(alerts: Alerts) -> None:
    await seen(alerts, "k1", severity="concern")
    risen, _ = await seen(alerts, "k2", severity="crisis", at=AT + 10)
    assert risen.next_at == AT


async def test_a_rise_to_crisis_outdates_a_worker_who_tells_something_milder(alerts: Alerts) -> None:
    alert, _ = await seen(alerts, "k1", severity="concern")
    (held,) = await claimed(alerts)
    await seen(alerts, "k2", severity="crisis")
    assert not await alerts.advance(alert=alert.id, fence=held.fence, rung=1, next_at=AT + 600)
    (again,) = await claimed(alerts, owner="w2")
    assert (again.severity, again.rung) == ("crisis", 0)


async def test_a_rise_to_crisis_opens_an_acknowledged_alert_again(alerts: Alerts) -> None:
    alert, _ = await seen(alerts, "k1", severity="concern")
    await alerts.acknowledge(alert=alert.id, person="p1", at=AT, again_at=AT + 300)
    risen, changed = await seen(alerts, "k2", severity="crisis", at=AT + 10)
    assert changed
    assert (risen.state, risen.person, risen.next_at) == ("open", None, AT + 10)


async def test_a_second_crisis_leaves_an_acknowledged_alert_with_its_person(alerts: Alerts) -> None:
    alert, _ = await seen(alerts, "k1")
    held = await alerts.acknowledge(alert=alert.id, person="p1", at=AT, again_at=AT + 300)
    again, changed = await seen(alerts, "k2")
    assert not changed
    assert again == held


async def test_a_drill_that_meets_a_real_call_becomes_real(alerts: Alerts) -> None:
    drill, _ = await seen(alerts, "k1", source="practice", severity="crisis", category="drill")
    await alerts.acknowledge(alert=drill.id, person="p1", at=AT, again_at=AT + 300)
    real, changed = await seen(alerts, "k2", source="seeker", severity="crisis", category="call", at=AT + 1)
    assert changed
    assert (real.id, real.source, real.category, real.state) == (drill.id, "seeker", "call", "open")


async def test_many_events_at_once_make_one_alert_of_the_highest_severity(alerts: Alerts) -> None:
    severities: list[Severity] = ["notice", "crisis", "concern", "notice", "crisis", "concern"]
    async with asyncio.TaskGroup() as group:
        for number, severity in enumerate(severities):
            group.create_task(seen(alerts, f"k{number}", severity=severity))
    (alert,) = await alerts.live("north")
    assert alert.severity == "crisis"


async def test_one_event_told_many_times_at_once_makes_one_change(alerts: Alerts) -> None:
    answers = await asyncio.gather(*(seen(alerts) for _ in range(6)))
    assert len({alert.id for alert, _ in answers}) == 1
    assert [changed for _, changed in answers].count(True) == 1


async def test_who_claims_holds_the_alert_alone_until_the_lease_ends(alerts: Alerts) -> None:
    await seen(alerts)
    (held,) = await claimed(alerts, owner="w1")
    assert not await claimed(alerts, owner="w2", at=AT + 29)
    assert await alerts.next_due() == AT + 30
    (taken,) = await claimed(alerts, owner="w2", at=AT + 30)
    assert taken.fence > held.fence


async def test_workers_that_claim_at_the_same_moment_get_different_alerts(alerts: Alerts) -> None:
    for number in range(8):
        await seen(alerts, f"k{number}", conversation=f"c{number}")
    for at in (AT, AT + 30, AT + 60):
        shares = await asyncio.gather(
            *(alerts.claim_due(owner=f"w{n}", at=at, lease=30, limit=4) for n in range(6))
        )
        given = [alert.id for share in shares for alert in share]
        assert len(given) == len(set(given))
        rest = await alerts.claim_due(owner="last", at=at, lease=30, limit=99)
        assert len(given) + len(rest) == 8  # whom locks were in the way of, the next call gives


async def test_nothing_is_claimed_before_it_is_due(alerts: Alerts) -> None:
    await seen(alerts)
    assert not await claimed(alerts, at=AT - 1)


async def test_the_most_severe_are_claimed_first_and_no_more_than_asked_for(alerts: Alerts) -> None:
    await seen(alerts, "k1", conversation="c1", severity="notice", at=AT - 60)
    await seen(alerts, "k2", conversation="c2", severity="crisis", at=AT)
    await seen(alerts, "k3", conversation="c3", severity="crisis", at=AT - 5)
    taken = await alerts.claim_due(owner="w1", at=AT, lease=30, limit=2)
    assert [alert.conversation for alert in taken] == ["c3", "c2"]


async def test_advancing_frees_the_alert_for_its_next_rung(alerts: Alerts) -> None:
    alert, _ = await seen(alerts)
    (held,) = await claimed(alerts)
    assert await alerts.advance(alert=alert.id, fence=held.fence, rung=1, next_at=AT + 60)
    assert await alerts.next_due() == AT + 60
    (again,) = await claimed(alerts, owner="w2", at=AT + 60)
    assert again.rung == 1


async def test_a_stale_fence_advances_nothing(alerts: Alerts) -> None:
    alert, _ = await seen(alerts)
    (first,) = await claimed(alerts, owner="w1")
    (second,) = await claimed(alerts, owner="w2", at=AT + 30)
    assert not await alerts.advance(alert=alert.id, fence=first.fence, rung=9, next_at=AT + 900)
    assert await alerts.get(alert.id) == second
    assert await alerts.advance(alert=alert.id, fence=second.fence, rung=1, next_at=AT + 60)
    assert not await alerts.advance(alert=alert.id, fence=second.fence, rung=2, next_at=AT + 90)


async def test_an_acknowledgement_outdates_the_worker_who_is_telling(alerts: Alerts) -> None:
    alert, _ = await seen(alerts)
    (held,) = await claimed(alerts)
    acknowledged = await alerts.acknowledge(alert=alert.id, person="p1", at=AT, again_at=AT + 300)
    assert acknowledged is not None
    assert (acknowledged.state, acknowledged.person, acknowledged.next_at) == ("acknowledged", "p1", AT + 300)
    assert not await alerts.advance(alert=alert.id, fence=held.fence, rung=1, next_at=AT + 60)
    assert await alerts.get(alert.id) == acknowledged


async def test_only_an_open_alert_can_be_acknowledged(alerts: Alerts) -> None:
    alert, _ = await seen(alerts)
    assert await alerts.acknowledge(alert=alert.id, person="p1", at=AT, again_at=AT + 300)
    assert await alerts.acknowledge(alert=alert.id, person="p2", at=AT, again_at=AT + 300) is None
    assert await alerts.acknowledge(alert="nowhere", person="p2", at=AT, again_at=AT + 300) is None


async def test_an_acknowledged_alert_that_nobody_enters_climbs_on(alerts: Alerts) -> None:
    alert, _ = await seen(alerts)
    await alerts.acknowledge(alert=alert.id, person="p1", at=AT, again_at=AT + 300)
    assert not await claimed(alerts, at=AT + 299)
    (due,) = await claimed(alerts, at=AT + 300)
    assert (due.state, due.person) == ("acknowledged", "p1")
    assert await alerts.advance(alert=alert.id, fence=due.fence, rung=1, next_at=AT + 360)
    climbing = await alerts.get(alert.id)
    assert climbing is not None
    assert (climbing.state, climbing.person, climbing.rung) == ("open", None, 1)


async def test_an_acknowledged_alert_that_somebody_entered_is_not_due(alerts: Alerts) -> None:
    alert, _ = await seen(alerts)
    await alerts.acknowledge(alert=alert.id, person="p1", at=AT, again_at=AT + 300)
    entered = await alerts.entered(alert=alert.id, person="p1", at=AT + 20)
    assert entered is not None
    assert entered.next_at is None
    assert await alerts.next_due() is None
    assert not await claimed(alerts, at=AT + 9000)


async def test_a_decision_puts_the_climb_off_until_its_time_and_ends_with_the_next_move(
    alerts: Alerts,
) -> None:
    alert, _ = await seen(alerts)
    assert await _decided(alerts, alert.id, "ada") is None
    await alerts.acknowledge(alert=alert.id, person="ada", at=AT, again_at=AT + 300)
    assert await _decided(alerts, alert.id, "ben") is None
    decided = await _decided(alerts, alert.id, "ada")
    assert decided is not None
    assert (decided.state, decided.person, decided.next_at) == ("acknowledged", "ada", AT + 1800)
    assert (decided.decision, decided.decided_at) == ("on_the_way", AT)
    assert await claimed(alerts, at=AT + 1799) == []
    (due,) = await claimed(alerts, at=AT + 1800)
    assert await alerts.advance(alert=due.id, fence=due.fence, rung=1, next_at=AT + 1830)
    climbing = await alerts.get(alert.id)
    assert climbing is not None
    assert (climbing.state, climbing.decision, climbing.decided_at) == ("open", None, None)


async def test_a_decision_without_a_time_is_not_due_and_is_forgotten_with_the_alert(alerts: Alerts) -> None:
    alert, _ = await seen(alerts)
    await alerts.acknowledge(alert=alert.id, person="ada", at=AT, again_at=AT + 300)
    await alerts.decide(alert=alert.id, person="ada", decision="in_care", at=AT, again_at=None)
    assert await claimed(alerts, at=AT + 1e6) == []
    closed = await alerts.close(alert=alert.id, person="ada", state="resolved", outcome="confirmed", at=AT)
    assert closed is not None
    assert (closed.decision, closed.decided_at) == (None, None)


async def test_who_is_handed_a_decided_alert_has_decided_nothing(alerts: Alerts) -> None:
    alert, _ = await seen(alerts)
    await alerts.acknowledge(alert=alert.id, person="ada", at=AT, again_at=AT + 300)
    await _decided(alerts, alert.id, "ada")
    handed = await alerts.hand(alert=alert.id, by="ada", person="ben", at=AT, until=AT + 30)
    assert handed is not None
    assert (handed.person, handed.decision) == ("ben", None)
    assert await _decided(alerts, alert.id, "ben") is None, "before they confirmed"


async def _decided(alerts: Alerts, alert: str, person: str) -> Alert | None:
    return await alerts.decide(alert=alert, person=person, decision="on_the_way", at=AT, again_at=AT + 1800)


async def test_entering_is_no_acknowledgement(alerts: Alerts) -> None:
    alert, _ = await seen(alerts)
    entered = await alerts.entered(alert=alert.id, person="p1", at=AT)
    assert entered is not None
    assert (entered.state, entered.person, entered.next_at) == ("open", None, AT)


async def test_a_closed_alert_forgets_its_conversation_and_is_never_due(alerts: Alerts) -> None:
    alert, _ = await seen(alerts)
    closed = await alerts.close(alert=alert.id, person="p1", state="resolved", outcome="safe", at=AT + 9)
    assert closed is not None
    assert (closed.state, closed.conversation, closed.next_at, closed.person) == (
        "resolved",
        None,
        None,
        "p1",
    )
    assert await alerts.of_conversation("c1") is None
    assert not await alerts.live("north")
    assert not await claimed(alerts, at=AT + 9000)
    assert (
        await alerts.close(alert=alert.id, person="p2", state="stood_down", outcome="x", at=AT + 10) is None
    )
    assert await alerts.entered(alert=alert.id, person="p2", at=AT + 10) is None


async def test_an_event_of_a_closed_alert_does_not_raise_it_again(alerts: Alerts) -> None:
    alert, _ = await seen(alerts, "k1")
    closed = await alerts.close(alert=alert.id, person="p1", state="stood_down", outcome="false", at=AT)
    assert await seen(alerts, "k1") == (closed, False)
    fresh, changed = await seen(alerts, "k2")
    assert changed
    assert fresh.id != alert.id


async def test_live_alerts_come_most_severe_and_longest_open_first(alerts: Alerts) -> None:
    await seen(alerts, "k1", conversation="c1", severity="concern", at=AT - 90)
    await seen(alerts, "k2", conversation="c2", severity="crisis", at=AT)
    await seen(alerts, "k3", conversation="c3", severity="crisis", at=AT - 9)
    await seen(alerts, "k4", conversation="c4", severity="crisis", campus="south")
    assert [alert.conversation for alert in await alerts.live("north")] == ["c3", "c2", "c1"]


async def test_only_deliveries_that_arrived_count_as_reached(alerts: Alerts) -> None:
    alert, _ = await seen(alerts)
    for rung, person, channel, outcome in (
        (0, "p1", "email", "delivered"),
        (0, None, "siren", "delivered"),
        (0, "p1", "sms", "timeout"),
        (1, "p2", "email", "delivered"),
    ):
        await alerts.record_delivery(
            alert=alert.id, rung=rung, person=person, channel=channel, outcome=outcome, at=AT
        )
    assert set(await alerts.delivered(alert=alert.id, rung=0)) == {("p1", "email"), (None, "siren")}


async def test_a_delivery_belongs_to_an_alert(alerts: Alerts) -> None:
    with pytest.raises(Conflict):
        await alerts.record_delivery(
            alert="nowhere", rung=0, person=None, channel="email", outcome="delivered", at=AT
        )


@pytest.mark.parametrize("seed", range(3))
async def test_two_owners_never_hold_the_same_alert_at_once(alerts: Alerts, seed: int) -> None:
    """Workers claim and advance side by side, some of them slowly, while people acknowledge and close.

    Whatever the interleaving, no (alert, fence) is given out twice, and no rung is passed twice.
    """
    dice = random.Random(seed)  # noqa: S311 - a schedule that can be run again, not a secret
    for number in range(6):
        await seen(alerts, f"k{number}", conversation=f"c{number}", at=AT)
    claims: Counter[tuple[str, int]] = Counter()
    passed: Counter[tuple[str, int]] = Counter()

    async def worker(owner: str) -> None:
        for step in range(8):
            at = AT + step * 10
            for held in await alerts.claim_due(owner=owner, at=at, lease=15, limit=dice.randint(1, 3)):
                claims[held.id, held.fence] += 1
                if dice.random() < 0.3:
                    continue  # dies holding it
                if await alerts.advance(alert=held.id, fence=held.fence, rung=held.rung + 1, next_at=at + 10):
                    passed[held.id, held.rung] += 1

    async def people() -> None:
        for number in range(6):
            alert = await alerts.of_conversation(f"c{number}")
            if alert is not None and dice.random() < 0.5:
                await alerts.acknowledge(alert=alert.id, person="p1", at=AT, again_at=AT + 20)

    async with asyncio.TaskGroup() as group:
        for name in ("w1", "w2", "w3"):
            group.create_task(worker(name))
        group.create_task(people())
    assert claims
    assert max(claims.values()) == 1
    assert max(passed.values(), default=0) <= 1
