from __future__ import annotations

from pathlib import Path

import pytest

from moderation.checking import check
from moderation.lexicon import LexiconError
from moderation.sentences import parse

HEAD = """[scope]
self = ["i"]
idiom = ["die laughing"]
[category.suicide]
prompts = ["Ask."]
"""
TERM = """[[term]]
id = "{id}"
category = "suicide"
severity = "crisis"
why = "Says so."
say = [{say}]
{more}
"""


def term(name: str = "want-die", say: str = '"want to die"', more: str = "") -> str:
    return TERM.format(id=name, say=say, more=more)


def written(folder: Path, lexicon: str, sentences: str | None = None, *, language: str = "xx") -> list[str]:
    """What is wrong with one language, without the complaint that its sentences are few."""
    (folder / f"{language}.toml").write_text(lexicon, "utf-8")
    told = '[a]\ncrisis = ["i want to die"]\nnone = ["hello"]\n' if sentences is None else sentences
    (folder / f"{language}.sentences.toml").write_text(told, "utf-8")
    return [str(fault) for fault in check(folder) if "are the fewest" not in fault.what]


def test_nothing_is_wrong_with_a_lexicon_that_is_right(tmp_path: Path) -> None:
    assert written(tmp_path, HEAD + term()) == []


@pytest.mark.parametrize(("language", "fewest"), [("en", 400), ("xx", 120)])
def test_too_few_sentences_are_a_fault(tmp_path: Path, language: str, fewest: int) -> None:
    written(tmp_path, HEAD + term(), language=language)
    (fault,) = check(tmp_path)
    assert str(fault) == f"{language}.sentences.toml:0: has 2 sentences; {fewest} are the fewest"


def test_a_language_without_sentences_fails(tmp_path: Path) -> None:
    (tmp_path / "xx.toml").write_text(HEAD + term(), "utf-8")
    assert "has 0 sentences" in str([str(fault) for fault in check(tmp_path)])


@pytest.mark.parametrize(
    ("lexicon", "fault"),
    [
        (HEAD + term("a") + term("b"), "xx.toml:18: b repeats 'want to die' of a"),
        (HEAD + term() + term("b", '"so low"'), "xx.toml:14: no sentence raises the term b"),
        (
            HEAD + term(say='"want to die", "die laughing"'),
            "xx.toml:11: want-die is never raised by 'die laughing': its own words are always excused",
        ),
        (
            HEAD + term(more='needs = ["means"]'),
            "xx.toml:11: want-die is never raised by 'want to die': it needs words of means, and the",
        ),
        (
            HEAD + term(say='"want to die", "a (gay|sad) life"'),
            "xx.toml:11: want-die looks for 'gay', which says who somebody is",
        ),
        (HEAD + term(say='"want to die", "同性恋"'), "xx.toml:11: want-die looks for '同性恋'"),
        (HEAD + "x = = 1", "xx.toml:6: "),
        (HEAD + term(say='"want (to"'), "xx.toml:7: "),
        (HEAD + term() + term(), "xx.toml:7: xx.toml: there are two terms 'want-die'"),
    ],
)
def test_a_fault_is_told_with_file_and_line(tmp_path: Path, lexicon: str, fault: str) -> None:
    assert any(line.startswith(fault) for line in written(tmp_path, lexicon))


@pytest.mark.parametrize(
    ("sentences", "fault"),
    [
        (
            '[a]\ncrisis = ["i want to die"]\nnone = [\n"i want to die too"]',
            "xx.sentences.toml:4: must be none, and is crisis: 'i want to die too'",
        ),
        ('[a]\ncrisis = ["i want to die", "i want to die"]', "xx.sentences.toml:2: stands twice"),
        ("[a]\nloud = []", "xx.sentences.toml:0: "),
    ],
)
def test_sentences_are_held_too(tmp_path: Path, sentences: str, fault: str) -> None:
    assert any(line.startswith(fault) for line in written(tmp_path, HEAD + term(), sentences))


def test_cases_are_read_with_what_was_said_and_asked() -> None:
    text = (
        '[[history]]\nsaid = ["a"]\ntext = "b"\nseverity = "crisis"\n[[answer]]\nasked = "c?"\ntext = "yes"'
    )
    history, answer = parse("en.sentences.toml", text)
    assert (history.said, history.text, history.wanted) == (("a",), "b", "crisis")
    assert (answer.asked, answer.wanted, answer.is_kept(None)) == ("c?", "none", True)
    for wrong in ("a = 1", "[a]\nany = [1]", "[[a]]\nsaid = 1", "[a"):
        with pytest.raises(LexiconError, match=r"^en\.sentences\.toml"):
            parse("en.sentences.toml", wrong)
