"""Networks drop, pages reload: people come back to where they were."""

from __future__ import annotations

import json
from typing import Any

from tests.support.stage import Stage, presence

TAKEN_OVER, SIGNED_OUT = 4003, 4503


async def test_a_seeker_comes_back_after_a_cut_and_has_missed_nothing(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking()
    await seeker.say("one")
    await sam.wait("said", text="one")
    await seeker.cut()
    for n in range(3):
        await sam.say(conversation, f"while away {n}")
    await sam.wait("ack", n=3)
    await seeker.say("said into the void")
    welcome = await seeker.come_back()
    assert (welcome["state"], welcome["resumed"]["recovered"]) == ("live", True)
    await seeker.until(lambda: len(seeker.talk.view) == 3, "what was missed")
    assert [text for _, _, text in seeker.talk.view] == [f"while away {n}" for n in range(3)]
    await sam.wait("said", text="said into the void")
    assert [text for _, _, text in sam.talks[conversation].view] == ["one", "said into the void"]


async def test_a_supporter_comes_back_after_a_cut_and_has_missed_nothing(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking()
    await sam.say(conversation, "hello")
    await seeker.wait("said", text="hello")
    await sam.cut()
    await presence(seeker, "supporter", "away")
    await seeker.say("are you there")
    await seeker.wait("ack", n=1)
    welcome = await sam.come_back()
    assert list(welcome["conversations"]) == [conversation]
    assert welcome["resumed"][conversation]["recovered"] is True
    await sam.wait("said", text="are you there")
    await seeker.wait("got", author="seeker", n=1)


async def test_a_page_that_was_loaded_again_gets_the_whole_conversation(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking()
    await seeker.say("one")
    await sam.wait("said", text="one")
    await sam.say(conversation, "two")
    await seeker.wait("said", text="two")
    await seeker.cut()
    again = await stage.seeker(ticket=seeker.ticket)
    welcome = await again.wait("welcome")
    assert welcome["state"] == "live"
    assert welcome["conversation"] == conversation
    assert welcome["resumed"]["accepted"] == 1
    await again.wait("said", text="two")
    assert [f["text"] for f in again.frames if f["type"] == "said"] == ["one", "two"]
    await again.say("three")
    await sam.wait("said", text="three", n=2)


async def test_a_place_in_line_survives_a_cut_and_a_reload(stage: Stage) -> None:
    first, second = await stage.seeker(), await stage.seeker()
    await first.send(type="join")
    await first.wait("waiting", place=1)
    await second.send(type="join")
    await second.wait("waiting", place=2)
    await first.cut()
    again = await stage.seeker(ticket=first.ticket)
    assert (await again.wait("waiting"))["place"] == 1
    mark = second.mark
    await second.cut()
    await second.come_back()
    assert (await second.wait("waiting", since=mark))["place"] == 2


async def test_a_page_that_is_loaded_again_while_it_asks_for_a_place_gets_it(stage: Stage) -> None:
    for _ in range(20):
        first = await stage.seeker()
        again = await stage.plain()
        await first.send(type="join", ref="1")
        await again.send(type="hello", v=1, lang="en", ticket=first.ticket, resume=None)
        welcome = await again.wait("welcome")
        assert again.frames[0] == welcome
        if welcome["state"] == "idle":  # the first one was not carried out yet, and its answer is lost
            await again.send(type="join", ref="1")
        await again.wait("waiting")
        await first.wait_closed()
        await again.send(type="leave")
        await again.wait("left")


async def test_two_tabs_never_show_a_message_twice(stage: Stage) -> None:
    first, sam, conversation = await stage.talking()
    second = await stage.seeker(ticket=first.ticket)
    assert await first.wait_closed() == TAKEN_OVER
    await sam.say(conversation, "only once")
    await second.wait("said", text="only once")
    assert not [frame for frame in first.frames if frame["type"] == "said"]
    await second.say("from the second")
    await sam.wait("said", text="from the second")
    assert [text for _, _, text in sam.talks[conversation].view] == ["from the second"]


async def test_a_revoked_session_loses_its_sockets_and_nobody_elses(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking("sam")
    cookie = stage.demo.sign_in("noor")
    noor = await stage.plain("/ws/team", cookie=cookie)
    await noor.send(type="hello", v=1, lang="en", ticket=None, resume=None)
    await noor.wait("desk") if (await noor.wait("welcome"))["state"] != "off" else None
    answer = stage.demo.ask("DELETE", "/api/session", headers={"Cookie": cookie, "Origin": stage.demo.url})
    assert answer.status == 204
    assert await noor.wait_closed() == SIGNED_OUT
    again = await stage.plain("/ws/team", cookie=cookie)
    assert await again.wait_closed() == 4501
    await sam.say(conversation, "Undisturbed")
    await seeker.wait("said", text="Undisturbed")


async def test_what_is_said_again_after_a_loss_is_shown_once(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking()
    for text in ("one", "two", "three"):
        await seeker.say(text)
    await seeker.wait("ack", n=3)
    await seeker.cut()
    client = await stage.plain()
    hello: dict[str, Any] = {"type": "hello", "v": 1, "lang": "en", "ticket": seeker.ticket, "resume": None}
    await client.send_raw(json.dumps(hello))
    await client.wait("welcome")
    for n, text in enumerate(("one", "two", "three", "four"), start=1):
        await client.send(type="say", n=n, text=text)
        await client.wait("ack", n=n)
    await sam.wait("said", text="four")
    shown = [frame["n"] for frame in sam.frames if frame["type"] == "said"]
    assert shown == [1, 2, 3, 4]
    assert conversation
