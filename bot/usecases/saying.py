"""Saying one thing in chat once: what an earlier try may have said is looked for, and rooms that moved are followed."""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.chat import ChatAddress, OutgoingMessage, Platform, SentMessage, message_key
from bot.domain.delivery import Delivery
from bot.domain.errors import PermanentError
from bot.domain.ids import LinkId
from bot.domain.richtext import RichText, join
from bot.domain.wording import Wording
from bot.ports.chat import ChatPlatform
from bot.ports.store import ASKED, SENT, Records, Store

_LOOKED_AT = 200
"""How many of the last messages there are known to be other deliveries'."""


class Saying:
    """The way to the chat platforms that every handler takes."""

    def __init__(self, *, store: Store, wording: Wording, chats: Mapping[Platform, ChatPlatform]) -> None:
        self._store = store
        self._wording = wording
        self._chats = chats

    def chat(self, address: ChatAddress) -> ChatPlatform:
        """The platform of this address."""
        chat = self._chats.get(address.platform)
        if chat is None:
            raise PermanentError(f"{address.platform} is switched off in the settings")
        return chat

    async def say(self, delivery: Delivery, message: OutgoingMessage, *, link_id: LinkId | None) -> SentMessage:
        """Say it. In a room that replaced the ticket's own, with the ticket's number in front."""
        chat = self.chat(message.address)
        here = chat.current(message.address)
        if here != message.address:
            message = replace(message, address=here, text=await self._moved(link_id, message.text), about=None)
        late = self._late(delivery, message)
        if not delivery.attempts and not delivery.outcome_unknown:
            return await chat.send(late)
        for said in dict.fromkeys((message, late)):  # what was begun in time goes on without a word about lateness
            begun = await self.find(delivery, said)
            if begun is not None:
                return begun if begun.complete else await chat.send(said, begun)
        return await chat.send(late)

    async def find(self, delivery: Delivery, message: OutgoingMessage) -> SentMessage | None:
        """What an earlier try has said of it."""
        tried_at = delivery.tried_at or delivery.created_at
        taken = await self._taken(message.address)
        return await self.chat(message.address).find_sent(message, tried_at, taken)

    async def record(
        self, records: Records, sent: SentMessage, link_id: LinkId | None, *, asked: bool = False
    ) -> ChatAddress | None:
        """Remember what was said, so that answers to it find their ticket; a ticket whose room moved, moves along.

        Returns where it stands, None when it is of no ticket.
        """
        link = await records.links.get(link_id) if link_id is not None else None
        if link is None:
            return None
        here = self.chat(link.address).current(link.address)
        if here != link.address:
            here = replace(here, chat_thread=here.chat_thread or sent.message_ids[0])
            await records.links.save(replace(link, address=here))
        if asked and link.asked_at is not None:
            link = await records.links.get(link.link_id) or link
            is_reminder = link.question_at is not None
            shown = replace(link, reminded_at=sent.sent_at) if is_reminder else replace(link, question_at=sent.sent_at)
            await records.links.save(shown)
        keys = [message_key(here.platform, here.room, message_id) for message_id in sent.message_ids]
        await records.inbox.record_sent(
            keys, address=here, link_id=link.link_id, at=sent.sent_at, decision=ASKED if asked else SENT
        )
        return here

    async def _taken(self, address: ChatAddress) -> frozenset[str]:
        keys = await self._store.read(lambda records: records.inbox.standing_in(address, (SENT, ASKED), _LOOKED_AT))
        prefix = message_key(address.platform, address.room, "")
        return frozenset(key.removeprefix(prefix) for key in keys)

    async def _moved(self, link_id: LinkId | None, text: RichText) -> RichText:
        link = await self._store.read(lambda records: records.links.get(link_id)) if link_id is not None else None
        if link is None or link.number is None:
            return text
        return join(self._wording.say("moved_room", number=str(link.number)), text)

    def _late(self, delivery: Delivery, message: OutgoingMessage) -> OutgoingMessage:
        if not delivery.late:
            return message
        late = self._wording.say("sent_late", time=f"{delivery.created_at:%Y-%m-%d %H:%M} UTC")
        return replace(message, text=join(late, message.text))
