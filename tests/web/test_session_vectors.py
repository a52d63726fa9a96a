from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.web.conftest import Node

HERE = Path(__file__).resolve().parent
VECTORS = sorted((HERE.parent / "vectors" / "session").glob("*.json"))


@pytest.mark.parametrize("vectors", VECTORS, ids=lambda path: path.stem)
def test_the_session_does_what_the_vectors_say(vectors: Path, node: Node, session_module: Path) -> None:
    results = json.loads(node(str(HERE / "run_vectors.mjs"), str(session_module), str(vectors)))
    assert results
    assert [result for result in results if result["fault"]] == []


def test_a_vector_that_does_not_hold_is_noticed(node: Node, session_module: Path, tmp_path: Path) -> None:
    wrong = {
        "story": "The first frame is a ping",
        "side": "seeker",
        "given": [{"do": "open"}],
        "steps": [{"when": {"do": "opened"}, "then": {"sends": [{"type": "ping"}]}}],
    }
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps([wrong]), encoding="utf-8")
    (result,) = json.loads(node(str(HERE / "run_vectors.mjs"), str(session_module), str(file)))
    assert result["fault"]
