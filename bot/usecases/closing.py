"""Closing tickets that need no work: noise, what is answered already, duplicates."""

from dataclasses import replace

from bot.domain.commands import CommandReply, Invocation
from bot.domain.delivery import System
from bot.domain.effects import SetStatus, WriteNote
from bot.domain.helpdesk import Status
from bot.domain.ids import delivery_id
from bot.domain.triage import Checked
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records, Store
from bot.usecases.acts import actor_of, place_of
from bot.usecases.places import promise
from bot.usecases.status_lines import StatusLines
from bot.usecases.tickets import Tickets
from bot.usecases.tracking import Tracking

CANCELS = frozenset({"not-a-request", "duplicate"})
"""Closed for these reasons a ticket has met nothing and missed nothing (behaviour.md, "Statuses")."""


class Closing:
    """Carries out ``/close``."""

    def __init__(
        self, *, store: Store, clock: Clock, wording: Wording, tickets: Tickets, lines: StatusLines, tracking: Tracking
    ) -> None:
        self._store = store
        self._clock = clock
        self._wording = wording
        self._tickets = tickets
        self._lines = lines
        self._tracking = tracking

    async def run(self, invocation: Invocation, checked: Checked) -> CommandReply:
        """Promise it in one transaction. Raises ``CommandError`` when there is no such ticket."""
        found = await self._tickets.find(checked.ticket, invocation.address)
        reason = checked.values["reason"].replace("-", " ")
        note = self._wording.say("close_note", name=invocation.author.name, place=place_of(invocation), reason=reason)

        async def work(records: Records) -> None:
            now = self._clock.now()
            act = invocation.invocation_id
            if await records.outbox.get(delivery_id("close", act)) is not None:
                return  # the same act again: the ticket may have been opened anew meanwhile
            closing = SetStatus(ticket=found.ticket, status=Status.CLOSED)
            writing = WriteNote(ticket=found.ticket, text=note)
            await records.outbox.add(
                promise("close note", act, effect=writing, key=found.lane, now=now, system=System.FREESCOUT),
                promise("close", act, effect=closing, key=found.lane, now=now, system=System.FREESCOUT),
            )
            if checked.values["reason"] in CANCELS:
                await self._tracking.cancelled(records, found.ticket, reason)
            link = await records.links.get(found.link.link_id) if found.link else None
            if link is not None:
                await records.links.save(replace(link.without_question(), status=Status.CLOSED))
                await self._lines.line(records, link, "closed_by_team", act, reason=reason)
                await self._lines.show(records, link, Status.CLOSED, act, final=True)
            await records.audit.record(
                at=now,
                actor=actor_of(invocation.author),
                place=place_of(invocation),
                action="close",
                ticket=str(found.number or found.lane),
                detail=reason,
            )

        await self._store.write(work)
        if found.number is None:
            return CommandReply(text=self._wording.say("close_done_unnumbered", reason=reason), done=True)
        return CommandReply(text=self._wording.say("close_done", number=str(found.number), reason=reason), done=True)
