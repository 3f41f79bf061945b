"""Making a ticket of any message on Discord: it is handed over, and its thread is received from then on."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.chat import ChatMessage, MessageKind, Platform, RoomRole
from bot.domain.richtext import plain
from bot.ports.inbound import Arrival
from sandbox.discord import Channel, DiscordSimulator, InteractionAnswer, Message
from tests.fakes.discord_rig import Rig

pytest_plugins = ["tests.integration.discord_fixtures"]


@pytest.fixture
async def rig(sim: DiscordSimulator) -> AsyncIterator[Rig]:
    made = Rig(sim)
    await made.first_start()
    await made.intake.until_row(f"commands:{sim.guild.id}")
    yield made
    await made.stop()
    assert sim.problems == []


async def make(rig: Rig, message: Message) -> InteractionAnswer:
    return await rig.sim.run_message_command(rig.alexander, "Make this a ticket", message.channel_id, message.id)


async def made_in(rig: Rig, channel: Channel, text: str = "please help") -> Message:
    """A ticket made of a message there, known to the core, with its thread."""
    message = await rig.sim.post(rig.ana, channel.id, text)
    await make(rig, message)
    await file(rig)
    await rig.sim.create_thread(rig.alexander, channel.id, "#7", message_id=message.id)
    return message


async def file(rig: Rig) -> None:
    """What the core does with a message that was made a ticket."""
    message, _ = rig.runner.made[-1]
    await rig.intake.accept(Arrival(platform=Platform.DISCORD, events=(message,)))


def handed_over(rig: Rig) -> ChatMessage:
    message, by = rig.runner.made[-1]
    assert by.user_id == str(rig.alexander.id)
    assert str(rig.triager_role.id) in by.roles
    return message


async def test_the_message_is_handed_over_as_if_it_had_been_received(rig: Rig) -> None:
    rig.agent.nick = "The Agent"
    files = [("a.txt", "text/plain", b"a")]
    message = await rig.sim.post(rig.agent, rig.other.id, "**look** at this", attachments=files)
    answer = await make(rig, message)
    assert (answer.deferred, answer.ephemeral) == (True, True)
    assert answer.content.replace("\u200b", "") == rig.runner.answer
    made = handed_over(rig)
    assert (made.message_id, plain(made.text), made.kind) == (str(message.id), "look at this", MessageKind.PERSON)
    assert (made.author.name, made.author.user_id) == ("The Agent", str(rig.agent.id))
    assert str(rig.staff_role.id) in made.author.roles
    assert (made.address, made.title) == (rig.address(room=rig.other.id), None)
    assert made.link.endswith(f"/{rig.other.id}/{message.id}")
    assert [file.name for file in made.attachments] == ["a.txt"]


async def test_in_threads_and_posts_of_any_channel_the_place_is_the_thread(rig: Rig) -> None:
    ideas = rig.sim.add_forum_channel("ideas")
    post = await rig.sim.create_forum_post(rig.ana, ideas.id, "An idea", "starter")
    await make(rig, rig.sim.messages(post.id)[0])
    made = handed_over(rig)
    assert (made.address, made.title) == (rig.address(post.id, ideas.id), "An idea")
    thread = await rig.sim.create_thread(rig.ana, rig.other.id, "a thread")
    await make(rig, await rig.sim.post(rig.bob, thread.id, "in it"))
    made = handed_over(rig)
    assert (made.address, made.title) == (rig.address(thread.id, rig.other.id), None)
    assert {f"followed:{post.id}", f"followed:{thread.id}"} <= rig.intake.rows.keys()


async def test_what_programs_and_discord_say_is_handed_over_as_such(rig: Rig) -> None:
    await make(rig, await rig.sim.post(rig.ana, rig.other.id, "hook", webhook=True))
    assert handed_over(rig).kind is MessageKind.BOT
    await make(rig, await rig.sim.post(rig.ana, rig.other.id, type=6))
    assert handed_over(rig).kind is MessageKind.SYSTEM


async def test_from_then_on_its_thread_is_received_and_the_channel_is_not(rig: Rig) -> None:
    opener = await made_in(rig, rig.other)
    await rig.sim.post(rig.bob, rig.other.id, "none of ours")
    said = await rig.sim.post(rig.ana, opener.id, "more")
    assert await rig.intake.until(2) == ["please help", "more"]
    received = rig.intake.messages[-1]
    assert received.address == rig.address(opener.id, rig.other.id)
    await rig.sim.edit(rig.ana, opener.id, said.id, "more!")
    await rig.sim.delete(opener.id, said.id)
    assert await rig.intake.until_happened(4) == [
        "said please help",
        "said more",
        "edited more!",
        "deleted more",
    ]


async def test_what_becomes_of_the_message_itself_is_received(rig: Rig) -> None:
    opener = await made_in(rig, rig.other)
    other = await rig.sim.post(rig.bob, rig.other.id, "none of ours")
    await rig.sim.edit(rig.bob, rig.other.id, other.id, "nor this")
    await rig.sim.edit(rig.ana, rig.other.id, opener.id, "please help me")
    await rig.sim.delete(rig.other.id, opener.id)
    happened = await rig.intake.until_happened(3)
    assert happened == ["said please help", "edited please help me", "deleted please help"]
    assert [message.message_id for message in rig.intake.messages] == [str(opener.id)]


async def test_what_happens_while_it_was_down_is_caught_up_with(rig: Rig) -> None:
    opener = await made_in(rig, rig.other)
    said = await rig.sim.post(rig.ana, opener.id, "more")
    await rig.intake.until(2)
    await rig.stop()
    await rig.sim.post(rig.bob, rig.other.id, "none of ours")
    await rig.sim.post(rig.ana, opener.id, "while away")
    await rig.sim.edit(rig.ana, opener.id, said.id, "more!")
    await rig.sim.edit(rig.ana, rig.other.id, opener.id, "please help me")
    rig.sim.requests.clear()
    await rig.start()
    happened = await rig.intake.until_happened(5)
    assert sorted(happened[2:]) == ["edited more!", "edited please help me", "said while away"]
    assert not any(request.path.endswith(f"/channels/{rig.other.id}/messages") for request in rig.sim.requests)
    await rig.sim.post(rig.ana, opener.id, "live again")
    assert (await rig.intake.until(4))[-1] == "live again"


async def test_the_message_deleted_while_it_was_down_is_told(rig: Rig) -> None:
    opener = await made_in(rig, rig.other)
    await rig.stop()
    await rig.sim.delete(rig.other.id, opener.id)
    await rig.start()
    assert (await rig.intake.until_happened(2))[-1] == "deleted please help"


async def test_only_what_is_said_from_then_on_counts(rig: Rig) -> None:
    thread = await rig.sim.create_thread(rig.ana, rig.other.id, "a thread")
    await rig.sim.post(rig.bob, thread.id, "long before")
    await make(rig, await rig.sim.post(rig.ana, thread.id, "please help"))
    await rig.sim.post(rig.ana, thread.id, "after it")
    assert await rig.intake.until(1) == ["after it"]


async def test_what_is_said_before_the_thread_is_followed_is_read_first(rig: Rig) -> None:
    thread = await rig.sim.create_thread(rig.ana, rig.other.id, "a thread")
    message = await rig.sim.post(rig.ana, thread.id, "please help")
    rig.runner.may_answer.clear()
    making = asyncio.create_task(make(rig, message))
    await rig.runner.asked.wait()
    await rig.sim.post(rig.ana, thread.id, "while it was made")
    await rig.sim.post(rig.bob, rig.support.id, "elsewhere")
    await rig.intake.until(1)  # so the gateway brought what was said before it, too
    rig.sim.faults.add(path=rf"/channels/{thread.id}/messages", kind="delay", delay_seconds=0.3)
    rig.runner.may_answer.set()
    await making
    await rig.sim.post(rig.ana, thread.id, "live")
    assert await rig.intake.until(3) == ["elsewhere", "while it was made", "live"]


async def test_a_thread_among_the_team_is_the_tickets_too(rig: Rig) -> None:
    opener = await made_in(rig, rig.staff_channel)
    await rig.sim.post(rig.ana, opener.id, "more")
    await rig.intake.until(2)
    assert rig.intake.messages[-1].room_role is RoomRole.SUPPORT


async def test_nothing_is_followed_where_no_ticket_was_made_nor_where_it_is_watched_anyway(rig: Rig) -> None:
    await make(rig, await rig.sim.post(rig.ana, rig.support.id, "watched"))
    rig.runner.done = False
    await make(rig, await rig.sim.post(rig.ana, rig.other.id, "refused"))
    assert not any(name.startswith("followed:") for name in rig.intake.rows)


async def test_asking_again_after_a_crash_follows_the_thread_of_the_ticket_that_is_there(rig: Rig) -> None:
    message = await rig.sim.post(rig.ana, rig.other.id, "please help")
    await make(rig, message)
    await file(rig)
    await rig.stop()
    del rig.intake.rows[f"followed:{message.id}"]
    await rig.start()
    rig.runner.done = False
    await make(rig, message)
    assert rig.intake.rows[f"followed:{message.id}"] == str(rig.other.id)


async def test_a_broken_store_is_told_and_ends_nothing(rig: Rig) -> None:
    message = await rig.sim.post(rig.ana, rig.other.id, "please help")
    rig.runner.broken = True
    assert "try again" in (await make(rig, message)).content
    rig.runner.broken, rig.intake.broken = False, True
    assert "try again" in (await make(rig, message)).content
    rig.intake.broken = False
    assert (await make(rig, message)).content.replace("\u200b", "") == rig.runner.answer
    await rig.sim.post(rig.ana, rig.support.id, "still here")
    assert await rig.intake.until(1) == ["still here"]
