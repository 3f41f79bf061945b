"""Keeps the clocks of every request: what happened is written down where it happens, and read from the help desk."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.domain.chat import ChatMessage, Platform
from bot.domain.clock_state import States
from bot.domain.delivery import System
from bot.domain.effects import ShowClocks, Ticket
from bot.domain.helpdesk import ConversationView
from bot.domain.ids import AgentId, ConversationId, LinkId
from bot.domain.links import ConversationLink
from bot.domain.richtext import plain
from bot.domain.sla import verdict_of
from bot.domain.sla_events import EventKind, TicketEvent
from bot.domain.sla_merging import MERGED, inherit, was_cancelled
from bot.domain.sla_policy import Priority
from bot.domain.sla_stages import DELETED
from bot.domain.sla_ticket import Origin, SlaTicket, SlaTicketId
from bot.domain.sla_warnings import index_of
from bot.domain.subject import cut
from bot.domain.suggestion import suggest
from bot.ports.clock import Clock
from bot.ports.store import Records
from bot.usecases.cards import Cards
from bot.usecases.clock_lines import ClockLines
from bot.usecases.places import desk_lane, promise
from bot.usecases.timekeeping import Timekeeping

log = structlog.get_logger(__name__)

EXCERPT = 300
OLDEST, FARTHEST_AHEAD = timedelta(days=366), timedelta(days=1)
MANY_EVENTS = 200
_ORIGINS = {Platform.DISCORD: Origin.DISCORD, Platform.MATRIX: Origin.MATRIX}


class Tracking:
    """Everything here is part of somebody else's transaction, so that a fact and its clock are never apart."""

    def __init__(
        self,
        *,
        clock: Clock,
        time: Timekeeping,
        cards: Cards,
        lines: ClockLines,
        p0_words: Sequence[str],
        shows_clocks: bool,
    ) -> None:
        """``shows_clocks``: the help desk has a field for them."""
        self._clock = clock
        self._time = time
        self._cards = cards
        self._lines = lines
        self._p0_words = p0_words
        self._shows_clocks = shows_clocks
        self.version = 0

    async def opened(
        self, records: Records, link: ConversationLink, message: ChatMessage, received_at: datetime
    ) -> SlaTicket:
        """A message opened a ticket: its clocks begin, as a rule with the message's time."""
        return await self.begin(records, self._of_chat(link, message, link.link_id, received_at), plain(message.text))

    async def filed(self, records: Records, link: ConversationLink, message: ChatMessage, *, anew: bool) -> None:
        """A ticket got its number. ``anew``: it goes on from a former one, with clocks of its own."""
        ticket = await records.sla.of_link(link.link_id)
        if anew:
            name = f"{link.link_id}:{link.conversation_id}"
            new = self._of_chat(link, message, name, link.opened_at)
            ticket = await self.begin(records, new, plain(message.text))
        elif ticket is None:
            # A request that an earlier release took in and could not file.
            ticket = await self.opened(records, link, message, self._clock.now())
        if ticket.conversation_id is None:
            ticket = replace(ticket, conversation_id=link.conversation_id, number=link.number)
            states = await self.settle(records, ticket)
            await self._cards.show(records, ticket, states)

    def _of_chat(self, link: ConversationLink, message: ChatMessage, name: str, received_at: datetime) -> SlaTicket:
        return SlaTicket(
            ticket_id=SlaTicketId(name),
            origin=_ORIGINS[link.address.platform],
            received_at=self._believable(received_at),
            author=link.author_name,
            subject=link.subject,
            link_id=link.link_id,
            source_link=message.link,
        )

    def _believable(self, at: datetime) -> datetime:
        """A platform's time of a message; one that is years off is its server's mistake, or somebody's joke."""
        now = self._clock.now()
        return at if now - OLDEST <= at <= now + FARTHEST_AHEAD else now

    async def customer_wrote(self, records: Records, link_id: LinkId, at: datetime, text: str) -> None:
        """The customer's further words, where they were read. Until a person has triaged, they may tell of a P0."""
        event = TicketEvent(kind=EventKind.CUSTOMER_WROTE, at=self._believable(at))
        ticket = await self._of_link(records, link_id)
        if ticket is None or _goes_without_saying(ticket):
            return
        ticket = replace(ticket, ours=(*ticket.ours, event))
        suggestion = suggest(text, self._p0_words)
        if ticket.triaged_by or ticket.priority is Priority.P0 or not suggestion.is_critical:
            await self.settle(records, ticket)
            return
        raised = TicketEvent(kind=EventKind.PRIORITIZED, at=event.at, by_person=False, priority=suggestion.priority)
        ticket = replace(
            ticket,
            priority=suggestion.priority,
            suggested_label=suggestion.label,
            suggestion=suggestion.word,
            excerpt=cut(text, EXCERPT),
            ours=(*ticket.ours, raised),
        )
        await self._cards.alarm(records, ticket, await self.settle(records, ticket))

    async def answered(self, records: Records, link_id: LinkId, at: datetime) -> None:
        """A person's answer appeared in chat."""
        await self._happened(records, link_id, TicketEvent(kind=EventKind.ANSWERED, at=self._believable(at)))

    async def triaged(
        self, records: Records, found: Ticket, label: str, priority: str, *, by: str, why: str
    ) -> States | None:
        """Somebody said what it is and how urgent; None where no clocks are kept of it."""
        ticket = await self.of(records, found)
        if ticket is None:
            return None
        event = TicketEvent(
            kind=EventKind.PRIORITIZED, at=self._clock.now(), priority=Priority(priority), label=label, reason=why
        )
        ticket = replace(
            ticket,
            label=label,
            priority=Priority(priority),
            triaged_by=by,
            picked_label=label,
            picked_priority=priority,
            ours=(*ticket.ours, event),
        )
        return await self.settle(records, ticket)

    async def waits(self, records: Records, found: Ticket) -> None:
        """It waits for somebody outside: whether that pauses its clock is a setting."""
        ticket = await self.of(records, found)
        if ticket is not None:
            event = TicketEvent(kind=EventKind.WAITS_FOR_OTHERS, at=self._clock.now())
            await self.settle(records, replace(ticket, ours=(*ticket.ours, event)))

    async def cancelled(self, records: Records, found: Ticket, reason: str) -> None:
        """It was no request after all, or another one's twin: its clocks end without a verdict."""
        ticket = await self.of(records, found)
        if ticket is not None:
            event = TicketEvent(kind=EventKind.CANCELLED, at=self._clock.now(), reason=reason)
            await self.settle(records, replace(ticket, ours=(*ticket.ours, event)))

    async def taken(self, records: Records, found: Ticket, agent_id: int, name: str) -> None:
        """Somebody looks after it now."""
        ticket = await self.of(records, found)
        if ticket is not None:
            await self.settle(records, replace(ticket, assignee=name, assignee_id=AgentId(agent_id)))

    async def picked(
        self, records: Records, ticket: SlaTicket, act: str, *, label: str = "", priority: str = ""
    ) -> SlaTicket:
        """One half of a triage was chosen on the card; the same act again leaves what was chosen since as it is."""
        if not await records.inbox.admit(act, decision="picked", link_id=None, at=self._clock.now()):
            return ticket
        ticket = replace(
            ticket,
            picked_label=label or ticket.picked_label,
            picked_priority=priority or ticket.picked_priority,
        )
        await self.settle(records, ticket)
        return ticket

    async def merged(self, records: Records, former: ConversationId, into: ConversationView) -> None:
        """One conversation went into another: the surviving ticket takes over what the other one was promised."""
        ticket = await records.sla.of_conversation(former)
        survivor = await records.sla.of_conversation(into.conversation_id)
        if ticket is None:
            return
        if survivor is None or survivor.ticket_id == ticket.ticket_id:
            # The other conversation has no clocks: these go on there.
            await self.settle(records, replace(ticket, conversation_id=into.conversation_id, number=into.number))
            return
        cancelled = TicketEvent(kind=EventKind.CANCELLED, at=self._clock.now(), reason=MERGED)
        if was_cancelled(ticket, MERGED):
            return
        await self.settle(records, replace(ticket, ours=(*ticket.ours, cancelled)))
        await self.settle(records, inherit(survivor, ticket, self._clock.now()))

    async def of(self, records: Records, found: Ticket) -> SlaTicket | None:
        """The clocks of a ticket, if they are kept."""
        if found.conversation_id is not None:
            ticket = await records.sla.of_conversation(found.conversation_id)
            if ticket is not None:
                return ticket
        return await records.sla.of_link(found.link_id) if found.link_id is not None else None

    async def settle(self, records: Records, ticket: SlaTicket) -> States:
        """Compute, record what is decided for good, and save."""
        now = self._clock.now()
        states = self._time.states(ticket, now)
        known = {one.kind: one for one in ticket.verdicts}
        found = (
            verdict_of(state, self._time.policy, self._time.calendar, known.get(kind)) for kind, state in states.items()
        )
        ticket = replace(ticket, verdicts=tuple(one for one in found if one is not None))
        is_decided = bool(ticket.triaged_by) or any(state.is_breached for state in states.values())
        if self._shows_clocks and ticket.conversation_id is not None and is_decided:
            ticket = await self._show(records, ticket, states)
        await records.sla.save(ticket, index_of(ticket, states, self._time.calendar, now))
        self.version += 1
        return states

    async def _show(self, records: Records, ticket: SlaTicket, states: States) -> SlaTicket:
        text = self._lines.field(ticket, states)
        if text == ticket.shown or was_cancelled(ticket, MERGED) or was_cancelled(ticket, DELETED):
            return ticket  # what is gone has no field to write into, and the survivor shows its own clocks
        effect = ShowClocks(ticket=ticket_of(ticket), text=text)
        now = self._clock.now()
        cause = ("clocks", ticket.ticket_id, text, now.isoformat())
        await records.outbox.add(promise(*cause, effect=effect, key=lane_of(ticket), now=now, system=System.FREESCOUT))
        return replace(ticket, shown=text)

    async def _happened(self, records: Records, link_id: LinkId, event: TicketEvent) -> None:
        ticket = await self._of_link(records, link_id)
        if ticket is not None:
            await self.settle(records, replace(ticket, ours=(*ticket.ours, event)))

    async def _of_link(self, records: Records, link_id: LinkId) -> SlaTicket | None:
        """The ticket of this place in chat: that of its conversation, where it was merged into another one."""
        link = await records.links.get(link_id)
        conversation_id = link.conversation_id if link is not None else None
        return await self.of(records, Ticket(link_id=link_id, conversation_id=conversation_id))

    async def begin(self, records: Records, ticket: SlaTicket, text: str) -> SlaTicket:
        """Give it a provisional priority; what looks critical is paged at once, before any triage."""
        suggestion = suggest(f"{ticket.subject}\n{text}", self._p0_words)
        event = TicketEvent(
            kind=EventKind.PRIORITIZED, at=ticket.received_at, by_person=False, priority=suggestion.priority
        )
        ticket = replace(
            ticket,
            excerpt=cut(text, EXCERPT),
            suggested_label=suggestion.label,
            priority=suggestion.priority,
            suggestion=suggestion.word,
            ours=(event, *ticket.ours),
        )
        states = await self.settle(records, ticket)
        if suggestion.is_critical:
            await self._cards.alarm(records, ticket, states)
        return ticket


def _goes_without_saying(ticket: SlaTicket) -> bool:
    """In a very long talk, further words behind unanswered ones change no clock, and are not kept."""
    return len(ticket.ours) >= MANY_EVENTS and ticket.ours[-1].kind is EventKind.CUSTOMER_WROTE


def ticket_of(ticket: SlaTicket) -> Ticket:
    """What effects call this ticket: its own conversation, since its place in chat may go on in another one."""
    if ticket.conversation_id is not None:
        return Ticket(conversation_id=ticket.conversation_id, number=ticket.number)
    return Ticket(link_id=ticket.link_id)


def lane_of(ticket: SlaTicket) -> str:
    """The ordering key of what is written to the help desk about it."""
    return desk_lane(ticket.link_id or f"conversation:{ticket.conversation_id}")
