"""Paging from memory: each page names one alert, and who has that one silences no other."""

from __future__ import annotations

import pytest

from moderation.escalation import UNENTERED
from tests.support.alerting import AlertPath, Phones


class Links:
    """Implements the port of the same name, and keeps what it was asked for."""

    def __init__(self) -> None:
        self.made: list[tuple[str, str]] = []

    def __call__(self, *, person: str, alert: str, practice: bool, at: float) -> str:
        assert not practice
        assert at > 0
        self.made.append((person, alert))
        return f"https://warm.example/acknowledge#{alert}"


@pytest.fixture
def links(path: AlertPath) -> Links:
    made = Links()
    path.teller._links = made
    return made


async def test_who_has_it_silences_that_one_for_five_minutes(path: AlertPath, phones: Phones) -> None:
    path.stopgap.ring("c1", "north", alert="a1")
    async with path.running("stopgap"):
        await path.until(lambda: len(phones.rings) == 2)
        held = path.clock.now()
        path.stopgap.pause("c1", held + UNENTERED)
        told = len(phones.rings)
        path.stopgap.ring("c1", "north", alert="a1")
        await path.until(lambda: len(phones.rings) > told)
    assert phones.rings[told][0] - held >= UNENTERED


async def test_another_call_for_help_rings_through_the_silence(path: AlertPath, phones: Phones) -> None:
    path.stopgap.ring("c1", "north", alert="a1")
    async with path.running("stopgap"):
        await path.until(lambda: len(phones.rings) == 2)
        path.stopgap.pause("c1", None)
        told, held = len(phones.rings), path.clock.now()
        path.stopgap.ring("c1", "north", alert="a1")
        path.stopgap.ring("c2", "north", alert="a2")
        await path.until(lambda: len(phones.rings) > told)
    assert phones.rings[told][0] - held <= 5


async def test_each_page_names_one_alert_and_who_has_it_is_called_for_the_other_at_once(
    path: AlertPath, phones: Phones, links: Links
) -> None:
    path.stopgap.ring("c1", "north", alert="a1")
    path.stopgap.ring("c2", "north", alert="a2")
    async with path.running("stopgap"):
        await path.until(lambda: len(phones.rings) == 2)
        assert [alert for _, alert in links.made] == ["a1"]
        told, held = len(phones.rings), path.clock.now()
        path.stopgap.pause("c1", None)
        await path.until(lambda: len(phones.rings) > told)
        assert phones.rings[told][0] - held <= 2
        await path.passes(300)
    assert {alert for _, alert in links.made[1:]} == {"a2"}


async def test_pages_for_several_name_them_in_turn(path: AlertPath, phones: Phones, links: Links) -> None:
    for number in (1, 2, 3):
        path.stopgap.ring(f"c{number}", "north", alert=f"a{number}")
    async with path.running("stopgap"):
        await path.until(lambda: len({alert for _, alert in links.made}) == 3)
    assert len(phones.rings) < 20


async def test_who_calls_while_a_rung_is_told_is_named_right_after_it(
    path: AlertPath, phones: Phones, links: Links
) -> None:
    phones.hangs = {"push"}
    path.stopgap.ring("c1", "north", alert="a1")
    async with path.running("stopgap"):
        await phones.hanging.wait()
        began = path.clock.now()
        path.stopgap.ring("c2", "north", alert="a2")
        phones.hangs = set()
        await path.until(lambda: "a2" in {alert for _, alert in links.made})
        assert path.clock.now() - began <= 12


async def test_a_climb_whose_telling_was_cut_off_goes_on(path: AlertPath, phones: Phones) -> None:
    phones.hangs = {"push"}
    async with path.running("stopgap"):
        path.stopgap.ring("c1", "north", alert="a1")
        await phones.hanging.wait()
    phones.hangs, told = set(), len(phones.rings)
    async with path.running("stopgap"):
        await path.until(lambda: len(phones.rings) > told)


async def test_what_is_settled_rings_no_more_and_what_never_rang_is_not_paused(path: AlertPath) -> None:
    path.stopgap.pause("c1", None)
    path.stopgap.ring("c1", "north", alert="a1")
    assert path.stopgap.ringing
    path.stopgap.settle("c1")
    assert not path.stopgap.ringing


async def test_a_page_from_memory_names_its_alert_and_only_the_page_of_a_person_carries_a_link(
    path: AlertPath, phones: Phones, links: Links
) -> None:
    path.stopgap.ring("c1", "north", alert="a1")
    async with path.running("stopgap"):
        await path.until(lambda: len(phones.rings) == 2)
    assert links.made == [("ada", "a1")]
    assert sorted(page.link[-3:] for page in phones.pages) == ["", "#a1"]


async def test_a_page_of_the_store_names_its_alert(path: AlertPath, phones: Phones, links: Links) -> None:
    async with path.running():
        alert = await path.alarm()
        await path.until(lambda: len(phones.rings) == 2)
    assert links.made == [("ada", alert.id)]
