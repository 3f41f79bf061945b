"""Nothing anybody typed can ping: each message of the bot names at most the member who asked."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from sandbox.discord.entities import Member, Message
from sandbox.matrix import SynapseServer
from tests.integration.bot_world import BotWorld, bot_world, word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.synapse]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """A bot that may mention everybody, and a role that may be mentioned: only its own care is left."""
    folder = tmp_path_factory.mktemp("pings")
    async with bot_world(folder, unused_tcp_port_factory(), synapse=synapse) as made:
        made.discord.set_bot_permissions(made.discord.bot_role.permissions | 1 << 17)
        made.triager_role.mentionable = True
        await made.start_bot()
        yield made
        made.expect_good_conduct()


def hostile(world: BotWorld) -> str:
    """Every way to shout that members have found."""
    role, lena = world.triager_role, world.lena
    return (
        f"@everyone @here {role.mention} {lena.mention} <@!{lena.id}> @@everyone <@<@{lena.id}>> <@&<@&{role.id}>> "
        f"@\u200beveryone @еveryone ＠everyone `@everyone` **@**everyone @\u2060here [@everyone](https://x.example/) "
        f"\\@everyone ||@everyone|| @room"
    )


def every_message(world: BotWorld) -> list[Message]:
    """All the bot ever said in Discord, in any channel or thread."""
    places = [world.support.id, world.forum.id, world.staff.id]
    places += [thread.id for place in places for thread in world.discord.threads(place)]
    return [message for place in places for message in world.said(place)]


def expect_no_ping_but(world: BotWorld, message: Message, *members: Member) -> None:
    """It notifies these members and nobody else."""
    assert not message.pings.everyone, message.content
    assert not message.pings.roles, message.content
    assert message.pings.users == frozenset(member.id for member in members), message.content


@pytest.fixture
async def shouter(world: BotWorld) -> Member:
    """A member whose very name shouts."""
    return world.discord.add_member("Shouter", display_name=f"@everyone {world.triager_role.mention} @here")


async def test_the_first_answer_mentions_the_member_who_asked_and_nobody_else(world: BotWorld) -> None:
    asked, _ = await world.ask(hostile(world))
    expect_no_ping_but(world, await world.answer(asked), world.mia)


async def test_a_name_that_shouts_pings_nobody(world: BotWorld, shouter: Member) -> None:
    asked, _ = await world.ask("quiet", shouter)
    expect_no_ping_but(world, await world.answer(asked), shouter)


async def test_a_forum_posts_title_pings_nobody(world: BotWorld) -> None:
    post = await world.discord.create_forum_post(world.lena, world.forum.id, "@everyone look", hostile(world))
    await world.until(lambda: bool(world.said(post.id)), "the number")
    expect_no_ping_but(world, world.said(post.id)[0], world.lena)


async def test_a_reply_pings_neither_the_one_it_answers_nor_those_it_names(world: BotWorld) -> None:
    asked, _ = await world.ask("calm")
    mark = word()
    await world.discord.post(world.lena, asked.id, f"{hostile(world)} {mark}", reply_to=await world.answer(asked))
    await world.entry(mark)
    assert len(world.said(asked.id)) == 1


async def test_an_answer_to_a_command_pings_nobody_whatever_was_given(world: BotWorld) -> None:
    asked, _ = await world.ask("to be triaged")
    given = hostile(world)
    before = len(world.discord.requests)
    options = {"label": "bug", "priority": "P0"}
    answers = [
        await world.discord.run_command(world.alexander, asked.id, "triage", {**options, "ticket": given}),
        await world.discord.run_command(world.alexander, asked.id, "triage", {**options, "note": given}),
        await world.discord.run_command(world.lena, asked.id, "triage", options),
        await world.discord.run_command(world.lena, world.support.id, "help"),
    ]
    assert all(answer.content for answer in answers)
    sent = [request for request in world.discord.requests[before:] if (request.json or {}).get("content")]
    assert len(sent) >= len(answers)
    for request in sent:
        assert request.json["allowed_mentions"].get("parse") == []
        assert not request.json["allowed_mentions"].get("roles")
        assert not request.json["allowed_mentions"].get("users")


async def test_what_staff_is_told_pings_nobody(world: BotWorld, shouter: Member) -> None:
    world.freescout.faults.add(kind="status", status=400, method="POST", path="/conversations", times=1)
    await world.discord.post(shouter, world.support.id, hostile(world))

    async def told() -> bool:
        in_matrix = [
            event["content"].get("body", "") for event in await world.alexander_matrix.messages(world.staff_room)
        ]
        return any("outbox retry" in text for text in in_matrix) or bool(world.staff_told())

    await world.until(told, "staff is told")
    await world.until(world.drained, "everything is said")
    for message in world.staff_told():
        expect_no_ping_but(world, message)


async def test_a_matrix_answer_mentions_the_member_who_asked_and_nobody_else(world: BotWorld) -> None:
    event_id, _ = await world.matrix_ask(
        f"@room {world.alexander_matrix.user_id} wake up",
        extra={"m.mentions": {"room": True, "user_ids": [world.alexander_matrix.user_id]}},
    )
    content = await world.matrix_answer(event_id)
    assert content["m.mentions"] == {"user_ids": [world.jonas.user_id]}


async def test_a_typed_commands_answer_mentions_nobody_whatever_was_typed(world: BotWorld) -> None:
    event_id, _ = await world.matrix_ask("to be triaged")
    typed = f"!triage @room {world.alexander_matrix.user_id} @everyone"
    for member in (world.alexander_matrix, world.jonas):
        await member.send_text(world.room, typed, thread=event_id)
    await world.matrix_answer(event_id, "Usage")
    await world.matrix_answer(event_id, "Only triagers")
    for event in (await world.matrix_said(event_id))[1:]:
        assert event["content"]["m.mentions"] == {}
        assert "matrix.to" not in event["content"].get("formatted_body", "")


async def test_no_message_of_the_whole_run_pinged_anybody_but_the_one_who_asked(world: BotWorld) -> None:
    starters = {ticket.id: ticket for ticket in world.filed()}
    assert starters
    messages = every_message(world)
    assert len(messages) >= 4
    for message in messages:
        assert message.allowed_mentions is not None
        assert message.allowed_mentions.get("parse") == []
        assert not message.pings.everyone
        assert not message.pings.roles
        assert len(message.pings.users) <= 1
    for room in (world.room, world.staff_room):
        for event in await world.alexander_matrix.messages(room):
            if event["sender"] == world.bot_user and event["type"] == "m.room.message":
                mentions = event["content"]["m.mentions"]
                assert set(mentions) <= {"user_ids"}
                assert len(mentions.get("user_ids", [])) <= 1
