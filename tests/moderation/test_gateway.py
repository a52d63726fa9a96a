"""Text messages and calls: any gateway over HTTP, asked as its own settings say."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs

import pytest

from moderation.channels.channel import Delivered, Failed, Page, Reason, Target
from moderation.channels.gateway import Gateway, HttpGateway
from tests.support.servers import Web, listening

LINK = "https://warm.example/acknowledge#one-tap"
PAGE = Page(key="5f3a", where="https://warm.example/staff", link=LINK)
TO = Target("ada", "sms", "+441632960000")
JSON = {"Content-Type": "application/json", "Authorization": "Bearer {secret}"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def answered(body: bytes, status: int = 200) -> Web:
    head = f"HTTP/1.1 {status} So\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    return Web(raw=head + body)


async def told(gateway: Gateway, target: Target = TO, page: Page = PAGE) -> Delivered | Failed:
    return await HttpGateway(gateway, says=lambda page: page.text).send(page, target)


async def test_a_gateway_is_asked_in_its_own_words() -> None:
    web = Web(status=201)
    async with listening(web) as port:
        gateway = Gateway(
            url=f"http://127.0.0.1:{port}/v1/messages",
            method="PUT",
            headers=JSON,
            body='{"to": ["{to}"], "body": "{text}", "once": "{key}"}',
            secret="s3cret",
        )
        assert await told(gateway) == Delivered()
    [(line, headers, body)] = web.requests
    assert line == "PUT /v1/messages HTTP/1.1"
    assert headers["authorization"] == "Bearer s3cret"
    assert json.loads(body) == {
        "to": ["+441632960000"],
        "body": f"Action needed. Please open {LINK}",
        "once": "5f3a",
    }


async def test_what_is_put_into_a_form_or_an_address_stays_one_value() -> None:
    web = Web()
    strange = Page(key="k", where='https://warm.example/?a=1&b="2"{to}')
    async with listening(web) as port:
        base = f"http://127.0.0.1:{port}"
        form = Gateway(url=f"{base}/send", headers=FORM, body="To={to}&Body={text}&From=warm")
        asked = Gateway(url=f"{base}/send?to={{to}}&text={{text}}", method="GET")
        plain = Gateway(url=f"{base}/", headers=JSON, secret="s", body='{"t": "{text}"}')
        for gateway in (form, asked, plain):
            assert await told(gateway, page=strange) == Delivered()
    (_, _, body), (line, _, _), (_, _, third) = web.requests
    text = "Action needed. Please open " + strange.where
    assert parse_qs(body.decode()) == {"To": ["+441632960000"], "Body": [text], "From": ["warm"]}
    query = line.split(" ")[1].partition("?")[2]
    assert parse_qs(query) == {"to": ["+441632960000"], "text": [text]}
    assert json.loads(third) == {"t": text}


async def test_a_call_speaks_a_sentence_without_an_address() -> None:
    web = Web()
    async with listening(web) as port:
        gateway = Gateway(url=f"http://127.0.0.1:{port}/", body="{to}: {text}")
        calls = HttpGateway(gateway, says=lambda page: page.spoken)
        await calls.send(PAGE, TO)
        await calls.send(Page("k", "https://warm.example/staff", practice=True), TO)
    spoken = [body.decode() for _, _, body in web.requests]
    assert "warm.example" not in "".join(spoken)
    assert "Action is needed" in spoken[0]
    assert "practice" in spoken[1]


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b'{"status": "queued"}', Delivered()),
        (b'{"status": "failed"}', Failed(retry=True, reason=Reason.REJECTED)),
        (b"", Failed(retry=True, reason=Reason.REJECTED)),
        (b"\xff" * 40_000, Failed(retry=True, reason=Reason.REJECTED)),
    ],
)
async def test_a_gateway_that_says_200_and_means_no_is_not_believed(
    body: bytes, outcome: Delivered | Failed
) -> None:
    async with listening(answered(body)) as port:
        gateway = Gateway(url=f"http://127.0.0.1:{port}/", body="{text}", success=re.compile('"queued"'))
        assert await told(gateway) == outcome


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (503, Failed(retry=True, reason=Reason.FAULT)),
        (429, Failed(retry=True, reason=Reason.REJECTED)),
        (401, Failed(retry=False, reason=Reason.REJECTED)),
    ],
)
async def test_a_gateway_that_fails_or_refuses_is_not_delivered(status: int, failure: Failed) -> None:
    async with listening(answered(b'{"status": "queued"}', status)) as port:
        gateway = Gateway(url=f"http://127.0.0.1:{port}/", success=re.compile("queued"))
        assert await told(gateway) == failure


async def test_an_answer_that_breaks_off_is_a_fault() -> None:
    async with listening(Web(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nque")) as port:
        gateway = Gateway(url=f"http://127.0.0.1:{port}/", success=re.compile("queued"))
        assert await told(gateway) == Failed(retry=True, reason=Reason.FAULT)


async def test_a_secret_that_no_header_can_hold_is_a_bad_target_and_raises_nothing() -> None:
    async with listening(Web()) as port:
        gateway = Gateway(url=f"http://127.0.0.1:{port}/", headers=JSON, secret="two\nlines")
        assert await told(gateway) == Failed(retry=False, reason=Reason.BAD_TARGET)


def test_a_gateway_shows_no_secret_when_it_is_printed() -> None:
    gateway = Gateway(url="https://mark.example", headers={"X": "mark"}, body="mark", secret="mark")
    assert "mark" not in repr(gateway)
