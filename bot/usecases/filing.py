"""Chat messages on their way into the help desk: conversations opened, messages appended."""

from dataclasses import replace

import structlog

from bot.domain.delivery import Delivery
from bot.domain.effects import FileLateFiles, FileMessage, OpenConversation
from bot.domain.follow_up import FollowUpRules, Onward, onward
from bot.domain.helpdesk import ConversationView, Status, ThreadKind
from bot.domain.links import ConversationLink
from bot.domain.richtext import plain
from bot.domain.wording import Wording
from bot.ports.store import Records
from bot.usecases.desk_writer import DeskWriter, remember_own
from bot.usecases.editing import Editing
from bot.usecases.entries import Entries, speaker_of
from bot.usecases.files import Files
from bot.usecases.handling import Made
from bot.usecases.opening import Opening
from bot.usecases.spoken_answers import SpokenAnswers
from bot.usecases.staff_answers import StaffAnswers
from bot.usecases.status_lines import StatusLines
from bot.usecases.whereabouts import Whereabouts

log = structlog.get_logger(__name__)


class Filing:
    """The handlers of members' and staff's messages."""

    def __init__(
        self,
        *,
        files: Files,
        wording: Wording,
        writer: DeskWriter,
        entries: Entries,
        whereabouts: Whereabouts,
        editing: Editing,
        answers: StaffAnswers,
        lines: StatusLines,
        opening: Opening,
        spoken: SpokenAnswers,
        rules: FollowUpRules,
    ) -> None:
        self._files = files
        self._wording = wording
        self._writer = writer
        self._entries = entries
        self._whereabouts = whereabouts
        self._editing = editing
        self._answers = answers
        self._lines = lines
        self._opening = opening
        self._spoken = spoken
        self._rules = rules

    async def open(self, delivery: Delivery) -> Made:
        """Open the conversation of a first message; then its number is announced."""
        effect = delivery.effect
        assert isinstance(effect, OpenConversation)
        link = await self._whereabouts.link(effect.link_id)
        return await self._opening.open(delivery, effect, link)

    async def file(self, delivery: Delivery) -> Made:
        """Append a further message, or open a new conversation with it where the old one is gone or long closed."""
        effect = delivery.effect
        assert isinstance(effect, FileMessage)
        found = await self._whereabouts.of(effect.link_id)
        if effect.thread_kind is not ThreadKind.CUSTOMER:
            return await self._append(delivery, effect, found.link, found.view)
        message = effect.message
        is_answer = effect.may_answer and self._spoken.is_answer(found.link, message)
        way = await self._decided(delivery, effect, found.view)
        if way is None:
            way = onward(found.view, plain(message.text), message.sent_at, self._rules)
        if way in {Onward.ANEW_GONE, Onward.ANEW_OLD}:
            return await self._opening.open(delivery, effect, found.link, way=way)
        effect = replace(effect, as_note=effect.as_note or is_answer or way is Onward.NOTE)
        return await self._append(delivery, effect, found.link, found.view, is_answer=is_answer)

    async def _decided(self, delivery: Delivery, effect: FileMessage, view: ConversationView | None) -> Onward | None:
        """What an earlier try decided and has written: agents may have closed or opened the conversation meanwhile."""
        if not delivery.outcome_unknown or view is None:
            return None
        written = _written_before(delivery, view)
        if written is not None:
            return Onward.NOTE if written is ThreadKind.NOTE else Onward.APPEND
        if view.closed_at is None:
            return None  # it was never closed, so no new one can have been opened
        return Onward.ANEW_OLD if await self._opening.has_opened_anew(delivery, effect) else None

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
        appended, again = await self._writer.append(delivery, conversation_id, entry)

        async def conclude(records: Records) -> None:
            await remember_own(records, delivery, conversation_id, appended.thread_id, effect.link_id)
            await self._files.conclude(records, delivery, None, files, appended.skipped, found=False)
            if kind is ThreadKind.CUSTOMER:
                view = None if again else found.view
                await self._lines.written_by_customer(records, delivery, effect.link_id, view)

        return Made(records=conclude, afterwards=self._files.forget(effect.fetch_id, files))

    async def _append(
        self,
        delivery: Delivery,
        effect: FileMessage,
        link: ConversationLink,
        view: ConversationView | None,
        *,
        is_answer: bool = False,
    ) -> Made:
        message = await self._editing.newest(effect.message)
        files = await self._files.collect(effect.fetch_id, message)
        kind = _written_before(delivery, view) or _written_kind(effect, view)
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
            if is_answer:
                await self._spoken.take(records, link, effect.message)
            if kind is ThreadKind.CUSTOMER:
                # What an earlier try has written is in the view: a closing seen there came after it.
                await self._lines.written_by_customer(records, delivery, effect.link_id, None if found else view)
            elif effect.thread_kind is not ThreadKind.CUSTOMER:
                await self._answers.filed(records, delivery, effect, kind, files)

        forget = self._files.forget(effect.fetch_id, files, appended.skipped, found=found)
        return Made(records=conclude, afterwards=forget)


def _written_before(delivery: Delivery, view: ConversationView | None) -> ThreadKind | None:
    """As what an earlier try has written it, if one has: it is looked for as that, whatever happened meanwhile."""
    if not delivery.outcome_unknown or view is None:
        return None
    return next((thread.kind for thread in view.threads if thread.mark == delivery.delivery_id), None)


def _written_kind(effect: FileMessage | FileLateFiles, view: ConversationView | None) -> ThreadKind:
    """Staff's words are their reply only where no mail leaves with it (behaviour.md, "Staff posts")."""
    if effect.as_note:
        return ThreadKind.NOTE
    if effect.thread_kind is ThreadKind.MESSAGE and (view is None or not view.is_chat or not effect.agent_id):
        return ThreadKind.NOTE
    return effect.thread_kind


def _kind_of_late_files(delivery: Delivery, effect: FileLateFiles, view: ConversationView | None) -> ThreadKind:
    """As their message, but no file opens a closed conversation again; what an earlier try has written stays."""
    written = _written_before(delivery, view)
    if written is not None:
        return written
    kind = _written_kind(effect, view)
    is_closed = view is not None and view.status is Status.CLOSED
    return ThreadKind.NOTE if kind is ThreadKind.CUSTOMER and is_closed else kind


def _writer_of(effect: FileMessage | FileLateFiles, kind: ThreadKind) -> int | None:
    """The user in whose name staff's words are written; None: the customer's, or the bot's."""
    return None if kind is ThreadKind.CUSTOMER or effect.as_note else effect.agent_id
