"""A tab sleeps for minutes, which is the same story wherever Redis is."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.support.client import Seeker
from tests.support.stage import Stage, presence

SILENT = 4005


class Sleeper(Seeker):
    """A seeker whose tab can be put to sleep: then it neither reads nor answers."""

    asleep = False

    async def send_raw(self, data: str | bytes) -> None:
        if not self.asleep:
            await super().send_raw(data)


async def test_a_tab_that_slept_for_minutes_wakes_up_to_everything(stage: Stage) -> None:
    """The server gives a silent connection up; until then and after, nothing that is said is lost."""
    sam = await stage.desk("sam")
    seeker = Sleeper(stage.url)
    await seeker.open()
    await seeker.hello()
    await seeker.send(type="join")
    conversation = (await sam.accept())["conversation"]
    await seeker.wait("paired")
    seeker.asleep = True
    await sam.say(conversation, "Take your time")
    await presence(sam, "seeker", "away")
    await presence(sam, "seeker", "gone")
    async with asyncio.timeout(60):
        while seeker.closed is None:
            await seeker.until(_next(seeker), "anything", though_closed=True)
    assert seeker.closed == SILENT
    await sam.say(conversation, "I am still here")
    await sam.wait("ack", n=2)
    seeker.asleep = False
    welcome = await seeker.come_back()
    assert welcome["state"] == "live"
    await seeker.wait("said", text="I am still here")
    assert [text for _, _, text in seeker.talk.view] == ["Take your time", "I am still here"]
    await seeker.send(type="end")
    await seeker.wait("ended")
    await seeker.close()


def _next(seeker: Seeker) -> Any:
    mark = seeker.mark
    return lambda: seeker.closed is not None or seeker.mark > mark
