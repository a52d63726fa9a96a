"""The words of one message, while it is being read: what stands between two spaces is cut and put right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import ascii_lowercase

from moderation.normalise import Folded
from moderation.reading import FULL_STOP, NUMBER, QUESTION, Layout
from moderation.spelling import SHORTEST, Spelling

FEW = frozenset("123")
"""Numbers of tablets that make an ordinary dose."""
LINK = "://"
JOINT = re.compile(r"[\w*$](?:[,;:?/]+|\.{2,}|(?<=..)\.(?=[^.]{2}))[\w*$]")
"""Where a chunk holds two words with a sign between; single dots between single letters are a disguise."""
OPENING = "\"'([{<~#>"
CLOSING = ".,!?;:)\"']}>~"
MASKED = re.compile(r"[0134578@$!|+€*]")
PIECE = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
LETTERS = frozenset(ascii_lowercase)
SPACED_LETTERS = 3
"""From this many letters written apart, they are read as words, at most LONGEST_SPACED at once."""
LONGEST_SPACED = 60
LONGEST_CHUNK = 120
"""What stands longer than this without a space, and is neither one word nor a link, is read in parts."""
SHORTEST_CUT = 60
MOST_JOINTS = 4
"""A word with more capital letters inside is cut at each of them, and what is left is not looked up."""


class Page:
    """The words read so far, while one message is being read."""

    __slots__ = (
        "_author",
        "_folded",
        "_known",
        "_letters",
        "_quote",
        "_spaced",
        "_spelling",
        "ends",
        "few",
        "parted",
        "pauses",
        "quoted",
        "repaired",
        "starts",
        "words",
    )

    def __init__(
        self,
        folded: Folded,
        author: str,
        spelling: Spelling,
        repaired: dict[str, str | None],
        parted: dict[str, tuple[str, ...] | None],
    ) -> None:
        self._folded = folded
        self._author = author
        self._spelling = spelling
        self._known = spelling.words
        self._letters = 0
        self._spaced = False
        self._quote: int | None = None
        self.repaired = repaired
        self.parted = parted
        self.words: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.pauses: set[int] = set()
        self.quoted: set[int] = set()
        self.few: set[int] = set()

    def take(self, chunk: str, at: int) -> None:
        if chunk.isalpha():
            self._word(chunk, at)
        elif chunk == "\n":
            self.pauses.add(len(self.words))
        elif len(chunk) > LONGEST_CHUNK and LINK not in chunk and not chunk.startswith("www."):
            for start, end in _cuts(chunk):
                self.take(chunk[start:end], at + start)
        else:
            self._mixed(chunk, at)

    def skim(self, chunk: str) -> None:
        """Takes the words of a chunk as `take` does, where nobody will ask for their places."""
        core = chunk.rstrip(CLOSING)
        word = core.lstrip(OPENING).replace("'", "")
        if word in self._known and len(word) > 1 and word.isalpha() and len(chunk) <= LONGEST_CHUNK:
            self.words.append(word)
            if len(core) < len(chunk):
                self._stop(chunk[len(core) :], 0)
        else:
            self.take(chunk, 0)

    def laid(self) -> tuple[tuple[str, ...], Layout]:
        if self._spaced:
            self._join_letters()
        origin = self._folded.origin
        return tuple(self.words), Layout(
            starts=tuple([origin[at] for at in self.starts] if origin else self.starts),
            ends=tuple([origin[at - 1] + 1 for at in self.ends] if origin else self.ends),
            pauses=frozenset(self.pauses),
            quoted=frozenset(self.quoted),
            few=frozenset(self.few),
        )

    def _put(self, word: str, start: int, end: int) -> None:
        self.words.append(word)
        self.starts.append(start)
        self.ends.append(end)

    def _number(self, digits: str, at: int) -> None:
        if digits in FEW:
            self.few.add(len(self.words))
        self._put(NUMBER, at, at + len(digits))

    def _word(self, word: str, at: int, length: int | None = None) -> None:
        """Takes a run of letters; `length` is what it occupies when an apostrophe was left out."""
        end = at + (length or len(word))
        if len(word) == 1 and word.isascii():
            self._letters = self._letters + 1 if self.words and self.words[-1] in LETTERS else 1
            self._spaced = self._spaced or self._letters >= SPACED_LETTERS
            self._put(word, at, end)
            return
        if word in self._known or (len(word) < SHORTEST - 1 and not self._author):
            self._put(word, at, end)
            return
        if word in self.repaired:
            found = self.repaired[word]
        else:
            found = self.repaired[word] = self._spelling.repaired(word)
        if found is None and self._author and length is None and (cuts := self._joints(at, end)):
            done = 0
            for cut in cuts if len(cuts) > MOST_JOINTS else cuts[:1]:
                self._word(word[done:cut], at + done)
                self.pauses.add(len(self.words))
                done = cut
            self._word(word[done:], at + done)
            return
        if found is None and length is None and (parts := self._parts(word)):
            for part in parts:
                self._put(part, at, at + len(part))
                at += len(part)
            return
        self._put(found or word, at, end)

    def _joints(self, at: int, end: int) -> list[int]:
        """Where words grew together at a capital letter ("tiredI"); nowhere when they did not."""
        start, stop = self._folded.start(at), self._folded.end(end)
        if stop - start != end - at:
            return []
        own = self._author[start:stop]
        if own[1:].islower() or own.isupper():
            return []
        return [i for i in range(1, len(own)) if own[i - 1].islower() and own[i].isupper()]

    def _mixed(self, chunk: str, at: int) -> None:
        core = chunk.rstrip(CLOSING)
        tail = chunk[len(core) :]
        if core.isalpha():
            self._word(core, at)
            self._behind(tail, at + len(core))
            return
        bare = core.lstrip(OPENING)
        start = at + len(core) - len(bare)
        if bare.isascii() and not any(map(str.isalnum, bare)):
            bare = ""
        if '"' in chunk and (core.find('"') == 0 or core.startswith(('("', "'"))):
            self._open_quote()
        if bare:
            self._core(bare, start)
        if not bare and '"' in tail and self._quote is None:
            # A mark by itself, as French and Chinese set them apart from what they enclose.
            self.pauses.add(len(self.words))
            self._open_quote()
        elif tail:
            self._behind(tail, at + len(core))
        elif not bare:
            self.pauses.add(len(self.words))

    def _behind(self, tail: str, at: int) -> None:
        if '"' in tail:
            self._close_quote()
        self._stop(tail, at)

    def _core(self, core: str, at: int) -> None:
        if core.isalpha():
            self._word(core, at)
            return
        if "'" in core:
            cut = next(iter(self._joints(at, at + len(core))), 0) if self._author else 0
            if cut and core[:cut].isalpha():
                self._word(core[:cut], at)
                self.pauses.add(len(self.words))
                self._core(core[cut:], at + cut)
                return
            plain = core.replace("'", "")
            if plain.isalpha():
                self._word(plain, at, len(core))
                return
        if core.isdigit():
            self._number(core, at)
            return
        if LINK in core or core.startswith("www."):
            self._put(LINK, at, at + len(core))
            return
        if dotted := _dotted(core):
            self._put(self._spelling.repaired(dotted) or dotted, at, at + len(core))
            return
        if (joint := JOINT.search(core)) and core[0] not in "@$":
            self._core(core[: joint.start() + 1], at)
            self._stop(core[joint.start() + 1 : joint.end() - 1], at + joint.start() + 1)
            self._core(core[joint.end() - 1 :], at + joint.end() - 1)
            return
        if MASKED.search(core) and (word := self._unmasked(core.replace("'", ""))):
            self._put(word, at, at + len(core))
            return
        for piece in PIECE.finditer(core):
            part = piece.group()
            if part.isalpha():
                self._word(part, at + piece.start())
            elif part.isdigit():
                self._number(part, at + piece.start())
            elif part in ".!?":
                self._stop(part, at + piece.start())
            elif part in ",;:/":
                self.pauses.add(len(self.words))
            elif not part.isascii():
                self._put(part, at + piece.start(), at + piece.end())

    def _parts(self, word: str) -> tuple[str, ...] | None:
        if word not in self.parted:
            self.parted[word] = self._spelling.glued(word)
        return self.parted[word]

    def _unmasked(self, core: str) -> str | None:
        if core not in self.repaired:
            self.repaired[core] = self._spelling.unmasked(core)
        return self.repaired[core]

    def _stop(self, tail: str, at: int) -> None:
        if "?" in tail:
            self._put(QUESTION, at, at + 1)
        elif "!" in tail or ("." in tail and ".." not in tail):
            self._put(FULL_STOP, at, at + 1)
        else:
            self.pauses.add(len(self.words))

    def _open_quote(self) -> None:
        self._quote = len(self.words)

    def _close_quote(self) -> None:
        if self._quote is not None:
            self.quoted.update(range(self._quote, len(self.words)))
        self._quote = None

    def _join_letters(self) -> None:
        """Puts words together that were written as single letters with spaces between them."""
        words, starts, ends = self.words, self.starts, self.ends
        single = [len(word) == 1 and word.isascii() and word.isalpha() for word in words]
        moved: list[int] = []
        self.words, self.starts, self.ends = [], [], []
        at = 0
        while at < len(words):
            end = at
            last = min(len(words), at + LONGEST_SPACED)
            while end < last and single[end]:
                end += 1
            cut = self._spelling.segments("".join(words[at:end])) if end - at >= SPACED_LETTERS else None
            if cut is None:
                end = max(end, at + 1)
                moved += range(len(self.words), len(self.words) + end - at)
                self.words += words[at:end]
                self.starts += starts[at:end]
                self.ends += ends[at:end]
                at = end
                continue
            for part in cut:
                moved += [len(self.words)] * len(part)
                self._put(part, starts[at], ends[at + len(part) - 1])
                at += len(part)
        moved.append(len(self.words))
        self.pauses = {moved[index] for index in self.pauses}
        self.quoted = {moved[index] for index in self.quoted}
        self.few = {moved[index] for index in self.few}


def _cuts(chunk: str) -> Iterator[tuple[int, int]]:
    """Parts of an overlong chunk, each cut behind a sign when there is one, so that reading stays linear."""
    start = 0
    while len(chunk) - start > LONGEST_CHUNK:
        ends = range(start + LONGEST_CHUNK, start + SHORTEST_CUT, -1)
        end = next((at for at in ends if not chunk[at - 1].isalnum()), ends[0])
        yield start, end
        start = end
    yield start, len(chunk)


def _dotted(core: str) -> str:
    """The word behind letters with a sign between each two of them, as in "k.i.l.l"; else nothing."""
    word = core[::2]
    if len(core) < 2 * SPACED_LETTERS - 1 or not word.isalpha() or any(map(str.isalnum, core[1::2])):
        return ""
    return word
