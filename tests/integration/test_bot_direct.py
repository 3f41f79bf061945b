"""Whoever writes to the bot in private is answered in private, and nothing of it is ever in public."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from sandbox.matrix import SynapseServer
from tests.integration.bot_questions import YES, press, question
from tests.integration.bot_world import QUICK, BotWorld, bot_world, word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.synapse]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot on both platforms, for the whole file."""
    folder = tmp_path_factory.mktemp("direct")
    async with bot_world(folder, unused_tcp_port_factory(), synapse=synapse, freescout=QUICK) as made:
        await made.install_webhooks()
        await made.start_bot()
        yield made
        made.expect_good_conduct()


async def in_public(world: BotWorld) -> str:
    """Everything anybody can read in the support channel, its threads, the forum and the support room."""
    places = [
        world.support.id,
        *(thread.id for parent in (world.support, world.forum) for thread in world.discord.threads(parent.id)),
    ]
    said = [message.content for place in places for message in world.discord.messages(place)]
    return "\n".join([*said, str(await world.jonas.messages(world.room))])


async def test_a_discord_direct_message_is_a_ticket_and_the_answer_comes_back_in_private(world: BotWorld) -> None:
    private = world.discord.direct_channel(world.mia).id
    secret, answer, further = word(), word(), word()
    await world.discord.post(world.mia, private, f"My invoice {secret}")
    ticket = await world.ticket(secret)
    await world.told(private, f"#{ticket.number}")
    files = [("invoice.pdf", "application/pdf", b"%PDF")]
    world.agent.answer(ticket, f"<div>Here it is {answer}</div>", files=files)
    said = await world.told(private, answer)
    assert "**Alexander**" in said.content
    assert [file.content for file in said.attachments] == [b"%PDF"]
    await world.discord.post(world.mia, private, f"Thank you for that, but {further}")
    assert (await world.entry(further)).conversation_id == ticket.id
    world.agent.close(ticket)
    await press(world, world.mia, await question(world, private), YES)
    await world.until(lambda: "Confirmed" in str(world.freescout.conversation(id=ticket.id).threads), "it is noted")
    await world.settled(ticket)
    public = await in_public(world)
    assert [leaked for leaked in (secret, answer, further, f"#{ticket.number}") if leaked in public] == []


async def test_a_matrix_direct_room_by_invitation_is_a_ticket_and_the_answer_comes_back_in_private(
    world: BotWorld,
) -> None:
    room = await world.jonas.create_direct_room(world.bot_user)

    async def is_here() -> bool:
        return world.bot_user in await world.jonas.joined_members(room)

    await world.until(is_here, "the bot follows the invitation", 20)
    secret, answer = word(), word()
    await world.jonas.send_text(room, f"My invoice {secret}")
    ticket = await world.ticket(secret)
    world.agent.answer(ticket, f"<div>Here it is {answer}</div>")

    async def is_told() -> bool:
        events = [one for one in await world.jonas.messages(room) if one["sender"] == world.bot_user]
        bodies = [str(one["content"].get("body", "")) for one in events]
        return any(f"#{ticket.number}" in body for body in bodies) and any(answer in body for body in bodies)

    await world.until(is_told, "number and answer in the direct room", 20)
    await world.settled(ticket)
    public = await in_public(world)
    assert [leaked for leaked in (secret, answer, f"#{ticket.number}") if leaked in public] == []


async def test_the_invitation_of_a_stranger_is_declined(world: BotWorld) -> None:
    stranger = await world.synapse.new_member("stranger")
    async with stranger:
        room = await stranger.create_direct_room(world.bot_user)

        async def is_declined() -> bool:
            return bool((await stranger.state(room, "m.room.member", world.bot_user))["membership"] == "leave")

        await world.until(is_declined, "the bot declines", 20)


async def test_after_a_merge_the_answer_to_a_private_request_is_not_told_in_public(world: BotWorld) -> None:
    private = world.discord.direct_channel(world.lena).id
    secret, answer = word(), word()
    await world.discord.post(world.lena, private, f"In private {secret}")
    mine = await world.ticket(secret)
    await world.told(private, f"#{mine.number}")
    posted, public = await world.ask("In public")
    world.agent.merge(public, into=mine)
    await world.told(posted.id, "was joined with")
    world.agent.answer(mine, f"<div>Only for you {answer}</div>")
    await world.told(private, answer)
    await world.settled(mine)
    assert world.times_told(posted.id, answer) == 0
    assert "public thread of Mia" in str(world.freescout.conversation(id=mine.id).of_type("note"))
