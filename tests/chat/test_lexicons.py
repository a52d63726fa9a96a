"""The commands about lexicons, as somebody new tries them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chat.cli import commands

SECRET = "i never want to k1ll myself, canary"
CAMPUS = """
language = "en"
mute = ["kill-self"]
[[term]]
id = "bell-tower"
category = "suicide"
severity = "concern"
why = "People have jumped there."
say = ["(climb|go up) the bell tower"]
"""
XX = """
[category.suicide]
prompts = []
[[term]]
id = "want-die"
category = "suicide"
severity = "crisis"
why = "W."
say = ["want to perish"]
"""


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(commands, ["lexicon", *arguments], input=given)


@pytest.fixture
def lexicons(tmp_path: Path) -> Path:
    folder = tmp_path / "lexicons"
    folder.mkdir()
    (folder / "xx.toml").write_text(XX, "utf-8")
    told = ", ".join(f'"i want to perish {number}"' for number in range(120))
    (folder / "xx.sentences.toml").write_text(f"[a]\ncrisis = [{told}]\n", "utf-8")
    return folder


def test_check_says_that_all_is_well(lexicons: Path) -> None:
    done = run("check", str(lexicons))
    assert (done.exit_code, done.stdout) == (0, "1 languages, 1 terms, 120 sentences: all is well.\n")


def test_check_fails_with_file_and_line(lexicons: Path) -> None:
    (lexicons / "xx.more.toml").write_text(
        '\n[[term]]\nid = "b"\ncategory = "suicide"\nseverity = "notice"\nwhy = "W."\nsay = ["so low"]',
        "utf-8",
    )
    done = run("check", str(lexicons))
    assert done.exit_code == 1
    assert done.stdout == "xx.more.toml:3: no sentence raises the term b\n"
    assert "1 to put right" in done.stderr


@pytest.mark.parametrize("arguments", [["-"], []])
def test_explain_reads_from_standard_input(arguments: list[str]) -> None:
    done = run("explain", *arguments, given=f"{SECRET}\n")
    assert done.exit_code == 0
    assert "matches en:kill-self" in done.stdout
    assert "It is denied" in done.stdout
    assert done.stderr == ""


def test_explain_takes_what_came_before(lexicons: Path) -> None:
    plain = run("explain", "to perish", "--folder", str(lexicons))
    after = run("explain", "to perish", "--said", "i want", "--folder", str(lexicons))
    assert "Nothing is left" in plain.stdout
    assert "The supporter sees crisis" in after.stdout


def test_explain_writes_nothing_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    run("explain", "-", given=SECRET)
    assert list(tmp_path.rglob("*")) == []


def test_explain_without_words_says_so() -> None:
    done = run("explain", "-", given=" \n")
    assert done.exit_code == 2
    assert "nothing to explain" in done.stderr


def test_evaluate_writes_a_table_and_a_plot(tmp_path: Path, lexicons: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    rows = [
        {"text": f"i want to perish {'now ' * 40}", "label": "risk", "lang": "xx"},
        {"text": "lunch at the canteen " * 10, "label": "ordinary", "lang": "xx"},
    ]
    (data / "one.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    out = tmp_path / "out"
    done = run("evaluate", str(data), "--out", str(out), "--lexicons", str(lexicons))
    assert done.exit_code == 0, done.output
    page = (out / "evaluation.md").read_text("utf-8")
    assert "| one | xx | 1 | 100.0% | 100.0% |" in page
    for what in ("this screen", "plain `re` alternation", "better-profanity", "hostile"):
        assert what in page
    assert (out / "evaluation.svg").read_text("utf-8").startswith("<svg")
    assert "perish" not in page


def test_evaluate_without_sets_says_so(tmp_path: Path) -> None:
    assert "there is no .jsonl" in run("evaluate", str(tmp_path)).stderr
    (tmp_path / "bad.jsonl").write_text('{"text": "canary"}', "utf-8")
    done = run("evaluate", str(tmp_path))
    assert "bad.jsonl:1: not an object" in done.stderr
    assert "canary" not in done.stderr


def test_try_tells_what_a_campus_would_change(tmp_path: Path) -> None:
    (tmp_path / "north.toml").write_text(CAMPUS, "utf-8")
    row = {"id": "r1", "text": "i climb the bell tower, canary", "label": "risk"}
    (tmp_path / "one.jsonl").write_text(json.dumps(row), "utf-8")
    done = run("try", str(tmp_path / "north.toml"), "--data", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert "add en:campus-bell-tower\n" in done.stdout
    assert "mute en:kill-self: a second coordinator has to agree" in done.stdout
    assert "wrong now: crisis becomes" in done.stdout
    assert "one: 1 of 1 rows change, 1 of them for the better." in done.stdout
    assert "r1 (risk): none becomes concern" in done.stdout
    assert "canary" not in done.stdout


def test_try_refuses_words_about_who_somebody_is(tmp_path: Path) -> None:
    (tmp_path / "north.toml").write_text(CAMPUS.replace("the bell tower", "with muslims"), "utf-8")
    done = run("try", str(tmp_path / "north.toml"))
    assert done.exit_code == 1
    assert "words about identity are never terms: muslims" in done.stdout


def test_try_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    (tmp_path / "north.toml").write_text('language = "en"\nmute = ["no-such-term"]', "utf-8")
    done = run("try", str(tmp_path / "north.toml"))
    assert done.exit_code == 2
    assert "there is no shipped term 'en:no-such-term'" in done.stderr
