"""Members spread over the shares of a round, so that what time asks of all is never done for all at once."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from typing import Generic, TypeVar

Member = TypeVar("Member", bound=Hashable)


class Wheel(Collection[Member], Generic[Member]):
    """A set of which each `turn` answers one share; a member keeps its share as long as it stays.

    So each member comes up once in every round of `shares` turns, and the same number of turns apart.
    """

    __slots__ = ("_at", "_shares", "_where")

    def __init__(self, shares: int) -> None:
        self._shares: tuple[dict[Member, None], ...] = tuple({} for _ in range(shares))
        self._where: dict[Member, int] = {}
        self._at = 0

    def __len__(self) -> int:
        return len(self._where)

    def __iter__(self) -> Iterator[Member]:
        return iter(self._where)

    def __contains__(self, member: object) -> bool:
        return member in self._where

    def add(self, member: Member) -> None:
        """Takes a member into the smallest share; one that is there already stays where it is."""
        if member not in self._where:
            share = min(range(len(self._shares)), key=lambda one: len(self._shares[one]))
            self._where[member] = share
            self._shares[share][member] = None

    def discard(self, member: Member) -> None:
        """Lets a member go, if it is there."""
        if (share := self._where.pop(member, None)) is not None:
            del self._shares[share][member]

    def turn(self) -> tuple[Member, ...]:
        """The members of the next share, in the order in which they came."""
        share = self._shares[self._at]
        self._at = (self._at + 1) % len(self._shares)
        return tuple(share)
