"""What `warmline check` says of each alert channel: whether its server answers. Nothing is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from chat.alert_path import channel_of, mail_server
from chat.settings import Settings
from moderation.channels import probing
from moderation.channels.channel import Reason
from moderation.channels.threads import knows

Check = Callable[[], Awaitable[str]]
_ANSWERS: Final = "its server answers"
_WHY: Final = {
    Reason.UNREACHABLE: "its server cannot be reached",
    Reason.TIMED_OUT: "its server does not answer",
    Reason.UNTRUSTED: "its server cannot prove who it is",
    Reason.REJECTED: "its server refuses us; are the name and the password right?",
    Reason.FAULT: "its server answers what nobody can understand",
    Reason.BAD_TARGET: "its address is none",
}


class Bad(Exception):
    """A channel would not work; the message says why, without any address."""


def of(settings: Settings) -> dict[str, Check]:
    """One check for each channel that is set up, by a name that people read."""
    checks: dict[str, Check] = {"push": _push}
    if settings.smtp_host:
        checks["mail"] = lambda: _mail(settings)
    for name, gateway in (("texts", settings.sms), ("calls", settings.voice)):
        if gateway is not None:
            checks[name] = _asking(gateway.url.replace("{", "").replace("}", ""))
    for number, url in enumerate(settings.on_call_urls, 1):
        checks[f"on-call-{number}"] = _asking(url) if channel_of(url) == "webhook" else _knowing(url)
    return checks


async def _push() -> str:
    return "is ready; its servers are those of the phones' browsers, and a test of each phone asks them"


async def _mail(settings: Settings) -> str:
    return _told(await probing.mail(mail_server(settings)))


def _asking(url: str) -> Check:
    async def ask() -> str:
        return _told(await probing.web(url))

    return ask


def _knowing(url: str) -> Check:
    async def ask() -> str:
        if not knows(url):
            raise Bad("is not an address that Apprise knows")
        return "is well formed; only a page shows whether anybody answers there"

    return ask


def _told(reason: Reason | None) -> str:
    if reason is None:
        return _ANSWERS
    raise Bad(_WHY.get(reason, "does not work"))
