"""What is an address on which alert channel, and what of it its person is shown again. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from moderation.channels.push import Subscription

LONGEST: Final = 1500
_EMAIL: Final = re.compile(r"[^\s@,;<>\"]{1,64}@[^\s@,;<>\"]{1,189}")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class BadAddress(ValueError):
    """Its message is a sentence for the person who wrote the address, and does not repeat it."""


def checked(channel: str, address: str, *, push_hosts: Collection[str], services: Collection[str]) -> str:
    """The address as it is kept. Raises `BadAddress`.

    `push_hosts` are the push services that are asked (`*.` stands for any part before), `services` the kinds
    of Apprise addresses that people may have.
    """
    address = address.strip()
    if not address or len(address) > LONGEST:
        raise BadAddress("There is no address, or it is too long.")
    match channel:
        case "email":
            if not _EMAIL.fullmatch(address):
                raise BadAddress("This is not one e-mail address, such as ada@campus.example.")
            return address
        case "sms" | "voice":
            number = re.sub(r"[\s()./-]", "", address)
            if not _NUMBER.fullmatch(number):
                raise BadAddress("Please write the number with its country, such as +44 20 7946 0000.")
            return number
        case "push":
            return _subscription(address, push_hosts)
        case "apprise":
            return _service(address, services)
        case _:
            raise BadAddress("There is no such way to be reached.")


def shown(channel: str, address: str) -> str:
    """What its own person sees of it: numbers and mail addresses whole, of the rest only the place."""
    if channel == "push":
        return urlsplit(json.loads(address)["endpoint"]).hostname or ""
    if channel == "apprise":
        scheme, _, _ = address.partition("://")
        return scheme
    return address


def _subscription(address: str, hosts: Collection[str]) -> str:
    try:
        endpoint = Subscription.read(address).endpoint
        parts = urlsplit(endpoint)
        host, scheme = parts.hostname or "", parts.scheme
    except ValueError:
        raise BadAddress("This browser gave nothing that a push could be sent to.") from None
    if not any(_matches(host, allowed) for allowed in hosts):
        raise BadAddress("The push service of this browser is not among those that are set up here.")
    if scheme != "https" and not (scheme == "http" and host in _LOOPBACK):
        raise BadAddress("This browser gave nothing that a push could be sent to.")
    return address


def _service(address: str, services: Collection[str]) -> str:
    scheme, found, rest = address.partition("://")
    if not found or not rest or any(sign.isspace() for sign in address):
        raise BadAddress("This is not an address such as ntfys://ntfy.example/your-topic.")
    if scheme.lower() not in services:
        known = ", ".join(sorted(services)) or "none"
        raise BadAddress(f"Here people may be reached by these services: {known}.")
    return address


def _matches(host: str, allowed: str) -> bool:
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed
