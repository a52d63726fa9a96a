"""Pages show whom to call and when it is open, before and without any script."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette

from chat import web
from chat.protocol import Line, Wait
from chat.surfaces.assets import Assets, NotBuilt
from chat.surfaces.pages import Pages, language, opening
from chat.surfaces.security import exception_handlers
from chat.surfaces.service import Service
from tests.support.asgi import ask

WEB = Path(web.__file__).parent
LINE = Line(name="Night <porter>", number="12 34", href="tel:1234", note="At the gate.")


class Rig:
    """All pages of a campus, with the real templates and the real build."""

    def __init__(self, *, is_open: bool = True, away: bool = False) -> None:
        self._away = away
        self.assets = Assets(WEB)
        pages = Pages(
            WEB,
            self.assets,
            campus="Campus & Co",
            lines=[LINE],
            languages=["en"],
            hours={"fri": ["18:00-24:00"]},
            schema=[("contact", "topic", "what training is needed", "400 days")],
            is_open=lambda: is_open,
            wait=self._wait,
        )
        service = Service(is_open=lambda: is_open, wait=self._wait, lines=[LINE], languages=["en"])
        self.app = Starlette(
            routes=[*pages.routes(), *self.assets.routes(), *service.routes()],
            exception_handlers=exception_handlers(),
        )

    async def _wait(self) -> Wait | None:
        if self._away:
            raise ConnectionError
        return Wait(low=60, high=300)


@pytest.mark.parametrize("path", ["/", "/console", "/staff", "/privacy"])
@pytest.mark.parametrize("state", ["open", "closed", "redis away"])
async def test_lines_and_hours_stand_in_every_page_whatever_is_down(path: str, state: str) -> None:
    rig = Rig(is_open=state != "closed", away=state == "redis away")
    answer = await ask(rig.app, "GET", path)
    assert answer.status == 200
    page = answer.body.decode()
    assert 'href="tel:1234"' in page
    assert "Night &lt;porter&gt;" in page
    assert "Friday: 18:00\N{EN DASH}24:00" in page
    assert "<porter>" not in page


async def test_privacy_shows_what_is_really_kept() -> None:
    page = (await ask(Rig().app, "GET", "/privacy")).body.decode()
    assert "what training is needed" in page
    assert "400 days" in page


async def test_leaving_makes_the_browser_forget_and_shows_nothing() -> None:
    answer = await ask(Rig().app, "GET", "/leave")
    assert answer.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert "<script" not in answer.body.decode()
    assert "Campus" not in answer.body.decode()


async def test_no_page_loads_or_runs_anything_from_elsewhere() -> None:
    rig = Rig()
    for path in ("/", "/console", "/staff", "/privacy", "/leave"):
        page = (await ask(rig.app, "GET", path)).body.decode()
        for forbidden in ('src="http', 'href="http', "style=", "onclick=", "<iframe", "javascript:"):
            assert forbidden not in page, path


async def test_everything_that_a_page_names_is_served_for_ever() -> None:
    rig = Rig()
    for url in rig.assets.urls.values():
        plain = await ask(rig.app, "GET", url)
        small = await ask(rig.app, "GET", url, headers={"Accept-Encoding": "br, gzip"})
        assert (plain.status, small.status) == (200, 200)
        assert "immutable" in plain.headers["cache-control"]
        assert small.headers["content-encoding"] == "gzip"
        assert len(plain.body) > 0


@pytest.mark.parametrize("path", ["/assets/nothing.js", "/assets/..%2fbuild.py", "/assets/manifest.json"])
async def test_nothing_else_is_served(path: str) -> None:
    assert (await ask(Rig().app, "GET", path)).status == 404


def test_a_front_end_that_was_not_built_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotBuilt):
        Assets(tmp_path)


async def test_a_campus_page_may_read_the_service_and_learns_whom_to_call() -> None:
    answer = await ask(Rig().app, "GET", "/api/service")
    assert answer.json() == {
        "open": True,
        "wait": {"low": 60, "high": 300},
        "lines": [{"name": LINE.name, "number": "12 34", "href": "tel:1234", "note": "At the gate."}],
        "languages": ["en"],
    }
    assert answer.headers["access-control-allow-origin"] == "*"
    assert (await ask(Rig(is_open=False).app, "GET", "/api/service")).json()["wait"] is None
    away = await ask(Rig(away=True).app, "GET", "/api/service")
    assert (away.status, away.json()["wait"], len(away.json()["lines"])) == (200, None, 1)


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [("de-AT,de;q=0.9,en;q=0.8", "de"), ("fr", "en"), ("", "en"), ("EN-gb", "en"), ("," * 5000, "en")],
)
def test_the_first_language_that_there_are_texts_for_is_taken(accepted: str, chosen: str) -> None:
    assert language(accepted, {"en": {}, "de": {}}) == chosen


def test_hours_are_sentences_in_the_order_of_the_week() -> None:
    told = opening({"sun": ["10:00-12:00"], "mon": ["00:00-02:00", "18:00-24:00"], "tue": []})
    assert told == ["Monday: 00:00\N{EN DASH}02:00, 18:00\N{EN DASH}24:00", "Sunday: 10:00\N{EN DASH}12:00"]
