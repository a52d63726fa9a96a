"""Whom a rung means, how one page is sent, and a whole page by HTTP."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from moderation.breaker import Breaker
from moderation.channels.channel import Delivered, Failed, Page, Reason, Target
from moderation.channels.webhook import Webhook
from moderation.directory import Directory
from moderation.ladder import DEFAULT, Rung, Who, parse
from moderation.pager import Pager
from moderation.roster import OnCall
from storage.alerts import Alerts
from tests.support.alerting import STAFF, AlertPath, Phones
from tests.support.clock import DrivenClock
from tests.support.servers import Web, listening

PAGE = Page("k", "https://warm.example/staff")


def who(directory: Directory, *tell: Who, channels: tuple[str, ...] = ()) -> set[str]:
    return {target.person or "campus" for target in directory.find(Rung(tell, channels, 30))}


def test_each_kind_of_who_finds_its_people() -> None:
    assert who(STAFF, Who("first")) == {"ada"}
    assert who(STAFF, Who("second")) == {"ben"}
    assert who(STAFF, Who("everyone")) == {"ada", "ben", "cleo"}
    assert who(STAFF, Who("role", "lead")) == {"cleo"}
    assert who(STAFF, Who("person", "dora")) == {"dora"}
    assert who(STAFF, Who("campus"), channels=("webhook",)) == {"campus"}
    assert who(STAFF, Who("first"), channels=("voice",)) == set()


def test_a_gap_in_the_roster_means_everybody_on_call() -> None:
    for roster in (OnCall(), OnCall("left", "left")):
        gap = replace(STAFF, on_call=roster)
        assert who(gap, Who("first")) == {"ada", "ben", "cleo"}
        assert who(gap, Who("second")) == {"ada", "ben", "cleo"}
    assert who(STAFF, Who("person", "left")) == {"ada", "ben", "cleo"}


def test_somebody_who_is_meant_twice_is_told_once() -> None:
    targets = STAFF.find(Rung((Who("first"), Who("everyone")), (), 30))
    assert len(targets) == len(set(targets)) == 4


def test_an_address_that_fails_three_times_rests_and_is_then_tried_once() -> None:
    breaker = Breaker()
    for _ in range(3):
        assert breaker.lets("push", "a", 0)
        breaker.failed("push", "a", 0)
    assert not breaker.lets("push", "a", 29.9)
    assert breaker.lets("push", "b", 29.9), "another address pays for it"
    assert breaker.lets("push", "a", 30)
    assert not breaker.lets("push", "a", 30), "two tries after one rest"
    breaker.delivered("push", "a")
    assert breaker.lets("push", "a", 31)


@given(st.lists(st.booleans(), min_size=1, max_size=50))
def test_an_address_is_never_given_up_for_good(outcomes: list[bool]) -> None:
    breaker, at = Breaker(), 0.0
    for delivered in outcomes:
        if breaker.lets("push", "a", at):
            breaker.delivered("push", "a") if delivered else breaker.failed("push", "a", at)
        at += 10
    assert breaker.lets("push", "a", at + 60)


def test_a_breaker_remembers_a_bounded_number_of_addresses() -> None:
    breaker = Breaker()
    for address in range(10_000):
        breaker.failed("push", str(address), 0)
    assert len(breaker._count) == 4096
    assert "9999" not in repr(breaker)


async def unrecorded(_target: Target, _outcome: Delivered | Failed) -> None:
    """These tests read the phones."""


async def always() -> bool:
    return True


async def test_a_channel_that_raises_silences_no_other(clock: DrivenClock, phones: Phones) -> None:
    def broken(_page: Page, target: Target) -> Delivered | Failed:
        if target.person == "ada":
            raise ZeroDivisionError
        return Delivered()

    phones.answer = broken
    outcomes: list[Delivered | Failed] = []

    async def record(_target: Target, outcome: Delivered | Failed) -> None:
        outcomes.append(outcome)

    async def not_again() -> bool:
        return False

    pager = Pager(channels={"push": phones}, clock=clock, chance=lambda: 0.0)
    targets = [Target("ada", "push", "a"), Target("ben", "push", "b")]
    sending = asyncio.create_task(pager.send(PAGE, targets, record, not_again))
    await clock.rest(waiters=lambda: 1)
    clock.jump(1)
    assert await sending == 1
    assert outcomes == [Failed(retry=True, reason=Reason.CRASHED), Delivered()]


async def test_a_process_that_never_saw_the_database_tells_the_lines_that_need_none(
    store: Alerts, clock: DrivenClock, tmp_path: Path
) -> None:
    phones = Phones(clock)
    path = AlertPath(store=store, clock=clock, phones=phones, folder=tmp_path)
    path.staff.away = True
    async with path.running():
        alert = await path.alarm()
        await path.until(lambda: len(phones.rings) > 1)
    assert phones.since(alert.raised_at)[0] == (0, "campus", "webhook")
    assert ("campus", "voice") in {(who, channel) for _, who, channel in phones.rings}
    assert phones.since(alert.raised_at)[1][0] < 60


async def test_a_channel_that_nobody_set_up_is_said(clock: DrivenClock) -> None:
    outcomes: list[Delivered | Failed] = []

    async def record(_target: Target, outcome: Delivered | Failed) -> None:
        outcomes.append(outcome)

    pager = Pager(channels={}, clock=clock, chance=lambda: 0.0)
    assert await pager.send(PAGE, [Target("ada", "pigeon", "a")], record, always) == 0
    assert outcomes == [Failed(retry=False, reason=Reason.NO_CHANNEL)]


async def test_an_alert_reaches_a_real_webhook(store: Alerts, clock: DrivenClock, tmp_path: Path) -> None:
    web = Web()
    channel = Webhook(key=b"k", now=clock.now)
    path = AlertPath(store=store, clock=clock, phones=channel, folder=tmp_path, ladder=parse(DEFAULT))
    async with listening(web) as port:
        path.staff.directory = Directory(campus=(Target(None, "webhook", f"http://127.0.0.1:{port}/"),))
        async with path.running():
            alert = await path.alarm()
            await path.until(lambda: ("open", 1) in path.consoles.seen)
    [(_, headers, body)] = web.requests
    assert json.loads(body)["where"] == "https://warm.example/staff"
    assert alert.id not in f"{headers}{body!r}"
    assert await store.delivered(alert=alert.id, rung=0) == {(None, "webhook")}
