"""Where the waiting room and the conversation meet: joining, pairing, giving back, ending.

Each of these touches two places that no single step can change together: the waiting room and the stream.
The waiting room decides who talks to whom; the stream is what is true of a conversation. Every operation is
idempotent by the conversation's id, so whoever comes next (the other process, the returning client, the next
sweep) finishes what a killed process began.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from time import perf_counter
from typing import Final

import msgspec

from chat import conversation as pure
from chat import protocol
from chat.aliases import alias
from chat.broker import Lost
from chat.codes import Refusal
from chat.conversation import Conversation, Member, Phase
from chat.hub import Hub
from chat.protocol import From
from chat.room import Room
from chat.sealing import Unopenable
from chat.shortfalls import of_shift
from matching import moves, notices
from matching.answers import Counts
from matching.desk import Desk
from matching.queue import WaitingRoom
from matching.ticket import Ticket
from matching.wait import expected_wait

FINISH_AFTER: Final = 0.5
"""Seconds that whoever accepted an offer has to finish the pairing before others do it for them."""
PLACES_EVERY: Final = 0.5
"""Seconds over which changes of the order are gathered before the seekers are told."""
COUNTED_WITHIN: Final = 0.5
"""Seconds for which the numbers of the waiting room are good enough to tell somebody what to expect."""

_REFUSALS: Final = {
    moves.Refusal.FULL: Refusal.FULL,
    moves.Refusal.LAPSED: Refusal.GONE,
    moves.Refusal.UNKNOWN: Refusal.UNKNOWN,
    moves.Refusal.NOT_YOURS: Refusal.NOT_ALLOWED,
}


def expected(place: int, counts: Counts) -> protocol.Wait | None:
    """What is told to the seeker at `place`; None while nobody is on who could end the wait."""
    wait = expected_wait(
        place,
        room=counts.room,
        capacity=sum(capacity for _, capacity in counts.loads.values()) if counts.ready else 0,
        paired_at=counts.paired_at,
        at=counts.at,
    )
    return None if wait is None else protocol.Wait(low=int(wait.low), high=int(wait.high))


class Pairings:
    """Everything that changes who talks to whom."""

    def __init__(
        self,
        *,
        hub: Hub,
        waiting: WaitingRoom,
        campus: str,
        clock: Callable[[], float],
        is_open: Callable[[], bool],
        outages: tuple[type[Exception], ...],
        on_paired: Callable[[float], None] = lambda _: None,
        on_accepted: Callable[[float, float], None] = lambda _room, _stream: None,
        after_hard: Callable[[str], object] = lambda _: None,
    ) -> None:
        """`on_paired` is told how many seconds a seeker waited for their first supporter, `on_accepted` how
        many an accepted offer spent in the waiting room, and after that in the stream; `after_hard` who
        listened in a hard conversation that they are out of now, connected or not.
        """
        self._on_accepted = on_accepted
        self._after_hard = after_hard
        self._hub = hub
        self._waiting = waiting
        self._campus = campus
        self._clock = clock
        self._is_open = is_open
        self._outages = outages
        self._on_paired = on_paired
        self._desks: dict[str, Desk] = {}
        """The desks whose consoles are connected here, as this process would open them again."""
        self._tickets: dict[str, Ticket] = {}
        """The tickets whose seekers wait here, as this process would join them again."""
        self._placing = False
        self._owing = False
        """Whether somebody who waits here could not be told their place."""
        self._counted: tuple[float, Counts] | None = None
        """The waiting room in numbers as it was lately, and when that was."""

    # --- the seeker ---------------------------------------------------------------------------------------

    async def open(
        self, conversation: str, *, topic: str | None, language: str | None, mood: int | None
    ) -> Room:
        """Opens a conversation, or answers the one that is open already."""
        room = self._hub.empty_room(conversation)
        await room.create(pure.Open(self._campus, alias(), topic, language, mood))
        return room

    async def wait(self, room: Room, wants: Sequence[str] = ()) -> bool:
        """Puts the seeker in line, where they stood before if they did; False when too many wait already."""
        ticket = self._tickets[room.id] = self._ticket(room, wants)
        with self._owed():
            joined = await self._waiting.join(ticket)
        if isinstance(joined, moves.Refusal):
            del self._tickets[room.id]
            return False
        return True

    def _ticket(self, room: Room, wants: Sequence[str] = ()) -> Ticket:
        """The seeker's ticket, with all that is known of it here and in the stream."""
        state = room.state
        known = self._tickets.get(room.id)
        return Ticket(
            id=room.id,
            joined_at=state.opened_at,
            topic=state.topic,
            language=state.language,
            mood=state.mood,
            wants=frozenset((*wants, *(known.wants if known else ()))),
            urgent=room.urgent or (known is not None and known.urgent),
            returned=state.paired_at is not None,
            avoid=state.avoid | known.avoid if known and known.avoid else state.avoid,
        )

    async def hurry(self, room: Room) -> None:
        """Somebody called for help: a seeker who still waits goes before the others."""
        room.urgent = True
        if room.state.phase is Phase.WAITING and room.id in self._tickets:
            self._tickets[room.id] = replace(self._tickets[room.id], urgent=True)
            await self._waiting.make_urgent(room.id)

    async def tell_place(self, conversation: str, *, ref: str | None = None) -> None:
        """Tells one seeker of this process their place now."""
        with self._owed():
            place, counts = await asyncio.gather(self._waiting.place(conversation), self._lately())
        seeker = self._hub.seekers.get(conversation)
        if seeker is None or (place is None and ref is None):
            return  # the offer has just been accepted
        seeker.place(place or 1, expected(place or 1, counts), ref=ref)

    @contextmanager
    def _owed(self) -> Iterator[None]:
        """Where a place cannot be told now, the next renewal tells everybody who waits here."""
        try:
            yield
        except self._outages:
            self._owing = True
            raise

    async def moved(self) -> None:
        """The order changed: everybody who waits here is told soon, once for many changes."""
        if not self._placing and self._tickets:
            self._placing = True
            self._hub.spawn(self._tell_all())

    async def _tell_all(self) -> None:
        try:
            await asyncio.sleep(PLACES_EVERY)
            self._placing = False
            order, counts = await asyncio.gather(self._waiting.places(), self._count())
        except self._outages:
            self._owing = True
            return
        finally:
            self._placing = False
        for number, conversation in enumerate(order, start=1):
            seeker = self._hub.seekers.get(conversation)
            if seeker is not None and conversation in self._tickets:
                seeker.place(number, expected(number, counts))

    async def _count(self) -> Counts:
        counts = await self._waiting.counts()
        self._counted = self._hub.now(), counts
        return counts

    async def _lately(self) -> Counts:
        """The numbers as they were a moment ago: in a rush, one seeker may expect what the next one may.

        Whoever is told by them is told again once the line has moved, by numbers of then.
        """
        if self._counted is not None and self._hub.now() - self._counted[0] < COUNTED_WITHIN:
            return self._counted[1]
        return await self._count()

    async def expected_wait(self) -> protocol.Wait | None:
        """What somebody who joined now would be told."""
        counts = await self._waiting.counts()
        return expected(counts.waiting + 1, counts)

    # --- pairing ------------------------------------------------------------------------------------------

    async def accept(self, person: str, offer: str) -> tuple[Room, Member] | Refusal:
        """Makes the pairing of an offer. Repeating it answers the same conversation."""
        began = perf_counter()
        pairing = await self._waiting.accept(offer, person)
        if isinstance(pairing, moves.Refusal):
            return _REFUSALS[pairing]
        accepted = perf_counter()
        made = await self._pair(pairing.ticket, person, pairing.fence)
        if not isinstance(made, Refusal):
            self._on_accepted(accepted - began, perf_counter() - accepted)
        return made

    async def _pair(self, conversation: str, person: str, fence: int) -> tuple[Room, Member] | Refusal:
        try:
            room = await self._hub.room(conversation)
        except Lost:
            await self._waiting.release(conversation, person)
            return Refusal.GONE
        member = room.state.member(person)
        if member is not None and member != room.state.supporter:
            await room.move(pure.Exit(person))  # they looked on so far, and talk from now on
        if member is None or member != room.state.supporter:
            began = room.state.paired_at is None
            await room.move(pure.Pair(person, room.unshown_from if room.state.paired_at else None))
            if began and (paired_at := room.state.paired_at) is not None:
                self._on_paired(max(0.0, paired_at - room.state.opened_at))
        member = room.state.supporter
        if member is None or member.person != person:
            await self._waiting.release(conversation, person)
            return Refusal.GONE
        self._tickets.pop(conversation, None)
        await self._confirm(conversation, person, fence)
        return room, member

    async def _confirm(self, conversation: str, person: str, fence: int) -> None:
        """The last step of a pairing that is in the stream: until it is made, the pairing is told again."""
        await self._hub.broker.joined(person, conversation)
        await self._waiting.confirm(conversation, fence)

    async def finish_begun(self, person: str) -> None:
        """Finishes the pairings of a person that a killed process left half-made."""
        for pairing in await self._waiting.unconfirmed(person):
            await self._pair(pairing.ticket, person, pairing.fence)

    async def decline(self, person: str, offer: str) -> Refusal | None:
        refused = await self._waiting.decline(offer, person)
        return _REFUSALS[refused] if refused is not None else None

    async def offers_of(self, person: str) -> list[protocol.Offer]:
        """The offers that are open to a person now."""
        return [_offer(offer) for offer in await self._waiting.offers_of(person)]

    # --- what the waiting room tells ----------------------------------------------------------------------

    async def offered(self, offer: notices.Offered) -> None:
        self._send(offer.person, _offer(offer))

    async def lapsed(self, lapse: notices.Lapsed) -> None:
        self._send(lapse.person, protocol.Lapsed(offer=lapse.offer))

    async def paired(self, pairing: notices.Paired) -> None:
        """Finishes a pairing, should the process that accepted it have died in the middle."""
        self._hub.spawn(self._finish_later(pairing))

    async def desk_paused(self, pause: notices.DeskPaused) -> None:
        if (known := self._desks.get(pause.person)) is not None:
            self._desks[pause.person] = replace(known, paused=True, holding=self._held(pause.person))
            self._send(pause.person, self.desk_frame(self._desks[pause.person], None))

    async def _finish_later(self, pairing: notices.Paired) -> None:
        await asyncio.sleep(FINISH_AFTER)
        room = self._hub.known(pairing.ticket)
        supporter = room.state.supporter if room is not None else None
        with suppress(*self._outages, Lost, Unopenable):
            if supporter is not None and supporter.person == pairing.person:
                self._tickets.pop(pairing.ticket, None)
                await self._confirm(pairing.ticket, pairing.person, pairing.fence)
            else:
                await self._pair(pairing.ticket, pairing.person, pairing.fence)

    def _send(self, person: str, frame: protocol.ServerFrame) -> None:
        if (teammate := self._hub.team.get(person)) is not None:
            teammate.send(protocol.write(frame))

    async def conversations_of(self, person: str) -> list[str]:
        await self.finish_begun(person)
        known = set(await self._hub.broker.conversations_of(person))
        here = {room.id for room in self._hub.rooms if room.state.member(person) is not None}
        return sorted(known | here)

    # --- giving back --------------------------------------------------------------------------------------

    async def give_back(self, room: Room, why: pure.Why) -> None:
        """The supporter is out of the conversation; the seeker stands first in line again."""
        supporter = room.state.supporter
        if supporter is None:
            return
        made = await room.move(pure.Return(why))
        if isinstance(made, Refusal):
            return
        self._out_of(room, supporter)
        await self._hub.broker.parted(supporter.person, room.id)
        ticket = self._ticket(room)
        await self._waiting.requeue(ticket)
        if room.id in self._hub.seekers:
            self._tickets[room.id] = ticket
        await self.moved()

    def _out_of(self, room: Room, supporter: Member) -> None:
        if room.severity == "crisis" or room.urgent:
            self._after_hard(supporter.person)

    async def returned(self, room: Room) -> None:
        """A seeker of this process waits again; the process that gave them back may have died of it.

        From here on this process renews the ticket.
        """
        if room.state.phase is not Phase.WAITING:
            return
        with suppress(*self._outages):
            self._tickets[room.id] = self._ticket(room)
            await self._waiting.requeue(self._tickets[room.id])
            await self.tell_place(room.id)

    async def vanished(self, room: Room) -> None:
        """The supporter gave no sign for too long."""
        with suppress(*self._outages, Lost):
            await self.give_back(room, pure.Why.VANISHED)

    # --- ending -------------------------------------------------------------------------------------------

    async def end(self, room: Room, by: From, reason: str) -> Refusal | None:
        """Ends a conversation for both; its key and words are gone when this returns.

        A conversation that is over already is no refusal.
        """
        supporter = room.state.supporter
        members = room.state.members
        ended = await room.finish(by, reason, self._facts)
        if isinstance(ended, Refusal):
            return None if ended is Refusal.GONE else ended
        self._tickets.pop(room.id, None)
        if supporter is not None:
            self._out_of(room, supporter)
        for member in members:
            await self._hub.broker.parted(member.person, room.id)
        if supporter is not None:
            await self._waiting.release(room.id, supporter.person)
        else:
            await self._waiting.leave(room.id)
        return None

    async def abandoned(self, room: Room) -> None:
        """Nothing happened for hours."""
        with suppress(*self._outages, Lost):
            await self.end(room, "system", "abandoned")

    def _facts(self, state: Conversation, severity: protocol.Severity | None) -> dict[str, str | bytes | int]:
        """What the contact is made of. The person is needed for the wrap-up only, and goes no further."""
        now = self._clock()
        facts: dict[str, str | bytes | int] = {
            "at": int(now),
            "waited": int((state.paired_at or now) - state.opened_at),
            "talked": int(now - state.paired_at) if state.paired_at else 0,
            "paired": int(state.paired_at is not None),
            "topic": state.topic or "",
            "language": state.language or "",
            "mood": state.mood or 0,
            "severity": severity or "",
        }
        if state.supporter is not None:
            facts["person"] = state.supporter.person
        return facts

    async def wrap_up(self, person: str, conversation: str, *, outcome: str, topic: str) -> bool:
        """Adds outcome and topic to an ended conversation of this person's; False when there is none."""
        try:
            stream = await self._hub.broker.follow(conversation)
        except Lost:
            return False
        if not stream.ended or stream.fields.get("person") != person.encode():
            return False
        return await self._hub.broker.annotate(conversation, {"outcome": outcome, "topic": topic})

    # --- the desk -----------------------------------------------------------------------------------------

    async def desk(self, person: str) -> Desk | None:
        """The desk of a person whose console is, or was a moment ago, connected; None when it is closed."""
        return await self._waiting.desk(person)

    async def open_desk(
        self, person: str, *, capacity: int, languages: frozenset[str], topics: frozenset[str]
    ) -> Desk:
        former = await self._waiting.desk(person)
        desk = Desk(
            person=person,
            process=self._waiting.process,
            capacity=capacity,
            languages=languages,
            topics=topics,
            paused=former.paused if former is not None else False,
            holding=self._held(person) | (former.holding if former is not None else frozenset()),
        )
        self._desks[person] = desk
        await self._waiting.open_desk(desk)
        return desk

    async def reopen(self, desk: Desk) -> None:
        """A console came back, perhaps to another process: its desk is looked after here now."""
        self._desks[desk.person] = replace(desk, process=self._waiting.process)
        await self._waiting.open_desk(self._desks[desk.person])

    async def close_desk(self, person: str) -> None:
        self._desks.pop(person, None)
        await self._waiting.close_desk(person)

    async def pause(self, person: str, *, on: bool) -> Desk | None:
        if not await self._waiting.pause(person, on=on):
            return None
        if person in self._desks:
            self._desks[person] = replace(self._desks[person], paused=on)
        return await self._waiting.desk(person)

    def desk_frame(self, desk: Desk | None, ref: str | None) -> protocol.DeskIs:
        if desk is None:
            return protocol.DeskIs(
                open=False, paused=False, capacity=0, load=0, languages=[], topics=[], ref=ref
            )
        return protocol.DeskIs(
            open=True,
            paused=desk.paused,
            capacity=desk.capacity,
            load=desk.load,
            languages=sorted(desk.languages),
            topics=sorted(desk.topics),
            ref=ref,
        )

    def _held(self, person: str) -> frozenset[str]:
        return frozenset(
            room.id
            for room in self._hub.rooms
            if (supporter := room.state.supporter) is not None and supporter.person == person
        )

    def console_left(self, person: str) -> None:
        """A console is gone: its desk is renewed no more, and closes by itself unless it comes back."""
        self._desks.pop(person, None)

    # --- keeping ------------------------------------------------------------------------------------------

    async def renew(self) -> None:
        """Renews what this process holds in the waiting room, and says again what Redis has lost."""
        here = self._hub.seekers
        waiting = {
            room.id: room
            for room in self._hub.rooms
            if room.state.phase is Phase.WAITING and (room.id in here or room.id in self._tickets)
        }
        self._tickets = {name: ticket for name, ticket in self._tickets.items() if name in waiting}
        for room in waiting.values():
            known = self._tickets.get(room.id)
            if room.state.paired_at is not None and (known is None or not known.returned):
                await self.returned(room)
        live = {room.id: room for room in self._hub.rooms if room.id in here and room.state.supporter}
        renewed = await self._waiting.renew([*self._tickets, *live], list(self._desks))
        for person in renewed.taken:
            self._desks.pop(person, None)
        for person in renewed.desks:
            if (desk := self._desks.get(person)) is not None:
                self._desks[person] = replace(desk, holding=self._held(person))
                await self._waiting.open_desk(self._desks[person])
        for conversation in renewed.tickets:
            if conversation in live:
                supporter = live[conversation].state.supporter
                if supporter is not None:
                    await self._waiting.hold(conversation, supporter.person)
            elif (ticket := self._tickets.get(conversation)) is not None:
                await self._waiting.join(ticket)
        if self._owing:
            self._owing = False
            await self.moved()

    # --- the board ----------------------------------------------------------------------------------------

    async def board(
        self,
        alerts: int,
        *,
        practice: int = 0,
        tested_at: float | None = None,
        test_late: bool = False,
        alarms: Iterable[protocol.BoardAlarm] = (),
    ) -> protocol.Board:
        """What leads see at a glance; `alarms` are those that are not about the shift itself."""
        counts, posted = await asyncio.gather(self._waiting.counts(), self._hub.broker.posted())
        rows = {row.conversation: row for some in posted for row in _rows_in.decode(some)}
        rows.update((row.conversation, row) for row in self._rows())
        return protocol.Board(
            open=self._is_open(),
            waiting=counts.waiting,
            longest_wait=int(counts.longest_wait),
            ready=counts.ready,
            paused=counts.paused,
            talking=counts.pairings,
            alerts=alerts,
            practice=practice,
            tested_at=tested_at,
            test_late=test_late,
            conversations=sorted(rows.values(), key=lambda row: (-row.minutes, row.conversation)),
            alarms=[
                *of_shift(waiting=counts.waiting, ready=counts.ready, paused=counts.paused),
                *alarms,
            ],
        )

    async def post_rows(self) -> None:
        """Lets the boards of all processes show the conversations of this one."""
        await self._hub.broker.post(_rows_out.encode(self._rows()))

    def _rows(self) -> list[protocol.BoardRow]:
        now = self._clock()
        return [
            protocol.BoardRow(
                conversation=room.id,
                alias=room.state.alias,
                phase=room.state.phase.value,
                severity=room.severity,
                minutes=int((now - room.state.opened_at) // 60),
            )
            for room in self._hub.rooms
            if room.state.phase in {Phase.WAITING, Phase.LIVE} and room.seats
        ]


_rows_out = msgspec.msgpack.Encoder()
_rows_in = msgspec.msgpack.Decoder(list[protocol.BoardRow])


def _offer(offer: notices.Offered) -> protocol.Offer:
    return protocol.Offer(
        offer=offer.offer,
        topic=offer.topic,  # type: ignore[arg-type]  # it came in as one of the topics
        language=offer.language,
        mood=offer.mood,
        waited=int(offer.waited),
        urgent=offer.urgent,
        lapses_at=offer.lapses_at,
    )
