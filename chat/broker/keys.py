"""Every Redis key of conversations, its slot and its time to live.

A conversation and its bucket share a hash tag, so that every script touches one slot, in Cluster too.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

BUCKETS: Final = 64
_TAGS: Final = tuple(f"{{b{number:02d}}}" for number in range(BUCKETS))
LIVE_MS: Final = 3 * 60 * 60 * 1000
"""How long a conversation that nobody touches stays in Redis; every touch starts it anew."""
ENDED_MS: Final = 20 * 60 * 1000
"""How long the wordless remainder of an ended conversation stays, until its contact is counted."""
FOLLOW_MS: Final = 60 * 1000
"""How long a process that says nothing counts as following a conversation."""
TEAM_MS: Final = 12 * 60 * 60 * 1000
"""How long the list of a person's conversations stays after the last change."""
POST_MS: Final = 15 * 1000
"""How long what a process posts for the boards stays."""
STAFF: Final = "{staff}:told"
"""The channel that every process hears: something changed that leads and on-call staff see."""


def bucket(conversation: str) -> str:
    """The hash tag of the conversation's bucket."""
    return _TAGS[crc32(conversation.encode()) % BUCKETS]


def buckets() -> list[str]:
    return list(_TAGS)


def meta(conversation: str) -> str:
    """Hash: epoch `e`, generation `g`, offset `o`, sub `s`, moves `v`, phase `f`, wrapped key `k`, followers
    `p`, counts `n:<author>`, shown `h:<author>`, last sign of life `t:<author>`; after the end only what the
    contact is made of.
    """
    return f"{bucket(conversation)}:c:{conversation}:m"


def log(conversation: str) -> str:
    """Stream: one event an entry in the field `d`; messages at `<offset>-0`, moves at `<offset>-<sub>`."""
    return f"{bucket(conversation)}:c:{conversation}:l"


def settle(tag: str) -> str:
    """Sorted set of a bucket: ended conversations whose contact is to be counted, by when, in ms."""
    return f"{tag}:settle"


def channel(tag: str, process: str) -> str:
    """The sharded channel by which a process hears of a bucket's conversations."""
    return f"{tag}:p:{process}"


def post(process: str) -> str:
    """String: the conversations of a process, for the boards of all processes; no words."""
    return f"{{staff}}:b:{process}"


def posts() -> str:
    """Sorted set: the processes that have posted for the boards, by until when, in ms."""
    return "{staff}:b"


def team(person: str) -> str:
    """Set: the conversations that a person is in."""
    return f"{{t:{person}}}:c"
