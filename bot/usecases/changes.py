"""What becomes of messages after they were sent: edits, deletions, reactions."""

from datetime import datetime
from typing import TypeAlias, assert_never

from bot.domain.chat import MessageDeleted, MessageEdited, Platform, Reacted
from bot.domain.confirmation import read_reaction
from bot.domain.delivery import System
from bot.domain.effects import Ticket, WriteNote
from bot.domain.ids import LinkId
from bot.domain.richtext import plain
from bot.domain.subject import cut
from bot.domain.wording import Wording
from bot.ports.inbound import Accepted, Ignored, IntakeResult
from bot.ports.store import ASKED, DELETED, SENT, Received, Records
from bot.usecases.confirming import Confirming
from bot.usecases.early_reactions import EarlyReactions
from bot.usecases.editing import original_of, take_edit
from bot.usecases.places import PLATFORM_NAMES, desk_lane, promise

Change: TypeAlias = MessageEdited | MessageDeleted | Reacted

_EXCERPT = 200
_NO_TICKET = Ignored(reason="belongs to no ticket")


class ChatChanges:
    """Decides about each within the transaction that admits it."""

    def __init__(self, *, wording: Wording, confirming: Confirming, early: EarlyReactions) -> None:
        self._wording = wording
        self._confirming = confirming
        self._early = early

    async def take(self, records: Records, change: Change, now: datetime) -> IntakeResult:
        """Carry it out; what belongs to no ticket is none of the bot's business."""
        match change:
            case MessageEdited():
                link_id = await self._edited(records, change, now)
            case MessageDeleted():
                link_id = await self._deleted(records, change, now)
            case Reacted():
                link_id = await self._reacted(records, change)
            case _:
                assert_never(change)
        if link_id is None:
            return _NO_TICKET
        await records.inbox.admit(change.dedup_key, decision=type(change).__name__, link_id=link_id, at=now)
        return Accepted(link_id=link_id, opened=False)

    @staticmethod
    async def _edited(records: Records, edit: MessageEdited, now: datetime) -> LinkId | None:
        message = edit.message
        received = await records.inbox.get(message.dedup_key)
        if received is None or received.link_id is None or received.decision in {SENT, ASKED}:
            return None
        if not await _is_author(records, received, edit):
            return None  # anybody can send an event that claims to replace another one's
        await take_edit(records, edit, received.link_id, now)
        return received.link_id

    async def _deleted(self, records: Records, deletion: MessageDeleted, now: datetime) -> LinkId | None:
        key = deletion.message_key
        received = await records.inbox.get(key)
        if received is None or received.link_id is None or received.decision in {SENT, ASKED, DELETED}:
            return None
        await records.inbox.redecide(key, DELETED)
        original = await original_of(records, key)
        place = PLATFORM_NAMES[deletion.address.platform]
        if original is None:
            text = self._wording.say("deleted_note", place=place)
        else:
            excerpt = cut(" ".join(plain(original.text).split()), _EXCERPT)
            name = original.author.name
            text = self._wording.say("deleted_words_note", place=place, name=name, excerpt=excerpt)
        note = WriteNote(ticket=Ticket(link_id=received.link_id), text=text)
        lane = desk_lane(received.link_id)
        await records.outbox.add(promise("deleted", key, effect=note, key=lane, now=now, system=System.FREESCOUT))
        return received.link_id

    async def _reacted(self, records: Records, reaction: Reacted) -> LinkId | None:
        """A reaction to the question whether it is solved answers it; all others are only kind."""
        received = await records.inbox.get(reaction.message_key)
        answer = read_reaction(reaction.emoji)
        if received is None and answer is not None:
            await self._early.keep(records, reaction)
        if received is None or received.link_id is None or received.decision != ASKED or answer is None:
            return None
        link = await records.links.get(received.link_id)
        if link is None or not self._confirming.may_answer(link, reaction.author):
            return None
        await self._confirming.answer(records, link.link_id, answer, reaction.author, reaction.dedup_key)
        return link.link_id


async def _is_author(records: Records, received: Received, edit: MessageEdited) -> bool:
    author_id = edit.message.author.user_id
    if received.author_id:
        return received.author_id == author_id
    if edit.message.address.platform is Platform.DISCORD or received.link_id is None:
        return True  # Discord lets nobody else edit; the first release kept no authors
    link = await records.links.get(received.link_id)
    return link is not None and link.author_id == author_id
