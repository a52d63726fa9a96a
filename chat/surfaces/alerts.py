"""`/api/alerts`: what the screen of an alert needs besides the alert: the protocol, the people, the past."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.alarms import Alarms
from chat.roles import STAFF
from chat.surfaces.admission import Admission, answered
from chat.surfaces.security import json
from moderation.checklist import Checklist
from storage.alert_details import Past
from storage.people import Person

MOST: Final = 100
"""How many closed alerts are shown."""


class AlertsApi:
    """For leads and on-call staff."""

    def __init__(
        self,
        alarms: Alarms,
        checklist: Checklist,
        team: Callable[[], Awaitable[Sequence[Person]]],
        admission: Admission,
    ) -> None:
        self._alarms = alarms
        self._team = team
        self._admission = admission
        self._protocol = _protocol(checklist)

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/alerts", self.show, methods=["GET"]),
            Route("/api/alerts/past", self.past, methods=["GET"]),
        ]

    async def show(self, request: Request) -> Response:
        """The protocol, and to whom an alert can be handed."""
        await self._admission.one_of(request, STAFF)
        team = await answered(self._team())
        people = [
            {"id": one.id, "name": one.name, "roles": sorted(STAFF & set(one.roles))}
            for one in sorted(team, key=lambda one: one.name)
            if one.active and not STAFF.isdisjoint(one.roles)
        ]
        return json({"protocol": self._protocol, "people": people})

    async def past(self, request: Request) -> Response:
        """The alerts that were closed last, without a word of anybody."""
        await self._admission.one_of(request, STAFF)
        past = await answered(self._alarms.past(MOST))
        return json({"past": [await self._told(one) for one in past]})

    async def _told(self, past: Past) -> dict[str, Any]:
        return {
            "alert": past.id,
            "day": past.day.isoformat(),
            "category": past.category,
            "severity": past.severity,
            "source": past.source,
            "state": past.state,
            "outcome": past.outcome,
            "raised_at": past.raised_at,
            "acknowledged_at": past.acknowledged_at,
            "entered_at": past.entered_at,
            "closed_at": past.closed_at,
            "who": await self._alarms.named(past.person),
        }


def _protocol(checklist: Checklist) -> dict[str, Any]:
    return {
        "title": checklist.title,
        "source": checklist.source,
        "parts": [
            {
                "id": part.id,
                "title": part.title,
                "items": [{"id": item.id, "text": item.text} for item in part.items],
            }
            for part in checklist.parts
        ],
    }
