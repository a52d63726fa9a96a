from __future__ import annotations

from pathlib import Path

import pytest

from moderation.lexicon import LexiconError, load, parse
from moderation.screening import SHIPPED

TERM = """
[[term]]
id = "one"
category = "suicide"
severity = "crisis"
why = "Says so."
say = ["word"]
"""


def test_files_of_a_language_are_read_as_one() -> None:
    lexicon = parse("xx", {"xx.toml": TERM, "xx.more.toml": TERM.replace('"one"', '"two"')})
    assert [term.id for term in lexicon.terms] == ["one", "two"]


@pytest.mark.parametrize(
    "text",
    [
        TERM + TERM,
        TERM.replace("suicide", "weather"),
        TERM.replace("crisis", "panic"),
        TERM.replace('why = "Says so."', ""),
        TERM.replace('["word"]', '"word"'),
        TERM.replace('["word"]', "[]"),
        TERM + 'colour = "red"',
        TERM + 'whose = "theirs"',
        TERM + 'negated = "maybe"',
        TERM + 'needs = ["luck"]',
        TERM.replace("crisis", "notice") + 'sign = "luck"',
        TERM.replace("crisis", "notice") + 'sign = "plan"\nweight = 3',
        TERM.replace("crisis", "notice") + 'sign = "plan"\nweight = true',
        TERM + "weight = 2",
        TERM + 'sign = "plan"',
        "[scope]\nluck = []",
        "[[term",
    ],
)
def test_a_mistake_is_refused_and_its_file_named(text: str) -> None:
    with pytest.raises(LexiconError, match=r"xx\.toml"):
        parse("xx", {"xx.toml": text})


def test_a_class_is_made_in_one_file_only_so_that_no_file_changes_the_terms_of_another() -> None:
    made = '[classes]\nwant = ["want"]\n'
    with pytest.raises(LexiconError, match=r"xx\.more\.toml: there are two classes \{want\}"):
        parse("xx", {"xx.toml": made + TERM, "xx.more.toml": made})


def test_a_folder_without_lexicons_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError):
        load(tmp_path)


def test_every_shipped_term_says_why_in_a_sentence_and_its_category_has_prompts_and_rules() -> None:
    for lexicon in load(SHIPPED):
        for term in lexicon.terms:
            assert not term.why[0].islower(), term.id
            assert term.why.endswith((".", "。")), term.id
            assert lexicon.prompts.get(term.category), (lexicon.name, term.category)
            assert lexicon.effects.get(term.category), (lexicon.name, term.category)
