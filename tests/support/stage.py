"""People who meet on one running demo; whoever is left over when a test ends is sent home."""

from __future__ import annotations

import contextlib
import itertools
from functools import partial
from typing import Any

from tests.support import contract
from tests.support.client import Client, Frame, Seeker, Teammate
from tests.support.demo import Demo


class Stage:
    """Brings seekers and the team's members in, and clears up after them."""

    def __init__(self, demo: Demo) -> None:
        self.demo = demo
        self._turns = itertools.cycle(demo.urls)
        self._seekers: list[Seeker] = []
        self._team: dict[str, Teammate] = {}
        self._others: list[Client] = []

    @property
    def url(self) -> str:
        """Where the next one connects: at each process in turn."""
        return next(self._turns)

    async def seeker(self, *, ticket: str | None = None) -> Seeker:
        """A seeker who is connected and greeted; with a ticket, one whose page was loaded again."""
        seeker = Seeker(self.url)
        seeker.ticket = ticket
        self._seekers.append(seeker)
        await seeker.open()
        await seeker.hello()
        return seeker

    async def teammate(self, name: str) -> Teammate:
        """A signed-in person who is connected and greeted; an earlier connection is taken over."""
        teammate = Teammate(self.url, cookie=self.demo.cookie(name))
        await teammate.open()
        await teammate.hello()
        self._team[name] = teammate
        return teammate

    async def desk(self, name: str = "sam", **desk: Any) -> Teammate:
        """A supporter at an open desk."""
        supporter = await self.teammate(name)
        await open_desk(supporter, **desk)
        return supporter

    async def plain(self, path: str = "/ws/seeker", *, cookie: str | None = None) -> Client:
        """A socket that has not said anything yet, and says nothing by itself."""
        client = Client(self.url, cookie=cookie)
        client.path = path
        self._others.append(client)
        return await client.open()

    async def talking(self, name: str = "sam") -> tuple[Seeker, Teammate, str]:
        """A seeker and a supporter in a conversation."""
        supporter = await self.desk(name)
        seeker = await self.seeker()
        await seeker.send(type="join")
        conversation = await take_offer(supporter)
        await seeker.wait("paired")
        return seeker, supporter, conversation

    async def clear(self) -> None:
        """Ends what was begun, so that the next test finds nobody waiting and no desk open."""
        for seeker in self._seekers:
            await _send_home(seeker)
        for teammate in self._team.values():
            with contextlib.suppress(AssertionError):
                since = teammate.mark
                await teammate.send(type="desk", open=False)
                await teammate.until(partial(_closed, teammate, since), "a closed desk")
            await teammate.close()
        for client in self._others:
            await client.close()
        for client in (*self._seekers, *self._others, *self._team.values()):
            contract.hold(client.frames, "team" if client.path == Teammate.path else "seeker")
        assert self.demo.defects() == []


async def open_desk(supporter: Teammate, **desk: Any) -> Frame:
    given: Frame = {"capacity": 1, "languages": ["en"], "topics": [], **desk}
    since = supporter.mark
    await supporter.send(type="desk", open=True, ref=f"desk-{since}", **given)
    return await supporter.wait("desk", since=since, ref=f"desk-{since}")


async def take_offer(supporter: Teammate, *, since: int = 0) -> str:
    """Accepts the first offer that came after `since`; answers the conversation."""
    offer = await supporter.wait("offer", since=since)
    mark = supporter.mark
    await supporter.send(type="accept", offer=offer["offer"])
    paired = await supporter.wait("paired", since=mark)
    conversation: str = paired["conversation"]
    return conversation


async def presence(client: Client, who: str, is_: str) -> Frame:
    """Waits until the client is told that somebody of this role is here, away or gone."""

    def told() -> Frame | None:
        return next(
            (
                frame
                for frame in client.frames
                if frame["type"] == "presence" and (frame["who"], frame["is"]) == (who, is_)
            ),
            None,
        )

    frame: Frame = await client.until(told, f"{who} is {is_}")
    return frame


def _closed(teammate: Teammate, since: int) -> bool:
    return any(
        (frame["type"] == "desk" and not frame["open"])
        or (frame["type"] == "refused" and frame["re"] == "desk")
        for frame in teammate.frames[since:]
    )


async def _send_home(seeker: Seeker) -> None:
    with contextlib.suppress(AssertionError, OSError):
        if seeker.closed is not None:
            await seeker.open()
            await seeker.hello()
        since = seeker.mark
        await seeker.send(type="leave")
        await seeker.until(lambda: _answered(seeker.frames[since:], "leave", "left"), "left")
        if any(frame["type"] == "refused" for frame in seeker.frames[since:]):
            await seeker.send(type="end")
            await seeker.until(lambda: _answered(seeker.frames[since:], "end", "ended"), "ended")
    await seeker.close()


def _answered(frames: list[Frame], asked: str, answer: str) -> bool:
    return any(
        frame["type"] == answer or (frame["type"] == "refused" and frame["re"] == asked) for frame in frames
    )
