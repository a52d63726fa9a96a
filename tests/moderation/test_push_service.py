"""Web push against a push service that verifies and expires, and a phone that opens what it took."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from moderation.channels.channel import Delivered, Failed, Notice, Page, Reason, Target
from moderation.channels.push import Push
from moderation.channels.push_keys import Vapid
from moderation.pager import Pager
from tests.support.browsers import Phone
from tests.support.clock import DrivenClock
from tests.support.push_service import PushService, Subscribed
from tests.support.servers import Web, listening

VAPID = Vapid(bytes(range(32)), "https://warm.example")
LINK = "https://warm.example/acknowledge#one-tap"
PAGE = Page(key="5f3a" * 8, where="https://warm.example/staff", link=LINK)


@dataclass
class Made:
    """A channel, a push service that it talks to, and one phone that subscribed there."""

    service: PushService
    clock: DrivenClock
    vapid: Vapid = VAPID
    ended: list[Target] = field(default_factory=list)
    outcomes: list[Delivered | Failed] = field(default_factory=list)

    def subscribed(self, sender: Vapid = VAPID) -> tuple[Target, Subscribed]:
        address, phone = self.service.subscribe(sender.public)
        return Target("ada", "push", address), phone

    @property
    def channel(self) -> Push:
        async def gone(target: Target) -> None:
            self.ended.append(target)

        return Push(vapid=self.vapid, now=self.clock.now, gone=gone)

    async def paged(self, target: Target, page: Page = PAGE) -> int:
        """What the pager does with one page: how many took it."""
        pager = Pager(channels={"push": self.channel}, clock=self.clock, chance=lambda: 0.5)
        return await self._sent(pager, target, page)

    async def _sent(self, pager: Pager, target: Target, page: Page) -> int:
        async def record(_: Target, outcome: Delivered | Failed) -> None:
            self.outcomes.append(outcome)

        async def wanted() -> bool:
            return True

        return await pager.send(page, [target], record, wanted, lambda _: page.link)


@asynccontextmanager
async def pushing(clock: DrivenClock, vapid: Vapid = VAPID) -> AsyncIterator[Made]:
    service = PushService(now=clock.now)
    async with listening(service) as port:
        service.origin = f"http://127.0.0.1:{port}"
        yield Made(service, clock, vapid)


async def test_a_push_service_verifies_the_sender_and_the_phone_alone_reads_the_page(
    clock: DrivenClock,
) -> None:
    async with pushing(clock) as made:
        target, phone = made.subscribed()
        assert await made.channel.send(PAGE, target) == Delivered()
    assert phone.refused == []
    assert phone.notes == [
        {"title": "Action needed", "text": "", "key": PAGE.key, "link": LINK, "practice": False}
    ]


async def test_the_largest_thing_that_is_ever_said_fits_into_one_push(clock: DrivenClock) -> None:
    notice = Notice("gap", "Nobody is on call", "x" * 1500)
    page = dataclasses.replace(PAGE, notice=notice, link="https://warm.example/" + "a" * 600)
    async with pushing(clock) as made:
        target, phone = made.subscribed()
        assert await made.channel.send(page, target) == Delivered()
    assert phone.notes[0]["text"] == notice.text


async def test_another_installation_cannot_push_to_a_phone_that_subscribed_here(clock: DrivenClock) -> None:
    async with pushing(clock, Vapid(bytes(32), "https://other.example")) as made:
        target, phone = made.subscribed(VAPID)
        assert await made.channel.send(PAGE, target) == Failed(retry=False, reason=Reason.REJECTED)
    assert phone.refused == [(403, "another sender than the browser subscribed for")]
    assert made.ended == []


async def test_the_signature_names_the_push_service_and_is_good_for_less_than_a_day(
    clock: DrivenClock,
) -> None:
    async with pushing(clock) as made:
        target, phone = made.subscribed()
        made.service.origin, told = "https://push.example", made.service.origin
        await made.channel.send(PAGE, target)
        made.service.origin = told
        began = clock.now()
        made.service.now = lambda: began + 13 * 3600
        await made.channel.send(PAGE, target)
    assert [why for _, why in phone.refused] == [
        "signed for another push service",
        "over, or good for too long",
    ]


async def test_what_another_phone_subscribed_is_opened_by_no_other(clock: DrivenClock) -> None:
    async with pushing(clock) as made:
        target, phone = made.subscribed()
        phone.phone = Phone()
        outcome = await made.channel.send(PAGE, target)
    assert isinstance(outcome, Failed), "the service crashed on it, as the phone would"
    assert phone.notes == []


@pytest.mark.parametrize("standing", ["gone", "unknown"])
async def test_a_subscription_that_has_ended_is_removed_and_never_tried_again(
    clock: DrivenClock, standing: str
) -> None:
    async with pushing(clock) as made:
        target, phone = made.subscribed()
        phone.standing = standing  # type: ignore[assignment]  # one of the two
        assert await made.paged(target) == 0
    assert made.outcomes == [Failed(retry=False, reason=Reason.GONE)]
    assert made.ended == [target]
    assert len(phone.refused) == 1


async def test_a_push_service_that_asks_for_a_pause_is_given_it_and_then_takes_the_page(
    clock: DrivenClock,
) -> None:
    async with pushing(clock) as made:
        target, phone = made.subscribed()
        phone.standing, phone.retry_after = "throttled", "3"
        began = clock.now()
        pager = Pager(channels={"push": made.channel}, clock=clock, chance=lambda: 0.5)
        sending = asyncio.create_task(made._sent(pager, target, PAGE))
        await clock.rest(waiters=lambda: 1)  # the first answer came, and it waits
        phone.standing = "good"
        await clock.run(sending.done, waiters=lambda: 1)
        assert await sending == 1
        assert clock.now() - began == pytest.approx(3.0, abs=0.2)
    assert made.outcomes == [Failed(retry=True, reason=Reason.REJECTED, after=3.0), Delivered()]
    assert made.ended == []


async def test_one_that_asks_for_a_long_pause_is_passed_over_at_once_and_left_alone_for_it(
    clock: DrivenClock,
) -> None:
    async with pushing(clock) as made:
        target, phone = made.subscribed()
        phone.standing, phone.retry_after = "throttled", "60"
        pager = Pager(channels={"push": made.channel}, clock=clock, chance=lambda: 0.5)
        began = clock.now()
        assert await made._sent(pager, target, PAGE) == 0
        assert clock.now() == began, "the next rung waits for it"
        phone.standing = "good"
        for later, reached in ((30.0, 0), (59.0, 0), (60.0, 1)):
            clock.jump(began + later - clock.now())
            assert await made._sent(pager, target, PAGE) == reached
    assert len(phone.notes) == 1


@pytest.mark.parametrize(
    ("told", "after"),
    [("7", 7.0), ("0", 0.0), ("86400", 120.0), ("Wed, 21 Oct 2037 07:28:00 GMT", 120.0), ("-1", 120.0)],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_a_pause_is_never_granted_for_longer_than_two_minutes(
    clock: DrivenClock, status: int, told: str, after: float
) -> None:
    async with listening(Web(status=status, headers=(f"Retry-After: {told}",))) as port:
        made = Made(PushService(), clock)
        address = Phone().subscription(f"http://127.0.0.1:{port}/push/x")
        outcome = await made.channel.send(PAGE, Target("ada", "push", address))
    assert isinstance(outcome, Failed)
    assert (outcome.retry, outcome.after) == (True, after)
