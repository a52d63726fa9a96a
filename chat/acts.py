"""Every act that needs a right, and how it comes on record: one table, read by the server and by its test.

Three rules. What is only somebody's to change is refused while the record cannot be written. Whoever answers
a call for help is never refused: such an act is written down later, from a synced file on this machine. A
call for help itself is nobody's act here: who seeks help is in no record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, get_args

from chat.protocol import Decision


@dataclass(frozen=True, slots=True)
class Act:
    """The verb and the kind of thing under which it is recorded.

    `waits` says that it goes on while the record cannot be written, and is written down later.
    """

    action: str
    kind: str
    waits: bool = False


def _terms(move: str) -> Act:
    return Act(move, "term")


ACTS: Final[Mapping[str, Act]] = MappingProxyType(
    {
        "frame acknowledge": Act("acknowledge", "alert", waits=True),
        "frame resolve": Act("resolve", "alert", waits=True),
        "frame stand_down": Act("stand_down", "alert", waits=True),
        **{
            f"frame decide, {decision}": Act(f"decide_{decision}", "alert", waits=True)
            for decision in get_args(Decision)
        },
        "frame hand": Act("hand", "alert", waits=True),
        "frame observe": Act("enter", "conversation", waits=True),
        "phrases, after observe": Act("phrases_shown", "conversation", waits=True),
        "frame unseal": Act("unseal", "conversation", waits=True),
        "POST /api/acknowledge": Act("acknowledge", "alert", waits=True),
        "POST /api/session": Act("signed_in", "person"),
        "POST /api/session, with the first code of an app": Act("factor_proven", "person"),
        "DELETE /api/session": Act("signed_out", "person"),
        "POST /api/terms": _terms("propose"),
        "POST /api/terms/agree": _terms("agree"),
        "POST /api/terms/shadow": _terms("shadow"),
        "POST /api/terms/live": _terms("live"),
        "POST /api/terms/undo": _terms("undo"),
        "POST /api/drills": Act("drill", "drill"),
        "POST /api/drills/monthly": Act("drills_off", "campus"),
        "POST /api/roster": Act("write", "roster"),
        "POST /api/roster/cover": Act("cover", "on_call"),
        "POST /api/roster/withdraw": Act("withdraw", "on_call"),
        "POST /api/roster/calendar": Act("read_calendar", "roster"),
        "POST /api/roster/swap": Act("ask_swap", "on_call"),
        "POST /api/roster/swap/accept": Act("accept_swap", "on_call"),
        "POST /api/roster/swap/decline": Act("decline_swap", "on_call"),
        "POST /api/roster/swap/withdraw": Act("withdraw_swap", "on_call"),
        "POST /api/roster/feed": Act("make_feed", "person"),
        "DELETE /api/roster/feed": Act("end_feed", "person"),
        "POST /api/ladder": Act("write", "ladder"),
        "POST /api/ladder/override": Act("override", "ladder"),
        "DELETE /api/ladder/override": Act("end_override", "ladder"),
        "POST /api/reach": Act("add", "reach"),
        "DELETE /api/reach/{address}": Act("remove", "reach"),
        "POST /api/reach/{address}/heard": Act("confirm", "reach"),
        "warmline user add": Act("added", "person"),
        "warmline user factor": Act("factor_asked", "person"),
        "warmline user factor --off": Act("factor_off", "person"),
        "warmline key new": Act("new_key", "staff_key"),
        "warmline drill": Act("drill", "drill"),
        "warmline drill --monthly": Act("drills_off", "campus"),
        "warmline override": Act("override", "ladder"),
        "warmline override --end": Act("end_override", "ladder"),
    }
)
"""From the way of an act to what is recorded of it. Frames by their name, requests by method and path."""

UNRECORDED: Final = frozenset({"POST /api/reach/{address}/test"})
"""Requests that change nothing of anybody's but the sender's own phone."""
EVERYDAY: Final = frozenset(
    {"hello", "pong", "say", "got", "typing", "end", "desk", "pause", "accept", "decline", "raise"}
    | {"handover", "wrapup", "mark", "unobserve", "debrief", "debriefed", "tick"}
)
"""Frames of the team that are its ordinary work, or a call for help, and need no right but the role."""
