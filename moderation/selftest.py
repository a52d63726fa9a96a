"""The alert path's test of itself: a campus beside each campus, whose ladder reaches the null channel alone.

What is raised there takes every step of a real alert and can wake nobody: it has no people and no addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from moderation.channels.channel import Target
from moderation.directory import Directories, Directory
from moderation.ladder import Ladder, Rung, Who

TARGET: Final = Target(None, "null", "self-test")
LADDER: Final = Ladder((Rung((Who("campus"),), (), 3600.0),))
_MARK: Final = "~"
"""No campus has it in its name."""


def beside(campus: str) -> str:
    """The name of the campus beside this one."""
    return campus + _MARK


def is_beside(campus: str) -> bool:
    return campus.endswith(_MARK)


def laddered(ladders: Callable[[str], Ladder]) -> Callable[[str], Ladder]:
    """The ladders of all campuses and of those beside them."""
    return lambda campus: LADDER if is_beside(campus) else ladders(campus)


class WithSelfTest:
    """The directories of all campuses and of those beside them."""

    def __init__(self, directories: Directories) -> None:
        self._directories = directories

    async def of(self, campus: str, at: float) -> Directory:
        if is_beside(campus):
            return Directory(campus=(TARGET,))
        return await self._directories.of(campus, at)

    def bare(self, campus: str) -> Directory:
        return Directory(campus=(TARGET,)) if is_beside(campus) else self._directories.bare(campus)
