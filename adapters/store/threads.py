"""The help desk's threads that were seen or written."""

from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from typing_extensions import override

from adapters.store.session import Session, first
from adapters.store.tables import IS_OWN, IS_WAITING, Row, threads
from adapters.store.upserts import replacing
from bot.domain.ids import ConversationId, DeliveryId, LinkId, ThreadId
from bot.domain.relay import Fate, KnownThread
from bot.ports.store import Threads

_IDS_AT_ONCE = 500

_KNOWN = sa.select(threads).where(threads.c.thread_id.in_(sa.bindparam("thread_ids", expanding=True)))
_SAVE = replacing(threads, "conversation_id", "fate", "digest", "due_at", "rounds", "link_id", "delivery_id")
_WRITTEN_BY = sa.select(threads).where(IS_OWN, threads.c.delivery_id == sa.bindparam("delivery_id")).limit(1)
_OWN_OF = (
    sa.select(threads.c.thread_id)
    .where(IS_OWN, threads.c.link_id == sa.bindparam("link_id"))
    .order_by(threads.c.thread_id)
)
_WAITING = sa.select(threads).where(IS_WAITING).order_by(threads.c.due_at)


class SqlThreads(Threads):
    """The threads table within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def known(self, thread_ids: Collection[ThreadId]) -> Mapping[ThreadId, KnownThread]:
        found: dict[ThreadId, KnownThread] = {}
        wanted = list(thread_ids)
        for start in range(0, len(wanted), _IDS_AT_ONCE):
            rows = await self._session.rows(_KNOWN, {"thread_ids": wanted[start : start + _IDS_AT_ONCE]})
            found |= {ThreadId(row.thread_id): _thread(row) for row in rows}
        return found

    @override
    async def save(self, *threads: KnownThread) -> None:
        rows = [
            {
                "thread_id": thread.thread_id,
                "conversation_id": thread.conversation_id,
                "fate": thread.fate.value,
                "digest": thread.digest,
                "due_at": thread.due_at,
                "rounds": thread.rounds,
                "link_id": thread.link_id,
                "delivery_id": thread.delivery_id,
            }
            for thread in threads
        ]
        if rows:
            await self._session.change(_SAVE.on(self._session.dialect), rows)

    @override
    async def written_by(self, delivery_id: DeliveryId) -> KnownThread | None:
        row = await first(self._session, _WRITTEN_BY, {"delivery_id": delivery_id})
        return None if row is None else _thread(row)

    @override
    async def own_of(self, link_id: LinkId) -> Sequence[ThreadId]:
        return [ThreadId(row.thread_id) for row in await self._session.rows(_OWN_OF, {"link_id": link_id})]

    @override
    async def waiting(self) -> Sequence[KnownThread]:
        return [_thread(row) for row in await self._session.rows(_WAITING)]


def _thread(row: Row) -> KnownThread:
    return KnownThread(
        thread_id=ThreadId(row.thread_id),
        conversation_id=ConversationId(row.conversation_id),
        fate=Fate(row.fate),
        digest=row.digest,
        due_at=row.due_at,
        rounds=row.rounds,
        link_id=None if row.link_id is None else LinkId(row.link_id),
        delivery_id=None if row.delivery_id is None else DeliveryId(row.delivery_id),
    )
