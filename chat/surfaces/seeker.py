"""A seeker's socket: what each of their frames does."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from contextlib import suppress
from time import perf_counter
from typing import Any, Final

import msgspec

from chat import conversation as pure
from chat import protocol
from chat.broker import Lost
from chat.codes import Close, Refusal
from chat.conversation import SEEKER, Phase
from chat.link import Take, refused
from chat.room import RETRY_AFTER, Room
from chat.sealing import Unopenable
from chat.services import Services
from chat.socket import Socket
from chat.staff_keys import unwritten
from chat.watch import Seen
from chat.words import Words
from matching.wait import LONGEST

STAY: Final = 10.0
"""Seconds that somebody who is new stays in a process that is nearly full: time to call for help."""
UNSTAFFED: Final = protocol.Wait(low=60, high=int(LONGEST))
"""What is possible at all while nobody is on: from a minute to the longest that is ever told."""


class SeekerSession:
    """One connection of one seeker, who has no account, no name and no cookie."""

    __slots__ = (
        "_conversation",
        "_departed",
        "_ending",
        "_leaves_at",
        "_room",
        "_services",
        "_since",
        "_socket",
        "_ticket",
        "_told",
    )

    def __init__(self, services: Services, socket: Socket) -> None:
        self._services = services
        self._socket = socket
        self._room: Room | None = None
        self._ticket = ""
        self._conversation = ""
        self._since = 0.0
        """When they came to this conversation, by a clock that processes share."""
        self._ending: str | None = None
        self._departed = False
        """Whether the seeker left the waiting room, and did not come again."""
        self._leaves_at: asyncio.TimerHandle | None = None
        """When this one gives way to others, because the process was nearly full when they came."""
        self._told: tuple[int, protocol.Wait | None] | None = None

    def __repr__(self) -> str:
        return "<SeekerSession>"

    # --- the session port ---------------------------------------------------------------------------------

    @property
    def heard_at(self) -> float:
        return self._socket.heard_at

    def send(self, data: bytes) -> None:
        self._socket.send(data)

    def shut(self, code: Close) -> None:
        self._socket.shut(code)

    def over(self, ended: protocol.Ended) -> None:
        ref, self._ending = self._ending, None
        self._answer(msgspec.structs.replace(ended, ref=ref), ref)
        if self._socket.link is not None:
            self._socket.link.talking = False

    def ask(self) -> None:
        room = self._room
        if room is None or room.state.phase in {None, Phase.ENDED}:
            self.send(protocol.write(protocol.Ping()))
        else:
            self.send(protocol.write(protocol.Ping(epoch=room.epoch, top=room.at.offset)))

    def left(self) -> None:
        self._remain()
        if self._services.hub.seekers.get(self._conversation) is self:
            del self._services.hub.seekers[self._conversation]
        if self._room is not None:
            self._room.rise(SEEKER, self)

    def moved(self, room: Room, event: pure.Move) -> None:
        """Shows the seeker what changed for them alone; before the welcome nothing did."""
        if self._room is not room:
            return
        if isinstance(event, pure.Returned):
            self._services.hub.spawn(self._services.pairings.returned(room))
        if isinstance(event, pure.Paired):
            self._told = None
            self.send(
                protocol.write(
                    protocol.Paired(
                        conversation=room.id,
                        alias=room.state.alias,
                        author=SEEKER,
                        epoch=room.epoch,
                        offset=room.at.offset,
                    )
                )
            )

    def place(self, place: int, wait: protocol.Wait | None, *, ref: str | None = None) -> None:
        """Tells the seeker where they stand, if it changed or was asked for; their welcome comes before."""
        if self._room is None or ((place, wait) == self._told and ref is None):
            return
        self._told = (place, wait)
        self._answer(
            protocol.Waiting(
                place=place,
                wait=wait or UNSTAFFED,
                staffed=wait is not None,
                conversation=self._conversation,
                ref=ref,
            ),
            ref,
        )

    # --- frames -------------------------------------------------------------------------------------------

    def carry(self, take: Take) -> Coroutine[Any, Any, None] | None:
        frame = take.frame
        match frame:
            case protocol.Say():
                return self._say(frame, hasty=take.hasty)
            case protocol.Got():
                if self._room is not None:
                    self._room.got(SEEKER, frame.author, frame.n)
            case protocol.Typing():
                if self._room is not None and self._room.state.phase is Phase.LIVE:
                    self._room.typing(SEEKER, on=frame.on)
            case protocol.Pong():
                pass
            case protocol.SeekerHello():
                return self._hello(frame)
            case protocol.Join():
                return self._guarded(frame, self._join(frame))
            case protocol.Leave():
                return self._guarded(frame, self._leave(frame))
            case protocol.End():
                return self._guarded(frame, self._end(frame))
            case protocol.Help():
                return self._help(frame)
            case protocol.Switch():
                return self._guarded(frame, self._switch(frame))
            case protocol.Rate():
                return self._guarded(frame, self._rate(frame))
            case protocol.Report():
                return self._guarded(frame, self._report(frame))
            case protocol.Seal():
                return self._guarded(frame, self._seal(frame))
            case protocol.Consent():
                return self._guarded(frame, self._consent(frame))
            case _:
                self.send(refused(frame, Refusal.NOT_ALLOWED))
        return None

    async def _guarded(self, frame: protocol.SeekerFrame, work: Coroutine[Any, Any, None]) -> None:
        """Answers `busy` instead of breaking when what the work stands on is away for the moment."""
        try:
            await work
        except self._services.outages:
            self._refuse(frame, Refusal.BUSY)
        except Lost:
            self._refuse(frame, Refusal.BUSY)

    def _refuse(self, frame: protocol.SeekerFrame, code: Refusal) -> None:
        retry_after = RETRY_AFTER if code is Refusal.BUSY else None
        ref = getattr(frame, "ref", None)
        self._services.hub.refused(code)
        data = refused(frame, code, retry_after=retry_after)
        if self._socket.link is not None:
            if code is Refusal.BUSY:
                self._socket.link.reopen(ref)
            else:
                self._socket.link.answered(ref, data)
        self.send(data)

    def _answer(self, frame: protocol.ServerFrame, ref: str | None) -> None:
        data = protocol.write(frame)
        if self._socket.link is not None:
            self._socket.link.answered(ref, data)
        self.send(data)

    # --- hello --------------------------------------------------------------------------------------------

    async def _hello(self, frame: protocol.SeekerHello) -> None:
        conversation = self._services.tickets.read(frame.ticket)
        if conversation is None:
            self._begin()
            self._welcome("idle", None, None)
            if not self._services.crowd.lets("entry", self._others()):
                loop = asyncio.get_running_loop()
                self._leaves_at = loop.call_later(STAY, self.shut, Close.FULL)
            return
        self._conversation = conversation
        self._ticket = frame.ticket or ""
        self._claim()
        try:
            room = await self._services.hub.find(conversation, patient=frame.resume is not None)
            if room is None:
                self._welcome("idle", None, None)
                return
            await self._come_back(room, frame.resume)
        except self._services.outages:
            self.shut(Close.BROKE)
        except (Lost, Unopenable):
            self.shut(Close.RESYNC)

    def _others(self) -> int:
        return self._services.hub.open_sockets - 1

    def _remain(self) -> None:
        """Whoever called for help gives way to nobody."""
        if self._leaves_at is not None:
            self._leaves_at.cancel()
            self._leaves_at = None

    def _begin(self) -> None:
        self.left()
        self._room = None
        self._told = None
        self._conversation, self._ticket = self._services.tickets.new()
        self._claim()

    def _claim(self) -> None:
        former = self._services.hub.seekers.get(self._conversation)
        self._services.hub.seekers[self._conversation] = self
        self._since = self._services.hub.clock()
        if former is not None and former is not self:
            former.shut(Close.TAKEN_OVER)

    async def _come_back(self, room: Room, resume: protocol.Resume | None) -> None:
        resumed, missed = await room.sit(SEEKER, self, resume, self._since)
        self._room = room
        if self._socket.gone:
            room.rise(SEEKER, self)
            return
        phase = room.state.phase
        state: protocol.State = "ended"
        if phase is Phase.LIVE:
            state = "live"
        elif phase is Phase.WAITING:
            state = "waiting"
        self._welcome(state, room, resumed)
        for data in missed:
            self.send(data)
        if self._socket.link is not None:
            self._socket.link.talking = phase is not Phase.ENDED
        if phase is Phase.WAITING:
            await self._guarded_place(room)

    async def _guarded_place(self, room: Room) -> None:
        try:
            await self._services.pairings.wait(room)
            await self._services.pairings.tell_place(room.id)
        except self._services.outages:
            return  # the renewal of waiting places brings it

    def _welcome(self, state: protocol.State, room: Room | None, resumed: protocol.Resumed | None) -> None:
        services = self._services
        self.send(
            protocol.write(
                protocol.Welcome(
                    ticket=self._ticket,
                    state=state,
                    open=services.is_open(),
                    limits=services.limits,
                    lines=services.lines,
                    conversation=room.id if room else None,
                    resumed=resumed,
                    alias=room.state.alias if room else None,
                    envelope=self._envelope_key(),
                )
            )
        )

    # --- waiting ------------------------------------------------------------------------------------------

    async def _join(self, frame: protocol.Join) -> None:
        self._departed = False
        services = self._services
        room = self._room
        if room is not None and room.state.phase is Phase.LIVE:
            self._refuse(frame, Refusal.NOT_NOW)
            return
        if room is None or room.state.phase is not Phase.WAITING:
            if not services.is_open():
                self._refuse(frame, Refusal.CLOSED)
                return
            crowded = not services.crowd.lets("conversation", self._others())
            if crowded or services.space.scarce or self._leaves_at is not None:
                self._refuse(frame, Refusal.FULL)
                return
            if room is not None:  # the conversation before this one is over
                self._begin()
                self._welcome("idle", None, None)
            room = await self._open(frame)
        if not await services.pairings.wait(room, wants=frame.wants or ()):
            room.rise(SEEKER, self)
            await services.pairings.end(room, "system", "full")
            self._refuse(frame, Refusal.FULL)
            return
        await services.pairings.tell_place(room.id, ref=frame.ref)

    async def _open(self, triage: protocol.Join) -> Room:
        language = None if triage.language is None else protocol.spoken(triage.language)
        room = await self._services.pairings.open(
            self._conversation, topic=triage.topic, language=language, mood=triage.mood
        )
        self._room = room
        if self._services.hub.seekers.get(self._conversation) is self:  # not of a page that was loaded again
            room.take(SEEKER, self, self._since)
        if self._socket.link is not None:
            self._socket.link.talking = True
        return room

    async def _leave(self, frame: protocol.Leave) -> None:
        room = self._room
        if room is not None and room.state.phase is Phase.LIVE:
            self._refuse(frame, Refusal.NOT_NOW)
            return
        if room is not None and room.state.phase is Phase.WAITING:
            room.rise(SEEKER, self)
            await self._services.pairings.end(room, "seeker", "left")
        self._departed = True
        self._answer(protocol.Left(ref=frame.ref), frame.ref)

    # --- talking ------------------------------------------------------------------------------------------

    def _say(self, frame: protocol.Say, *, hasty: bool) -> Coroutine[Any, Any, None] | None:
        room = self._room
        if room is None or room.state.phase is None:
            self.send(refused(frame, Refusal.NOT_NOW))
            return None
        if room.state.phase is Phase.ENDED:
            self.send(refused(frame, Refusal.GONE))
            return None
        since = perf_counter()
        words = Words(frame.text)
        history = [said for n, said in room.history if n < frame.n]
        seen = self._services.watch.look(words, history, room.asked)
        if hasty and not seen.is_crisis:
            self.send(refused(frame, Refusal.TOO_FAST, retry_after=RETRY_AFTER))
            return None
        if all(frame.n != n for n, _ in room.history):
            self._services.terms.saw(words, history, room.asked, seen.found)
        if seen.is_crisis or seen.failed:
            return self._say_alarming(room, frame, seen, since)
        room.remember(frame.n, words)
        room.say(self, SEEKER, frame.n, seen.words, seen.found, ref=frame.ref, since=since)
        return None

    async def _say_alarming(self, room: Room, frame: protocol.Say, seen: Seen, since: float) -> None:
        """The alert is durable first; only then the message is in the conversation and acknowledged."""
        began = perf_counter()
        durable = await self._services.alarms.raise_alert(
            key=f"{room.id}:{SEEKER}:{frame.n}",
            conversation=room.id,
            category="screening" if seen.failed else seen.found[0].category,
            severity="concern" if seen.failed else "crisis",
            source="failure" if seen.failed else "screening",
        )
        self._services.took("alert", perf_counter() - began, since)
        if seen.is_crisis:
            self.send(self._services.crisis_frame)
        if not durable:
            self.send(refused(frame, Refusal.BUSY, retry_after=RETRY_AFTER))
            return
        room.remember(frame.n, Words(frame.text))
        room.say(self, SEEKER, frame.n, seen.words, seen.found, ref=frame.ref, since=since)
        with suppress(*self._services.outages):  # the alert is what matters, and it is on its way
            await self._services.pairings.hurry(room)

    async def _help(self, frame: protocol.Help) -> None:
        """The lines come first, whatever else works; then somebody is told.

        Every call is an event of its own: one that was stood down an hour ago must not hide this one.
        """
        self._remain()
        self._answer(protocol.Crisis(lines=self._services.lines, ref=frame.ref), frame.ref)
        self._departed = False
        if self._room is not None and self._room.state.phase is Phase.ENDED:
            self._begin()  # what is over has no place to talk in any more
            self._welcome("idle", None, None)
        await self._services.alarms.raise_alert(
            key=f"{self._conversation}:help:{secrets.token_urlsafe(9)}",
            conversation=self._conversation,
            category="help",
            severity="crisis",
            source="seeker",
        )
        with suppress(*self._services.outages, Lost):  # the alert is what matters, and it is on its way
            room = self._room
            if self._departed or self._socket.gone:
                return  # they left in the same moment; the alert stays
            if room is None:
                # Whoever answers the alert needs a place to talk in, also while the service is closed.
                room = await self._open(protocol.Join())
            await self._services.pairings.hurry(room)
            if room.state.phase is Phase.WAITING and self._services.is_open():
                await self._services.pairings.wait(room)
                await self._services.pairings.tell_place(room.id)

    # --- what the seeker shares ---------------------------------------------------------------------------

    def _envelope_key(self) -> protocol.EnvelopeKey | None:
        newest = self._services.staff_keys.newest
        if newest is None:
            return None
        return protocol.EnvelopeKey(key=newest[0], public=newest[1], policy=self._services.envelope)

    async def _seal(self, frame: protocol.Seal) -> None:
        try:
            box = unwritten(frame.box)
        except ValueError:
            self._refuse(frame, Refusal.BAD_FRAME)
            return
        await self._share(frame, pure.Share(frame.key, box, frame.agreed))

    async def _consent(self, frame: protocol.Consent) -> None:
        await self._share(frame, pure.Consent(frame.on))

    async def _share(
        self, frame: protocol.Seal | protocol.Consent, command: pure.Share | pure.Consent
    ) -> None:
        """What is sealed lies in the conversation's stream, and goes with it."""
        room = self._room
        if room is None or room.state.phase is None:
            self._refuse(frame, Refusal.NOT_NOW)
            return
        moved = await room.move(command)
        if isinstance(moved, Refusal):
            self._refuse(frame, moved)
        else:
            self._answer(protocol.Done(re=protocol.frame_type(type(frame)), ref=frame.ref), frame.ref)

    # --- changing and ending ------------------------------------------------------------------------------

    async def _end(self, frame: protocol.End) -> None:
        room = self._room
        if room is None or room.state.phase is None:
            self._refuse(frame, Refusal.NOT_NOW)
            return
        if room.state.phase is Phase.ENDED:
            self._refuse(frame, Refusal.GONE)
            return
        self._ending = frame.ref
        refusal = await self._services.pairings.end(room, "seeker", "ended")
        if refusal is not None:
            self._refuse(frame, refusal)

    async def _switch(self, frame: protocol.Switch) -> None:
        room = self._room
        if room is None or room.state.phase is not Phase.LIVE:
            self._refuse(frame, Refusal.NOT_NOW)
            return
        await self._services.pairings.give_back(room, pure.Why.SWITCHED)
        await self._services.pairings.tell_place(room.id, ref=frame.ref)

    async def _rate(self, frame: protocol.Rate) -> None:
        kept = bool(self._conversation) and await self._services.hub.broker.annotate(
            self._conversation, {"helped": frame.helped, "mood_after": frame.mood}
        )
        if kept:
            self._answer(protocol.Done(re="rate", ref=frame.ref), frame.ref)
        else:
            self._refuse(frame, Refusal.NOT_NOW)

    async def _report(self, frame: protocol.Report) -> None:
        room = self._room
        if room is None or room.state.phase is None:
            self._refuse(frame, Refusal.NOT_NOW)
            return
        durable = await self._services.alarms.raise_alert(
            key=f"{room.id}:report:{secrets.token_urlsafe(9)}",
            conversation=room.id,
            category=f"report_{frame.reason}",
            severity="concern",
            source="seeker",
        )
        if durable:
            self._answer(protocol.Done(re="report", ref=frame.ref), frame.ref)
        else:
            self._refuse(frame, Refusal.BUSY)
