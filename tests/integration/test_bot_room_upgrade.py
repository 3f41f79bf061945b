"""A Matrix room is replaced by a newer one: its tickets move along."""

from pathlib import Path

import pytest

from sandbox.matrix import SynapseServer
from tests.integration.bot_world import QUICK, bot_world, word

pytestmark = pytest.mark.synapse


async def test_an_answer_to_a_ticket_of_a_replaced_room_comes_in_the_new_one_and_goes_on_there(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with bot_world(tmp_path, unused_tcp_port, synapse=synapse, with_discord=False, freescout=QUICK) as world:
        await world.install_webhooks()
        await world.start_bot()
        _, ticket = await world.matrix_ask("The export is empty")
        old = world.room
        world.room = await world.alexander_matrix.upgrade(old, "11")
        await world.jonas.join(world.room)
        answered, further = word(), word()
        world.agent.answer(ticket, f"<div>Try this: {answered}</div>")

        async def said() -> list[str]:
            events = await world.jonas.messages(world.room)
            ours = [event for event in events if event["sender"] == world.bot_user]
            return [event["event_id"] for event in ours if answered in str(event["content"].get("body", ""))]

        async def is_said() -> bool:
            return bool(await said())

        await world.until(is_said, "the answer is in the new room", 60)
        [root] = await said()
        [content] = [one["content"] for one in await world.jonas.messages(world.room) if one.get("event_id") == root]
        assert f"#{ticket.number}" in content["body"]
        await world.jonas.send_text(world.room, further, thread=root)
        assert (await world.entry(further)).conversation_id == ticket.id
        assert answered not in str(await world.jonas.messages(old))
        world.expect_good_conduct()
