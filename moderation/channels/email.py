"""E-mail over SMTP, by Apprise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from apprise import Apprise, AppriseAsset
from apprise.plugins.base import NotifyBase

from moderation.channels.channel import Delivered, Failed, Page, Target
from moderation.channels.threads import AppriseThreads


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. With `starttls` and `ssl` the server must prove that it is `host`."""

    host: str
    port: int
    sender: str
    security: Literal["starttls", "ssl", "insecure"] = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)


class Email:
    """A target's address is one e-mail address."""

    def __init__(self, server: MailServer, threads: AppriseThreads) -> None:
        self._server = server
        self._threads = threads

    async def send(self, page: Page, target: Target) -> Delivered | Failed:
        def make(asset: AppriseAsset) -> NotifyBase | None:
            server = self._server
            service: Any = Apprise.instantiate(
                {
                    "schema": "mailto" if server.security == "insecure" else "mailtos",
                    "host": server.host,
                    "smtp_host": server.host,
                    "port": server.port,
                    "user": server.user,
                    "password": server.password,
                    "from_addr": server.sender,
                    "secure_mode": server.security,
                    "targets": [target.address],
                    "format": "text",
                },
                asset=asset,
            )
            # Apprise splits lists of addresses and drops what it cannot read; a page is for one target.
            return service if service and len(service.targets) == 1 else None

        return await self._threads.send(make, page)
