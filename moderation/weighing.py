"""Weighs one place of a term: what excuses it, what softens it, what makes it worse."""

from __future__ import annotations

from collections.abc import Sequence

from moderation.lexicon import Lexicon, Term
from moderation.scope import RULES, Scene, Span, heads, idiom, subject
from moderation.severity import Severity, softened


def weigh(
    term: Term, lexicon: Lexicon, scene: Scene, unless: Sequence[Span]
) -> tuple[Severity | None, tuple[str, ...]]:
    """The severity that is left, None when nothing is, and the reasons in the order in which they held.

    `unless` holds the places of the term's own excusing phrases, in order.
    """
    if idiom(scene):
        return None, ("idiom",)
    if any(True for _ in scene.among(unless)):
        return None, ("unless",)
    if term.whose != "any" and not _owned(term, scene):
        return None, ("whose",)
    if term.needs and not any(True for kind in term.needs for _ in scene.near(kind)):
        return None, ("needs",)
    severity: Severity | None = term.severity
    reasons: list[str] = []
    if severity == "concern" and any(True for kind in term.rises for _ in scene.near(kind)):
        severity = "crisis"
        reasons.append("rises")
    effects = lexicon.effects.get(term.category, {})
    for rule, holds in RULES.items():
        effect = term.effects.get(rule) or effects.get(rule, "keep")
        if effect != "keep" and severity is not None and holds(scene):
            severity = softened(severity, effect)
            reasons.append(rule)
    return severity, tuple(reasons)


def _owned(term: Term, scene: Scene) -> bool:
    """Whether the author is the one that the term is about, as the term asks."""
    whose = subject(scene)
    return whose == "self" or (term.whose == "implied" and (whose != "nobody" or heads(scene)))
