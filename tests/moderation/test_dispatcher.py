from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from moderation.channels.channel import Delivered, Failed, Page, Reason, Target
from moderation.dispatcher import LEASE
from moderation.escalation import UNENTERED, Refused
from moderation.ladder import parse
from storage.alerts import Alerts
from storage.engine import Database
from tests.support.alerting import AlertPath, Phones, refuse
from tests.support.clock import DrivenClock

FIRST_ROUND = [
    (0, "ada", "push"),
    (0, "campus", "webhook"),
    (30, "ada", "sms"),
    (60, "ben", "push"),
    (120, "ada", "push"),
    (120, "ada", "sms"),
    (120, "ben", "push"),
    (120, "cleo", "push"),
    (180, "campus", "voice"),
    (180, "campus", "webhook"),
]


async def test_a_silent_ladder_is_climbed_through_every_rung_and_round_again(
    path: AlertPath, phones: Phones
) -> None:
    async with path.running():
        alert = await path.alarm()
        await path.passes(245)
    assert phones.since(alert.raised_at) == [*FIRST_ROUND, (240, "ada", "push"), (240, "campus", "webhook")]
    assert path.troubles == []


async def test_every_rung_is_shown_to_the_consoles(path: AlertPath) -> None:
    async with path.running():
        await path.alarm()
        await path.passes(70)
    assert path.consoles.seen == [("open", 0), ("open", 1), ("open", 2), ("open", 3)]


async def test_a_page_says_that_action_is_needed_and_where_and_nothing_else(
    path: AlertPath, phones: Phones
) -> None:
    async with path.running():
        alert = await path.alarm()
        await path.until(lambda: len(phones.pages) == 2)
    for page in phones.pages:
        assert page.text == "Action needed. Please open https://warm.example/staff"
        assert not any(secret in repr(page) for secret in (alert.id, "c1", "self_harm", "crisis"))
    assert len({page.key for page in phones.pages}) == 1


async def test_practice_says_that_it_is_practice(path: AlertPath, phones: Phones) -> None:
    async with path.running():
        await path.alarm(source="practice")
        await path.until(lambda: bool(phones.pages))
    assert phones.pages[0].text.startswith("Practice: action needed")


async def test_an_acknowledgement_stops_the_climb_for_five_minutes_and_then_it_goes_on(
    path: AlertPath, phones: Phones
) -> None:
    async with path.running():
        alert = await path.alarm()
        await path.passes(35)
        held = await path.book.acknowledge(alert.id, "ada")
        assert not isinstance(held, Refused)
        assert (held.state, held.person) == ("acknowledged", "ada")
        acknowledged_at = path.clock.now()
        rung = len(phones.rings)
        await path.passes(UNENTERED - 2)
        assert len(phones.rings) == rung, "somebody was paged for what a person has"
        await path.until(lambda: len(phones.rings) > rung)
    at, who, _ = phones.rings[rung]
    assert who == "ben", "the climb did not go on where it stood"
    assert at - acknowledged_at == pytest.approx(UNENTERED, abs=1)


async def test_entering_the_conversation_ends_the_climb(
    path: AlertPath, phones: Phones, store: Alerts
) -> None:
    async with path.running():
        alert = await path.alarm()
        await path.passes(5)
        entered = await path.book.enter(alert.id, "ada")
        assert not isinstance(entered, Refused)
        assert (entered.state, entered.person, entered.next_at) == ("acknowledged", "ada", None)
        rings = len(phones.rings)
        await path.passes(320)
        assert len(phones.rings) == rings
        assert await store.next_due() is None


async def test_nobody_is_paged_for_what_is_closed(path: AlertPath, phones: Phones) -> None:
    async with path.running():
        alert = await path.alarm()
        await path.passes(5)
        assert not isinstance(await path.book.stand_down(alert.id, "ada", "false_alarm"), Refused)
        rings = len(phones.rings)
        await path.passes(400)
        assert len(phones.rings) == rings
        assert await path.book.acknowledge(alert.id, "ben") == Refused("closed", "This alert is closed.")


async def test_a_decision_within_five_minutes_ends_the_climb_as_entering_does(
    path: AlertPath, phones: Phones, store: Alerts
) -> None:
    async with path.running():
        alert = await path.alarm()
        await path.passes(5)
        assert not isinstance(await path.book.acknowledge(alert.id, "ada"), Refused)
        await path.passes(280)
        assert not isinstance(await path.book.resolve(alert.id, "ada", "in_contact"), Refused)
        rings = len(phones.rings)
        await path.passes(60)
        assert len(phones.rings) == rings
        assert await store.next_due() is None


async def test_an_acknowledgement_stops_pages_that_are_on_their_way(
    path: AlertPath, phones: Phones, store: Alerts
) -> None:
    phones.hangs = {"push", "webhook"}
    async with path.running():
        alert = await path.alarm()
        await phones.hanging.wait()
        await path.book.acknowledge(alert.id, "ada")
        await path.until(lambda: path.dispatcher.busy == 0)
        await path.passes(100)
        assert len(phones.rings) == 2
    standing = await store.get(alert.id)
    assert standing is not None
    assert (standing.state, standing.rung) == ("acknowledged", 0)


async def test_two_people_who_acknowledge_at_once_are_told_who_has_it(path: AlertPath) -> None:
    alert = await path.alarm()
    answers = await asyncio.gather(
        path.book.acknowledge(alert.id, "ada"), path.book.acknowledge(alert.id, "ben")
    )
    assert sorted(isinstance(answer, Refused) for answer in answers) == [False, True]
    assert await path.book.acknowledge("unknown", "ben") == Refused("not_raised", "There is no such alert.")


async def test_a_killed_dispatcher_is_taken_over_after_its_lease_with_at_most_one_page_repeated(
    path: AlertPath, phones: Phones, store: Alerts, clock: DrivenClock, tmp_path: Path
) -> None:
    phones.hangs = {"push"}
    async with path.running():
        alert = await path.alarm()
        await phones.hanging.wait()
        await delivered(store, alert.id, "webhook")
    assert phones.since(alert.raised_at) == [(0, "ada", "push"), (0, "campus", "webhook")]
    phones.hangs = set()
    other = AlertPath(store=store, clock=clock, phones=phones, folder=tmp_path, owner="two")
    async with other.running():
        await other.until(lambda: len(phones.rings) > 2)
        await other.passes(1)
    assert phones.since(alert.raised_at)[2:] == [(LEASE, "ada", "push")]


async def test_a_dispatcher_that_was_overtaken_moves_nothing(
    path: AlertPath, phones: Phones, store: Alerts, clock: DrivenClock
) -> None:
    phones.hangs = {"push"}
    async with path.running():
        alert = await path.alarm()
        await phones.hanging.wait()
        claimed = await store.claim_due(owner="two", at=clock.now() + LEASE, lease=LEASE, limit=9)
        assert [one.id for one in claimed] == [alert.id]
        clock.jump(8)
        await path.until(lambda: path.dispatcher.busy == 0)
    standing = await store.get(alert.id)
    assert standing is not None
    assert (standing.rung, standing.fence) == (0, claimed[0].fence)


async def test_a_rung_that_reaches_nobody_gives_way_within_ten_seconds(
    path: AlertPath, phones: Phones
) -> None:
    phones.answer = lambda _page, target: Delivered() if target.person == "ben" else refuse(_page, target)
    async with path.running():
        alert = await path.alarm()
        await path.until(lambda: any(who == "ben" for _, who, _ in phones.rings))
    times = [at for at, who, _ in phones.since(alert.raised_at) if who == "ben"]
    assert times[0] <= 10
    assert {trouble.part for trouble in path.troubles} == {"undelivered"}


async def test_a_channel_that_hangs_is_given_up_after_eight_seconds(path: AlertPath, phones: Phones) -> None:
    phones.hangs = {"push", "webhook"}
    async with path.running():
        alert = await path.alarm()
        await phones.hanging.wait()
        path.clock.jump(8)
        await path.until(lambda: len(phones.rings) == 3)
    at, who, channel = phones.since(alert.raised_at)[2]
    assert (who, channel) == ("ada", "sms")
    assert at <= 10


async def test_what_may_succeed_a_moment_later_is_tried_again_within_the_same_rung(
    path: AlertPath, phones: Phones, database: Database
) -> None:
    def third_time(_page: Page, target: Target) -> Delivered | Failed:
        tries = sum(channel == target.channel for _, _, channel in phones.rings)
        return Delivered() if tries == 3 else Failed(retry=True, reason=Reason.FAULT)

    phones.answer = third_time
    ladder = parse('[[rung]]\ntell = ["first"]\nby = ["push"]\nwait = 60')
    path = AlertPath(
        store=Alerts(database), clock=path.clock, phones=phones, folder=path.spool._folder, ladder=ladder
    )
    async with path.running():
        alert = await path.alarm()
        await path.passes(20)
    assert phones.since(alert.raised_at) == [(0, "ada", "push"), (0.5, "ada", "push"), (1.5, "ada", "push")]
    async with database.reading() as connection:
        outcomes = await connection.scalars(sa.text("SELECT outcome FROM delivery ORDER BY sent_at"))
    assert list(outcomes) == ["fault", "fault", "delivered"]


async def test_a_thousand_crisis_messages_of_one_conversation_make_one_alert_and_one_page_a_rung(
    path: AlertPath, phones: Phones
) -> None:
    async with path.running():
        alert = await path.alarm()
        alerts = {(await path.alarm(key=f"c1/seeker/{count}")).id for count in range(1_000)}
        await path.passes(29)
        assert phones.since(alert.raised_at) == FIRST_ROUND[:2]
    assert alerts == {alert.id}
    assert path.consoles.seen == [("open", 0), ("open", 1)]


async def test_a_concern_waits_for_opening_hours_and_a_crisis_never_does(
    store: Alerts, clock: DrivenClock, phones: Phones, tmp_path: Path
) -> None:
    opening = clock.now() + 60
    path = AlertPath(
        store=store,
        clock=clock,
        phones=phones,
        folder=tmp_path,
        may_tell=lambda _campus, at: max(at, opening),
    )
    async with path.running():
        await path.alarm("c1", key="a", severity="concern")
        await path.alarm("c2", key="b", severity="concern")
        await path.alarm("c3", key="c", severity="concern", source="supporter")
        await path.passes(5)
        assert len(phones.rings) == 2, "only what a person raised may ring before the opening"
        await path.alarm("c2", key="d", severity="crisis")
        await path.passes(5)
        assert len(phones.rings) == 4
        await path.until(lambda: clock.now() >= opening + 2)
    rings = [at - opening for at, _, _ in phones.rings if at >= opening]
    assert rings[:2] == [0, 0]


async def test_a_console_that_fails_stops_no_page(path: AlertPath, phones: Phones) -> None:
    path.consoles.fails = True
    async with path.running():
        await path.alarm()
        await path.passes(35)
    assert len(phones.rings) == 3
    assert {trouble.part for trouble in path.troubles} == {"listener"}


async def test_people_who_cannot_be_looked_up_are_paged_as_last_known(
    path: AlertPath, phones: Phones
) -> None:
    await path.auditor.audit()
    path.staff.away = True
    async with path.running():
        await path.alarm()
        await path.passes(5)
    assert len(phones.rings) == 2


async def test_the_auditor_reports_what_is_late(path: AlertPath, clock: DrivenClock) -> None:
    alert = await path.alarm()
    await path.auditor.audit()
    assert path.troubles == []
    clock.jump(11)
    await path.auditor.audit()
    assert [(trouble.part, trouble.alert, trouble.seconds) for trouble in path.troubles] == [
        ("late", alert.id, 11)
    ]


async def test_a_clock_that_jumps_ahead_misses_nothing_and_repeats_nothing(
    path: AlertPath, phones: Phones, clock: DrivenClock
) -> None:
    async with path.running():
        alert = await path.alarm()
        await path.passes(5)
        clock.jump(86_400)
        await path.until(lambda: len(phones.rings) > 2)
        jumped = clock.now()
        await path.passes(31)
    assert phones.since(alert.raised_at)[2:] == [
        (round(jumped - alert.raised_at, 3), "ada", "sms"),
        (round(jumped - alert.raised_at, 3) + 30, "ben", "push"),
    ]


async def test_an_alert_that_rises_while_it_is_told_waits_for_no_lease(
    path: AlertPath, phones: Phones, store: Alerts
) -> None:
    """Its claim is outdated by the rise; the next one is told as soon as that telling has ended."""
    phones.hangs = {"push"}
    async with path.running():
        alert = await path.alarm(severity="concern")
        await phones.hanging.wait()
        risen = await path.alarm(key="c1/seeker/2", severity="crisis")
        path.clock.jump(1)
        async with asyncio.timeout(60):
            while (now := await store.get(alert.id)) is None or now.fence == risen.fence:
                pass  # until it is claimed again
        path.clock.jump(8)
        phones.hangs = set()
        await path.until(lambda: any(channel == "sms" for _, _, channel in phones.rings))
    first = min(at for at, _, channel in phones.since(alert.raised_at) if channel == "sms")
    assert first <= 9 + 30 + 2


async def test_a_clock_that_is_set_back_a_day_puts_nothing_off(
    path: AlertPath, store: Alerts, tmp_path: Path
) -> None:
    """Every process was started again after that: none knows what the time was."""
    async with path.running():
        await path.alarm()
        await path.passes(5)
    clock = DrivenClock(path.clock.now() - 86_400)
    later = Phones(clock)
    other = AlertPath(store=store, clock=clock, phones=later, folder=tmp_path / "other", owner="two")
    start = clock.now()
    async with other.running("dispatcher", "auditor"):
        await other.until(lambda: len(later.rings) > 1)
    assert [(who, channel) for _, who, channel in later.rings] == [("ada", "sms"), ("ben", "push")]
    assert later.rings[0][0] - start <= 60 + 2 * 10 + 2
    assert later.rings[1][0] - later.rings[0][0] == pytest.approx(30, abs=1)


async def test_a_process_whose_clock_is_behind_leaves_what_another_one_moves(
    path: AlertPath, store: Alerts, tmp_path: Path
) -> None:
    async with path.running():
        alert = await path.alarm()
        await path.passes(5)
    clock = DrivenClock(path.clock.now() - 86_400)
    later = Phones(clock)
    other = AlertPath(store=store, clock=clock, phones=later, folder=tmp_path / "other", owner="two")
    async with other.running("dispatcher", "auditor"):
        for rung in range(1, 6):
            await other.passes(40)
            there = path.clock.now() + rung * 40
            (claimed,) = await store.claim_due(owner="one", at=there, lease=LEASE, limit=1)
            assert await store.advance(
                alert=alert.id, fence=claimed.fence, rung=claimed.rung + 1, next_at=there + 40
            )
    assert later.rings == []


async def delivered(store: Alerts, alert: str, channel: str) -> None:
    """Waits until the delivery is on record."""
    async with asyncio.timeout(10):
        while (None, channel) not in await store.delivered(alert=alert, rung=0):
            pass


async def test_whom_an_alert_is_handed_to_is_paged_alone_and_the_climb_goes_on_if_they_do_not_confirm(
    path: AlertPath, phones: Phones, store: Alerts
) -> None:
    alert = await path.alarm()
    async with path.running():
        await path.until(lambda: len(phones.rings) == 2)
        await path.rest()
        await path.book.acknowledge(alert.id, "ada")
        await path.book.enter(alert.id, "ada")
        start = path.clock.now()
        handed = await path.book.hand(alert.id, "ada", "cleo", 30.0)
        assert not isinstance(handed, Refused)
        assert (handed.state, handed.person, handed.handed_by) == ("acknowledged", "cleo", "ada")
        told = len(phones.rings)
        await path.until(lambda: len(phones.rings) > told)
        assert phones.rings[told][1:] == ("cleo", "push")
        await path.until(lambda: len(phones.rings) > told + 1)
        assert 30.0 <= phones.rings[told + 1][0] - start <= 32.0
        await path.rest()
    standing = await store.get(alert.id)
    assert standing is not None
    assert (standing.state, standing.person, standing.handed_by) == ("open", None, None)


async def test_who_confirms_what_was_handed_over_has_it_and_nobody_is_paged(
    path: AlertPath, phones: Phones, store: Alerts
) -> None:
    alert = await path.alarm()
    async with path.running():
        await path.until(lambda: len(phones.rings) == 2)
        await path.rest()
        await path.book.acknowledge(alert.id, "ada")
        await path.book.hand(alert.id, "ada", "cleo", 30.0)
        await path.until(lambda: len(phones.rings) == 3)
        await path.rest()
        await path.book.acknowledge(alert.id, "cleo")
        await path.passes(120.0)
        assert len(phones.rings) == 3
        await path.rest()
    standing = await store.get(alert.id)
    assert standing is not None
    assert (standing.state, standing.person, standing.asked_until) == ("acknowledged", "cleo", None)


async def test_nobody_is_paged_for_what_is_closed_also_while_it_is_handed_over(
    path: AlertPath, phones: Phones
) -> None:
    alert = await path.alarm()
    async with path.running():
        await path.until(lambda: len(phones.rings) == 2)
        await path.rest()
        await path.book.acknowledge(alert.id, "ada")
        await path.book.hand(alert.id, "ada", "cleo", 30.0)
        await path.book.resolve(alert.id, "ada", "confirmed")
        told = len(phones.rings)
        await path.passes(600.0)
        assert len(phones.rings) <= told + 1
        assert {who for _, who, _ in phones.rings[2:]} <= {"cleo"}
        await path.rest()
