"""Promise 5: the seeker sees who is reading, always, and before whoever comes in reads a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chat.protocol import Role
from tests.support.client import Client, Frame, Seeker, Teammate
from tests.support.process import installed
from tests.support.stage import Stage, presence, take_offer
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"], "lena": ["lead"], "omar": ["on_call"]}
WORDS = "Words that were said before anybody came in"


class Order:
    """In which order frames reached two people, who share one event loop here and one process there."""

    def __init__(self, seeker: Seeker, other: Teammate) -> None:
        self.came: list[tuple[str, Frame]] = []
        self._watch("seeker", seeker)
        self._watch("other", other)

    def _watch(self, name: str, client: Client) -> None:
        took = client.took

        async def noted(frame: Frame) -> None:
            self.came.append((name, frame))
            await took(frame)

        client.took = noted  # type: ignore[method-assign]  # the one place where both are heard

    def told_before_reading(self, who: str) -> bool:
        """Whether the seeker was told of somebody of this role before that one got the first words."""
        kinds = [
            (name, frame["type"], frame.get("who"), frame.get("is"))
            for name, frame in self.came
            if frame["type"] in {"presence", "said", "typing", "finding"}
        ]
        told = kinds.index(("seeker", "presence", who, "here"))
        reads = next(place for place, kind in enumerate(kinds) if kind[0] == "other")
        return told < reads


@pytest.mark.parametrize(("name", "who"), [("lena", "lead"), ("omar", "on_call")])
async def test_whoever_looks_on_reads_only_after_the_seeker_was_told(
    stage: Stage, name: str, who: str
) -> None:
    seeker, sam, conversation = await stage.talking()
    await seeker.say(WORDS)
    await sam.wait("said", text=WORDS)
    await seeker.send(type="help")
    await seeker.wait("crisis")
    other = await stage.teammate(name)
    await other.wait("alert", conversation=conversation)
    assert not [frame for frame in other.frames if frame["type"] in {"said", "typing", "finding"}]
    order = Order(seeker, other)
    await other.send(type="observe", conversation=conversation)
    await other.wait("observing", on=True)
    await presence(seeker, who, "here")
    await seeker.say("Said while somebody looks on")
    await other.wait("said", text="Said while somebody looks on")
    assert order.told_before_reading(who)


async def test_whoever_stops_looking_on_is_seen_to_go_and_reads_no_more(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking()
    lena = await stage.teammate("lena")
    for _ in range(2):  # the second time is announced as the first was
        since, mark = seeker.mark, lena.mark
        await lena.send(type="observe", conversation=conversation)
        await lena.wait("observing", since=mark, on=True)
        await seeker.wait("presence", since=since, who="lead", **{"is": "here"})
        mark = lena.mark
        await lena.send(type="unobserve", conversation=conversation)
        await lena.wait("observing", since=mark, on=False)
        await seeker.wait("presence", since=since, who="lead", **{"is": "gone"})
    since = lena.mark
    await seeker.say(WORDS)
    await sam.wait("said", text=WORDS)
    await lena.send(type="unobserve", conversation=conversation, ref="after")
    await lena.wait("refused", ref="after")
    assert not [frame for frame in lena.frames[since:] if frame["type"] == "said"]


async def test_whoever_comes_back_to_looking_on_is_still_named(stage: Stage) -> None:
    """A seeker whose page was loaded again has forgotten who looks on: they are told anew."""
    seeker, _, conversation = await stage.talking()
    lena = await stage.teammate("lena")
    await lena.send(type="observe", conversation=conversation)
    await presence(seeker, "lead", "here")
    await seeker.cut()
    again = await stage.seeker(ticket=seeker.ticket)
    assert (await presence(again, "lead", "here"))["conversation"] == conversation


async def test_a_seeker_is_told_of_every_supporter_who_takes_over(stage: Stage) -> None:
    seeker, sam, conversation = await stage.talking("sam")
    noor = await stage.desk("noor")
    since, mark = seeker.mark, noor.mark
    await seeker.send(type="switch")
    await sam.wait("ended", conversation=conversation)
    await presence(seeker, "supporter", "gone")
    await seeker.wait("waiting", since=since)
    await seeker.say(WORDS)
    await seeker.wait("ack", n=1)
    assert not [frame for frame in (*sam.frames, *noor.frames) if frame.get("text") == WORDS]
    assert await take_offer(noor, since=mark) == conversation
    await seeker.wait("paired", since=since)
    await noor.wait("said", text=WORDS)


async def test_on_call_staff_come_in_with_an_open_alert_only(stage: Stage) -> None:
    seeker, _, conversation = await stage.talking()
    omar = await stage.teammate("omar")
    await omar.send(type="observe", conversation=conversation, ref="before")
    assert (await omar.wait("refused", ref="before"))["code"] == "not_allowed"
    await seeker.send(type="help")
    alert = await omar.wait("alert", conversation=conversation)
    await omar.send(type="stand_down", alert=alert["alert"])
    await omar.wait("alert", alert=alert["alert"], state="stood_down")
    await omar.send(type="observe", conversation=conversation, ref="after")
    assert (await omar.wait("refused", ref="after"))["code"] == "not_allowed"
    assert not [frame for frame in seeker.frames if frame["type"] == "presence" and frame["who"] == "on_call"]
    assert not [frame for frame in omar.frames if frame["type"] == "said"]


@pytest.mark.parametrize("name", ["noor", "cleo"])
async def test_no_other_role_looks_on(stage: Stage, name: str) -> None:
    seeker, _, conversation = await stage.talking("sam")
    await seeker.send(type="help")
    await seeker.wait("crisis")
    other = await stage.teammate(name)
    await other.send(type="observe", conversation=conversation, ref="in")
    assert (await other.wait("refused", ref="in"))["code"] == "not_allowed"
    await other.send(type="say", conversation=conversation, n=1, text="Hello", ref="say")
    assert (await other.wait("refused", ref="say"))["type"] == "refused"
    assert not [frame for frame in other.frames if frame["type"] == "said"]


async def test_who_looks_on_from_another_process_is_named_just_as_well(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), processes=2, people=PEOPLE) as house:
        here, there = house.urls
        seeker = await Seeker(here).open()
        await seeker.hello()
        conversation = (await seeker.join())["conversation"]
        await seeker.say(WORDS)
        await seeker.wait("ack", n=1)
        lena = await Teammate(there, await house.sign_in("lena")).open()
        await lena.hello()
        await lena.send(type="observe", conversation=conversation)
        await presence(seeker, "lead", "here")
        await lena.wait("observing", on=True)
        await lena.say(conversation, "I look on")
        await seeker.wait("said", text="I look on")
        others = [f for f in seeker.frames if f.get("author") != "seeker"]
        kinds = [f["type"] for f in others if f["type"] in {"presence", "said"}]
        assert kinds[0] == "presence"
        for client in (seeker, lena):
            await client.cut()
