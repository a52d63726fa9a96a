"""What the torture makes of what it found: a promise that broke, or that nothing tried, fails the run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.torture import __main__ as torture
from tests.torture.figures import Figure, evidence, table

KEPT = Figure("it is kept", 100, 0)
BROKEN = Figure("it is not", 100, 1, evidence=["call 7 was lost"])


def made_of(*figures: Figure) -> Callable[..., object]:
    async def part(runs: int, folder: Path, say: Callable[[str], None]) -> list[Figure]:  # noqa: ARG001  # as all parts
        return list(figures)

    return part


def asked(monkeypatch: pytest.MonkeyPatch, part: Callable[..., object], *options: str) -> None:
    """Runs the command with a part of the test's own in the place of a real one."""
    monkeypatch.setattr(torture, "rungs", part)
    monkeypatch.setattr("sys.argv", ["torture", "--only", "rungs", *options])
    torture.main()


def test_no_failure_in_a_thousand_bounds_the_share_that_fails_by_three_in_a_thousand() -> None:
    assert Figure("", 1000, 0).bound == pytest.approx(0.003, abs=1e-4)
    assert BROKEN.bound is None


def test_what_was_not_tried_does_not_hold() -> None:
    assert not Figure("the disk fails", 0, 0).holds


def test_a_promise_that_broke_ends_the_run_with_1_and_says_what_was_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as ended:
        asked(monkeypatch, made_of(KEPT, BROKEN), "--out", str(tmp_path / "figures.json"))
    assert ended.value.code == 1
    told = capsys.readouterr()
    assert told.out.strip() == table([KEPT, BROKEN])
    assert evidence([BROKEN]) in told.err
    assert [one["broken"] for one in json.loads((tmp_path / "figures.json").read_text())["figures"]] == [0, 1]


def test_promises_that_all_hold_end_the_run_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked(monkeypatch, made_of(KEPT))
    assert "it is kept" in capsys.readouterr().out


def test_a_part_that_does_not_come_to_its_end_is_a_promise_that_broke(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def part(runs: int, folder: Path, say: Callable[[str], None]) -> list[Figure]:  # noqa: ARG001  # as all parts
        raise OSError("no more processes")

    with pytest.raises(SystemExit) as ended:
        asked(monkeypatch, part)
    assert ended.value.code == 1
    assert "no more processes" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [("--runs", "0"), ("--out", "/nowhere/at/all"), ("--only", "everything")])
def test_what_cannot_be_run_or_written_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        asked(monkeypatch, made_of(KEPT), *wrong)
    assert ended.value.code == 2
    assert wrong[0] in capsys.readouterr().err
