"""What the surfaces are given: one frozen bag, put together in `app` and handed on, never looked up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from chat import protocol
from chat.alarms import Alarms
from chat.board import Boards
from chat.crowd import Crowd
from chat.debriefs import Debriefs
from chat.hub import Hub
from chat.pairings import Pairings
from chat.plan import Plan
from chat.protocol import Policy
from chat.space import Space
from chat.staff_keys import StaffKeys
from chat.stages import Took
from chat.terms import CampusTerms
from chat.tickets import Tickets
from chat.watch import Watch
from moderation.checklist import Checklist


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a session may ask for."""

    hub: Hub
    pairings: Pairings
    alarms: Alarms
    watch: Watch
    terms: CampusTerms
    plan: Plan
    """Who is on call when, and who is told after whom."""
    tickets: Tickets = field(repr=False)
    limits: protocol.Limits
    crowd: Crowd
    """Who is let in when this process is nearly full."""
    space: Space
    """Whether Redis has memory for who begins a conversation."""
    lines: list[protocol.Line]
    crisis_frame: bytes
    """The frame that shows the emergency lines, ready to send."""
    is_open: Callable[[], bool]
    boards: Boards
    checklist: Checklist
    """The campus' protocol for an alert."""
    staff_keys: StaffKeys = field(repr=False)
    envelope: Policy
    """Who opens what a seeker shares under seal."""
    debriefs: Debriefs
    responders: Callable[[str], Awaitable[bool]]
    """Whether an active person of the campus may have alerts."""
    record: Callable[[str, str, str, str], Awaitable[bool]]
    """Notes on record what a person (id) did (verb) to what (kind, id), in an outage later.

    Answers whether it survives the death of this process.
    """
    took: Took
    """Notes how many seconds a message spent in a stage of its path."""
    outages: tuple[type[Exception], ...]
    """What Redis and the database raise while they are away: the answer is `busy`, no broken connection."""
