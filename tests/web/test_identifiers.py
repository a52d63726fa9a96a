"""The page asks before something that could tell who somebody is goes out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.web.conftest import Node

CASES = json.loads(
    (Path(__file__).resolve().parents[1] / "vectors" / "identifiers.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def found(web: Path, node: Node, tmp_path_factory: pytest.TempPathFactory) -> list[str | None]:
    folder = tmp_path_factory.mktemp("identifiers")
    bundle, script = folder / "identifiers.mjs", folder / "run.mjs"
    esbuild = str(web / "node_modules" / "esbuild" / "bin" / "esbuild")
    node(
        esbuild, "src/identifiers.ts", "--bundle", "--format=esm", f"--outfile={bundle}", "--log-level=error"
    )
    texts = json.dumps([case["text"] for case in CASES])
    script.write_text(
        'import { identifier } from "./identifiers.mjs";\n'
        f"console.log(JSON.stringify({texts}.map((text) => identifier(text))));\n",
        encoding="utf-8",
    )
    result: list[str | None] = json.loads(node(str(script)))
    return result


@pytest.mark.parametrize("index", range(len(CASES)), ids=lambda index: CASES[index]["text"])
def test_what_could_tell_who_somebody_is_is_seen(index: int, found: list[str | None]) -> None:
    assert found[index] == CASES[index]["is"]
