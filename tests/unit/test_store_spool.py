"""Attachment bytes between fetch and filing."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from adapters.store.spool import FolderSpool
from bot.domain.errors import StoreError
from bot.domain.ids import DeliveryId, delivery_id
from bot.ports.store import Spool
from tests.contract.samples import mode_of, names_in
from tests.fakes.store import FakeSpool

ONE, OTHER = delivery_id("one"), delivery_id("other")


def needing(*ids: DeliveryId) -> Callable[[], Awaitable[set[DeliveryId]]]:
    async def needed() -> set[DeliveryId]:
        return set(ids)

    return needed


@pytest.fixture(params=["fake", "folder"])
def spool(request: pytest.FixtureRequest, tmp_path: Path) -> Spool:
    return FakeSpool() if request.param == "fake" else FolderSpool(tmp_path / "spool")


async def test_bytes_come_back_by_fetch_and_index(spool: Spool) -> None:
    await spool.put(ONE, 0, b"a")
    await spool.put(ONE, 10, b"")
    await spool.put(OTHER, 0, b"c")
    assert [await spool.get(ONE, 0), await spool.get(ONE, 10), await spool.get(OTHER, 0)] == [b"a", b"", b"c"]
    assert await spool.get(ONE, 1) is None


async def test_a_second_put_replaces_the_first(spool: Spool) -> None:
    await spool.put(ONE, 0, b"long one")
    await spool.put(ONE, 0, b"b")
    assert await spool.get(ONE, 0) == b"b"


async def test_dropping_a_fetch_forgets_all_its_files_and_no_others(spool: Spool) -> None:
    for index in (0, 1, 12):
        await spool.put(ONE, index, b"x")
    await spool.put(OTHER, 0, b"y")
    await spool.drop(ONE)
    await spool.drop(ONE)
    assert [await spool.get(ONE, index) for index in (0, 1, 12)] == [None, None, None]
    assert await spool.get(OTHER, 0) == b"y"


async def test_only_the_owner_can_read_the_files(tmp_path: Path) -> None:
    await FolderSpool(tmp_path / "spool").put(ONE, 0, b"x")
    assert mode_of(tmp_path / "spool") == 0o700
    assert mode_of(tmp_path / "spool" / f"{ONE}.0") == 0o600


@pytest.mark.parametrize(
    ("fetch_id", "index"), [("../x", 0), ("a/b", 0), ("", 0), ("a.0", 0), ("A" * 65, 0), ("a", -1)]
)
async def test_only_ids_can_name_a_file(tmp_path: Path, fetch_id: str, index: int) -> None:
    with pytest.raises(StoreError):
        await FolderSpool(tmp_path / "spool").put(DeliveryId(fetch_id), index, b"x")
    assert names_in(tmp_path) == []


async def test_a_sweep_deletes_what_nobody_knows_and_halves_and_nothing_foreign(tmp_path: Path) -> None:
    spool = FolderSpool(tmp_path)
    await spool.put(ONE, 0, b"x")
    await spool.put(OTHER, 0, b"y")
    (tmp_path / f"{OTHER}.1.part").write_bytes(b"half")
    (tmp_path / "README").write_text("mine")
    await spool.sweep(needing(ONE))
    assert names_in(tmp_path) == sorted([f"{ONE}.0", "README"])


async def test_what_is_put_while_a_sweep_asks_stays(tmp_path: Path) -> None:
    spool = FolderSpool(tmp_path)

    async def asked_too_early() -> set[DeliveryId]:
        await spool.put(ONE, 0, b"x")
        return set()

    await spool.sweep(asked_too_early)
    assert await spool.get(ONE, 0) == b"x"


async def test_a_sweep_of_a_folder_that_is_not_there_is_fine(tmp_path: Path) -> None:
    await FolderSpool(tmp_path / "none").sweep(needing())
    await FolderSpool(tmp_path / "none").drop(ONE)


async def test_an_unfinished_file_is_never_read(tmp_path: Path) -> None:
    (tmp_path / f"{ONE}.0.part").write_bytes(b"half")
    assert await FolderSpool(tmp_path).get(ONE, 0) is None


async def test_a_folder_that_cannot_be_written_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file, not a folder")
    with pytest.raises(StoreError, match="cannot be written"):
        await FolderSpool(tmp_path / "spool").put(ONE, 0, b"x")
