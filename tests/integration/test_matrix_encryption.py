"""Encrypted rooms: read and be read, whatever strangers, servers and broken connections do to the keys."""

import asyncio
import json
import stat
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from nio.api import Api

from bot.domain.chat import ChatAddress, Platform
from bot.domain.errors import OutcomeUnknownError, PermanentError, RefusedError, TransientError
from sandbox.matrix import MatrixMember, SynapseServer
from sandbox.matrix.encrypted_member import EncryptedMember
from sandbox.matrix.proxy import Breakage, MatrixProxy
from sandbox.matrix.server import PASSWORD
from tests.integration.matrix_bot import Journal, MatrixBot, ShiftedClock, outgoing

NewMember = Callable[[str], Awaitable[MatrixMember]]


async def _encrypted_member(synapse: SynapseServer, name: str, folder: Path) -> EncryptedMember:
    user = await synapse.register(f"{name}-{folder.name}-{id(folder)}".lower())
    return EncryptedMember(synapse.url, user, folder / name)


async def test_members_of_an_encrypted_room_are_read_and_read_the_bot(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user = await new_member("owner"), await synapse.register("bot-enc")
    room = await owner.create_room("Secret", encrypted=True)
    async with (
        MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot,
        await _encrypted_member(synapse, "alice", tmp_path) as alice,
    ):
        await bot.until(lambda: room in bot.journal.memory["watched"])
        await alice.join(room)
        root = await alice.send_text(room, "secret help")
        await bot.until(lambda: bot.journal.texts == ["secret help"])
        await bot.client.react(bot.journal.messages[0].address, root, "👀", "react-enc")
        sent = await bot.client.send(outgoing("say-enc", room, "Ticket #12", thread=root))
        await alice.sync_until(lambda: alice.text_of(sent.message_ids[0]) is not None)
        raw = await owner.event(room, sent.message_ids[0])
        found = await bot.client.find_sent(outgoing("say-enc", room, "Ticket #12", thread=root), bot.clock.now())
        quoted = await bot.client.read_message(bot.journal.messages[0].address, root)
    assert alice.text_of(sent.message_ids[0]) == "Ticket #12"
    assert raw["type"] == "m.room.encrypted"
    assert raw["content"]["m.relates_to"]["event_id"] == root
    assert found is not None
    assert found.message_ids == sent.message_ids
    assert quoted is not None


async def test_keys_survive_a_restart(synapse: SynapseServer, new_member: NewMember, tmp_path: Path) -> None:
    owner, bot_user, journal = await new_member("owner"), await synapse.register("bot-enc-restart"), Journal()
    room = await owner.create_room("Secret", encrypted=True)
    async with await _encrypted_member(synapse, "alice", tmp_path) as alice:
        async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
            await bot.until(lambda: room in journal.memory["watched"])
            await alice.join(room)
            await alice.send_text(room, "before")
            await bot.until(lambda: journal.texts == ["before"])
        for number in range(105):
            await alice.send_text(room, f"down {number}")
        async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
            await bot.until(lambda: len(journal.messages) == 106)
            sent = await bot.client.send(outgoing("say-restart", room, "hello again"))
            await alice.sync_until(lambda: alice.text_of(sent.message_ids[0]) == "hello again")
    assert journal.texts == ["before", *(f"down {number}" for number in range(105))]


async def test_malformed_key_messages_from_anybody_stop_nothing(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    mallory, bot_user = await new_member("mallory"), await synapse.register("bot-malformed")
    room = await mallory.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        device = (await mallory.request("POST", "/keys/query", {"device_keys": {bot_user.user_id: []}}))["device_keys"]
        ((device_id, keys),) = [
            (name, value) for name, value in device[bot_user.user_id].items() if name.startswith("BOT")
        ]
        own_key = keys["keys"][f"curve25519:{device_id}"]
        olm = "m.olm.v1.curve25519-aes-sha2"
        bodies: list[Any] = [
            *({"type": kind, "body": body} for kind in (0, 1) for body in ("AAAA", "!not base64!", "", "AwoA")),
            {"type": "0", "body": "AAAA"},
            {"type": 0, "body": 5},
            {"type": 1, "body": None},
            {"body": "AAAA"},
            "a string",
            None,
        ]
        contents: list[Any] = [
            {"algorithm": olm, "sender_key": own_key, "ciphertext": {own_key: body}} for body in bodies
        ]
        contents += [{"algorithm": olm, "sender_key": 5, "ciphertext": "x"}, {"algorithm": 7}, {"ciphertext": []}]
        for number, content in enumerate(contents):
            body = {"messages": {bot_user.user_id: {device_id: content}}}
            await mallory.request("PUT", f"/sendToDevice/m.room.encrypted/bad{number}", body)
        await mallory.request(
            "PUT",
            "/sendToDevice/m.key.verification.start/odd",
            {"messages": {bot_user.user_id: {device_id: {"from_device": 1, "method": {}}}}},
        )
        await mallory.send_text(room, "still there?")
        await bot.until(lambda: bot.journal.texts == ["still there?"])


async def _drain(member: MatrixMember, user_id: str) -> int:
    """Claim one-time keys of the user's BOT device until only the fallback key is left; returns how many there were."""
    devices = (await member.request("POST", "/keys/query", {"device_keys": {user_id: []}}))["device_keys"][user_id]
    device = next(name for name in devices if name.startswith("BOT"))
    for taken in range(400):
        wanted = {"one_time_keys": {user_id: {device: "signed_curve25519"}}}
        answer = await member.request("POST", "/keys/claim", wanted)
        keys = answer["one_time_keys"].get(user_id, {}).get(device, {})
        if not keys or any(isinstance(key, dict) and key.get("fallback") for key in keys.values()):
            return taken
    return 400


async def test_somebody_new_reaches_the_bot_after_all_its_keys_were_taken_while_it_was_down(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user, journal = await new_member("owner"), await synapse.register("bot-fallback"), Journal()
    room = await owner.create_room("Secret", encrypted=True)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
    assert await _drain(owner, bot_user.user_id) == 50
    async with await _encrypted_member(synapse, "newcomer", tmp_path) as newcomer:
        await newcomer.join(room)
        await newcomer.send_text(room, "by the fallback key")
        async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
            await bot.until(lambda: journal.texts == ["by the fallback key"])


async def test_one_time_keys_are_published_again_when_the_server_has_none_left(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user, journal = await new_member("owner"), await synapse.register("bot-zero"), Journal()
    rooms = ["!none:sandbox.test"]
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, rooms, journal=journal):
        pass
    assert await _drain(owner, bot_user.user_id) == 50
    assert await _drain(owner, bot_user.user_id) == 0
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, rooms, journal=journal), asyncio.timeout(20):
        while await _drain(owner, bot_user.user_id) == 0:
            pass


async def test_a_send_cancelled_while_keys_are_fetched_does_not_block_the_room(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user = await new_member("owner"), await synapse.register("bot-cancel")
    room = await owner.create_room("Secret", encrypted=True)
    async with (
        MatrixProxy(synapse.url) as proxy,
        MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room]) as bot,
        await _encrypted_member(synapse, "alice", tmp_path) as alice,
    ):
        await bot.until(lambda: room in bot.journal.memory["watched"])
        await alice.join(room)
        held = proxy.add(Breakage.HOLD, "/keys/claim")
        sending = asyncio.create_task(bot.client.send(outgoing("say-cancel", room, "first")))
        await bot.until(lambda: held.seen == 1)
        sending.cancel()
        await asyncio.wait({sending})
        async with asyncio.timeout(10):
            sent = await bot.client.send(outgoing("say-cancel", room, "first"))
        await alice.sync_until(lambda: alice.text_of(sent.message_ids[0]) == "first")


async def test_a_key_that_could_not_be_handed_out_is_handed_out_by_the_next_try(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user = await new_member("owner"), await synapse.register("bot-share")
    room = await owner.create_room("Secret", encrypted=True)
    async with (
        MatrixProxy(synapse.url) as proxy,
        MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room]) as bot,
        await _encrypted_member(synapse, "alice", tmp_path) as alice,
    ):
        await bot.until(lambda: room in bot.journal.memory["watched"])
        await alice.join(room)
        proxy.add(Breakage.REFUSE, "/sendToDevice/")
        with pytest.raises(TransientError):
            await bot.client.send(outgoing("say-share", room, "first"))
        sent = await bot.client.send(outgoing("say-share", room, "first"))
        await alice.sync_until(lambda: alice.text_of(sent.message_ids[0]) == "first")


async def test_a_member_who_joined_a_moment_ago_can_read_what_is_said_next(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user = await new_member("owner"), await synapse.register("bot-late")
    room = await owner.create_room("Secret", encrypted=True)
    async with (
        MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot,
        await _encrypted_member(synapse, "alice", tmp_path) as alice,
        await _encrypted_member(synapse, "bea", tmp_path) as bea,
    ):
        await bot.until(lambda: room in bot.journal.memory["watched"])
        await alice.join(room)
        await bot.client.send(outgoing("say-1", room, "first"))
        await bea.join(room)
        await bea.send_text(room, "hi")
        await bot.until(lambda: bot.journal.texts == ["hi"])
        sent = await bot.client.send(outgoing("say-2", room, "second"))
        await bea.sync_until(lambda: bea.text_of(sent.message_ids[0]) == "second")
        await alice.sync_until(lambda: alice.text_of(sent.message_ids[0]) == "second")


async def test_a_room_is_never_sent_plain_text_when_the_server_knows_it_as_encrypted(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user = await new_member("owner"), await synapse.register("bot-plain")
    room = await owner.create_room("Secret", encrypted=True)

    def without_encryption(answer: dict[str, Any]) -> dict[str, Any]:
        for joined in answer.get("rooms", {}).get("join", {}).values():
            for part in ("state", "timeline"):
                events = joined.get(part, {}).get("events", [])
                events[:] = [event for event in events if event["type"] != "m.room.encryption"]
        return answer

    async with MatrixProxy(synapse.url) as proxy:
        proxy.add(Breakage.CHANGE, "/sync", times=-1, change=without_encryption)
        async with MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room]) as bot:
            await bot.until(lambda: room in bot.journal.memory["watched"])
            sent = await bot.client.send(outgoing("say-plain", room, "confidential"))
        assert (await owner.event(room, sent.message_ids[0]))["type"] == "m.room.encrypted"


async def test_an_unreadable_message_is_kept_its_author_asked_and_read_when_its_key_comes(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user = await new_member("owner"), await synapse.register("bot-late-key")
    room = await owner.create_room("Secret", encrypted=True)
    journal, clock = Journal(), ShiftedClock()
    withheld: list[Any] = []

    def hold_keys(answer: dict[str, Any]) -> dict[str, Any]:
        withheld.extend(answer.pop("to_device", {}).get("events", []))
        return answer

    def give_keys(answer: dict[str, Any]) -> dict[str, Any]:
        answer["to_device"] = {"events": [*withheld, *answer.get("to_device", {}).get("events", [])]}
        return answer

    async with MatrixProxy(synapse.url) as proxy, await _encrypted_member(synapse, "alice", tmp_path) as alice:
        async with MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room], journal=journal, clock=clock) as bot:
            await bot.until(lambda: room in journal.memory["watched"])
            proxy.add(Breakage.CHANGE, "/sync", times=-1, change=hold_keys)
            await alice.join(room)
            sealed = await alice.send_text(room, "locked")
            await owner.send_text(room, "not locked")
            await bot.until(lambda: journal.texts == ["not locked"])
            assert any(name.startswith("parked:") for name in journal.memory)
            assert journal.unreadable_ids == []
            clock.shift = timedelta(minutes=6)
            await owner.send_text(room, "later")
            await bot.until(lambda: journal.unreadable_ids == [sealed])
        proxy.clear()
        proxy.add(Breakage.CHANGE, "/sync", change=give_keys)
        async with MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room], journal=journal, clock=clock) as bot:
            await bot.until(lambda: "locked" in journal.texts)
            assert not any(name.startswith("parked:") for name in journal.memory)
    assert journal.unreadable_ids == [sealed]


async def test_an_encrypted_file_is_fetched_in_clear_and_a_tampered_one_is_refused(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user = await new_member("owner"), await synapse.register("bot-file")
    room = await owner.create_room("Secret", encrypted=True)
    content = b"log line\n" * 1000
    async with (
        MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot,
        await _encrypted_member(synapse, "alice", tmp_path) as alice,
    ):
        await bot.until(lambda: room in bot.journal.memory["watched"])
        await alice.join(room)
        await alice.send_file(room, content, "app.log", "text/plain")
        await owner.send_file(room, b"plain in an encrypted room", "b.txt", "text/plain")
        await bot.until(lambda: len(bot.journal.messages) == 2)
        first, second = bot.journal.messages
        place = ChatAddress(platform=Platform.MATRIX, room=room)

        async def fetch(file: Any, limit: int = 10**6) -> bytes:
            return await bot.client.fetch(file, address=place, message_id=first.message_id, limit_bytes=limit)

        assert await fetch(first.attachments[0]) == content
        assert await fetch(second.attachments[0]) == b"plain in an encrypted room"
        with pytest.raises(PermanentError, match="more than"):
            await fetch(first.attachments[0], limit=100)
        lying = type(first.attachments[0])(
            name="x", mime_type="text/plain", size_bytes=None, reference=first.attachments[0].reference
        )
        with pytest.raises(PermanentError, match="more than"):
            await fetch(lying, limit=100)
        tampered = type(lying)(
            name="x", mime_type="text/plain", size_bytes=None, reference=lying.reference.replace('"iv": "', '"iv": "AA')
        )
        with pytest.raises(PermanentError, match="decrypted"):
            await fetch(tampered)
    assert first.attachments[0].name == "app.log"


async def test_the_key_folder_is_private_and_opens_with_its_own_key_only(
    synapse: SynapseServer, tmp_path: Path
) -> None:
    bot_user, journal = await synapse.register("bot-folder"), Journal()
    rooms = ["!none:sandbox.test"]
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, rooms, journal=journal, store_key="a"):
        pass
    folder = tmp_path / "matrix-store"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    bot = MatrixBot(synapse.url, bot_user.user_id, tmp_path, rooms, journal=journal, store_key="b")
    bot.start()
    with pytest.raises(RefusedError, match=r"matrix\.store_key"):
        await bot.until(lambda: False)


async def test_lost_keys_make_a_new_device_with_a_password_and_a_clear_refusal_without(
    synapse: SynapseServer, tmp_path: Path
) -> None:
    bot_user, journal = await synapse.register("bot-lost"), Journal()
    rooms = ["!none:sandbox.test"]
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path / "one", rooms, journal=journal):
        first = journal.memory["session"]
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path / "two", rooms, journal=journal):
        assert journal.memory["session"] != first
    bot = MatrixBot(synapse.url, bot_user.user_id, tmp_path / "three", rooms, journal=journal, password="")
    bot.start()
    with pytest.raises(RefusedError, match=r"restore the folder matrix\.store_path"):
        await bot.until(lambda: False)


async def test_a_lost_answer_in_an_encrypted_room_makes_no_second_event(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user = await new_member("owner"), await synapse.register("bot-enc-lost")
    room = await owner.create_room("Secret", encrypted=True)
    message = outgoing("say-enc-lost", room, "once")
    async with (
        MatrixProxy(synapse.url) as proxy,
        MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room]) as bot,
    ):
        await bot.until(lambda: room in bot.journal.memory["watched"])
        proxy.add(Breakage.LOSE, "/send/", method="PUT", times=2)
        with pytest.raises(OutcomeUnknownError):
            await bot.client.send(message)
        found = await bot.client.find_sent(message, bot.clock.now())
        again = await bot.client.send(message)
    assert found is not None
    assert found.message_ids == again.message_ids
    sent = [event for event in await owner.messages(room) if event["type"] == "m.room.encrypted"]
    assert len(sent) == 1


async def test_json_nested_without_end_inside_a_sealed_message_stops_nothing(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, bot_user = await new_member("owner"), await synapse.register("bot-nested")
    room = await owner.create_room("Secret", encrypted=True)
    to_json = Api.to_json

    def hostile(content: dict[str, Any]) -> str:
        return str(to_json(content)).replace('"nest"', "[" * 15_000 + "]" * 15_000)

    async with (
        MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot,
        await _encrypted_member(synapse, "mallory", tmp_path) as mallory,
    ):
        await bot.until(lambda: room in bot.journal.memory["watched"])
        await mallory.join(room)
        with monkeypatch.context() as patched:
            patched.setattr(Api, "to_json", staticmethod(hostile))
            await mallory.send_text(room, "deep", extra="nest")
        await mallory.send_text(room, "still there?")
        await bot.until(lambda: bot.journal.texts == ["still there?"])


async def test_somebody_known_from_another_room_can_read_what_is_said_after_joining(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user = await new_member("owner"), await synapse.register("bot-second-room")
    first, second = [await owner.create_room(name, encrypted=True) for name in ("First", "Second")]
    async with (
        MatrixBot(synapse.url, bot_user.user_id, tmp_path, [first, second]) as bot,
        await _encrypted_member(synapse, "alice", tmp_path) as alice,
        await _encrypted_member(synapse, "bea", tmp_path) as bea,
    ):
        await bot.until(lambda: {first, second} == set(json.loads(bot.journal.memory["watched"])))
        await alice.join(second)
        await bea.join(first)
        await bea.send_text(first, "one")
        await alice.send_text(second, "two")
        await bot.until(lambda: sorted(bot.journal.texts) == ["one", "two"])
        await bot.client.send(outgoing("second-1", second, "for alice"))
        await bea.join(second)
        await bea.send_text(second, "three")
        await bot.until(lambda: "three" in bot.journal.texts)
        sent = await bot.client.send(outgoing("second-2", second, "for both"))
        await bea.sync_until(lambda: bea.text_of(sent.message_ids[0]) == "for both")


async def test_who_comes_back_with_another_device_can_read_on_it(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    owner, bot_user = await new_member("owner"), await synapse.register("bot-comes-back")
    room = await owner.create_room("Secret", encrypted=True)
    user = await synapse.register(f"alice-comes-back-{id(tmp_path)}")
    async with (
        MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot,
        EncryptedMember(synapse.url, user, tmp_path / "alice") as alice,
    ):
        await bot.until(lambda: room in bot.journal.memory["watched"])
        await alice.join(room)
        await alice.send_text(room, "hello")
        await bot.until(lambda: bot.journal.texts == ["hello"])
        await bot.client.send(outgoing("back-1", room, "first device"))
        await alice.nio.room_leave(room)
        login = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user.user_id},
            "password": PASSWORD,
        }
        answer = await owner.request("POST", "/login", login)
        other = replace(user, device_id=answer["device_id"], access_token=answer["access_token"])
        async with EncryptedMember(synapse.url, other, tmp_path / "other") as elsewhere:
            await elsewhere.join(room)
            await elsewhere.send_text(room, "back again")
            await bot.until(lambda: "back again" in bot.journal.texts)
            sent = await bot.client.send(outgoing("back-2", room, "second device"))
            await elsewhere.sync_until(lambda: elsewhere.text_of(sent.message_ids[0]) == "second device")
