"""A decision in the making: the steps that commands are made of, and matching, which ends every command."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from matching.events import Answered, Closed, Drawn, Event, Gone, Offered, Opened, Queued, Released, Timed
from matching.fitting import fits, preference
from matching.line import Queue, evolve
from matching.records import Answer, Offer, Pair, Post, Waiting
from matching.settings import Settings
from matching.ticket import Ticket


class Draft:
    """Decides step by step: each event is folded at once, so that the next step sees it."""

    def __init__(self, queue: Queue, at: float) -> None:
        self.queue = queue
        self.at = at
        self.events: list[Event] = []

    @property
    def settings(self) -> Settings:
        return self.queue.settings

    def match(self) -> None:
        """Offers every ticket in line, in order, to the desk with room that fits it best."""
        queue = self.queue
        spoken = {language for post in queue.desks.values() for language in post.desk.languages}
        loads = Counter(pair.person for pair in queue.pairings.values())
        ready = [
            post.desk
            for post in queue.desks.values()
            if not post.desk.paused and post.offer is None and loads[post.desk.person] < post.desk.capacity
        ]
        ready.sort(key=lambda desk: preference(desk, loads[desk.person]))
        for waiting in [queue.tickets[name] for name in queue.line]:
            if waiting.offer is not None:
                continue
            for desk in ready:
                if fits(
                    waiting.ticket,
                    desk,
                    self.at,
                    spoken=spoken,
                    passed=waiting.passed,
                    settings=queue.settings,
                ):
                    self.offer(waiting, desk.person)
                    ready.remove(desk)
                    break

    def stand_in_line(self, ticket: Ticket, process: str) -> None:
        ticket = replace(ticket, joined_at=min(ticket.joined_at, self.at))
        known = self.queue.tickets.get(ticket.id)
        if known is None:
            self.enqueue(Waiting(ticket, process))
            return
        ticket = replace(
            ticket,
            joined_at=min(ticket.joined_at, known.ticket.joined_at),
            urgent=ticket.urgent or known.ticket.urgent,
            returned=ticket.returned or known.ticket.returned,
            avoid=ticket.avoid | known.ticket.avoid,
        )
        self.enqueue(replace(known, ticket=ticket, process=process))
        if known.offer is not None and self.queue.offers[known.offer].person in ticket.avoid:
            self.take_back(known.offer, Answer.WITHDRAWN)

    def enqueue(self, waiting: Waiting) -> None:
        ticket = waiting.ticket
        self.add(Queued(waiting))
        self.lease(f"t:{ticket.id}")
        if ticket.topic is not None:
            self.again(ticket.joined_at + self.settings.topic_waived_after)
        if ticket.language is not None:
            self.again(ticket.joined_at + self.settings.language_waived_after)

    def dequeue(self, ticket: str) -> None:
        self.add(Gone(ticket))
        self.time(f"t:{ticket}", None)

    def offer(self, waiting: Waiting, person: str) -> None:
        offer = Offer(str(self.draw()), waiting.ticket.id, person, self.at + self.settings.offer)
        self.add(Offered(offer))
        self.time(f"o:{offer.id}", offer.lapses_at)
        self.add(Queued(replace(waiting, offer=offer.id)))
        self.add(Opened(replace(self.queue.desks[person], offer=offer.id)))

    def take_back(self, offer_id: str, answer: Answer) -> None:
        offer = self.queue.offers[offer_id]
        self.add(Answered(offer_id, answer, self.at + self.settings.remembered))
        waiting = self.queue.tickets[offer.ticket]
        passed = waiting.passed
        if answer is not Answer.WITHDRAWN:
            passed = {**passed, offer.person: self.at + self.settings.cooling}
            self.again(self.at + self.settings.cooling)
        self.add(Queued(Waiting(replace(waiting.ticket, returned=True), waiting.process, passed)))
        post = self.queue.desks[offer.person]
        lapses = {Answer.LAPSED: post.lapses + 1, Answer.DECLINED: 0}.get(answer, post.lapses)
        self.add(Opened(Post(post.desk, lapses)))

    def make_room(self, person: str) -> None:
        post = self.queue.desks.get(person)
        if post is None or post.offer is None:
            return
        if post.desk.paused or self.queue.load(person) >= post.desk.capacity:
            self.take_back(post.offer, Answer.WITHDRAWN)

    def shut(self, post: Post) -> None:
        if post.offer is not None:
            self.take_back(post.offer, Answer.WITHDRAWN)
        self.add(Closed(post.desk.person))
        self.time(f"d:{post.desk.person}", None)

    def unpair(self, pair: Pair) -> None:
        self.add(Released(pair.ticket))
        self.time(f"p:{pair.ticket}", None)
        self.time(f"u:{pair.ticket}", None)
        post = self.queue.desks.get(pair.person)
        if post is not None:
            self.add(Opened(replace(post, desk=replace(post.desk, free_since=self.at))))

    def draw(self) -> int:
        serial = max(self.queue.serial + 1, round(self.at * 1000))
        self.add(Drawn(serial))
        return serial

    def lease(self, what: str) -> None:
        self.time(what, self.at + self.settings.lease)

    def renew_lease(self, what: str) -> None:
        """Never shortens one that was extended."""
        self.time(what, max(self.at + self.settings.lease, self.queue.due.get(what, 0.0)))

    def again(self, when: float) -> None:
        if when > self.at:
            self.time(f"m:{round(when * 1000)}", when)

    def time(self, what: str, when: float | None) -> None:
        if when is not None or what in self.queue.due:
            self.add(Timed(what, when))

    def add(self, event: Event) -> None:
        self.events.append(event)
        self.queue = evolve(self.queue, event)
