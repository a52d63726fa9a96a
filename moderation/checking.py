"""Checks lexicons as their authors need it: what is wrong, in which file, in which line.

And checks what a campus wants to change, before it takes effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from moderation import sentences
from moderation.alphabet import Alphabet
from moderation.campus import Change, applied
from moderation.identity import EVERYDAY, spoken_of
from moderation.lexicon import SENTENCES, Lexicon, LexiconError, Term, load
from moderation.normalise import Fold
from moderation.pattern import Grammar, Step
from moderation.screening import Screen
from moderation.sentences import FEWEST, FEWEST_OTHERWISE, Sentence
from moderation.severity import Severity, rank

WAYS = 24
"""How many ways to read one pattern are tried before it is called unreachable."""
AT_LINE = re.compile(r"at line (\d+)")
TERM_OF = re.compile(r"terms? '?([\w-]+)")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong. `line` counts from 1; 0 is about the file as a whole."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Turned:
    """A sentence that gets another verdict when something is changed."""

    sentence: Sentence
    before: Severity | None
    after: Severity | None

    @property
    def breaks(self) -> bool:
        """Whether it was right and no longer is."""
        return self.sentence.is_kept(self.before) and not self.sentence.is_kept(self.after)

    @property
    def loses_a_crisis(self) -> bool:
        return self.before == "crisis" and rank(self.after) < rank("crisis")


def check(folder: Path) -> list[Complaint]:
    """Everything that is wrong with the lexicons of a folder, by file and line."""
    files = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.toml"))}
    try:
        screen = Screen(load(folder))
        told = sentences.load(folder)
    except LexiconError as error:
        return [_unusable(files, str(error))]
    places = _Places(files)
    voices = _Voices(screen, told)
    complaints = [*_duplicates(screen.lexicons, places), *_repeated(told, places)]
    for lexicon in screen.lexicons:
        complaints += _unreachable(screen, lexicon, places)
        complaints += _identities(screen, lexicon, places)
        complaints += _too_few(lexicon.name, told)
        complaints += (
            Complaint(*places.term(lexicon.name, term.id), f"no sentence raises the term {term.id}")
            for term in lexicon.terms
            if (lexicon.name, term.id) not in voices.raised
        )
    complaints += (
        Complaint(
            *places.sentence(sentence),
            f"must be {sentence.wanted}, and is {verdict or 'none'}: {sentence.text!r}",
        )
        for sentence, verdict in voices.verdicts
        if not sentence.is_kept(verdict)
    )
    return sorted(complaints, key=lambda one: (one.file, one.line))


def turned(
    before: Screen, after: Screen, told: Iterable[Sentence], known: Mapping[Sentence, Severity | None]
) -> list[Turned]:
    """The sentences that get another verdict; `known` spares asking `before` again."""
    found = []
    for sentence in told:
        was = known[sentence] if sentence in known else sentence.verdict(before)
        becomes = sentence.verdict(after)
        if was != becomes:
            found.append(Turned(sentence, was, becomes))
    return found


def words_about_identity(lexicons: Sequence[Lexicon], change: Change) -> tuple[str, ...]:
    """Words about identity that an added term would look for; what excuses it may name them."""
    if change.added is None:
        return ()
    bare = replace(change.added, unless=())
    only = [
        replace(lexicon, terms=(bare,), marks={}) for lexicon in lexicons if lexicon.name == change.lexicon
    ]
    return spoken_of(Screen(only).vocabulary, bare.say)


def reaches(lexicons: Sequence[Lexicon], change: Change) -> bool:
    """Whether any message can raise an added term."""
    term = change.added
    lexicon = next(lexicon for lexicon in applied(lexicons, [change]) if lexicon.name == change.lexicon)
    return term is None or not list(
        _unreached(Screen([replace(lexicon, terms=(term,))]), lexicon, term, Fold())
    )


class _Voices:
    """What the sentences raise, each asked once."""

    def __init__(self, screen: Screen, told: Sequence[Sentence]) -> None:
        self.verdicts = [(sentence, sentence.verdict(screen)) for sentence in told]
        self.raised = {
            (weighed.lexicon.name, weighed.term.id)
            for sentence in told
            for text in (sentence.text, " ".join((*sentence.said[-1:], sentence.text)))
            for weighed in screen.weigh(text)
            if weighed.severity is not None
        }


class _Places:
    """Where terms and sentences stand in their files."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._lines = {name: text.splitlines() for name, text in files.items()}

    def term(self, language: str, term: str, text: str = "") -> tuple[str, int]:
        """The line of a term, or of a text of it behind that line."""
        for name, lines in self._lines.items():
            if name.split(".", maxsplit=1)[0] == language and not name.endswith(SENTENCES):
                for number, line in enumerate(lines, 1):
                    if re.match(rf'\s*id\s*=\s*"{re.escape(term)}"', line):
                        return name, self._behind(lines, number, text)
        return f"{language}.toml", 0

    def sentence(self, sentence: Sentence) -> tuple[str, int]:
        own = [
            name
            for name in self._lines
            if name.split(".", maxsplit=1)[0] == sentence.language and name.endswith(SENTENCES)
        ]
        for name in own:
            for number, line in enumerate(self._lines[name], 1):
                if sentence.text in line or _escaped(sentence.text) in line:
                    return name, number
        return own[0], 0

    def _behind(self, lines: Sequence[str], number: int, text: str) -> int:
        if text:
            for later in range(number, len(lines)):
                if _escaped(text) in lines[later]:
                    return later + 1
                if lines[later].startswith("[["):
                    break
        return number


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _unusable(files: Mapping[str, str], message: str) -> Complaint:
    """A mistake that keeps a lexicon from being read at all, with its line where that can be told."""
    named = next((name for name in files if message.startswith((f"{name}:", f"{name} "))), "")
    language = message.split(":", maxsplit=1)[0].split(".", maxsplit=1)[0]
    if at := AT_LINE.search(message):
        return Complaint(named or language, int(at.group(1)), message)
    if term := TERM_OF.search(message):
        file, line = _Places(files).term(language, term.group(1))
        return Complaint(named or file, line, message)
    return Complaint(named or language, 0, message)


def _duplicates(lexicons: Iterable[Lexicon], places: _Places) -> Iterator[Complaint]:
    for lexicon in lexicons:
        seen: dict[str, str] = {}
        for term in lexicon.terms:
            for pattern in term.say:
                if pattern in seen:
                    yield Complaint(
                        *places.term(lexicon.name, term.id, pattern),
                        f"{term.id} repeats {pattern!r} of {seen[pattern]}",
                    )
                seen.setdefault(pattern, term.id)


def _repeated(told: Iterable[Sentence], places: _Places) -> Iterator[Complaint]:
    seen: set[tuple[str, str, tuple[str, ...], str]] = set()
    for sentence in told:
        key = (sentence.language, sentence.text, sentence.said, sentence.asked)
        if key in seen:
            yield Complaint(*places.sentence(sentence), f"stands twice: {sentence.text!r}")
        seen.add(key)


def _too_few(language: str, told: Iterable[Sentence]) -> Iterator[Complaint]:
    fewest = FEWEST.get(language, FEWEST_OTHERWISE)
    count = sum(1 for sentence in told if sentence.language == language)
    if count < fewest:
        yield Complaint(f"{language}{SENTENCES}", 0, f"has {count} sentences; {fewest} are the fewest")


def _unreachable(screen: Screen, lexicon: Lexicon, places: _Places) -> Iterator[Complaint]:
    fold = Fold()
    for term in lexicon.terms:
        for pattern, why in _unreached(screen, lexicon, term, fold):
            where = places.term(lexicon.name, term.id, pattern)
            yield Complaint(*where, f"{term.id} is never raised by {pattern!r}: {why}")


def _identities(screen: Screen, lexicon: Lexicon, places: _Places) -> Iterator[Complaint]:
    """Terms that look for a word about identity. Patterns are spelt out only where some lexicon has one."""
    alphabet = Alphabet()
    grammar = Grammar(lexicon.classes, lexicon.inflections, Fold(), alphabet)
    named = spoken_of(screen.vocabulary, ())
    for term in lexicon.terms:
        for pattern in term.say:
            ways = grammar.steps(pattern) if named else ()
            phrases = {
                _particular(alphabet.text(one)) for steps in ways for step in steps for one in step.phrases
            }
            words = {word for one in phrases for word in one.split()}
            for word in spoken_of(words, [pattern]):
                where = places.term(lexicon.name, term.id, pattern)
                yield Complaint(*where, f"{term.id} looks for {word!r}, which says who somebody is")


def _particular(phrase: str) -> str:
    """A phrase without what everybody says."""
    for everyday in EVERYDAY:
        phrase = phrase.replace(everyday, "")
    return phrase


def _unreached(screen: Screen, lexicon: Lexicon, term: Term, fold: Fold) -> Iterator[tuple[str, str]]:
    """The patterns of a term that find nothing, not even their own words, and why."""
    needed = (*term.needs, *(("self",) if term.whose == "self" else ()))
    if needed and not any(lexicon.marks.get(kind) for kind in needed):
        yield term.say[0], f"it needs words of {', '.join(needed)}, and the lexicon has none"
        return
    alphabet = Alphabet()
    grammar = Grammar(lexicon.classes, lexicon.inflections, fold, alphabet)
    for pattern in term.say:
        reasons = {
            weighed.reasons
            for steps in islice(grammar.steps(pattern), WAYS)
            for sample in _samples(steps, alphabet)
            for weighed in screen.weigh(sample)
            if weighed.lexicon.name == lexicon.name and weighed.term.id == term.id
        }
        if not reasons:
            yield pattern, "its own words are not read as it says them"
        elif reasons <= {("idiom",), ("unless",)}:
            yield pattern, "its own words are always excused by an idiom or by its own unless"


def _samples(steps: Sequence[Step], alphabet: Alphabet) -> Iterator[str]:
    """Messages made of a way to read a pattern: the first phrases of its steps, and the last ones."""
    for choice in (0, -1):
        yield alphabet.text("".join(step.phrases[choice] for step in steps)).replace("#", "7")
