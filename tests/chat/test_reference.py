"""The tables of the README are those of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

import chat
from chat import protocol, reference
from chat.codes import Close, Refusal

README = Path(chat.__file__).with_name("README.md")


def test_the_tables_of_the_readme_are_those_of_the_code() -> None:
    text = README.read_text(encoding="utf-8")
    assert reference.rewritten(text) == text, "run python -m chat.reference"


def test_every_frame_refusal_and_close_code_is_in_a_table() -> None:
    told = reference.markdown()
    frames = {
        protocol.frame_type(frame)
        for frame in (
            *protocol.clients()["seeker"],
            *protocol.clients()["team"],
            *protocol.AnyServerFrame.__args__,
        )
    }
    assert all(f"| `{name}` |" in told for name in frames)
    assert all(f"| `{code}` |" in told for code in Refusal)
    assert all(f"| {int(code)} | `{code.name.lower()}` |" in told for code in Close)


def test_a_readme_without_marks_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="no marks"):
        reference.rewritten("# chat\n")


def test_every_module_is_named_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    modules = {path.stem for path in README.parent.glob("*.py")} - {"__init__"}
    assert {name for name in modules if f"`{name}`" not in text} == set()
