"""Chat messages on their way into the help desk: conversations opened, messages appended."""

from dataclasses import replace

import structlog

from bot.domain.chat import ChatMessage
from bot.domain.delivery import Delivery, System
from bot.domain.effects import AnnounceNumber, FileLateFiles, FileMessage, OpenConversation, Ticket, WriteNote
from bot.domain.errors import CustomerGoneError
from bot.domain.follow_up import FollowUpRules, Onward, onward
from bot.domain.helpdesk import ConversationView, NewConversation, OpenedConversation, Status, ThreadKind
from bot.domain.links import ConversationLink
from bot.domain.richtext import plain
from bot.domain.subject import subject_of
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk
from bot.ports.store import Records, Store
from bot.usecases.customers import Customers
from bot.usecases.desk_writer import DeskWriter, remember_own
from bot.usecases.editing import Editing
from bot.usecases.entries import Entries, speaker_of
from bot.usecases.files import Files
from bot.usecases.handling import Made
from bot.usecases.places import chat_lane, promise
from bot.usecases.staff_answers import StaffAnswers
from bot.usecases.status_lines import StatusLines
from bot.usecases.whereabouts import Whereabouts

log = structlog.get_logger(__name__)


class Filing:
    """The handlers of members' and staff's messages."""

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
        whereabouts: Whereabouts,
        editing: Editing,
        answers: StaffAnswers,
        lines: StatusLines,
        rules: FollowUpRules,
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._files = files
        self._wording = wording
        self._writer = writer
        self._entries = entries
        self._whereabouts = whereabouts
        self._editing = editing
        self._answers = answers
        self._lines = lines
        self._rules = rules
        self._customers = Customers(store=store, desk=desk, clock=clock, doubts=writer.doubts)

    async def open(self, delivery: Delivery) -> Made:
        """Open the conversation of a first message; then its number is announced."""
        effect = delivery.effect
        assert isinstance(effect, OpenConversation)
        link = await self._whereabouts.link(effect.link_id)
        return await self._open(delivery, effect, link)

    async def file(self, delivery: Delivery) -> Made:
        """Append a further message, or open a new conversation with it where the old one is gone or long closed."""
        effect = delivery.effect
        assert isinstance(effect, FileMessage)
        found = await self._whereabouts.of(effect.link_id)
        if effect.thread_kind is not ThreadKind.CUSTOMER:
            return await self._append(delivery, effect, found.link, found.view)
        message = effect.message
        way = await self._decided(delivery, effect, found.view)
        if way is None:
            way = onward(found.view, plain(message.text), message.sent_at, self._rules)
        if way in {Onward.ANEW_GONE, Onward.ANEW_OLD}:
            return await self._open(delivery, effect, found.link, way=way)
        effect = replace(effect, as_note=effect.as_note or way is Onward.NOTE)
        return await self._append(delivery, effect, found.link, found.view)

    async def _decided(self, delivery: Delivery, effect: FileMessage, view: ConversationView | None) -> Onward | None:
        """What an earlier try decided and has written: agents may have closed or opened the conversation meanwhile."""
        if not delivery.outcome_unknown or view is None:
            return None
        written = next((thread for thread in view.threads if thread.mark == delivery.delivery_id), None)
        if written is not None:
            return Onward.NOTE if written.kind is ThreadKind.NOTE else Onward.APPEND
        if view.closed_at is None:
            return None  # it was never closed, so no new one can have been opened
        customer_id = await self._customers.of(effect.message, delivery)
        anew = NewConversation(
            subject=subject_of(effect.message),
            customer_id=customer_id,
            entry=self._entries.of(delivery, effect.message, ThreadKind.CUSTOMER, by="speaker"),
            asked_after=delivery.created_at,
        )
        return Onward.ANEW_OLD if await self._desk.find_opened(anew) is not None else None

    async def late_files(self, delivery: Delivery) -> Made:
        """Append the files that were copied after their message was filed."""
        effect = delivery.effect
        assert isinstance(effect, FileLateFiles)
        found = await self._whereabouts.of(effect.link_id)
        conversation_id = self._whereabouts.conversation_of(found.link)
        collected = await self._files.collect(effect.fetch_id, effect.message)
        files = [file for file in collected if file.index in effect.indexes]
        kind = _kind_of_late_files(delivery, effect, found.view)
        by = speaker_of(effect.thread_kind, effect.agent_id, as_note=effect.as_note)
        entry = replace(
            self._entries.of(delivery, effect.message, kind, files, by=by, agent_id=_writer_of(effect, kind)),
            text=self._wording.say("late_files"),
        )
        appended, _ = await self._writer.append(delivery, conversation_id, entry)

        async def conclude(records: Records) -> None:
            await remember_own(records, delivery, conversation_id, appended.thread_id, effect.link_id)
            await self._files.conclude(records, delivery, None, files, appended.skipped, found=False)
            if kind is ThreadKind.CUSTOMER:
                await self._lines.written_by_customer(records, delivery, effect.link_id, found.view)

        return Made(records=conclude, afterwards=self._files.forget(effect.fetch_id, files))

    # Opening

    async def _open(
        self,
        delivery: Delivery,
        effect: OpenConversation | FileMessage,
        link: ConversationLink,
        *,
        way: Onward | None = None,
    ) -> Made:
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
            await records.links.save(self._opened(current, new, result, message, way))
            await remember_own(records, delivery, result.conversation_id, result.thread_id, link.link_id)
            if way is not None:
                await self._leave_behind(records, delivery, current, result, way)
            await records.outbox.add(self._announcement(current, result, way))
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

    def _announcement(self, link: ConversationLink, opened: OpenedConversation, way: Onward | None) -> Delivery:
        cause: tuple[str, ...] = ("announce", link.link_id)
        if way is None:
            effect = AnnounceNumber(link_id=link.link_id)
        else:
            effect = AnnounceNumber(link_id=link.link_id, previous=link.number, gone=way is Onward.ANEW_GONE)
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

    # Appending

    async def _append(
        self, delivery: Delivery, effect: FileMessage, link: ConversationLink, view: ConversationView | None
    ) -> Made:
        message = await self._editing.newest(effect.message)
        files = await self._files.collect(effect.fetch_id, message)
        kind = _written_kind(effect, view)
        entry = self._entries.of(
            delivery,
            message,
            kind,
            files,
            by=speaker_of(effect.thread_kind, effect.agent_id, as_note=effect.as_note),
            agent_id=_writer_of(effect, kind),
        )
        conversation_id = self._whereabouts.conversation_of(link)
        appended, found = await self._writer.append(delivery, conversation_id, entry)

        async def conclude(records: Records) -> None:
            await remember_own(records, delivery, conversation_id, appended.thread_id, effect.link_id)
            await self._files.conclude(records, delivery, effect.fetch_id, files, appended.skipped, found=found)
            await self._editing.filed(records, message, effect.link_id, found=found)
            if kind is ThreadKind.CUSTOMER:
                await self._lines.written_by_customer(records, delivery, effect.link_id, view)
            elif effect.thread_kind is not ThreadKind.CUSTOMER:
                await self._answers.filed(records, delivery, effect, kind, files)

        forget = self._files.forget(effect.fetch_id, files, appended.skipped, found=found)
        return Made(records=conclude, afterwards=forget)


def _written_kind(effect: FileMessage | FileLateFiles, view: ConversationView | None) -> ThreadKind:
    """Staff's words are their reply only where no mail leaves with it (behaviour.md, "Staff posts")."""
    if effect.as_note:
        return ThreadKind.NOTE
    if effect.thread_kind is ThreadKind.MESSAGE and (view is None or not view.is_chat or not effect.agent_id):
        return ThreadKind.NOTE
    return effect.thread_kind


def _kind_of_late_files(delivery: Delivery, effect: FileLateFiles, view: ConversationView | None) -> ThreadKind:
    """As their message, but no file opens a closed conversation again; what an earlier try has written stays."""
    written = [thread for thread in view.threads if thread.mark == delivery.delivery_id] if view is not None else []
    if delivery.outcome_unknown and written:
        return written[0].kind
    kind = _written_kind(effect, view)
    is_closed = view is not None and view.status is Status.CLOSED
    return ThreadKind.NOTE if kind is ThreadKind.CUSTOMER and is_closed else kind


def _writer_of(effect: FileMessage | FileLateFiles, kind: ThreadKind) -> int | None:
    """The user in whose name staff's words are written; None: the customer's, or the bot's."""
    return None if kind is ThreadKind.CUSTOMER or effect.as_note else effect.agent_id
