"""Says in plain sentences how a message was judged: what matched, what excused it, what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from moderation.lexicon import Lexicon, Rule, Term
from moderation.reading import Reading
from moderation.screening import Screen, Weighed
from moderation.severity import Effect, Severity, softened
from moderation.signs import ENOUGH, REACH, WEAK, adding_up, weight

ENDS: Mapping[str, str] = {
    "idiom": "It touches a phrase that means something else.",
    "unless": "Something near it gives these words another meaning, as the term itself says.",
    "whose": "It counts only where the author speaks of themselves, and here they do not.",
    "needs": "It counts only near {needs}, and nothing of the kind is near.",
}
"""What lets a place of a term go at once."""
RULES: Mapping[Rule, str] = {
    "negated": "It is denied",
    "other": "It is about somebody else",
    "you": "It is about the reader, not the author",
    "past": "It is long past, and nothing near says that it goes on",
    "fiction": "A song, a film, a game, an essay or the news stands near",
    "joking": "There is laughter in it or right behind it",
    "quoted": "It stands between quotation marks",
    "conditional": "It is only supposed, as behind an if",
    "helping": "The message offers help, or looks back on recovery",
    "few": "It is so few that it is an ordinary dose",
}
KINDS: Mapping[str, str] = {
    "now": "now or soon",
    "means": "means",
    "self": "the author",
    "recent": "just now",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of an explanation. `depth` 1 belongs to the step of depth 0 above it."""

    depth: int
    text: str = field(repr=False)

    def __str__(self) -> str:
        return f"{'   ' * self.depth}{self.text}"


def explain(screen: Screen, text: str, history: Sequence[str] = (), asked: str = "") -> list[Step]:
    """What became of a message, step by step; nothing of it is kept."""
    steps = [*_read(screen.read(text), text)]
    places = tuple(screen.weigh(text))
    for number, weighed in enumerate(places, 1):
        steps += _place(number, weighed, text)
    steps += _sum(places)
    strong = any(weighed.severity is not None and not weighed.term.weak for weighed in places)
    if not places:
        steps.append(Step(0, "No term of any lexicon matches it."))
    findings = screen.findings(text, history, asked)
    if findings and not places:
        steps.append(Step(0, "It says something only together with what was said before."))
    for finding in findings:
        steps.append(
            Step(
                0,
                f"The supporter sees {finding.severity}: {_named(finding.category)}, {finding.phrase!r} "
                f"({finding.lexicon}:{finding.term}). {finding.why}",
            )
        )
        steps += [Step(1, f"Asked or done: {prompt}") for prompt in finding.prompts]
    if strong and not findings:
        steps.append(Step(0, "Another language shares these words, and there they mean no harm."))
    if not findings:
        steps.append(Step(0, "Nothing is left: the supporter sees no finding, and nobody is told."))
    return steps


def _read(reading: Reading, text: str) -> Iterator[Step]:
    yield Step(0, f"It is read as: {' '.join(reading.words) or 'nothing'}")
    changed = [
        f"{own!r} as {word!r}"
        for word, start, end in zip(reading.words, reading.starts, reading.ends, strict=True)
        if (own := text[start:end]).isprintable()
        and word.isalpha()
        and own.casefold().replace("'", "").replace("\u2019", "") != word
    ]
    if changed:
        yield Step(1, f"Put right on the way: {', '.join(changed)}.")


def _place(number: int, weighed: Weighed, text: str) -> Iterator[Step]:
    term = weighed.term
    phrase = text[weighed.start : weighed.end]
    yield Step(
        0,
        f"{number}. {phrase!r} matches {weighed.lexicon.name}:{term.id} "
        f"({_named(term.category)}, {term.severity}). {term.why}",
    )
    severity: Severity | None = term.severity
    for reason in weighed.reasons:
        severity, sentence = _reason(reason, term, weighed.lexicon, severity)
        yield Step(1, sentence)
    if severity is None:
        return
    if term.sign:
        yield Step(1, _as_sign(weighed))
    if term.weak and not term.sign:
        yield Step(
            1, f"It is a weak term: alone it says nothing, and {WEAK} of its category in a message count."
        )
    elif not (weighed.reasons or term.weak):
        yield Step(1, f"Nothing excuses or softens it: it stays {severity}.")


def _as_sign(weighed: Weighed) -> str:
    """What a place of a sign is worth beside others."""
    if weighed.sign is None:
        return f"A rule touches it, so it does not count as a sign of {weighed.term.sign}."
    alone = " and says nothing alone" if weighed.term.weak else ""
    return (
        f"It is a sign of {weighed.sign.aspect} that weighs {weighed.sign.weight}{alone}: "
        f"signs of different aspects within {REACH} words are a concern when they weigh {ENOUGH} together."
    )


def _sum(places: Sequence[Weighed]) -> Iterator[Step]:
    """The signs that add up, each category in one sentence."""
    together = adding_up(sign for weighed in places if (sign := weighed.sign))
    for category in dict.fromkeys(sign.category for sign in together):
        signs = [sign for sign in together if sign.category == category]
        named = " + ".join(f"{sign.aspect} {sign.weight}" for sign in signs)
        yield Step(
            0, f"The signs of {_named(category)} add up: {named} = {weight(signs)}, a concern together."
        )


def _reason(
    reason: str, term: Term, lexicon: Lexicon, severity: Severity | None
) -> tuple[Severity | None, str]:
    """What a reason makes of a severity, and the sentence that says so."""
    if reason in ENDS:
        needs = " or ".join(KINDS.get(kind, kind) for kind in term.needs)
        return None, f"{ENDS[reason].format(needs=f'words of {needs}')} It is let go."
    if reason == "rises":
        kinds = " or ".join(KINDS.get(kind, kind) for kind in term.rises)
        return "crisis", f"Words of {kinds} stand near: it becomes crisis."
    rule = next(rule for rule in RULES if rule == reason)
    effect: Effect = term.effects.get(rule) or lexicon.effects.get(term.category, {}).get(rule, "keep")
    left = softened(severity, effect) if severity else None
    if left is None:
        return None, f"{RULES[rule]}: it is let go."
    if left == severity:
        return left, f"{RULES[rule]}, which allows at most {effect}: it stays {left}."
    return left, f"{RULES[rule]}: {severity} becomes {left}."


def _named(category: str) -> str:
    return category.replace("_", " ")
