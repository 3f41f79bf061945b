"""The main job in an encrypted Matrix room, through restarts, with people whose clients encrypt."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from sandbox.matrix import SynapseServer
from sandbox.matrix.encrypted_member import EncryptedMember
from sandbox.matrix.proxy import Breakage, MatrixProxy
from tests.integration.bot_world import BotWorld, bot_world, number_in, word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.synapse]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def proxy(synapse: SynapseServer) -> AsyncIterator[MatrixProxy]:
    """What the bot takes for its homeserver."""
    async with MatrixProxy(synapse.url) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory,
    synapse: SynapseServer,
    proxy: MatrixProxy,
    unused_tcp_port_factory: Callable[[], int],
) -> AsyncIterator[BotWorld]:
    """One bot in an encrypted room."""
    folder, port = tmp_path_factory.mktemp("sealed"), unused_tcp_port_factory()
    reached = {"homeserver": proxy.url}
    async with bot_world(folder, port, synapse=synapse, with_discord=False, encrypted=True, matrix=reached) as made:
        await made.start_bot()
        yield made
        made.expect_good_conduct()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nora(world: BotWorld) -> AsyncIterator[EncryptedMember]:
    """Somebody in the room whose client encrypts."""
    user = await world.synapse.register(f"nora-{word()}")
    async with EncryptedMember(world.synapse.url, user, world.folder / "nora") as member:
        await member.join(world.room)
        yield member


async def read(member: EncryptedMember, root: str, text: str = "#") -> str:
    """What this member's client shows of the bot's answer in a thread."""

    def found() -> list[str]:
        return [
            event.body
            for event in member.received
            if event.source["content"].get("m.relates_to", {}).get("event_id") == root
            and text in getattr(event, "body", "")
        ]

    await member.sync_until(lambda: bool(found()), 30)
    return found()[0]


async def test_an_encrypted_request_is_filed_and_its_number_comes_encrypted(
    world: BotWorld, nora: EncryptedMember
) -> None:
    mark = word()
    event_id = await nora.send_text(world.room, f"sealed {mark}")
    ticket = await world.ticket(mark)
    assert number_in(await read(nora, event_id)) == ticket.number
    raw = [event for event in await world.jonas.messages(world.room) if event["sender"] == world.bot_user]
    assert "m.room.message" not in {event["type"] for event in raw}
    assert "m.room.encrypted" in {event["type"] for event in raw}


async def test_an_encrypted_follow_up_and_file_are_filed(world: BotWorld, nora: EncryptedMember) -> None:
    mark, further = word(), word()
    event_id = await nora.send_text(world.room, f"sealed {mark}")
    ticket = await world.ticket(mark)
    relation = {"rel_type": "m.thread", "event_id": event_id, "is_falling_back": True}
    await nora.send_text(world.room, f"more {further}", **{"m.relates_to": relation})
    assert (await world.entry(further)).conversation_id == ticket.id
    content = b"secret bytes" * 100
    await nora.send_file(world.room, content, f"{further}.bin", "application/x-thing")
    [file] = (await world.entry(f"{further}.bin")).attachments
    assert (file.data, file.mime_type) == (content, "application/x-thing")


async def test_what_was_encrypted_while_the_bot_was_down_is_read_after_the_restart(
    world: BotWorld, nora: EncryptedMember
) -> None:
    world.kill_bot()
    mark = word()
    event_id = await nora.send_text(world.room, f"while you slept {mark}")
    await world.restart_bot()
    ticket = await world.ticket(mark)
    assert number_in(await read(nora, event_id)) == ticket.number
    assert len(ticket.threads) == 1


async def test_somebody_who_comes_after_the_restart_reads_and_is_read(world: BotWorld) -> None:
    assert await world.bot.stop() == 0
    await world.restart_bot()
    user = await world.synapse.register(f"late-{word()}")
    async with EncryptedMember(world.synapse.url, user, world.folder / "late") as late:
        await late.join(world.room)
        mark = word()
        event_id = await late.send_text(world.room, f"hello {mark}")
        ticket = await world.ticket(mark)
        assert number_in(await read(late, event_id)) == ticket.number


async def test_an_event_whose_key_comes_late_is_kept_through_a_restart_and_filed_then(
    world: BotWorld, nora: EncryptedMember, proxy: MatrixProxy
) -> None:
    withheld: list[Any] = []

    def hold_keys(answer: dict[str, Any]) -> dict[str, Any]:
        withheld.extend(answer.pop("to_device", {}).get("events", []))
        return answer

    def give_keys(answer: dict[str, Any]) -> dict[str, Any]:
        events = [*withheld, *answer.get("to_device", {}).get("events", [])]
        withheld.clear()
        return answer | {"to_device": {"events": events}}

    nora.nio.invalidate_outbound_session(world.room)
    proxy.add(Breakage.CHANGE, "/sync", times=-1, change=hold_keys)
    mark, clear, wake = word(), word(), word()
    await world.jonas.send_text(world.room, wake)  # ends the sync under way, which still goes through unchanged
    await world.entry(wake)
    await nora.send_text(world.room, f"patience {mark}")
    await world.until(lambda: "cannot read an event" in world.log_text(), "the event could not be read", 40)
    world.kill_bot()
    await world.restart_bot()
    await world.jonas.send_text(world.room, clear)
    await world.entry(clear)
    assert world.tickets(mark) == []
    proxy.clear()
    proxy.add(Breakage.CHANGE, "/sync", times=-1, change=give_keys)
    for ends_a_sync in (word(), word()):  # the one under way, still unchanged, and then one with the keys in it
        await world.jonas.send_text(world.room, ends_a_sync)
        await world.entry(ends_a_sync)
    ticket = await world.ticket(mark, 40)
    proxy.clear()
    assert len(ticket.threads) == 1


async def test_commands_work_encrypted(world: BotWorld) -> None:
    user = await world.synapse.login(world.alexander_matrix.user_id)
    async with EncryptedMember(world.synapse.url, user, world.folder / "alexander") as alexander:
        await alexander.sync_until(lambda: world.room in alexander.nio.rooms)
        ticket = world.freescout.email_conversation("pat@example.org", "Pat", "By mail", "Hello")
        event_id = await alexander.send_text(world.room, f"!triage {ticket.number} bug P1")
        assert str(ticket.number) in await read(alexander, event_id)
        await world.until(lambda: bool(world.freescout.conversation(id=ticket.id).tags), "the tags")


async def test_keys_are_for_their_owner_only(world: BotWorld) -> None:
    store = world.folder / "matrix-store"
    assert store.stat().st_mode & 0o077 == 0
    for entry in store.rglob("*"):
        if entry.is_file():
            assert entry.stat().st_mode & 0o077 == 0, entry.name


async def test_an_identity_that_is_not_the_bots_is_told_and_can_be_replaced(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> None:
    """Store and seeds are lost; the account keeps its old identity, which the bot then does not hold."""
    async with bot_world(tmp_path, unused_tcp_port_factory(), synapse=synapse, with_discord=False) as other:
        await other.start_bot()
        assert await other.bot.stop() == 0
        other.lose_store()
        await other.start_bot()
        assert (await other.part("matrix"))["state"] == "unverified"
        await other.matrix_ask("works all the same?")
        checked = await other.command("check", "--live")
        assert checked.code == 2
        assert "supportbot matrix reset-identity" in checked.said
        assert await other.bot.stop() == 0
        assert (await other.command("matrix", "reset-identity")).code == 0
        await other.start_bot()
        assert (await other.part("matrix"))["state"] == "connected"
