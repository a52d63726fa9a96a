"""Takes every page and reaches nobody: for drills and for the test of the alert path that runs by itself."""

from __future__ import annotations

from moderation.channels.channel import Delivered, Failed, Page, Target


class Null:
    """Delivers by doing nothing."""

    async def send(self, page: Page, target: Target) -> Delivered | Failed:  # noqa: ARG002  # the port's names
        return Delivered()
