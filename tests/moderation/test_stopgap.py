"""Paging from memory stops when a person says "I have it", and only for as long as that may be believed."""

from __future__ import annotations

from moderation.escalation import UNENTERED
from tests.support.alerting import AlertPath, Phones


async def test_who_has_it_silences_the_campus_for_five_minutes(path: AlertPath, phones: Phones) -> None:
    path.stopgap.ring("c1", "north")
    async with path.running("stopgap"):
        await path.until(lambda: len(phones.rings) == 2)
        held = path.clock.now()
        assert path.stopgap.hold("north")
        told = len(phones.rings)
        await path.until(lambda: len(phones.rings) > told)
    assert phones.rings[told][0] - held >= UNENTERED


async def test_another_call_for_help_rings_through_the_silence(path: AlertPath, phones: Phones) -> None:
    path.stopgap.ring("c1", "north")
    async with path.running("stopgap"):
        await path.until(lambda: len(phones.rings) == 2)
        assert path.stopgap.hold("north")
        told, held = len(phones.rings), path.clock.now()
        path.stopgap.ring("c1", "north")
        path.stopgap.ring("c2", "north")
        await path.until(lambda: len(phones.rings) > told)
    assert phones.rings[told][0] - held <= 5


async def test_a_climb_whose_telling_was_cut_off_goes_on(path: AlertPath, phones: Phones) -> None:
    phones.hangs = {"push"}
    async with path.running("stopgap"):
        path.stopgap.ring("c1", "north")
        await phones.hanging.wait()
    phones.hangs, told = set(), len(phones.rings)
    async with path.running("stopgap"):
        await path.until(lambda: len(phones.rings) > told)


async def test_where_nothing_rings_there_is_nothing_to_have(path: AlertPath) -> None:
    assert not path.stopgap.hold("north")
    path.stopgap.ring("c1", "north")
    assert not path.stopgap.hold("south")
    path.stopgap.settle("c1")
    assert not path.stopgap.hold("north")


async def test_a_page_from_memory_names_the_campus_and_no_alert(path: AlertPath, phones: Phones) -> None:
    made: list[tuple[str, str, str | None, bool]] = []

    def link(*, person: str, campus: str, alert: str | None, practice: bool, at: float) -> str:
        del at
        made.append((person, campus, alert, practice))
        return f"https://warm.example/acknowledge#{len(made)}"

    path.teller._links = link
    path.stopgap.ring("c1", "north")
    async with path.running("stopgap"):
        await path.until(lambda: len(phones.rings) == 2)
    assert made == [("ada", "north", None, False)]
    assert sorted(page.link[-2:] for page in phones.pages) == ["", "#1"]


async def test_a_page_of_the_store_names_its_alert(path: AlertPath, phones: Phones) -> None:
    made: list[tuple[str, str | None]] = []

    def link(*, person: str, campus: str, alert: str | None, practice: bool, at: float) -> str:
        del campus, practice, at
        made.append((person, alert))
        return "https://warm.example/acknowledge#x"

    path.teller._links = link
    async with path.running():
        alert = await path.alarm()
        await path.until(lambda: len(phones.rings) == 2)
    assert made == [("ada", alert.id)]
