"""Group commit: waiting works share a commit, and what goes wrong with one stays with its caller."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from typing_extensions import override

from adapters.store.engine import SqlStore, open_store
from adapters.store.session import Database, Parameters, Session
from adapters.store.tables import Row
from adapters.store.writer import WORKS_AT_ONCE, GroupWriter
from bot.domain.errors import StoreError
from bot.ports.store import Records
from tests.fakes.clock import ManualClock

MEMBERS_WORDS = "what a member " + "wrote"
"""In two pieces, for a traceback quotes this file too."""


class CountingDatabase(Database, Session):
    """A database that keeps nothing and counts its transactions; ``broken`` commits fail."""

    def __init__(self) -> None:
        self.begun = self.committed = 0
        self.broken = 0

    @property
    @override
    def dialect(self) -> str:
        return "sqlite"

    @override
    async def rows(self, statement: sa.Executable, parameters: Parameters | None = None) -> Sequence[Row]:
        return []

    @override
    async def change(self, statement: sa.Executable, parameters: Parameters | None = None) -> int:
        return 0

    @override
    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        self.begun += 1
        yield self
        await asyncio.sleep(0)
        if self.broken:
            self.broken -= 1
            raise StoreError("the disk is full")
        self.committed += 1

    @override
    @asynccontextmanager
    async def view(self) -> AsyncIterator[Session]:
        yield self

    @override
    async def close(self) -> None: ...


def make_writer(database: Database) -> GroupWriter:
    return GroupWriter(database, ManualClock(), lambda _promised: None)


async def nothing(records: Records) -> str:
    return "done"


async def fail(records: Records) -> str:
    raise LookupError("mine alone")


async def test_works_that_wait_together_share_one_commit() -> None:
    database = CountingDatabase()
    writer = make_writer(database)
    assert await asyncio.gather(*(writer.submit(nothing) for _ in range(WORKS_AT_ONCE))) == ["done"] * WORKS_AT_ONCE
    assert database.committed == 1
    await writer.close()


async def test_a_commit_is_shared_by_a_bounded_number_of_works() -> None:
    database = CountingDatabase()
    writer = make_writer(database)
    await asyncio.gather(*(writer.submit(nothing) for _ in range(3 * WORKS_AT_ONCE)))
    assert database.committed == 3
    await writer.close()


async def test_after_a_failure_each_work_of_the_batch_runs_alone() -> None:
    database = CountingDatabase()
    writer = make_writer(database)
    works = [nothing, fail, nothing]
    results = await asyncio.gather(*(writer.submit(work) for work in works), return_exceptions=True)
    assert results[0] == results[2] == "done"
    assert isinstance(results[1], LookupError)
    assert (database.begun, database.committed) == (4, 2)
    await writer.close()


async def test_a_commit_that_fails_is_told_to_every_caller_and_the_store_goes_on() -> None:
    database = CountingDatabase()
    database.broken = 4
    writer = make_writer(database)
    results = await asyncio.gather(*(writer.submit(nothing) for _ in range(3)), return_exceptions=True)
    assert [str(result) for result in results] == ["the disk is full"] * 3
    assert await writer.submit(nothing) == "done"
    await writer.close()


async def test_closing_finishes_what_waits_and_refuses_what_comes_later() -> None:
    database = CountingDatabase()
    writer = make_writer(database)
    callers = [asyncio.create_task(writer.submit(nothing)) for _ in range(5)]
    await asyncio.sleep(0)
    await writer.close()
    assert [await caller for caller in callers] == ["done"] * 5
    with pytest.raises(StoreError, match="closed"):
        await writer.submit(nothing)


async def test_nobody_waits_for_ever_when_the_writer_is_torn_down() -> None:
    writer = make_writer(CountingDatabase())
    inside = asyncio.Event()

    async def stuck(records: Records) -> str:
        inside.set()
        return await asyncio.Future()

    callers = [asyncio.create_task(writer.submit(work)) for work in (stuck, nothing)]
    await inside.wait()
    callers.append(asyncio.create_task(writer.submit(nothing)))
    await asyncio.sleep(0)
    writer._task.cancel()
    results = await asyncio.gather(*callers, return_exceptions=True)
    assert all(isinstance(result, StoreError) for result in results)


async def test_a_work_whose_caller_is_gone_before_its_turn_is_not_done() -> None:
    writer = make_writer(CountingDatabase())
    done = list[str]()

    async def work(records: Records) -> None:
        done.append("done")

    caller = asyncio.create_task(writer.submit(work))
    await asyncio.sleep(0)
    caller.cancel()
    await writer.close()
    assert done == []


async def test_a_caller_that_gives_up_while_its_work_is_done_disturbs_no_other() -> None:
    writer = make_writer(CountingDatabase())

    async def gives_up(records: Records) -> str:
        callers[0].cancel()
        return "done for nobody"

    callers = [asyncio.create_task(writer.submit(work)) for work in (gives_up, nothing)]
    results = await asyncio.gather(*callers, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1] == await writer.submit(nothing) == "done"
    await writer.close()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path}/s.db", clock=ManualClock()) as store:
        yield store


async def test_a_cancellation_during_the_commit_leaves_the_store_usable(store: SqlStore) -> None:
    for pause in range(12):
        caller = asyncio.create_task(
            store.write(lambda records: records.memory.remember("test", {"a": "b"})),
        )
        for _ in range(pause):
            await asyncio.sleep(0)
        caller.cancel()
    assert await store.writable()


async def test_a_write_waits_for_a_command_that_is_writing_and_leaves_the_event_loop_free(
    store: SqlStore, tmp_path: Path
) -> None:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path}/s.db", clock=ManualClock(), create=False) as beside:
        inside, go_on = asyncio.Event(), asyncio.Event()

        async def slow(records: Records) -> None:
            await records.memory.remember("test", {"slow": "x"})
            inside.set()
            await go_on.wait()

        slow_one = asyncio.create_task(beside.write(slow))
        await inside.wait()
        other = asyncio.create_task(store.writable())
        done, _ = await asyncio.wait({other}, timeout=0.05)
        assert not done, "it waits"
        assert await store.read(lambda records: records.memory.recall("test")) == {}, "reads do not"
        go_on.set()
        await slow_one
        assert await other


async def test_a_store_that_cannot_be_written_says_so(store: SqlStore) -> None:
    store._database._writer.exec_driver_sql("PRAGMA query_only=ON")  # type: ignore[attr-defined]
    assert not await store.writable()
    with pytest.raises(StoreError, match="readonly"):
        await store.write(nothing)


async def test_a_full_disk_is_an_error_that_quotes_no_row_and_not_the_end(store: SqlStore) -> None:
    connection = store._database._writer  # type: ignore[attr-defined]
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    connection.rollback()
    with pytest.raises(StoreError, match="full") as caught:
        await store.write(lambda records: records.memory.remember("test", {"a": MEMBERS_WORDS * 10_000}))
    assert MEMBERS_WORDS not in "".join(traceback.format_exception(caught.value))
    connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    connection.rollback()
    await store.write(lambda records: records.memory.remember("test", {"a": "x" * 100_000}))
    assert await store.writable()
