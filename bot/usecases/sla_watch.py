"""Watches the clocks: warns where the team works, once per level, and records what was breached."""

from datetime import timedelta

import structlog

from bot.domain.clock_state import RECLASSIFIED
from bot.domain.delivery import System
from bot.domain.effects import WriteNote
from bot.domain.sla_policy import Priority
from bot.domain.sla_ticket import SlaTicket, SlaTicketId
from bot.domain.sla_warnings import DueWarning, may_tell, told, untold
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records, Store
from bot.usecases.paging import Paging
from bot.usecases.places import promise
from bot.usecases.timekeeping import Timekeeping
from bot.usecases.tracking import Tracking, lane_of, ticket_of

log = structlog.get_logger(__name__)

LONGEST_PAUSE = timedelta(seconds=15)
"""What becomes due earlier than was planned (a new priority) is told at most so late."""

PAGE_AT = 0.9
BATCH = 100


class SlaWatch:
    """One look at each ticket whose time has come."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        wording: Wording,
        time: Timekeeping,
        tracking: Tracking,
        paging: Paging,
        writes_notes: bool,
    ) -> None:
        """``writes_notes``: a breach is noted in the help desk, where no field shows the clocks."""
        self._store = store
        self._clock = clock
        self._wording = wording
        self._time = time
        self._tracking = tracking
        self._paging = paging
        self._writes_notes = writes_notes

    async def run(self) -> None:
        """Until cancelled."""
        if self._time.was_changed:
            await self.recompute()
        while True:
            # The first look comes after a pause too: what was answered while the bot was away is to be read before.
            await self._clock.sleep_until(self._clock.now() + LONGEST_PAUSE)
            await self.look()

    async def look(self) -> None:
        """Tell what is due, ticket by ticket."""
        seen: set[SlaTicketId] = set()
        while True:
            now = self._clock.now()
            due = await self._store.read(lambda records, at=now: records.sla.due(at, BATCH))  # type: ignore[misc]
            if seen.issuperset(ticket.ticket_id for ticket in due):
                return
            seen.update(ticket.ticket_id for ticket in due)
            for ticket in due:
                await self._store.write(lambda records, one=ticket: self._look_at(records, one.ticket_id))  # type: ignore[misc]
            if len(due) < BATCH:
                return

    async def recompute(self) -> None:
        """Calendar or targets were changed: every running clock anew; ended ones keep their verdict."""
        after = SlaTicketId("")
        while tickets := await self._store.read(lambda records, start=after: records.sla.running(start, BATCH)):  # type: ignore[misc]
            for ticket in tickets:
                await self._store.write(lambda records, one=ticket: self._settle(records, one.ticket_id))  # type: ignore[misc]
            after = tickets[-1].ticket_id
        await self._time.recomputed(self._store)

    async def _settle(self, records: Records, ticket_id: SlaTicketId) -> None:
        ticket = await records.sla.get(ticket_id)
        if ticket is not None:
            await self._tracking.settle(records, ticket)

    async def _look_at(self, records: Records, ticket_id: SlaTicketId) -> None:
        ticket = await records.sla.get(ticket_id)
        if ticket is None:
            return
        now = self._clock.now()
        for warning in list(untold(ticket, self._time.states(ticket, now), now)):
            if may_tell(ticket, warning, self._time.calendar, now):
                await self._tell(records, ticket, warning)
                ticket = told(ticket, warning)
        await self._tracking.settle(records, ticket)

    async def _tell(self, records: Records, ticket: SlaTicket, warning: DueWarning) -> None:
        due_at = warning.state.due_at
        assert due_at is not None
        level = warning.warned.level
        sentence = self._sentence(warning)
        text = self._wording.say(
            sentence,
            number=str(ticket.number) if ticket.number is not None else self._wording.line("no_number_yet"),
            subject=ticket.subject,
            priority=ticket.priority,
            clock=warning.state.kind.value,
            share=f"{level:.0%}",
            due=self._time.moment(due_at),
            left=self._time.moment(due_at, relative=True),
            who=ticket.assignee or self._wording.line("nobody_yet"),
        )
        page = warning.is_breach or (ticket.priority is Priority.P0 and level >= PAGE_AT)
        cause = ("sla", ticket.ticket_id, warning.state.kind, due_at.isoformat(), f"{level:.6f}")
        await self._paging.tell(records, text, *cause, page=page)
        log.info("sla warning", ticket=ticket.number, clock=warning.state.kind, level=level)
        if warning.is_breach:
            await self._record_breach(records, ticket, warning, *cause)

    @staticmethod
    def _sentence(warning: DueWarning) -> str:
        if not warning.is_breach:
            return "sla_warning"
        return "sla_reclassified" if warning.state.reason == RECLASSIFIED else "sla_breach"

    async def _record_breach(self, records: Records, ticket: SlaTicket, warning: DueWarning, *cause: str) -> None:
        state, now = warning.state, self._clock.now()
        assert state.due_at is not None
        await records.audit.record(
            at=now,
            actor="the bot",
            place="the bot",
            action="breach",
            ticket=str(ticket.number or ticket.ticket_id),
            detail=f"{state.kind} of {ticket.priority} was due {state.due_at.isoformat()} {state.reason}".strip(),
        )
        if self._writes_notes and ticket.conversation_id is not None:
            text = self._wording.say(
                "breach_note", clock=state.kind.value, priority=ticket.priority, due=self._time.local(state.due_at)
            )
            note = WriteNote(ticket=ticket_of(ticket), text=text)
            await records.outbox.add(
                promise("breach note", *cause, effect=note, key=lane_of(ticket), now=now, system=System.FREESCOUT)
            )
