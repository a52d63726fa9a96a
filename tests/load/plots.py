"""Bars as SVG, in colours that are read on light and on dark ground."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

_ROW: Final = 26
_LABELS: Final = 290
_WIDTH: Final = 760


def bars(title: str, values: Mapping[str, float]) -> str:
    """One bar for each value, the first in another colour; the numbers stand beside them."""
    most = max(values.values(), default=1.0) or 1.0
    height = 40 + _ROW * len(values)
    rows = []
    for number, (name, value) in enumerate(values.items()):
        top = 34 + number * _ROW
        width = (_WIDTH - _LABELS - 90) * value / most
        colour = "#2f7d6d" if number == 0 else "#8a8f98"
        rows.append(
            f'<text x="{_LABELS - 8}" y="{top + 13}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{_LABELS}" y="{top}" width="{width:.1f}" height="18" rx="3" fill="{colour}"/>'
            f'<text x="{_LABELS + width + 6:.1f}" y="{top + 13}">{_number(value)}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" role="img" aria-label="{escape(title)}" font-family="system-ui, sans-serif" '
        f'font-size="13" fill="#6b7280"><title>{escape(title)}</title>'
        f'<text x="8" y="20" font-weight="600">{escape(title)}</text>{"".join(rows)}</svg>\n'
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
