"""The frames of leads and on-call staff: alerts, entering a conversation, the board."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal

from chat import conversation as pure
from chat import protocol
from chat.broker import Lost
from chat.codes import Refusal
from chat.conversation import Phase
from chat.roles import SEES_ALERTS, SEES_BOARD
from chat.sealing import Unopenable
from chat.services import Services
from moderation.alerts import Alert

if TYPE_CHECKING:  # the session owns this object; the name is only for the reader and the type checker
    from chat.surfaces.team import TeamSession

_OVER: Final = ("resolved", "stood_down")


class Staff:
    """What a lead or on-call staff does besides talking."""

    def __init__(self, services: Services, session: TeamSession) -> None:
        self._services = services
        self._session = session
        self._person = session.person.id
        self._shown: dict[str, bytes] = {}
        """From each live alert to the frame that shows how it stands: nothing is shown twice."""

    async def carry(self, frame: protocol.TeamFrame) -> None:
        match frame:
            case protocol.Acknowledge():
                await self._moved(frame, await self._acknowledged(frame.alert))
            case protocol.Resolve():
                await self._close(frame, frame.alert, "resolved", frame.outcome)
            case protocol.StandDown():
                await self._close(frame, frame.alert, "stood_down", "false_alarm")
            case protocol.Decide():
                decided = await self._services.alarms.decide(frame.alert, self._person, frame.decision)
                await self._moved(frame, decided, f"decide_{frame.decision}")
            case protocol.Hand():
                await self._hand(frame)
            case protocol.Tick():
                await self._tick(frame)
            case protocol.Unseal():
                await self._unseal(frame)
            case protocol.Debriefed():
                self._services.debriefs.heard(frame.person)
                self._session.answer(frame, protocol.write(protocol.Done(re="debriefed", ref=frame.ref)))
                await self.show_board()
            case protocol.Observe():
                await self._observe(frame)
            case protocol.Unobserve():
                await self._unobserve(frame)
            case _:
                self._session.refuse(frame, Refusal.NOT_ALLOWED)

    # --- alerts -------------------------------------------------------------------------------------------

    def told(self, alert: str) -> None:
        """An alert changed; whoever may see it is shown how it stands."""
        if not SEES_ALERTS.isdisjoint(self._session.person.roles):
            self._services.hub.spawn(self._show(alert))

    async def _show(self, alert: str) -> None:
        try:
            standing = await self._services.alarms.get(alert)
        except self._services.outages:
            return
        if standing is not None:
            await self._bring(standing)

    async def show_all(self) -> None:
        """Every live alert, as after a hello; while the database is away, those that memory knows."""
        for alert in await self._services.alarms.shown():
            await self._bring(alert)

    async def _bring(self, alert: Alert) -> None:
        frame = await self._services.alarms.frame(alert, self._person)
        if self._shown.get(alert.id) == frame:
            return
        self._session.send(frame)
        if alert.state in _OVER:
            self._shown.pop(alert.id, None)
        else:
            self._shown[alert.id] = frame

    async def show_board(self) -> None:
        if self.sees_board:
            self._session.send(await self._services.boards.frame())

    @property
    def sees_board(self) -> bool:
        return not SEES_BOARD.isdisjoint(self._session.person.roles)

    async def _acknowledged(self, alert: str) -> Alert | Refusal:
        """Whoever is in the conversation already has entered it: nothing of theirs runs out."""
        alarms = self._services.alarms
        moved = await alarms.acknowledge(alert, self._person)
        if isinstance(moved, Refusal) or moved.conversation is None or moved.next_at is None:
            return moved
        if self._session.seat(moved.conversation) is None:
            return moved
        entered = await alarms.entered(moved.id, self._person)
        return moved if isinstance(entered, Refusal) else entered

    async def _close(
        self,
        frame: protocol.Resolve | protocol.StandDown,
        alert: str,
        state: Literal["resolved", "stood_down"],
        outcome: str,
    ) -> None:
        before = await self._services.alarms.get(alert)
        closed = await self._services.alarms.close(alert, self._person, state, outcome)
        await self._moved(frame, closed)
        hard = before is not None and before.source != "practice" and state == "resolved"
        if (
            hard
            and before is not None
            and not isinstance(closed, Refusal)
            and before.conversation is not None
        ):
            self._services.hub.spawn(self._owe(before.conversation))

    async def _owe(self, conversation: str) -> None:
        """Whoever listened in a conversation that was an alert is offered a debrief, connected or not."""
        with suppress(*self._services.outages, Lost, Unopenable):
            room = await self._services.hub.room(conversation)
            if (supporter := room.state.supporter) is not None:
                self._services.debriefs.owe(supporter.person)
                await self._services.debriefs.flush()

    async def _hand(self, frame: protocol.Hand) -> None:
        if frame.to == self._person or not await self._services.responders(frame.to):
            self._session.refuse(frame, Refusal.NOT_NOW if frame.to == self._person else Refusal.UNKNOWN)
            return
        await self._moved(frame, await self._services.alarms.hand(frame.alert, self._person, frame.to))

    async def _tick(self, frame: protocol.Tick) -> None:
        services = self._services
        if frame.item not in services.checklist.items:
            self._session.refuse(frame, Refusal.UNKNOWN)
            return
        ticked = await services.alarms.tick(
            frame.alert, frame.item, self._person, on=frame.on, at=services.hub.clock()
        )
        if isinstance(ticked, Refusal):
            self._session.refuse(frame, ticked)
            return
        self._session.answer(frame, await services.alarms.frame(ticked, self._person, frame.ref))
        services.hub.tell(f"{ticked.id} {ticked.state}".encode())

    async def _unseal(self, frame: protocol.Unseal) -> None:
        """The rule is the server's: a live alert, a seat under a named role, and the campus' policy.

        What is asked for goes on record first. With the seeker's consent an opening waits for nothing;
        without it nobody opens anything without a trace.
        """
        services = self._services
        seat = self._session.seat(frame.conversation)
        if seat is None:
            self._session.refuse(frame, Refusal.GONE)
            return
        if await services.alarms.of_conversation(frame.conversation) is None:
            self._session.refuse(frame, Refusal.NOT_ALLOWED)
            return
        room, _ = seat
        lies = room.state.envelope
        if lies is None:
            self._session.refuse(frame, Refusal.NOT_NOW)
            return
        safe = await services.record(self._person, "unseal", "conversation", room.id)
        if not safe and not lies.agreed:
            self._session.refuse(frame, Refusal.BUSY)
            return
        name = room.seal_name(self._session.person.name)
        moved = await room.move(pure.Unseal(self._person, name, services.envelope))
        if isinstance(moved, Refusal):
            self._session.refuse(frame, moved)
            return
        lies = room.state.envelope
        if isinstance(moved, pure.Worded) or lies is None:
            data = room.envelope_frame(frame.ref)
        else:
            found = services.staff_keys.open(lies.key, lies.box, room.id)
            data = protocol.write(
                protocol.Contents(conversation=room.id, where=found.where, reach=found.reach, ref=frame.ref)
            )
        if data is not None:
            self._session.answer(frame, data)

    async def _moved(
        self,
        frame: protocol.Acknowledge | protocol.Resolve | protocol.StandDown | protocol.Hand | protocol.Decide,
        moved: Alert | Refusal,
        action: str | None = None,
    ) -> None:
        """Answers a move of an alert, and puts it on record as `action`, by default the frame's name."""
        if isinstance(moved, Refusal):
            self._session.refuse(frame, moved)
            return
        action = action or protocol.frame_type(type(frame))
        await self._services.record(self._person, action, "alert", moved.id)
        self._session.answer(frame, await self._services.alarms.frame(moved, self._person, frame.ref))

    # --- entering a conversation --------------------------------------------------------------------------

    async def _observe(self, frame: protocol.Observe) -> None:
        """Nobody reads silently: the seeker is told. On-call staff need a live alert of this conversation."""
        role = await self._role_for(frame.conversation)
        if role is None:
            self._session.refuse(frame, Refusal.NOT_ALLOWED)
            return
        room = await self._services.hub.room(frame.conversation)
        if room.state.phase is Phase.ENDED:
            self._session.refuse(frame, Refusal.GONE)
            return
        record = self._services.record
        safe = await record(self._person, "enter", "conversation", frame.conversation)
        # From here on they are shown the phrases that the screen found.
        safe = await record(self._person, "phrases_shown", "conversation", frame.conversation) and safe
        if not safe and role == "lead":
            # Whoever answers an alert is let in whatever happens; nobody else enters without a trace.
            self._session.refuse(frame, Refusal.BUSY)
            return
        if room.state.member(self._person) is None:
            entered = await room.move(pure.Enter(self._person, role))
            if isinstance(entered, Refusal):
                self._session.refuse(frame, entered)
                return
        member = room.state.member(self._person)
        if member is None:
            self._session.refuse(frame, Refusal.GONE)
            return
        await self._entered(frame.conversation, role)
        missed = await self._session.enter(room, member)
        self._session.answer(
            frame,
            protocol.write(
                protocol.Observing(
                    conversation=room.id,
                    alias=room.state.alias,
                    author=member.author,
                    role=member.role,
                    epoch=room.epoch,
                    offset=member.since,
                    ref=frame.ref,
                )
            ),
        )
        for data in missed:
            self._session.send(data)

    async def _entered(self, conversation: str, role: Literal["lead", "on_call"]) -> None:
        """On-call staff who enter have the alert; a lead who enters must have it already."""
        alarms = self._services.alarms
        with suppress(*self._services.outages):  # a lead is let in also where nobody can be asked
            alert = await alarms.of_conversation(conversation)
            if alert is not None and (role == "on_call" or alert.person == self._person):
                await alarms.entered(alert.id, self._person)

    async def _role_for(self, conversation: str) -> Literal["lead", "on_call"] | None:
        """On-call staff need a live alert, which the database must confirm; a lead needs none."""
        roles = self._session.person.roles
        if "on_call" in roles:
            try:
                if await self._services.alarms.of_conversation(conversation) is not None:
                    return "on_call"
            except self._services.outages:
                if "lead" not in roles:
                    raise
        return "lead" if "lead" in roles else None

    async def _unobserve(self, frame: protocol.Unobserve) -> None:
        seat = self._session.seat(frame.conversation)
        if seat is None or seat[1].role == "supporter":
            self._session.refuse(frame, Refusal.NOT_NOW)
            return
        room, member = seat
        left = await room.move(pure.Exit(self._person))
        if isinstance(left, Refusal):
            self._session.refuse(frame, left)
            return
        self._session.rooms.pop(frame.conversation, None)
        await self._services.hub.broker.parted(self._person, frame.conversation)
        self._session.answer(
            frame,
            protocol.write(
                protocol.Observing(
                    conversation=room.id,
                    alias=room.state.alias,
                    author=member.author,
                    role=member.role,
                    epoch=room.epoch,
                    offset=room.at.offset,
                    on=False,
                    ref=frame.ref,
                )
            ),
        )
