"""Every frame of the wire: read and written whole, refused where it is not of the protocol, never quoted."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from chat import protocol
from chat.codes import Refusal
from chat.protocol import MAX_TEXT, BadFrame, frame_type, read_seeker, read_team, write

FEW = settings(max_examples=20, deadline=None)
"""For tests that run once for every frame."""

Read = Callable[[bytes], Any]
READERS: dict[str, Read] = {"seeker": read_seeker, "team": read_team}
CLIENT_FRAMES = [(side, frame) for side, frames in protocol.clients().items() for frame in frames]
SERVER_FRAMES = list(protocol.AnyServerFrame.__args__)
CANARY = "canary-5d02"

IDS = st.text("abcdefXYZ019-_", min_size=1, max_size=16)
TEXTS = st.text(min_size=1, max_size=60).filter(str.isprintable)
LANGUAGES = st.sampled_from(("en", "de", "pt-BR"))
BOXES = st.text("abcXYZ019-_", min_size=100, max_size=120)
RESUMES = st.builds(
    protocol.Resume,
    epoch=IDS,
    offset=st.integers(0, 2**31 - 1),
    confirmed=st.integers(0, 99),
    shown=st.dictionaries(IDS, st.integers(0, 99), max_size=3),
)


@cache
def frames_of(kind: type[Struct]) -> st.SearchStrategy[Any]:
    """Every frame of this kind that the protocol allows, as far as its fields' types tell."""
    made: dict[str, st.SearchStrategy[Any]] = {}
    for field in msgspec.structs.fields(kind):
        made[field.name] = _values(field.name, msgspec.inspect.type_info(field.type))
    return st.builds(kind, **made)


def _values(name: str, info: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    match info:
        case msgspec.inspect.UnionType(types=types):
            return st.one_of(*(_values(name, one) for one in types))
        case msgspec.inspect.NoneType():
            return st.none()
        case msgspec.inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.StrType(pattern=pattern) if pattern:
            return BOXES if name == "box" else LANGUAGES
        case msgspec.inspect.StrType():
            return TEXTS if name == "text" else IDS
        case msgspec.inspect.IntType(ge=least, le=most):
            return st.integers(least or 0, 2**31 - 1 if most is None else most)
        case msgspec.inspect.FloatType():
            return st.floats(0, 2e9, allow_nan=False)
        case msgspec.inspect.ListType(item_type=item):
            return st.lists(_values(name, item), max_size=3)
        case msgspec.inspect.DictType(key_type=key, value_type=value):
            return st.dictionaries(_values("key", key), _values(name, value), max_size=3)
        case msgspec.inspect.StructType(cls=cls):
            return RESUMES if cls is protocol.Resume else frames_of(cls)
        case other:
            raise AssertionError(other)


def _refusal(side: str, data: bytes) -> BadFrame | None:
    try:
        READERS[side](data)
    except BadFrame as refused:
        return refused
    return None


# --- round trips --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "kind"), CLIENT_FRAMES, ids=lambda it: getattr(it, "__name__", it))
@FEW
@given(st.data())
def test_every_frame_of_a_client_is_read_as_it_was_written(
    side: str, kind: type[Struct], data: st.DataObject
) -> None:
    frame = data.draw(frames_of(kind))
    assert READERS[side](msgspec.json.encode(frame)) == frame


@pytest.mark.parametrize("kind", SERVER_FRAMES, ids=lambda kind: kind.__name__)
@FEW
@given(st.data())
def test_every_frame_of_the_server_says_its_type_and_comes_back_whole(
    kind: type[Struct], data: st.DataObject
) -> None:
    frame = data.draw(frames_of(kind))
    written = write(frame)
    assert json.loads(written)["type"] == frame_type(kind)
    assert msgspec.json.decode(written, type=kind) == frame


def test_frames_of_one_side_have_different_types() -> None:
    for frames in protocol.clients().values():
        types = [frame_type(frame) for frame in frames]
        assert len(set(types)) == len(types)
        assert set(types) <= protocol.FRAME_TYPES


def test_fields_that_are_words_of_python_have_their_name_of_the_contract_on_the_wire() -> None:
    presence = protocol.Presence(conversation="c", who="seeker", is_="away", author="seeker")
    assert json.loads(write(presence))["is"] == "away"
    said = protocol.Said(
        conversation="c", epoch="e", offset=1, from_="seeker", author="seeker", n=1, text="x", at=0.0
    )
    assert json.loads(write(said))["from"] == "seeker"


# --- refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "kind"), CLIENT_FRAMES, ids=lambda it: getattr(it, "__name__", it))
@FEW
@given(st.data())
def test_an_unknown_field_is_refused_in_every_frame(
    side: str, kind: type[Struct], data: st.DataObject
) -> None:
    frame = json.loads(msgspec.json.encode(data.draw(frames_of(kind))))
    with pytest.raises(BadFrame) as refused:
        READERS[side](json.dumps({**frame, CANARY: 1}).encode())
    assert refused.value.detail == "This frame has a field that the protocol does not know."
    assert refused.value.re == frame["type"]


@pytest.mark.parametrize(
    ("side", "frame", "detail"),
    [
        (
            "seeker",
            {"type": "report", "reason": CANARY},
            "The field reason takes one of these: abuse, unsafe, not_listening, something_else.",
        ),
        (
            "seeker",
            {"type": "join", "wants": [CANARY]},
            "The field wants takes one of these: someone_else, no_mood_questions.",
        ),
        (
            "team",
            {"type": "raise", "conversation": "a", "reason": CANARY},
            "The field reason takes one of these: crisis, abuse, advice, break.",
        ),
        ("seeker", {"type": "rate", "helped": 5}, "The field mood is missing."),
        ("seeker", {"type": "rate", "helped": 6, "mood": 1}, "The field helped is not as the protocol says."),
    ],
)
def test_a_refusal_says_which_field_is_wrong_and_what_it_takes(
    side: str, frame: dict[str, object], detail: str
) -> None:
    with pytest.raises(BadFrame) as refused:
        READERS[side](json.dumps(frame).encode())
    assert refused.value.detail == detail


@pytest.mark.parametrize("lang", ["en", "en-GB", "zh-Hans-CN", "sr-Latn-RS", "en-US-u-hc-h12", "gsw"])
def test_every_language_that_a_browser_names_may_say_hello(lang: str) -> None:
    hello = {"type": "hello", "v": 1, "lang": lang, "ticket": None, "resume": None}
    for read in READERS.values():
        assert isinstance(read(json.dumps(hello).encode()), protocol.SeekerHello | protocol.TeamHello)


@pytest.mark.parametrize("side", READERS)
@FEW
@given(st.text(max_size=20))
def test_an_unknown_type_is_refused(side: str, kind: str) -> None:
    assume(kind not in protocol.FRAME_TYPES)
    with pytest.raises(BadFrame) as refused:
        READERS[side](json.dumps({"type": kind}).encode())
    assert refused.value.detail == "There is no frame of this type here."


@pytest.mark.parametrize("side", READERS)
@FEW
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(side: str, data: bytes) -> None:
    try:
        frame = READERS[side](data)
    except BadFrame:
        return
    assert frame_type(type(frame)) in protocol.FRAME_TYPES


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(("side", "kind"), CLIENT_FRAMES, ids=lambda it: getattr(it, "__name__", it))
@FEW
@given(st.data(), JSON)
def test_a_field_of_another_kind_is_refused_or_was_allowed(
    side: str, kind: type[Struct], data: st.DataObject, value: Any
) -> None:
    frame = json.loads(msgspec.json.encode(data.draw(frames_of(kind))))
    name = data.draw(st.sampled_from(sorted(frame)))
    changed = json.dumps({**frame, name: value}).encode()
    refused = _refusal(side, changed)
    assert refused is None or refused.code in {Refusal.BAD_FRAME, Refusal.TOO_LONG}


def test_a_message_may_be_as_long_as_promised_and_no_longer() -> None:
    whole = json.dumps({"type": "say", "n": 1, "text": "🕯" * MAX_TEXT}).encode()
    assert isinstance(read_seeker(whole), protocol.Say)
    with pytest.raises(BadFrame) as refused:
        read_seeker(json.dumps({"type": "say", "n": 4, "ref": "r", "text": "x" * (MAX_TEXT + 1)}).encode())
    assert refused.value.code is Refusal.TOO_LONG
    assert (refused.value.re, refused.value.n, refused.value.ref) == ("say", 4, "r")


def test_a_reference_that_is_too_long_is_not_echoed() -> None:
    with pytest.raises(BadFrame) as refused:
        read_seeker(json.dumps({"type": "join", "ref": "r" * 65}).encode())
    assert refused.value.ref is None


@pytest.mark.parametrize(
    "deep", [b"[" * 5000 + b"]" * 5000, b'{"type":"join","wants":' + b"[" * 9999 + b"]" * 9999 + b"}"]
)
def test_a_frame_of_endless_depth_is_refused(deep: bytes) -> None:
    with pytest.raises(BadFrame):
        read_seeker(deep)


def test_half_of_a_character_is_never_taken_for_text() -> None:
    with pytest.raises(BadFrame):
        read_seeker(b'{"type":"say","n":1,"text":"\\ud83d"}')


# --- nothing of it is quoted --------------------------------------------------------------------------------

PLANTED = st.sampled_from(
    (
        {"type": CANARY},
        {"type": "say", "n": 1, "text": CANARY, CANARY: 1},
        {"type": "say", "n": CANARY, "text": "x"},
        {"type": "say", "n": 1, "text": [CANARY]},
        {"type": "say", "n": 1, "text": CANARY * 1000},
        {"type": "join", "topic": CANARY},
        {"type": "join", "language": CANARY},
        {"type": "join", "wants": [CANARY]},
        {"type": "hello", "v": 1, "ticket": {CANARY: 1}},
        {"type": "hello", "v": 1, "resume": {"epoch": "e", "offset": 0, "shown": {CANARY * 9: 1}}},
        {"type": "hello", "v": 1, "resume": {"c": {CANARY: CANARY}}},
        {"type": "report", "reason": CANARY},
        {"type": "wrapup", "conversation": "c", "outcome": CANARY, "topic": "mood"},
        {"type": "desk", "open": True, "topics": [CANARY]},
        CANARY,
        [CANARY],
    )
)


@pytest.mark.parametrize("side", READERS)
@FEW
@given(PLANTED, st.integers(0, 12))
def test_no_error_shows_anything_that_was_sent(side: str, planted: Any, cut: int) -> None:
    whole = json.dumps(planted).encode()
    for data in (whole, whole[: len(whole) - cut], whole + b"x", b"\xff" + whole):
        refused = _refusal(side, data)
        if refused is not None:
            assert CANARY not in f"{refused} {refused!r} {refused.detail} {refused.args} {refused.re}"
            assert refused.__cause__ is None
            assert refused.__suppress_context__


@pytest.mark.parametrize(
    "kind", [kind for _, kind in CLIENT_FRAMES] + SERVER_FRAMES, ids=lambda k: k.__name__
)
@FEW
@given(st.data())
def test_no_frame_shows_its_fields_when_it_is_printed(kind: type[Struct], data: st.DataObject) -> None:
    frame = data.draw(frames_of(kind))
    assert {repr(frame), str(frame), f"{frame}"} == {f"<{kind.__name__}>"}


# --- the machine-readable schema ----------------------------------------------------------------------------


def test_every_frame_has_a_schema_that_forbids_what_it_does_not_know() -> None:
    frames = list(dict.fromkeys([kind for _, kind in CLIENT_FRAMES] + SERVER_FRAMES))
    _, components = msgspec.json.schema_components(frames)
    for kind in frames:
        shape = components[kind.__name__]
        assert shape["additionalProperties"] is False
        assert shape["properties"]["type"]["enum"] == [frame_type(kind)]
        assert "type" in shape["required"]
