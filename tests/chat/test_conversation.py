"""The pure conversation: whatever is asked of it in whatever order, its promises hold."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chat import conversation as pure
from chat import keyring
from chat.codes import Refusal
from chat.conversation import (
    ABANDONED_AFTER,
    AWAY_AFTER,
    GONE_AFTER,
    MOVES,
    SEEKER,
    Conversation,
    Phase,
    Why,
    decide,
    diagram,
    due,
    evolve,
    presence,
)

PERSONS = st.sampled_from(("ada", "ben", "cleo"))
AUTHORS = st.sampled_from((SEEKER, "s1", "s2", "s3", "l1", "l2", "o2"))
SAYS = st.builds(pure.Say, AUTHORS, st.integers(1, 5), st.just(b"box"))
COMMANDS: dict[type[pure.Command], st.SearchStrategy[Any]] = {
    pure.Open: st.builds(pure.Open, st.just("campus"), st.just("Calm Lake 3")),
    pure.Say: SAYS,
    pure.Pair: st.builds(pure.Pair, PERSONS, st.none() | st.integers(0, 9)),
    pure.Return: st.builds(pure.Return, st.sampled_from(Why)),
    pure.Enter: st.builds(pure.Enter, PERSONS, st.sampled_from(("lead", "on_call"))),
    pure.Exit: st.builds(pure.Exit, PERSONS),
    pure.Share: st.builds(pure.Share, st.just("k"), st.just(b"box"), st.booleans()),
    pure.Consent: st.builds(pure.Consent, st.booleans()),
    pure.Unseal: st.builds(pure.Unseal, PERSONS, st.just(b"who"), st.sampled_from(("consent", "two_staff"))),
    pure.End: st.builds(pure.End, st.sampled_from(("seeker", "system")), st.just("ended"), st.just("R")),
}
ANY = st.one_of(*COMMANDS.values())
# A conversation that ends is over, so most of what is drawn leaves it open.
LIVELY = st.lists(st.one_of(*(made for kind, made in COMMANDS.items() if kind is not pure.End)), max_size=40)
EMPTY = Conversation("c")
OPEN = pure.Open("campus", "Calm Lake 3", "studies", "en", 2)


def carried(commands: list[Any], state: Conversation = EMPTY) -> tuple[Conversation, list[pure.Event]]:
    """The state after all commands that are possible, and the stream they leave."""
    stream: list[pure.Event] = []
    for at, command in enumerate(commands):
        event = decide(state, command, float(at))
        if not isinstance(event, pure.Duplicate | Refusal):
            stream.append(event)
            state = evolve(state, event)
    return state, stream


def live(person: str = "ada") -> Conversation:
    return carried([OPEN, pure.Pair(person)])[0]


# --- what holds whatever happens ----------------------------------------------------------------------------


@given(LIVELY, st.lists(ANY, max_size=5))
def test_every_process_that_folds_the_stream_stands_where_the_first_one_does(
    commands: list[Any], more: list[Any]
) -> None:
    state, stream = carried([OPEN, *commands, *more])
    folded = EMPTY
    for event in stream:
        folded = evolve(folded, pure.unpack(pure.pack(event)))
    assert folded == state


@given(LIVELY)
def test_there_are_never_two_supporters_nor_one_person_twice(commands: list[Any]) -> None:
    state = EMPTY
    for command in [OPEN, *commands]:
        state, _ = carried([command], state)
        supporters = [member for member in state.members if member.role == "supporter"]
        assert len(supporters) == (1 if state.phase is Phase.LIVE else 0)
        assert len({member.person for member in state.members}) == len(state.members)


@given(LIVELY)
def test_every_member_of_all_times_has_a_label_of_their_own(commands: list[Any]) -> None:
    _, stream = carried([OPEN, *commands])
    labels = [event.author for event in stream if isinstance(event, pure.Paired | pure.Entered)]
    assert len(set(labels)) == len(labels)
    assert SEEKER not in labels
    assert all(re.fullmatch(r"[slo]\d+", label) for label in labels)


@given(LIVELY)
def test_the_counts_of_every_author_have_no_gap_and_no_repetition(commands: list[Any]) -> None:
    state, stream = carried([OPEN, *commands])
    said: dict[str, list[int]] = {}
    for event in stream:
        if isinstance(event, pure.Said):
            said.setdefault(event.author, []).append(event.n)
    assert all(counts == list(range(1, len(counts) + 1)) for counts in said.values())
    assert state.counts == {author: counts[-1] for author, counts in said.items()}
    assert state.offset == sum(map(len, said.values()))
    assert state.moves == len(stream) - state.offset


@given(LIVELY, st.lists(ANY, max_size=10))
def test_the_end_is_final(commands: list[Any], more: list[Any]) -> None:
    ended, _ = carried([OPEN, *commands, pure.End("seeker", "ended", "R")])
    assert ended.phase is Phase.ENDED
    assert ended.members == ()
    assert due(ended) is None
    for command in more:
        assert decide(ended, command, 1.0) is Refusal.GONE


@given(LIVELY)
def test_nobody_is_paired_with_a_supporter_the_seeker_asked_to_leave(commands: list[Any]) -> None:
    state, _ = carried([OPEN, *commands])
    for person in state.avoid:
        answer = decide(state, pure.Pair(person), 1.0)
        assert isinstance(answer, Refusal)


@given(LIVELY, SAYS)
def test_a_message_that_is_there_is_never_said_again(commands: list[Any], say: pure.Say) -> None:
    state, _ = carried([OPEN, *commands])
    answer = decide(state, say, 1.0)
    if say.n <= state.counts.get(say.author, 0):
        assert answer is pure.DUPLICATE or answer is Refusal.NOT_ALLOWED


@given(st.lists(ANY, max_size=20))
def test_time_never_runs_backwards_in_a_state(commands: list[Any]) -> None:
    state, stream = carried([OPEN, *commands])
    assert state.last_at == max(event.at for event in stream)
    late = evolve(state, pure.Said(SEEKER, "seeker", 99, -5.0, b""))
    assert late.last_at == state.last_at


# --- the table of moves -------------------------------------------------------------------------------------

SHARED = pure.Share("k", b"box", agreed=True)
STATES: dict[Phase | None, Conversation] = {
    None: EMPTY,
    Phase.WAITING: carried([OPEN, pure.Enter("lea", "lead"), SHARED])[0],
    Phase.LIVE: carried([OPEN, pure.Enter("lea", "lead"), SHARED, pure.Pair("ada")])[0],
    Phase.ENDED: carried([OPEN, pure.End("seeker", "ended", "R")])[0],
}
POSSIBLE: dict[type[pure.Command], pure.Command] = {
    pure.Open: OPEN,
    pure.Say: pure.Say(SEEKER, 1, b"box"),
    pure.Pair: pure.Pair("zoe"),
    pure.Return: pure.Return(Why.VANISHED),
    pure.Enter: pure.Enter("zoe", "on_call"),
    pure.Exit: pure.Exit("lea"),
    pure.Share: SHARED,
    pure.Consent: pure.Consent(on=True),
    pure.Unseal: pure.Unseal("lea", b"who", "consent"),
    pure.End: pure.End("seeker", "ended", "R"),
}


@pytest.mark.parametrize("phase", list(STATES), ids=str)
@pytest.mark.parametrize("kind", get_args(pure.Command), ids=lambda kind: kind.__name__)
def test_the_table_says_of_every_command_in_every_phase_what_comes_of_it(
    phase: Phase | None, kind: type[pure.Command]
) -> None:
    state = STATES[phase]
    answer = decide(state, POSSIBLE[kind], 1.0)
    if (phase, kind) in MOVES:
        assert not isinstance(answer, Refusal | pure.Duplicate)
        assert evolve(state, answer).phase is MOVES[phase, kind]
    else:
        assert answer is (Refusal.GONE if phase is Phase.ENDED else Refusal.NOT_NOW)


def test_the_diagram_shows_every_move_once() -> None:
    arrows = [line.strip() for line in diagram().splitlines() if "-->" in line and ":" in line]
    assert len(arrows) == len(set(arrows)) == len(MOVES)
    assert "[*] --> waiting: Open" in arrows
    assert "waiting --> live: Pair" in arrows


# --- what each command means --------------------------------------------------------------------------------


def test_a_message_is_placed_by_its_authors_own_count() -> None:
    state, _ = carried([OPEN, pure.Say(SEEKER, 1, b"")])
    assert decide(state, pure.Say(SEEKER, 1, b""), 1.0) is pure.DUPLICATE
    assert decide(state, pure.Say(SEEKER, 3, b""), 1.0) is Refusal.OUT_OF_ORDER
    assert decide(state, pure.Say(SEEKER, 2, b"x"), 1.0) == pure.Said(SEEKER, "seeker", 2, 1.0, b"x")


def test_only_who_is_in_the_conversation_speaks_in_it() -> None:
    assert decide(live(), pure.Say("s9", 1, b""), 1.0) is Refusal.NOT_ALLOWED
    gone, _ = carried([pure.Return(Why.VANISHED)], live())
    assert decide(gone, pure.Say("s1", 1, b""), 1.0) is Refusal.NOT_ALLOWED


def test_a_first_supporter_sees_everything_and_a_later_one_from_where_they_are_told() -> None:
    said = [pure.Say(SEEKER, n, b"") for n in (1, 2, 3)]
    state, stream = carried([OPEN, *said, pure.Pair("ada"), pure.Return(Why.VANISHED), pure.Pair("ben", 2)])
    assert [event.since for event in stream if isinstance(event, pure.Paired)] == [0, 2]
    far, _ = carried([pure.Return(Why.VANISHED), pure.Pair("ada", 99)], state)
    assert far.supporter is not None
    assert far.supporter.since == far.offset


def test_the_same_two_do_not_meet_again_when_one_of_them_asked_for_that() -> None:
    for why, avoided in ((Why.SWITCHED, {"ada"}), (Why.VANISHED, set()), (Why.HANDED_OVER, {"ada"})):
        state, _ = carried([pure.Return(why)], live("ada"))
        assert state.avoid == avoided
        answer = decide(state, pure.Pair("ada"), 1.0)
        assert isinstance(answer, Refusal) == bool(avoided)


def test_an_observer_does_not_become_the_supporter_under_a_second_label() -> None:
    state, _ = carried([OPEN, pure.Enter("ada", "lead")])
    assert decide(state, pure.Pair("ada"), 1.0) is Refusal.NOT_NOW


def test_a_supporter_does_not_leave_as_an_observer_does() -> None:
    assert decide(live("ada"), pure.Exit("ada"), 1.0) is Refusal.NOT_NOW
    assert decide(live("ada"), pure.Exit("nobody"), 1.0) is Refusal.NOT_NOW


def test_the_first_pairing_is_the_one_whose_time_is_kept() -> None:
    state, _ = carried([OPEN, pure.Pair("ada"), pure.Return(Why.VANISHED), pure.Pair("ben")])
    assert state.paired_at == 1.0


# --- time ---------------------------------------------------------------------------------------------------


def test_an_open_conversation_is_due_two_hours_after_its_last_event() -> None:
    assert due(EMPTY) is None
    state, _ = carried([OPEN, pure.Say(SEEKER, 1, b"")])
    assert due(state) == 1.0 + ABANDONED_AFTER
    assert due(replace(state, last_at=50.0)) == 50.0 + ABANDONED_AFTER


def test_silence_is_told_in_three_steps() -> None:
    told = [presence(s) for s in (0, AWAY_AFTER - 0.1, AWAY_AFTER, GONE_AFTER - 0.1, GONE_AFTER, 99)]
    assert told == ["here", "here", "away", "away", "gone", "gone"]


# --- privacy ------------------------------------------------------------------------------------------------


def test_events_and_commands_show_no_words_and_no_box() -> None:
    box = b"canary"
    said = decide(live(), pure.Say(SEEKER, 1, box), 1.0)
    shown = f"{said!r} {said} {pure.Say(SEEKER, 1, box)!r} {evolve(live(), said)!r}"  # type: ignore[arg-type]  # it was not refused
    assert "canary" not in shown


@given(st.binary(max_size=60))
def test_what_is_no_event_is_refused_with_one_kind_of_error(data: bytes) -> None:
    try:
        event = pure.unpack(data)
    except ValueError:  # of which msgspec's errors are kinds
        return
    assert pure.unpack(pure.pack(event)) == event


def test_a_conversation_ends_before_the_keys_that_open_it_are_gone() -> None:
    state, _ = carried([OPEN, *(pure.Say(SEEKER, n, b"") for n in range(1, 4))])
    late = replace(state, last_at=state.opened_at + pure.LONGEST - 1.0)
    assert pure.due(late) == state.opened_at + pure.LONGEST
    assert pure.LONGEST < keyring.KEEP
