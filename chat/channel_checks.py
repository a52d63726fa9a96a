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
_SETTINGS: Final = {
    "mail": "smtp_host",
    "texts": "sms",
    "calls": "voice",
    "on-call": "on_call_urls",
    "fallback": "fallback_urls",
    "custodian": "record_custodians",
    "switch": "switch_url",
}
"""From each check, without its number, to the setting that names what it asks."""


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
    lists = {
        "on-call": settings.on_call_urls,
        "fallback": settings.fallback_urls,
        "custodian": settings.record_custodians,
    }
    for name, urls in lists.items():
        for number, url in enumerate(urls, 1):
            if (check := _address(url)) is not None:
                checks[f"{name}-{number}"] = check
    if settings.switch_url:
        checks["switch"] = _asking(settings.switch_url)
    return checks


def setting_of(check: str) -> str | None:
    """Which setting names the server that a check asks; None where none does."""
    return _SETTINGS.get(check.rstrip("-0123456789"))


def _address(url: str) -> Check | None:
    """How an address of the campus is checked; None for mail, whose server is asked already."""
    match channel_of(url):
        case "webhook":
            return _asking(url)
        case "email":
            return None
        case _:
            return _knowing(url)


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
