"""Messages received and sent, each once."""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from typing_extensions import override

from adapters.store.columns import Words
from adapters.store.session import Session, first
from adapters.store.tables import HAS_PLACE, inbox
from adapters.store.upserts import Upsert
from bot.domain.chat import ChatAddress, ChatMessage
from bot.domain.ids import LinkId
from bot.ports.store import SENT, Inbox, Received

_KEYS_AT_ONCE = 500

_ADMIT = Upsert(lambda insert: insert(inbox).on_conflict_do_nothing(index_elements=["dedup_key"]))
_RECORD_SENT = Upsert(
    lambda insert: (statement := insert(inbox)).on_conflict_do_update(
        index_elements=["dedup_key"],
        set_={name: statement.excluded[name] for name in ("decision", "link_id", "at", "place")},
        # The platform's echo of the message may come first, and is of no ticket.
        where=inbox.c.link_id.is_(None),
    )
)
_ADOPT = Upsert(
    lambda insert: (statement := insert(inbox)).on_conflict_do_update(
        index_elements=["dedup_key"],
        set_={name: statement.excluded[name] for name in ("decision", "link_id", "at", "place", "author_id")},
        where=inbox.c.link_id.is_(None),
    )
)
_KNOWN = sa.select(inbox.c.dedup_key).where(inbox.c.dedup_key.in_(sa.bindparam("dedup_keys", expanding=True)))
_GET = sa.select(inbox.c.decision, inbox.c.link_id, inbox.c.author_id).where(
    inbox.c.dedup_key == sa.bindparam("dedup_key")
)
_REDECIDE = (
    inbox.update().where(inbox.c.dedup_key == sa.bindparam("which")).values(decision=sa.bindparam("new_decision"))
)
_STANDING = (
    sa.select(inbox.c.dedup_key)
    .where(
        HAS_PLACE,
        inbox.c.place == sa.bindparam("place"),
        inbox.c.decision.in_(sa.bindparam("decisions", expanding=True)),
        sa.func.substr(inbox.c.dedup_key, 1, sa.bindparam("length", type_=sa.Integer))
        == sa.bindparam("room", type_=Words),
    )
    .order_by(inbox.c.at.desc(), inbox.c.dedup_key.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)


class SqlInbox(Inbox):
    """The inbox table within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

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
        row = {
            "dedup_key": dedup_key,
            "decision": decision,
            "link_id": link_id,
            "at": at,
            "place": _place(message.address) if message is not None else None,
            "author_id": message.author.user_id if message is not None else None,
        }
        return await self._session.change(_ADMIT.on(self._session.dialect), row) > 0

    @override
    async def adopt(self, message: ChatMessage, *, decision: str, link_id: LinkId, at: datetime) -> None:
        row = {
            "dedup_key": message.dedup_key,
            "decision": decision,
            "link_id": link_id,
            "at": at,
            "place": _place(message.address),
            "author_id": message.author.user_id,
        }
        await self._session.change(_ADOPT.on(self._session.dialect), row)

    @override
    async def known(self, dedup_keys: Sequence[str]) -> set[str]:
        found = set[str]()
        for start in range(0, len(dedup_keys), _KEYS_AT_ONCE):
            some = dedup_keys[start : start + _KEYS_AT_ONCE]
            found.update(row.dedup_key for row in await self._session.rows(_KNOWN, {"dedup_keys": list(some)}))
        return found

    @override
    async def get(self, dedup_key: str) -> Received | None:
        row = await first(self._session, _GET, {"dedup_key": dedup_key})
        if row is None:
            return None
        link_id = None if row.link_id is None else LinkId(row.link_id)
        return Received(decision=row.decision, link_id=link_id, author_id=row.author_id or "")

    @override
    async def link_of(self, dedup_key: str) -> LinkId | None:
        received = await self.get(dedup_key)
        return None if received is None else received.link_id

    @override
    async def redecide(self, dedup_key: str, decision: str) -> None:
        await self._session.change(_REDECIDE, {"which": dedup_key, "new_decision": decision})

    @override
    async def standing_in(self, address: ChatAddress, decisions: Collection[str], limit: int) -> Sequence[str]:
        room = f"{address.platform}:{address.room}:"
        given = {
            "place": _place(address),
            "decisions": list(decisions),
            "room": room,
            "length": len(room),
            "most": limit,
        }
        return [row.dedup_key for row in await self._session.rows(_STANDING, given)]

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
        row = {"decision": decision, "link_id": link_id, "at": at, "place": _place(address), "author_id": None}
        if dedup_keys:
            await self._session.change(
                _RECORD_SENT.on(self._session.dialect), [{"dedup_key": key, **row} for key in dedup_keys]
            )


def _place(address: ChatAddress) -> str:
    return address.chat_thread or address.room
