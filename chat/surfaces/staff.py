"""The frames of leads and on-call staff: alerts, entering a conversation, the board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from chat import conversation as pure
from chat import protocol
from chat.codes import Refusal
from chat.conversation import Phase
from chat.roles import SEES_ALERTS, SEES_BOARD
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
                await self._moved(frame, await self._services.alarms.acknowledge(frame.alert, self._person))
            case protocol.Resolve():
                await self._close(frame, frame.alert, "resolved", frame.outcome)
            case protocol.StandDown():
                await self._close(frame, frame.alert, "stood_down", "false_alarm")
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
        """Every live alert, as after a hello."""
        try:
            live = await self._services.alarms.live()
        except self._services.outages:
            return
        for alert in live:
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

    async def _close(
        self,
        frame: protocol.Resolve | protocol.StandDown,
        alert: str,
        state: Literal["resolved", "stood_down"],
        outcome: str,
    ) -> None:
        await self._moved(frame, await self._services.alarms.close(alert, self._person, state, outcome))

    async def _moved(
        self, frame: protocol.Acknowledge | protocol.Resolve | protocol.StandDown, moved: Alert | Refusal
    ) -> None:
        if isinstance(moved, Refusal):
            self._session.refuse(frame, moved)
            return
        await self._services.record(self._person, protocol.frame_type(type(frame)), "alert", moved.id)
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
        safe = await self._services.record(self._person, "enter", "conversation", frame.conversation)
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
        if role == "on_call":
            alert = await self._services.alarms.of_conversation(frame.conversation)
            if alert is not None:
                await self._services.alarms.entered(alert.id, self._person)
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
