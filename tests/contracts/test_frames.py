"""Every frame of every table, each with its answer; references are echoed and have no second effect."""

from __future__ import annotations

from tests.support.client import Client, Frame
from tests.support.envelopes import sealed
from tests.support.stage import Stage, open_desk, take_offer

CRISIS = "I want to kill myself tonight"


async def twice(client: Client, answer: str, frame: Frame) -> Frame:
    """Sends a frame with a reference twice; both answers must be the same, and echo it."""
    since = client.mark
    await client.send(**frame)
    first = await client.wait(answer, since=since, ref=frame["ref"])
    since = client.mark
    await client.send(**frame)
    second = await client.wait(answer, since=since, ref=frame["ref"])
    assert first == second
    return first


async def test_join_answers_a_place_and_a_range(stage: Stage) -> None:
    supporter = await stage.desk("sam")
    busy = await stage.seeker()
    await busy.send(type="join")
    await take_offer(supporter)
    seeker = await stage.seeker()
    join: Frame = {"type": "join", "topic": "money", "language": "en", "mood": 2, "wants": ["someone_else"]}
    waiting = await twice(seeker, "waiting", {**join, "ref": "j"})
    assert waiting["place"] == 1
    assert 0 <= waiting["wait"]["low"] <= waiting["wait"]["high"]
    assert waiting["staffed"]


async def test_join_needs_nothing_at_all(stage: Stage) -> None:
    seeker = await stage.seeker()
    await seeker.send(type="join")
    waiting = await seeker.wait("waiting", staffed=False)
    assert waiting["place"] == 1
    assert 0 <= waiting["wait"]["low"] <= waiting["wait"]["high"]


async def test_the_place_is_told_again_when_it_changes(stage: Stage) -> None:
    first, second = await stage.seeker(), await stage.seeker()
    await first.send(type="join")
    await first.wait("waiting", place=1)
    await second.send(type="join")
    await second.wait("waiting", place=2)
    await first.send(type="leave")
    await second.wait("waiting", place=1)


async def test_leave_answers_left(stage: Stage) -> None:
    seeker = await stage.seeker()
    await seeker.send(type="join")
    await seeker.wait("waiting")
    await twice(seeker, "left", {"type": "leave", "ref": "l"})


async def test_what_is_said_is_acknowledged_once_and_delivered_once(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    for _ in range(3):
        since = seeker.mark
        await seeker.send(type="say", n=1, text="Hello", ref="s")
        await seeker.wait("ack", n=1, since=since)
    await supporter.send(type="say", conversation=conversation, n=1, text="Hello you")
    await supporter.wait("ack", n=1, conversation=conversation)
    said = await supporter.wait("said", author="seeker")
    answer = await seeker.wait("said", text="Hello you")
    assert (said["from"], said["n"], said["text"], said["offset"]) == ("seeker", 1, "Hello", 1)
    assert (answer["from"], answer["n"], answer["offset"]) == ("supporter", 1, 2)
    assert said["epoch"] == answer["epoch"]
    await seeker.send(type="say", n=2, text="And on")
    await supporter.wait("said", n=2)
    mine = [
        frame["n"] for frame in supporter.frames if frame["type"] == "said" and frame["author"] == "seeker"
    ]
    assert mine == [1, 2]


async def test_got_tells_the_author_what_was_shown(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    await seeker.say("one")
    await seeker.say("two")
    got = await seeker.wait("got", author="seeker", n=2)
    assert got["n"] == 2
    await supporter.say(conversation, "three")
    author = supporter.talks[conversation].author
    await supporter.wait("got", author=author, n=1, conversation=conversation)


async def test_got_beyond_what_was_said_has_no_effect(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    await supporter.send(type="got", conversation=conversation, author="seeker", n=5)
    await supporter.send(type="got", conversation=conversation, author="nobody", n=1)
    await seeker.say("first")
    await seeker.wait("got", author="seeker", n=1)
    assert [frame["n"] for frame in seeker.frames if frame["type"] == "got"] == [1]


async def test_typing_is_shown_to_the_other_side_only(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    await seeker.send(type="typing", on=True)
    await supporter.wait("typing", on=True, conversation=conversation)
    await supporter.send(type="typing", conversation=conversation, on=True)
    await seeker.wait("typing", on=True)
    await seeker.send(type="typing", on=False)
    await supporter.wait("typing", on=False)
    assert len([frame for frame in seeker.frames if frame["type"] == "typing"]) == 1


async def test_end_is_told_to_both_and_only_the_seeker_gets_a_receipt(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    ended = await twice(seeker, "ended", {"type": "end", "ref": "e"})
    assert (ended["by"], ended["conversation"]) == ("seeker", conversation)
    assert ended["receipt"]
    other = await supporter.wait("ended", conversation=conversation)
    assert other["by"] == "seeker"
    assert len([frame for frame in supporter.frames if frame["type"] == "ended"]) == 1


async def test_rate_after_the_end_is_done_once(stage: Stage) -> None:
    seeker, _, _ = await stage.talking()
    await seeker.send(type="end")
    await seeker.wait("ended")
    await twice(seeker, "done", {"type": "rate", "helped": 4, "mood": 3, "ref": "r"})


async def test_report_is_done_and_reaches_the_lead(stage: Stage) -> None:
    seeker, _, conversation = await stage.talking()
    lead = await stage.teammate("lena")
    await twice(seeker, "done", {"type": "report", "reason": "abuse", "ref": "r"})
    alert = await lead.wait("alert", conversation=conversation)
    assert alert["state"] == "open"


async def test_help_is_answered_with_the_lines_at_once(stage: Stage) -> None:
    seeker = await stage.seeker()
    crisis = await twice(seeker, "crisis", {"type": "help", "ref": "h"})
    assert crisis["lines"] == (await seeker.wait("welcome"))["lines"]
    await seeker.wait("waiting")


async def test_the_desk_is_told_as_it_stands(stage: Stage) -> None:
    supporter = await stage.teammate("sam")
    opened = await twice(
        supporter,
        "desk",
        {
            "type": "desk",
            "open": True,
            "capacity": 2,
            "languages": ["en", "de"],
            "topics": ["money"],
            "ref": "d",
        },
    )
    assert (opened["open"], opened["paused"], opened["capacity"]) == (True, False, 2)
    paused = await twice(supporter, "desk", {"type": "pause", "on": True, "ref": "p"})
    assert paused["paused"] is True
    again = await stage.teammate("sam")
    assert (await again.wait("welcome"))["state"] == "paused"
    await again.send(type="pause", on=False, ref="q")
    assert (await again.wait("desk", ref="q"))["paused"] is False
    closed = await twice(again, "desk", {"type": "desk", "open": False, "ref": "c"})
    assert closed["open"] is False
    answer = again.mark
    await again.send(type="pause", on=True, ref="n")
    assert (await again.wait("refused", since=answer, ref="n"))["code"] == "not_now"


async def test_an_offer_tells_what_the_seeker_chose_and_no_more(stage: Stage) -> None:
    supporter = await stage.desk("sam")
    seeker = await stage.seeker()
    await seeker.send(type="join", topic="money", language="en", mood=2)
    offer = await supporter.wait("offer")
    assert (offer["topic"], offer["language"], offer["mood"], offer["urgent"]) == ("money", "en", 2, False)
    assert "conversation" not in offer
    paired = await twice(supporter, "paired", {"type": "accept", "offer": offer["offer"], "ref": "a"})
    told = await seeker.wait("paired")
    assert told["conversation"] == paired["conversation"]
    assert told["alias"] == paired["alias"]
    assert told["trained"] is True
    assert len([frame for frame in seeker.frames if frame["type"] == "paired"]) == 1


async def test_decline_is_done(stage: Stage) -> None:
    supporter = await stage.desk("sam")
    seeker = await stage.seeker()
    await seeker.send(type="join")
    offer = await supporter.wait("offer")
    await twice(supporter, "done", {"type": "decline", "offer": offer["offer"], "ref": "d"})


async def test_raise_handover_and_wrapup_are_done(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    named: Frame = {"conversation": conversation}
    await twice(supporter, "done", {"type": "raise", "reason": "advice", "ref": "r", **named})
    await twice(supporter, "done", {"type": "handover", "warm": False, "ref": "h", **named})
    await seeker.wait("waiting")
    await open_desk(supporter, capacity=1)
    other = await stage.desk("noor")
    await take_offer(other)
    await other.send(type="end", conversation=conversation)
    await other.wait("ended", conversation=conversation)
    wrapup: Frame = {"type": "wrapup", "outcome": "talked", "topic": "mood", "ref": "w", **named}
    await twice(other, "done", wrapup)


async def test_alerts_are_shown_acknowledged_resolved_and_stood_down(stage: Stage) -> None:
    lead, on_call = await stage.teammate("lena"), await stage.teammate("omar")
    seeker = await stage.seeker()
    await seeker.send(type="help")
    await seeker.wait("waiting")
    alert = await lead.until(lambda: _live(lead, "help"), "an alert")
    acknowledged = await twice(on_call, "alert", {"type": "acknowledge", "alert": alert["alert"], "ref": "a"})
    assert acknowledged["state"] == "acknowledged"
    await lead.wait("alert", alert=alert["alert"], state="acknowledged")
    resolved = await twice(
        on_call,
        "alert",
        {"type": "resolve", "alert": alert["alert"], "outcome": "in_contact", "ref": "b"},
    )
    assert resolved["state"] == "resolved"
    await lead.wait("alert", alert=alert["alert"], state="resolved")
    other = await stage.seeker()
    since = lead.mark
    await other.send(type="help")
    second = await lead.wait("alert", since=since, category="help", state="open")
    await other.wait("waiting")
    stood = await twice(lead, "alert", {"type": "stand_down", "alert": second["alert"], "ref": "c"})
    assert stood["state"] == "stood_down"


async def test_observe_and_unobserve_are_told_to_the_seeker(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    lead = await stage.teammate("lena")
    observing = await twice(lead, "observing", {"type": "observe", "conversation": conversation, "ref": "o"})
    assert (observing["on"], observing["role"]) == (True, "lead")
    for other in (seeker, supporter):
        here = await other.wait("presence", who="lead")
        assert here["is"] == "here"
    await lead.say(conversation, "I am here too")
    said = await seeker.wait("said", text="I am here too")
    assert said["from"] == "lead"
    assert said["author"] not in {"seeker", supporter.talks[conversation].author}
    off = await twice(lead, "observing", {"type": "unobserve", "conversation": conversation, "ref": "u"})
    assert off["on"] is False
    gone = await seeker.until(
        lambda: [f for f in seeker.frames if f["type"] == "presence" and f["is"] == "gone"], "gone"
    )
    assert gone[0]["who"] == "lead"


async def test_a_finding_is_for_the_supporter_and_for_staff_who_entered(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    lead = await stage.teammate("lena")
    await seeker.say(CRISIS)
    finding = await supporter.wait("finding", conversation=conversation)
    assert finding["severity"] == "crisis"
    assert finding["why"]
    assert finding["prompts"]
    assert finding["phrase"].lower() in CRISIS.lower()
    await seeker.wait("crisis")
    await lead.wait("alert", conversation=conversation)
    assert not [frame for frame in lead.frames if frame["type"] == "finding"]
    await lead.send(type="observe", conversation=conversation)
    await lead.wait("said", text=CRISIS)
    assert (await lead.wait("finding", conversation=conversation)) == finding
    assert not [frame for frame in seeker.frames if frame["type"] == "finding"]


async def test_the_board_counts(stage: Stage) -> None:
    _, _, conversation = await stage.talking()
    lead = await stage.teammate("lena")
    board = await lead.wait("board")
    assert board["talking"] == 1
    assert [row["conversation"] for row in board["conversations"]] == [conversation]


def _live(client: Client, category: str) -> Frame | None:
    live: dict[str, Frame] = {}
    for frame in client.frames:
        if frame["type"] == "alert":
            live[frame["alert"]] = frame
    return next((f for f in live.values() if f["state"] == "open" and f["category"] == category), None)


async def test_seal_and_consent_answer_done_and_tell_how_it_stands(stage: Stage) -> None:
    seeker, supporter, conversation = await stage.talking()
    await seeker.send(type="consent", on=True, ref="early")
    assert (await seeker.wait("refused", ref="early"))["code"] == "not_now"
    key = next(frame for frame in seeker.frames if frame["type"] == "welcome")["envelope"]
    box = sealed(key["public"], conversation, "Hall B", "")
    await twice(seeker, "done", {"type": "seal", "key": key["key"], "box": box, "agreed": False, "ref": "s"})
    lies = await seeker.wait("envelope", conversation=conversation)
    assert (lies["agreed"], lies["unread"], lies["opened"], lies["asked"]) == (False, True, [], [])
    await twice(seeker, "done", {"type": "consent", "on": True, "ref": "c"})
    await seeker.wait("envelope", agreed=True)
    await twice(seeker, "done", {"type": "consent", "on": False, "ref": "d"})
    assert not [frame for frame in supporter.frames if frame["type"] == "envelope"]


async def test_what_is_not_sealed_as_it_must_be_is_refused(stage: Stage) -> None:
    seeker, _, _ = await stage.talking()
    for box in ("short", "x" * 99 + "=", "x" * 8_001):
        since = seeker.mark
        await seeker.send(type="seal", key="k", box=box, ref=f"b{since}")
        assert (await seeker.wait("refused", since=since))["code"] == "bad_frame"


async def test_hand_and_tick_answer_the_alert(stage: Stage) -> None:
    seeker, _, conversation = await stage.talking()
    omar = await stage.teammate("omar")
    await seeker.send(type="help")
    alert = await omar.wait("alert", conversation=conversation, category="help")
    name = alert["alert"]
    for item, on in (("plan", True), ("plan", False)):
        frame: Frame = {"type": "tick", "alert": name, "item": item, "on": on, "ref": f"t{on}"}
        assert bool((await twice(omar, "alert", frame))["ticks"]) is on
    await omar.send(type="hand", alert=name, to="nobody", ref="h")
    assert (await omar.wait("refused", ref="h"))["code"] == "unknown"
    await omar.send(type="unseal", conversation="nowhere", ref="u")
    assert (await omar.wait("refused", ref="u"))["code"] == "gone"
    await omar.send(type="stand_down", alert=name)
    await omar.wait("alert", alert=name, state="stood_down")
    await omar.send(type="tick", alert=name, item="plan", on=True, ref="late")
    assert (await omar.wait("refused", ref="late"))["code"] == "gone"


async def test_decide_answers_the_alert_and_everybody_sees_what_was_decided(stage: Stage) -> None:
    seeker, _, conversation = await stage.talking()
    omar, lena = await stage.teammate("omar"), await stage.teammate("lena")
    await seeker.send(type="help")
    name = (await omar.wait("alert", conversation=conversation, category="help"))["alert"]
    frame: Frame = {"type": "decide", "alert": name, "decision": "on_the_way"}
    await omar.send(**frame, ref="early")
    assert (await omar.wait("refused", ref="early"))["code"] == "not_now"
    await omar.send(type="acknowledge", alert=name)
    await omar.wait("alert", alert=name, state="acknowledged")
    await lena.send(**frame, ref="theirs")
    assert (await lena.wait("refused", ref="theirs"))["code"] == "not_now"
    decided = await twice(omar, "alert", {**frame, "ref": "d"})
    assert (decided["state"], decided["decision"], decided["mine"]) == ("acknowledged", "on_the_way", True)
    assert decided["next_at"] - decided["decided_at"] == 30 * 60
    seen = await lena.wait("alert", alert=name, decision="on_the_way")
    assert (seen["held_by"], seen["mine"]) == ("Omar", False)
    await omar.send(type="decide", alert=name, decision="in_care", ref="e")
    assert (await omar.wait("alert", ref="e"))["next_at"] is None
    for wrong in ("I went home", "", None, 1):
        since = omar.mark
        await omar.send(type="decide", alert=name, decision=wrong)
        assert (await omar.wait("refused", since=since))["code"] == "bad_frame"
    await omar.send(type="acknowledge", alert=name, ref="again")
    assert (await omar.wait("alert", ref="again"))["mine"]
    await omar.send(type="resolve", alert=name, outcome="confirmed")
    closed = await omar.wait("alert", alert=name, state="resolved")
    assert closed["decision"] is None
    await omar.send(**frame, ref="late")
    assert (await omar.wait("refused", ref="late"))["code"] == "gone"
