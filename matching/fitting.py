"""Which desk fits which ticket."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from matching.desk import Desk
from matching.settings import Settings
from matching.ticket import Ticket


def fits(
    ticket: Ticket,
    desk: Desk,
    at: float,
    *,
    spoken: Collection[str],
    passed: Mapping[str, float],
    settings: Settings,
) -> bool:
    """Whether `ticket` may be offered to `desk`, which has room.

    `spoken` are the languages of all open desks, `passed` says until when a person who let this ticket pass
    is not asked again. Who is to be avoided is never asked, however long the wait.
    """
    if desk.person in ticket.avoid or passed.get(desk.person, at) > at:
        return False
    return _speaks(ticket, desk, at, spoken, settings) and _takes(ticket, desk, at, settings)


def preference(desk: Desk, load: int) -> tuple[int, float, str]:
    """Sorts desks with room: who has the fewest conversations first, then who has been free longest."""
    return load, desk.free_since or 0.0, desk.person


def _speaks(ticket: Ticket, desk: Desk, at: float, spoken: Collection[str], settings: Settings) -> bool:
    if ticket.language is None or not desk.languages or ticket.language in desk.languages:
        return True
    aged = ticket.urgent or at - ticket.joined_at >= settings.language_waived_after
    return aged and ticket.language not in spoken


def _takes(ticket: Ticket, desk: Desk, at: float, settings: Settings) -> bool:
    if ticket.topic is None or not desk.topics or ticket.topic in desk.topics:
        return True
    return ticket.urgent or at - ticket.joined_at >= settings.topic_waived_after
