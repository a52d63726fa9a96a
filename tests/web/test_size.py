"""The seeker's surface reaches a slow phone: three requests, and few bytes."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.web.conftest import Node
from tests.web.pages import render

MOST_BYTES = 30 * 1024
_BROTLI = """
const { brotliCompressSync } = require("node:zlib");
const { readFileSync } = require("node:fs");
const sizes = process.argv.slice(1).map((path) => brotliCompressSync(readFileSync(path)).length);
console.log(JSON.stringify(sizes));
"""


def test_the_page_its_script_and_its_style_are_small(web: Path, node: Node, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(render(web, "seeker.html"), encoding="utf-8")
    manifest = json.loads((web / "dist" / "manifest.json").read_text(encoding="utf-8"))
    parts = [page, *(web / "dist" / manifest[name] for name in ("seeker.js", "seeker.css"))]
    sizes: list[int] = json.loads(node("--eval", _BROTLI, *(str(part) for part in parts)))
    assert all(sizes)
    assert sum(sizes) < MOST_BYTES, dict(zip(("page", "script", "style"), sizes, strict=True))


def test_the_page_asks_for_one_script_and_one_style(web: Path) -> None:
    html = render(web, "seeker.html")
    asked = re.findall(r'<(?:script|img|iframe)[^>]* src="([^"]+)"', html)
    asked += re.findall(r'<link rel="stylesheet" href="([^"]+)"', html)
    assert len(asked) == 2
    assert all(path.startswith("/assets/") for path in asked)


def test_styles_ask_for_nothing_more(web: Path) -> None:
    for style in (web / "dist").glob("*.css"):
        assert "url(" not in style.read_text(encoding="utf-8")
        assert "@import" not in style.read_text(encoding="utf-8")
