"""The Discord adapter against the simulator: what is received, and in which words the core gets it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.discord.snowflakes import instant_of
from bot.domain.chat import MessageKind, RoomRole
from bot.domain.errors import RefusedError, StoreError
from bot.domain.richtext import plain
from bot.ports.inbound import PartState
from sandbox.discord import DiscordSimulator
from tests.fakes.discord_rig import Rig

pytest_plugins = ["tests.integration.discord_fixtures"]


@pytest.fixture
async def rig(sim: DiscordSimulator) -> AsyncIterator[Rig]:
    made = Rig(sim)
    yield made
    await made.stop()
    assert sim.problems == []


async def test_a_message_in_a_watched_channel_is_taken_in_with_its_watermark(rig: Rig) -> None:
    await rig.first_start()
    said = await rig.sim.post(rig.ana, rig.support.id, "It **burns**, <@1>", mentions=[])
    await rig.intake.until(1)
    message = rig.intake.messages[0]
    assert plain(message.text) == "It burns, @1"
    assert message.address == rig.address()
    assert message.message_id == str(said.id)
    assert (message.author.user_id, message.author.name) == (str(rig.ana.id), "Ana")
    assert message.link == f"https://discord.com/channels/{rig.sim.guild.id}/{rig.support.id}/{said.id}"
    assert message.sent_at == instant_of(said.id)
    assert (message.kind, message.room_role) == (MessageKind.PERSON, RoomRole.SUPPORT)
    assert rig.watermark(rig.support.id) == said.id
    assert rig.intake.arrivals[-1].remember == {f"watermark:{rig.support.id}": str(said.id)}


async def test_a_thread_belongs_to_its_channel_and_a_forum_post_has_its_title(rig: Rig) -> None:
    await rig.first_start()
    opener = await rig.sim.post(rig.ana, rig.support.id, "help")
    thread = await rig.sim.create_thread(rig.bob, rig.support.id, "about it", message_id=opener.id)
    await rig.sim.post(rig.bob, thread.id, "in the thread")
    post = await rig.sim.create_forum_post(rig.ana, rig.forum.id, "Cannot print", "at all")
    await rig.intake.until(3)
    by_text = {plain(message.text): message for message in rig.intake.messages}
    assert by_text["in the thread"].address == rig.address(thread.id)
    assert by_text["in the thread"].title is None
    starter = by_text["at all"]
    assert starter.address == rig.address(post.id, rig.forum.id)
    assert (starter.message_id, starter.title) == (str(post.id), "Cannot print")


async def test_messages_elsewhere_are_none_of_its_business(rig: Rig) -> None:
    await rig.first_start()
    await rig.sim.post(rig.ana, rig.other.id, "chatter")
    await rig.sim.post(rig.agent, rig.staff_channel.id, "team talk")
    thread = await rig.sim.create_thread(rig.ana, rig.other.id, "more chatter")
    await rig.sim.post(rig.ana, thread.id, "chatter on")
    await rig.sim.post(rig.ana, rig.support.id, "help")
    assert await rig.intake.until(1) == ["help"]


async def test_two_hundred_messages_are_taken_in_in_their_order(rig: Rig) -> None:
    await rig.first_start()
    for number in range(200):
        await rig.sim.post(rig.ana, rig.support.id, str(number))
    assert await rig.intake.until(200) == [str(number) for number in range(200)]


async def test_live_messages_carry_the_authors_roles(rig: Rig) -> None:
    await rig.first_start()
    await rig.sim.post(rig.agent, rig.support.id, "I am staff")
    await rig.intake.until(1)
    assert str(rig.staff_role.id) in rig.intake.messages[0].author.roles


async def test_programs_and_notices_are_told_apart_from_people(rig: Rig) -> None:
    await rig.first_start()
    helper = rig.sim.add_member("helper", bot=True)
    await rig.sim.post(helper, rig.support.id, "beep")
    await rig.sim.post(rig.ana, rig.support.id, "relayed", webhook=True)
    await rig.sim.post(rig.ana, rig.support.id, "", type=6)
    await rig.sim.post(rig.ana, rig.support.id, "and a person")
    assert await rig.intake.until(1) == ["and a person"]
    assert [message.kind for message in rig.intake.notices] == [
        MessageKind.BOT,
        MessageKind.BOT,
        MessageKind.SYSTEM,
    ]


async def test_wordless_messages_come_with_a_placeholder(rig: Rig) -> None:
    await rig.first_start()
    await rig.sim.post(rig.ana, rig.support.id, stickers=["wave"])
    await rig.sim.post(rig.ana, rig.support.id, poll=("Which one?", ["this", "that"]))
    await rig.sim.post(rig.ana, rig.support.id, voice=True)
    await rig.sim.post(rig.ana, rig.support.id, forwarded="the error text")
    await rig.sim.post(rig.ana, rig.support.id, attachments=[("log.txt", "text/plain", b"log")])
    texts = await rig.intake.until(5)
    assert texts == [
        "(sticker: wave)",
        "(poll: Which one?)\n- this\n- that",
        "(voice message)",
        "(forwarded message)\n> the error text",
        "(file: log.txt)",
    ]
    assert [file.name for file in rig.intake.messages[4].attachments] == ["log.txt"]


async def test_a_reply_names_what_it_answers_and_nothing_else_does(rig: Rig) -> None:
    await rig.first_start()
    first = await rig.sim.post(rig.ana, rig.support.id, "help")
    await rig.sim.post(rig.bob, rig.support.id, "how?", reply_to=first)
    await rig.sim.post(rig.bob, rig.support.id, forwarded=first)
    await rig.intake.until(3)
    assert [message.reply_to for message in rig.intake.messages] == [None, str(first.id), None]


async def test_a_broken_store_ends_the_leg_and_nothing_is_lost(rig: Rig) -> None:
    await rig.first_start()
    rig.intake.broken = True
    await rig.sim.post(rig.ana, rig.support.id, "while the store is broken")
    assert rig.running is not None
    with pytest.raises(StoreError):
        await rig.running
    rig.intake.broken = False
    await rig.start()
    assert await rig.intake.until(1) == ["while the store is broken"]


async def test_a_refused_token_ends_the_leg_at_once_and_for_good(rig: Rig) -> None:
    with pytest.raises(RefusedError, match=r"discord: .*token.*discord\.token"):
        await rig.begin(token="wrong")
    assert rig.health.state is PartState.REFUSED
    assert len(rig.sim.requests) == 1
    assert rig.sim.handshakes == 0


@pytest.mark.parametrize(("code", "remedy"), [(4004, "token"), (4014, "Message Content Intent")])
async def test_a_refusal_by_the_gateway_ends_the_leg_once(rig: Rig, code: int, remedy: str) -> None:
    rig.sim.close_code_on_identify = code
    with pytest.raises(RefusedError, match=remedy):
        await rig.begin()
    assert rig.sim.identifies == 1


async def test_health_hears_of_connection_and_loss(rig: Rig) -> None:
    await rig.first_start()
    assert rig.health.states[0][0] is PartState.STARTING
    assert rig.health.progresses > 0
    seen = len(rig.health.states)
    rig.sim.refuse_handshakes(1)
    await rig.sim.gateway_drop()
    await rig.until_connected(since=seen)
    assert PartState.DISCONNECTED in [state for state, _ in rig.health.states[seen:]]


async def test_after_stop_receiving_nothing_comes_in_and_sending_still_works(rig: Rig) -> None:
    await rig.first_start()
    await rig.adapter.stop_receiving()
    said = await rig.sim.post(rig.ana, rig.support.id, "too late")
    await rig.adapter.react(rig.address(), str(said.id), "👀", "a" * 24)
    assert rig.sim.reactions(rig.support.id, said.id) == {"👀": {rig.sim.bot_user.id}}
    assert rig.intake.messages == []
    assert rig.running is not None
    assert not rig.running.done()
    await asyncio.sleep(0)
