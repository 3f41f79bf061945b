"""A store and a spool in memory: small real programs with the promises of their ports."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from typing_extensions import override

from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.errors import StoreError
from bot.domain.ids import DeliveryId
from bot.ports.clock import Clock
from bot.ports.store import AuditLine, Records, Spool, Store
from tests.fakes.clock import ManualClock
from tests.fakes.records import Contents, FakeRecords

T = TypeVar("T")


class FakeStore(Store):
    """The store in memory.

    ``rehearse``: every work is run twice and only the second run is kept, which shows works that do more than touch
    the records. ``contents`` and ``audit_lines`` are for assertions; ``break_down`` makes every write fail.
    """

    def __init__(self, *, clock: Clock | None = None, rehearse: bool = False) -> None:
        self.contents = Contents()
        self._clock = clock or ManualClock()
        self._rehearse = rehearse
        self._turn = asyncio.Lock()
        self._listeners: list[Callable[[Sequence[tuple[int, Delivery]]], None]] = []
        self._breakdown: StoreError | None = None
        self._unreadable: StoreError | None = None

    def break_down(self, error: StoreError | None, *, reads: bool = False) -> None:
        """Have every write (and read) fail with ``error`` from now on; None repairs the store."""
        self._breakdown = error
        self._unreadable = error if reads else None

    @property
    def audit_lines(self) -> Sequence[AuditLine]:
        """The audit log, oldest line first."""
        return tuple(self.contents.audit)

    @override
    async def write(self, work: Callable[[Records], Awaitable[T]]) -> T:
        async with self._turn:
            await asyncio.sleep(0)
            if self._breakdown is not None:
                raise self._breakdown
            if self._rehearse:
                await work(FakeRecords(self.contents.snapshot(), self._clock, set()))
            draft, promised = self.contents.snapshot(), set[DeliveryId]()
            result = await work(FakeRecords(draft, self._clock, promised))
            self.contents = draft
            self._announce(promised)
        return result

    @override
    async def read(self, work: Callable[[Records], Awaitable[T]]) -> T:
        await asyncio.sleep(0)
        if self._unreadable is not None:
            raise self._unreadable
        return await work(FakeRecords(self.contents.snapshot(), self._clock, None))

    @override
    def on_promised(self, listener: Callable[[Sequence[tuple[int, Delivery]]], None]) -> None:
        self._listeners.append(listener)

    async def writable(self) -> bool:
        """Whether a write would succeed."""
        return self._breakdown is None

    def _announce(self, promised: set[DeliveryId]) -> None:
        rows = self.contents
        pending = [one for one in promised if rows.deliveries[one].state is DeliveryState.PENDING]
        if pending:
            news = sorted(((rows.positions[one], rows.deliveries[one]) for one in pending), key=lambda row: row[0])
            for listener in self._listeners:
                listener(news)


class FakeSpool(Spool):
    """Attachment bytes in memory."""

    def __init__(self) -> None:
        self.files: dict[tuple[DeliveryId, int], bytes] = {}

    @override
    async def put(self, fetch_id: DeliveryId, index: int, content: bytes) -> None:
        self.files[fetch_id, index] = content

    @override
    async def get(self, fetch_id: DeliveryId, index: int) -> bytes | None:
        return self.files.get((fetch_id, index))

    @override
    async def drop(self, fetch_id: DeliveryId) -> None:
        for key in [key for key in self.files if key[0] == fetch_id]:
            del self.files[key]
