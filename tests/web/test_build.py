from __future__ import annotations

import json
import re
from pathlib import Path

from chat.web import build, generate
from tests.web.conftest import Node


def test_the_types_are_those_of_the_frames() -> None:
    assert generate.TYPES.read_text(encoding="utf-8") == generate.types(), "run python -m chat.web.generate"


def test_the_schema_is_that_of_the_frames() -> None:
    assert generate.SCHEMA.read_text(encoding="utf-8") == generate.schema(), "run python -m chat.web.generate"


def test_the_sources_are_typed_strictly(web: Path, node: Node) -> None:
    node(str(web / "node_modules" / "typescript" / "bin" / "tsc"), "--project", "tsconfig.json")


def test_a_build_of_unchanged_sources_does_nothing(web: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in (web / "dist").iterdir()}
    assert build.build() is False
    assert {path.name: path.stat().st_mtime_ns for path in (web / "dist").iterdir()} == before


def test_the_manifest_names_every_asset_by_its_hash(web: Path) -> None:
    manifest: dict[str, str] = json.loads((web / "dist" / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest) == {f"{entry}.{kind}" for entry in build.ENTRIES for kind in ("js", "css")}
    for name, hashed in manifest.items():
        stem, _, kind = name.rpartition(".")
        assert re.fullmatch(rf"{stem}-[A-Z0-9]{{8}}\.{kind}", hashed)
        assert (web / "dist" / hashed).is_file()


def test_the_lock_names_no_registry(web: Path) -> None:
    lock = json.loads((web / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert [name for name, p in lock["packages"].items() if name and "integrity" not in p] == []
