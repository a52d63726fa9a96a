"""Tells people about the service itself: by the channels of pages, and nothing of anybody who seeks help."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from moderation.channels.channel import Delivered, Failed, Notice, Page, Target
from moderation.pager import Pager
from moderation.teller import Teller

COORDINATOR = "coordinator"
"""The role of those who are told besides the campus' own addresses."""


class Messenger:
    """`where` answers the address of a campus' staff surface."""

    def __init__(self, *, pager: Pager, teller: Teller, where: Callable[[str], str]) -> None:
        self._pager = pager
        self._teller = teller
        self._where = where

    async def send(
        self, notice: Notice, campus: str, key: str, targets: Sequence[Target]
    ) -> Sequence[Target]:
        """Sends to each, with the pager's retries, and answers those who took it.

        `key` is the same each time that the same thing is said; only its hash leaves the house.
        """
        took: list[Target] = []

        async def record(target: Target, outcome: Delivered | Failed) -> None:
            if isinstance(outcome, Delivered):
                took.append(target)

        async def wanted() -> bool:
            return True

        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        await self._pager.send(Page(name, self._where(campus), notice=notice), targets, record, wanted)
        return took

    async def tell(self, notice: Notice, campus: str, key: str) -> bool:
        """Tells the campus' own addresses and its coordinators; whether anybody was reached."""
        directory = await self._teller.look_up(campus)
        own = [target for one in directory.people if COORDINATOR in one.roles for target in one.targets]
        return bool(await self.send(notice, campus, key, list(dict.fromkeys((*directory.campus, *own)))))
