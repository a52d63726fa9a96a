from __future__ import annotations

from matching.pairs import Parting, Reason, avoided


def test_a_pair_that_one_of_the_two_ended_never_meets_again() -> None:
    reasons = {"ann": Reason.SWITCHED, "bob": Reason.REPORTED, "eve": Reason.VANISHED}
    assert avoided(Parting(person, reason) for person, reason in reasons.items()) == {"ann", "bob"}


def test_who_vanished_once_and_was_switched_away_from_later_is_avoided() -> None:
    assert avoided([Parting("ann", Reason.VANISHED), Parting("ann", Reason.SWITCHED)]) == {"ann"}
