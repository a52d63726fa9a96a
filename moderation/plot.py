"""Draws bars as SVG, with every number in words beside its bar, so that no colour has to be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 900
LABELS = 330
NUMBERS = 90
ROW = 22
GAP = 44
BAR = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `part` from 0 to 1 of the full width, and the number as people read it."""

    label: str
    part: float
    number: str


@dataclass(frozen=True, slots=True)
class Panel:
    title: str
    bars: Sequence[Bar]
    colour: str


def svg(title: str, panels: Sequence[Panel]) -> str:
    """A picture of panels, one under the other; panels without bars are left out."""
    shown = [panel for panel in panels if panel.bars]
    height = 60 + sum(GAP + ROW * len(panel.bars) for panel in shown)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
            ' font-family="system-ui, sans-serif" font-size="13" fill="#1f2b2a">'
        ),
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="20" y="34" font-size="20" font-weight="650">{escape(title)}</text>',
    ]
    top = 60
    for panel in shown:
        parts.append(f'<text x="20" y="{top + 18}" font-weight="650">{escape(panel.title)}</text>')
        top += GAP - 14
        for bar in panel.bars:
            parts += _bar(bar, top, panel.colour)
            top += ROW
        top += 14
    return "\n".join([*parts, "</svg>", ""])


def _bar(bar: Bar, top: int, colour: str) -> list[str]:
    room = WIDTH - LABELS - NUMBERS - 40
    length = round(room * min(1.0, max(0.0, bar.part)), 1)
    middle = top + BAR - 2
    return [
        f'<text x="20" y="{middle}">{escape(bar.label)}</text>',
        f'<rect x="{LABELS}" y="{top}" width="{room}" height="{BAR}" rx="3" fill="#eef1ef"/>',
        f'<rect x="{LABELS}" y="{top}" width="{length}" height="{BAR}" rx="3" fill="{colour}"/>',
        f'<text x="{LABELS + room + 12}" y="{middle}">{escape(bar.number)}</text>',
    ]
