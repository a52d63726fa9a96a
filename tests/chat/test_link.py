"""The pure link: order, rate, references and deadlines of one socket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat import protocol
from chat.codes import Close, Refusal
from chat.link import (
    FIRST_FRAME_WITHIN,
    MOST_REFERENCES,
    PING_EVERY,
    PING_EVERY_IN_CONVERSATION,
    SILENT_AFTER,
    Answer,
    Ask,
    Bucket,
    Link,
    Rest,
    Shut,
    Side,
    Take,
    refused,
)

HELLO = b'{"type":"hello","v":1}'
FREE: dict[Side, list[bytes]] = {
    "seeker": [b'{"type":"help"}', b'{"type":"end"}', b'{"type":"pong"}'],
    "team": [
        b'{"type":"raise","conversation":"c","reason":"crisis"}',
        b'{"type":"acknowledge","alert":"a"}',
        b'{"type":"end","conversation":"c"}',
        b'{"type":"pong"}',
    ],
}


def greeted(side: Side = "seeker", **limits: int) -> Link:
    link = Link(side, 0.0, **limits)
    assert isinstance(link.receive(HELLO, 0.0), Take)
    return link


def frame(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def refusal_of(answer: object) -> Any:
    assert isinstance(answer, Answer | Rest)
    told = json.loads(answer.data)
    assert told["type"] == "refused"
    return told


def flooded(side: Side = "seeker") -> Link:
    """A link whose client has used up what it may send."""
    link = greeted(side)
    while not isinstance(link.receive(frame(type="nonsense"), 0.0), Rest):
        pass
    return link


# --- hello first --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["seeker", "team"])
@given(st.binary(max_size=80))
def test_whatever_comes_before_the_hello_ends_the_connection(side: Side, data: bytes) -> None:
    assert Link(side, 0.0).receive(data, 0.0) == Shut(Close.BAD_PROTOCOL)


def test_a_real_frame_before_the_hello_ends_the_connection_too() -> None:
    assert Link("seeker", 0.0).receive(b'{"type":"help"}', 0.0) == Shut(Close.BAD_PROTOCOL)


def test_another_version_ends_the_connection() -> None:
    assert Link("seeker", 0.0).receive(frame(type="hello", v=2), 0.0) == Shut(Close.BAD_PROTOCOL)


def test_a_second_hello_is_refused_and_changes_nothing() -> None:
    link = greeted()
    assert refusal_of(link.receive(HELLO, 1.0))["code"] == "not_now"
    assert isinstance(link.receive(b'{"type":"join"}', 1.0), Take)


def test_each_side_speaks_its_own_frames() -> None:
    assert refusal_of(greeted("seeker").receive(frame(type="desk", open=True), 0.0))["code"] == "bad_frame"
    assert refusal_of(greeted("team").receive(b'{"type":"join"}', 0.0))["code"] == "bad_frame"


# --- rate ---------------------------------------------------------------------------------------------------


@given(
    st.floats(0.1, 50),
    st.integers(1, 20),
    st.lists(st.floats(0, 100), min_size=1, max_size=60).map(sorted),
)
def test_a_bucket_never_gives_more_than_its_rate_and_its_burst(
    rate: float, burst: int, times: list[float]
) -> None:
    bucket = Bucket(rate, burst, 0.0)
    given_at = [at for at in times if bucket.take(at) == 0.0]
    for first in range(len(given_at)):
        for last in range(first, len(given_at)):
            most = burst + (given_at[last] - given_at[first]) * rate
            assert last - first + 1 <= most + 1e-6


@given(st.floats(0.1, 50), st.integers(1, 5), st.floats(0, 10))
def test_who_waits_as_long_as_a_bucket_says_is_served(rate: float, burst: int, at: float) -> None:
    bucket = Bucket(rate, burst, 0.0)
    while not (wait := bucket.take(at)):
        pass
    assert bucket.take(at + wait + 1e-6) == 0.0


def test_a_bucket_is_not_filled_by_a_clock_that_goes_back() -> None:
    bucket = Bucket(1, 1, 10.0)
    assert bucket.take(10.0) == 0.0
    assert bucket.take(5.0) > 0
    assert bucket.take(10.0) > 0


def test_messages_beyond_the_burst_are_hasty_and_still_handed_on() -> None:
    link = greeted(per_minute=60, burst=3)
    taken = [link.receive(frame(type="say", n=n, text="x"), 0.0) for n in range(1, 6)]
    assert [take.hasty for take in taken if isinstance(take, Take)] == [False, False, False, True, True]
    after = link.receive(frame(type="say", n=9, text="x"), 1.0)
    assert isinstance(after, Take)
    assert not after.hasty


@pytest.mark.parametrize(("side", "data"), [(side, data) for side, all_ in FREE.items() for data in all_])
def test_no_limit_stands_in_front_of_a_call_for_help_its_answer_or_the_way_out(
    side: Side, data: bytes
) -> None:
    link = flooded(side)
    for _ in range(200):
        taken = link.receive(data, 0.0)
        assert isinstance(taken, Take)
        assert not taken.hasty


@pytest.mark.parametrize("data", [*FREE["seeker"], frame(type="say", n=1, text="x")])
def test_a_flood_of_any_frame_slows_its_own_connection_down(data: bytes) -> None:
    taken = flooded().receive(data, 0.0)
    assert isinstance(taken, Take)
    assert taken.rest > 0


def test_a_client_within_its_limits_is_never_slowed_down() -> None:
    link = greeted()
    for second in range(100):
        taken = link.receive(b'{"type":"pong"}', float(second))
        assert isinstance(taken, Take)
        assert taken.rest == 0


def test_other_frames_beyond_the_limit_are_refused_with_the_time_to_wait() -> None:
    answer = flooded().receive(frame(type="join", ref="r"), 0.0)
    assert isinstance(answer, Rest)
    told = refusal_of(answer)
    assert (told["code"], told["re"], told["ref"]) == ("too_fast", "join", "r")
    assert told["retry_after"] == pytest.approx(answer.seconds, abs=0.01)


def test_a_frame_refused_for_its_haste_is_carried_out_when_it_comes_again() -> None:
    link = flooded()
    assert isinstance(link.receive(frame(type="join", ref="r"), 0.0), Rest)
    assert isinstance(link.receive(frame(type="join", ref="r"), 10.0), Take)


# --- references ---------------------------------------------------------------------------------------------


def test_a_repeated_reference_gets_the_same_answer_and_no_second_effect() -> None:
    link = greeted()
    assert isinstance(link.receive(frame(type="join", ref="r"), 0.0), Take)
    link.answered("r", b"the answer")
    for _ in range(3):
        assert link.receive(frame(type="join", ref="r"), 0.0) == Answer(b"the answer")


def test_a_reference_that_is_still_being_carried_out_is_told_to_wait() -> None:
    link = greeted()
    link.receive(frame(type="join", ref="r"), 0.0)
    assert refusal_of(link.receive(frame(type="join", ref="r"), 0.0))["code"] == "busy"


def test_a_frame_that_was_not_carried_out_may_come_again_under_its_reference() -> None:
    link = greeted()
    link.receive(frame(type="join", ref="r"), 0.0)
    link.reopen("r")
    assert isinstance(link.receive(frame(type="join", ref="r"), 0.0), Take)


def test_only_the_last_references_are_remembered() -> None:
    link = greeted("team")
    for number in range(MOST_REFERENCES + 1):
        link.receive(frame(type="acknowledge", alert="a", ref=f"r{number}"), float(number))
        link.answered(f"r{number}", b"x")
    assert isinstance(link.receive(frame(type="acknowledge", alert="a", ref="r1"), 99.0), Answer)
    assert isinstance(link.receive(frame(type="acknowledge", alert="a", ref="r0"), 99.0), Take)


def test_an_answer_without_its_question_is_not_kept() -> None:
    link = greeted()
    link.answered("never asked", b"x")
    link.answered(None, b"x")
    assert isinstance(link.receive(frame(type="join", ref="never asked"), 0.0), Take)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(("send", "answer", "reopen")))))
def test_a_reference_takes_effect_once_between_two_reopenings(steps: list[tuple[str, str]]) -> None:
    link = greeted("team")
    pending: set[str] = set()
    for number, (ref, step) in enumerate(steps):
        match step:
            case "send":
                taken = link.receive(frame(type="acknowledge", alert="a", ref=ref), float(number))
                assert isinstance(taken, Take) == (ref not in pending)
                pending.add(ref)
            case "answer":
                link.answered(ref, b"x")
            case _:
                link.reopen(ref)
                pending.discard(ref)


# --- bad frames ---------------------------------------------------------------------------------------------


@given(st.binary(max_size=120))
def test_after_the_hello_nothing_that_is_sent_ends_the_connection(data: bytes) -> None:
    assert not isinstance(greeted().receive(data, 0.0), Shut)


def test_a_bad_frame_is_answered_with_what_can_be_told_of_it() -> None:
    told = refusal_of(greeted().receive(frame(type="say", n=7, text="", ref="r"), 0.0))
    assert (told["code"], told["re"], told["ref"], told["n"]) == ("bad_frame", "say", "r", 7)


def test_a_refusal_names_the_frame_its_count_and_its_conversation() -> None:
    say = protocol.TeamSay(conversation="c", n=3, text="x", ref="r")
    told = json.loads(refused(say, Refusal.GONE, retry_after=1.23456))
    assert (told["re"], told["conversation"], told["n"], told["ref"]) == ("say", "c", 3, "r")
    assert told["retry_after"] == 1.23


def test_what_is_taken_or_answered_shows_no_words() -> None:
    taken = greeted().receive(frame(type="say", n=1, text="canary"), 0.0)
    assert "canary" not in f"{taken!r} {Answer(b'canary')!r} {Rest(b'canary', 1.0)!r}"


# --- time ---------------------------------------------------------------------------------------------------


def test_a_client_that_says_nothing_at_first_is_let_go_and_may_come_back() -> None:
    link = Link("seeker", 100.0)
    assert link.tick(100.0 + FIRST_FRAME_WITHIN - 0.1) is None
    assert link.tick(100.0 + FIRST_FRAME_WITHIN) == Shut(Close.SILENT)


@pytest.mark.parametrize(("talking", "every"), [(False, PING_EVERY), (True, PING_EVERY_IN_CONVERSATION)])
def test_a_client_is_asked_for_a_sign_of_life(talking: bool, every: float) -> None:  # noqa: FBT001 - a parameter
    link = greeted()
    link.talking = talking
    asked = [at for at in range(1, 31) if isinstance(link.tick(float(at)), Ask)]
    assert asked == list(range(int(every), 31, int(every)))


def test_a_client_that_gives_no_sign_of_life_is_let_go() -> None:
    link = greeted()
    link.receive(b'{"type":"pong"}', 5.0)
    assert not isinstance(link.tick(5.0 + SILENT_AFTER - 0.1), Shut)
    assert link.tick(5.0 + SILENT_AFTER) == Shut(Close.SILENT)


def test_a_frame_of_any_kind_is_a_sign_of_life() -> None:
    link = greeted()
    for at in range(0, 200, 20):
        link.receive(b"not even a frame", float(at))
        assert not isinstance(link.tick(float(at)), Shut)
    assert link.heard_at == 180.0
