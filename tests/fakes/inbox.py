"""Messages in memory, as one unit of work sees them."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from typing_extensions import override

from bot.domain.chat import ChatAddress, ChatMessage
from bot.domain.ids import LinkId
from bot.ports.store import SENT, Inbox, Received
from tests.fakes.table import Table


class FakeInbox(Table, Inbox):
    """Messages by key."""

    @override
    async def admit(
        self,
        dedup_key: str,
        *,
        decision: str,
        link_id: LinkId | None,
        at: datetime,
        message: ChatMessage | None = None,
    ) -> bool:
        rows = self._rows
        if dedup_key in rows.received:
            return False
        author_id = message.author.user_id if message is not None else ""
        rows.received[dedup_key] = Received(decision=decision, link_id=link_id, author_id=author_id)
        if message is not None:
            rows.places[dedup_key] = message.address, at
        return True

    @override
    async def adopt(self, message: ChatMessage, *, decision: str, link_id: LinkId, at: datetime) -> None:
        rows, key = self._rows, message.dedup_key
        known = rows.received.get(key)
        if known is None or known.link_id is None:
            rows.received[key] = Received(decision=decision, link_id=link_id, author_id=message.author.user_id)
            rows.places[key] = message.address, at

    @override
    async def known(self, dedup_keys: Sequence[str]) -> set[str]:
        return {key for key in dedup_keys if key in self._all.received}

    @override
    async def get(self, dedup_key: str) -> Received | None:
        return self._all.received.get(dedup_key)

    @override
    async def link_of(self, dedup_key: str) -> LinkId | None:
        found = self._all.received.get(dedup_key)
        return None if found is None else found.link_id

    @override
    async def redecide(self, dedup_key: str, decision: str) -> None:
        rows = self._rows
        if dedup_key in rows.received:
            rows.received[dedup_key] = replace(rows.received[dedup_key], decision=decision)

    @override
    async def standing_in(self, address: ChatAddress, decisions: Collection[str], limit: int) -> Sequence[str]:
        rows = self._all
        here = [(at, key) for key, (place, at) in rows.places.items() if place == address]
        return [key for _, key in sorted(here, reverse=True) if rows.received[key].decision in decisions][:limit]

    @override
    async def record_sent(
        self,
        dedup_keys: Sequence[str],
        *,
        address: ChatAddress,
        link_id: LinkId | None,
        at: datetime,
        decision: str = SENT,
    ) -> None:
        for key in dedup_keys:
            known = self._all.received.get(key)
            if known is None or known.link_id is None:
                self._rows.received[key] = Received(decision=decision, link_id=link_id)
                self._rows.places[key] = address, at
