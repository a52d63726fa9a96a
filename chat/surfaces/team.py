"""A signed-in person's socket: conversations, the desk, and alerts, each only for the roles that may."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from chat import protocol
from chat.broker import Lost
from chat.codes import Close, Refusal
from chat.conversation import Member, Phase
from chat.link import Take, refused
from chat.protocol import Role
from chat.roles import SEES_ALERTS, may
from chat.room import RETRY_AFTER, Room
from chat.sealing import Unopenable
from chat.services import Services
from chat.socket import Socket
from chat.surfaces.console import Console
from chat.surfaces.staff import Staff
from chat.words import Words

MOST_HELD: Final = 1_000
"""Frames that may wait for the welcome."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a socket belongs to, from the session it was opened with."""

    id: str
    name: str = field(repr=False)
    roles: frozenset[Role]
    token: str = field(repr=False)
    """The hash of the session token; revoking it closes the socket."""


class TeamSession:
    """One connection of one signed-in person."""

    def __init__(self, services: Services, socket: Socket, person: Identity) -> None:
        self.person = person
        self.rooms: dict[str, Room] = {}
        self._ending: dict[str, str] = {}
        self._listened: set[str] = set()
        """The conversations in which this person is the supporter."""
        self._held: list[bytes] | None = None
        """What rooms say before this person was told what they missed: it follows in its order."""
        self._partly = False
        """Greeted while Redis was away: once it is back, the client comes again for its conversations."""
        self._services = services
        self._socket = socket
        self._console = Console(services, self)
        self._staff = Staff(services, self)

    def __repr__(self) -> str:
        return "<TeamSession>"

    # --- the session port ---------------------------------------------------------------------------------

    @property
    def token(self) -> str:
        return self.person.token

    @property
    def heard_at(self) -> float:
        return self._socket.heard_at

    def send(self, data: bytes) -> None:
        if self._held is None:
            self._socket.send(data)
        elif len(self._held) < MOST_HELD:
            self._held.append(data)
        else:
            self.shut(Close.TOO_SLOW)

    def shut(self, code: Close) -> None:
        self._socket.shut(code)

    def over(self, ended: protocol.Ended) -> None:
        room = self.rooms.pop(ended.conversation, None)
        ref = self._ending.pop(ended.conversation, None)
        data = protocol.write(msgspec.structs.replace(ended, ref=ref))
        if self._socket.link is not None:
            self._socket.link.answered(ref, data)
        self.send(data)
        self._mark_talking()
        hard = room is not None and room.id in self._listened and (room.severity == "crisis" or room.urgent)
        self._listened.discard(ended.conversation)
        self._services.hub.spawn(self._console.after(ended.conversation, hard=hard))

    def ask(self) -> None:
        """Pings for each conversation, so that a view that fell behind is noticed in any of them."""
        if self._partly and self._services.hub.is_connected:
            self.shut(Close.RESYNC)
            return
        if not self.rooms:
            self.send(protocol.write(protocol.Ping()))
        for room in self.rooms.values():
            self.send(
                protocol.write(protocol.Ping(epoch=room.epoch, top=room.at.offset, conversation=room.id))
            )

    def left(self) -> None:
        hub = self._services.hub
        if hub.team.get(self.person.id) is self:
            del hub.team[self.person.id]
            self._services.pairings.console_left(self.person.id)
        for room in tuple(self.rooms.values()):
            if (member := room.state.member(self.person.id)) is not None:
                room.rise(member.author, self)

    def told(self, alert: str) -> None:
        """An alert changed."""
        self._staff.told(alert)

    @property
    def sees_board(self) -> bool:
        return self._staff.sees_board

    # --- frames -------------------------------------------------------------------------------------------

    def carry(self, take: Take) -> Coroutine[Any, Any, None] | None:
        frame = take.frame
        if not may(self.person.roles, type(frame)):
            self.answer(frame, refused(frame, Refusal.NOT_ALLOWED))
            return None
        match frame:
            case protocol.TeamSay():
                self._say(frame, hasty=take.hasty)
            case protocol.TeamGot():
                if (seat := self.seat(frame.conversation)) is not None:
                    seat[0].got(seat[1].author, frame.author, frame.n)
            case protocol.TeamTyping():
                if (seat := self.seat(frame.conversation)) is not None:
                    seat[0].typing(seat[1].author, on=frame.on)
            case protocol.Pong():
                pass
            case protocol.TeamHello():
                return self._hello(frame)
            case protocol.TeamEnd():
                return self.guarded(frame, self._end(frame))
            case (
                protocol.Desk()
                | protocol.Pause()
                | protocol.Accept()
                | protocol.Decline()
                | protocol.Raise()
                | protocol.Handover()
                | protocol.Wrapup()
                | protocol.Mark()
                | protocol.Debrief()
            ):
                return self.guarded(frame, self._console.carry(frame))
            case (
                protocol.Acknowledge()
                | protocol.Resolve()
                | protocol.StandDown()
                | protocol.Decide()
                | protocol.Hand()
                | protocol.Tick()
                | protocol.Unseal()
                | protocol.Debriefed()
                | protocol.Observe()
                | protocol.Unobserve()
            ):
                return self.guarded(frame, self._staff.carry(frame))
            case _:
                self.answer(frame, refused(frame, Refusal.NOT_ALLOWED))
        return None

    async def guarded(self, frame: protocol.TeamFrame, work: Coroutine[Any, Any, None]) -> None:
        """Answers `busy` instead of breaking when what the work stands on is away for the moment."""
        try:
            await work
        except self._services.outages:
            self.refuse(frame, Refusal.BUSY)
        except (Lost, Unopenable):
            self.refuse(frame, Refusal.GONE)

    def refuse(self, frame: protocol.TeamFrame, code: Refusal) -> None:
        """Sends a refusal; a frame that was only refused as `busy` may be said again with its reference."""
        retry_after = RETRY_AFTER if code is Refusal.BUSY else None
        self._services.hub.refused(code)
        self.answer(frame, refused(frame, code, retry_after=retry_after))
        if code is Refusal.BUSY and self._socket.link is not None:
            self._socket.link.reopen(getattr(frame, "ref", None))

    def answer(self, frame: protocol.TeamFrame | protocol.SeekerFrame, data: bytes) -> None:
        """Sends the answer to a frame, and remembers it for the frame's reference."""
        if self._socket.link is not None:
            self._socket.link.answered(getattr(frame, "ref", None), data)
        self.send(data)

    def seat(self, conversation: str) -> tuple[Room, Member] | None:
        """The room and this person's place in it; None when they are not in that conversation."""
        room = self.rooms.get(conversation)
        member = room.state.member(self.person.id) if room is not None else None
        return (room, member) if room is not None and member is not None else None

    # --- hello --------------------------------------------------------------------------------------------

    async def _hello(self, frame: protocol.TeamHello) -> None:
        outages = self._services.outages
        self._held = []
        try:
            await self._greet(frame)
        except outages:
            if SEES_ALERTS.isdisjoint(self.person.roles):
                self.shut(Close.BROKE)
                return
            # Whoever answers alerts can do so also while conversations cannot be reached.
            self._partly = True
            self._welcome({}, {}, "off")
        finally:
            self._release()
        with suppress(*outages):  # the next offer, alert or board shows it
            await self._console.come_back()
        if not SEES_ALERTS.isdisjoint(self.person.roles):
            await self._staff.show_all()
        with suppress(*outages):
            await self._staff.show_board()

    def _release(self) -> None:
        held, self._held = self._held, None
        for data in held or ():
            self._socket.send(data)

    async def _greet(self, frame: protocol.TeamHello) -> None:
        services = self._services
        services.hub.sits(self, self.person.id)
        resume = frame.resume or {}
        resumed: dict[str, protocol.Resumed] = {}
        talks: dict[str, protocol.Talk] = {}
        missed: list[bytes] = []
        known = await services.pairings.conversations_of(self.person.id)
        # After a loss only the client may still know where it was; whether it belongs there, the room knows.
        places = sorted({*known, *resume})
        for conversation, seated in zip(
            places, await asyncio.gather(*(self._sit(c, resume.get(c)) for c in places)), strict=True
        ):
            if seated is not None:
                room, member, resumed[conversation], frames = seated
                talks[conversation] = protocol.Talk(
                    alias=room.state.alias,
                    author=member.author,
                    role=member.role,
                    topic=room.state.topic,  # type: ignore[arg-type]  # it came in as one of the topics
                    language=room.state.language,
                    phase="live" if room.state.phase is Phase.LIVE else "waiting",
                )
                missed += frames
        self._welcome(talks, resumed, await self._console.state())
        for data in missed:
            self._socket.send(data)
        self._mark_talking()

    def _welcome(
        self,
        talks: dict[str, protocol.Talk],
        resumed: dict[str, protocol.Resumed],
        state: protocol.State,
    ) -> None:
        services = self._services
        self._socket.send(
            protocol.write(
                protocol.TeamWelcome(
                    ticket="",
                    state=state,
                    open=services.is_open(),
                    limits=services.limits,
                    lines=services.lines,
                    conversations=talks,
                    resumed=resumed or None,
                    name=self.person.name,
                    roles=sorted(self.person.roles),
                )
            )
        )

    async def _sit(
        self, conversation: str, resume: protocol.Resume | None
    ) -> tuple[Room, Member, protocol.Resumed, list[bytes]] | None:
        try:
            room = await self._services.hub.find(conversation, patient=resume is not None)
            member = room.state.member(self.person.id) if room is not None else None
            if room is None or member is None:
                await self._services.hub.broker.parted(self.person.id, conversation)
                return None
            resumed, missed = await room.sit(member.author, self, resume)
        except (Lost, Unopenable):
            return None
        if room.state.member(self.person.id) is None:
            return None
        self.rooms[conversation] = room
        if member.role == "supporter":
            self._listened.add(conversation)
        if self._socket.gone:
            room.rise(member.author, self)
        return room, member, resumed, missed

    async def enter(self, room: Room, member: Member) -> list[bytes]:
        """Takes a seat in a room and answers the frames that this person has not seen.

        The caller sends them before anything else is awaited: from here on the room sends what is new.
        """
        await self._services.hub.broker.joined(self.person.id, room.id)
        _, missed = await room.sit(member.author, self, None)
        self.rooms[room.id] = room
        if member.role == "supporter":
            self._listened.add(room.id)
        self._mark_talking()
        return missed

    def _mark_talking(self) -> None:
        if self._socket.link is not None:
            self._socket.link.talking = bool(self.rooms)

    # --- talking ------------------------------------------------------------------------------------------

    def _say(self, frame: protocol.TeamSay, *, hasty: bool) -> None:
        seat = self.seat(frame.conversation)
        if seat is None:
            self.send(refused(frame, Refusal.GONE))
            return
        if hasty:
            self.send(refused(frame, Refusal.TOO_FAST, retry_after=RETRY_AFTER))
            return
        room, member = seat
        masked = self._services.watch.masked(Words(frame.text))
        room.say(self, member.author, frame.n, masked, ref=frame.ref)

    async def _end(self, frame: protocol.TeamEnd) -> None:
        seat = self.seat(frame.conversation)
        if seat is None:
            self.refuse(frame, Refusal.GONE)
            return
        room, member = seat
        if frame.ref is not None:
            self._ending[room.id] = frame.ref
        refusal = await self._services.pairings.end(room, member.role, "ended")
        if refusal is not None:
            self.refuse(frame, refusal)
