"""What is special about a store on a server: connections break, and the lock is the server's."""

import asyncio
from itertools import count

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.store.engine import open_store
from adapters.store.lock import store_lock
from adapters.store.tables import metadata
from bot.domain.errors import StoreError
from bot.ports.store import Records
from tests.contract.postgres_server import PostgresServer
from tests.fakes.clock import ManualClock

pytestmark = pytest.mark.postgres
_numbers = count()


@pytest.fixture
async def url(postgres: PostgresServer) -> str:
    return await postgres.make_database(f"special{next(_numbers)}")


async def remember(records: Records) -> None:
    await records.memory.remember("test", {"a": "x"})


async def test_a_second_holder_of_the_lock_is_refused(url: str) -> None:
    async with store_lock(url):
        with pytest.raises(StoreError, match="another supportbot is running on the store"):
            async with store_lock(url):
                pass
        async with open_store(url, clock=ManualClock()) as beside:
            assert await beside.writable()
    async with store_lock(url):
        pass


async def test_the_lock_is_one_per_database(url: str, postgres: PostgresServer) -> None:
    other = await postgres.make_database(f"special{next(_numbers)}")
    async with store_lock(url), store_lock(other):
        pass


async def test_a_broken_connection_costs_no_write_that_comes_later(url: str, postgres: PostgresServer) -> None:
    async with open_store(url, clock=ManualClock()) as store:
        await store.write(remember)
        await postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        await store.write(remember)
        assert await store.read(lambda records: records.memory.recall("test")) == {"a": "x"}


async def test_a_connection_that_breaks_during_a_work_fails_it_and_only_it(url: str, postgres: PostgresServer) -> None:
    async with open_store(url, clock=ManualClock()) as store:

        async def interrupted(records: Records) -> None:
            await records.memory.remember("test", {"b": "x"})
            await postgres.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            )
            await records.memory.remember("test", {"c": "x"})

        with pytest.raises(StoreError):
            await store.write(interrupted)
        await store.write(remember)
        assert await store.read(lambda records: records.memory.recall("test")) == {"a": "x"}


async def test_two_processes_that_start_at_once_make_the_tables_once(url: str) -> None:
    async def start() -> bool:
        async with open_store(url, clock=ManualClock()) as store:
            return await store.writable()

    assert all(await asyncio.gather(start(), start(), start()))


async def test_migrations_make_the_tables_that_the_code_expects(url: str) -> None:
    async with open_store(url, clock=ManualClock()):
        pass

    def compare(connection: sa.Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    engine = create_async_engine(url)
    async with engine.connect() as connection:
        assert await connection.run_sync(compare) == []
    await engine.dispose()


async def test_a_database_that_is_not_there_is_named(postgres: PostgresServer) -> None:
    with pytest.raises(StoreError, match=r"cannot be opened: .*database \"nowhere\" does not exist"):
        async with open_store(postgres.url("nowhere"), clock=ManualClock()):
            pass


async def test_commands_beside_the_bot_make_no_tables(url: str) -> None:
    with pytest.raises(StoreError, match="supportbot run"):
        async with open_store(url, clock=ManualClock(), create=False):
            pass
