"""Writing into the help desk once: an answer that never came is looked for before anything is written again."""

from bot.domain.delivery import Delivery
from bot.domain.helpdesk import AppendedThread, Entry, NewConversation, OpenedConversation
from bot.domain.ids import ConversationId, LinkId, ThreadId
from bot.domain.relay import Fate, KnownThread
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk
from bot.ports.store import Records
from bot.usecases.doubts import Doubts


class DeskWriter:
    """Opens and appends. Each method also tells whether an earlier try of the delivery had done it."""

    def __init__(self, *, desk: HelpDesk, clock: Clock) -> None:
        self._desk = desk
        self.doubts = Doubts(clock=clock)

    async def find_opened(self, delivery: Delivery, new: NewConversation) -> OpenedConversation | None:
        """What an earlier try opened. Raises ``TransientError`` while that may still be going on."""
        if not delivery.outcome_unknown:
            return None
        found = await self._desk.find_opened(new)
        if found is None:
            self.doubts.wait_until_settled(delivery.delivery_id)
        return found

    async def open(self, delivery: Delivery, new: NewConversation) -> OpenedConversation:
        """Open it now."""
        async with self.doubts.about(delivery.delivery_id):
            return await self._desk.open_conversation(new)

    async def append(
        self, delivery: Delivery, conversation_id: ConversationId, entry: Entry
    ) -> tuple[AppendedThread, bool]:
        """The thread, and whether an earlier try has made it."""
        if delivery.outcome_unknown:
            found = await self._desk.find_appended(conversation_id, entry)
            if found is not None:
                return found, True
            self.doubts.wait_until_settled(delivery.delivery_id)
        async with self.doubts.about(delivery.delivery_id):
            return await self._desk.append(conversation_id, entry), False


async def remember_own(
    records: Records,
    delivery: Delivery,
    conversation_id: ConversationId,
    thread_id: ThreadId | None,
    link_id: LinkId | None,
) -> None:
    """Remember a thread as the bot's own: it is never relayed, and it shows where a merged conversation went."""
    if thread_id is not None:
        await records.threads.save(
            KnownThread(
                thread_id=thread_id,
                conversation_id=conversation_id,
                fate=Fate.OWN,
                link_id=link_id,
                delivery_id=delivery.delivery_id,
            )
        )
