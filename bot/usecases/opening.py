"""Conversations opened from chat messages: a ticket's first, and a new one where the old is gone or long closed."""

from dataclasses import replace
from datetime import datetime

import structlog

from bot.domain.chat import ChatMessage
from bot.domain.delivery import Delivery, System
from bot.domain.effects import AnnounceNumber, FileMessage, OpenConversation, Ticket, WriteNote
from bot.domain.errors import CustomerGoneError
from bot.domain.follow_up import Onward
from bot.domain.helpdesk import NewConversation, OpenedConversation, ThreadKind
from bot.domain.links import ConversationLink
from bot.domain.sla_policy import ClockKind
from bot.domain.subject import subject_of
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk
from bot.ports.store import Records, Store
from bot.usecases.customers import Customers
from bot.usecases.desk_writer import DeskWriter, remember_own
from bot.usecases.editing import Editing
from bot.usecases.entries import Entries
from bot.usecases.files import Files
from bot.usecases.handling import Made
from bot.usecases.places import chat_lane, promise
from bot.usecases.tracking import Tracking

log = structlog.get_logger(__name__)


class Opening:
    """Opens them; ``way`` says why a ticket goes on in another conversation, None for its first one."""

    def __init__(
        self,
        *,
        store: Store,
        desk: HelpDesk,
        clock: Clock,
        files: Files,
        wording: Wording,
        writer: DeskWriter,
        entries: Entries,
        editing: Editing,
        tracking: Tracking,
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._files = files
        self._wording = wording
        self._writer = writer
        self._entries = entries
        self._editing = editing
        self._tracking = tracking
        self._customers = Customers(store=store, desk=desk, clock=clock, doubts=writer.doubts)

    async def has_opened_anew(self, delivery: Delivery, effect: FileMessage) -> bool:
        """Whether an earlier try of this further message opened a conversation with it."""
        anew = NewConversation(
            subject=subject_of(effect.message),
            customer_id=await self._customers.of(effect.message, delivery),
            entry=self._entries.of(delivery, effect.message, ThreadKind.CUSTOMER, by="speaker"),
            asked_after=delivery.created_at,
        )
        return await self._desk.find_opened(anew) is not None

    async def open(
        self,
        delivery: Delivery,
        effect: OpenConversation | FileMessage,
        link: ConversationLink,
        *,
        way: Onward | None = None,
    ) -> Made:
        """Open it; then its number is announced."""
        message = await self._editing.newest(effect.message)
        customer_id = await self._customers.of(message, delivery)
        files = await self._files.collect(effect.fetch_id, message)
        new = NewConversation(
            subject=link.subject if way is None else subject_of(message),
            customer_id=customer_id,
            entry=self._entries.of(
                delivery,
                message,
                ThreadKind.CUSTOMER,
                files,
                by="speaker",
                before=self._wording.say("continues", number=str(link.number)) if way is not None else None,
                quote=await self._entries.starter(message) if way is None else None,
            ),
            asked_after=delivery.created_at,
        )
        opened = await self._writer.find_opened(delivery, new)
        found = opened is not None
        if opened is None:
            try:
                opened = await self._writer.open(delivery, new)
            except CustomerGoneError:
                new = replace(new, customer_id=await self._customers.anew(message, delivery))
                opened = await self._writer.open(delivery, new)
        log.info("ticket opened", ticket=opened.number, platform=message.address.platform, room=message.address.room)
        result = opened

        async def conclude(records: Records) -> None:
            current = await records.links.get(link.link_id) or link
            opened_link = self._opened(current, new, result, message, way)
            await records.links.save(opened_link)
            await self._tracking.filed(records, opened_link, message, anew=way is not None)
            await remember_own(records, delivery, result.conversation_id, result.thread_id, link.link_id)
            if way is not None:
                await self._leave_behind(records, delivery, current, result, way)
            promised_at = await self._first_answer_by(records, opened_link)
            await records.outbox.add(self._announcement(current, result, way, promised_at))
            await self._files.conclude(records, delivery, effect.fetch_id, files, result.skipped, found=found)
            await self._editing.filed(records, message, effect.link_id, found=found)

        forget = self._files.forget(effect.fetch_id, files, result.skipped, found=found)
        return Made(records=conclude, afterwards=forget)

    @staticmethod
    def _opened(
        link: ConversationLink,
        new: NewConversation,
        opened: OpenedConversation,
        message: ChatMessage,
        way: Onward | None,
    ) -> ConversationLink:
        link = replace(link, conversation_id=opened.conversation_id, number=opened.number, customer_id=new.customer_id)
        if way is None:
            return link
        return ConversationLink(
            link_id=link.link_id,
            address=link.address,
            opening_message_id=link.opening_message_id,
            author_id=link.author_id,
            author_name=link.author_name,
            opened_at=message.sent_at,
            subject=new.subject,
            conversation_id=opened.conversation_id,
            number=opened.number,
            customer_id=new.customer_id,
            followed=True,
        )

    async def _first_answer_by(self, records: Records, link: ConversationLink) -> datetime | None:
        """What the customer is promised, nothing where it is over already."""
        ticket = await self._tracking.of(records, Ticket(link_id=link.link_id, conversation_id=link.conversation_id))
        if ticket is None:
            return None
        state = (await self._tracking.settle(records, ticket))[ClockKind.FIRST_RESPONSE]
        return state.due_at if state.is_open and not state.is_breached else None

    def _announcement(
        self, link: ConversationLink, opened: OpenedConversation, way: Onward | None, promised_at: datetime | None
    ) -> Delivery:
        cause: tuple[str, ...] = ("announce", link.link_id)
        effect = AnnounceNumber(link_id=link.link_id, promised_at=promised_at)
        if way is not None:
            effect = replace(effect, previous=link.number, gone=way is Onward.ANEW_GONE)
            cause = (*cause, str(opened.conversation_id))
        system = System(link.address.platform)
        return promise(*cause, effect=effect, key=chat_lane(link.link_id), now=self._clock.now(), system=system)

    async def _leave_behind(
        self,
        records: Records,
        delivery: Delivery,
        link: ConversationLink,
        opened: OpenedConversation,
        way: Onward,
    ) -> None:
        """The old conversation still leads to this chat thread; where it is there, it says where the talk goes on."""
        if link.conversation_id is None or link.conversation_id == opened.conversation_id:
            return
        await records.links.retire(link.conversation_id, link.number, link.link_id)
        if way is Onward.ANEW_OLD:
            ticket = Ticket(conversation_id=link.conversation_id, number=link.number)
            note = WriteNote(ticket=ticket, text=self._wording.say("continued_in", number=str(opened.number)))
            lane = f"desk:conversation:{link.conversation_id}"
            cause, now = ("continued", delivery.delivery_id), self._clock.now()
            await records.outbox.add(promise(*cause, effect=note, key=lane, now=now, system=System.FREESCOUT))
