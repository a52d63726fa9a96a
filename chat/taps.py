"""What one tap on the link of a page does: it acknowledges as the person whom the page was for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, Literal, Protocol

from chat.codes import Refusal
from chat.page_links import PageLink, PageLinks, digest
from moderation.alerts import Alert

Outcome = Literal["yours", "practice", "confirmed", "held"]
"""Acknowledged; so, in practice; a test arrived; kept on this machine, because the database is away."""
Why = Literal["unknown", "old", "used", "over", "held", "busy"]
_MOST: Final = 4096


class Refused(Exception):
    """The link does nothing (any more), and why."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why: Final = why


class Links(Protocol):
    """Where links that were used are kept, as hashes."""

    async def is_used(self, digest: bytes) -> bool: ...
    async def use(self, digest: bytes, *, expires_at: float) -> bool: ...


class Somebody(Protocol):
    @property
    def active(self) -> bool: ...


class People(Protocol):
    async def get(self, person_id: str) -> Somebody | None: ...


class Alarms(Protocol):
    async def get(self, alert: str) -> Alert | None: ...
    async def acknowledge(self, alert: str, person: str) -> Alert | Refusal: ...
    async def hold(self, alert: str, person: str) -> bool | Refusal: ...


class Taps:
    """A link works once. It is used up after what it did is in the store, so that no acknowledgement is lost;
    until then a second tap finds the alert acknowledged, and changes nothing. While the store is away, what
    was said lies on this machine's disk, until it is the acknowledgement.
    """

    def __init__(
        self,
        *,
        links: PageLinks,
        used: Links,
        people: People,
        alarms: Alarms,
        confirm: Callable[[str, str, float], Awaitable[bool]],
        record: Callable[[str, str, str, str], Awaitable[object]],
        clock: Callable[[], float],
        outages: tuple[type[Exception], ...],
    ) -> None:
        """`confirm` notes that a test arrived (person, address, at). `record` writes what was done into the
        record.
        """
        self._links = links
        self._used = used
        self._people = people
        self._alarms = alarms
        self._confirm = confirm
        self._record = record
        self._clock = clock
        self._outages = outages
        self._held: OrderedDict[bytes, None] = OrderedDict()

    async def tap(self, token: str) -> Outcome:
        """Does what the link is for. Raises `Refused`."""
        link = self._links.read(token)
        if link is None:
            raise Refused("unknown")
        if self._clock() >= link.ends_at:
            raise Refused("old")
        name = digest(token)
        if name in self._held:
            raise Refused("used")
        try:
            return await self._carried(link, name)
        except self._outages:
            if link.kind == "test":
                raise Refused("busy") from None
            return await self._held_back(link, name)

    async def _carried(self, link: PageLink, name: bytes) -> Outcome:
        if await self._used.is_used(name):
            raise Refused("used")
        person = await self._people.get(link.person)
        if person is None or not person.active:
            raise Refused("unknown")
        match link.kind:
            case "test":
                done: Outcome = await self._arrived(link)
            case "alert":
                done = await self._have(link.about, link.person)
        try:
            await self._used.use(name, expires_at=link.ends_at)
        except self._outages:
            self._noted(name)  # what the tap was for is done; this process at least takes it no second time
        return done

    async def _held_back(self, link: PageLink, name: bytes) -> Outcome:
        """The store cannot be asked: who has it is kept here until it can be told."""
        kept = await self._alarms.hold(link.about, link.person)
        if kept is Refusal.GONE:
            raise Refused("held")
        if kept is not True:
            raise Refused("busy")
        await self._record(link.person, "acknowledge", "alert", link.about)
        return self._noted(name)

    async def _arrived(self, link: PageLink) -> Outcome:
        if not await self._confirm(link.person, link.about, self._clock()):
            raise Refused("over")
        await self._record(link.person, "confirm", "reach", link.about)
        return "confirmed"

    async def _have(self, alert: str, person: str) -> Outcome:
        standing = await self._alarms.get(alert)
        if standing is None:
            raise Refused("over")
        if standing.state == "acknowledged" and standing.person != person:
            raise Refused("held")
        if standing.state != "acknowledged" or standing.asked_until is not None:
            moved = await self._alarms.acknowledge(alert, person)
            if isinstance(moved, Refusal):
                again = await self._alarms.get(alert)
                raise Refused("held" if again is not None and again.state == "acknowledged" else "over")
            await self._record(person, "acknowledge", "alert", alert)
        return "practice" if standing.source == "practice" else "yours"

    def _noted(self, name: bytes) -> Outcome:
        self._held[name] = None
        while len(self._held) > _MOST:
            self._held.popitem(last=False)
        return "held"
