"""Who is still let in when a process is nearly full: help first, then who comes back, then who is new.

Pure. A handshake says nothing of what it is for, so everybody is let in as long as there is a socket, and
whoever turns out to be new gives way in a moment: they are shown the emergency lines and told to come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Purpose = Literal["help", "return", "conversation", "entry"]
"""Staff who answer alerts; who may have a conversation to come back to; who begins one; who has just come."""
STAFF_ROOM: Final = 64
"""Sockets above the most that only staff get, who answer the calls of everybody else."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """`most` sockets, of which `reserve` is the share that is kept from those who are new."""

    most: int
    reserve: float

    def lets(self, purpose: Purpose, others: int) -> bool:
        """Whether somebody is let in beside so many other sockets."""
        match purpose:
            case "help":
                return others < self.most + STAFF_ROOM
            case "return":
                return others < self.most
            case "conversation":
                return others < self.most * (1 - self.reserve / 2)
            case "entry":
                return others < self.most * (1 - self.reserve)
