"""Messages received and sent, each once."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from typing_extensions import override

from adapters.store.session import Session, first
from adapters.store.tables import Upsert, inbox
from bot.domain.ids import LinkId
from bot.ports.store import Inbox

SENT = "sent"
"""The decision of a message that the bot itself sent."""

_KEYS_AT_ONCE = 500

_ADMIT = Upsert(lambda insert: insert(inbox).on_conflict_do_nothing(index_elements=["dedup_key"]))
_KNOWN = sa.select(inbox.c.dedup_key).where(inbox.c.dedup_key.in_(sa.bindparam("dedup_keys", expanding=True)))
_LINK_OF = sa.select(inbox.c.link_id).where(inbox.c.dedup_key == sa.bindparam("dedup_key"))


class SqlInbox(Inbox):
    """The inbox table within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def admit(self, dedup_key: str, *, decision: str, link_id: LinkId | None, at: datetime) -> bool:
        row = {"dedup_key": dedup_key, "decision": decision, "link_id": link_id, "at": at}
        return await self._session.change(_ADMIT.on(self._session.dialect), row) > 0

    @override
    async def known(self, dedup_keys: Sequence[str]) -> set[str]:
        found = set[str]()
        for start in range(0, len(dedup_keys), _KEYS_AT_ONCE):
            some = dedup_keys[start : start + _KEYS_AT_ONCE]
            found.update(row.dedup_key for row in await self._session.rows(_KNOWN, {"dedup_keys": list(some)}))
        return found

    @override
    async def link_of(self, dedup_key: str) -> LinkId | None:
        row = await first(self._session, _LINK_OF, {"dedup_key": dedup_key})
        return None if row is None or row.link_id is None else LinkId(row.link_id)

    @override
    async def record_sent(self, dedup_keys: Sequence[str], *, link_id: LinkId | None, at: datetime) -> None:
        if dedup_keys:
            rows = [{"dedup_key": key, "decision": SENT, "link_id": link_id, "at": at} for key in dedup_keys]
            await self._session.change(_ADMIT.on(self._session.dialect), rows)
