"""Every alert channel against a real other side: good, refusing, failing, hanging and lying ones."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest

from moderation.channels.apprise_url import AppriseUrl
from moderation.channels.channel import Channel, Delivered, Failed, Page, Reason, Target
from moderation.channels.email import Email, MailServer
from moderation.channels.null import Null
from moderation.channels.threads import AppriseThreads
from moderation.channels.webhook import Webhook, signature
from tests.support.servers import Hanging, Mailbox, Web, certified, listening

PAGE = Page(key="5f3a", where="https://warm.example/staff")
KEY = b"shared with the receiver"


def webhook() -> Webhook:
    return Webhook(key=KEY, now=lambda: 1_900_000_000.7)


def target(address: str) -> Target:
    return Target("ada", "any", address)


async def free_port() -> int:
    """A port on which nobody listens any more."""
    async with listening(Hanging()) as port:
        return port


def email(port: int, *, security: str = "insecure") -> Email:
    assert security in {"insecure", "ssl"}
    kind = "ssl" if security == "ssl" else "insecure"
    return Email(MailServer("127.0.0.1", port, "warmline@campus.example", kind), AppriseThreads())  # type: ignore[arg-type]  # one of two literals


async def test_a_webhook_delivers_what_its_receiver_can_check() -> None:
    web = Web(status=204)
    async with listening(web) as port:
        assert await webhook().send(PAGE, target(f"http://127.0.0.1:{port}/hook?of=north")) == Delivered()
    [(line, headers, body)] = web.requests
    assert line == "POST /hook?of=north HTTP/1.1"
    assert json.loads(body) == {
        "type": "action_needed",
        "text": "Action needed. Please open https://warm.example/staff",
        "where": "https://warm.example/staff",
        "practice": False,
    }
    assert headers["webhook-id"] == "5f3a"
    assert headers["webhook-timestamp"] == "1900000000"
    assert headers["webhook-signature"] == signature(KEY, "5f3a", "1900000000", body)


def test_a_signature_is_the_one_of_the_standard() -> None:
    """The value was computed with `openssl dgst -sha256 -hmac` over `id.timestamp.body`."""
    assert signature(b"key", "id", "1", b"{}") == "v1,5PVmP2AfJGwnp9flV+flrzfukNWA9zyUdqvI+IQalVs="


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (500, Failed(retry=True, reason=Reason.FAULT)),
        (503, Failed(retry=True, reason=Reason.FAULT)),
        (429, Failed(retry=True, reason=Reason.REJECTED)),
        (404, Failed(retry=False, reason=Reason.REJECTED)),
        (302, Failed(retry=False, reason=Reason.REJECTED)),
    ],
)
async def test_a_webhook_says_whether_another_try_makes_sense(status: int, failure: Failed) -> None:
    async with listening(Web(status=status)) as port:
        assert await webhook().send(PAGE, target(f"http://127.0.0.1:{port}/")) == failure


@pytest.mark.parametrize("raw", [b"", b"HTTP/1.1 200", b"SSH-2.0-OpenSSH_9\r\n\r\n", b"\x00" * 200_000])
async def test_an_answer_that_is_not_http_is_a_fault(raw: bytes) -> None:
    async with listening(Web(raw=raw)) as port:
        outcome = await webhook().send(PAGE, target(f"http://127.0.0.1:{port}/"))
    assert outcome == Failed(retry=True, reason=Reason.FAULT)


async def test_a_webhook_waits_for_the_real_answer_after_an_early_one() -> None:
    raw = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
    async with listening(Web(raw=raw)) as port:
        assert await webhook().send(PAGE, target(f"http://127.0.0.1:{port}/")) == Delivered()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nothing",
        "ftp://127.0.0.1/",
        "http://",
        "http://a:b@127.0.0.1/",
        "http://127.0.0.1:99999/",
        "http://h/ü",
    ],
)
async def test_an_address_that_is_no_url_is_a_bad_target(address: str) -> None:
    outcome = await webhook().send(PAGE, target(address))
    assert outcome == Failed(retry=False, reason=Reason.BAD_TARGET)


async def test_a_refused_connection_is_unreachable() -> None:
    outcome = await webhook().send(PAGE, target(f"http://127.0.0.1:{await free_port()}/"))
    assert outcome == Failed(retry=True, reason=Reason.UNREACHABLE)


async def test_a_webhook_trusts_only_whom_it_is_told_to_trust(tmp_path: Path) -> None:
    server, trusting = certified(tmp_path, "127.0.0.1")
    web = Web()
    async with listening(web, server) as port:
        address = target(f"https://127.0.0.1:{port}/")
        assert await webhook().send(PAGE, address) == Failed(retry=False, reason=Reason.UNTRUSTED)
        assert web.requests == []
        trusted = Webhook(key=KEY, now=lambda: 0.0, tls=trusting)
        assert await trusted.send(PAGE, address) == Delivered()


async def test_a_webhook_does_not_believe_a_certificate_for_another_name(tmp_path: Path) -> None:
    server, trusting = certified(tmp_path, "elsewhere.example")
    async with listening(Web(), server) as port:
        lied = Webhook(key=KEY, now=lambda: 0.0, tls=trusting)
        outcome = await lied.send(PAGE, target(f"https://127.0.0.1:{port}/"))
    assert outcome == Failed(retry=False, reason=Reason.UNTRUSTED)


async def test_an_e_mail_arrives_and_gives_nothing_away() -> None:
    mailbox = Mailbox()
    async with listening(mailbox) as port:
        assert await email(port).send(PAGE, target("ada@campus.example")) == Delivered()
    assert mailbox.recipients == ["ada@campus.example"]
    [mail] = mailbox.mails
    assert mail["Subject"] == "Action needed"
    assert "warmline@campus.example" in mail["From"]
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode().strip() == "Action needed. Please open https://warm.example/staff"


@pytest.mark.parametrize("refuses", ["MAIL", "RCPT", "DATA"])
async def test_an_e_mail_that_the_server_refuses_is_not_delivered(refuses: str) -> None:
    async with listening(Mailbox(refuses=refuses)) as port:
        outcome = await email(port).send(PAGE, target("ada@campus.example"))
    assert outcome == Failed(retry=True, reason=Reason.NOT_SENT)


async def test_a_mail_server_that_is_away_is_not_sent() -> None:
    outcome = await email(await free_port()).send(PAGE, target("ada@campus.example"))
    assert outcome == Failed(retry=True, reason=Reason.NOT_SENT)


async def test_a_mail_server_that_lies_about_its_name_gets_no_mail(tmp_path: Path) -> None:
    server, _ = certified(tmp_path, "127.0.0.1")
    mailbox = Mailbox()
    async with listening(mailbox, server) as port:
        outcome = await email(port, security="ssl").send(PAGE, target("ada@campus.example"))
    assert outcome == Failed(retry=True, reason=Reason.NOT_SENT)
    assert mailbox.mails == []


@pytest.mark.parametrize("address", ["", "nobody", "ada@campus.example, eve@elsewhere.example", "a b@c"])
async def test_an_e_mail_goes_to_one_address_or_to_none(address: str) -> None:
    mailbox = Mailbox()
    async with listening(mailbox) as port:
        assert await email(port).send(PAGE, target(address)) == Failed(retry=False, reason=Reason.BAD_TARGET)
    assert mailbox.recipients == []


async def test_any_service_that_apprise_knows_can_be_a_channel() -> None:
    web = Web()
    async with listening(web) as port:
        outcome = await AppriseUrl(AppriseThreads()).send(PAGE, target(f"json://127.0.0.1:{port}/x"))
    assert outcome == Delivered()
    assert json.loads(web.requests[0][2])["message"] == PAGE.text


async def test_an_apprise_service_that_fails_is_not_sent() -> None:
    async with listening(Web(status=500)) as port:
        outcome = await AppriseUrl(AppriseThreads()).send(PAGE, target(f"json://127.0.0.1:{port}/x"))
    assert outcome == Failed(retry=True, reason=Reason.NOT_SENT)


async def test_an_apprise_url_that_makes_no_sense_is_a_bad_target() -> None:
    outcome = await AppriseUrl(AppriseThreads()).send(PAGE, target("no-such-service://x"))
    assert outcome == Failed(retry=False, reason=Reason.BAD_TARGET)


@pytest.mark.parametrize("kind", ["webhook", "email", "apprise"])
async def test_a_hanging_other_side_holds_nobody_who_stops_waiting(kind: str) -> None:
    hanging = Hanging()
    async with listening(hanging) as port:
        channels: dict[str, tuple[Channel, str]] = {
            "webhook": (webhook(), f"http://127.0.0.1:{port}/"),
            "email": (email(port), "ada@campus.example"),
            "apprise": (AppriseUrl(AppriseThreads()), f"json://127.0.0.1:{port}/"),
        }
        channel, address = channels[kind]
        sending = asyncio.create_task(channel.send(PAGE, target(address)))
        await hanging.connected.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending


async def test_sends_beyond_the_threads_wait_their_turn() -> None:
    web, threads = Web(), AppriseThreads(most=1)
    channel = AppriseUrl(threads)
    async with listening(web) as port:
        address = target(f"json://127.0.0.1:{port}/x")
        outcomes = await asyncio.gather(*(channel.send(PAGE, address) for _ in range(4)))
    assert outcomes == [Delivered()] * 4


async def test_no_address_reaches_a_log_or_a_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    marks = ["hook-mark", "ada-mark", "json-mark"]
    mailbox = Mailbox(refuses="RCPT")
    async with listening(Web(status=500)) as web, listening(mailbox) as mail:
        targets = [
            target(f"http://127.0.0.1:{web}/hook-mark"),
            target("ada-mark@campus.example"),
            target(f"json://127.0.0.1:{web}/json-mark"),
        ]
        channels: list[Channel] = [webhook(), email(mail), AppriseUrl(AppriseThreads())]
        for channel, one in zip(channels, targets, strict=True):
            assert isinstance(await channel.send(PAGE, one), Failed)
    told = caplog.text + repr(targets) + repr(MailServer("h", 1, "s", "ssl", "u", "pass-mark"))
    assert not any(mark in told for mark in [*marks, "pass-mark"])


async def test_the_null_channel_takes_everything() -> None:
    assert await Null().send(PAGE, target("")) == Delivered()
