"""Text that printing, formatting and logging cannot show."""

from __future__ import annotations

from typing import Final, NoReturn


class Words:
    """What somebody wrote, from the frame it came in to the box it is sealed in.

    Only `reveal` gives it out. An exception or a log line that gets hold of one shows neither what it says
    nor how long it is.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text: Final = text

    def reveal(self) -> str:
        """The text itself, for screening, sealing and sending only."""
        return self._text

    def __repr__(self) -> str:
        return "<words>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format("<words>", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words) and self._text == other._text

    __hash__ = None  # type: ignore[assignment]  # equal words must not be found through a set or a cache

    def __reduce__(self) -> NoReturn:
        raise TypeError("words are not pickled")
