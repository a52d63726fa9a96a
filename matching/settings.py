"""How long the waiting room waits for whom."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All times are seconds. Every process of an installation uses the same."""

    offer: float = 30.0
    """How long a supporter may look at an offer."""
    lease: float = 20.0
    """How long a ticket, desk or pairing lives that nobody renews."""
    renew_every: float = 5.0
    """How often a process renews what it holds; a quarter of the lease leaves room for three losses."""
    cooling: float = 20.0
    """How long a ticket is not offered again to who declined it or let it lapse: time for the others, and not
    long where there are none.
    """
    topic_waived_after: float = 180.0
    """From then on a ticket goes to a desk that does not take its topic, too."""
    language_waived_after: float = 600.0
    """From then on a ticket goes to a desk that does not speak its language, if no open desk does."""
    lapses_before_pause: int = 2
    """After so many lapses in a row a desk is paused: nobody sits there."""
    retell_every: float = 5.0
    """How often a pairing that no conversation has confirmed is told again."""
    remembered: float = 600.0
    """How long the answer to an offer is remembered, so that repeating it is answered alike."""
    most_waiting: int = 500
    """When so many wait, only urgent tickets are let in."""
    guard_share: float = 0.3
    """When more than this share of the leases ends at once, a pause of Redis is likelier than everybody
    leaving: all leases are extended, once.
    """
    guard_least: int = 5
    """Fewer ending leases than this are never called everybody."""
    jump: float = 5.0
    """A difference between Redis' clock and this process' that is a jump of the clock, not a delay."""
    deadline: float = 2.0
    """How long a command may wait for Redis before it counts as unavailable."""
