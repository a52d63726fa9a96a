"""How the torture counts pages that came again: nothing of our own doing may pass for that of a kill."""

from __future__ import annotations

from tests.torture.phone import Ring
from tests.torture.repeats import repeats

ONE, TWO, THREE = "/told/serve-1-0", "/told/serve-2-0", "/told/worker-3-0"


def test_a_page_that_came_once_is_no_repeat() -> None:
    assert repeats({"page": [Ring(1.0, ONE)]}, {ONE: 2.0}).total == 0


def test_a_page_of_a_process_that_was_killed_may_come_once_more() -> None:
    found = repeats({"page": [Ring(1.0, ONE), Ring(16.0, TWO)]}, {ONE: 1.1})
    assert (found.total, found.too_many) == (1, 0)


def test_each_of_two_kills_may_repeat_the_same_page() -> None:
    rings = [Ring(1.0, ONE), Ring(16.0, TWO), Ring(31.0, THREE)]
    found = repeats({"page": rings}, {ONE: 1.1, TWO: 16.1})
    assert (found.total, found.too_many) == (2, 0)


def test_a_kill_that_repeats_two_pages_has_repeated_one_too_many() -> None:
    rings = [Ring(1.0, ONE), Ring(16.0, TWO)]
    assert repeats({"page": rings, "other": rings}, {ONE: 1.1}).too_many == 1


def test_a_page_that_comes_again_though_its_sender_lives_is_one_too_many() -> None:
    rings = [Ring(1.0, ONE), Ring(16.0, TWO)]
    assert repeats({"page": rings}, {}).too_many == 1
    assert repeats({"page": rings}, {TWO: 1.1}).too_many == 1
    assert repeats({"page": rings}, {ONE: 90.0}).too_many == 1


def test_a_page_that_one_process_tells_twice_is_one_too_many() -> None:
    assert repeats({"page": [Ring(1.0, ONE), Ring(2.0, ONE)]}, {ONE: 1.5}).too_many == 1
