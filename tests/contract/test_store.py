"""Every store keeps the same promises: the one in memory, the one in a file, and the one on a server."""

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from adapters.store.engine import open_store
from tests.contract.postgres_server import PostgresServer
from tests.contract.store_acts import HealthyStore
from tests.contract.store_contract import StoreContract
from tests.fakes.clock import ManualClock
from tests.fakes.store import FakeStore

_database_numbers = count()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


class TestFakeStore(StoreContract):
    @pytest.fixture
    def store(self, clock: ManualClock) -> HealthyStore:
        return FakeStore(clock=clock)


class TestRehearsingFakeStore(StoreContract):
    @pytest.fixture
    def store(self, clock: ManualClock) -> HealthyStore:
        return FakeStore(clock=clock, rehearse=True)


class TestSqliteStore(StoreContract):
    @pytest.fixture
    async def store(self, clock: ManualClock, tmp_path: Path) -> AsyncIterator[HealthyStore]:
        async with open_store(f"sqlite+aiosqlite:///{tmp_path}/store.db", clock=clock) as store:
            yield store


@pytest.mark.postgres
class TestPostgresStore(StoreContract):
    @pytest.fixture
    async def store(self, clock: ManualClock, postgres: PostgresServer) -> AsyncIterator[HealthyStore]:
        url = await postgres.make_database(f"store{next(_database_numbers)}")
        async with open_store(url, clock=clock) as store:
            yield store
