"""Direct message rooms: whoever is in a watched room gets one by inviting the bot, and all said there is one place."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.domain.chat import ChatAddress, Platform
from bot.domain.errors import PermanentError
from sandbox.matrix import MatrixMember, SynapseServer
from sandbox.matrix.encrypted_member import EncryptedMember
from tests.integration.matrix_bot import Journal, MatrixBot, outgoing

NewMember = Callable[[str], Awaitable[MatrixMember]]


def private(room: str) -> ChatAddress:
    return ChatAddress(platform=Platform.MATRIX, room=room, chat_thread=room)


async def test_what_a_member_said_in_a_direct_message_room_before_the_bot_came_counts(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user, journal = await new_member("alice"), await synapse.register("bot-dm"), Journal()
    room = await alice.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
    direct = await alice.create_direct_room(bot_user.user_id)
    first = await alice.send_text(direct, "privately, please")
    await alice.send_text(direct, "in a thread", thread=first)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: len(journal.texts) == 2)
        await alice.send_text(direct, "and live")
        await bot.until(lambda: len(journal.texts) == 3)
        sent = await bot.client.send(outgoing("dm-answer", direct, "answered", thread=direct))
        found = await bot.client.find_sent(outgoing("dm-answer", direct, "x", thread=direct), bot.clock.now())
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await alice.send_text(direct, "after a restart")
        await bot.until(lambda: len(journal.texts) == 4)
    assert journal.texts == ["privately, please", "in a thread", "and live", "after a restart"]
    assert {message.address for message in journal.messages} == {private(direct)}
    assert "m.relates_to" not in (await alice.event(direct, sent.message_ids[0]))["content"]
    assert found is not None
    assert found.message_ids == sent.message_ids


async def test_an_encrypted_direct_message_room_is_read_from_its_first_message_on(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user, journal = await new_member("owner"), await synapse.register("bot-dm-enc"), Journal()
    room = await owner.create_room("Support")
    user = await synapse.register(f"alice-dm-enc-{id(tmp_path)}")
    async with EncryptedMember(synapse.url, user, tmp_path / "alice") as alice:
        await alice.join(room)
        async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
            await bot.until(lambda: room in journal.memory["watched"])
        direct = await alice.create_direct_room(bot_user.user_id)
        first = await alice.send_text(direct, "a secret")
        async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
            await bot.until(lambda: journal.texts == ["a secret"])
            await alice.edit_text(direct, first, "another secret")
            await alice.redact(direct, first)
            await bot.until(lambda: len(journal.told) == 3)
            sent = await bot.client.send(outgoing("dm-enc", direct, "answered", thread=direct))
            await alice.sync_until(lambda: alice.text_of(sent.message_ids[0]) == "answered")
    assert journal.told == ["a secret", "edited: another secret", "deleted"]


async def test_a_room_with_nobody_but_a_member_is_private_and_one_that_anybody_may_enter_is_not(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bea, bot_user = await new_member("alice"), await new_member("bea"), await synapse.register("bot-pair")
    room, journal = await alice.create_room("Support"), Journal()
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
        pair = await alice.create_room(public=False, invite=[bot_user.user_id])
        await alice.send_text(pair, "just us")
        await bot.until(lambda: journal.texts == ["just us"])
        crowd = await alice.create_room(public=False, invite=[bot_user.user_id, bea.user_id])
        opened = await alice.create_room("Lounge", invite=[bot_user.user_id])
        for place in (crowd, opened):
            await _joined(alice, place, bot_user.user_id)
            await alice.send_text(place, "not for support")
        await alice.send_text(pair, "end")
        await bot.until(lambda: "end" in journal.texts)
    assert journal.texts == ["just us", "end"]
    assert journal.messages[0].address == private(pair)


async def _joined(host: MatrixMember, room: str, user_id: str) -> None:
    async with asyncio.timeout(20):
        while user_id not in await host.joined_members(room):
            pass


async def test_strangers_get_no_direct_message_room_not_even_through_one(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, mallory = await new_member("alice"), await new_member("mallory")
    bot_user = await synapse.register("bot-dm-stranger")
    room = await alice.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        direct = await alice.create_direct_room(bot_user.user_id)
        await _joined(alice, direct, bot_user.user_id)
        await alice.invite(direct, mallory.user_id)
        await mallory.join(direct)
        await alice.send_text(direct, "mallory is here too")
        await bot.until(lambda: bot.journal.texts == ["mallory is here too"])
        trap = await mallory.create_direct_room(bot_user.user_id)
        async with asyncio.timeout(20):
            while (await mallory.state(trap, "m.room.member", bot_user.user_id))["membership"] == "invite":
                pass
        assert bot_user.user_id not in await mallory.joined_members(trap)


async def test_who_left_the_direct_message_room_is_named_when_nobody_is_there_to_read(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, mia = await new_member("alice"), await new_member("mia")
    bot_user, journal = await synapse.register("bot-dm-left"), Journal()
    room = await alice.create_room("Support")
    await mia.join(room)
    await mia.request("PUT", f"/profile/{mia.user_id}/displayname", {"displayname": "Mia"})
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
        direct = await mia.create_direct_room(bot_user.user_id)
        await mia.send_text(direct, "hello")
        await bot.until(lambda: journal.texts == ["hello"])
        await mia.leave(direct)
        await alice.send_text(room, "end")
        await bot.until(lambda: "end" in journal.texts)
        with pytest.raises(PermanentError, match=r"^Mia left the direct message room$"):
            await bot.client.send(outgoing("dm-left", direct, "too late", thread=direct))
        kicked = await mia.create_room(public=False, invite=[bot_user.user_id])
        await _joined(mia, kicked, bot_user.user_id)
        await bot.until(lambda: kicked in journal.memory["watched"])  # it has seen that it is in there
        await mia.kick(kicked, bot_user.user_id)
        await bot.until(lambda: kicked not in journal.memory["watched"])
        with pytest.raises(PermanentError, match="removed from the direct message room"):
            await bot.client.send(outgoing("dm-kicked", kicked, "too late", thread=kicked))
    assert journal.rooms_left == []
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        with pytest.raises(PermanentError, match="left the direct message room"):
            await bot.client.send(outgoing("dm-left", direct, "too late", thread=direct))


async def test_a_replaced_direct_message_room_goes_on_in_the_new_one(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user, journal = await new_member("alice"), await synapse.register("bot-dm-upgrade"), Journal()
    room = await alice.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
        direct = await alice.create_direct_room(bot_user.user_id, version="11")
        await alice.send_text(direct, "hello")
        await bot.until(lambda: journal.texts == ["hello"])
        assert bot.client.current(private(direct)) == private(direct)
        newer = await alice.upgrade(direct, "12")
        await bot.until(lambda: bot.client.current(private(direct)) == private(newer))
        with pytest.raises(PermanentError, match="not invited into the new one"):
            await bot.client.send(outgoing("dm-moved", direct, "too early", thread=direct))
        await alice.send_text(newer, "moved")
        await alice.invite(newer, bot_user.user_id)
        await bot.until(lambda: "moved" in journal.texts)
        assert bot.client.current(private(direct)) == private(newer)
        sent = await bot.client.send(outgoing("dm-moved", direct, "answered", thread=direct))
        assert (await alice.event(newer, sent.message_ids[0]))["content"]["body"] == "answered"
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        assert bot.client.current(private(direct)) == private(newer)
        await alice.send_text(newer, "still here")
        await bot.until(lambda: "still here" in journal.texts)
    assert [message.address for message in journal.messages[1:]] == [private(newer)] * 2


async def test_a_direct_message_room_cannot_be_led_into_a_watched_room(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user, journal = await new_member("alice"), await synapse.register("bot-dm-led"), Journal()
    room = await alice.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
        direct = await alice.create_direct_room(bot_user.user_id)
        await alice.send_text(direct, "hello")
        await bot.until(lambda: journal.texts == ["hello"])
        await alice.put_state(direct, "m.room.tombstone", {"body": "moved", "replacement_room": room})
        await alice.send_text(room, "in public")
        await bot.until(lambda: "in public" in journal.texts)
        assert bot.client.current(private(direct)) == private(direct)
    assert not journal.messages[-1].address.is_private


async def test_a_thread_of_a_replaced_room_has_no_place_in_the_new_one(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-current")
    room = await alice.create_room("Support", version="11")
    root = await alice.send_text(room, "help")
    old = ChatAddress(platform=Platform.MATRIX, room=room, chat_thread=root)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        assert bot.client.current(old) == old
        newer = await alice.upgrade(room, "12")
        await bot.until(lambda: newer in bot.journal.memory["watched"])
        place = bot.client.current(old)
        assert place == ChatAddress(platform=Platform.MATRIX, room=newer)
        for number, thread in enumerate((root, None)):
            sent = await bot.client.send(outgoing(f"say-current-{number}", room, "answer", thread=thread))
            assert "m.relates_to" not in (await alice.event(newer, sent.message_ids[0]))["content"]


async def test_a_room_the_bot_was_removed_from_is_named(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-removed")
    room = await alice.create_room("Support Lounge")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        await alice.kick(room, bot_user.user_id)
        await alice.put_state(room, "m.room.join_rules", {"join_rule": "invite"})
        await bot.until(lambda: bool(bot.journal.rooms_left))
        with pytest.raises(PermanentError, match="not in the Matrix room Support Lounge any more"):
            await bot.client.send(outgoing("say-removed", room, "x"))
