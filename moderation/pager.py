"""Sends one page to several targets at once, with retries, within one deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from moderation.breaker import Breaker
from moderation.channels.channel import Channel, Delivered, Failed, Page, Reason, Target
from moderation.clock import Clock

WITHIN = 8.0
"""Seconds that one target gets, all its attempts together; after that the ladder moves on."""

_FIRST_PAUSE = 0.5
_AT_ONCE = 256

Record = Callable[[Target, Delivered | Failed], Awaitable[None]]
Wanted = Callable[[], Awaitable[bool]]
Tried = Callable[[str, str], None]
"""Takes in on which channel somebody was tried, and what became of it: `delivered` or a reason."""
Link = Callable[[Target], str]
"""The address at which one tap of this target's person acknowledges; empty where there is no person."""


def unlinked(_: Target) -> str:
    return ""


def untold(channel: str, outcome: str) -> None:
    """Takes no notice."""


class Pager:
    """`channels` by name; `chance` gives a number in [0, 1) and spreads retries apart.

    `tried` is told of every attempt.

    `patience` says how many seconds one attempt gets on a channel, so that one that hangs leaves time for
    another attempt; where it says nothing, an attempt may take all that its target has.
    """

    def __init__(
        self,
        *,
        channels: Mapping[str, Channel],
        clock: Clock,
        chance: Callable[[], float],
        patience: Mapping[str, float] | None = None,
        tried: Tried = untold,
    ) -> None:
        self._channels = channels
        self._patience = patience or {}
        self._tried = tried
        self._clock = clock
        self._chance = chance
        self._breaker = Breaker()
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def send(
        self,
        page: Page,
        targets: Sequence[Target],
        record: Record,
        wanted: Wanted,
        link: Link = unlinked,
    ) -> int:
        """How many targets took the page. Every attempt is handed to `record`.

        `wanted` is asked before each retry: nobody is paged again for what somebody has acknowledged.
        `link` is asked once for each target.
        """
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._reach(replace(page, link=link(target)), target, record, wanted))
                for target in targets
            ]
        return sum(task.result() for task in tasks)

    async def _reach(self, page: Page, target: Target, record: Record, wanted: Wanted) -> bool:
        deadline = self._clock.now() + WITHIN
        pause = _FIRST_PAUSE
        while True:
            outcome = await self._attempt(page, target, deadline)
            self._tried(
                target.channel, "delivered" if isinstance(outcome, Delivered) else outcome.reason.value
            )
            await record(target, outcome)
            if isinstance(outcome, Delivered):
                return True
            rest = max(pause * (0.5 + self._chance()), outcome.after)
            if not outcome.retry or self._clock.now() + rest >= deadline:
                return False
            await self._clock.sleep(rest)
            if not await wanted():
                return False
            pause *= 2

    async def _attempt(self, page: Page, target: Target, deadline: float) -> Delivered | Failed:
        channel = self._channels.get(target.channel)
        if channel is None:
            return Failed(retry=False, reason=Reason.NO_CHANNEL)
        if not self._breaker.lets(target.channel, target.address, self._clock.now()):
            return Failed(retry=False, reason=Reason.OPEN_CIRCUIT)
        left = deadline - self._clock.now()
        patience = min(left, self._patience.get(target.channel, left))
        try:
            async with self._clock.within(patience), self._places:
                outcome = await channel.send(page, target)
        except TimeoutError:
            outcome = Failed(retry=True, reason=Reason.TIMED_OUT)
        except Exception:  # noqa: BLE001  # a channel that breaks its promise must not silence the others
            outcome = Failed(retry=True, reason=Reason.CRASHED)
        if isinstance(outcome, Delivered):
            self._breaker.delivered(target.channel, target.address)
        else:
            now = self._clock.now()
            self._breaker.failed(target.channel, target.address, now)
            if outcome.after > 0:
                self._breaker.rests(target.channel, target.address, now + outcome.after)
        return outcome
