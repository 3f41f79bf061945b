"""What goes to the help desk: conversations opened, messages appended, notes, triage, status."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from bot.domain.chat import ChatMessage, Platform, QuotedMessage
from bot.domain.delivery import Delivery, System
from bot.domain.effects import (
    AnnounceNumber,
    FileLateFiles,
    FileMessage,
    OpenConversation,
    SetStatus,
    SetTriage,
    Ticket,
    WriteNote,
)
from bot.domain.errors import CustomerGoneError, DeliveryError, PermanentError
from bot.domain.helpdesk import AppendedThread, Entry, NewConversation, OpenedConversation, Status, ThreadKind
from bot.domain.ids import ConversationId, LinkId
from bot.domain.links import ConversationLink
from bot.domain.richtext import join
from bot.domain.wording import Wording
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk
from bot.ports.store import Records, Store
from bot.usecases.customers import Customers
from bot.usecases.doubts import Doubts
from bot.usecases.files import CollectedFile, Files
from bot.usecases.handling import Made
from bot.usecases.places import StaffPlaces, chat_lane, promise

log = structlog.get_logger(__name__)

PLATFORM_NAMES = {Platform.DISCORD: "Discord", Platform.MATRIX: "Matrix"}


class Filing:
    """The handlers of everything that is written into FreeScout."""

    def __init__(
        self,
        *,
        store: Store,
        desk: HelpDesk,
        clock: Clock,
        files: Files,
        wording: Wording,
        chats: Mapping[Platform, ChatPlatform],
        staff: StaffPlaces,
    ) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._files = files
        self._wording = wording
        self._chats = chats
        self._staff = staff
        self._doubts = Doubts(clock=clock)
        self._customers = Customers(store=store, desk=desk, clock=clock, doubts=self._doubts)

    async def open(self, delivery: Delivery) -> Made:
        """Open the conversation of a first message; then its number is announced."""
        effect = delivery.effect
        assert isinstance(effect, OpenConversation)
        message = effect.message
        link = await self._link(effect.link_id)
        customer_id = await self._customers.of(message, delivery)
        files = await self._files.collect(effect.fetch_id, message)
        entry = self._entry(delivery, message, ThreadKind.CUSTOMER, files, quote=await self._starter(message))
        new = NewConversation(
            subject=link.subject, customer_id=customer_id, entry=entry, asked_after=delivery.created_at
        )
        opened = await self._desk.find_opened(new) if delivery.outcome_unknown else None
        found = opened is not None
        if opened is None:
            if delivery.outcome_unknown:
                self._doubts.wait_until_settled(delivery.delivery_id)
            try:
                opened = await self._open(delivery, new)
            except CustomerGoneError:
                new = replace(new, customer_id=await self._customers.anew(message, delivery))
                opened = await self._open(delivery, new)
        log.info("ticket opened", ticket=opened.number, platform=message.address.platform, room=message.address.room)

        async def conclude(records: Records) -> None:
            current = await records.links.get(effect.link_id) or link
            await records.links.save(
                replace(
                    current,
                    conversation_id=opened.conversation_id,
                    number=opened.number,
                    customer_id=new.customer_id,
                )
            )
            now = self._clock.now()
            announce = promise(
                "announce",
                effect.link_id,
                effect=AnnounceNumber(link_id=effect.link_id),
                key=chat_lane(effect.link_id),
                now=now,
                system=System(message.address.platform),
            )
            await records.outbox.add(announce)
            await self._files.conclude(records, delivery, effect.fetch_id, files, opened.skipped, found=found)

        forget = self._files.forget(effect.fetch_id, files, opened.skipped, found=found)
        return Made(records=conclude, afterwards=forget)

    async def file(self, delivery: Delivery) -> Made:
        """Append a further message."""
        effect = delivery.effect
        assert isinstance(effect, FileMessage)
        conversation_id = await self._conversation_of(Ticket(link_id=effect.link_id))
        files = await self._files.collect(effect.fetch_id, effect.message)
        entry = self._entry(delivery, effect.message, effect.thread_kind, files, agent_id=effect.agent_id)
        appended, found = await self._append(delivery, conversation_id, entry)

        async def conclude(records: Records) -> None:
            await self._files.conclude(records, delivery, effect.fetch_id, files, appended.skipped, found=found)
            if effect.thread_kind is ThreadKind.CUSTOMER:
                await _remember_status(records, effect.link_id, Status.ACTIVE)  # FreeScout opens it again
            elif effect.agent_id is None:
                await self._tell_of_unmapped(records, effect.message)

        forget = self._files.forget(effect.fetch_id, files, appended.skipped, found=found)
        return Made(records=conclude, afterwards=forget)

    async def late_files(self, delivery: Delivery) -> Made:
        """Append the files that were copied after their message was filed."""
        effect = delivery.effect
        assert isinstance(effect, FileLateFiles)
        conversation_id = await self._conversation_of(Ticket(link_id=effect.link_id))
        collected = await self._files.collect(effect.fetch_id, effect.message)
        files = [file for file in collected if file.index in effect.indexes]
        entry = replace(
            self._entry(delivery, effect.message, effect.thread_kind, files, agent_id=effect.agent_id),
            text=self._wording.say("late_files"),
        )
        appended, _ = await self._append(delivery, conversation_id, entry)

        async def conclude(records: Records) -> None:
            await self._files.conclude(records, delivery, None, files, appended.skipped, found=False)

        return Made(records=conclude, afterwards=self._files.forget(effect.fetch_id, files))

    async def note(self, delivery: Delivery) -> Made:
        """Write an internal note."""
        effect = delivery.effect
        assert isinstance(effect, WriteNote)
        conversation_id = await self._conversation_of(effect.ticket)
        entry = Entry(delivery_id=delivery.delivery_id, kind=ThreadKind.NOTE, text=effect.text)
        await self._append(delivery, conversation_id, entry)
        return Made()

    async def set_triage(self, delivery: Delivery) -> Made:
        """Set label and priority."""
        effect = delivery.effect
        assert isinstance(effect, SetTriage)
        conversation_id = await self._conversation_of(effect.ticket)
        await self._desk.set_triage(conversation_id, effect.label, effect.priority)
        log.info("ticket triaged", conversation=conversation_id, label=effect.label, priority=effect.priority)
        return Made()

    async def set_status(self, delivery: Delivery) -> Made:
        """Set the status."""
        effect = delivery.effect
        assert isinstance(effect, SetStatus)
        conversation_id = await self._conversation_of(effect.ticket)
        await self._desk.set_status(conversation_id, effect.status)
        log.info("ticket status set", conversation=conversation_id, status=effect.status)

        async def conclude(records: Records) -> None:
            if effect.ticket.link_id is not None:
                await _remember_status(records, effect.ticket.link_id, effect.status)

        return Made(records=conclude)

    async def _tell_of_unmapped(self, records: Records, message: ChatMessage) -> None:
        """Ask staff, once per person, to map a team member whose words could only be filed in the bot's name."""
        author = message.author
        text = self._wording.say("unmapped", name=author.name, account=author.user_id)
        once = ("unmapped", author.platform, author.user_id)
        await records.outbox.add(*self._staff.tell(text, once=once, now=self._clock.now()))

    async def _open(self, delivery: Delivery, new: NewConversation) -> OpenedConversation:
        async with self._doubts.about(delivery.delivery_id):
            return await self._desk.open_conversation(new)

    async def _append(
        self, delivery: Delivery, conversation_id: ConversationId, entry: Entry
    ) -> tuple[AppendedThread, bool]:
        """The thread, and whether an earlier try has made it."""
        if delivery.outcome_unknown:
            found = await self._desk.find_appended(conversation_id, entry)
            if found is not None:
                return found, True
            self._doubts.wait_until_settled(delivery.delivery_id)
        async with self._doubts.about(delivery.delivery_id):
            return await self._desk.append(conversation_id, entry), False

    async def _link(self, link_id: LinkId) -> ConversationLink:
        link = await self._store.read(lambda records: records.links.get(link_id))
        if link is None:
            raise PermanentError("its ticket is not known here any more")
        return link

    async def _conversation_of(self, ticket: Ticket) -> ConversationId:
        if ticket.conversation_id is not None:
            return ticket.conversation_id
        if ticket.link_id is None:
            raise PermanentError("it names no ticket")
        link = await self._link(ticket.link_id)
        if link.conversation_id is None:
            raise PermanentError("its ticket was never opened in FreeScout")
        return link.conversation_id

    async def _starter(self, message: ChatMessage) -> QuotedMessage | None:
        """The message a chat thread hangs on, quoted when somebody asks in a thread that has no ticket yet."""
        thread = message.address.chat_thread
        chat = self._chats.get(message.address.platform)
        if chat is None or thread is None or thread == message.message_id:
            return None
        try:
            return await chat.read_message(message.address, thread)
        except DeliveryError as error:
            log.warning("starter of a chat thread could not be read", reason=str(error))
            return None  # a quotation is a courtesy; the request itself must not wait for it

    def _entry(
        self,
        delivery: Delivery,
        message: ChatMessage,
        kind: ThreadKind,
        files: Sequence[CollectedFile],
        *,
        quote: QuotedMessage | None = None,
        agent_id: int | None = None,
    ) -> Entry:
        text = message.text
        if delivery.late:
            text = join(self._wording.say("late_entry", time=f"{message.sent_at:%Y-%m-%d %H:%M} UTC"), text)
        speaker = "speaker" if kind is ThreadKind.CUSTOMER else ("staff_speaker" if agent_id else "staff_unmapped")
        return Entry(
            delivery_id=delivery.delivery_id,
            kind=kind,
            text=text,
            speaker=self._wording.line(
                speaker, name=message.author.name, platform=PLATFORM_NAMES[message.author.platform]
            ),
            quote=quote,
            source_link=message.link,
            files=tuple(file.content for file in files if file.content is not None),
            missing=tuple(self._files.missing_line(file) for file in files if file.content is None),
            agent_id=agent_id,
        )


async def _remember_status(records: Records, link_id: LinkId, status: Status) -> None:
    link = await records.links.get(link_id)
    if link is not None and link.status is not status:
        await records.links.save(replace(link, status=status))
