"""Draws the icons that phones want as PNG from `static/icon.svg`: `python -m chat.web.icons` with a Chromium.

They are kept beside the SVG, so that no installation needs a browser; a test holds them to it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

STATIC: Final = Path(__file__).parent / "static"
GROUND: Final = "#0f6b62"
"""What lies behind the drawing where a phone cuts the icon into a shape of its own."""
SAFE: Final = 0.8
"""The share of such an icon, across, that no shape cuts off (W3C Web App Manifest, maskable icons)."""
ICONS: Final = {
    "icon-192.png": (192, False),
    "icon-512.png": (512, False),
    "icon-maskable-512.png": (512, True),
    "icon-apple-180.png": (180, True),
}
"""From each file to its pixels across, and whether it fills its square for others to cut."""
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")


def page(size: int, *, fills: bool) -> str:
    """The HTML that is photographed, without an own margin."""
    drawn = round(size * SAFE) if fills else size
    ground = GROUND if fills else "transparent"
    drawing = (STATIC / "icon.svg").read_text(encoding="utf-8")
    placed = f'<svg width="{drawn}" height="{drawn}" '
    return (
        f'<body style="margin:0;background:{ground};inline-size:{size}px;block-size:{size}px;display:grid;'
        f'place-items:center;overflow:hidden">{drawing.replace("<svg ", placed, 1)}</body>'
    )


def main() -> None:
    """Draws every icon anew; exits with one line where there is no browser."""
    browser = os.environ.get("WARMLINE_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if browser is None:
        sys.exit("icons: no Chromium found; set WARMLINE_CHROMIUM to one")
    with tempfile.TemporaryDirectory() as folder:
        for name, (size, fills) in ICONS.items():
            shown = Path(folder) / "icon.html"
            shown.write_text(page(size, fills=fills), encoding="utf-8")
            subprocess.run(  # noqa: S603 - the browser of whoever draws them, and files of our own
                [
                    *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                    *("--force-device-scale-factor=1", "--default-background-color=00000000"),
                    *(f"--window-size={size},{size}", f"--screenshot={STATIC / name}", shown.as_uri()),
                ],
                check=True,
                capture_output=True,
            )


if __name__ == "__main__":
    main()
