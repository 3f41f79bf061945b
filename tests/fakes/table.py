"""What the fake tables have in common, and those of the help desk's threads and of edited messages."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from typing_extensions import override

from bot.domain.errors import StoreError
from bot.domain.ids import DeliveryId, LinkId, ThreadId
from bot.domain.relay import KnownThread
from bot.domain.versions import MessageVersion
from bot.ports.store import Threads, Versions

if TYPE_CHECKING:
    from tests.fakes.records import Contents


class Table:
    """Rows that a read must not change."""

    def __init__(self, rows: "Contents", *, writable: bool) -> None:
        self._all = rows
        self._writable = writable

    @property
    def _rows(self) -> "Contents":
        """The rows, for a change."""
        if not self._writable:
            raise StoreError("a read must not write")
        return self._all


class FakeThreads(Table, Threads):
    """Threads by id."""

    @override
    async def known(self, thread_ids: Collection[ThreadId]) -> Mapping[ThreadId, KnownThread]:
        return {thread_id: self._all.threads[thread_id] for thread_id in thread_ids if thread_id in self._all.threads}

    @override
    async def save(self, *threads: KnownThread) -> None:
        self._rows.threads.update({thread.thread_id: thread for thread in threads})

    @override
    async def written_by(self, delivery_id: DeliveryId) -> KnownThread | None:
        return next((thread for thread in self._all.threads.values() if thread.delivery_id == delivery_id), None)

    @override
    async def own_of(self, link_id: LinkId) -> Sequence[ThreadId]:
        own = (thread for thread in self._all.threads.values() if thread.delivery_id is not None)
        return sorted(thread.thread_id for thread in own if thread.link_id == link_id)

    @override
    async def waiting(self) -> Sequence[KnownThread]:
        waiting = [(thread.due_at, thread) for thread in self._all.threads.values() if thread.due_at is not None]
        return [thread for _, thread in sorted(waiting, key=lambda one: one[0])]


class FakeVersions(Table, Versions):
    """Edited messages by key."""

    @override
    async def get(self, dedup_key: str) -> MessageVersion | None:
        return self._all.versions.get(dedup_key)

    @override
    async def save(self, version: MessageVersion) -> None:
        self._rows.versions[version.dedup_key] = version
