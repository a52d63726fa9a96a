"""How the torture counts pages that came again: nothing of our own doing may pass for that of a kill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.torture.phone import Ring
from tests.torture.repeats import Repeats, repeats

ONE, TWO, THREE = "/told/serve-1-0", "/told/serve-2-0", "/told/worker-3-0"
AGAIN = [Ring(1.0, ONE), Ring(16.0, TWO)]
ALERTS = {"page": "alert", "next": "alert", "other": "another"}


def counted(came: Mapping[str, Sequence[Ring]], deaths: Mapping[str, float]) -> Repeats:
    return repeats(came, ALERTS, deaths)


def test_a_page_that_came_once_is_no_repeat() -> None:
    assert counted({"page": [Ring(1.0, ONE)]}, {ONE: 2.0}).total == 0


def test_a_page_of_a_process_that_was_killed_may_come_once_more() -> None:
    found = counted({"page": AGAIN}, {ONE: 1.1})
    assert (found.total, found.too_many, found.several) == (1, [], 0)


def test_each_of_two_kills_may_repeat_the_same_page() -> None:
    found = counted({"page": [*AGAIN, Ring(31.0, THREE)]}, {ONE: 1.1, TWO: 16.1})
    assert (found.total, found.too_many) == (2, [])


def test_a_kill_that_repeats_two_pages_of_one_alert_has_repeated_one_too_many() -> None:
    assert len(counted({"page": AGAIN, "next": AGAIN}, {ONE: 1.1}).too_many) == 1


def test_a_kill_may_repeat_a_page_each_of_two_alerts_and_is_counted_beside() -> None:
    found = counted({"page": AGAIN, "other": AGAIN}, {ONE: 1.1})
    assert (found.total, found.too_many, found.several) == (2, [], 1)


def test_a_page_that_comes_again_though_its_sender_lives_is_one_too_many() -> None:
    for deaths in ({}, {TWO: 1.1}, {ONE: 90.0}):
        assert len(counted({"page": AGAIN}, deaths).too_many) == 1


def test_a_page_that_one_process_tells_twice_is_one_too_many() -> None:
    assert len(counted({"page": [Ring(1.0, ONE), Ring(2.0, ONE)]}, {ONE: 1.5}).too_many) == 1


def test_pages_that_belong_to_no_alert_of_the_store_are_let_be() -> None:
    assert counted({"from memory": AGAIN}, {}).total == 0
