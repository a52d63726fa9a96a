"""Whatever bytes arrive: the link answers, closes or carries out, and the server goes on for everybody."""

from __future__ import annotations

import json
from functools import partial

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat import protocol
from chat.link import Answer, Link, Rest, Shut, Side, Take
from tests.support.client import Client
from tests.support.demo import Demo
from tests.support.stage import Stage

HELLO = b'{"type":"hello","v":1}'
TYPES = sorted({protocol.frame_type(frame) for side in protocol.clients().values() for frame in side})
NAMES = sorted({name for side in protocol.clients().values() for f in side for name in f.__struct_fields__})

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
almost_frames = st.builds(
    lambda kind, fields: json.dumps({"type": kind, **fields}).encode(),
    st.sampled_from(TYPES) | st.text(max_size=12),
    st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), values, max_size=5),
)
anything = (
    st.binary(max_size=300)
    | st.text(max_size=200).map(lambda t: t.encode("utf-8", "replace"))
    | almost_frames
)


@given(
    side=st.sampled_from(["seeker", "team"]), greeted=st.booleans(), frames=st.lists(anything, max_size=12)
)
@settings(max_examples=150, deadline=None)
def test_no_bytes_break_a_link(side: Side, greeted: bool, frames: list[bytes]) -> None:  # noqa: FBT001  # drawn
    link = Link(side, 0.0)
    if greeted:
        assert isinstance(link.receive(HELLO, 0.0), Take)
    for number, frame in enumerate(frames):
        match link.receive(frame, float(number)):
            case Take(taken):
                assert type(taken) in protocol.clients()[side]
            case Answer(data) | Rest(data, _):
                refused = msgspec.json.decode(data)
                assert refused["type"] == "refused"
                assert refused["detail"]
            case Shut():
                assert not greeted or not link.greeted
                break


@given(frames=st.lists(anything, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_refusal_quotes_nothing_but_the_reference(frames: list[bytes]) -> None:
    mark = "unmistakable-mark"
    link = Link("seeker", 0.0)
    link.receive(HELLO, 0.0)
    for number, frame in enumerate(frames):
        said = frame + json.dumps({"type": mark, mark: mark}).encode()
        answer = link.receive(said, float(number))
        assert isinstance(answer, Answer | Rest)
        assert mark.encode() not in answer.data


async def test_no_bytes_break_the_server(stage: Stage) -> None:
    """One conversation goes on while another client sends what Hypothesis finds."""
    seeker, supporter, conversation = await stage.talking()
    await _storm(stage.demo)
    await supporter.say(conversation, "Still here")
    await seeker.wait("said", text="Still here")
    assert stage.demo.ask("GET", "/readyz").status == 200


async def _storm(demo: Demo) -> None:
    drawn: list[list[bytes]] = []

    @given(frames=st.lists(anything, min_size=1, max_size=10))
    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def draw(frames: list[bytes]) -> None:
        drawn.append(frames)

    draw()
    assert drawn
    for frames in drawn:
        client = await Client(demo.url).open()
        await client.send_raw(HELLO.decode())
        await client.wait("welcome")
        for frame in frames:
            if client.closed is None and b"help" not in frame:  # a call for help outlives its caller
                await client.send_raw(frame.decode("utf-8", "replace"))
        await client.send(type="leave", ref="over")
        await client.until(partial(_over, client), "an answer", though_closed=True)
        assert client.closed in {None, 4500, 1009}, client.closed
        await client.close()


def _over(client: Client) -> bool:
    """Whether the last thing that was asked was answered, or could not be."""
    answered = any(frame["type"] == "left" and frame["ref"] == "over" for frame in client.frames)
    return client.closed is not None or answered
