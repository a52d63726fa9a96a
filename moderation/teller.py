"""Tells one rung: finds whom it means and has them paged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Protocol

from moderation.channels.channel import Page, Target
from moderation.clock import Clock
from moderation.directory import Directories, Directory
from moderation.ladder import Ladder, Rung, Who
from moderation.pager import Pager, Record, Wanted
from moderation.roster import OnCall
from moderation.trouble import Report, Trouble

_LOOKUP = 1.0


class Links(Protocol):
    """Where links of pages are made."""

    def __call__(self, *, person: str, alert: str, practice: bool, at: float) -> str:
        """The address at which one tap says that `person` has `alert`; from memory, and each time another
        one.
        """
        ...


class Teller:
    """`ladders` answers a campus' ladder, `where` the address of its staff surface, `on_call` its roster.

    All of them answer from memory: people change places by the clock also while the database is away.
    """

    def __init__(
        self,
        *,
        ladders: Callable[[str], Ladder],
        directories: Directories,
        where: Callable[[str], str],
        pager: Pager,
        clock: Clock,
        report: Report,
        links: Links | None = None,
        on_call: Callable[[str, float], OnCall] | None = None,
    ) -> None:
        self._on_call = on_call
        self._ladders = ladders
        self._links = links
        self._directories = directories
        self._where = where
        self._pager = pager
        self._clock = clock
        self._report = report
        self._known: dict[str, Directory] = {}

    def ladder(self, campus: str) -> Ladder:
        return self._ladders(campus)

    async def tell(
        self,
        *,
        campus: str,
        rung: int,
        subject: str,
        practice: bool,
        skip: Collection[tuple[str | None, str]],
        record: Record,
        wanted: Wanted,
        alert: str,
        person: str | None = None,
    ) -> bool:
        """Whether anybody was reached, those in `skip` (person, channel) included, who are not paged again.

        `subject` names what the page is about; only its hash leaves the house. A tap on the page's link
        acknowledges `alert`. Where `person` is named, only they are told, by every alert channel of theirs.
        """
        directory = await self.look_up(campus)
        step = self._ladders(campus).rung(rung)
        targets = directory.find(step if person is None else Rung((Who("person", person),), (), step.wait))
        left = [target for target in targets if (target.person, target.channel) not in skip]
        page = Page(_key(subject, rung), self._where(campus), practice=practice)

        def link(target: Target) -> str:
            if target.person is None or self._links is None:
                return ""
            at = self._clock.now()
            return self._links(person=target.person, alert=alert, practice=practice, at=at)

        reached = await self._pager.send(page, left, record, wanted, link)
        if not reached and len(left) == len(targets):
            self._report(Trouble("undelivered", campus=campus))
            return False
        return True

    async def look_up(self, campus: str) -> Directory:
        """The campus' directory, or, when it cannot be had, the last that was, or what needs no database."""
        try:
            async with self._clock.within(_LOOKUP):
                self._known[campus] = await self._directories.of(campus, self._clock.now())
        except Exception as error:  # noqa: BLE001  # any database error: an old directory is better than none
            self._report(Trouble("directory", type(error).__name__, campus=campus))
        known = self._known.get(campus) or self._directories.bare(campus)
        return replace(known, on_call=self._on_call(campus, self._clock.now())) if self._on_call else known


def _key(subject: str, rung: int) -> str:
    return hashlib.sha256(f"{subject}/{rung}".encode()).hexdigest()[:32]
