"""What becomes of messages in Matrix arrives too: edits, deletions and reactions, once and in their order."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.domain.chat import MessageDeleted, MessageEdited, Reacted
from sandbox.matrix import MatrixMember, SynapseServer
from sandbox.matrix.encrypted_member import EncryptedMember
from sandbox.matrix.proxy import Breakage, MatrixProxy
from tests.integration.matrix_bot import Journal, MatrixBot, outgoing

NewMember = Callable[[str], Awaitable[MatrixMember]]


@pytest.mark.parametrize("version", ["10", "12"])
async def test_edits_deletions_and_reactions_arrive_in_the_order_they_happened(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path, version: str
) -> None:
    alice, bea = await new_member("alice"), await new_member("bea")
    bot_user = await synapse.register(f"bot-changes-{version}")
    room = await alice.create_room("Support", version=version)
    await bea.join(room)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        root = await alice.send_text(room, "help")
        reply = await bea.send_text(room, "me too", thread=root)
        edits = [await alice.edit_text(room, root, f"help {number}") for number in range(5)]
        await bea.redact(room, reply)
        reacted = await bea.react(room, root, "✅")
        await alice.send_text(room, "end")
        await bot.until(lambda: "end" in bot.journal.texts)
    first, edited = bot.journal.messages[0], [e for e in bot.journal.happened if isinstance(e, MessageEdited)]
    assert bot.journal.told[2:] == [*(f"edited: help {n}" for n in range(5)), "deleted", "reacted: ✅", "end"]
    assert [event.message.dedup_key for event in edited] == [first.dedup_key] * 5
    assert [event.message.version for event in edited] == edits
    assert {event.message.author for event in edited} == {first.author}
    (deleted,) = [event for event in bot.journal.happened if isinstance(event, MessageDeleted)]
    assert deleted.message_key == bot.journal.messages[1].dedup_key
    (reaction,) = [event for event in bot.journal.happened if isinstance(event, Reacted)]
    assert (reaction.message_id, reaction.reaction_id) == (root, reacted)
    assert reaction.author.user_id == bea.user_id


async def test_what_changes_in_a_gap_arrives_in_order_once_it_is_walked(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user, journal = await new_member("alice"), await synapse.register("bot-changes-gap"), Journal()
    room = await alice.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
        before = await alice.send_text(room, "before")
        await bot.until(lambda: journal.texts == ["before"])
    await alice.edit_text(room, before, "before, put right")
    for number in range(105):
        await alice.send_text(room, f"m{number}")
    await alice.react(room, before, "👍")
    await alice.redact(room, before)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: journal.told[-1] == "deleted")
    messages = [f"m{number}" for number in range(105)]
    assert journal.told == ["before", "edited: before, put right", *messages, "reacted: 👍", "deleted"]


async def test_what_was_taken_back_before_it_was_seen_is_not_seen(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user, journal = await new_member("alice"), await synapse.register("bot-taken-back"), Journal()
    room = await alice.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
        kept = await alice.send_text(room, "kept")
        await bot.until(lambda: journal.texts == ["kept"])
    await alice.redact(room, await alice.send_text(room, "taken back"))
    await alice.redact(room, await alice.edit_text(room, kept, "changed, then not"))
    await alice.send_text(room, "end")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: "end" in journal.texts)
    assert journal.told == ["kept", "deleted", "deleted", "end"]


async def test_the_bots_own_reactions_are_not_reported_to_itself(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-own-reaction")
    room = await alice.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        sent = await bot.client.send(outgoing("own-question", room, "Is it solved?"))
        place = bot.client.current(outgoing("x", room, "x").address)
        await bot.client.react(place, sent.message_ids[0], "✅", "own-reaction")
        await alice.react(room, sent.message_ids[0], "✅")
        await alice.send_text(room, "end")
        await bot.until(lambda: "end" in bot.journal.texts)
    assert bot.journal.told == ["reacted: ✅", "end"]
    (reaction,) = [event for event in bot.journal.happened if isinstance(event, Reacted)]
    assert reaction.author.user_id == alice.user_id
    assert reaction.message_id == sent.message_ids[0]


async def test_an_edit_waits_behind_its_sealed_message_and_a_deleted_one_waits_no_longer(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user, journal = await new_member("owner"), await synapse.register("bot-sealed-edit"), Journal()
    room = await owner.create_room("Secret", encrypted=True)
    withheld: list[Any] = []

    def hold_keys(answer: dict[str, Any]) -> dict[str, Any]:
        withheld.extend(answer.pop("to_device", {}).get("events", []))
        return answer

    def give_keys(answer: dict[str, Any]) -> dict[str, Any]:
        answer["to_device"] = {"events": [*withheld, *answer.get("to_device", {}).get("events", [])]}
        return answer

    user = await synapse.register(f"alice-sealed-edit-{id(tmp_path)}")
    async with MatrixProxy(synapse.url) as proxy, EncryptedMember(synapse.url, user, tmp_path / "alice") as alice:
        async with MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
            await bot.until(lambda: room in journal.memory["watched"])
            proxy.add(Breakage.CHANGE, "/sync", times=-1, change=hold_keys)
            await alice.join(room)
            sealed = await alice.send_text(room, "sealed")
            gone = await alice.send_text(room, "sealed and taken back")
            await owner.edit_text(room, await owner.send_text(room, "clear"), "clear, put right")
            await bot.until(lambda: len(journal.told) == 2)
            proxy.clear()
            await owner.send_text(room, "the last answer without keys")
            await bot.until(lambda: len(journal.told) == 3)
            alice.nio.invalidate_outbound_session(room)  # the edit's own key arrives
            await alice.edit_text(room, sealed, "sealed, put right")
            await bot.until(lambda: len([name for name in journal.memory if name.startswith("parked:")]) == 3)
            await alice.redact(room, gone)
            await bot.until(lambda: "deleted" in journal.told)
        proxy.add(Breakage.CHANGE, "/sync", change=give_keys)
        async with MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
            await bot.until(lambda: "sealed" in journal.told)
            await bot.until(lambda: not any(name.startswith("parked:") for name in journal.memory))
    assert journal.told[3:] == ["deleted", "sealed", "edited: sealed, put right"]
