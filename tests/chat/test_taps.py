"""One tap, on real stores: whose it is, that it works once, and what it does while the database is away."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chat.page_links import LASTS, Kind, PageLink, PageLinks
from chat.sealing import Key
from chat.taps import Refused, Taps
from storage.engine import Database, open_database
from storage.errors import StorageError, Unavailable
from storage.people import People
from storage.reach import Reach
from tests.support.alarming import Built, alarming


@dataclass
class Made:
    built: Built
    database: Database
    taps: Taps
    links: PageLinks
    people: People
    ada: str
    ben: str
    at: float
    recorded: list[tuple[str, str, str, str]] = field(default_factory=list)
    confirmed: list[tuple[str, str]] = field(default_factory=list)

    def token(self, about: str, *, person: str | None = None, kind: Kind = "alert") -> str:
        link = PageLink(kind, person or self.ada, about, self.at + LASTS)
        return self.links.address(link).partition("#")[2]

    async def refused(self, token: str) -> str:
        with pytest.raises(Refused) as refused:
            await self.taps.tap(token)
        return refused.value.why


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Made]:
    async with alarming(tmp_path) as built:
        database = open_database(f"sqlite:///{tmp_path / 'warmline.db'}")
        people, reach = People(database), Reach(database)
        ada, ben = [
            (await people.add(campus="campus", email=f"{name}@x.example", password="x", name=name)).id
            for name in ("ada", "ben")
        ]
        links = PageLinks(Key.new(), "https://warm.example")

        async def confirm(person: str, address: str, at: float) -> bool:
            assert at == one.at
            one.confirmed.append((person, address))
            return address != "removed"

        async def record(*what: str) -> None:
            one.recorded.append(what)  # type: ignore[arg-type]  # four words

        taps = Taps(
            links=links,
            used=reach,
            people=people,
            alarms=built.alarms,
            confirm=confirm,
            record=record,
            clock=lambda: one.at,
            outages=(StorageError, TimeoutError),
        )
        one = Made(built, database, taps, links, people, ada, ben, at=built.path.dispatcher._clock.now() + 1)
        yield one
        await database.close()


async def takes_away(made: Made, folder: Path) -> None:
    await made.database.engine.dispose()  # a connection that is open would not notice
    (folder / "warmline.db").rename(folder / "away.db")
    (folder / "warmline.db").mkdir()


def brings_back(folder: Path) -> None:
    (folder / "warmline.db").rmdir()
    (folder / "away.db").rename(folder / "warmline.db")


async def states(made: Made) -> Sequence[tuple[str, str | None]]:
    return [(alert.state, alert.person) for alert in await made.built.alarms.live()]


async def test_a_tap_acknowledges_as_the_person_of_the_page_and_is_on_record(made: Made) -> None:
    alert = await made.built.raised()
    assert await made.taps.tap(made.token(alert.id)) == "yours"
    assert await states(made) == [("acknowledged", made.ada)]
    assert made.recorded == [(made.ada, "acknowledge", "alert", alert.id)]


async def test_a_link_works_once_also_when_the_climb_has_gone_on_since(made: Made) -> None:
    alert = await made.built.raised()
    token = made.token(alert.id)
    assert await made.taps.tap(token) == "yours"
    claimed = await made.built.alerts.claim_due(owner="x", at=made.at + 301, lease=15, limit=1)
    assert await made.built.alerts.advance(
        alert=alert.id, fence=claimed[0].fence, rung=1, next_at=made.at + 330
    )
    assert await states(made) == [("open", None)]
    assert await made.refused(token) == "used"
    assert await states(made) == [("open", None)]


async def test_another_page_to_the_same_person_says_the_same_again(made: Made) -> None:
    alert = await made.built.raised()
    assert await made.taps.tap(made.token(alert.id)) == "yours"
    assert await made.taps.tap(made.token(alert.id)) == "yours"
    assert len(made.recorded) == 1


async def test_who_is_second_is_told_that_somebody_has_it(made: Made) -> None:
    alert = await made.built.raised()
    assert await made.taps.tap(made.token(alert.id)) == "yours"
    assert await made.refused(made.token(alert.id, person=made.ben)) == "held"
    assert await states(made) == [("acknowledged", made.ada)]


async def test_whom_an_alert_is_handed_to_confirms_it_by_one_tap(made: Made) -> None:
    alert = await made.built.raised()
    await made.built.alarms.acknowledge(alert.id, "ben")
    await made.built.alarms.hand(alert.id, "ben", made.ada)
    handed = await made.built.alarms.get(alert.id)
    assert handed is not None
    assert (handed.person, handed.handed_by) == (made.ada, "ben")
    assert await made.taps.tap(made.token(alert.id)) == "yours"
    confirmed = await made.built.alarms.get(alert.id)
    assert confirmed is not None
    assert (confirmed.person, confirmed.handed_by, confirmed.asked_until) == (made.ada, None, None)


async def test_what_is_closed_or_was_never_there_is_over(made: Made) -> None:
    alert = await made.built.raised()
    await made.built.alarms.close(alert.id, made.ben, "stood_down", "false_alarm")
    assert await made.refused(made.token(alert.id)) == "over"
    assert await made.refused(made.token("f" * 32)) == "over"


async def test_after_fifteen_minutes_a_link_is_old(made: Made) -> None:
    alert = await made.built.raised()
    token = made.token(alert.id)
    made.at += LASTS
    assert await made.refused(token) == "old"
    assert await states(made) == [("open", None)]


@pytest.mark.parametrize("token", ["", "x", "A" * 90, "ä"])
async def test_a_link_that_nobody_made_does_nothing(made: Made, token: str) -> None:
    await made.built.raised()
    assert await made.refused(token) == "unknown"
    assert await states(made) == [("open", None)]


async def test_who_has_left_acknowledges_nothing(made: Made) -> None:
    alert = await made.built.raised()
    token = made.token(alert.id)
    await made.people.deactivate(made.ada, on=dt.date(2031, 5, 1))
    assert await made.refused(token) == "unknown"
    assert await made.refused(made.token(alert.id, person="nobody")) == "unknown"
    assert await states(made) == [("open", None)]


async def test_a_tap_that_did_its_work_says_so_also_when_it_cannot_be_used_up(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> bool:
        raise Unavailable

    alert = await made.built.raised()
    monkeypatch.setattr(Reach, "use", away)
    token = made.token(alert.id)
    assert await made.taps.tap(token) == "yours"
    assert await states(made) == [("acknowledged", made.ada)]
    assert await made.refused(token) == "used"


async def test_practice_says_practice(made: Made) -> None:
    assert await made.built.alarms.raise_alert(
        key="drill", conversation="drill", category="practice", severity="crisis", source="practice"
    )
    await made.built.path.book.drain()
    alert = await made.built.alarms.of_conversation("drill")
    assert alert is not None
    assert await made.taps.tap(made.token(alert.id)) == "practice"


async def test_a_test_that_arrived_is_confirmed_once(made: Made) -> None:
    token = made.token("address", kind="test")
    assert await made.taps.tap(token) == "confirmed"
    assert made.confirmed == [(made.ada, "address")]
    assert made.recorded == [(made.ada, "confirm", "reach", "address")]
    assert await made.refused(token) == "used"
    assert await made.refused(made.token("removed", kind="test")) == "over"


async def test_while_the_database_is_away_a_tap_lies_on_the_disk_and_is_the_acknowledgement_afterwards(
    made: Made, tmp_path: Path
) -> None:
    alert, other = await made.built.raised("k1", "c1"), await made.built.raised("k2", "c2")
    token = made.token(alert.id)
    await takes_away(made, tmp_path)
    assert await made.taps.tap(token) == "held"
    assert await made.refused(token) == "used"
    assert made.recorded == [(made.ada, "acknowledge", "alert", alert.id)]
    made.built.path.close()
    brings_back(tmp_path)
    async with alarming(tmp_path) as following:
        await following.path.book.drain()
        standing = {one.id: (one.state, one.person) for one in await following.alarms.live()}
    assert standing == {alert.id: ("acknowledged", made.ada), other.id: ("open", None)}


async def test_who_is_second_while_the_database_is_away_is_told_that_somebody_has_it(
    made: Made, tmp_path: Path
) -> None:
    alert = await made.built.raised()
    made.built.path.dispatcher.remember([alert])
    tokens = [made.token(alert.id, person=person) for person in (made.ada, made.ben)]
    await takes_away(made, tmp_path)
    made.built.path.dispatcher._bridge()
    assert await made.taps.tap(tokens[0]) == "held"
    assert await made.refused(tokens[1]) == "held"


async def test_a_tap_that_no_disk_takes_is_not_believed(made: Made, tmp_path: Path) -> None:
    alert = await made.built.raised()
    shutil.rmtree(tmp_path / "spool", ignore_errors=True)
    (tmp_path / "spool").write_text("a file where the folder should be")
    tokens = [made.token(alert.id), made.token("address", kind="test")]
    await takes_away(made, tmp_path)
    assert [await made.refused(token) for token in tokens] == ["busy", "busy"]
    assert made.recorded == []


async def test_a_tap_whose_alert_waits_for_the_store_has_that_one(made: Made, tmp_path: Path) -> None:
    await takes_away(made, tmp_path)
    assert await made.built.alarms.raise_alert(
        key="k", conversation="c", category="help", severity="crisis", source="seeker"
    )
    (waiting,) = made.built.path.book.waiting("campus")
    brings_back(tmp_path)
    assert await made.taps.tap(made.token(waiting.id)) == "yours"
    await made.built.path.book.drain()
    (stored,) = await made.built.alarms.live()
    assert (stored.id, stored.state, stored.person) == (waiting.id, "acknowledged", made.ada)
