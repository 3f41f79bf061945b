"""Direct messages: a room and a thread of their own, both ways, also after a downtime."""

from collections.abc import AsyncIterator

import pytest

from bot.domain.chat import ChatChoice, OutgoingMessage, RoomRole
from bot.domain.errors import PermanentError
from bot.domain.ids import delivery_id
from bot.domain.richtext import from_plain, plain
from sandbox.discord import DiscordSimulator
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


async def write(rig: Rig, text: str) -> int:
    said = await rig.sim.post(rig.ana, rig.sim.direct_channel(rig.ana).id, text)
    return said.id


async def test_a_direct_message_is_a_private_place_of_its_own(rig: Rig) -> None:
    message_id = await write(rig, "help me")
    await rig.intake.until(1)
    message = rig.intake.messages[0]
    assert message.address == rig.direct(rig.ana)
    assert message.address.is_private
    assert message.link == f"https://discord.com/channels/@me/{message.address.room}/{message_id}"
    assert (message.room_role, message.author.name) == (RoomRole.SUPPORT, "Ana")
    assert rig.watermark(int(message.address.room)) == message_id


async def test_staff_is_known_in_direct_messages_too(rig: Rig) -> None:
    await rig.sim.post(rig.agent, rig.sim.direct_channel(rig.agent).id, "I am staff")
    await rig.intake.until(1)
    assert str(rig.staff_role.id) in rig.intake.messages[0].author.roles


async def test_the_answer_comes_privately_and_no_thread_is_opened(rig: Rig) -> None:
    message_id = await write(rig, "help me")
    address = rig.direct(rig.ana)
    rig.sim.requests.clear()
    await rig.adapter.open_chat_thread(address, "#1 help me")
    assert rig.sim.requests == []
    await rig.adapter.react(address, str(message_id), "👀", "a" * 24)
    answer = OutgoingMessage(
        delivery_id=delivery_id("x"), address=address, text=from_plain("like this"), mention=str(rig.ana.id)
    )
    sent = await rig.adapter.send(answer)
    assert rig.sim.messages(int(address.room))[-1].content == f"<@{rig.ana.id}> like this"
    assert await rig.adapter.find_sent(answer, rig.clock.now()) == sent
    quoted = await rig.adapter.read_message(address, str(message_id))
    assert quoted is not None
    assert (plain(quoted.text), "/@me/" in quoted.link) == ("help me", True)


async def test_edits_and_deletions_are_told_of_direct_messages(rig: Rig) -> None:
    room = rig.sim.direct_channel(rig.ana).id
    message_id = await write(rig, "one")
    await rig.sim.edit(rig.ana, room, message_id, "two")
    await rig.sim.delete(room, message_id)
    assert await rig.intake.until_happened(3) == ["said one", "edited two", "deleted one"]
    assert rig.intake.deletions[0].address == rig.direct(rig.ana)


async def test_what_was_written_and_changed_during_a_downtime_is_found(rig: Rig) -> None:
    room = rig.sim.direct_channel(rig.ana).id
    first = await write(rig, "one")
    second = await write(rig, "two")
    await rig.intake.until(2)
    await rig.stop()
    await write(rig, "three")
    await rig.sim.edit(rig.ana, room, first, "one, better")
    await rig.sim.delete(room, second)
    await rig.start()
    await write(rig, "live")
    happened = await rig.intake.until_happened(6)
    assert happened[2:] == ["said three", "edited one, better", "deleted two", "said live"]


async def test_a_live_direct_message_waits_behind_the_missed_ones(rig: Rig) -> None:
    await write(rig, "one")
    await rig.intake.until(1)
    await rig.stop()
    await write(rig, "missed")
    rig.sim.faults.add(path=rf"/channels/{rig.direct(rig.ana).room}/messages", kind="delay", delay_seconds=0.5)
    await rig.start()
    await write(rig, "live")
    assert await rig.intake.until(3) == ["one", "missed", "live"]


async def test_a_session_that_begins_anew_reads_direct_messages_too(rig: Rig) -> None:
    await write(rig, "one")
    await rig.intake.until(1)
    await rig.sim.gateway_invalidate(resumable=False)
    await write(rig, "meanwhile")
    await rig.sim.wait_connected()
    await write(rig, "after")
    assert await rig.intake.until(3) == ["one", "meanwhile", "after"]


async def test_who_takes_no_direct_messages_is_a_refusal_in_words(rig: Rig) -> None:
    rig.sim.close_direct(rig.ana)
    answer = OutgoingMessage(delivery_id=delivery_id("x"), address=rig.direct(rig.ana), text=from_plain("hello"))
    with pytest.raises(PermanentError, match="takes no direct messages"):
        await rig.adapter.send(answer)


async def test_only_what_everybody_may_run_is_there_in_direct_messages(rig: Rig) -> None:
    room = rig.sim.direct_channel(rig.alexander).id
    await rig.sim.run_command(rig.alexander, room, "help")
    (invocation,) = rig.runner.invocations
    assert invocation.address == rig.direct(rig.alexander)
    assert str(rig.triager_role.id) in invocation.author.roles
    with pytest.raises(LookupError):
        await rig.sim.run_command(rig.alexander, room, "triage", {"label": "bug", "priority": "P1"})


async def test_a_button_works_in_direct_messages(rig: Rig) -> None:
    address = rig.direct(rig.agent)
    choice = ChatChoice(choice="yes:1", label="Yes", emoji="✅")
    await rig.adapter.send(
        OutgoingMessage(delivery_id=delivery_id("x"), address=address, text=from_plain("solved?"), choices=(choice,))
    )
    (message,) = rig.sim.messages(int(address.room))
    answer = await rig.sim.click(rig.agent, message, "yes:1")
    assert (answer.content, answer.ephemeral) == ("Noted.", True)
    (pressed,) = rig.events.presses
    assert (pressed.choice, pressed.address) == ("yes:1", address)
    assert str(rig.staff_role.id) in pressed.author.roles


async def test_a_button_works_while_roles_cannot_be_had(rig: Rig) -> None:
    address = rig.direct(rig.ana)
    choice = ChatChoice(choice="yes:1", label="Yes", emoji="")
    await rig.adapter.send(
        OutgoingMessage(delivery_id=delivery_id("x"), address=address, text=from_plain("solved?"), choices=(choice,))
    )
    rig.sim.faults.add(path=r"/guilds/\d+/members/\d+", kind="status", status=503, times=None)
    await rig.sim.click(rig.ana, rig.sim.messages(int(address.room))[0], "yes:1")
    assert rig.events.presses[0].author.user_id == str(rig.ana.id)
    assert rig.events.presses[0].author.roles == frozenset()
