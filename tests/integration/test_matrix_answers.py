"""What agents answer arrives in Matrix whole: long texts in parts, files behind them, each once."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.chat import ChatLink, FileContent, OutgoingMessage, Voice
from bot.domain.errors import FilesRefusedError, OutcomeUnknownError, TransientError
from bot.domain.richtext import CodeBlock, RichText, from_plain, join
from sandbox.matrix import MatrixMember, SynapseServer
from sandbox.matrix.encrypted_member import EncryptedMember
from sandbox.matrix.proxy import Breakage, MatrixProxy
from tests.integration.matrix_bot import Journal, MatrixBot, outgoing

NewMember = Callable[[str], Awaitable[MatrixMember]]

PICTURE = FileContent(name="a.png", mime_type="image/png", content=b"\x89PNG picture")
LOG = FileContent(name="../app.log", mime_type="text/plain", content=b"log line\n" * 1000)
UPLOAD = "/media/v3/upload"


def answer(key: str, room: str, root: str | None, text: str = "See the files", **more: object) -> OutgoingMessage:
    message = outgoing(key, room, text, thread=root)
    return replace(message, voice=Voice.AGENT, **more)  # type: ignore[arg-type] # fields by name


async def test_files_follow_the_text_each_in_the_thread_and_with_its_own_mark(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-files")
    room = await alice.create_room("Support")
    root = await alice.send_text(room, "help")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        message = answer("say-files", room, root, files=(PICTURE, LOG), mention=alice.user_id)
        sent = await bot.client.send(message)
        assert await bot.client.find_sent(message, bot.clock.now()) is not None
    text, picture, log = await alice.thread(room, root)
    assert [event["event_id"] for event in (text, picture, log)] == list(sent.message_ids)
    assert text["content"]["msgtype"] == "m.text"
    assert picture["content"]["msgtype"] == "m.image"
    assert picture["content"]["info"] == {"mimetype": "image/png", "size": len(PICTURE.content)}
    assert (log["content"]["msgtype"], log["content"]["filename"]) == ("m.file", "app.log")
    assert await alice.download(picture["content"]["url"]) == PICTURE.content
    assert await alice.download(log["content"]["url"]) == LOG.content
    marks = [event["content"]["org.supportbot.delivery"] for event in (text, picture, log)]
    assert marks == ["say-files", "say-files-file0", "say-files-file1"]
    assert [event["content"]["m.mentions"] for event in (text, picture, log)] == [
        {"user_ids": [alice.user_id]},
        {},
        {},
    ]


async def test_a_file_that_is_already_there_is_not_uploaded_again(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user, journal = await new_member("alice"), await synapse.register("bot-files-once"), Journal()
    room = await alice.create_room("Support")
    root = await alice.send_text(room, "help")
    message = answer("say-files-once", room, root, files=(PICTURE, LOG))
    async with MatrixProxy(synapse.url) as proxy:
        async with MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
            await bot.until(lambda: room in journal.memory["watched"])
            proxy.add(Breakage.REFUSE, "say-files-once-file1", status=503)
            with pytest.raises(OutcomeUnknownError):
                await bot.client.send(message)
            assert proxy.count(UPLOAD, "POST") == 2
        async with MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
            begun = await bot.client.find_sent(message, bot.clock.now())
            assert begun is not None
            assert not begun.complete
            assert len(begun.message_ids) == 2
            sent = await bot.client.send(message, begun)
            assert proxy.count(UPLOAD, "POST") == 3
            found = await bot.client.find_sent(message, bot.clock.now())
    assert [event["event_id"] for event in await alice.thread(room, root)] == list(sent.message_ids)
    assert sent.message_ids[:2] == begun.message_ids
    assert found == replace(sent, sent_at=found.sent_at if found else sent.sent_at)


async def test_an_upload_is_kept_for_the_next_try(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-files-kept")
    room = await alice.create_room("Support")
    message = answer("say-files-kept", room, None, files=(PICTURE,))
    async with MatrixProxy(synapse.url) as proxy, MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        proxy.add(Breakage.REFUSE, "/send/", status=429, body={"errcode": "M_LIMIT_EXCEEDED"})
        with pytest.raises(TransientError):
            await bot.client.send(message)
        await bot.client.send(message)
        assert proxy.count(UPLOAD, "POST") == 1


async def test_files_too_large_for_the_server_are_refused_before_anything_is_said(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-files-large")
    room = await alice.create_room("Support")
    async with MatrixProxy(synapse.url) as proxy, MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        limit = await bot.client.file_limit()
        large = FileContent(name="dump.bin", mime_type="application/zip", content=b"x" * (limit + 1))
        with pytest.raises(FilesRefusedError):
            await bot.client.send(answer("say-large", room, None, files=(PICTURE, large)))
        assert limit == 20 * 1024 * 1024
        assert proxy.count("/media/config") == 1
        assert proxy.count(UPLOAD) == proxy.count("/send/") == 0
        proxy.add(Breakage.REFUSE, UPLOAD, status=413, body={"errcode": "M_TOO_LARGE"})
        with pytest.raises(FilesRefusedError):
            await bot.client.send(answer("say-large", room, None, files=(PICTURE,)))
        assert proxy.count("/send/") == 0
        await bot.client.send(answer("say-large", room, None, text="a.png and dump.bin are too large for here"))
    assert [e["content"]["body"] for e in await alice.messages(room) if e["type"] == "m.room.message"] == [
        "a.png and dump.bin are too large for here"
    ]


async def test_files_alone_need_no_text(synapse: SynapseServer, new_member: NewMember, tmp_path: Path) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-files-alone")
    room = await alice.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        sent = await bot.client.send(answer("say-alone", room, None, text="", files=(PICTURE,), mention=alice.user_id))
    (event_id,) = sent.message_ids
    content = (await alice.event(room, event_id))["content"]
    assert (content["msgtype"], content["m.mentions"]) == ("m.image", {"user_ids": [alice.user_id]})


async def test_twelve_thousand_characters_are_said_once_though_every_answer_in_between_is_lost(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-12000")
    room = await alice.create_room("Support")
    root = await alice.send_text(room, "help")
    words = " ".join(f"word{number}" for number in range(900))
    code = "\n".join(f"print({number})" for number in range(400))
    text = join(from_plain(words), RichText(blocks=(CodeBlock(text=code, language="python"),)), from_plain("Bye"))
    message = replace(answer("say-12000", room, root, files=(LOG,)), text=text)
    async with MatrixProxy(synapse.url) as proxy, MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        sent = None
        while sent is None or not sent.complete:
            # The library repeats a PUT once by itself: both answers are lost.
            proxy.add(Breakage.LOSE, "/send/", method="PUT", times=2)
            with pytest.raises(OutcomeUnknownError):
                await bot.client.send(message, sent)
            sent = await bot.client.find_sent(message, bot.clock.now())
    thread = await alice.thread(room, root)
    bodies = [event["content"]["body"] for event in thread]
    assert [event["event_id"] for event in thread] == list(sent.message_ids)
    assert all(len(body) <= 8000 for body in bodies)
    assert len(bodies) == 3
    said = "\n".join(bodies)
    assert [word for word in said.split() if word.startswith("word")] == words.split()
    assert [line for line in said.splitlines() if line.startswith("print")] == code.splitlines()
    assert said.count("```") == 2 * sum("```" in body for body in bodies)


async def test_a_wait_between_two_parts_is_no_reason_to_say_the_first_again(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-between")
    room = await alice.create_room("Support")
    message = answer("say-between", room, None, text="word " * 2000)
    async with MatrixProxy(synapse.url) as proxy, MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        proxy.add(Breakage.REFUSE, "say-between-1", status=429, body={"errcode": "M_LIMIT_EXCEEDED"})
        with pytest.raises(OutcomeUnknownError, match="only the beginning"):
            await bot.client.send(message)
        begun = await bot.client.find_sent(message, bot.clock.now())
        sent = await bot.client.send(message, begun)
        assert proxy.count("/say-between") == 3
    assert begun is not None
    assert (begun.complete, begun.message_ids) == (False, sent.message_ids[:1])
    assert len(sent.message_ids) == 2


async def test_both_directions_through_an_encrypted_room(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user = await new_member("owner"), await synapse.register("bot-both-ways")
    room = await owner.create_room("Secret", encrypted=True)
    user = await synapse.register(f"alice-both-ways-{id(tmp_path)}")
    async with (
        MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot,
        EncryptedMember(synapse.url, user, tmp_path / "alice") as alice,
    ):
        await bot.until(lambda: room in bot.journal.memory["watched"])
        await alice.join(room)
        root = await alice.send_text(room, "help")
        filed = await alice.send_file(room, LOG.content, "app.log", "text/plain")
        await bot.until(lambda: len(bot.journal.messages) == 2)
        received = bot.journal.messages[1].attachments[0]
        place = bot.journal.messages[1].address
        fetched = await bot.client.fetch(received, address=place, message_id=filed, limit_bytes=10**6)
        message = answer("say-both-ways", room, root, files=(PICTURE, LOG), mention=alice.user_id)
        sent = await bot.client.send(message)
        await alice.sync_until(lambda: alice.event(sent.message_ids[2]) is not None)
        opened = [await alice.open_file(event_id) for event_id in sent.message_ids[1:]]
        await alice.edit_text(room, root, "help, please")
        await alice.redact(room, filed)
        await alice.send(room, {"m.relates_to": _reaction(sent.message_ids[0], "✅")}, "m.reaction")
        await bot.until(lambda: len(bot.journal.happened) == 5)
        found = await bot.client.find_sent(message, bot.clock.now())
    assert fetched == LOG.content
    assert opened == [PICTURE.content, LOG.content]
    assert alice.text_of(sent.message_ids[0]) == "See the files"
    assert alice.event(sent.message_ids[0]).source["content"]["msgtype"] == "m.text"
    assert alice.event(sent.message_ids[2]).body == "app.log"
    assert bot.journal.told[2:] == ["edited: help, please", "deleted", "reacted: ✅"]
    assert found is not None
    assert found.message_ids == sent.message_ids
    kinds = {event["type"] for event in await owner.thread(room, root)}
    assert kinds == {"m.room.encrypted"}


def _reaction(event_id: str, key: str) -> dict[str, str]:
    return {"rel_type": "m.annotation", "event_id": event_id, "key": key}


async def test_a_picture_of_the_bots_own_is_shown_under_its_notice(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-report")
    room = await alice.create_room("Staff")
    message = replace(answer("say-report", room, None, "Last week", files=(PICTURE,)), voice=Voice.BOT)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        sent = await bot.client.send(message)
    text, picture = [await alice.event(room, event_id) for event_id in sent.message_ids]
    assert (text["content"]["msgtype"], text["content"]["body"]) == ("m.notice", "Last week")
    assert (picture["content"]["msgtype"], picture["content"]["info"]["mimetype"]) == ("m.image", "image/png")
    assert await alice.download(picture["content"]["url"]) == PICTURE.content


async def test_a_paged_person_is_pinged_and_sees_links(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-pages")
    room = await alice.create_room("Staff")
    link = ChatLink(label="Open in FreeScout", url="https://help.example.org/conversation/7")
    message = answer("say-pages", room, None, "#1007 is late.", pages=("role:1", alice.user_id), links=(link,))
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        (event_id,) = (await bot.client.send(message)).message_ids
    content = (await alice.event(room, event_id))["content"]
    assert content["m.mentions"] == {"user_ids": [alice.user_id]}
    assert content["body"] == f"{alice.user_id} #1007 is late.\n\nOpen in FreeScout: {link.url}"
