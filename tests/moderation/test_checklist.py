"""The campus' protocol: what is shipped asks for risk in full; what is written badly is refused by line."""

from __future__ import annotations

import re

import pytest

from moderation.checklist import default, parse
from moderation.sheet import BadSheet

GOOD = """\
title = "Ours"

[[part]]
id = "first"
title = "First"

[[part.item]]
id = "one"
text = "Do this."
"""


def test_the_shipped_protocol_asks_about_each_side_of_risk_and_names_its_source() -> None:
    shipped = default()
    texts = {item.id: item.text for part in shipped.parts for item in part.items}
    for asked in ("thoughts", "method", "intent", "plan", "behaviour", "when"):
        assert texts[asked].lower().startswith(asked)
    assert "C-SSRS" in shipped.source
    assert re.search(r"20\d\d", shipped.source)
    assert {"shared", "emergency", "safe"} <= set(texts)
    assert shipped.items == frozenset(texts)


def test_a_campus_writes_its_own() -> None:
    ours = parse(GOOD)
    assert (ours.title, ours.source, ours.items) == ("Ours", "", frozenset({"one"}))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('title = "Ours"', 1),
        (GOOD.replace("First", ""), 5),
        (GOOD.replace('id = "one"', 'id = "One thing"'), 7),
        (GOOD.replace("text =", "txt ="), 7),
        (GOOD + 'note = "more"\n', 7),
        (GOOD.replace("title = ", "titel = ", 1), 1),
        (GOOD + '\n[[part.item]]\nid = "one"\ntext = "Again."\n', 11),
        (GOOD + '\n[[part]]\nid = "second"\ntitle = "Second"\n', 11),
        (GOOD.replace("Do this.", "x" * 301), 7),
        (GOOD + "=", 10),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int) -> None:
    with pytest.raises(BadSheet) as caught:
        parse(text)
    assert caught.value.line == line, caught.value
