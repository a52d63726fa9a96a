"""Who may open what a seeker shares, in every order of consent and of two people's words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import conversation as pure
from chat.codes import Refusal
from chat.conversation import Conversation, decide, evolve
from chat.envelope import ASK_HOLDS, MOST_SEALED

LIVE: list[pure.Command] = [
    pure.Open("campus", "Calm Lake 3"),
    pure.Pair("sam"),
    pure.Enter("ruth", "on_call"),
    pure.Enter("lea", "lead"),
]
SHARE = pure.Share("k", b"box", agreed=False)


def after(*commands: pure.Command, at: float = 0.0, state: Conversation | None = None) -> Conversation:
    """The state after all of them; each must be possible."""
    made = Conversation("c") if state is None else state
    for command in (*LIVE, *commands) if state is None else commands:
        event = decide(made, command, at)
        assert not isinstance(event, pure.Duplicate | Refusal), (command, event)
        made = evolve(made, event)
    return made


def unseal(person: str = "ruth", policy: str = "consent") -> pure.Unseal:
    return pure.Unseal(person, person.encode(), policy)  # type: ignore[arg-type]  # one of the two


def test_without_consent_nobody_opens_it_where_consent_is_the_rule() -> None:
    assert decide(after(SHARE), unseal(), 1.0) is Refusal.NOT_ALLOWED


def test_with_consent_each_opening_is_an_event_that_names_who_and_when() -> None:
    state = after(SHARE, pure.Consent(on=True))
    event = decide(state, unseal(), 5.0)
    assert event == pure.Unsealed("ruth", "on_call", b"ruth", together=False, at=5.0)
    lies = after(unseal(), unseal("lea"), state=state).envelope
    assert lies is not None
    assert [(one.role, one.who) for one in lies.openings] == [("on_call", b"ruth"), ("lead", b"lea")]


def test_consent_can_be_taken_back_until_it_is_opened() -> None:
    state = after(SHARE, pure.Consent(on=True), pure.Consent(on=False))
    assert decide(state, unseal(), 1.0) is Refusal.NOT_ALLOWED
    state = after(pure.Consent(on=True), unseal(), state=state)
    assert decide(state, pure.Consent(on=False), 2.0) is Refusal.NOT_NOW


@pytest.mark.parametrize("person", ["sam", "zoe"])
def test_neither_a_supporter_nor_somebody_outside_opens_it(person: str) -> None:
    state = after(SHARE, pure.Consent(on=True))
    assert decide(state, unseal(person), 1.0) is Refusal.NOT_ALLOWED


def test_two_together_open_it_where_the_policy_says_so_and_one_alone_does_not() -> None:
    state = after(SHARE)
    first = decide(state, unseal("ruth", "two_staff"), 10.0)
    assert first == pure.Worded("ruth", b"ruth", 10.0)
    state = evolve(state, first)
    assert isinstance(decide(state, unseal("ruth", "two_staff"), 11.0), pure.Worded)
    second = decide(state, unseal("lea", "two_staff"), 12.0)
    assert second == pure.Unsealed("lea", "lead", b"lea", together=True, at=12.0)
    state = evolve(state, second)
    assert isinstance(decide(state, unseal("ruth", "two_staff"), 13.0), pure.Unsealed)


def test_a_first_word_does_not_wait_for_ever() -> None:
    state = after(SHARE)
    state = evolve(state, decide(state, unseal("ruth", "two_staff"), 0.0))  # type: ignore[arg-type]  # an event
    assert isinstance(decide(state, unseal("lea", "two_staff"), ASK_HOLDS), pure.Worded)


def test_what_is_sealed_anew_is_unopened_and_agreed_as_it_says() -> None:
    state = after(SHARE, pure.Consent(on=True), unseal(), pure.Share("k", b"new", agreed=False))
    lies = state.envelope
    assert lies is not None
    assert (lies.box, lies.agreed, lies.unread, len(lies.openings)) == (b"new", False, True, 1)
    assert decide(state, unseal(), 1.0) is Refusal.NOT_ALLOWED


def test_a_seeker_seals_anew_only_so_often() -> None:
    state = after(*[SHARE] * MOST_SEALED)
    assert decide(state, SHARE, 1.0) is Refusal.NOT_NOW


def test_it_goes_with_the_conversation() -> None:
    assert after(SHARE, pure.End("seeker", "ended", "R")).envelope is None


STEPS = st.lists(
    st.one_of(
        st.just(SHARE),
        st.builds(pure.Consent, on=st.booleans()),
        st.builds(unseal, st.sampled_from(("ruth", "lea", "sam"))),
    ),
    max_size=20,
)


@given(STEPS)
def test_whatever_is_asked_in_whatever_order_nothing_opens_without_consent(steps: list[pure.Command]) -> None:
    state, agreed = after(), False
    for step in steps:
        event = decide(state, step, 1.0)
        if isinstance(event, Refusal | pure.Duplicate):
            continue
        if isinstance(event, pure.Unsealed):
            assert agreed
        agreed = event.on if isinstance(event, pure.Consented) else agreed
        agreed = event.agreed if isinstance(event, pure.Shared) else agreed
        state = evolve(state, event)
