"""Somebody is in danger, and a person answers."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.client import Frame, Teammate
from tests.support.stage import Stage, presence, take_offer

CRISIS = "I took all the pills and I want to die"


def open_alerts(person: Teammate, conversation: str) -> set[str]:
    return {
        frame["alert"]
        for frame in person.frames
        if frame["type"] == "alert" and frame["conversation"] == conversation
    }


async def test_words_of_crisis_reach_a_person_who_comes_in_and_resolves(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking()
    lead, omar = await stage.teammate("lena"), await stage.teammate("omar")
    await seeker.say(CRISIS)
    assert (await seeker.wait("crisis"))["lines"]
    await seeker.wait("ack", n=1)
    order = [frame["type"] for frame in seeker.frames if frame["type"] in {"crisis", "ack"}]
    assert order == ["crisis", "ack"]
    finding = await sam.wait("finding", conversation=conversation)
    assert finding["severity"] == "crisis"
    assert finding["prompts"]

    alert = await omar.wait("alert", conversation=conversation, state="open")
    await lead.wait("alert", alert=alert["alert"])
    assert CRISIS not in str(alert)
    await omar.send(type="acknowledge", alert=alert["alert"])
    await omar.wait("alert", alert=alert["alert"], state="acknowledged")
    held = await lead.wait("alert", alert=alert["alert"], state="acknowledged")
    assert held["held_by"] == "Omar"

    await omar.send(type="observe", conversation=conversation)
    await omar.wait("observing", on=True)
    assert (await seeker.wait("presence", who="on_call"))["is"] == "here"
    await omar.wait("said", text=CRISIS)
    await omar.say(conversation, "I am Omar, on call tonight")
    assert (await seeker.wait("said", text="I am Omar, on call tonight"))["from"] == "on_call"
    await omar.send(type="resolve", alert=alert["alert"], outcome="in_contact")
    await lead.wait("alert", alert=alert["alert"], state="resolved")
    await omar.send(type="unobserve", conversation=conversation)
    await presence(seeker, "on_call", "gone")
    await sam.say(conversation, "We go on")
    await seeker.wait("said", text="We go on")
    assert not [frame for frame in omar.frames if frame.get("text") == "We go on"]


async def test_one_conversation_has_one_alert_whose_severity_only_rises(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking()
    omar = await stage.teammate("omar")
    await seeker.send(type="report", reason="something_else")
    first = await omar.wait("alert", conversation=conversation)
    assert first["severity"] == "concern"
    await seeker.say(CRISIS)
    raised = await omar.wait("alert", conversation=conversation, severity="crisis")
    await sam.send(type="raise", conversation=conversation, reason="crisis")
    await sam.wait("done", re="raise")
    await seeker.say("It is a bit better now")
    await seeker.wait("ack", n=2)
    assert raised["alert"] == first["alert"]
    assert open_alerts(omar, conversation) == {first["alert"]}


@pytest.mark.parametrize("reason", ["crisis", "abuse", "advice", "break"])
async def test_a_supporter_calls_for_help_and_the_lead_comes(stage: Stage, reason: str) -> None:
    seeker, sam, conversation = await stage.talking()
    lead = await stage.teammate("lena")
    await sam.send(type="raise", conversation=conversation, reason=reason)
    await sam.wait("done", re="raise")
    alert = await lead.wait("alert", conversation=conversation, state="open")
    await lead.send(type="acknowledge", alert=alert["alert"])
    await lead.send(type="observe", conversation=conversation)
    await lead.wait("observing", conversation=conversation)
    await seeker.wait("presence", who="lead")


async def test_a_call_for_help_before_anything_else_is_an_alert_and_a_place_in_line(stage: Stage) -> None:
    omar, sam = await stage.teammate("omar"), await stage.desk("sam")
    seeker = await stage.seeker()
    mark = omar.mark
    await seeker.send(type="help")
    await seeker.wait("crisis")
    place = await seeker.wait("waiting")
    alert = await omar.wait("alert", since=mark, category="help", conversation=place["conversation"])
    assert alert["severity"] == "crisis"
    assert (await sam.wait("offer"))["urgent"] is True
    conversation = await take_offer(sam)
    assert conversation == alert["conversation"]
    await seeker.wait("paired")


async def test_who_calls_for_help_while_waiting_goes_before_the_others(stage: Stage) -> None:
    first, second = await stage.seeker(), await stage.seeker()
    await first.send(type="join", topic="money")
    await first.wait("waiting", place=1)
    await second.send(type="join", topic="loss")
    await second.wait("waiting", place=2)
    await second.send(type="help")
    await second.wait("waiting", place=1)
    sam = await stage.desk("sam")
    offer = await sam.wait("offer")
    assert (offer["topic"], offer["urgent"]) == ("loss", True)


async def test_a_call_for_help_in_a_conversation_reaches_both_lead_and_on_call(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking()
    lead, omar = await stage.teammate("lena"), await stage.teammate("omar")
    await seeker.send(type="help")
    await seeker.wait("crisis")
    for person in (lead, omar):
        await person.wait("alert", conversation=conversation, category="help")
    await sam.say(conversation, "I am with you")
    await seeker.wait("said", text="I am with you")


async def test_on_call_staff_enter_only_with_an_alert(stage: Stage) -> None:
    seeker, _, conversation = await stage.talking()
    omar = await stage.teammate("omar")
    await omar.send(type="observe", conversation=conversation, ref="early")
    assert (await omar.wait("refused", ref="early"))["code"] == "not_allowed"
    await seeker.send(type="help")
    alert = await omar.wait("alert", conversation=conversation)
    await omar.send(type="observe", conversation=conversation, ref="now")
    await omar.wait("observing", ref="now")
    await seeker.wait("presence", who="on_call")
    await omar.send(type="stand_down", alert=alert["alert"])
    await omar.wait("alert", alert=alert["alert"], state="stood_down")


async def test_a_closed_alert_is_not_shown_again(stage: Stage) -> None:
    seeker, _, conversation = await stage.talking()
    lead = await stage.teammate("lena")
    await seeker.send(type="help")
    alert: Frame = await lead.wait("alert", conversation=conversation)
    await lead.send(type="acknowledge", alert=alert["alert"])
    await lead.send(type="resolve", alert=alert["alert"], outcome="no_contact")
    await lead.wait("alert", alert=alert["alert"], state="resolved")
    again = await stage.teammate("lena")
    await again.wait("board")
    assert open_alerts(again, conversation) == set()


async def test_who_calls_for_help_and_leaves_in_the_same_moment_waits_nowhere(stage: Stage) -> None:
    seeker = await stage.seeker()
    await asyncio.gather(seeker.send(type="help", ref="h"), seeker.send(type="leave", ref="l"))
    await seeker.wait("crisis", ref="h")
    await seeker.wait("left", ref="l")
    other = await stage.seeker()
    await other.send(type="join", ref="j")
    await other.wait("waiting", ref="j", place=1)
