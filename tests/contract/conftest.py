"""What the contract tests run on."""

from collections.abc import Iterator

import pytest

from tests.contract.postgres_server import PostgresServer, find_programs, running_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for the whole session; tests that ask for it are skipped where none is installed."""
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt install postgresql)")
    with running_server(programs) as server:
        yield server
