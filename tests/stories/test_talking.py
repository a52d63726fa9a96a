"""Whole stories of a seeker and the people who listen, told through real sockets."""

from __future__ import annotations

from tests.support.client import Frame, Seeker
from tests.support.demo import Demo
from tests.support.stage import Stage, open_desk, take_offer


def said(client_frames: list[Frame], author: str) -> list[tuple[int, str]]:
    """What was shown of this author, in the order in which it came."""
    return [(f["n"], f["text"]) for f in client_frames if f["type"] == "said" and f["author"] == author]


async def test_a_seeker_and_a_supporter_talk_from_the_first_word_to_the_receipt(stage: Stage) -> None:
    seeker = await stage.seeker()
    await seeker.send(type="join", topic="loneliness", language="en", mood=2)
    assert (await seeker.wait("waiting"))["place"] == 1
    await seeker.say("I write this while I wait")
    await seeker.wait("ack", n=1)

    supporter = await stage.desk("sam", topics=["loneliness"])
    offer = await supporter.wait("offer")
    assert (offer["topic"], offer["mood"], offer["urgent"]) == ("loneliness", 2, False)
    conversation = await take_offer(supporter)
    paired = await seeker.wait("paired")
    assert paired["trained"] is True
    await supporter.wait("said", text="I write this while I wait")

    await supporter.send(type="typing", conversation=conversation, on=True)
    await seeker.wait("typing", on=True)
    await supporter.say(conversation, "I am glad that you came")
    await seeker.wait("said", text="I am glad that you came")
    for n in range(2, 6):
        await seeker.say(f"line {n}")
    await seeker.wait("got", author="seeker", n=5)
    assert said(supporter.frames, "seeker") == [
        (1, "I write this while I wait"),
        *((n, f"line {n}") for n in range(2, 6)),
    ]

    await seeker.send(type="end", ref="bye")
    ended = await seeker.wait("ended", ref="bye")
    assert (ended["by"], bool(ended["receipt"])) == ("seeker", True)
    await supporter.wait("ended", conversation=conversation)
    await seeker.send(type="rate", helped=4, mood=3)
    await seeker.wait("done", re="rate")
    await supporter.send(type="wrapup", conversation=conversation, outcome="talked", topic="loneliness")
    await supporter.wait("done", re="wrapup")


async def test_an_offer_that_lapses_goes_to_the_next_desk_before_anybody_else(stage: Stage) -> None:
    sam = await stage.desk("sam")
    first = await stage.seeker()
    await first.send(type="join", topic="money")
    offer = await sam.wait("offer", topic="money")
    second = await stage.seeker()
    await second.send(type="join", topic="loss")
    await second.wait("waiting")
    noor = await stage.desk("noor", topics=["money", "mood"])
    await sam.wait("lapsed", offer=offer["offer"])
    again = await noor.wait("offer")
    assert again["topic"] == "money"
    await noor.send(type="accept", offer=again["offer"])
    await first.wait("paired")
    mark = sam.mark
    await sam.send(type="accept", offer=offer["offer"])
    assert (await sam.wait("refused", since=mark))["code"] == "gone"


async def test_a_declined_offer_returns_to_the_head_and_goes_to_another(stage: Stage) -> None:
    sam = await stage.desk("sam")
    seeker = await stage.seeker()
    await seeker.send(type="join", topic="home")
    offer = await sam.wait("offer")
    await sam.send(type="decline", offer=offer["offer"])
    await sam.wait("done", re="decline")
    noor = await stage.desk("noor")
    conversation = await take_offer(noor)
    assert (await seeker.wait("paired"))["conversation"] == conversation
    assert len([frame for frame in sam.frames if frame["type"] == "offer"]) == 1


async def test_a_desk_with_two_places_holds_two_conversations_apart(stage: Stage) -> None:
    sam = await stage.desk("sam", capacity=2)
    talks = []
    for text in ("the first", "the second"):
        mark = sam.mark
        seeker = await stage.seeker()
        await seeker.send(type="join")
        conversation = await take_offer(sam, since=mark)
        await seeker.wait("paired")
        await seeker.say(text)
        await sam.wait("said", conversation=conversation, text=text)
        talks.append((seeker, conversation))
    third = await stage.seeker()
    await third.send(type="join")
    await third.wait("waiting")
    mark = sam.mark
    for seeker, conversation in talks:
        await sam.say(conversation, f"for {conversation}")
        await seeker.wait("said", text=f"for {conversation}")
    for seeker, conversation in talks:
        assert [text for _, _, text in seeker.talk.view] == [f"for {conversation}"]
    assert not [frame for frame in sam.frames[mark:] if frame["type"] == "offer"]
    await talks[0][0].send(type="end")
    await take_offer(sam, since=mark)
    await third.wait("paired")


async def test_only_a_desk_that_speaks_the_language_is_asked(stage: Stage) -> None:
    sam = await stage.desk("sam", languages=["en"])
    noor = await stage.desk("noor", languages=["de"])
    german = await stage.seeker()
    await german.send(type="join", language="de")
    offer = await noor.wait("offer")
    assert offer["language"] == "de"
    english = await stage.seeker()
    await english.send(type="join", language="en")
    assert (await sam.wait("offer"))["language"] == "en"
    await noor.send(type="accept", offer=offer["offer"])
    await german.wait("paired")
    assert [f["language"] for f in sam.frames if f["type"] == "offer"] == ["en"]


async def test_who_asks_for_someone_else_never_gets_the_same_person_again(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking("sam")
    await seeker.say("We do not fit")
    await seeker.wait("got", author="seeker", n=1)  # what nobody has seen goes on to the next one
    mark, place = sam.mark, seeker.mark
    await seeker.send(type="switch", ref="else")
    assert (await seeker.wait("waiting", since=place))["place"] == 1
    await sam.wait("ended", since=mark, conversation=conversation)
    await open_desk(sam)
    other = await stage.seeker()
    await other.send(type="join", topic="body")
    assert (await sam.wait("offer", since=mark))["topic"] == "body"
    noor = await stage.desk("noor")
    assert await take_offer(noor) == conversation
    await seeker.wait("paired", since=place)
    await noor.say(conversation, "Hello from me")
    await seeker.wait("said", text="Hello from me")
    authors = {frame["author"] for frame in seeker.frames if frame["type"] == "said"}
    assert sam.talks[conversation].author not in authors
    assert said(noor.frames, "seeker") == []


async def test_a_seeker_who_leaves_takes_the_offer_along(stage: Stage) -> None:
    sam = await stage.desk("sam")
    seeker = await stage.seeker()
    await seeker.send(type="join")
    offer = await sam.wait("offer")
    await seeker.send(type="leave")
    await seeker.wait("left")
    await sam.wait("lapsed", offer=offer["offer"])
    mark = sam.mark
    await sam.send(type="accept", offer=offer["offer"])
    assert (await sam.wait("refused", since=mark))["code"] in {"gone", "unknown"}
    again = await Seeker(stage.url).open()
    again.ticket = seeker.ticket
    await seeker.close()
    assert (await again.hello())["state"] == "ended"
    await again.close()


async def test_a_supporter_may_end_and_the_seeker_still_sees_the_receipt(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking()
    await sam.send(type="end", conversation=conversation, ref="enough")
    assert (await sam.wait("ended", ref="enough"))["receipt"] == ""
    ended = await seeker.wait("ended")
    assert (ended["by"], bool(ended["receipt"])) == ("supporter", True)


async def test_an_ended_conversation_cannot_be_read_again(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking()
    await seeker.say("Nobody reads this again")
    await sam.wait("said", text="Nobody reads this again")
    await seeker.send(type="end")
    await seeker.wait("ended")
    again = await stage.seeker(ticket=seeker.ticket)
    welcome = await again.wait("welcome")
    assert welcome["state"] == "ended"
    console = await stage.teammate("sam")
    assert conversation not in (await console.wait("welcome"))["conversations"]
    lead = await stage.teammate("lena")
    await lead.send(type="observe", conversation=conversation)
    assert (await lead.wait("refused", re="observe"))["code"] == "gone"
    for client in (again, console, lead):
        assert not [frame for frame in client.frames if frame["type"] == "said"]


async def test_a_conversation_can_begin_anew_after_one_has_ended(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking()
    await seeker.send(type="end")
    await seeker.wait("ended")
    await sam.wait("ended", conversation=conversation)
    sides = sam.mark, seeker.mark
    await seeker.send(type="join")
    again = await take_offer(sam, since=sides[0])
    paired = await seeker.wait("paired", since=sides[1])
    assert paired["conversation"] == again != conversation


def test_a_closed_service_says_so_on_its_page_and_shows_whom_to_call(closed_demo: Demo) -> None:
    service = closed_demo.ask("GET", "/api/service").json()
    assert (service["open"], service["wait"]) == (False, None)
    page = closed_demo.ask("GET", "/").body.decode()
    assert all(line["href"] in page for line in service["lines"])


async def test_a_closed_service_refuses_to_join_and_still_takes_a_call_for_help(closed_demo: Demo) -> None:
    seeker = await Seeker(closed_demo.url).open()
    assert (await seeker.hello())["open"] is False
    await seeker.send(type="join")
    refused = await seeker.wait("refused", re="join")
    assert refused["code"] == "closed"
    assert "emergency lines" in refused["detail"]
    await seeker.send(type="help")
    assert (await seeker.wait("crisis"))["lines"]
    await seeker.close()
