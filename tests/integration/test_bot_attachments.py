"""Files that members send: copied into FreeScout at once, or named and linked; never lost without a word."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from sandbox.matrix import SynapseServer
from tests.integration.bot_world import BotWorld, bot_world, word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.synapse]

LIMIT_BYTES = 50_000
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot with a small limit for files, on both platforms, for the whole file."""
    folder = tmp_path_factory.mktemp("attachments")
    intake = {"max_attachment_bytes": LIMIT_BYTES}
    async with bot_world(folder, unused_tcp_port_factory(), synapse=synapse, intake=intake) as made:
        await made.start_bot()
        yield made
        await made.until(made.drained, "nothing waits")
        assert spooled(made) == []


def spooled(world: BotWorld) -> list[str]:
    """The files in the spool beside the store."""
    folders = [entry for entry in world.folder.iterdir() if entry.is_dir() and "spool" in entry.name]
    return [entry.name for folder in folders for entry in folder.rglob("*") if entry.is_file()]


def words_of(body: str) -> str:
    """The text of an entry."""
    return html.unescape(re.sub("<[^>]+>", " ", body))


async def test_a_discord_file_is_copied_byte_for_byte(world: BotWorld) -> None:
    mark = word()
    files = [("shot.png", "image/png", PICTURE)]
    await world.discord.post(world.mia, world.support.id, f"Look {mark}", attachments=files)
    [file] = (await world.entry(mark)).attachments
    assert (file.file_name, file.mime_type, file.data) == ("shot.png", "image/png", PICTURE)


async def test_a_matrix_file_is_copied_byte_for_byte(world: BotWorld) -> None:
    mark = word()
    await world.jonas.send_file(world.room, PICTURE, f"{mark}.png", "image/png")
    entry = await world.entry(f"{mark}.png")
    [file] = entry.attachments
    assert (file.file_name, file.mime_type, file.data) == (f"{mark}.png", "image/png", PICTURE)


async def test_several_files_arrive_in_order_with_the_request_and_with_follow_ups(world: BotWorld) -> None:
    mark, further = word(), word()
    files = [(f"{number}.txt", "text/plain", f"file {number}".encode()) for number in range(10)]
    posted = await world.discord.post(world.mia, world.support.id, mark, attachments=files)
    entry = await world.entry(mark)
    assert [(file.file_name, file.data) for file in entry.attachments] == [(name, data) for name, _, data in files]
    await world.answer(posted)
    await world.discord.post(world.mia, posted.id, further, attachments=files[:2])
    assert [file.data for file in (await world.entry(further)).attachments] == [b"file 0", b"file 1"]


async def test_the_files_of_a_forwarded_message_come_too(world: BotWorld) -> None:
    mark = word()
    elsewhere = world.discord.add_text_channel("elsewhere")
    source = await world.discord.post(
        world.lena, elsewhere.id, f"the log {mark}", attachments=[("log.txt", "text/plain", b"forwarded bytes")]
    )
    await world.discord.post(world.mia, world.support.id, "", forwarded=source)
    [file] = (await world.entry(mark)).attachments
    assert file.data == b"forwarded bytes"


async def test_a_file_over_the_limit_is_named_with_its_size_and_the_message_linked(world: BotWorld) -> None:
    mark = word()
    files = [("small.txt", "text/plain", b"small"), ("huge.bin", "application/octet-stream", b"x" * (LIMIT_BYTES + 1))]
    posted = await world.discord.post(world.mia, world.support.id, mark, attachments=files)
    entry = await world.entry(mark)
    assert [file.file_name for file in entry.attachments] == ["small.txt"]
    assert re.search(r"huge\.bin \([\d.]+ [kKM]i?B\)", words_of(entry.body))
    assert f"/{world.support.id}/{posted.id}#" in entry.body
    assert "/attachments/" not in entry.body


async def test_a_matrix_file_over_the_limit_is_named_also_when_its_sender_lied_about_the_size(world: BotWorld) -> None:
    mark = word()
    address = await world.jonas.upload(b"x" * (LIMIT_BYTES * 3), "application/zip")
    lie = {"msgtype": "m.file", "url": address, "filename": f"{mark}.zip", "info": {"size": 10}}
    await world.jonas.send_text(world.room, f"{mark}.zip", extra=lie)
    entry = await world.entry(f"{mark}.zip")
    assert entry.attachments == ()
    assert "more than" in words_of(entry.body)


async def test_a_link_that_expired_before_it_was_read_is_asked_for_anew(world: BotWorld) -> None:
    mark = word()
    posting = world.discord.post(world.mia, world.support.id, mark, attachments=[("a.txt", "text/plain", b"kept")])
    await posting
    world.discord.expire_attachments()
    [file] = (await world.entry(mark)).attachments
    assert file.data == b"kept"


async def test_a_file_is_copied_at_intake_so_that_its_source_may_vanish(world: BotWorld) -> None:
    mark = word()
    await world.freescout.go_down()
    try:
        posted = await world.discord.post(
            world.mia, world.support.id, mark, attachments=[("a.txt", "text/plain", b"rescued")]
        )
        await world.until(lambda: bool(spooled(world)), "the copy is in the spool")
        await world.discord.delete(posted.channel_id, posted.id)
        world.discord.expire_attachments()
    finally:
        await world.freescout.come_back()
    [request] = (await world.ticket(mark)).of_type("customer")
    [file] = request.attachments
    assert file.data == b"rescued"


async def test_a_file_that_vanished_before_it_could_be_read_is_named(world: BotWorld) -> None:
    mark = word()
    posted = await world.discord.post(world.mia, world.support.id, mark, attachments=[("gone.txt", "text/plain", b"x")])
    world.discord.expire_attachments()
    await world.discord.delete(posted.channel_id, posted.id)
    [request] = (await world.ticket(mark)).of_type("customer")
    assert request.attachments == ()
    assert "gone.txt" in words_of(request.body)


async def test_an_empty_file_and_hostile_names_lose_nothing(world: BotWorld) -> None:
    mark = word()
    names = ["evil.php", "<b>x<b>.html", "with blank ü.txt", "..", "a" * 200 + ".txt"]
    files = [(name, "text/html; charset=utf-8", name.encode()) for name in names]
    await world.discord.post(world.mia, world.support.id, mark, attachments=[*files, ("empty.txt", "text/plain", b"")])
    entry = await world.entry(mark)
    await world.until(world.drained, "nothing waits")
    kept = [file.data for file in entry.attachments]
    threads = world.freescout.conversation(id=entry.conversation_id).threads
    named = words_of(" ".join(thread.body for thread in threads))
    for name in names:
        assert name.encode() in kept or name in named
    assert b"" in kept or "empty.txt" in named
    assert "<b>x<b>" not in entry.body


async def test_a_files_name_is_never_a_path(world: BotWorld) -> None:
    mark = word()
    await world.jonas.send_file(world.room, b"x", f"../../../etc/{mark}", "text/plain")
    [file] = (await world.entry(mark)).attachments
    assert file.file_name == mark


async def test_when_freescout_skips_a_file_silently_a_note_says_so(world: BotWorld) -> None:
    mark = word()
    world.freescout.options.skip_attachments = True
    try:
        await world.discord.post(world.mia, world.support.id, mark, attachments=[("lost.txt", "text/plain", b"x")])
        ticket = await world.ticket(mark)
        await world.until(
            lambda: bool(world.freescout.conversation(id=ticket.id).of_type("note")), "a note about the file"
        )
    finally:
        world.freescout.options.skip_attachments = False
    [note] = world.freescout.conversation(id=ticket.id).of_type("note")
    assert "lost.txt" in words_of(note.body)
    assert f"/{world.support.id}/" in note.body


async def test_what_is_too_large_for_freescout_is_named_and_the_words_are_filed(world: BotWorld) -> None:
    mark, further = word(), word()
    world.freescout.options.max_body_bytes = 20_000
    try:
        files = [("big.bin", "application/octet-stream", b"x" * 40_000)]
        posted = await world.discord.post(world.mia, world.support.id, mark, attachments=files)
        entry = await world.entry(mark)
        await world.answer(posted)
        await world.discord.post(world.mia, posted.id, further, attachments=files)
        appended = await world.entry(further)
    finally:
        world.freescout.options.max_body_bytes = None
    for filed in (entry, appended):
        assert filed.attachments == ()
        assert "big.bin" in words_of(filed.body)


async def test_many_files_at_once_leave_no_copy_behind(world: BotWorld) -> None:
    marks = [word() for _ in range(8)]
    await asyncio.gather(
        *(
            world.discord.post(world.mia, world.support.id, mark, attachments=[("f.txt", "text/plain", mark.encode())])
            for mark in marks
        )
    )
    for mark in marks:
        [file] = (await world.entry(mark)).attachments
        assert file.data == mark.encode()
    await world.until(world.drained, "nothing waits")
    await world.until(lambda: spooled(world) == [], "the spool is empty")
