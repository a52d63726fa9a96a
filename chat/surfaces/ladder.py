"""`/api/ladder`: who is told after whom, whether that is tested, and the decision to open all the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from chat.plan import Plan
from chat.rostering import Rostering
from chat.surfaces.admission import Admission, answered, body_of
from chat.surfaces.roster import COORDINATORS, TEAM, Text
from chat.surfaces.security import json
from moderation import ladder as ladders
from moderation.ladder import Who
from storage.overrides import LONGEST, REASONS, Reason

_HOUR: Final = 3600.0


class Opened(Struct, frozen=True, forbid_unknown_fields=True):
    """Why, and for how long."""

    reason: Reason
    hours: Annotated[float, Meta(gt=0, le=LONGEST / _HOUR)]


class LadderApi:
    """Everything that changes something is on record. `concerns_wait` answers what holds now."""

    def __init__(
        self,
        rostering: Rostering,
        admission: Admission,
        record: Callable[[str, str, str, str], Awaitable[object]],
        clock: Callable[[], float],
        concerns_wait: Callable[[], bool],
    ) -> None:
        self._rostering = rostering
        self._plan = rostering.plan
        self._admission = admission
        self._record = record
        self._clock = clock
        self._concerns_wait = concerns_wait

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/ladder", self.show, methods=["GET"]),
            Route("/api/ladder", self.write, methods=["POST"]),
            Route("/api/ladder/override", self.override, methods=["POST"]),
            Route("/api/ladder/override", self.end_override, methods=["DELETE"]),
        ]

    async def show(self, request: Request) -> Response:
        person = await self._admission.one_of(request, TEAM)
        coordinates = not COORDINATORS.isdisjoint(person.roles)
        return json(_shown(self._plan, self._clock(), coordinates=coordinates, waits=self._concerns_wait()))

    async def write(self, request: Request) -> Response:
        """Puts a text in force; an empty one brings back the ladder of the settings."""
        person = await self._admission.one_of(request, COORDINATORS)
        given = await body_of(request, Text)
        made = await answered(self._rostering.write("ladder", given.text, given.version, person.id))
        await self._record(person.id, "write", "ladder", str(made.version))
        return json({"version": made.version})

    async def override(self, request: Request) -> Response:
        person = await self._admission.one_of(request, COORDINATORS)
        given = await body_of(request, Opened)
        made = await answered(self._rostering.override(given.reason, given.hours, person.id))
        await self._record(person.id, "override", "ladder", made.id)
        return json({"until": made.until})

    async def end_override(self, request: Request) -> Response:
        person = await self._admission.one_of(request, COORDINATORS)
        await answered(self._rostering.end_override())
        await self._record(person.id, "end_override", "ladder", "override")
        return json({"until": None})


def _shown(plan: Plan, at: float, *, coordinates: bool, waits: bool) -> dict[str, Any]:
    sheet = plan.sheet("ladder")
    own = sheet is not None and bool(sheet.text.strip())
    override = plan.override if plan.state(at) == "override" else None
    after, rungs = 0.0, []
    for rung in plan.ladder.rungs:
        rungs.append(
            {
                "after": after,
                "tell": [_who(plan, who) for who in rung.tell],
                "by": list(rung.channels),
                "wait": rung.wait,
            }
        )
        after += rung.wait
    return {
        "version": sheet.version if sheet else 0,
        "own": own,
        "text": (sheet.text if sheet and own else ladders.DEFAULT) if coordinates else None,
        "rungs": rungs,
        "concerns_wait": waits,
        "state": plan.state(at),
        "flaws": [{"rung": flaw.rung, "at": flaw.at} for flaw in plan.flaws],
        "override": (
            {
                "reason": override.reason,
                "until": override.until,
                "by": plan.people[override.by].name if override.by in plan.people else None,
            }
            if override
            else None
        ),
        "reasons": REASONS,
    }


def _who(plan: Plan, who: Who) -> dict[str, str | None]:
    if who.kind == "person":
        known = plan.people.get(who.name)
        return {"kind": "person", "name": known.name if known else None}
    return {"kind": who.kind, "name": who.name or None}
