"""Opening a store: made where it may be, brought up to date, refused in words an operator can act on."""

import asyncio
import logging
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from adapters.store import schema
from adapters.store.engine import open_store
from adapters.store.place import parse_place, spool_folder
from adapters.store.schema import HEAD, MIGRATIONS, upgrade
from adapters.store.tables import metadata
from bot.domain.errors import StoreError
from bot.ports.store import Records, Store
from tests.contract.samples import mode_of, names_in
from tests.fakes.clock import ManualClock

REPOSITORY = Path(__file__).parents[2]


def url_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


async def remember(store: Store, name: str) -> None:
    await store.write(lambda records: records.memory.remember("test", {name: "x"}))


async def recall(store: Store) -> list[str]:
    return list(await store.read(lambda records: records.memory.recall("test")))


async def open_and_close(url: str, *, create: bool = True) -> None:
    async with open_store(url, clock=ManualClock(), create=create):
        pass


async def test_what_was_written_is_there_when_the_store_is_opened_again(tmp_path: Path) -> None:
    async with open_store(url_of(tmp_path / "s.db"), clock=ManualClock()) as store:
        await remember(store, "a")
    async with open_store(url_of(tmp_path / "s.db"), clock=ManualClock(), create=False) as store:
        assert await recall(store) == ["a"]


async def test_commits_survive_a_loss_of_power(tmp_path: Path) -> None:
    async with open_store(url_of(tmp_path / "s.db"), clock=ManualClock()) as store:
        connection = store._database._writer  # type: ignore[attr-defined]
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "FULL: each commit waits for the disk"
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        connection.rollback()


async def test_a_kill_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    program = f"""
import asyncio, os
from adapters.store import schema
from adapters.store.engine import open_store
from adapters.system.clock import SystemClock
async def main():
    async with open_store({url_of(tmp_path / "s.db")!r}, clock=SystemClock()) as store:
        for number in range(10**9):
            await store.write(lambda records: records.memory.remember("test", {{str(number): "x"}}))
            os.write(1, f"{{number}}\\n".encode())
asyncio.run(main())
"""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, cwd=REPOSITORY
    )
    assert child.stdout is not None
    answered = [(await child.stdout.readline()).decode().strip() for _ in range(50)]
    child.kill()
    answered += (await child.stdout.read()).decode().split()
    await child.wait()
    assert answered[-1].isdigit()
    async with open_store(url_of(tmp_path / "s.db"), clock=ManualClock()) as store:
        assert set(answered) <= set(await recall(store))


async def test_the_database_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    async with open_store(url_of(tmp_path / "s.db"), clock=ManualClock()) as store:
        await remember(store, "a")
        assert [name for name in names_in(tmp_path) if mode_of(tmp_path / name) & 0o077] == []


async def test_commands_beside_the_bot_neither_make_nor_change_a_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no store"):
        await open_and_close(url_of(tmp_path / "s.db"), create=False)
    assert names_in(tmp_path) == []
    with closing(sqlite3.connect(tmp_path / "s.db")) as empty:
        empty.execute("CREATE TABLE foreign_table (x)")
    with pytest.raises(StoreError, match="supportbot run"):
        await open_and_close(url_of(tmp_path / "s.db"), create=False)


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"folder of the store .*/none/s.db does not exist"):
        await open_and_close(url_of(tmp_path / "none" / "s.db"))


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_text("a letter to my aunt\n" * 100)
    with pytest.raises(StoreError, match=r"s\.db cannot be opened: file is not a database"):
        await open_and_close(url_of(tmp_path / "s.db"))


@pytest.fixture
def forbidden_folder(tmp_path: Path) -> Path:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    return tmp_path


async def test_a_folder_without_permission_is_named(forbidden_folder: Path) -> None:
    with pytest.raises(StoreError, match="cannot be made"):
        await open_and_close(url_of(forbidden_folder / "s.db"))


async def test_a_store_of_a_newer_version_is_refused_with_both_versions_and_left_as_it_is(tmp_path: Path) -> None:
    await open_and_close(url_of(tmp_path / "s.db"))
    with closing(sqlite3.connect(tmp_path / "s.db", isolation_level=None)) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    for create in (True, False):
        with pytest.raises(StoreError, match=f"newer version.*9999.*{HEAD}"):
            await open_and_close(url_of(tmp_path / "s.db"), create=create)


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://x/y", "sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"])
async def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(StoreError, match=r"store\.url"):
        await open_and_close(url)


async def test_no_message_shows_a_password() -> None:
    url = "postgresql+asyncpg://bot:hunter2@127.0.0.1:1/support"
    with pytest.raises(StoreError, match=r"store postgresql\+asyncpg://bot:\*\*\*@127\.0\.0\.1:1/support") as caught:
        await open_and_close(url)
    assert "hunter2" not in str(caught.value)


def test_attachments_wait_beside_the_store() -> None:
    assert spool_folder("sqlite+aiosqlite:////data/bot.db") == Path("/data/bot-spool")
    assert spool_folder("sqlite+aiosqlite:///bot.db") == Path("bot-spool")
    assert not spool_folder("postgresql+asyncpg://bot@db/bot").is_absolute()
    assert parse_place("sqlite+aiosqlite:///bot.db").path == Path("bot.db")


def migrate(path: Path) -> None:
    """Make a store as an upgrade from nothing would: by the migrations alone."""
    with sa.create_engine(f"sqlite:///{path}").begin() as connection:
        upgrade(connection)


async def test_migrations_make_the_tables_that_the_code_expects(tmp_path: Path) -> None:
    migrate(tmp_path / "s.db")
    with sa.create_engine(f"sqlite:///{tmp_path}/s.db").connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        partial = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE sql LIKE '%WHERE%'").scalars()
        assert set(partial) == {
            "inbox_place",
            "links_asked",
            "links_open",
            "links_unfinished",
            "outbox_open",
            "outbox_over",
            "sla_tickets_next",
            "sla_tickets_open",
            "sla_tickets_running",
            "threads_delivery",
            "threads_link",
            "threads_waiting",
        }


async def test_partial_indexes_and_table_options_are_those_of_the_code(tmp_path: Path) -> None:
    """Alembic's comparison does not look at them."""
    migrate(tmp_path / "migrated.db")
    await open_and_close(url_of(tmp_path / "fresh.db"))
    assert _definitions(tmp_path / "migrated.db") == _definitions(tmp_path / "fresh.db")


async def test_a_fresh_store_counts_as_migrated(tmp_path: Path) -> None:
    migrate(tmp_path / "migrated.db")
    await open_and_close(url_of(tmp_path / "fresh.db"))
    versions = [_versions(tmp_path / name) for name in ("migrated.db", "fresh.db")]
    assert versions == [[(HEAD,)]] * 2


def _versions(path: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT version_num FROM alembic_version").fetchall()


def _definitions(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT sql FROM sqlite_master WHERE name NOT LIKE '%alembic%'").fetchall()
    return {" ".join(sorted(sql.replace(",", " ").split())) for (sql,) in found if sql}


def test_the_newest_migration_is_the_one_the_code_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


async def test_a_migration_that_is_cut_short_leaves_nothing(tmp_path: Path) -> None:
    class CutShortError(Exception):
        pass

    def cut_short(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "CREATE TABLE audit" in statement:
            raise CutShortError

    sa.event.listen(sa.Engine, "before_cursor_execute", cut_short)
    try:
        with pytest.raises(CutShortError):
            await open_and_close(url_of(tmp_path / "s.db"))
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", cut_short)
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    await open_and_close(url_of(tmp_path / "s.db"))


async def test_migrations_are_quiet(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await open_and_close(url_of(tmp_path / "s.db"))
    assert caplog.records == []


async def test_alembic_is_not_imported_when_the_tables_are_up_to_date(tmp_path: Path) -> None:
    await open_and_close(url_of(tmp_path / "s.db"))
    program = f"""
import asyncio, sys
from adapters.store import schema
from adapters.store.engine import open_store
from adapters.system.clock import SystemClock
async def main():
    async with open_store({url_of(tmp_path / "s.db")!r}, clock=SystemClock()) as store:
        assert await store.writable()
asyncio.run(main())
print([name for name in ("alembic", "asyncpg", "sqlalchemy.ext.asyncio") if name in sys.modules])
"""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()
    assert output.decode().strip() == "[]"


async def test_a_store_that_stands_in_a_folder_with_odd_characters_is_fine(tmp_path: Path) -> None:
    folder = tmp_path / "100% mine, ünd?"
    folder.mkdir()
    async with open_store("sqlite+aiosqlite:///" + str(folder / "s.db").replace("?", "%3F"), clock=ManualClock()) as _:
        pass


async def test_the_program_may_be_installed_in_a_folder_with_odd_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "MIGRATIONS", Path(shutil.copytree(MIGRATIONS, tmp_path / "100% mine: yes")))
    await open_and_close(url_of(tmp_path / "s.db"))


async def test_two_stores_on_one_file_see_each_others_commits(tmp_path: Path) -> None:
    async def both(records: Records) -> None:
        await records.memory.remember("test", {"from the command": "x"})

    async with (
        open_store(url_of(tmp_path / "s.db"), clock=ManualClock()) as running,
        open_store(url_of(tmp_path / "s.db"), clock=ManualClock(), create=False) as beside,
    ):
        await asyncio.gather(*(remember(running, str(number)) for number in range(40)), beside.write(both))
        assert "from the command" in await recall(running)
        assert len(await recall(beside)) == 41
