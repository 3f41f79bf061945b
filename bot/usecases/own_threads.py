"""The bot's own threads in the help desk: never relayed, and the trace by which merged conversations are found."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.delivery import Delivery
from bot.domain.effects import FileLateFiles, FileMessage
from bot.domain.helpdesk import ConversationView, DeskThread, ThreadKind
from bot.domain.ids import AgentId, DeliveryId, LinkId, ThreadId
from bot.domain.links import ConversationLink
from bot.domain.relay import Fate, KnownThread
from bot.ports.clock import Clock
from bot.ports.store import Records
from bot.usecases.whereabouts import Whereabouts


class OwnThreads:
    """Recognises them in a view. Everything here is part of somebody else's transaction."""

    def __init__(self, *, clock: Clock, whereabouts: Whereabouts, bot_user_id: int) -> None:
        self._clock = clock
        self._whereabouts = whereabouts
        self._bot_user_id = AgentId(bot_user_id)

    async def links(
        self, records: Records, view: ConversationView, known: Mapping[ThreadId, KnownThread]
    ) -> Sequence[ConversationLink] | None:
        """The tickets of this conversation, those that were merged into it included.

        None: the view may be from before a change of the bot's own, so it does not tell what moved; look again soon.
        """
        if not view.deleted:
            for link_id, thread in {one.link_id: one for one in known.values() if _has_moved(one, view)}.items():
                assert link_id is not None
                link = await records.links.get(link_id)
                if link is not None and link.changed_at is not None and view.read_at <= link.changed_at:
                    return None
                if link is not None:
                    await self._follow(records, view, link, thread)
            moved = (one for one in known.values() if one.conversation_id != view.conversation_id)
            await records.threads.save(*(replace(one, conversation_id=view.conversation_id) for one in moved))
        return await records.links.of_conversation(view.conversation_id)

    async def _follow(
        self, records: Records, view: ConversationView, link: ConversationLink, thread: KnownThread
    ) -> None:
        """The conversation of these threads was merged into this one: the ticket's own, or one that it has left."""
        if link.conversation_id == thread.conversation_id:
            await self._whereabouts.move(records, view, link.link_id, self._clock.now())
        elif link.conversation_id != view.conversation_id:
            await records.links.retire(view.conversation_id, None, link.link_id)

    @staticmethod
    async def adopt(records: Records, view: ConversationView, link: ConversationLink) -> None:
        """A ticket of the first release: what the bot wrote for it shows where it goes when it is merged."""
        marked = (thread for thread in view.threads if thread.mark and thread.kind is not ThreadKind.MESSAGE)
        await records.threads.save(
            *(
                KnownThread(
                    thread_id=thread.thread_id,
                    conversation_id=view.conversation_id,
                    fate=Fate.OWN,
                    link_id=link.link_id,
                    delivery_id=DeliveryId(thread.mark),
                )
                for thread in marked
            )
        )

    async def replies(
        self,
        records: Records,
        view: ConversationView,
        known: Mapping[ThreadId, KnownThread],
        links: Sequence[ConversationLink],
    ) -> dict[ThreadId, KnownThread]:
        """Replies the bot itself wrote (staff's words from chat) and has not yet recorded, by their mark."""
        found: dict[ThreadId, KnownThread] = {}
        link_ids = {link.link_id for link in links}
        for thread in view.threads:
            if thread.kind is not ThreadKind.MESSAGE or thread.author is None:
                continue
            delivery = await self._writer_of(records, thread, known, link_ids)
            if delivery is not None or thread.author.agent_id == self._bot_user_id:
                found[thread.thread_id] = KnownThread(
                    thread_id=thread.thread_id,
                    conversation_id=view.conversation_id,
                    fate=Fate.OWN,
                    delivery_id=delivery.delivery_id if delivery is not None else None,
                    link_id=getattr(delivery.effect, "link_id", None) if delivery is not None else None,
                )
        return found

    @staticmethod
    async def _writer_of(
        records: Records, thread: DeskThread, known: Mapping[ThreadId, KnownThread], link_ids: set[LinkId]
    ) -> Delivery | None:
        """The delivery whose mark closes this reply: one of this ticket and agent that has written no other thread.

        An agent who quotes such a reply at the end of another one writes no reply of the bot's.
        """
        if not thread.mark or thread.thread_id in known or thread.author is None:
            return None
        delivery = await records.outbox.get(DeliveryId(thread.mark))
        if delivery is None or not isinstance(delivery.effect, FileMessage | FileLateFiles):
            return None
        effect = delivery.effect
        is_it = effect.link_id in link_ids and effect.agent_id == thread.author.agent_id
        return delivery if is_it and await records.threads.written_by(delivery.delivery_id) is None else None


def _has_moved(thread: KnownThread, view: ConversationView) -> bool:
    is_own = thread.fate is Fate.OWN and thread.link_id is not None
    return is_own and thread.conversation_id != view.conversation_id
