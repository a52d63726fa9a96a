"""What an alert is to the dispatcher, and the store that it asks for.

The store is a port: storage implements it, tests may implement it, and neither is imported here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal, Protocol

from moderation.decisions import Decision

Severity = Literal["notice", "concern", "crisis"]
AlertState = Literal["open", "acknowledged", "resolved", "stood_down"]
Source = Literal["screening", "seeker", "supporter", "failure", "practice"]
"""Who raised it: screened words, the seeker's own call, the supporter's, a failure of ours, or a drill."""

SEVERITIES: tuple[Severity, ...] = ("notice", "concern", "crisis")
"""From mild to urgent; the severity of an alert only moves to the right."""


class Alert(Protocol):
    """One alert as it stands. It holds no words and no name of a seeker."""

    @property
    def id(self) -> str: ...
    @property
    def campus(self) -> str: ...
    @property
    def conversation(self) -> str | None:
        """The conversation while the alert is open or acknowledged; None once it is closed."""
        ...

    @property
    def category(self) -> str: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def source(self) -> Source: ...
    @property
    def state(self) -> AlertState: ...
    @property
    def rung(self) -> int:
        """The index of the rung that is told next; it counts on without end, round after round."""
        ...

    @property
    def raised_at(self) -> float:
        """Seconds since the Unix epoch, as are all times here."""
        ...

    @property
    def next_at(self) -> float | None:
        """When the next rung is due; None when nothing is due any more."""
        ...

    @property
    def person(self) -> str | None:
        """Who acknowledged or closed it: a person's id."""
        ...

    @property
    def fence(self) -> int:
        """Rises with every claim and every move of a person; an update with an older one changes nothing.

        So whoever is half-way through a rung when a person acknowledges can no longer move the alert.
        """
        ...

    @property
    def handed_by(self) -> str | None:
        """Who handed the alert to `person`, until that one confirms: a person's id."""
        ...

    @property
    def asked_until(self) -> float | None:
        """By when that one confirms; then the climb goes on."""
        ...

    @property
    def decision(self) -> Decision | None:
        """What `person` decided last, where nobody has moved the alert since; it holds until `next_at`."""
        ...

    @property
    def decided_at(self) -> float | None: ...


class HeldBy(Protocol):
    """A person said "I have it" while the store was away."""

    @property
    def person(self) -> str: ...
    @property
    def at(self) -> float: ...
    @property
    def again_at(self) -> float | None:
        """When the climb goes on without another move; None where they are in the conversation."""
        ...

    @property
    def decision(self) -> Decision | None: ...


class AlertStore(Protocol):
    """Durable alerts. Every method is one transaction; none is cancelled half-way with an effect."""

    async def raise_(  # the verb of the field; `raise` itself is a keyword
        self,
        *,
        key: str,
        conversation: str,
        campus: str,
        category: str,
        severity: Severity,
        source: Source,
        at: float,
        names: Sequence[str] = (),
        held: HeldBy | None = None,
    ) -> tuple[Alert, bool]:
        """Stores what was seen and answers the conversation's one open alert, and whether anything changed.

        `key` names the event (conversation, author, count): the same key again changes nothing. Where an
        alert of the conversation is open or acknowledged, its severity rises to the higher of both, and a
        rise from a lower severity to `crisis` re-opens an acknowledged one and makes the next rung of an open
        one due at `at` at the latest; else a new alert opens with rung 0 due at `at`. The key of an alert
        that is closed by now answers that alert, unchanged. When this returns, the alert survives the death
        of every process.

        A new alert takes the first of `names` that no alert has: the ids by which it was known while it
        waited, or is known where it still waits. `held` gives an open alert, where it was raised before, to
        that person in the same step: nobody is paged in between.
        """
        ...

    async def claim_due(
        self,
        *,
        owner: str,
        at: float,
        lease: float,
        limit: int,
        overdue: Collection[tuple[str, int]] = (),
    ) -> Sequence[Alert]:
        """Takes up to `limit` alerts whose next rung is due and that nobody holds, each with a new fence.

        Open alerts are due, and so are acknowledged ones whose `again_at` has passed without anybody entering
        the conversation or deciding; they are answered in the state in which they stand. An owner that dies
        leaves nothing stuck: its hold ends `lease` seconds after `at`.

        `overdue` names others, each with its fence, that the caller knows to be due although their times lie
        ahead: another clock wrote them.
        """
        ...

    async def advance(self, *, alert: str, fence: int, rung: int, next_at: float) -> bool:
        """Moves the alert to `rung`, due at `next_at`, and frees it; False when the fence is stale.

        The alert is open afterwards and held by no person: one that was acknowledged, and came due because
        nobody entered the conversation, climbs on.
        """
        ...

    async def hand(self, *, alert: str, by: str, person: str, at: float, until: float) -> Alert | None:
        """Gives an alert that `by` has, or handed on and is not confirmed yet, to `person`.

        It is acknowledged still, and due at `at`, so that whoever claims it pages that person. None when it
        is not `by`'s to give.
        """
        ...

    async def asked(self, *, alert: str, fence: int, next_at: float) -> bool:
        """Frees a claimed alert that was handed over until `next_at`; False when the fence is stale."""
        ...

    async def record_delivery(
        self, *, alert: str, rung: int, person: str | None, channel: str, outcome: str, at: float
    ) -> None:
        """Notes what became of one attempt to reach one person by one alert channel.

        `outcome` is `delivered` or the reason of the failure, one word of a fixed list.
        """
        ...

    async def delivered(self, *, alert: str, rung: int) -> Collection[tuple[str | None, str]]:
        """Whom this rung has reached, as (person, channel): who takes over does not page them again."""
        ...

    async def acknowledge(self, *, alert: str, person: str, at: float, again_at: float) -> Alert | None:
        """Marks the alert as held by `person`; nothing is due until `again_at`. None when it is neither open
        nor handed over, and whoever has it has time left at `at`.

        The fence rises and a running claim ends, here, in `entered` and in `close`.
        """
        ...

    async def decide(
        self, *, alert: str, person: str, decision: Decision, at: float, again_at: float | None
    ) -> Alert | None:
        """Notes what `person` decided of an alert that they have; None when they do not have it.

        Nothing is due until `again_at`. It is forgotten with the next move of anybody.
        """
        ...

    async def entered(self, *, alert: str, person: str, at: float) -> Alert | None:
        """Notes that `person` is in the conversation: an acknowledged alert is then no longer due."""
        ...

    async def close(
        self, *, alert: str, person: str, state: Literal["resolved", "stood_down"], outcome: str, at: float
    ) -> Alert | None:
        """Ends the alert and unlinks it from its conversation. None when it is closed already."""
        ...

    async def get(self, alert: str) -> Alert | None: ...

    async def live(self, campus: str) -> Sequence[Alert]:
        """The open and acknowledged alerts of a campus, the most severe and longest open first."""
        ...

    async def of_conversation(self, conversation: str) -> Alert | None:
        """The open or acknowledged alert of a conversation, if there is one."""
        ...

    async def next_due(self) -> float | None:
        """When the earliest rung of any live alert is due; where somebody holds it, when that hold ends."""
        ...
