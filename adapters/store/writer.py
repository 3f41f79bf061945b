"""Group commit: units of work that wait at the same moment share one transaction, and so one wait for the disk."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar, cast

from adapters.store.records import SqlRecords
from adapters.store.session import Database
from bot.domain.delivery import Delivery
from bot.domain.errors import StoreError
from bot.ports.clock import Clock
from bot.ports.store import Records

T = TypeVar("T")
Promised: TypeAlias = Sequence[tuple[int, Delivery]]

WORKS_AT_ONCE = 64
"""Bounds how long the first of a batch waits for the others, and how much is run again after one of them failed."""


class _Job:
    """A unit of work that waits for its turn, and the caller who waits for it."""

    def __init__(self, work: Callable[[Records], Awaitable[Any]]) -> None:
        self.work = work
        self.answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.result: Any = None


class _Carried:
    """Carries an exception out of a block, to be raised where the work came from. Never a cancellation."""

    error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: TracebackType | None) -> bool:
        self.error = error if isinstance(error, Exception) else None
        return self.error is not None


class GroupWriter:
    """Runs units of work one after another. ``announce`` hears of what each commit promised."""

    def __init__(self, database: Database, clock: Clock, announce: Callable[[Promised], None]) -> None:
        self._database = database
        self._clock = clock
        self._announce = announce
        self._waiting: deque[_Job] = deque()
        self._wanted = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._run(), name="store writer")

    async def submit(self, work: Callable[[Records], Awaitable[T]]) -> T:
        """Have the work done and return its result once it is durable. Cancelling the caller disturbs no other."""
        if self._closing:
            raise StoreError("the store is closed")
        job = _Job(work)
        self._waiting.append(job)
        self._wanted.set()
        return cast("T", await job.answer)

    async def close(self) -> None:
        """Finish what waits and end."""
        self._closing = True
        self._wanted.set()
        await self._task

    async def _run(self) -> None:
        try:
            while self._waiting or not self._closing:
                await self._wanted.wait()
                self._wanted.clear()
                while self._waiting:
                    if batch := self._next_batch():
                        await self._do(batch)
        finally:
            self._closing = True
            for job in self._waiting:
                _fail(job, StoreError("the store was closed before this was written"))

    def _next_batch(self) -> list[_Job]:
        count = min(len(self._waiting), WORKS_AT_ONCE)
        return [job for job in (self._waiting.popleft() for _ in range(count)) if not job.answer.done()]

    async def _do(self, batch: Sequence[_Job]) -> None:
        try:
            error = await self._commit(batch)
        except BaseException:
            for job in batch:
                _fail(job, StoreError("the store was closed while this was written"))
            raise
        if error is None:
            return
        if len(batch) == 1:
            _fail(batch[0], error)
            return
        for job in batch:
            if not job.answer.done():
                await self._do([job])

    async def _commit(self, batch: Sequence[_Job]) -> Exception | None:
        """Do the batch in one transaction; the error when nothing of it was kept."""
        with _Carried() as carried:
            async with self._database.transaction() as session:
                records = SqlRecords(session, self._clock)
                for job in batch:
                    job.result = await job.work(records)
        if carried.error is not None:
            return carried.error
        for job in batch:
            if not job.answer.done():
                job.answer.set_result(job.result)
        if records.promised:
            self._announce(sorted(records.promised.values(), key=lambda row: row[0]))
        return None


def _fail(job: _Job, error: Exception) -> None:
    if not job.answer.done():
        job.answer.set_exception(error)
