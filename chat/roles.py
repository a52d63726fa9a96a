"""Who may send which frame: one table, read by the server and by the test that holds it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType

from msgspec import Struct

from chat import protocol
from chat.protocol import Role

EVERYBODY: frozenset[Role] = frozenset(("supporter", "lead", "on_call", "coordinator"))
TALKING: frozenset[Role] = frozenset(("supporter", "lead", "on_call"))
"""Who may be in a conversation, and so speak in it; membership is checked for each conversation besides."""
SUPPORTERS: frozenset[Role] = frozenset(("supporter",))
STAFF: frozenset[Role] = frozenset(("lead", "on_call"))
LEADING: frozenset[Role] = frozenset(("lead", "coordinator"))
SEES_BOARD: frozenset[Role] = frozenset(("lead", "on_call", "coordinator"))
SEES_ALERTS: frozenset[Role] = STAFF

MAY: Mapping[type[Struct], frozenset[Role]] = MappingProxyType(
    {
        protocol.TeamHello: EVERYBODY,
        protocol.Pong: EVERYBODY,
        protocol.TeamSay: TALKING,
        protocol.TeamGot: TALKING,
        protocol.TeamTyping: TALKING,
        protocol.TeamEnd: TALKING,
        protocol.Desk: SUPPORTERS,
        protocol.Pause: SUPPORTERS,
        protocol.Accept: SUPPORTERS,
        protocol.Decline: SUPPORTERS,
        protocol.Raise: TALKING,
        protocol.Handover: SUPPORTERS,
        protocol.Wrapup: SUPPORTERS,
        protocol.Mark: SUPPORTERS,
        protocol.Acknowledge: STAFF,
        protocol.Resolve: STAFF,
        protocol.StandDown: STAFF,
        protocol.Decide: STAFF,
        protocol.Hand: STAFF,
        protocol.Tick: STAFF,
        protocol.Observe: STAFF,
        protocol.Unobserve: STAFF,
        protocol.Unseal: STAFF,
        protocol.Debrief: SUPPORTERS,
        protocol.Debriefed: LEADING,
    }
)
"""Every frame of the team, and the roles that may send it. A frame that is not here is sent by nobody."""


def may(roles: AbstractSet[Role], frame: type[Struct]) -> bool:
    """Whether a person with these roles may send this frame at all."""
    return not MAY.get(frame, frozenset()).isdisjoint(roles)
