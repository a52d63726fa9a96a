"""Any of the services that Apprise knows by URL (ntfy, Matrix, Signal and SMS gateways, chat rooms, ...)."""

from __future__ import annotations

from apprise import Apprise, AppriseAsset
from apprise.plugins.base import NotifyBase

from moderation.channels.channel import Delivered, Failed, Page, Target
from moderation.channels.threads import AppriseThreads


class AppriseUrl:
    """A target's address is an Apprise URL with all that it needs, secrets included."""

    def __init__(self, threads: AppriseThreads) -> None:
        self._threads = threads

    async def send(self, page: Page, target: Target) -> Delivered | Failed:
        def make(asset: AppriseAsset) -> NotifyBase | None:
            return Apprise.instantiate(target.address, asset=asset)

        return await self._threads.send(make, page)
