"""One plain spelling for text that was disguised, styled or typed on any keyboard, with the way back.

Folding removes what the eye does not read (case, accents, invisible marks, styled letters, look-alikes from
other alphabets), reads traditional Chinese characters as the simplified ones, and does nothing else. Every
folded character knows the original character it came from, so what is found in the folded text can be shown
in the author's own.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right

from moderation.hanzi import SIMPLIFIED

__all__ = ["Fold", "Folded", "unspaced"]

LOOKALIKES = str.maketrans(
    # Cyrillic letters and the Latin ones they pass for, then Greek, then Latin strangers and small capitals.
    "аеіјорсѕхуһԁԛԝкмтнвпгьёї" + "αειονκρτυχηωγμβσςλδ" + "ıøłđħŧɡɑɩ" + "ʟᴀʙᴄᴅᴇꜰɢʜɪᴊᴋᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
    "aeijopcsxyhdqwkmthbnrbei" + "aeiovkptuxnwyubssld" + "ioldhtgai" + "labcdefghijkmnoprstuvwyz",
)
APOSTROPHES = "\u2019\u2018\u02bc\u2032`\u00b4\uff07\u02b9"
QUOTES = "\u201c\u201d\u201e\u00ab\u00bb\u300c\u300d\u300e\u300f"
WHOLE = {
    **dict.fromkeys(APOSTROPHES, "'"),
    **dict.fromkeys(QUOTES, '"'),
    **dict.fromkeys("\u2013\u2014", " , "),
    "\u3002": ". ", "\u3001": ", ", "\uff0c": ", ", "\uff01": "! ", "\uff1f": "? ",
    "\uff1b": "; ", "\uff1a": ": ",
    "\u00bf": " ", "\u00a1": " ", "æ": "ae", "œ": "oe", "ß": "ss",
}  # fmt: skip
"""Characters that fold to more than a letter, or to a sign of plain text."""
SINGLE = (
    *(0x0E00, 0x0F00, 0x1000, 0x10A0, 0x1780, 0x1800, 0x2E80, 0xA000),
    *(0xF900, 0xFB00, 0x20000, 0x323B0),
)
"""Scripts written without spaces between words: each of their characters is read as a word of its own.

Like the other ranges: the first character of one, the one behind its last, the first of the next, and so on.
"""
LETTERED = (0x1F130, 0x1F14A, 0x1F150, 0x1F16A, 0x1F170, 0x1F18A, 0x1F1E6, 0x1F200)
"""Squared, circled and flag letters, which have no decomposition of their own."""
ACCENTS = (0x0300, 0x0370, 0x1AB0, 0x1B00, 0x1DC0, 0x1E00, 0x20D0, 0x2100)
VARIANTS = (0xFE00, 0xFE10, 0xE0100, 0xE01F0)
"""Marks that change how the character before them looks, and nothing that is read."""
UNREAD = frozenset({"Cf", "Cc", "Cs", "Co", "Cn"})
KEPT_CHARACTERS = 16_384
MOST_LETTERS = 4
"""A character that stands for more letters than this is a sentence of its own, and no disguise of a word."""


class Folded:
    """Folded text, and the way back to the original, which is worked out when it is asked for."""

    __slots__ = ("_author", "_origin", "_table", "text")

    def __init__(self, text: str, author: str = "", table: _Table | None = None) -> None:
        self.text = text
        self._author = author
        self._table = table
        self._origin: tuple[int, ...] | None = None

    @property
    def origin(self) -> tuple[int, ...] | None:
        """The original's index of each folded character; None means the same index."""
        if self._table is not None and self._origin is None:
            table = self._table
            self._origin = tuple([at for at, char in enumerate(self._author) for _ in table[ord(char)]])
        return self._origin

    def start(self, at: int) -> int:
        return at if self.origin is None else self.origin[at]

    def end(self, at: int) -> int:
        """The original's index just behind folded characters that end at `at` (exclusive)."""
        return at if self.origin is None else self.origin[at - 1] + 1


class _Table(dict[int, str]):
    """How characters fold, by number, for `str.translate`; filled as they are met, emptied when full."""

    def __missing__(self, code: int) -> str:
        piece = _fold(chr(code))
        if len(self) >= KEPT_CHARACTERS:
            self.clear()
        self[code] = piece
        return piece


class Fold:
    """Folds text character by character, in time proportional to its length.

    It remembers how single characters fold, never words.
    """

    __slots__ = ("_table",)

    def __init__(self) -> None:
        self._table = _Table()

    def __call__(self, text: str) -> Folded:
        if text.isascii():
            return Folded(text.lower())
        return Folded(text.translate(self._table), text, self._table)


def _fold(char: str) -> str:
    if char in WHOLE:
        return WHOLE[char]
    if char.isspace():
        return " " if char != "\n" else "\n"
    code = ord(char)
    if unicodedata.category(char) in UNREAD or _within(code, VARIANTS):
        return ""
    if _within(code, LETTERED):
        first = LETTERED[bisect_right(LETTERED, code) - 1]
        return chr(ord("a") + code - first)
    if _within(code, SINGLE):
        return f" {unicodedata.normalize('NFKC', char)[:MOST_LETTERS].translate(SIMPLIFIED)} "
    plain = unicodedata.normalize("NFKD", char.casefold()).casefold()[:MOST_LETTERS]
    if len(plain) > 1 or _within(ord(plain), ACCENTS):
        plain = "".join(mark for mark in plain if not _within(ord(mark), ACCENTS))
    if plain and unicodedata.category(plain[0]) == "So":
        return f" {plain} "
    return "".join(WHOLE.get(letter, letter) for letter in plain).translate(LOOKALIKES)


def unspaced(char: str) -> bool:
    """Whether a character belongs to a script without spaces, in which it is read as a word of its own."""
    return _within(ord(char), SINGLE)


def _within(code: int, ranges: tuple[int, ...]) -> bool:
    return bisect_right(ranges, code) % 2 == 1
