"""What is not of the protocol, comes at the wrong time, from the wrong person or too often."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.client import Client, Frame
from tests.support.stage import Stage

WORD = "unmistakable-mark-of-the-sender"
"""Something that no answer may repeat."""

BAD_OF_SEEKERS: list[Any] = [
    {"type": "nonsense"},
    {"type": "desk", "open": True},
    {"type": "observe", "conversation": "x"},
    {"type": ["say"]},
    {"type": None},
    {"type": "say"},
    {"type": "say", "n": 1},
    {"type": "say", "n": 0, "text": "a"},
    {"type": "say", "n": -1, "text": "a"},
    {"type": "say", "n": 2**31, "text": "a"},
    {"type": "say", "n": 1.5, "text": "a"},
    {"type": "say", "n": "1", "text": "a"},
    {"type": "say", "n": True, "text": "a"},
    {"type": "say", "n": 1, "text": ""},
    {"type": "say", "n": 1, "text": None},
    {"type": "say", "n": 1, "text": ["a"]},
    {"type": "say", "n": 1, "text": "a", "conversation": "x"},
    {"type": "say", "n": 1, "text": "a", "ref": ""},
    {"type": "say", "n": 1, "text": "a", "ref": "r" * 65},
    {"type": "say", "n": 1, "text": "a", "ref": 7},
    {"type": "say", "n": 1, "text": "a", "from": "supporter"},
    {"type": "join", "topic": "weather"},
    {"type": "join", "mood": 0},
    {"type": "join", "mood": 6},
    {"type": "join", "mood": "low"},
    {"type": "join", "language": "English please"},
    {"type": "join", "wants": "someone_else"},
    {"type": "join", "wants": ["a pony"]},
    {"type": "join", "name": "Alex"},
    {"type": "help", "where": "here"},
    {"type": "got", "author": "s1"},
    {"type": "got", "author": "", "n": 1},
    {"type": "got", "author": "s" * 17, "n": 1},
    {"type": "typing"},
    {"type": "typing", "on": 1},
    {"type": "typing", "on": "yes"},
    {"type": "rate", "helped": 3},
    {"type": "rate", "helped": 3, "mood": 6},
    {"type": "report", "reason": "they were rude"},
    {"type": "end", "why": WORD},
    {"type": "leave", "why": WORD},
    {"type": "switch", "to": "sam"},
    {"type": "pong", "n": 1},
    {WORD: WORD},
    {},
    [],
    [{"type": "pong"}],
    "pong",
    17,
    None,
]
BAD_OF_TEAM: list[Any] = [
    {"type": "join"},
    {"type": "help"},
    {"type": "say", "n": 1, "text": "a"},
    {"type": "desk"},
    {"type": "desk", "open": True, "capacity": 0},
    {"type": "desk", "open": True, "capacity": 5},
    {"type": "desk", "open": "yes"},
    {"type": "desk", "open": True, "languages": ["not a language"]},
    {"type": "desk", "open": True, "topics": ["weather"]},
    {"type": "desk", "open": True, "topics": ["money"] * 17},
    {"type": "pause"},
    {"type": "accept"},
    {"type": "accept", "offer": ""},
    {"type": "decline", "offer": "x" * 65},
    {"type": "raise", "conversation": "x", "reason": WORD},
    {"type": "handover", "conversation": "x", "warm": "no"},
    {"type": "wrapup", "conversation": "x", "outcome": "fine", "topic": "money"},
    {"type": "wrapup", "conversation": "x", "outcome": "talked", "topic": "money", "note": WORD},
    {"type": "acknowledge"},
    {"type": "resolve", "alert": "x", "outcome": "fine"},
    {"type": "stand_down", "alert": 1},
    {"type": "observe"},
    {"type": "unobserve", "conversation": None},
]


async def refused(client: Client, frame: Any) -> Frame:
    since = client.mark
    await client.send_raw(frame if isinstance(frame, str) else json.dumps(frame))
    return await client.wait("refused", since=since)


@pytest.mark.parametrize("side", ["seeker", "team"])
async def test_each_malformed_frame_is_refused_with_a_sentence(stage: Stage, side: str) -> None:
    client: Client = await stage.seeker() if side == "seeker" else await stage.teammate("sam")
    for frame in BAD_OF_SEEKERS if side == "seeker" else BAD_OF_TEAM:
        answer = await refused(client, json.dumps(frame))
        assert answer["code"] == "bad_frame", frame
        assert WORD not in json.dumps(answer)
    assert client.closed is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "}",
        "null,",
        "{'type': 'pong'}",
        '{"type":"pong"}{"type":"pong"}',
        "[" * 10_000,
        "NaN",
        '{"type":"pong","type":"help"}x',
        '{"n":1e400,"type":"say","text":"a"}',
        '"\\ud800"',
        "\x00",
    ],
)
async def test_what_is_no_json_is_refused(stage: Stage, text: str) -> None:
    seeker = await stage.seeker()
    assert (await refused(seeker, text))["code"] == "bad_frame"
    await seeker.send(type="join")
    await seeker.wait("waiting")


async def test_a_refusal_names_what_it_refuses(stage: Stage) -> None:
    seeker = await stage.seeker()
    answer = await refused(seeker, {"type": "say", "n": 7, "text": "a", "ref": "mine", "extra": 1})
    assert (answer["re"], answer["n"], answer["ref"]) == ("say", 7, "mine")


async def test_a_message_that_is_too_long_is_told_apart(stage: Stage) -> None:
    seeker = await stage.seeker()
    await seeker.send(type="join")
    await seeker.wait("waiting")
    too_long: Frame = {"type": "say", "n": 1, "text": "é" * 4001}
    answer = await refused(seeker, json.dumps(too_long, ensure_ascii=False))
    assert (answer["code"], answer["re"], answer["n"]) == ("too_long", "say", 1)
    longest: Frame = {"type": "say", "n": 1, "text": "\N{CRESCENT MOON}" * 4000}
    await seeker.send_raw(json.dumps(longest, ensure_ascii=False))
    await seeker.wait("ack", n=1)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "say", "n": 1, "text": "a"}, "not_now"),
        ({"type": "end"}, "not_now"),
        ({"type": "switch"}, "not_now"),
        ({"type": "rate", "helped": 3, "mood": 3}, "not_now"),
        ({"type": "report", "reason": "abuse"}, "not_now"),
    ],
)
async def test_an_idle_seeker_is_refused_what_needs_a_conversation(
    stage: Stage, frame: Frame, code: str
) -> None:
    seeker = await stage.seeker()
    answer = await refused(seeker, {**frame, "ref": "r"})
    assert (answer["code"], answer["re"], answer["ref"]) == (code, frame["type"], "r")


async def test_a_waiting_seeker_is_refused_what_needs_a_supporter(stage: Stage) -> None:
    seeker = await stage.seeker()
    await seeker.send(type="join")
    await seeker.wait("waiting")
    assert (await refused(seeker, {"type": "switch"}))["code"] == "not_now"
    assert (await refused(seeker, {"type": "rate", "helped": 1, "mood": 1}))["code"] == "not_now"


async def test_a_seeker_in_a_conversation_can_neither_join_nor_leave(stage: Stage) -> None:
    seeker, _, _ = await stage.talking()
    assert (await refused(seeker, {"type": "join"}))["code"] == "not_now"
    assert (await refused(seeker, {"type": "leave"}))["code"] == "not_now"
    assert (await refused(seeker, {"type": "rate", "helped": 1, "mood": 1}))["code"] == "not_now"


async def test_after_the_end_what_was_possible_is_gone(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    await seeker.send(type="end")
    await seeker.wait("ended")
    await supporter.wait("ended")
    assert (await refused(seeker, {"type": "say", "n": 1, "text": "a"}))["code"] == "gone"
    assert (await refused(seeker, {"type": "end"}))["code"] == "gone"
    assert (await refused(seeker, {"type": "switch"}))["code"] in {"gone", "not_now"}
    for frame in (
        {"type": "say", "n": 1, "text": "a"},
        {"type": "end"},
        {"type": "raise", "reason": "advice"},
    ):
        answer = await refused(supporter, {**frame, "conversation": conversation})
        assert (answer["code"], answer["conversation"]) == ("gone", conversation)


async def test_a_count_that_skips_one_is_out_of_order(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    answer = await refused(seeker, {"type": "say", "n": 2, "text": "second"})
    assert (answer["code"], answer["n"]) == ("out_of_order", 2)
    answer = await refused(supporter, {"type": "say", "conversation": conversation, "n": 5, "text": "fifth"})
    assert (answer["code"], answer["n"]) == ("out_of_order", 5)
    assert not [frame for frame in supporter.frames + seeker.frames if frame["type"] == "said"]


@pytest.mark.parametrize("name", ["sam", "lena", "omar", "cleo"])
async def test_what_a_role_may_not_is_refused(stage: Stage, name: str) -> None:
    """One open conversation, and every frame of every role that may not send it."""
    _, _, conversation = await stage.talking("noor")
    staff = {"lena", "omar"}
    frames: list[tuple[Frame, set[str]]] = [
        ({"type": "desk", "open": True}, {"sam"}),
        ({"type": "pause", "on": True}, {"sam"}),
        ({"type": "accept", "offer": "x"}, {"sam"}),
        ({"type": "decline", "offer": "x"}, {"sam"}),
        ({"type": "handover", "conversation": conversation}, {"sam"}),
        ({"type": "wrapup", "conversation": conversation, "outcome": "none", "topic": "other"}, {"sam"}),
        ({"type": "acknowledge", "alert": "x"}, staff),
        ({"type": "resolve", "alert": "x", "outcome": "confirmed"}, staff),
        ({"type": "stand_down", "alert": "x"}, staff),
        ({"type": "observe", "conversation": conversation}, {"lena"}),
        ({"type": "unobserve", "conversation": conversation}, staff),
        ({"type": "say", "conversation": conversation, "n": 1, "text": "a"}, {"sam", "lena", "omar"}),
        ({"type": "end", "conversation": conversation}, {"sam", "lena", "omar"}),
        ({"type": "raise", "conversation": conversation, "reason": "advice"}, {"sam", "lena", "omar"}),
    ]
    person = await stage.teammate(name)
    for frame, allowed in frames:
        if name in allowed:
            continue
        answer = await refused(person, {**frame, "ref": f"no-{frame['type']}"})
        assert (answer["code"], answer["ref"]) == ("not_allowed", f"no-{frame['type']}"), frame


async def test_nobody_does_anything_in_a_conversation_that_is_not_theirs(stage: Stage) -> None:
    seeker, noor, conversation = await stage.talking("noor")
    other = await stage.teammate("sam")
    for frame in (
        {"type": "say", "n": 1, "text": "a"},
        {"type": "end"},
        {"type": "raise", "reason": "advice"},
        {"type": "handover"},
        {"type": "wrapup", "outcome": "none", "topic": "other"},
    ):
        answer = await refused(other, {**frame, "conversation": conversation})
        assert answer["code"] in {"gone", "not_now", "not_allowed"}, frame
    await other.send(type="typing", conversation=conversation, on=True)
    await other.send(type="got", conversation=conversation, author="seeker", n=1)
    await noor.say(conversation, "Only me")
    said = await seeker.wait("said")
    assert (said["from"], said["text"]) == ("supporter", "Only me")
    assert not [frame for frame in seeker.frames if frame["type"] in {"typing", "ended"}]


async def test_an_offer_that_does_not_exist_is_refused(stage: Stage) -> None:
    supporter = await stage.desk("sam")
    for kind in ("accept", "decline"):
        answer = await refused(supporter, {"type": kind, "offer": "never-made"})
        assert answer["code"] in {"unknown", "gone"}


async def test_a_full_waiting_room_says_so_and_keeps_those_who_wait(stage: Stage) -> None:
    waiting = []
    for place in range(1, 7):
        seeker = await stage.seeker()
        await seeker.send(type="join")
        assert (await seeker.wait("waiting"))["place"] == place
        waiting.append(seeker)
    late = await stage.seeker()
    answer = await refused(late, {"type": "join", "ref": "late"})
    assert (answer["code"], answer["ref"]) == ("full", "late")
    assert "emergency lines" in answer["detail"]
    await waiting[0].send(type="leave")
    await waiting[0].wait("left")
    await late.send(type="join", ref="again")
    await late.wait("waiting", ref="again")


async def test_a_flood_is_slowed_and_harms_nobody_else(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    flood = await stage.seeker()
    for _ in range(400):
        await flood.send_raw('{"type": "nonsense"}')
    await supporter.say(conversation, "calm")
    await seeker.wait("said", text="calm")
    assert (await flood.wait("refused"))["code"] == "bad_frame"
    assert flood.closed is None


async def test_messages_that_come_too_fast_are_refused_and_can_be_said_again(stage: Stage) -> None:
    seeker, supporter, _ = await stage.talking()
    client = await stage.plain()
    await client.send(type="hello", v=1, lang="en", ticket=seeker.ticket, resume=None)
    await client.wait("welcome")
    for n in range(1, 16):
        await client.send(type="say", n=n, text=f"message {n}")
    answer = await client.wait("refused", re="say")
    assert answer["code"] == "too_fast"
    assert answer["n"] == 11
    assert answer["retry_after"] > 0
    await supporter.wait("said", n=10)
    assert not [frame for frame in supporter.frames if frame["type"] == "said" and frame["n"] > 10]


async def test_nothing_stands_in_front_of_a_call_for_help(stage: Stage) -> None:
    seeker = await stage.seeker()
    for n in range(80):
        await seeker.send(type="typing", on=bool(n % 2))
    await seeker.send(type="help", ref="now")
    assert (await seeker.wait("crisis", ref="now"))["lines"]
    await seeker.wait("waiting")
