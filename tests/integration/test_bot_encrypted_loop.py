"""A whole ticket in an encrypted Matrix room: the member's words reach the agent, and the agent's the member."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.matrix import SynapseServer
from sandbox.matrix.encrypted_member import EncryptedMember
from tests.integration.bot_world import QUICK, bot_world, word

pytestmark = pytest.mark.synapse

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


def in_thread(member: EncryptedMember, root: str) -> list[Any]:
    """The events in a thread that this member's client could decrypt."""
    return [
        event
        for event in member.received
        if event.source["content"].get("m.relates_to", {}).get("event_id") == root and hasattr(event, "body")
    ]


async def test_words_and_files_go_both_ways_and_the_homeserver_reads_none_of_them(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async with bot_world(
        tmp_path, unused_tcp_port_factory(), synapse=synapse, with_discord=False, encrypted=True, freescout=QUICK
    ) as world:
        await world.install_webhooks()
        await world.start_bot()
        user = await synapse.register(f"nora-{word()}")
        async with EncryptedMember(synapse.url, user, tmp_path / "nora") as nora:
            await nora.join(world.room)
            asked, answered, further = word(), word(), word()
            root = await nora.send_text(world.room, f"The export is empty {asked}")
            ticket = await world.ticket(asked)
            files = [("menu.png", "image/png", PICTURE)]
            world.agent.answer(ticket, f"<div>Try <strong>this</strong> {answered}</div>", files=files)
            await nora.sync_until(lambda: any(event.body == "menu.png" for event in in_thread(nora, root)))
            [answer] = [event for event in in_thread(nora, root) if answered in event.body]
            assert "<strong>Alexander</strong>" in answer.formatted_body
            [picture] = [event for event in in_thread(nora, root) if event.body == "menu.png"]
            assert await nora.open_file(picture.event_id) == PICTURE
            relation = {"rel_type": "m.thread", "event_id": root}
            await nora.send_text(world.room, f"It works {further}", **{"m.relates_to": relation})
            entry = await world.entry(further)
            assert (entry.type, entry.conversation_id) == ("customer", ticket.id)
            world.agent.close(ticket)
            await nora.sync_until(lambda: any("Is it solved for you?" in event.body for event in in_thread(nora, root)))
            await nora.send_text(world.room, "yes", **{"m.relates_to": relation})
            await world.until(
                lambda: "Confirmed" in str(world.freescout.conversation(id=ticket.id).threads), "it is noted", 20
            )
            await world.settled(ticket)
            on_the_server = str(await world.jonas.messages(world.room))
            assert [leaked for leaked in (asked, answered, further, "menu.png") if leaked in on_the_server] == []
            assert nora.unreadable == []
        world.expect_good_conduct()
