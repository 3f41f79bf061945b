"""What the bot does to a conversation beside messages: notes, label and priority, status."""

import structlog

from bot.domain.delivery import Delivery
from bot.domain.effects import Assign, SetStatus, SetTriage, ShowClocks, WriteNote
from bot.domain.helpdesk import Entry, ThreadKind
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk
from bot.ports.store import Records
from bot.usecases.desk_writer import DeskWriter, remember_own
from bot.usecases.handling import Made
from bot.usecases.status_lines import remember_status
from bot.usecases.whereabouts import Whereabouts

log = structlog.get_logger(__name__)


class DeskActs:
    """Their handlers."""

    def __init__(self, *, desk: HelpDesk, clock: Clock, writer: DeskWriter, whereabouts: Whereabouts) -> None:
        self._desk = desk
        self._clock = clock
        self._writer = writer
        self._whereabouts = whereabouts

    async def note(self, delivery: Delivery) -> Made:
        """Write an internal note."""
        effect = delivery.effect
        assert isinstance(effect, WriteNote)
        conversation_id = await self._whereabouts.conversation(effect.ticket)
        entry = Entry(
            delivery_id=delivery.delivery_id, kind=ThreadKind.NOTE, text=effect.text, agent_id=effect.agent_id
        )
        appended, _ = await self._writer.append(delivery, conversation_id, entry)

        async def conclude(records: Records) -> None:
            await remember_own(records, delivery, conversation_id, appended.thread_id, effect.ticket.link_id)

        return Made(records=conclude)

    async def set_triage(self, delivery: Delivery) -> Made:
        """Set label and priority."""
        effect = delivery.effect
        assert isinstance(effect, SetTriage)
        conversation_id = await self._whereabouts.conversation(effect.ticket)
        await self._desk.set_triage(conversation_id, effect.label, effect.priority)
        log.info("ticket triaged", conversation=conversation_id, label=effect.label, priority=effect.priority)
        return Made()

    async def assign(self, delivery: Delivery) -> Made:
        """Make somebody the one who looks after it."""
        effect = delivery.effect
        assert isinstance(effect, Assign)
        conversation_id = await self._whereabouts.conversation(effect.ticket)
        await self._desk.assign(conversation_id, effect.agent_id)
        log.info("ticket taken", conversation=conversation_id, agent=effect.agent_id)
        return Made()

    async def show_clocks(self, delivery: Delivery) -> Made:
        """Write how the clocks stand into the field for them."""
        effect = delivery.effect
        assert isinstance(effect, ShowClocks)
        conversation_id = await self._whereabouts.conversation(effect.ticket)
        await self._desk.show_clocks(conversation_id, effect.text)
        return Made()

    async def set_status(self, delivery: Delivery) -> Made:
        """Set the status."""
        effect = delivery.effect
        assert isinstance(effect, SetStatus)
        conversation_id = await self._whereabouts.conversation(effect.ticket)
        await self._desk.set_status(conversation_id, effect.status)
        log.info("ticket status set", conversation=conversation_id, status=effect.status)

        async def conclude(records: Records) -> None:
            if effect.ticket.link_id is not None:
                await remember_status(records, effect.ticket.link_id, effect.status, self._clock.now())

        return Made(records=conclude)
