"""A message as words, and where each one stood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

FULL_STOP = "."
QUESTION = "?"
NUMBER = "#"
AFTER = 40
"""How far into a message a term may reach that began in the one before."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the words of a reading stand in the author's text, by their index.

    `pauses` holds the indexes of words that follow a comma, a line's end or a dash, `few` those of numbers up
    to three.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    pauses: frozenset[int]
    quoted: frozenset[int]
    few: frozenset[int] = frozenset()


class Reading:
    """A message as words; in `words`, `.` and `?` stand where a sentence ends, `#` for every number.

    Most messages are looked at for their words only, so where these stood is worked out when it is asked for.
    """

    __slots__ = ("_lay", "_layout", "_sentences", "words")

    def __init__(self, words: tuple[str, ...], lay: Callable[[], Layout]) -> None:
        self.words = words
        self._lay = lay
        self._layout: Layout | None = None
        self._sentences: tuple[int, ...] | None = None

    @property
    def layout(self) -> Layout:
        if self._layout is None:
            self._layout = self._lay()
        return self._layout

    @property
    def sentences(self) -> tuple[int, ...]:
        """The number of the sentence that each word belongs to."""
        if self._sentences is None:
            self._sentences = _sentences(self.words)
        return self._sentences

    @property
    def starts(self) -> tuple[int, ...]:
        return self.layout.starts

    @property
    def ends(self) -> tuple[int, ...]:
        return self.layout.ends

    @property
    def pauses(self) -> frozenset[int]:
        return self.layout.pauses

    @property
    def quoted(self) -> frozenset[int]:
        return self.layout.quoted

    @property
    def few(self) -> frozenset[int]:
        return self.layout.few


def joined(before: Reading, after: Reading) -> tuple[Reading, int]:
    """Two readings as one sentence, and the index of the first word of the second.

    Of the second only the first AFTER words are looked at. Places of the first are lost: they read as the
    beginning of the second's text.
    """
    seam = len(before.words)
    while seam and before.words[seam - 1] in {FULL_STOP, QUESTION}:
        seam -= 1

    def lay() -> Layout:
        first = frozenset(range(seam))
        return Layout(
            starts=(0,) * seam + after.starts[:AFTER],
            ends=(0,) * seam + after.ends[:AFTER],
            pauses=before.pauses & first | {seam + at for at in after.pauses if 0 < at < AFTER},
            quoted=before.quoted & first | {seam + at for at in after.quoted if at < AFTER},
            few=before.few & first | {seam + at for at in after.few if at < AFTER},
        )

    return Reading(before.words[:seam] + after.words[:AFTER], lay), seam


def _sentences(words: Sequence[str]) -> tuple[int, ...]:
    """The number of the sentence that each word belongs to."""
    if FULL_STOP not in words and QUESTION not in words:
        return (0,) * len(words)
    numbers: list[int] = []
    number = 0
    for word in words:
        numbers.append(number)
        if word in {FULL_STOP, QUESTION}:
            number += 1
    return tuple(numbers)
