from __future__ import annotations

import gzip
import json
from itertools import count
from pathlib import Path

import pytest

from moderation.disguises import DISGUISES, halves
from moderation.evaluation import Disguised, disguised, measure, sets, shifts, table, together
from moderation.lexicon import parse
from moderation.plot import Bar, Panel, svg
from moderation.screening import Screen
from moderation.speed import LENGTH, Timing, alternation, cut, profanity, remembering, slowest, timed

XX = """
[category.suicide]
prompts = []
[[term]]
id = "want-die"
category = "suicide"
severity = "crisis"
why = "W."
say = ["want to perish"]
[[term]]
id = "low"
category = "suicide"
severity = "notice"
why = "L."
say = ["feeling terribly low"]
"""
ROWS = [
    {"id": "1", "text": "i want to perish", "label": "risk", "lang": "xx"},
    {"id": "2", "text": "nothing at all", "label": "risk", "lang": "xx"},
    {"id": "3", "text": "feeling terribly low", "label": "ordinary", "lang": "xx"},
    {"id": "4", "text": "lunch?", "label": "ordinary", "lang": "xx"},
]


@pytest.fixture(scope="module")
def screen() -> Screen:
    return Screen([parse("xx", {"xx.toml": XX})])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = "\n".join(json.dumps(row) for row in ROWS)
    (tmp_path / "one.jsonl").write_text(lines + "\n\n", "utf-8")
    (tmp_path / "two.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return tmp_path


def test_sets_are_read_packed_or_not(folder: Path) -> None:
    read = dict(sets(folder))
    assert set(read) == {"one", "two"}
    assert read["one"] == read["two"]
    assert [row.id for row in read["one"]] == ["1", "2", "3", "4"]


@pytest.mark.parametrize("line", ["{", "[]", '{"text": "x"}', "1"])
def test_a_row_that_is_none_is_named_by_its_line_and_not_quoted(tmp_path: Path, line: str) -> None:
    (tmp_path / "bad.jsonl").write_text(f"{json.dumps(ROWS[0])}\n{line}\n", "utf-8")
    with pytest.raises(ValueError, match=r"^bad\.jsonl:2: not an object with text and label$"):
        list(sets(tmp_path))


def test_recall_and_alarms_are_counted_by_label(screen: Screen, folder: Path) -> None:
    (_, rows), *_ = sets(folder)
    quiet, risk = measure(screen, "one", rows)
    assert (risk.rows, risk.recall, risk.crises, risk.is_risk) == (2, 0.5, 1, True)
    assert (quiet.rows, quiet.alarms, quiet.crisis_alarms, quiet.is_risk) == (2, 500.0, 0.0, False)


def test_disguises_are_counted_only_of_what_is_found_plain(screen: Screen, folder: Path) -> None:
    (_, rows), *_ = sets(folder)
    results = {one.disguise: one for one in disguised(screen, rows)}
    assert set(results) == {*DISGUISES, "split over two messages"}
    assert {one.rows for one in results.values()} == {1}
    assert results["capitals"].kept == 1.0
    assert together([*results.values(), *results.values()])[0].rows == 2
    assert disguised(screen, rows[1:]) == []


@pytest.mark.parametrize("name", DISGUISES)
def test_a_disguise_changes_the_words(name: str) -> None:
    accented = "wánt to perish"
    assert DISGUISES[name](accented) != accented
    assert DISGUISES[name]("a") is not None


def test_a_phrase_is_cut_between_two_words() -> None:
    assert halves("well i want to perish", 7, 21) == ("well i want to", "perish")
    assert halves("perish", 0, 6) is None


def test_what_another_screen_judges_otherwise_is_told_without_its_text(screen: Screen, folder: Path) -> None:
    other = Screen([parse("xx", {"xx.toml": XX.replace("perish", "vanish")})])
    (_, rows), *_ = sets(folder)
    (shift,) = shifts(screen, other, "one", rows)
    assert (shift.row, shift.before, shift.after, shift.is_better) == ("1", "crisis", None, False)
    (back,) = shifts(other, screen, "one", rows)
    assert back.is_better


def test_the_page_has_every_number_and_no_text(screen: Screen, folder: Path) -> None:
    (_, rows), *_ = sets(folder)
    page = table(
        measure(screen, "one", rows), disguised(screen, rows), {"this screen": Timing(12.3, 45.6)}, ["Note."]
    )
    for line in ("| one | xx | 2 | 50.0% | 50.0% |", "| one | ordinary | xx | 2 | 500.0 | 0.0 |", "Note."):
        assert line in page
    assert "| this screen | 12 | 46 |" in page
    assert not any(row.text in page for row in rows)


def test_the_plot_shows_each_bar_with_its_number_in_words() -> None:
    drawn = svg(
        "A & B", [Panel("Recall", [Bar("one <set>", 0.5, "50.0%")], "#000"), Panel("None", [], "#000")]
    )
    assert "A &amp; B" in drawn
    assert "one &lt;set&gt;" in drawn
    assert "50.0%" in drawn
    assert "None" not in drawn


def test_speed_is_told_by_a_clock_that_is_handed_in(screen: Screen) -> None:
    ticks = iter([0.0, 1.0, 10.0, 12.0, 20.0, 29.0])
    assert timed(len, ["a", "b", "c"], lambda: next(ticks)) == Timing(2e6, 9e6)
    assert cut(["short", "x" * 300]) == ["x" * LENGTH]
    steps = count()
    assert slowest(screen, lambda: float(next(steps))) == Timing(1e6, 1e6)


def test_a_text_is_timed_as_the_next_one_of_a_conversation(screen: Screen) -> None:
    assert remembering(screen, ["i want to", "well"])("perish") == ()
    assert remembering(screen, ["well", "i want to"])("perish")


def test_the_rivals_search_the_same_words(screen: Screen) -> None:
    assert alternation(screen)("I WANT TO PERISH")
    assert not alternation(screen)("lunch")
    assert profanity()("what the fuck")
    assert not profanity()("lunch")


def test_kept_is_a_part() -> None:
    assert Disguised("x", 4, 3).kept == 0.75
