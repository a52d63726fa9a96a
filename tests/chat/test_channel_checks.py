"""`warmline check` of each alert channel, against servers that answer, refuse, lie and are away."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from chat import channel_checks
from chat.channel_checks import Bad
from chat.gateways import HttpGateway
from chat.settings import Settings
from moderation.channels import probing
from moderation.channels.channel import Reason
from moderation.channels.email import MailServer
from tests.support.servers import Hanging, Mailbox, Web, certified, listening


async def told(name: str, **settings: Any) -> str:
    return await channel_checks.of(Settings(**settings))[name]()


def gateway(port: int) -> HttpGateway:
    return HttpGateway(url=f"http://127.0.0.1:{port}/{{to}}", body="{text}")


async def test_each_channel_that_is_set_up_has_a_line() -> None:
    assert set(channel_checks.of(Settings())) == {"push"}
    everything = Settings(
        smtp_host="mail.example",
        smtp_from="warm@campus.example",
        sms=gateway(1),
        voice=gateway(2),
        on_call_urls=["https://hook.example/x", "ntfys://ntfy.example/topic"],
    )
    assert set(channel_checks.of(everything)) == {"push", "mail", "texts", "calls", "on-call-1", "on-call-2"}


async def test_a_mail_server_that_answers_gets_no_mail() -> None:
    mailbox = Mailbox()
    async with listening(mailbox) as port:
        given = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "insecure"}
        assert await told("mail", **given) == "its server answers"
    assert mailbox.mails == []
    with pytest.raises(Bad, match="cannot be reached"):
        await told("mail", **given)


async def test_a_mail_server_is_signed_in_to_as_a_page_would(tmp_path: Path) -> None:
    server, trusting = certified(tmp_path, "127.0.0.1")
    heard: list[str] = []

    async def strict(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := (await reader.readline()).decode().strip():
            heard.append(line)
            if line.upper().startswith("EHLO"):
                writer.write(b"250-here\r\n250 AUTH PLAIN\r\n")
            else:
                writer.write(b"535 no\r\n" if line.startswith("AUTH") else b"221 bye\r\n")

    async with listening(strict, server) as port:
        account = MailServer("127.0.0.1", port, "warm@campus.example", "ssl", "warm", "secret")
        assert await probing.mail(account, trusting) == Reason.REJECTED
        assert await probing.mail(account) == Reason.UNTRUSTED
    assert base64.b64encode(b"\0warm\0secret").decode() in heard[1]


async def test_a_gateway_that_answers_is_asked_for_nothing() -> None:
    web = Web()
    async with listening(web) as port:
        assert await told("texts", sms=gateway(port)) == "its server answers"
        assert await told("calls", voice=gateway(port)) == "its server answers"
        assert await told("on-call-1", on_call_urls=[f"http://127.0.0.1:{port}/x"]) == "its server answers"
    assert web.requests == []
    with pytest.raises(Bad, match="cannot be reached"):
        await told("texts", sms=gateway(port))


async def test_a_gateway_that_cannot_prove_who_it_is_does_not_pass(tmp_path: Path) -> None:
    server, trusting = certified(tmp_path, "127.0.0.1")
    async with listening(Hanging(), server) as port:
        assert await probing.web(f"https://127.0.0.1:{port}/", trusting) is None
        with pytest.raises(Bad, match="cannot prove who it is") as bad:
            await told("texts", sms=HttpGateway(url=f"https://127.0.0.1:{port}/canary", body="{to}{text}"))
    assert "canary" not in str(bad.value)


async def test_an_address_that_apprise_does_not_know_is_found() -> None:
    assert "well formed" in await told("on-call-1", on_call_urls=["ntfys://ntfy.example/topic"])
    with pytest.raises(Bad, match="not an address"):
        await told("on-call-1", on_call_urls=["no-such-service://x"])
