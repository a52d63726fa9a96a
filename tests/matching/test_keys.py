"""The README's tables are those of the code."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from matching import keys
from matching.settings import Settings

README = Path(keys.__file__).with_name("README.md")


def between(begin: str, end: str) -> str:
    text = README.read_text("utf-8")
    return text.split(begin)[1].split("-->\n", 1)[1].split(end)[0]


def settings_table() -> str:
    rows = ["| setting | default |", "|---|---|"]
    rows += [f"| `{setting.name}` | {setting.default} |" for setting in fields(Settings)]
    return "\n".join(rows) + "\n"


def test_the_readme_names_every_key() -> None:
    assert between("<!-- keys:", "<!-- end of keys") == keys.table()


def test_the_readme_names_every_setting() -> None:
    assert between("<!-- settings:", "<!-- end of settings") == settings_table()


def test_all_keys_and_channels_of_a_campus_share_its_slot() -> None:
    names = [*keys.room("north"), *keys.channels("north", "one")]
    assert all(name.startswith("{q:north}:") for name in names)
    assert len(set(names)) == len(names)
