"""Links in memory, as one unit of work sees them."""

from collections.abc import Sequence

from typing_extensions import override

from bot.domain.chat import ChatAddress, Platform
from bot.domain.errors import StoreError
from bot.domain.helpdesk import Status
from bot.domain.ids import ConversationId, LinkId, TicketNumber
from bot.domain.links import ConversationLink
from bot.ports.store import Links
from tests.fakes.table import Table


class FakeLinks(Table, Links):
    """Links by id."""

    @override
    async def add(self, link: ConversationLink) -> None:
        rows = self._rows
        if link.link_id in rows.links or (link.address.chat_thread and await self.at(link.address)):
            raise StoreError(f"there is a link {link.link_id}, or one of this chat thread, already")
        rows.links[link.link_id] = link

    @override
    async def save(self, link: ConversationLink) -> None:
        rows = self._rows
        if link.link_id not in rows.links:
            raise StoreError(f"there is no link {link.link_id} to save")
        rows.links[link.link_id] = link

    @override
    async def get(self, link_id: LinkId) -> ConversationLink | None:
        return self._all.links.get(link_id)

    @override
    async def at(self, address: ChatAddress) -> ConversationLink | None:
        return next((link for link in self._all.links.values() if link.address == address), None)

    @override
    async def latest_by(self, platform: Platform, room: str, author_id: str) -> ConversationLink | None:
        theirs = [
            link
            for link in self._all.links.values()
            if (link.address.platform, link.address.room, link.author_id) == (platform, room, author_id)
            and link.opening_message_id == link.address.chat_thread
        ]
        return max(reversed(theirs), key=lambda link: link.opened_at, default=None)

    @override
    async def numbered(self, number: TicketNumber) -> ConversationLink | None:
        links = self._all.links.values()
        former = {link_id for (_, link_id), known in self._all.former.items() if known == number}
        found = next((link for link in links if link.number == number), None)
        return found or next((link for link in links if link.link_id in former), None)

    @override
    async def of_conversation(self, conversation_id: ConversationId) -> Sequence[ConversationLink]:
        links, former = self._all.links.values(), self._all.former
        return [
            link
            for link in links
            if link.conversation_id == conversation_id or (conversation_id, link.link_id) in former
        ]

    @override
    async def retire(self, conversation_id: ConversationId, number: TicketNumber | None, link_id: LinkId) -> None:
        self._rows.former[conversation_id, link_id] = number

    @override
    async def asked(self) -> Sequence[ConversationLink]:
        asked = [(link.asked_at, link) for link in self._all.links.values() if link.asked_at is not None]
        return [link for _, link in sorted(asked, key=lambda one: one[0])]

    @override
    async def unfinished(self, after: LinkId, limit: int) -> Sequence[ConversationLink]:
        links = [link for link in self._all.links.values() if link.number is not None and not link.is_closed]
        return sorted((link for link in links if link.link_id > after), key=lambda link: link.link_id)[:limit]

    @override
    async def open_ones(self, prefix: str, limit: int) -> Sequence[ConversationLink]:
        wanted = prefix.casefold()
        fitting = [
            link
            for link in reversed(self._all.links.values())
            if link.number is not None
            and link.status in {Status.ACTIVE, Status.PENDING}
            and (str(link.number).startswith(wanted) or wanted in link.subject.casefold())
        ]
        return sorted(fitting, key=lambda link: link.opened_at, reverse=True)[:limit]
