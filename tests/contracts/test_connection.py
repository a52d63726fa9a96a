"""How a connection begins and ends: subprotocol, origin, cookie, first frame, close codes."""

from __future__ import annotations

import asyncio
import http
import json

import pytest
import websockets
from websockets.asyncio.client import connect
from websockets.typing import Origin, Subprotocol

from tests.support.client import Frame
from tests.support.demo import Demo
from tests.support.stage import Stage

COMES_BACK = range(4000, 4500)
BAD_PROTOCOL, NOT_ALLOWED, TAKEN_OVER, SILENT = 4500, 4501, 4003, 4005
HELLO: Frame = {"type": "hello", "v": 1, "lang": "en", "ticket": None, "resume": None}


async def refusal(url: str, **given: object) -> int:
    """The status with which a handshake is refused."""
    with pytest.raises(websockets.InvalidStatus) as refused:
        async with connect(url, compression=None, **given):  # type: ignore[arg-type]  # one of the library's own
            pass
    return refused.value.response.status_code


def sockets(demo: Demo, path: str = "/ws/seeker") -> str:
    return demo.url.replace("http", "ws", 1) + path


async def test_the_subprotocol_is_chosen(demo: Demo) -> None:
    async with connect(sockets(demo), subprotocols=[Subprotocol("x"), Subprotocol("warmline.1")]) as socket:
        assert socket.subprotocol == "warmline.1"


@pytest.mark.parametrize("offered", [None, [Subprotocol("warmline.2")], [Subprotocol("graphql-ws")]])
async def test_without_the_subprotocol_the_socket_closes_for_good(
    demo: Demo, offered: list[Subprotocol] | None
) -> None:
    async with connect(sockets(demo)) as socket:
        await socket.wait_closed()
    assert socket.close_code == BAD_PROTOCOL
    if offered is not None:
        with pytest.raises(websockets.ConnectionClosed) as closed:
            async with connect(sockets(demo), subprotocols=offered) as other:
                await other.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == BAD_PROTOCOL


@pytest.mark.parametrize("path", ["/ws/seeker", "/ws/team"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", "file://"])
async def test_a_page_of_another_origin_is_refused(demo: Demo, path: str, origin: str) -> None:
    status = await refusal(
        sockets(demo, path), origin=Origin(origin), subprotocols=[Subprotocol("warmline.1")]
    )
    assert status == http.HTTPStatus.FORBIDDEN


async def test_an_origin_with_more_than_the_origin_is_refused(demo: Demo) -> None:
    for origin in (demo.url + "/", demo.url + ".evil.example", demo.url.replace("http", "https", 1)):
        assert await refusal(sockets(demo), origin=Origin(origin)) == http.HTTPStatus.FORBIDDEN


async def test_there_is_no_socket_elsewhere(demo: Demo) -> None:
    for path in ("/ws", "/", "/ws/seeker/x", "/ws/staff"):
        assert await refusal(sockets(demo, path)) == http.HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("cookie", [None, "warmline=", "warmline=wrong", "other=1", "warmline=" + "a" * 3000])
async def test_nobody_who_is_not_signed_in_gets_to_the_team(stage: Stage, cookie: str | None) -> None:
    client = await stage.plain("/ws/team", cookie=cookie)
    assert await client.wait_closed() == NOT_ALLOWED
    assert client.frames == []


async def test_a_seekers_socket_does_not_mind_a_cookie(stage: Stage) -> None:
    client = await stage.plain(cookie=stage.demo.cookie("sam"))
    await client.send(**HELLO)
    assert (await client.wait("welcome"))["state"] == "idle"


@pytest.mark.parametrize(
    "first",
    [
        {"type": "join"},
        {"type": "help"},
        {"type": "say", "n": 1, "text": "hello"},
        {"type": "pong"},
        {**HELLO, "v": 2},
        {**HELLO, "v": "1"},
        {**HELLO, "extra": 1},
        {**HELLO, "lang": "not a language"},
        {"type": "hello"},
        {"type": "welcome"},
        [],
        "hello",
        None,
    ],
)
async def test_a_first_frame_that_is_no_hello_closes_the_socket_for_good(stage: Stage, first: object) -> None:
    client = await stage.plain()
    await client.send_raw(json.dumps(first))
    assert await client.wait_closed() == BAD_PROTOCOL


async def test_who_says_nothing_in_time_is_closed_and_may_come_back(stage: Stage) -> None:
    seeker = await stage.plain()
    supporter = await stage.plain("/ws/team", cookie=stage.demo.cookie("noor"))
    closed = await asyncio.gather(seeker.wait_closed(), supporter.wait_closed())
    assert list(closed) == [SILENT, SILENT]


async def test_a_binary_frame_closes_the_socket_for_good(stage: Stage) -> None:
    for data in (b"", b"\x00\xff", json.dumps(HELLO).encode()):
        client = await stage.plain()
        await client.send_raw(data)
        assert await client.wait_closed() == BAD_PROTOCOL


async def test_a_binary_frame_in_a_conversation_harms_nobody_else(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    await seeker.send_raw(b"\x01\x02")
    assert await seeker.wait_closed() == BAD_PROTOCOL
    await seeker.come_back()
    await supporter.say(conversation, "Still here")
    assert (await seeker.wait("said"))["text"] == "Still here"


async def test_a_frame_above_the_size_closes_the_socket(stage: Stage) -> None:
    seeker = await stage.seeker()
    await seeker.send_raw(json.dumps({"type": "say", "n": 1, "text": "a" * 17_000}))
    assert await seeker.wait_closed() == 1009


async def test_a_frame_of_just_the_size_is_answered(stage: Stage) -> None:
    seeker = await stage.seeker()
    frame = json.dumps({"type": "say", "n": 1, "text": ""})
    await seeker.send_raw(frame[:-2] + "a" * (16 * 1024 - len(frame)) + frame[-2:])
    assert (await seeker.wait("refused"))["code"] == "too_long"


async def test_text_that_is_not_utf_8_closes_the_socket(demo: Demo) -> None:
    async with connect(sockets(demo), subprotocols=[Subprotocol("warmline.1")]) as socket:
        await socket.send(b'{"type": "hello\xff"}', text=True)
        await socket.wait_closed()
    assert socket.close_code == 1007


async def test_a_message_in_many_parts_is_one_frame(demo: Demo) -> None:
    async with connect(sockets(demo), subprotocols=[Subprotocol("warmline.1")]) as socket:
        await socket.send(list(json.dumps(HELLO)))
        assert json.loads(await socket.recv())["type"] == "welcome"


async def test_a_second_tab_takes_the_conversation_over(stage: Stage) -> None:
    first = await stage.seeker()
    await first.send(type="join")
    await first.wait("waiting")
    second = await stage.seeker(ticket=first.ticket)
    assert await first.wait_closed() == TAKEN_OVER
    assert TAKEN_OVER in COMES_BACK
    assert (await second.wait("welcome"))["state"] == "waiting"


async def test_a_second_console_of_the_same_person_takes_over(stage: Stage) -> None:
    first = await stage.teammate("sam")
    second = await stage.teammate("sam")
    assert await first.wait_closed() == TAKEN_OVER
    assert (await second.wait("welcome"))["state"] == "off"


async def test_a_second_hello_is_refused_and_changes_nothing(stage: Stage) -> None:
    seeker = await stage.seeker()
    await seeker.send(**HELLO)
    refused = await seeker.wait("refused")
    assert (refused["re"], refused["code"]) == ("hello", "not_now")
    await seeker.send(type="join")
    await seeker.wait("waiting")


async def test_a_ticket_that_is_none_begins_anew(stage: Stage) -> None:
    for ticket in ("", "x", "a" * 1024, "é", "../../etc/passwd"):
        seeker = await stage.seeker(ticket=ticket)
        welcome = await seeker.wait("welcome")
        assert welcome["state"] == "idle"
        assert welcome["ticket"] not in {"", ticket}


async def test_the_welcome_tells_limits_and_lines(stage: Stage) -> None:
    seeker, lead = await stage.seeker(), await stage.teammate("lena")
    for welcome in (await seeker.wait("welcome"), await lead.wait("welcome")):
        assert welcome["limits"]["text"] == 4000
        assert welcome["limits"]["frame"] == 16 * 1024
        assert all(line["name"] and line["href"] for line in welcome["lines"])


async def test_an_idle_client_is_pinged_with_the_top_of_its_conversation(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    await seeker.say("one")
    await seeker.wait("ack")
    ping, other = await asyncio.gather(
        seeker.wait("ping", top=1), supporter.wait("ping", top=1, conversation=conversation)
    )
    assert ping["epoch"] == other["epoch"] == seeker.talk.epoch


async def test_who_joins_and_leaves_and_is_gone_within_a_moment_is_offered_to_nobody(stage: Stage) -> None:
    hasty = await stage.plain()
    await hasty.send(**HELLO)
    await hasty.wait("welcome")
    for frame in ({"type": "join"}, {"type": "leave"}):
        await hasty.send(**frame)
    await hasty.close()
    seeker = await stage.seeker()
    await seeker.send(type="join", topic="mood")
    await seeker.wait("waiting")
    supporter = await stage.desk()
    assert (await supporter.wait("offer"))["topic"] == "mood"


async def test_who_cries_for_help_ends_it_and_is_gone_within_a_moment_has_ended_it(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    await seeker.send(type="say", n=1, text="I want to kill myself tonight")
    await seeker.send(type="end")
    await seeker.close()
    assert (await supporter.wait("ended"))["conversation"] == conversation
