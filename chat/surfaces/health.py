"""Whether this process lives, whether it is ready, and its counters."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.surfaces.security import json
from chat.switch import Standing

PATIENCE: Final = 1.5
"""Seconds that a dependency has to answer."""

Check = Callable[[], Awaitable[object]]
"""Raises when what it asks is not there."""


class Health:
    """Answers an orchestrator and a monitoring system; neither is told anything about people."""

    def __init__(
        self,
        checks: Mapping[str, Check],
        registry: CollectorRegistry,
        draining: Callable[[], bool],
        tested: Callable[[], Standing],
        scarce: Callable[[], bool] = lambda: False,
    ) -> None:
        """`tested` answers from memory when the alert path last proved itself, `scarce` whether Redis has no
        room for new conversations.
        """
        self._scarce = scarce
        self._checks = dict(checks)
        self._registry = registry
        self._draining = draining
        self._tested = tested

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/livez", self.live, methods=["GET"]),
            Route("/readyz", self.ready, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
        ]

    async def missing(self) -> list[str]:
        """The names of the dependencies that do not answer, and `draining` while this process is stopping."""
        names = list(self._checks)
        answers = await asyncio.gather(*(_answers(self._checks[name]) for name in names))
        missing = [name for name, there in zip(names, answers, strict=True) if not there]
        return ["draining", *missing] if self._draining() else missing

    async def live(self, _: Request) -> Response:
        """The event loop turns; nothing else is asked, so that a lost Redis restarts nobody."""
        return json({"live": True})

    async def ready(self, _: Request) -> Response:
        """Whether to send people here. A late test of the alert path is told, and turns nobody away.

        It is late for every process at once, and a balancer without servers hides the emergency lines too.
        """
        missing = await self.missing()
        tested = self._tested()
        path = {"tested_at": tested.passed_at, "late": tested.late}
        if not missing:
            standing = {"alert_path": tested.late, "memory": self._scarce()}
            degraded = [name for name, is_bad in standing.items() if is_bad]
            told = {"degraded": degraded} if degraded else {}
            return json({"ready": True, "alert_path": path, **told})
        detail = f"Not ready: {', '.join(missing)}."
        return json(
            {"code": "not_ready", "detail": detail, "missing": missing, "alert_path": path},
            HTTPStatus.SERVICE_UNAVAILABLE,
        )

    async def metrics(self, _: Request) -> Response:
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


async def _answers(check: Check) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            await check()
    except Exception:  # noqa: BLE001  # whatever it raises, it is not there
        return False
    return True
