"""Where people are reached: sealed at rest, forgotten at its end, honest about what no longer opens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chat.page_links import PageLinks
from chat.reachable import AGAIN, FRESH, Addresses, NotPossible, Reachable
from chat.sealing import Key
from moderation.channels.channel import Delivered, Failed, Page, Reason, Target
from moderation.pager import Link, Record, Wanted
from storage.engine import Database, open_database
from storage.migrate import upgrade
from storage.people import People
from storage.reach import Reach
from tests.support.browsers import Phone

NUMBER = "+441632960000"


@dataclass
class Sends:
    """What sends pages, and answers as it is told to."""

    outcome: Delivered | Failed = field(default_factory=Delivered)
    pages: list[tuple[Page, Target]] = field(default_factory=list)

    async def send(
        self, page: Page, targets: Sequence[Target], record: Record, wanted: Wanted, link: Link
    ) -> int:
        assert not await wanted()
        for target in targets:
            self.pages.append((page, target))
            assert link(target).startswith("https://warm.example/acknowledge#practice.")
            await record(target, self.outcome)
        return len(targets)


@dataclass
class Made:
    database: Database
    store: Reach
    sends: Sends
    ada: str
    at: float = 1_900_000_000.0
    key: Key = field(default_factory=Key.new)

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.store, self.key)

    @property
    def reachable(self) -> Reachable:
        return Reachable(
            store=self.store,
            addresses=self.addresses,
            sends=self.sends,
            links=PageLinks(Key.new(), "https://warm.example"),
            where="https://warm.example/staff",
            ready={"sms", "voice", "push", "webhook", "null"},
            push_hosts=["push.example"],
            services=[],
            clock=lambda: self.at,
        )

    async def refused(self, address: str) -> str:
        with pytest.raises(NotPossible) as refused:
            await self.reachable.test(self.ada, address)
        return str(refused.value)


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Made]:
    url = f"sqlite:///{tmp_path / 'warmline.db'}"
    await upgrade(url)
    database = open_database(url, deadline=15)
    ada = await People(database).add(campus="campus", email="ada@x.example", password="x", name="Ada")
    yield Made(database, Reach(database), Sends(), ada.id)
    await database.close()


async def test_only_ways_by_which_a_person_can_be_reached_are_offered(made: Made) -> None:
    assert made.reachable.ready == ("push", "sms", "voice")


async def test_an_address_lies_sealed_and_opens_for_the_alert_path(made: Made) -> None:
    await made.reachable.add(made.ada, "sms", NUMBER, "phone")
    (kept,) = await made.store.of_person(made.ada)
    assert NUMBER.encode() not in kept.sealed
    assert await made.addresses.targets("campus") == {made.ada: (Target(made.ada, "sms", NUMBER),)}


async def test_a_row_that_was_moved_to_somebody_else_reaches_nobody(made: Made) -> None:
    """Whoever can write into the database cannot have somebody's pages sent to another person's phone."""
    await made.reachable.add(made.ada, "sms", NUMBER, "phone")
    (kept,) = await made.store.of_person(made.ada)
    eve = await People(made.database).add(campus="campus", email="eve@x.example", password="x", name="Eve")
    await made.store.add(person_id=eve.id, channel="sms", sealed=kept.sealed, label="x", on=kept.added_on)
    await made.store.add(person_id=made.ada, channel="voice", sealed=kept.sealed, label="x", on=kept.added_on)
    assert await made.addresses.targets("campus") == {made.ada: (Target(made.ada, "sms", NUMBER),)}


async def test_what_a_new_secret_no_longer_opens_is_said_and_can_be_removed(made: Made) -> None:
    added = await made.reachable.add(made.ada, "sms", NUMBER, "phone")
    made.key = Key.new()
    (shown,) = await made.reachable.own(made.ada)
    assert (shown.label, shown.shown) == ("phone", "")
    assert "no longer be read" in await made.refused(added.id)
    assert await made.addresses.targets("campus") == {}
    await made.reachable.remove(made.ada, added.id)
    assert await made.reachable.own(made.ada) == []


async def test_a_subscription_that_has_ended_is_forgotten_and_no_other(made: Made) -> None:
    ended = Phone().subscription("https://push.example/1")
    other = Phone().subscription("https://push.example/2")
    for address in (ended, other):
        await made.reachable.add(made.ada, "push", address, "")
    await made.addresses.gone(Target(made.ada, "push", ended))
    assert await made.addresses.targets("campus") == {made.ada: (Target(made.ada, "push", other),)}
    await made.addresses.gone(Target(None, "push", other))
    assert len(await made.reachable.own(made.ada)) == 1


async def test_a_test_is_practice_sent_once_and_counts_when_it_is_confirmed(made: Made) -> None:
    added = await made.reachable.add(made.ada, "sms", NUMBER, "phone")
    await made.reachable.test(made.ada, added.id)
    [(page, target)] = made.sends.pages
    assert page.practice
    assert target == Target(made.ada, "sms", NUMBER)
    assert (await made.reachable.tested("campus"))[made.ada] == frozenset()
    assert await made.reachable.confirm(made.ada, added.id, made.at)
    assert (await made.reachable.tested("campus"))[made.ada] == {"sms"}
    made.at += FRESH + 1
    assert (await made.reachable.tested("campus"))[made.ada] == frozenset()


async def test_two_tests_have_a_moment_between_them_unless_the_first_went_nowhere(made: Made) -> None:
    added = await made.reachable.add(made.ada, "sms", NUMBER, "phone")
    made.sends.outcome = Failed(retry=True, reason=Reason.UNREACHABLE)
    assert "cannot be reached" in await made.refused(added.id)
    made.sends.outcome = Delivered()
    await made.reachable.test(made.ada, added.id)
    assert "a moment ago" in await made.refused(added.id)
    made.at += AGAIN
    await made.reachable.test(made.ada, added.id)


@pytest.mark.parametrize("reason", list(Reason))
async def test_every_way_to_fail_is_said_in_a_sentence(made: Made, reason: Reason) -> None:
    added = await made.reachable.add(made.ada, "sms", NUMBER, "phone")
    made.sends.outcome = Failed(retry=False, reason=reason)
    told = await made.refused(added.id)
    assert told.endswith((".", "?"))
    assert NUMBER not in told
