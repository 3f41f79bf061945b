"""One bot per store."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from adapters.store.engine import open_store
from adapters.store.lock import store_lock
from bot.domain.errors import StoreError
from tests.fakes.clock import ManualClock

REPOSITORY = Path(__file__).parents[2]


async def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/s.db"
    async with store_lock(url):
        with pytest.raises(StoreError, match=rf"another supportbot \(process {os.getpid()}\).*s\.db.*stop it"):
            async with store_lock(url):
                pass
    async with store_lock(url):
        pass


async def test_another_name_of_the_same_store_is_the_same_store(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "s.db")
    async with store_lock(f"sqlite+aiosqlite:///{tmp_path}/s.db"):
        with pytest.raises(StoreError):
            async with store_lock(f"sqlite+aiosqlite:///{tmp_path}/link.db"):
                pass


async def test_a_killed_process_holds_no_lock(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/s.db"
    program = f"""
import asyncio
from adapters.store.lock import store_lock
async def main():
    async with store_lock({url!r}):
        print("held", flush=True)
        await asyncio.Future()
asyncio.run(main())
"""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, cwd=REPOSITORY
    )
    assert child.stdout is not None
    assert await child.stdout.readline() == b"held\n"
    with pytest.raises(StoreError, match=rf"process {child.pid}\b"):
        async with store_lock(url):
            pass
    child.kill()
    await child.wait()
    async with store_lock(url):
        pass


async def test_commands_work_beside_the_holder(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/s.db"
    async with (
        store_lock(url),
        open_store(url, clock=ManualClock()),
        open_store(url, clock=ManualClock(), create=False) as beside,
    ):
        assert await beside.writable()


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="none"):
        async with store_lock(f"sqlite+aiosqlite:///{tmp_path}/none/s.db"):
            pass
