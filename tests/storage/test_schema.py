from __future__ import annotations

from pathlib import Path

import storage
from storage.schema import data_map, rewritten
from storage.tables import metadata


def test_the_data_map_of_the_readme_is_of_today() -> None:
    readme = (Path(storage.__file__).parent / "README.md").read_text("utf-8")
    assert rewritten(readme) == readme, "stale: run `python -m storage.schema`"


def test_the_data_map_has_every_column() -> None:
    shown = {(kept.table, kept.column) for kept in data_map()}
    assert shown == {(table.name, c.name) for table in metadata.tables.values() for c in table.columns}


def test_the_data_map_says_what_each_column_holds() -> None:
    holds = {(kept.table, kept.column): kept.holds for kept in data_map()}
    assert holds["person", "email"] == "up to 254 characters"
    assert holds["session", "token"] == "up to 32 bytes"
    assert holds["alert", "category"] == "an identifier"
    assert holds["contact", "day"] == "a day"
    assert holds["person_role", "role"] == "one of `supporter`, `lead`, `on_call`, `coordinator`"
