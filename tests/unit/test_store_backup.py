"""A backup is complete, consistent, private, and never overwrites anything."""

import asyncio
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from adapters.store.backup import backup
from adapters.store.engine import open_store
from bot.domain.errors import StoreError
from bot.ports.store import Records
from tests.contract.samples import mode_of, names_in
from tests.fakes.clock import ManualClock


def url_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


async def test_a_backup_of_a_running_store_can_be_opened_and_is_consistent(tmp_path: Path) -> None:
    database, target = tmp_path / "s.db", tmp_path / "backup.tar"
    keys = tmp_path / "matrix-store"
    keys.mkdir(mode=0o700)
    (keys / "seeds").write_text("secret")
    async with open_store(url_of(database), clock=ManualClock()) as store:
        stop = asyncio.Event()

        async def pair(records: Records) -> None:
            count = str(len(await records.memory.recall("a")))
            await records.memory.remember("a", {count: "x" * 1000})
            await records.memory.remember("b", {count: "x" * 1000})

        async def keep_writing() -> None:
            while not stop.is_set():
                await store.write(pair)

        writing = asyncio.create_task(keep_writing())
        await store.write(pair)
        names = await backup(url_of(database), target, [keys, tmp_path / "absent"])
        stop.set()
        await writing
    assert list(names) == ["s.db", "matrix-store", "matrix-store/seeds"]
    assert mode_of(target) == 0o600
    with tarfile.open(target) as archive:
        archive.extractall(tmp_path / "restored", filter="data")
    async with open_store(url_of(tmp_path / "restored" / "s.db"), clock=ManualClock(), create=False) as restored:
        a = await restored.read(lambda records: records.memory.recall("a"))
        b = await restored.read(lambda records: records.memory.recall("b"))
    assert a == b
    assert len(a) >= 1
    assert (tmp_path / "restored" / "matrix-store" / "seeds").read_text() == "secret"


async def test_a_backup_never_overwrites_a_file(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    async with open_store(url_of(tmp_path / "s.db"), clock=ManualClock()):
        with pytest.raises(StoreError, match="exists already"):
            await backup(url_of(tmp_path / "s.db"), tmp_path / "precious")
    assert (tmp_path / "precious").read_text() == "mine"


async def test_a_failed_backup_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_text("no database " * 100)
    with pytest.raises(StoreError, match="not a database"):
        await backup(url_of(tmp_path / "s.db"), tmp_path / "backup.tar")
    assert names_in(tmp_path) == ["s.db"]


async def test_without_a_store_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store"):
        await backup(url_of(tmp_path / "s.db"), tmp_path / "backup.tar")
    assert names_in(tmp_path) == []


async def test_a_target_in_a_missing_folder_is_named(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "s.db")) as database:
        database.execute("CREATE TABLE t (x)")
    with pytest.raises(StoreError, match=r"none/backup\.tar cannot be made"):
        await backup(url_of(tmp_path / "s.db"), tmp_path / "none" / "backup.tar")


async def test_for_postgresql_its_own_tool_is_named_and_no_password_shown(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="pg_dump") as caught:
        await backup("postgresql+asyncpg://bot:hunter2@db/bot", tmp_path / "backup.tar")
    assert "hunter2" not in str(caught.value)
