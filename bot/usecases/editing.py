"""Messages that their author changed: before filing the newest text is filed, afterwards it is written down beside it.

The help desk's API cannot change a thread (facts/freescout.md 1.2), so the first version stays readable and the new one
is an internal note.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.chat import ChatMessage, MessageEdited
from bot.domain.delivery import Delivery, DeliveryState, System
from bot.domain.effects import FileMessage, NoteEdit, OpenConversation, Ticket
from bot.domain.helpdesk import ThreadKind
from bot.domain.ids import LinkId, delivery_id
from bot.domain.versions import MessageVersion
from bot.ports.clock import Clock
from bot.ports.store import Records, Store
from bot.usecases.desk_writer import DeskWriter, remember_own
from bot.usecases.entries import Entries
from bot.usecases.handling import Made
from bot.usecases.places import later, promise
from bot.usecases.whereabouts import Whereabouts

DEBOUNCE = timedelta(seconds=10)
"""Who corrects a typing error often finds the next one at once; only the last version within this time is noted."""


class Editing:
    """Keeps the newest version of each edited message, and brings it to the help desk."""

    def __init__(
        self, *, store: Store, clock: Clock, writer: DeskWriter, entries: Entries, whereabouts: Whereabouts
    ) -> None:
        self._store = store
        self._clock = clock
        self._writer = writer
        self._entries = entries
        self._whereabouts = whereabouts

    async def newest(self, message: ChatMessage) -> ChatMessage:
        """The message with its newest text; its files are those it came with."""
        version = await self._store.read(lambda records: records.versions.get(message.dedup_key))
        if version is None:
            return message
        return replace(message, text=version.message.text, version=version.message.version)

    async def filed(self, records: Records, message: ChatMessage, link_id: LinkId, *, found: bool) -> None:
        """The message was filed as it is here (``found``: by an earlier try, in what version nobody knows)."""
        version = await records.versions.get(message.dedup_key)
        if version is None:
            return
        current = replace(version, filed="" if found else message.version)
        await records.versions.save(current)
        if not current.is_filed:
            await records.outbox.add(_note(current.message, link_id, self._clock.now()))

    async def note(self, delivery: Delivery) -> Made:
        """Write the new version down, unless a later one has come or it is there already."""
        effect = delivery.effect
        assert isinstance(effect, NoteEdit)
        message = effect.message
        version = await self._store.read(lambda records: records.versions.get(message.dedup_key))
        if version is None or version.is_filed or version.message.version != message.version:
            return Made()
        conversation_id = await self._whereabouts.conversation(Ticket(link_id=effect.link_id))
        entry = self._entries.of(delivery, message, ThreadKind.NOTE, by="edited")
        appended, _ = await self._writer.append(delivery, conversation_id, entry)

        async def conclude(records: Records) -> None:
            await remember_own(records, delivery, conversation_id, appended.thread_id, effect.link_id)
            current = await records.versions.get(message.dedup_key) or version
            await records.versions.save(replace(current, filed=message.version))

        return Made(records=conclude)


async def take_edit(records: Records, edit: MessageEdited, link_id: LinkId, now: datetime) -> None:
    """Remember the new version; where the message is filed already, promise its note."""
    message = edit.message
    filing = await _filing_of(records, message.dedup_key)
    known = await records.versions.get(message.dedup_key)
    if filing is not None and isinstance(filing.effect, OpenConversation | FileMessage):
        original = filing.effect.message
        if known is None and original.text == message.text:
            return  # an edit that changed no word: a preview was taken away
        message = replace(original, text=message.text, version=message.version)
    elif known is not None:
        message = replace(known.message, text=message.text, version=message.version)
    await records.versions.save(
        MessageVersion(dedup_key=message.dedup_key, message=message, filed=known.filed if known is not None else "")
    )
    if filing is None or filing.state is DeliveryState.DONE:
        await records.outbox.add(_note(message, link_id, now))


async def original_of(records: Records, dedup_key: str) -> ChatMessage | None:
    """The message as it came, as long as its filing is remembered."""
    filing = await _filing_of(records, dedup_key)
    if filing is not None and isinstance(filing.effect, OpenConversation | FileMessage):
        return filing.effect.message
    return None


async def _filing_of(records: Records, dedup_key: str) -> Delivery | None:
    """The delivery that files a message; None when it is so old that it was forgotten."""
    opening = await records.outbox.get(delivery_id("open", dedup_key))
    return opening if opening is not None else await records.outbox.get(delivery_id("file", dedup_key))


def _note(message: ChatMessage, link_id: LinkId, now: datetime) -> Delivery:
    key = message.dedup_key
    effect = NoteEdit(link_id=link_id, message=message)
    # A lane of its own: waiting for the last version must not hold up what is said meanwhile.
    promised = promise("edit", key, message.version, effect=effect, key=f"edit:{key}", now=now, system=System.FREESCOUT)
    return later(promised, now + DEBOUNCE)
