"""What members read when a ticket's status changes: short lines in its chat thread, and forum tags."""

from dataclasses import replace
from datetime import datetime

from bot.domain.delivery import Delivery
from bot.domain.effects import Say, ShowStatus
from bot.domain.helpdesk import ConversationView, Status
from bot.domain.ids import LinkId
from bot.domain.links import ConversationLink
from bot.domain.wording import Wording
from bot.ports.clock import Clock
from bot.ports.store import Records
from bot.usecases.places import chat_lane, promise


class StatusLines:
    """Promises them."""

    def __init__(self, *, clock: Clock, wording: Wording) -> None:
        self._clock = clock
        self._wording = wording

    async def line(self, records: Records, link: ConversationLink, sentence: str, *cause: str, **values: str) -> None:
        """Say a sentence in the ticket's chat thread, once for the same cause; nobody is pinged."""
        text = self._wording.say(sentence, number=str(link.number), **values)
        say = Say(address=link.address, text=text, link_id=link.link_id)
        key = chat_lane(link.link_id)
        await records.outbox.add(promise(sentence, link.link_id, *cause, effect=say, key=key, now=self._clock.now()))

    async def show(
        self, records: Records, link: ConversationLink, status: Status, *cause: str, final: bool = False
    ) -> None:
        """Show the status where the platform has a place for it; behind whatever was said before."""
        effect = ShowStatus(address=link.address, status=status, final=final)
        key = chat_lane(link.link_id)
        now = self._clock.now()
        await records.outbox.add(promise("show", link.link_id, status, *cause, effect=effect, key=key, now=now))

    async def written_by_customer(
        self, records: Records, delivery: Delivery, link_id: LinkId, view: ConversationView | None
    ) -> None:
        """A member's further words were filed: FreeScout opens a conversation again with each of them."""
        link = await records.links.get(link_id)
        if link is None:
            return
        was_closed = view is not None and view.status is Status.CLOSED
        if was_closed:
            await self.line(records, link, "reopened_by_member", delivery.delivery_id)
        if was_closed or link.status is not Status.ACTIVE:
            await self.show(records, link, Status.ACTIVE, delivery.delivery_id)
        await remember_status(records, link_id, Status.ACTIVE, self._clock.now())


async def remember_status(records: Records, link_id: LinkId, status: Status, now: datetime) -> None:
    """The bot itself brought the conversation into this status: what was seen before ``now`` says nothing of it."""
    link = await records.links.get(link_id)
    if link is not None:
        await records.links.save(replace(link, status=status, changed_at=now))
