"""Looking at tickets and their clocks without leaving the chat: `/ticket`, `/tickets`, `/sla`."""

from datetime import datetime, timedelta

from bot.domain.clock_state import ClockState, States
from bot.domain.commands import CommandReply, Invocation
from bot.domain.errors import CommandError
from bot.domain.richtext import Inline, Listing, Paragraph, RichText, Text, bold, join, paragraph
from bot.domain.sla_stages import Span
from bot.domain.sla_ticket import ORIGIN_NAMES, BoardFilter, SlaTicket
from bot.domain.subject import cut
from bot.domain.triage import Checked
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Store
from bot.usecases.clock_lines import ClockLines
from bot.usecases.tickets import Tickets
from bot.usecases.timekeeping import Timekeeping, duration
from bot.usecases.tracking import Tracking

LONGEST_SUBJECT = 60
SHOWN = 15
"""So many tickets fit a chat message; the board shows all."""

STRETCHES = 4
"""So many stretches of each clock, with the pauses between them, fit a chat message of 2,000 characters."""


class Looking:
    """Reads only; what it answers is for the team alone."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        wording: Wording,
        tickets: Tickets,
        time: Timekeeping,
        tracking: Tracking,
        lines: ClockLines,
    ) -> None:
        self._store = store
        self._clock = clock
        self._wording = wording
        self._tickets = tickets
        self._time = time
        self._tracking = tracking
        self._lines = lines

    async def ticket(self, invocation: Invocation, checked: Checked) -> CommandReply:
        """A ticket's state. Raises ``CommandError`` when there is none."""
        ticket = await self._find(invocation, checked)
        sentence = "ticket_triaged" if ticket.triaged_by else "ticket_untriaged"
        head = self._wording.say(
            sentence,
            number=self._number(ticket),
            subject=ticket.subject,
            author=ticket.author,
            origin=ORIGIN_NAMES[ticket.origin],
            label=ticket.label or ticket.suggested_label,
            priority=ticket.priority,
            status=ticket.status,
            who=ticket.assignee or self._wording.line("nobody_yet"),
            received=self._time.moment(ticket.received_at),
        )
        return CommandReply(text=join(head, self._lines.deadlines(self._time.states(ticket))), confidential=True)

    async def tickets(self, invocation: Invocation, checked: Checked) -> CommandReply:
        """The open ones, nearest end first."""
        del invocation, checked
        everything = BoardFilter()
        found = await self._store.read(lambda records: records.sla.open_ones(everything, SHOWN))
        if not found:
            return CommandReply(text=self._wording.say("tickets_none"), confidential=True)
        counts = await self._store.read(lambda records: records.sla.counts(everything))
        head = self._wording.say("tickets_head", count=str(counts.total), breached=str(counts.breached))
        listing = Listing(items=tuple((self._row(ticket, self._time.states(ticket)),) for ticket in found))
        text = join(head, RichText(blocks=(listing,)))
        if counts.total > len(found):
            text = join(text, self._wording.say("tickets_more", count=str(counts.total - len(found))))
        return CommandReply(text=text, confidential=True)

    async def sla(self, invocation: Invocation, checked: Checked) -> CommandReply:
        """Each deadline, with the newest counted stretches and the pauses between them. Raises ``CommandError``."""
        ticket = await self._find(invocation, checked)
        text = self._wording.say("sla_head", number=self._number(ticket), priority=ticket.priority)
        for state in self._time.states(ticket).values():
            text = join(text, self._explained(state))
        return CommandReply(text=text, confidential=True)

    async def _find(self, invocation: Invocation, checked: Checked) -> SlaTicket:
        found = await self._tickets.find(checked.ticket, invocation.address, invocation.message_id)
        ticket = await self._store.read(lambda records: self._tracking.of(records, found.ticket))
        if ticket is None:
            name = f"#{found.number}" if found.number is not None else self._wording.line("this_ticket")
            raise CommandError(self._wording.line("no_clocks", ticket=name))
        return ticket

    def _number(self, ticket: SlaTicket) -> str:
        return str(ticket.number) if ticket.number is not None else self._wording.line("no_number_yet")

    def _row(self, ticket: SlaTicket, states: States) -> Paragraph:
        number = f"#{ticket.number}" if ticket.number is not None else self._wording.line("no_number_yet")
        label = ticket.label or f"{ticket.suggested_label}?"
        subject = cut(ticket.subject, LONGEST_SUBJECT)
        parts: list[Inline] = [bold(number), Text(text=f" {ticket.priority} {label}, {subject}: ")]
        running = [state for state in states.values() if state.is_open and state.due_at is not None]
        if running:
            first = min(running, key=lambda state: state.due_at or state.started_at)
            assert first.due_at is not None
            sentence = "row_breached" if first.is_breached else "row_running"
            due = self._time.moment(first.due_at, relative=not first.is_breached)
            said = self._wording.say(sentence, clock=first.kind.value, due=due)
        else:
            said = self._wording.say("row_paused")
        for block in said.blocks:
            if isinstance(block, Paragraph):
                parts.extend(block.children)
        parts.append(Text(text=f", {ticket.assignee or self._wording.line('nobody_yet')}"))
        return Paragraph(children=tuple(parts))

    def _explained(self, state: ClockState) -> RichText:
        kind = "business_time" if state.target.business else "clock_time"
        head = self._wording.say(
            "sla_clock",
            clock=state.kind.value,
            target=duration(state.target.amount),
            time=self._wording.line(kind),
            used=duration(state.consumed),
        )
        items: list[Paragraph] = []
        ended_at: datetime | None = None
        for span in state.spans[-STRETCHES:]:
            if ended_at is not None:
                items.append(self._pause(ended_at, span.start))
            items.append(self._stretch(state, span))
            ended_at = span.end
        earlier = len(state.spans) - STRETCHES
        if earlier > 0:
            sentence = "sla_earlier" if earlier > 1 else "sla_earlier_one"
            items.append(paragraph(self._wording.line(sentence, count=str(earlier))))
        listing = RichText(blocks=(Listing(items=tuple((item,) for item in items)),) if items else ())
        return join(head, self._lines.one(state), listing)

    def _stretch(self, state: ClockState, span: Span) -> Paragraph:
        # A chat server's clock may be ahead of ours: what begins in a moment has counted nothing yet.
        end = max(span.end or self._clock.now(), span.start)
        counted = self._time.calendar.elapsed(span.start, end) if state.target.business else end - span.start
        until = self._wording.line("until_now") if span.end is None else self._time.day_and_time(span.end)
        text = self._wording.line(
            "sla_stretch", start=self._time.day_and_time(span.start), end=until, counted=duration(counted)
        )
        return paragraph(text)

    def _pause(self, start: datetime, end: datetime) -> Paragraph:
        text = self._wording.line(
            "sla_pause",
            start=self._time.day_and_time(start),
            end=self._time.day_and_time(end),
            length=duration(max(end - start, timedelta())),
        )
        return paragraph(text)
