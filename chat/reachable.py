"""Where each person of the team is reached: kept sealed, opened for the alert path and the person alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from chat.addresses import BadAddress, checked, shown
from chat.page_links import LASTS, PageLink, PageLinks
from chat.sealing import Key, Unopenable
from moderation.channels.channel import Delivered, Failed, Page, Target
from moderation.pager import Link, Record, Wanted

CHANNELS: Final = ("push", "sms", "voice", "email", "apprise")
"""The alert channels by which a person can be reached."""
MOST: Final = 12
"""Addresses that one person may have."""
AGAIN: Final = 20.0
"""Seconds between two tests of one address: each may cost money, and a person needs time to look."""
FRESH: Final = 90 * 86_400.0
"""Seconds after which a confirmed test says little about today."""


class Kept(Protocol):
    """An address as it is stored."""

    @property
    def id(self) -> str: ...
    @property
    def person(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def sealed(self) -> bytes: ...
    @property
    def label(self) -> str: ...
    @property
    def added_on(self) -> dt.date: ...
    @property
    def tried_at(self) -> float | None: ...
    @property
    def confirmed_at(self) -> float | None: ...


class Store(Protocol):
    """Where addresses are kept."""

    async def add(self, *, person_id: str, channel: str, sealed: bytes, label: str, on: dt.date) -> str: ...
    async def of_person(self, person_id: str) -> Sequence[Kept]: ...
    async def of_campus(self, campus: str) -> Sequence[Kept]: ...
    async def tested(self, campus: str, *, since: float) -> Mapping[str, frozenset[str]]: ...
    async def tried(self, reach_id: str, *, at: float | None) -> bool: ...
    async def confirm(self, reach_id: str, *, person_id: str, at: float) -> bool: ...
    async def remove(self, reach_id: str, *, person_id: str) -> bool: ...


class Sends(Protocol):
    """What sends one page: the pager of the alert path."""

    async def send(
        self, page: Page, targets: Sequence[Target], record: Record, wanted: Wanted, link: Link
    ) -> int: ...


class NotPossible(Exception):
    """Its message is a sentence for the person who asked; `code` says what kind of answer it is."""

    def __init__(self, code: Literal["bad_address", "unknown", "not_now", "too_fast"], told: str) -> None:
        super().__init__(told)
        self.code = code


@dataclass(frozen=True, slots=True)
class Address:
    """One of a person's own addresses, as that person sees it."""

    id: str
    channel: str
    label: str = field(repr=False)
    shown: str = field(repr=False)
    added_on: dt.date
    tried_at: float | None
    confirmed_at: float | None


class Addresses:
    """Seals and opens addresses, for the alert path. `key` is the installation's for this purpose."""

    def __init__(self, store: Store, key: Key) -> None:
        self._store = store
        self._key = key

    async def targets(self, campus: str) -> Mapping[str, tuple[Target, ...]]:
        """From each active person of a campus to where they are reached; raises what the store raises."""
        found: dict[str, list[Target]] = {}
        for kept in await self._store.of_campus(campus):
            if (target := self.opened(kept)) is not None:
                found.setdefault(kept.person, []).append(target)
        return {person: tuple(targets) for person, targets in found.items()}

    def opened(self, kept: Kept) -> Target | None:
        """None for one that was sealed under another secret: it reaches nobody any more."""
        try:
            address = self._key.open(kept.sealed, _about(kept.person, kept.channel)).decode()
        except Unopenable:
            return None
        return Target(kept.person, kept.channel, address)

    def sealed(self, person: str, channel: str, address: str) -> bytes:
        return self._key.seal(address.encode(), _about(person, channel))

    async def gone(self, target: Target) -> None:
        """The other side says that this address has ended: it is forgotten. Raises what the store raises."""
        if target.person is None:
            return
        for kept in await self._store.of_person(target.person):
            if self.opened(kept) == target:
                await self._store.remove(kept.id, person_id=kept.person)


class Reachable:
    """What people do with their own addresses. Everything raises what the store raises."""

    def __init__(
        self,
        *,
        store: Store,
        addresses: Addresses,
        sends: Sends,
        links: PageLinks,
        where: str,
        ready: Collection[str],
        push_hosts: Collection[str],
        services: Collection[str],
        clock: Callable[[], float],
    ) -> None:
        """`ready` names the channels that are set up here."""
        self._store = store
        self._addresses = addresses
        self._sends = sends
        self._links = links
        self._where = where
        self.ready: Final = tuple(channel for channel in CHANNELS if channel in ready)
        self._push_hosts = push_hosts
        self._services = services
        self._clock = clock

    @property
    def services(self) -> Sequence[str]:
        return sorted(self._services)

    async def own(self, person: str) -> Sequence[Address]:
        """The person's addresses, the oldest first. What no longer opens shows without its address."""
        return [self._shown(kept) for kept in await self._store.of_person(person)]

    async def add(self, person: str, channel: str, address: str, label: str) -> Address:
        """Keeps one more address, which counts as untested. Raises `NotPossible`."""
        if channel not in self.ready:
            raise NotPossible("not_now", _NOT_SET_UP)
        try:
            good = checked(channel, address, push_hosts=self._push_hosts, services=self._services)
        except BadAddress as bad:
            raise NotPossible("bad_address", str(bad)) from None
        standing = await self._store.of_person(person)
        if len(standing) >= MOST:
            raise NotPossible("not_now", f"Nobody has more than {MOST} of these. Remove one first.")
        target = Target(person, channel, good)
        same = next((kept for kept in standing if self._addresses.opened(kept) == target), None)
        if same is not None and channel != "push":
            raise NotPossible("not_now", "You have this one already.")
        if same is not None:  # a browser that subscribes again gives the same
            return self._shown(same)
        sealed = self._addresses.sealed(person, channel, good)
        today = dt.datetime.fromtimestamp(self._clock(), dt.UTC).date()
        added = await self._store.add(
            person_id=person, channel=channel, sealed=sealed, label=label.strip(), on=today
        )
        return Address(added, channel, label.strip(), shown(channel, good), today, None, None)

    async def remove(self, person: str, address: str) -> None:
        """Forgets one of the person's addresses. Raises `NotPossible`."""
        if not await self._store.remove(address, person_id=person):
            raise _UNKNOWN

    async def test(self, person: str, address: str) -> None:
        """Sends a practice page there; the person confirms it by its link. Raises `NotPossible`."""
        kept = await self._mine(person, address)
        target = self._addresses.opened(kept)
        if target is None:
            raise NotPossible("not_now", "This one can no longer be read. Please remove it and add it again.")
        if kept.channel not in self.ready:
            raise NotPossible("not_now", _NOT_SET_UP)
        at = self._clock()
        if kept.tried_at is not None and at - kept.tried_at < AGAIN:
            raise NotPossible("too_fast", "A test was sent a moment ago. Please wait half a minute.")
        await self._store.tried(kept.id, at=at)
        outcome = await self._send(target, kept.id, at)
        if isinstance(outcome, Failed):
            await self._store.tried(kept.id, at=kept.tried_at)  # nothing is on its way
            raise NotPossible("not_now", _WHY[outcome.reason.value])

    async def heard(self, person: str, address: str) -> None:
        """The person says that the test call came: a call has no link. Raises `NotPossible`."""
        kept, at = await self._mine(person, address), self._clock()
        if kept.channel != "voice" or kept.tried_at is None or at - kept.tried_at > LASTS:
            raise NotPossible("not_now", "There was no test call in the last fifteen minutes.")
        await self._store.confirm(kept.id, person_id=person, at=at)

    async def confirm(self, person: str, address: str, at: float) -> bool:
        """The person used the link of a test; False when the address has been removed since."""
        return await self._store.confirm(address, person_id=person, at=at)

    async def tested(self, campus: str) -> Mapping[str, frozenset[str]]:
        """From each active person to the channels that were confirmed in the last ninety days."""
        return await self._store.tested(campus, since=self._clock() - FRESH)

    async def _send(self, target: Target, address: str, at: float) -> Delivered | Failed:
        outcomes: list[Delivered | Failed] = []

        async def record(_: Target, outcome: Delivered | Failed) -> None:
            outcomes.append(outcome)

        link = PageLink("test", target.person or "", address, at + LASTS)
        page = Page(key=f"{address}{int(at):x}"[-32:], where=self._where, practice=True)
        await self._sends.send(
            page, [target], record, _once, lambda _: self._links.address(link, practice=True)
        )
        return outcomes[-1]

    async def _mine(self, person: str, address: str) -> Kept:
        for kept in await self._store.of_person(person):
            if kept.id == address:
                return kept
        raise _UNKNOWN

    def _shown(self, kept: Kept) -> Address:
        target = self._addresses.opened(kept)
        return Address(
            kept.id,
            kept.channel,
            kept.label,
            "" if target is None else shown(kept.channel, target.address),
            kept.added_on,
            kept.tried_at,
            kept.confirmed_at,
        )


async def _once() -> bool:
    """A person waits at the button: they try again themselves."""
    return False


def _about(person: str, channel: str) -> bytes:
    return f"{person}/{channel}".encode()


_UNKNOWN: Final = NotPossible("unknown", "This one is not there any more.")
_NOT_SET_UP: Final = "This way is not set up here. Please ask whoever runs Warmline on your campus."
_WHY: Final = {
    "unreachable": "The test was not sent: the server for this way cannot be reached.",
    "timed_out": "The test was not sent: the server for this way took too long to answer.",
    "untrusted": "The test was not sent: the server for this way could not prove who it is.",
    "rejected": "The test was not sent: the server for this way refused it. Is the address right?",
    "fault": "The test was not sent: something is broken at the server for this way.",
    "gone": "This phone no longer takes pushes from here, so it was removed. Please turn them on again.",
    "bad_target": "The test was not sent: nothing can be sent to this address. Is it right?",
    "not_sent": "The test was not sent: the server for this way did not take it. Is the address right?",
    "no_channel": _NOT_SET_UP,
    "open_circuit": "Several in a row went wrong here. Please try again in half a minute.",
    "crashed": "The test was not sent: something broke here.",
}
"""What people read of the reason of a failure."""
