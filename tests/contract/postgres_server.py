"""A PostgreSQL server of our own, for as long as the tests run."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

DEBIAN_VERSIONS = Path("/usr/lib/postgresql")
"""Debian keeps the server's programs here, one folder per version, and not in PATH."""
_UNPRIVILEGED = "postgres"


class PostgresServer:
    """A running server that is reached by its socket only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def url(self, database: str) -> str:
        """The store.url of a database on it."""
        return f"postgresql+asyncpg://{_UNPRIVILEGED}@/{database}?host={self._folder}"

    async def make_database(self, name: str) -> str:
        """A new, empty database; its store.url."""
        await self.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    async def execute(self, statement: str) -> None:
        """Run a statement as the server's owner, outside any transaction."""
        engine = create_async_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        try:
            async with engine.connect() as connection:
                await connection.execute(sa.text(statement))
        finally:
            await engine.dispose()


def find_programs() -> Path | None:
    """The folder of initdb and pg_ctl, newest version first; None where no server is installed."""
    versions = sorted(DEBIAN_VERSIONS.glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    in_path = shutil.which("initdb")
    candidates = [*versions, *([Path(in_path).resolve().parent] if in_path else [])]
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


@contextmanager
def running_server(programs: Path) -> Iterator[PostgresServer]:
    """Make a cluster in a temporary folder, start it, and take everything away at the end."""
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, _UNPRIVILEGED)
        data = folder / "data"
        _run(programs / "initdb", "-D", data, "-U", _UNPRIVILEGED, "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        _run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
        try:
            yield PostgresServer(folder)
        finally:
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _run(*command: object) -> None:
    as_user: Sequence[str] = ("runuser", "-u", _UNPRIVILEGED, "--") if os.geteuid() == 0 else ()
    subprocess.run(
        [*as_user, *map(str, command)], check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
