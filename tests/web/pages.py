"""Page shells, filled as the server fills them."""

from __future__ import annotations

import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chat.protocol import Line

LINES = [
    Line(name="Emergency number", number="999", href="tel:999", note="If someone is in danger."),
    Line(name="Night line", number="116 123", href="tel:116123"),
]
HOURS = ["Monday: 19:00\N{EN DASH}01:00", "Sunday: 17:00\N{EN DASH}23:00"]


def render(web: Path, template: str, *, is_open: bool = True) -> str:
    """The page as it is before any script runs; a name that the server does not give is an error."""
    manifest: dict[str, str] = json.loads((web / "dist" / "manifest.json").read_text(encoding="utf-8"))
    manifest |= {path.name: path.name for path in (web / "static").iterdir()}
    texts = json.loads((web / "locales" / "en.json").read_text(encoding="utf-8"))
    environment = Environment(
        loader=FileSystemLoader(web / "templates"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template(template).render(
        lines=LINES,
        hours=HOURS,
        open=is_open,
        campus="Northfield & Sons <University>",
        lang="en",
        dir="ltr",
        texts=texts,
        assets={name: f"/assets/{file}" for name, file in manifest.items()},
        schema=[("contacts", "day", "To count.", "24 months"), ("contacts", "wait", "To see.", "24 months")],
    )
