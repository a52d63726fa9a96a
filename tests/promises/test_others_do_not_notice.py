"""Promises 16 and 18: a supporter who vanishes is missed in time; one bad client troubles nobody else."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path

from chat import conversation, hub, link
from chat.protocol import Role
from tests.support.client import Client, Seeker, Teammate
from tests.support.process import Installation, installed
from tests.support.valkey import Valkey

PEOPLE: dict[str, list[Role]] = {"sam": ["supporter"], "noor": ["supporter"]}
TOLD_WITHIN = 20.0
FIRST_IN_LINE_WITHIN = 30.0


def test_the_thresholds_leave_room_for_the_rhythm_of_looking() -> None:
    """A sign of life may have come just after a look, and the next look comes a whole rhythm later."""
    rhythm = hub.TICK * hub.TOUCH_EVERY + hub.TICK
    assert conversation.GONE_AFTER + rhythm <= TOLD_WITHIN
    assert conversation.RETURN_AFTER + rhythm <= FIRST_IN_LINE_WITHIN
    assert link.PING_EVERY_IN_CONVERSATION + hub.TICK < conversation.AWAY_AFTER


async def talking(house: Installation, name: str) -> tuple[Seeker, Teammate, str]:
    teammate = Teammate(house.url, await house.sign_in(name))
    await teammate.open()
    await teammate.hello()
    await teammate.ready()
    seeker = await Seeker(house.url).open()
    await seeker.hello()
    await seeker.join()
    conversation_id = str((await teammate.accept())["conversation"])
    await seeker.wait("paired")
    return seeker, teammate, conversation_id


async def test_a_supporter_who_vanishes_is_missed_and_the_seeker_is_first_in_line(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), people=PEOPLE) as house:
        seeker, sam, _ = await talking(house, "sam")
        await seeker.say("what nobody has shown yet")
        await seeker.wait("ack", n=1)
        since = seeker.mark
        await sam.cut()
        staying = asyncio.create_task(seeker.stay())
        assert (await wait_longer(seeker, "waiting", since))["place"] == 1
        told = [
            f.get("is") or f["type"] for f in seeker.frames[since:] if f["type"] in {"presence", "waiting"}
        ]
        assert told[:3] == ["away", "gone", "waiting"]
        noor = Teammate(house.url, await house.sign_in("noor"))
        await noor.open()
        await noor.hello()
        await noor.ready()
        taken = (await noor.accept())["conversation"]
        assert taken == seeker.conversation
        await seeker.say("and something new")
        await noor.wait("said", author="seeker", n=2)
        staying.cancel()
        for client in (seeker, noor):
            await client.cut()


async def wait_longer(seeker: Seeker, kind: str, since: int) -> dict[str, object]:
    """As `wait`, for what comes later than most: the seeker goes back to the line after `RETURN_AFTER`."""
    for _ in itertools.repeat(None, 3):
        try:
            return await seeker.wait(kind, since=since)
        except AssertionError:
            continue
    return await seeker.wait(kind, since=since)


async def test_a_slow_reader_and_a_flood_of_nonsense_leave_a_conversation_untouched(
    private_valkey: Callable[[], Valkey], tmp_path: Path
) -> None:
    async with installed(tmp_path, private_valkey(), people=PEOPLE) as house:
        seeker, sam, conversation_id = await talking(house, "sam")
        floods = [await Client(house.url).open() for _ in range(5)]
        for flood in floods:
            await flood.send(type="hello", v=1)
        flooding = [asyncio.create_task(_flood(flood)) for flood in floods]
        reader, writer = await asyncio.open_connection("127.0.0.1", int(house.url.rpartition(":")[2]))
        writer.write(b"GET /ws/seeker HTTP/1.1\r\nHost: x\r\n")  # a handshake that never ends
        for number in range(1, 11):
            await seeker.say(f"seeker {number}")
            await sam.wait("said", author="seeker", n=number)
            await sam.say(conversation_id, f"supporter {number}")
            await seeker.wait("said", author="s1", n=number)
        assert [n for _, n, _ in seeker.talk.view] == list(range(1, 11))
        assert seeker.closed is None
        assert sam.closed is None
        for task in flooding:
            task.cancel()
        writer.transport.abort()
        assert reader is not None
        assert house.defects() == []
        for client in (seeker, sam, *floods):
            await client.cut()


async def _flood(client: Client) -> None:
    """As many frames as the server takes, none of them of the protocol, until it ends the connection."""
    for number in itertools.count():
        if client.closed is not None:
            return
        await asyncio.sleep(0)
        await client.send_raw('{"type": "nonsense"' + "}" * (number % 2))
