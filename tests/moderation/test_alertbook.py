"""What happens to an alert when the store, the disk or both are away."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from moderation.alertbook import NotDurable
from moderation.alerts import AlertStore, Severity
from moderation.escalation import UNENTERED, Refused
from moderation.sighting import Sighting
from moderation.waiting import WaitingAlert
from storage.alerts import Alerts
from storage.engine import Database, open_database
from tests.support.alerting import AlertPath, Phones
from tests.support.clock import DrivenClock


class Outage:
    """A real database that can be taken away: its file is moved, so that no connection opens it."""

    def __init__(self, database: Database, file: Path) -> None:
        self._database = database
        self._file = file

    async def begin(self) -> None:
        await self._database.close()
        self._file.rename(self._file.with_suffix(".gone"))
        self._file.mkdir()

    async def end(self) -> None:
        self._file.rmdir()
        self._file.with_suffix(".gone").rename(self._file)


@pytest.fixture
def outage(database: Database, tmp_path: Path) -> Outage:
    return Outage(database, tmp_path / "warmline.db")


async def raise_one(
    path: AlertPath,
    key: str = "c1/seeker/1",
    conversation: str = "c1",
    severity: Severity = "crisis",
) -> str:
    raised = await path.book.raise_alert(
        key=key,
        conversation=conversation,
        campus="north",
        category="self_harm",
        severity=severity,
        source="screening",
    )
    return raised.kept


async def live(store: AlertStore) -> int:
    return len(await store.live("north"))


async def test_a_dead_store_means_the_spool_and_a_page_at_once_and_one_alert_afterwards(
    path: AlertPath, phones: Phones, store: Alerts, outage: Outage
) -> None:
    await path.auditor.audit()
    await outage.begin()
    async with path.running("dispatcher", "stopgap", "book"):
        assert await raise_one(path) == "spool"
        start = path.clock.now()
        await path.passes(4)
        assert phones.since(start)[:2] == [(0, "ada", "push"), (0, "campus", "webhook")]
        await outage.end()
        await path.until(lambda: not path.stopgap.ringing)
        await path.passes(5)
    assert await live(store) == 1
    assert await path.spool.waiting() == 0
    await path.book.drain()
    assert await live(store) == 1


async def test_the_ladder_climbs_from_memory_while_the_store_is_away(
    path: AlertPath, phones: Phones, outage: Outage
) -> None:
    await path.auditor.audit()
    await outage.begin()
    async with path.running("dispatcher", "stopgap", "book"):
        await raise_one(path)
        start = path.clock.now()
        await path.passes(62)
        await outage.end()
        await path.until(lambda: not path.stopgap.ringing)
    assert [ring for ring in phones.since(start) if ring[0] > 0][:2] == [
        (30, "ada", "sms"),
        (60, "ben", "push"),
    ]


async def test_an_alert_that_was_climbing_goes_on_from_its_rung_when_the_store_goes_away(
    path: AlertPath, phones: Phones, outage: Outage
) -> None:
    async with path.running("dispatcher", "stopgap"):
        alert = await path.alarm()
        await path.passes(10)
        await path.rest()
        await outage.begin()
        await path.passes(55)
        await outage.end()
        await path.until(lambda: not path.stopgap.ringing)
    rings = phones.since(alert.raised_at)
    assert rings[:2] == [(0, "ada", "push"), (0, "campus", "webhook")]
    assert [(who, channel) for _, who, channel in rings[2:4]] == [("ada", "sms"), ("ben", "push")]
    assert [at for at, _, _ in rings[2:4]] == [pytest.approx(30, abs=2), pytest.approx(60, abs=2)]


async def test_what_somebody_has_is_not_paged_when_the_store_goes_away(
    path: AlertPath, phones: Phones, outage: Outage
) -> None:
    async with path.running("dispatcher", "stopgap"):
        alert = await path.alarm()
        await path.passes(10)
        await path.book.acknowledge(alert.id, "ada")
        rings = len(phones.rings)
        await path.rest()
        await outage.begin()
        await path.passes(100)
        assert len(phones.rings) == rings
        await outage.end()


async def test_neither_store_nor_disk_means_not_durable_and_a_page_from_memory(
    store: Alerts, clock: DrivenClock, phones: Phones, outage: Outage, tmp_path: Path
) -> None:
    (tmp_path / "spool").write_text("a file where the folder should be")
    path = AlertPath(store=store, clock=clock, phones=phones, folder=tmp_path / "spool")
    await path.auditor.audit()
    await outage.begin()
    async with path.running("stopgap"):
        start = clock.now()
        for _ in range(3):  # the client says it again
            with pytest.raises(NotDurable):
                await raise_one(path)
        await path.passes(4)
        assert phones.since(start) == [(0, "ada", "push"), (0, "campus", "webhook")]
    await outage.end()
    await path.book.drain()
    assert not path.stopgap.ringing
    assert await live(store) == 1


async def test_what_the_store_will_never_take_keeps_nothing_else_from_it(
    path: AlertPath, store: Alerts, outage: Outage
) -> None:
    never = Sighting("k", "no identifier", "north", "self_harm", "crisis", "screening", path.clock.now())
    path.book._kept[never.key] = never
    await outage.begin()
    assert await raise_one(path) == "spool"
    await outage.end()
    await path.book.drain()
    assert await live(store) == 1
    assert await path.spool.waiting() == 0


async def test_what_waits_on_the_disk_survives_the_process(
    path: AlertPath, store: Alerts, phones: Phones, outage: Outage, tmp_path: Path
) -> None:
    await outage.begin()
    assert await raise_one(path) == "spool"
    path.close()
    await outage.end()
    next_one = AlertPath(store=store, clock=path.clock, phones=phones, folder=tmp_path / "spool", owner="two")
    async with next_one.running("dispatcher", "book"):
        await next_one.until(lambda: len(phones.rings) == 2)
    assert await live(store) == 1


async def test_a_store_that_hangs_is_given_three_tenths_of_a_second(
    path: AlertPath, clock: DrivenClock, database: Database
) -> None:
    """Another process holds SQLite's write lock; the driven clock ends the wait."""
    other = open_database(str(database.engine.url).replace("sqlite+aiosqlite", "sqlite"))
    async with other.writing():
        raising = asyncio.create_task(raise_one(path))
        await asyncio.sleep(0)
        clock.jump(0.3)
        assert await raising == "spool"
    await other.close()


async def test_what_waits_is_shown_and_who_has_it_is_paged_no_more_and_has_it_in_the_store(
    path: AlertPath, phones: Phones, store: Alerts, outage: Outage
) -> None:
    await path.auditor.audit()
    await outage.begin()
    await raise_one(path)
    (waiting,) = path.book.waiting("north")
    assert (waiting.state, waiting.conversation) == ("open", "c1")
    assert path.consoles.seen == [("open", 0)]
    async with path.running("stopgap"):
        await path.until(lambda: len(phones.rings) == 2)
        held = await path.book.hold(waiting.id, "ben")
        assert held is not None
        assert (held.state, held.person) == ("acknowledged", "ben")
        told = len(phones.rings)
        await path.passes(240.0)
        assert len(phones.rings) == told, "somebody was paged for what a person has"
        await path.until(lambda: len(phones.rings) > told)
    await path.book.hold(waiting.id, "ben")
    await outage.end()
    await path.book.drain()
    (stored,) = await store.live("north")
    assert (stored.id, stored.state, stored.person) == (waiting.id, "acknowledged", "ben")
    assert not path.book.waiting("north")


async def test_who_has_one_of_two_that_wait_is_paged_for_the_other(
    path: AlertPath, phones: Phones, outage: Outage
) -> None:
    await outage.begin()
    await raise_one(path)
    await raise_one(path, key="c2/seeker/1", conversation="c2")
    first = next(alert for alert in path.book.waiting("north") if alert.conversation == "c1")
    await path.book.hold(first.id, "ben")
    async with path.running("stopgap"):
        await path.until(lambda: len(phones.rings) == 2)
    assert {a.conversation: a.state for a in path.book.waiting("north")} == {
        "c1": "acknowledged",
        "c2": "open",
    }


async def test_what_a_dead_process_left_on_the_disk_rings_and_is_shown_by_the_next(
    path: AlertPath, phones: Phones, store: Alerts, tmp_path: Path, outage: Outage
) -> None:
    await outage.begin()
    await raise_one(path)
    path.close()
    other = AlertPath(store=store, clock=path.clock, phones=phones, folder=tmp_path / "spool", owner="two")
    await other.book.drain()
    assert [alert.conversation for alert in other.book.waiting("north")] == ["c1"]
    async with other.running("stopgap"):
        await other.until(lambda: len(phones.rings) == 2)
    other.close()


async def test_an_alert_of_the_store_is_had_from_memory_and_acknowledged_when_it_is_back(
    path: AlertPath, phones: Phones, store: Alerts, outage: Outage
) -> None:
    await raise_one(path)
    (alert,) = await store.live("north")
    async with path.running("dispatcher", "stopgap"):
        await path.until(lambda: len(phones.rings) == 2)
        await path.rest()
        await outage.begin()
        await path.until(lambda: path.stopgap.ringing)
        assert [one.id for one in path.book.remembered("north")] == [alert.id]
        assert await path.book.hold(alert.id, "ben") is not None
        told = len(phones.rings)
        await path.passes(120.0)
        assert len(phones.rings) == told
        await path.rest()
        await outage.end()
        await path.passes(5.0)  # the dispatcher looks before the book has told the store
        assert len(phones.rings) == told
        await path.rest()
        await path.book.drain()
        await path.passes(20.0)
        assert len(phones.rings) == told
        await path.rest()
    standing = await store.get(alert.id)
    assert standing is not None
    assert (standing.state, standing.person) == ("acknowledged", "ben")


async def test_what_is_said_again_to_another_process_is_shown_as_the_same_alert(
    path: AlertPath, phones: Phones, store: Alerts, outage: Outage, tmp_path: Path
) -> None:
    """The first process took it to its spool and died before it answered."""
    other = AlertPath(store=store, clock=path.clock, phones=phones, folder=tmp_path / "other", owner="two")
    await outage.begin()
    await raise_one(path)
    await raise_one(other)
    await outage.end()
    shown = {alert.id for one in (path, other) for alert in one.book.waiting("north")}
    await other.book.drain()
    assert {alert.id for alert in await store.live("north")} == shown


async def test_another_process_that_hears_who_has_it_pages_nobody_either(
    path: AlertPath, phones: Phones, store: Alerts, tmp_path: Path, outage: Outage
) -> None:
    other = AlertPath(store=store, clock=path.clock, phones=phones, folder=tmp_path / "other", owner="two")
    await outage.begin()
    await raise_one(path)
    (waiting,) = path.book.waiting("north")
    assert isinstance(waiting, WaitingAlert)
    other.book.hear(waiting)
    held = await other.book.hold(waiting.id, "cleo")
    assert isinstance(held, WaitingAlert)
    path.book.hear(held)
    async with path.running("stopgap"):
        await path.passes(120.0)
    assert phones.rings == []
    await outage.end()
    await path.book.drain()
    (stored,) = await store.live("north")
    assert (stored.state, stored.person) == ("acknowledged", "cleo")
    await other.book.drain()
    assert not other.book.waiting("north")


async def test_who_has_it_lies_on_the_disk_and_has_it_in_the_store_whatever_becomes_of_the_process(
    path: AlertPath, store: Alerts, outage: Outage, tmp_path: Path
) -> None:
    await outage.begin()
    await raise_one(path)
    (waiting,) = path.book.waiting("north")
    await path.book.hold(waiting.id, "ben")
    path.close()  # as when it is killed: the memory is gone, the files are nobody's
    await outage.end()
    other = AlertPath(store=store, clock=path.clock, phones=path.phones, folder=tmp_path / "spool", owner="x")
    await other.book.drain()
    (stored,) = await store.live("north")
    assert (stored.id, stored.state, stored.person) == (waiting.id, "acknowledged", "ben")
    assert await other.holds.waiting() == 0
    other.close()


async def test_the_next_process_rings_for_nothing_that_somebody_had_while_the_store_is_still_away(
    path: AlertPath, phones: Phones, store: Alerts, outage: Outage, tmp_path: Path
) -> None:
    await outage.begin()
    await raise_one(path)
    await raise_one(path, "c2/seeker/1", "c2")
    first = next(one for one in path.book.waiting("north") if one.conversation == "c1")
    await path.book.hold(first.id, "ben")
    path.close()
    other = AlertPath(store=store, clock=path.clock, phones=phones, folder=tmp_path / "spool", owner="two")
    await other.book.drain()
    states = {one.conversation: (one.state, one.person) for one in other.book.waiting("north")}
    assert states == {"c1": ("acknowledged", "ben"), "c2": ("open", None)}
    other.close()


async def test_a_worker_that_hears_of_no_other_process_reads_on_the_disk_who_has_it(
    path: AlertPath, phones: Phones, store: Alerts, outage: Outage, tmp_path: Path
) -> None:
    """A worker carries the open alert from memory; the tap comes to a server that knows nothing of it."""
    server = AlertPath(store=store, clock=path.clock, phones=phones, folder=tmp_path / "spool", owner="two")
    async with path.running("dispatcher", "stopgap"):
        alert = await path.alarm()
        await path.until(lambda: len(phones.rings) == 2)
        await path.rest()
        await outage.begin()
        await path.until(lambda: path.stopgap.ringing)
        assert await server.book.hold(alert.id, "ben") is None
        assert await server.book.hold_unseen(alert.id, "ben")
        await path.book.drain()
        told = len(phones.rings)
        await path.passes(120.0)
        assert len(phones.rings) == told
        await path.rest()
        await outage.end()
        await server.book.drain()
        await path.passes(20.0)
        assert len(phones.rings) == told
        await path.rest()
    standing = await store.get(alert.id)
    assert standing is not None
    assert (standing.state, standing.person) == ("acknowledged", "ben")
    server.close()


async def test_a_hold_waits_for_an_alert_that_another_file_brings_later(
    path: AlertPath, store: Alerts, outage: Outage, tmp_path: Path
) -> None:
    other = AlertPath(store=store, clock=path.clock, phones=path.phones, folder=tmp_path / "other", owner="x")
    await outage.begin()
    await raise_one(other)
    (waiting,) = other.book.waiting("north")
    assert await path.book.hold_unseen(waiting.id, "ben")
    await outage.end()
    await path.book.drain()
    assert await path.holds.waiting() > 0
    assert path.troubles == []
    await other.book.drain()
    await path.book.drain()
    standing = await store.get(waiting.id)
    assert standing is not None
    assert (standing.state, standing.person) == ("acknowledged", "ben")
    assert await path.holds.waiting() == 0
    for one in (path, other):
        one.close()


async def test_a_hold_that_ended_while_the_store_was_away_gives_nobody_the_alert(
    path: AlertPath, store: Alerts, outage: Outage
) -> None:
    await outage.begin()
    await raise_one(path)
    (waiting,) = path.book.waiting("north")
    await path.book.hold(waiting.id, "ben")
    path.clock.jump(UNENTERED)
    await outage.end()
    await path.book.drain()
    (stored,) = await store.live("north")
    assert (stored.state, stored.person) == ("open", None)
    path.close()


async def test_nobody_has_a_crisis_who_took_on_a_concern_before_it_rose(
    path: AlertPath, store: Alerts, outage: Outage, tmp_path: Path
) -> None:
    await outage.begin()
    await raise_one(path, severity="concern")
    (waiting,) = path.book.waiting("north")
    await path.book.hold(waiting.id, "ben")
    path.clock.jump(10.0)
    await raise_one(path, "c1/seeker/2")
    path.close()
    await outage.end()
    other = AlertPath(store=store, clock=path.clock, phones=path.phones, folder=tmp_path / "spool", owner="x")
    await other.book.drain()
    (stored,) = await store.live("north")
    assert (stored.severity, stored.state, stored.person) == ("crisis", "open", None)
    other.close()


async def test_what_was_decided_while_the_store_was_away_is_in_the_store_afterwards(
    path: AlertPath, phones: Phones, store: Alerts, outage: Outage
) -> None:
    await outage.begin()
    await raise_one(path)
    (waiting,) = path.book.waiting("north")
    await path.book.hold(waiting.id, "ben")
    decided = await path.book.hold(waiting.id, "ben", decision="on_the_way")
    assert decided is not None
    assert (decided.decision, decided.next_at) == ("on_the_way", path.clock.now() + 1800.0)
    async with path.running("stopgap"):
        await path.passes(1790.0)
        assert phones.rings == []
        await path.rest()
    await outage.end()
    await path.book.drain()
    (stored,) = await store.live("north")
    assert (stored.person, stored.decision, stored.next_at) == ("ben", "on_the_way", decided.next_at)
    path.close()


async def test_a_call_after_one_that_was_closed_while_it_waited_here_has_one_id_in_every_process(
    path: AlertPath, phones: Phones, store: Alerts, outage: Outage, tmp_path: Path
) -> None:
    """The first call reached the store by another process, and staff closed it before this one knew."""
    other = AlertPath(store=store, clock=path.clock, phones=phones, folder=tmp_path / "other", owner="two")
    await outage.begin()
    await raise_one(path)
    await outage.end()
    assert await raise_one(other) == "store"
    (first,) = await store.live("north")
    await other.book.resolve(first.id, "ada", "safe")
    assert await raise_one(path, key="c1/seeker/2") == "store"
    (second,) = await store.live("north")
    assert second.id != first.id
    await outage.begin()
    await raise_one(other, key="c1/seeker/2")  # it was said again: nobody had answered
    assert [alert.id for alert in other.book.waiting("north")] == [second.id]
    await outage.end()


async def test_a_call_in_an_outage_belongs_to_the_open_alert_that_the_store_had_of_its_conversation(
    path: AlertPath, phones: Phones, store: Alerts, outage: Outage
) -> None:
    async with path.running("dispatcher", "stopgap"):
        alert = await path.alarm()
        await path.until(lambda: len(phones.rings) == 2)
        await path.rest()
        await outage.begin()
        await raise_one(path, key="c1/seeker/2")
        await path.until(lambda: path.stopgap.ringing)
        assert [one.id for one in path.book.remembered("north")] == [alert.id]
        await path.rest()
        await outage.end()
        await path.book.drain()
    assert [one.id for one in await store.live("north")] == [alert.id]
    assert not path.book.waiting("north")


async def test_what_waits_here_and_what_the_store_had_of_one_conversation_are_shown_as_one(
    path: AlertPath, phones: Phones, store: Alerts, outage: Outage, tmp_path: Path
) -> None:
    """Two processes took two calls of a conversation, and this one could not bring its own in between."""
    other = AlertPath(store=store, clock=path.clock, phones=phones, folder=tmp_path / "other", owner="two")
    await outage.begin()
    await raise_one(path)
    await outage.end()
    assert await raise_one(other, key="c1/seeker/2") == "store"
    path.dispatcher.remember(await store.live("north"))
    await outage.begin()
    async with path.running("dispatcher"):
        await path.until(lambda: bool(path.dispatcher.bridged))
        assert [alert.conversation for alert in path.book.remembered("north")] == ["c1"]
        await path.rest()
        await outage.end()
    other.close()


async def test_what_somebody_had_is_shown_in_an_outage_and_climbs_on_when_nobody_followed_it_up(
    path: AlertPath, phones: Phones, store: Alerts, outage: Outage
) -> None:
    async with path.running("dispatcher", "stopgap"):
        alert = await path.alarm()
        await path.passes(5)
        held = await path.book.acknowledge(alert.id, "ada")
        assert not isinstance(held, Refused)
        await path.rest()
        await outage.begin()
        await path.passes(20)
        (shown,) = path.book.remembered("north")
        assert (shown.id, shown.state, shown.person) == (alert.id, "acknowledged", "ada")
        told = len(phones.rings)
        left = (held.next_at or 0) - path.clock.now()
        await path.passes(left - 5)
        assert len(phones.rings) == told
        await path.until(lambda: len(phones.rings) > told)
        assert abs(phones.rings[told][0] - (held.next_at or 0)) <= 5
        (lapsed,) = path.book.remembered("north")
        assert (lapsed.state, lapsed.person) == ("open", None)
        assert await path.book.hold(alert.id, "ben") is not None
        await path.rest()
        await outage.end()
        await path.book.drain()
        told = len(phones.rings)
        await path.passes(60)
        assert len(phones.rings) == told
        await path.rest()
    standing = await store.get(alert.id)
    assert standing is not None
    assert (standing.state, standing.person) == ("acknowledged", "ben")
    path.close()
