"""Setting a ticket's label and priority: promised to FreeScout, remembered here, written down."""

from dataclasses import replace

from bot.domain.commands import CommandReply, Invocation
from bot.domain.delivery import System
from bot.domain.effects import SetTriage, WriteNote
from bot.domain.ids import delivery_id
from bot.domain.links import ConversationLink
from bot.domain.richtext import RichText, join
from bot.domain.triage import Checked
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records, Store
from bot.usecases.acts import actor_of, place_of
from bot.usecases.clock_lines import ClockLines
from bot.usecases.places import promise
from bot.usecases.tickets import FoundTicket, Tickets
from bot.usecases.tracking import Tracking


class Triage:
    """Carries out ``/triage``; triaging again replaces label and priority, the notes keep the history."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        wording: Wording,
        tickets: Tickets,
        tracking: Tracking,
        lines: ClockLines,
        writes_notes: bool,
    ) -> None:
        """``writes_notes``: the note tells the deadlines too, where no field of the help desk shows them."""
        self._store = store
        self._clock = clock
        self._wording = wording
        self._tickets = tickets
        self._tracking = tracking
        self._lines = lines
        self._writes_notes = writes_notes

    async def run(self, invocation: Invocation, checked: Checked) -> CommandReply:
        """Promise it in one transaction. Raises ``CommandError`` when there is no such ticket."""
        found = await self._tickets.find(checked.ticket, invocation.address, invocation.message_id)
        label, priority = checked.values["label"], checked.values["priority"]

        async def work(records: Records) -> None:
            if await records.outbox.get(delivery_id("triage", invocation.invocation_id)) is not None:
                return  # the same act again: what was triaged meanwhile must stay
            link = await records.links.get(found.link.link_id) if found.link else None
            note = self._note(invocation, checked, link)
            states = await self._tracking.triaged(
                records,
                found.ticket,
                label,
                priority,
                by=invocation.author.name,
                why=checked.values.get("note", ""),
            )
            if states is not None and self._writes_notes:
                note = join(note, self._lines.after_triage(states))
            await self._promise(records, invocation, found, label, priority, note)
            if link is not None:
                await records.links.save(replace(link, label=label, priority=priority))
            await records.audit.record(
                at=self._clock.now(),
                actor=actor_of(invocation.author),
                place=place_of(invocation),
                action="triage",
                ticket=str(found.number or found.lane),
                detail=f"{label} {priority}: {checked.values.get('note', 'no reason given')}",
            )

        await self._store.write(work)
        if found.number is None:
            return CommandReply(
                text=self._wording.say("triage_done_unnumbered", label=label, priority=priority), done=True
            )
        return CommandReply(
            text=self._wording.say("triage_done", number=str(found.number), label=label, priority=priority), done=True
        )

    async def _promise(
        self, records: Records, invocation: Invocation, found: FoundTicket, label: str, priority: str, note: RichText
    ) -> None:
        now = self._clock.now()
        act = invocation.invocation_id
        setting = SetTriage(ticket=found.ticket, label=label, priority=priority)
        writing = WriteNote(ticket=found.ticket, text=note)
        await records.outbox.add(
            promise("triage", act, effect=setting, key=found.lane, now=now, system=System.FREESCOUT),
            promise("triage note", act, effect=writing, key=found.lane, now=now, system=System.FREESCOUT),
        )

    def _note(self, invocation: Invocation, checked: Checked, link: ConversationLink | None) -> RichText:
        values = {
            "label": checked.values["label"],
            "priority": checked.values["priority"],
            "name": invocation.author.name,
            "place": place_of(invocation),
        }
        if link is not None and link.label is not None:
            text = self._wording.say("triage_note_again", before=f"{link.label}, {link.priority}", **values)
        else:
            text = self._wording.say("triage_note", **values)
        if "note" in checked.values:
            text = join(text, self._wording.say("triage_reason", note=checked.values["note"]))
        return text
