"""Whatever is asked, by whomever, the answer carries the strictest headers and quotes nothing."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from chat.surfaces.security import MOST_BODY, Security, exception_handlers, headers
from tests.support.asgi import ask

ORIGIN = "https://hello.campus.example"
CANARY = "heron-4417"


class Rig:
    """A small application behind the layer, and what it was told of crashes."""

    def __init__(self) -> None:
        self.crashes: list[BaseException] = []
        routes = [
            Route("/", _hello, methods=["GET", "POST"]),
            Route("/crash", _crash),
            Route("/late", _late),
            Route("/own", _own),
        ]
        inner = Starlette(routes=routes, exception_handlers=exception_handlers())
        self.app = Security(inner, origins=[ORIGIN], https=True, crashed=self.crashes.append)


async def _hello(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())}")


async def _crash(_: Request) -> Response:
    raise ValueError(CANARY)


class _Late(Response):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError(CANARY)


async def _late(_: Request) -> Response:
    return _Late()


async def _own(_: Request) -> Response:
    return PlainTextResponse("", headers={"Cache-Control": "public", "Server": CANARY})


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.mark.parametrize("path", ["/", "/crash", "/nowhere", "/own", f"/{CANARY}"])
async def test_every_answer_carries_the_strictest_headers(rig: Rig, path: str) -> None:
    answer = await ask(rig.app, "GET", path)
    for name, value in headers([ORIGIN], https=True).items():
        expected = "public" if (path, name) == ("/own", "Cache-Control") else value
        assert answer.headers[name.lower()] == expected
    assert "server" not in answer.headers


def test_the_policy_is_the_strictest_there_is() -> None:
    made = headers([ORIGIN], https=True)
    policy = dict(part.split(" ", 1) for part in made["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self' wss://hello.campus.example",
        "manifest-src": "'self'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert made["Cache-Control"] == "no-store"
    assert made["Referrer-Policy"] == "no-referrer"
    assert "geolocation=()" in made["Permissions-Policy"]
    assert made["Strict-Transport-Security"].startswith("max-age=63072000")
    assert "Strict-Transport-Security" not in headers(["http://127.0.0.1:1"], https=False)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "unknown"),
        ("DELETE", "/", 405, "not_allowed"),
        ("GET", "/crash", 500, "broke"),
    ],
)
async def test_every_error_is_json_with_a_code_and_a_sentence(
    rig: Rig, method: str, path: str, status: int, code: str
) -> None:
    answer = await ask(rig.app, method, path)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    assert set(told) == {"code", "detail"}
    assert told["code"] == code
    assert told["detail"].endswith(".")


@pytest.mark.parametrize("path", ["/crash", "/late"])
async def test_a_crash_is_told_to_the_log_and_not_to_the_browser(rig: Rig, path: str) -> None:
    answer = await ask(rig.app, "GET", path)
    assert [type(error) for error in rig.crashes] == [ValueError]
    assert CANARY not in answer.body.decode() + str(answer.headers)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 200),
        ({"Origin": ORIGIN}, 200),
        ({"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ORIGIN + ".evil.example"}, 403),
        ({"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
    ],
)
async def test_a_state_is_changed_only_from_our_own_pages(
    rig: Rig, sent: dict[str, str], status: int
) -> None:
    assert (await ask(rig.app, "POST", "/", headers=sent)).status == status
    assert (await ask(rig.app, "GET", "/", headers=sent)).status == 200


@pytest.mark.parametrize("told", [None, "1", str(MOST_BODY + 1), "x", "9" * 30, "-1"])
async def test_a_large_body_is_refused_whatever_its_length_is_said_to_be(rig: Rig, told: str | None) -> None:
    sent = {} if told is None else {"Content-Length": told}
    answer = await ask(rig.app, "POST", "/", headers=sent, body=[b"x" * MOST_BODY, b"x"])
    assert answer.status == 413
    assert answer.json()["code"] == "too_long"
    assert rig.crashes == []


async def test_a_body_of_just_the_size_is_read(rig: Rig) -> None:
    answer = await ask(rig.app, "POST", "/", body=[b"x" * (MOST_BODY - 1), b"x"])
    assert (answer.status, answer.body) == (200, str(MOST_BODY).encode())


async def test_what_is_not_http_passes_untouched() -> None:
    seen = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del receive, send
        seen.append(scope["type"])

    async def nothing(*_: object) -> None: ...

    layer = Security(app, origins=[ORIGIN], https=True, crashed=lambda _: None)
    await layer({"type": "lifespan"}, nothing, nothing)  # type: ignore[arg-type]  # neither is called
    assert seen == ["lifespan"]
