"""Files that members send in Matrix arrive with their bytes, in whatever way clients send them."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from sandbox.matrix import MatrixMember, SynapseServer
from tests.integration.matrix_bot import MatrixBot

NewMember = Callable[[str], Awaitable[MatrixMember]]


async def test_an_album_a_forwarded_file_and_a_voice_message_arrive_complete(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-album")
    room, elsewhere = await alice.create_room("Support"), await alice.create_room("Elsewhere")
    pictures = [f"picture {number}".encode() for number in range(5)]
    original = await alice.send_file(elsewhere, b"forwarded", "report.pdf", "application/pdf")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        await asyncio.gather(*(alice.send_file(room, part, f"{part.decode()}.png", "image/png") for part in pictures))
        await alice.forward(elsewhere, original, room)
        await alice.send_voice(room, b"OggS spoken")
        await bot.until(lambda: len(bot.journal.messages) == 7)
        files = [(message, file) for message in bot.journal.messages for file in message.attachments]
        fetched = {
            file.name: await bot.client.fetch(
                file, address=message.address, message_id=message.message_id, limit_bytes=1000
            )
            for message, file in files
        }
    assert fetched == {
        **{f"{part.decode()}.png": part for part in pictures},
        "report.pdf": b"forwarded",
        "Voice message.ogg": b"OggS spoken",
    }
    assert bot.journal.texts[-1] == "sent a voice message: Voice message.ogg"
