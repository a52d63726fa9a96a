"""The supporter's frames: the desk, offers, calls for help, hand-overs, the wrap-up."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from chat import conversation as pure
from chat import protocol
from chat.codes import Refusal
from chat.conversation import Phase
from chat.services import Services
from matching.desk import Desk

if TYPE_CHECKING:  # the session owns the console; this name is only for the reader and the type checker
    from chat.surfaces.team import TeamSession

MOST_MARKS: Final = 500
"""How many marks of one connection are counted."""


class Console:
    """What a supporter does besides talking."""

    def __init__(self, services: Services, session: TeamSession) -> None:
        self._services = services
        self._session = session
        self._person = session.person.id
        self._marked: set[tuple[str, int, str, str | None]] = set()

    async def carry(self, frame: protocol.TeamFrame) -> None:
        match frame:
            case protocol.Desk():
                await self._desk(frame)
            case protocol.Pause():
                await self._pause(frame)
            case protocol.Accept():
                await self._accept(frame)
            case protocol.Decline():
                await self._decline(frame)
            case protocol.Raise():
                await self._raise(frame)
            case protocol.Handover():
                await self._handover(frame)
            case protocol.Wrapup():
                await self._wrapup(frame)
            case protocol.Mark():
                self._mark(frame)
            case protocol.Debrief():
                await self._debrief(frame)
            case _:
                self._session.refuse(frame, Refusal.NOT_ALLOWED)

    # --- the desk -----------------------------------------------------------------------------------------

    async def state(self) -> protocol.State:
        desk = await self._services.pairings.desk(self._person)
        if desk is None:
            return "off"
        return "paused" if desk.paused else "ready"

    async def come_back(self) -> None:
        """After a hello: the desk as it stands belongs to this connection now, with its open offers."""
        pairings = self._services.pairings
        if "supporter" in self._session.person.roles:
            with suppress(*self._services.outages):
                if await self._services.debriefs.is_due(self._person):
                    self._session.send(protocol.write(protocol.DebriefOffer()))
        desk = await pairings.desk(self._person)
        if desk is None:
            return
        await pairings.reopen(desk)
        self._session.send(protocol.write(pairings.desk_frame(desk, None)))
        for offer in await pairings.offers_of(self._person):
            self._session.send(protocol.write(offer))

    async def _desk(self, frame: protocol.Desk) -> None:
        pairings = self._services.pairings
        desk: Desk | None
        if frame.open:
            desk = await pairings.open_desk(
                self._person,
                capacity=frame.capacity,
                languages=frozenset(map(protocol.spoken, frame.languages)),
                topics=frozenset(frame.topics),
            )
        else:
            await pairings.close_desk(self._person)
            desk = None
        self._session.answer(frame, protocol.write(pairings.desk_frame(desk, frame.ref)))

    async def _pause(self, frame: protocol.Pause) -> None:
        pairings = self._services.pairings
        desk = await pairings.pause(self._person, on=frame.on)
        if desk is None:
            self._session.refuse(frame, Refusal.NOT_NOW)
            return
        self._session.answer(frame, protocol.write(pairings.desk_frame(desk, frame.ref)))

    # --- offers -------------------------------------------------------------------------------------------

    async def _accept(self, frame: protocol.Accept) -> None:
        made = await self._services.pairings.accept(self._person, frame.offer)
        if isinstance(made, Refusal):
            self._session.refuse(frame, made)
            return
        room, member = made
        state = room.state
        missed = await self._session.enter(room, member)
        self._session.answer(
            frame,
            protocol.write(
                protocol.Paired(
                    conversation=room.id,
                    alias=state.alias,
                    author=member.author,
                    epoch=room.epoch,
                    offset=member.since,
                    ref=frame.ref,
                    topic=state.topic,  # type: ignore[arg-type]  # it came in as one of the topics
                    language=state.language,
                    mood=state.mood,
                )
            ),
        )
        for data in missed:
            self._session.send(data)

    async def _decline(self, frame: protocol.Decline) -> None:
        refusal = await self._services.pairings.decline(self._person, frame.offer)
        if refusal is not None:
            self._session.refuse(frame, refusal)
        else:
            self._done(frame, "decline", frame.ref)

    # --- in a conversation --------------------------------------------------------------------------------

    async def _raise(self, frame: protocol.Raise) -> None:
        seat = self._session.seat(frame.conversation)
        if seat is None:
            self._session.refuse(frame, Refusal.GONE)
            return
        durable = await self._services.alarms.raise_alert(
            key=f"{frame.conversation}:raise:{secrets.token_urlsafe(9)}",
            conversation=frame.conversation,
            category=f"call_{frame.reason}",
            severity="crisis",
            source="supporter",
        )
        if durable:
            self._done(frame, "raise", frame.ref)
        else:
            self._session.refuse(frame, Refusal.BUSY)

    async def _handover(self, frame: protocol.Handover) -> None:
        """Gives the seeker back to the line, first in it; naming a colleague, or staying on, is refused."""
        seat = self._session.seat(frame.conversation)
        if seat is None or seat[0].state.phase is not Phase.LIVE or seat[1].role != "supporter":
            self._session.refuse(frame, Refusal.NOT_NOW)
            return
        if frame.to is not None or frame.warm:
            self._session.refuse(frame, Refusal.NOT_NOW)
            return
        await self._services.pairings.give_back(seat[0], pure.Why.HANDED_OVER)
        self._done(frame, "handover", frame.ref)

    async def _wrapup(self, frame: protocol.Wrapup) -> None:
        kept = await self._services.pairings.wrap_up(
            self._person, frame.conversation, outcome=frame.outcome, topic=frame.topic
        )
        if kept:
            self._done(frame, "wrapup", frame.ref)
        else:
            self._session.refuse(frame, Refusal.NOT_NOW)

    def _mark(self, frame: protocol.Mark) -> None:
        """Counts what the supporter makes of a finding, once however often it is tapped."""
        seat = self._session.seat(frame.conversation)
        if seat is None or seat[1].role != "supporter":
            self._session.refuse(frame, Refusal.GONE)
            return
        if (frame.term is None) == (frame.verdict == "false_alarm"):
            self._session.refuse(frame, Refusal.BAD_FRAME)
            return
        if frame.term is not None and not self._services.terms.knows(frame.term):
            self._session.refuse(frame, Refusal.UNKNOWN)
            return
        mark = (frame.conversation, frame.n, frame.verdict, frame.term)
        if mark not in self._marked and len(self._marked) < MOST_MARKS:
            self._marked.add(mark)
            self._services.terms.mark(frame.verdict, frame.term)
        self._done(frame, "mark", frame.ref)

    async def _debrief(self, frame: protocol.Debrief) -> None:
        """A break closes the desk for a while; a wish to talk is shown to the lead. Only a count is kept."""
        pairings = self._services.pairings
        if frame.choice == "break" and (desk := await pairings.pause(self._person, on=True)) is not None:
            self._session.send(protocol.write(pairings.desk_frame(desk, None)))
        with suppress(*self._services.outages):  # a count too few; the lead was told first
            await self._services.debriefs.took(self._person, frame.choice)
        self._done(frame, "debrief", frame.ref)

    async def after(self, conversation: str, *, hard: bool = False) -> None:
        """A conversation is over: the desk shows its free place; after a hard one a debrief is offered."""
        if hard:
            self._session.send(protocol.write(protocol.DebriefOffer(conversation=conversation)))
        desk = await self._services.pairings.desk(self._person)
        if desk is not None and conversation not in self._session.rooms:
            self._session.send(protocol.write(self._services.pairings.desk_frame(desk, None)))

    def _done(self, frame: protocol.TeamFrame, re: str, ref: str | None) -> None:
        self._session.answer(frame, protocol.write(protocol.Done(re=re, ref=ref)))
