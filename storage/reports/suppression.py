"""Hides small groups, and enough beside them that no difference between shown figures reveals one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SMALLEST: Final = 10
"""The smallest group of people that is shown."""


def suppress(counts: Mapping[str, int]) -> dict[str, int | None]:
    """The counts with None in place of what is hidden; their sum may be shown if it is `SMALLEST` or more.

    A count from 1 to 9 is hidden. Who knows the sum can subtract all that is shown: what is left over must
    again be nobody or at least ten people, in at least two groups, so the smallest shown groups are hidden
    as well until it is. A group of nobody reveals nobody and stays, unless it has to keep another company.
    """
    hidden = {group for group, count in counts.items() if 0 < count < SMALLEST}
    if not hidden:
        return dict(counts)
    shown = sorted((group for group in counts if group not in hidden), key=lambda group: counts[group])
    # Groups of people first: hiding one of nobody adds nothing to what is left over.
    shown.sort(key=lambda group: counts[group] == 0)
    while shown and (sum(counts[group] for group in hidden) < SMALLEST or len(hidden) == 1):
        hidden.add(shown.pop(0))
    return {group: None if group in hidden else count for group, count in counts.items()}
