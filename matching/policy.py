"""The rules of the waiting room, pure; the scripts in `lua/` carry out the same ones.

Line: the urgent, then those who return to the head, then the others; within each the longest waiting first.
The first ticket that fits a desk with room is offered there, to the desk with the fewest conversations and
then the one free longest. `fitting` says what fits, and what is waived with time so that nobody waits for
ever. Every command ends by matching, so nobody waits while a fitting desk is free.
"""

from __future__ import annotations

from dataclasses import replace

from matching.desk import Desk
from matching.draft import Draft
from matching.events import (
    Answered,
    Confirmed,
    Event,
    Forgotten,
    Opened,
    Paired,
)
from matching.line import Queue, due, evolve
from matching.moves import (
    Accept,
    CloseDesk,
    Command,
    Confirm,
    Decline,
    Hold,
    Join,
    Leave,
    MakeUrgent,
    OpenDesk,
    Pause,
    Refusal,
    Release,
    Renew,
    Requeue,
    Sweep,
)
from matching.records import Answer, Pair, Post
from matching.ticket import Ticket

__all__ = ["Queue", "decide", "due", "evolve"]


def decide(queue: Queue, command: Command, at: float) -> tuple[Event, ...] | Refusal:
    """What a command makes happen at that time, the offers that follow from it included."""
    draft = _Decision(queue, at)
    refusal = draft.carry_out(command)
    if refusal is not None:
        return refusal
    if not isinstance(command, Renew | Confirm):  # to keep or to note something frees no desk
        draft.match()
    return tuple(draft.events)


class _Decision(Draft):
    """One command, carried out step by step."""

    def carry_out(self, command: Command) -> Refusal | None:
        match command:
            case Join(ticket, process):
                return self._join(ticket, process)
            case Requeue(ticket, process):
                self._requeue(ticket, process)
            case Leave(ticket_id):
                return self._leave(ticket_id)
            case MakeUrgent(ticket_id):
                return self._make_urgent(ticket_id)
            case OpenDesk(desk):
                self._open(desk)
            case CloseDesk(person, process):
                return self._close(person, process)
            case Pause(person, on):
                return self._pause(person, on=on)
            case Accept(offer, person):
                return self._accept(offer, person)
            case Decline(offer, person):
                return self._decline(offer, person)
            case Confirm(ticket_id, fence):
                return self._confirm(ticket_id, fence)
            case Hold(ticket_id, person, process):
                return self._hold(ticket_id, person, process)
            case Release(ticket_id, person):
                return self._release(ticket_id, person)
            case Renew(tickets, desks, process):
                self._renew(tickets, desks, process)
            case Sweep(expected):
                self._sweep(expected)
        return None

    # --- seekers ------------------------------------------------------------------------------------------

    def _join(self, ticket: Ticket, process: str) -> Refusal | None:
        pair = self.queue.pairings.get(ticket.id)
        if pair is not None:
            self.add(Paired(replace(pair, process=process), None))
            self.renew_lease(f"p:{ticket.id}")
            return None
        full = len(self.queue.tickets) >= self.settings.most_waiting
        if full and ticket.id not in self.queue.tickets and not ticket.urgent:
            return Refusal.FULL
        self.stand_in_line(ticket, process)
        return None

    def _requeue(self, ticket: Ticket, process: str) -> None:
        pair = self.queue.pairings.get(ticket.id)
        if pair is not None:
            self.unpair(pair)
        self.stand_in_line(replace(ticket, returned=True), process)

    def _leave(self, ticket: str) -> Refusal | None:
        waiting = self.queue.tickets.get(ticket)
        if waiting is None:
            return Refusal.UNKNOWN
        if waiting.offer is not None:
            self.take_back(waiting.offer, Answer.WITHDRAWN)
        self.dequeue(ticket)
        return None

    def _make_urgent(self, ticket: str) -> Refusal | None:
        waiting = self.queue.tickets.get(ticket)
        if waiting is None:
            return Refusal.UNKNOWN
        self.enqueue(replace(waiting, ticket=replace(waiting.ticket, urgent=True)))
        return None

    # --- supporters ---------------------------------------------------------------------------------------

    def _open(self, desk: Desk) -> None:
        known = self.queue.desks.get(desk.person)
        free_since = self.at if desk.free_since is None else min(desk.free_since, self.at)
        post = Post(replace(desk, free_since=free_since, holding=frozenset()))
        if known is not None:
            resumed = known.desk.paused and not desk.paused
            since = self.at if resumed else known.desk.free_since
            lapses = 0 if resumed else known.lapses
            post = Post(replace(post.desk, free_since=since), lapses, known.offer)
        self.add(Opened(post))
        self.lease(f"d:{desk.person}")
        for ticket in sorted(desk.holding):
            if ticket not in self.queue.tickets and ticket not in self.queue.pairings:
                self.add(
                    Paired(Pair(None, ticket, desk.person, self.draw(), desk.process, confirmed=True), None)
                )
                self.lease(f"p:{ticket}")
        self.make_room(desk.person)

    def _close(self, person: str, process: str) -> Refusal | None:
        post = self.queue.desks.get(person)
        if post is None:
            return Refusal.UNKNOWN
        if post.desk.process != process:
            return Refusal.NOT_YOURS
        self.shut(post)
        return None

    def _pause(self, person: str, *, on: bool) -> Refusal | None:
        post = self.queue.desks.get(person)
        if post is None:
            return Refusal.UNKNOWN
        if post.desk.paused and not on:
            post = replace(post, desk=replace(post.desk, free_since=self.at), lapses=0)
        self.add(Opened(replace(post, desk=replace(post.desk, paused=on))))
        self.make_room(person)
        return None

    def _accept(self, offer_id: str, person: str) -> Refusal | None:
        offer = self.queue.offers.get(offer_id)
        if offer is None:
            return Refusal.UNKNOWN
        if offer.person != person:
            return Refusal.NOT_YOURS
        if offer.answer is Answer.ACCEPTED:
            pair = self.queue.pairings.get(offer.ticket)
            return None if pair is not None and pair.fence == offer.fence else Refusal.LAPSED
        if offer.answer is not Answer.OPEN or offer.lapses_at <= self.at:
            return Refusal.LAPSED
        fence = self.draw()
        self.add(Answered(offer_id, Answer.ACCEPTED, self.at + self.settings.remembered, fence))
        desk = self.queue.desks[person].desk
        self.add(Opened(Post(replace(desk, free_since=self.at))))
        waiting = replace(self.queue.tickets[offer.ticket], offer=None)
        self.dequeue(offer.ticket)
        self.add(Paired(Pair(waiting, offer.ticket, person, fence, waiting.process), self.at))
        self.lease(f"p:{offer.ticket}")
        self.time(f"u:{offer.ticket}", self.at + self.settings.retell_every)
        return None

    def _decline(self, offer_id: str, person: str) -> Refusal | None:
        offer = self.queue.offers.get(offer_id)
        if offer is None:
            return Refusal.UNKNOWN
        if offer.person != person:
            return Refusal.NOT_YOURS
        if offer.answer is Answer.DECLINED:
            return None
        if offer.answer is not Answer.OPEN:
            return Refusal.LAPSED
        self.take_back(offer_id, Answer.DECLINED)
        return None

    # --- pairings -----------------------------------------------------------------------------------------

    def _confirm(self, ticket: str, fence: int) -> Refusal | None:
        pair = self.queue.pairings.get(ticket)
        if pair is None or pair.fence != fence:
            return Refusal.UNKNOWN
        self.add(Confirmed(ticket))
        self.time(f"u:{ticket}", None)
        return None

    def _hold(self, ticket: str, person: str, process: str) -> Refusal | None:
        pair = self.queue.pairings.get(ticket)
        if ticket in self.queue.tickets or (pair is not None and pair.person != person):
            return Refusal.NOT_YOURS
        if pair is None:
            pair = Pair(None, ticket, person, self.draw(), process)
        self.add(Paired(replace(pair, confirmed=True), None))
        self.time(f"u:{ticket}", None)
        self.renew_lease(f"p:{ticket}")
        self.make_room(person)
        return None

    def _release(self, ticket: str, person: str) -> Refusal | None:
        pair = self.queue.pairings.get(ticket)
        if pair is None or pair.person != person:
            return Refusal.UNKNOWN
        self.unpair(pair)
        return None

    # --- keeping ------------------------------------------------------------------------------------------

    def _renew(self, tickets: tuple[str, ...], desks: tuple[str, ...], process: str) -> None:
        for ticket in tickets:
            if ticket in self.queue.tickets:
                self.renew_lease(f"t:{ticket}")
            elif ticket in self.queue.pairings:
                self.renew_lease(f"p:{ticket}")
        for person in desks:
            post = self.queue.desks.get(person)
            if post is not None and post.desk.process == process:
                self.renew_lease(f"d:{person}")

    def _sweep(self, expected: float | None) -> None:
        self._guard(expected)
        over = [what for what, when in self.queue.due.items() if when <= self.at]
        for what in sorted(over, key=lambda name: (self.queue.due[name], name)):
            if self.queue.due.get(what, self.at + 1) > self.at:
                continue  # an earlier one took it along
            self.time(what, None)
            self._end(what[:2], what[2:])

    def _guard(self, expected: float | None) -> None:
        if self.queue.due.get("g:", self.at) > self.at:
            return
        leases = [what for what in self.queue.due if what[:2] in {"t:", "d:", "p:"}]
        ended = sum(self.queue.due[what] <= self.at for what in leases)
        jumped = expected is not None and self.at - expected > self.settings.jump
        many = ended >= self.settings.guard_least and ended > self.settings.guard_share * len(leases)
        if ended and (jumped or many):
            for what in leases:
                self.renew_lease(what)
            self.time("g:", self.at + 3 * self.settings.lease)

    def _end(self, kind: str, name: str) -> None:
        match kind:
            case "t:":
                self._leave(name)
            case "d:":
                self._vanish(name)
            case "p:":
                self.unpair(self.queue.pairings[name])
            case "o:":
                self._lapse(name)
            case "u:":
                self.time(f"u:{name}", self.at + self.settings.retell_every)

    def _vanish(self, person: str) -> None:
        self.shut(self.queue.desks[person])
        for pair in list(self.queue.pairings.values()):
            if pair.person == person and not pair.confirmed and pair.waiting is not None:
                self.unpair(pair)
                ticket = replace(pair.waiting.ticket, returned=True)
                self.enqueue(replace(pair.waiting, ticket=ticket, process=pair.process))

    def _lapse(self, offer_id: str) -> None:
        offer = self.queue.offers[offer_id]
        if offer.answer is not Answer.OPEN:
            self.add(Forgotten(offer_id))
            return
        self.take_back(offer_id, Answer.LAPSED)
        post = self.queue.desks[offer.person]
        if post.lapses >= self.settings.lapses_before_pause:
            self.add(Opened(replace(post, desk=replace(post.desk, paused=True))))
