"""Where a ticket's conversation is now: agents merge conversations, trash them, and delete them for good."""

from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.domain.effects import Say, Ticket
from bot.domain.errors import PermanentError
from bot.domain.helpdesk import ConversationView
from bot.domain.ids import ConversationId, LinkId
from bot.domain.links import ConversationLink
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk
from bot.ports.store import Records, Store
from bot.usecases.places import chat_lane, promise
from bot.usecases.tracking import Tracking

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The link as it is now, and its conversation; None when that was deleted for good."""

    link: ConversationLink
    view: ConversationView | None


class Whereabouts:
    """Finds conversations, and follows merges."""

    def __init__(self, *, store: Store, desk: HelpDesk, clock: Clock, wording: Wording, tracking: Tracking) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._wording = wording
        self._tracking = tracking

    async def of(self, link_id: LinkId) -> Found:
        """Read the ticket's conversation; one that was merged away is followed, and the member told."""
        link = await self.link(link_id)
        view = await self._desk.read(self.conversation_of(link))
        if view is None or not view.merged_away:
            return Found(link=link, view=view)
        survivor = await self.survivor(view, link_id)
        if survivor is None:
            raise PermanentError("the conversation was merged into another one, which cannot be found")

        async def work(records: Records) -> ConversationLink:
            await self.move(records, survivor, link_id, self._clock.now())
            return await records.links.get(link_id) or link

        return Found(link=await self._store.write(work), view=survivor)

    async def survivor(self, merged: ConversationView, link_id: LinkId) -> ConversationView | None:
        """The conversation that this one was merged into, by the threads the bot wrote for the ticket."""
        threads = await self._store.read(lambda records: records.threads.own_of(link_id))
        return await self._desk.survivor(merged, threads)

    async def move(self, records: Records, view: ConversationView, link_id: LinkId, now: datetime) -> None:
        """The ticket's conversation was merged into this one: remember it and tell the member, once."""
        link = await records.links.get(link_id)
        if link is None or link.conversation_id in {None, view.conversation_id}:
            return
        assert link.conversation_id is not None
        await records.links.retire(link.conversation_id, link.number, link_id)
        moved = replace(
            link.without_question(),
            conversation_id=view.conversation_id,
            number=view.number,
            is_chat=view.is_chat,
            status=view.status,
            changed_at=now,
        )
        await records.links.save(moved)
        await self._tracking.merged(records, link.conversation_id, view)
        text = self._wording.say("merged", number=str(link.number), into=str(view.number))
        say = Say(address=link.address, text=text, link_id=link_id)
        cause = ("merged", link_id, str(view.conversation_id))
        await records.outbox.add(promise(*cause, effect=say, key=chat_lane(link_id), now=now))
        log.info("ticket merged", ticket=link.number, into=view.number)

    async def link(self, link_id: LinkId) -> ConversationLink:
        """The link; ``PermanentError`` when there is none."""
        link = await self._store.read(lambda records: records.links.get(link_id))
        if link is None:
            raise PermanentError("its ticket is not known here any more")
        return link

    async def conversation(self, ticket: Ticket) -> ConversationId:
        """The conversation a ticket stands for now."""
        if ticket.link_id is not None:
            return self.conversation_of(await self.link(ticket.link_id))
        if ticket.conversation_id is None:
            raise PermanentError("it names no ticket")
        return ticket.conversation_id

    @staticmethod
    def conversation_of(link: ConversationLink) -> ConversationId:
        """The link's conversation; ``PermanentError`` before there is one."""
        if link.conversation_id is None:
            raise PermanentError("its ticket was never opened in FreeScout")
        return link.conversation_id
