"""Every Redis key of a waiting room, what it holds and how long it lives.

All keys of a campus share one hash tag, so that each script touches one slot, in Cluster too.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LIVE: Final = 3600.0
"""Seconds a waiting room outlives the last thing done in it. Every script starts the hour anew, and every
process renews what it holds, so only an abandoned room ends.
"""

ROOM: Final[Mapping[str, str]] = MappingProxyType(
    {
        "order": "sorted set: tickets in line, by urgency, return and arrival in ms",
        "tickets": "hash: ticket in line to its record (JSON)",
        "desks": "hash: person to their open desk (JSON)",
        "offers": "hash: offer to its record, kept a while after its answer (JSON)",
        "pairings": "hash: conversation to its pairing and the ticket it was made of (JSON)",
        "due": (
            "sorted set: what time will change, by when in ms: leases of tickets `t:`, desks `d:` and"
            " pairings `p:`, offers `o:`, pairings to tell again `u:`, waits that outgrow a preference `m:`,"
            " the guard `g:`"
        ),
        "paces": "list: when the last twenty pairings were made, in ms",
        "serial": "string: the last number drawn for an offer or a fence",
        "next": (
            "sorted set: persons whose desks may be asked, by their conversations and since when they are"
            " free; the desks and the pairings have the last word"
        ),
    }
)
"""From each key's name to what it holds, in the order in which scripts take their KEYS."""

CHANNELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "all": "every process: the order or the time of the next sweep changed",
        "p:<process>": "one process: what concerns its desks and tickets",
    }
)


def prefix(campus: str) -> str:
    """What every key and channel of the campus begins with."""
    return f"{{q:{campus}}}:"


def room(campus: str) -> list[str]:
    """The keys of the campus' waiting room, as scripts take them."""
    return [prefix(campus) + name for name in ROOM]


def channels(campus: str, process: str) -> tuple[str, str]:
    """The sharded channels that a process hears."""
    return f"{prefix(campus)}all", f"{prefix(campus)}p:{process}"


def table() -> str:
    """All of the above as a table for the README."""
    rows = ["| key | holds | lives |", "|---|---|---|"]
    rows += [f"| `{{q:<campus>}}:{name}` | {holds} | {LIVE / 3600:.0f} h |" for name, holds in ROOM.items()]
    rows += [f"| `{{q:<campus>}}:{name}` | sharded channel; {tells} | |" for name, tells in CHANNELS.items()]
    return "\n".join(rows) + "\n"
