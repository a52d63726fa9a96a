"""Names for conversations that say nothing about anybody."""

from __future__ import annotations

import secrets
from typing import Final

_LOOKS: Final = (
    "Amber", "Ash", "Blue", "Bright", "Calm", "Clear", "Coral", "Early", "Fern", "Gentle", "Golden", "Green",
    "Hazel", "Indigo", "Ivory", "Late", "Light", "Lilac", "Mild", "Misty", "Moss", "Olive", "Plain", "Quiet",
    "Rose", "Sand", "Silver", "Slate", "Soft", "Still", "Teal", "Warm",
)  # fmt: skip
_THINGS: Final = (
    "Bay", "Birch", "Bridge", "Brook", "Cedar", "Cloud", "Cove", "Dune", "Elm", "Field", "Fjord", "Garden",
    "Harbour", "Heath", "Hill", "Island", "Lake", "Lantern", "Maple", "Meadow", "Orchard", "Path", "Pine",
    "Pond", "Reed", "River", "Shore", "Spring", "Stone", "Valley", "Willow", "Window",
)  # fmt: skip


def alias() -> str:
    """One of 9,216 names, drawn by chance: enough to tell the conversations of one evening apart."""
    return f"{secrets.choice(_LOOKS)} {secrets.choice(_THINGS)} {secrets.randbelow(9) + 1}"
