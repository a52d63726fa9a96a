"""What stands in the pages before, and without, any script."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from tests.web.pages import HOURS, LINES, render

TEMPLATES = ("seeker.html", "console.html", "staff.html", "privacy.html", "offline/broken.html")


@pytest.mark.parametrize("template", TEMPLATES)
def test_lines_and_hours_show_without_a_script(template: str, web: Path) -> None:
    page = re.sub(r"<script.*?</script>", "", render(web, template), flags=re.DOTALL)
    for line in LINES:
        assert f'href="{line.href}"' in page
        assert line.number in page
    for sentence in HOURS:
        assert sentence in page


@pytest.mark.parametrize("template", [*TEMPLATES, "leave.html"])
def test_nothing_stands_in_a_page_that_the_policy_would_refuse(template: str, web: Path) -> None:
    page = render(web, template)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|https?://(?!www\.w3\.org)", page)
    inline = re.findall(r"<script([^>]*)>([^<]*)", page)
    assert all("src=" in attributes or 'type="application/json"' in attributes for attributes, _ in inline)


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_the_campus_is_called_cannot_become_markup(template: str, web: Path) -> None:
    page = render(web, template)
    assert "<University>" not in page
    assert "University" in html.unescape(page)


def test_a_closed_service_says_so_without_a_script(web: Path) -> None:
    assert "Closed right now" in render(web, "seeker.html", is_open=False)
    assert "Closed right now" not in render(web, "seeker.html").partition("<script type=")[0]


def test_the_page_after_leaving_gives_nothing_away(web: Path) -> None:
    page = render(web, "leave.html")
    for word in ("Warmline", "Northfield", "listen", "help", "999", "<script", "<link"):
        assert word not in page
