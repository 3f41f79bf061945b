"""Triage from a message's context menu: a form comes at once, and what is filled in is run as a command."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.chat import RoomRole
from sandbox.discord import DiscordSimulator, InteractionAnswer, Message
from tests.fakes.discord_rig import Rig

pytest_plugins = ["tests.integration.discord_fixtures"]

FILLED = {"priority": "P1", "note": "third report"}


@pytest.fixture
async def rig(sim: DiscordSimulator) -> AsyncIterator[Rig]:
    made = Rig(sim)
    await made.first_start()
    await made.intake.until_row(f"commands:{sim.guild.id}")
    yield made
    await made.stop()
    assert sim.problems == []


async def triage(rig: Rig, message: Message) -> InteractionAnswer:
    return await rig.sim.run_message_command(rig.alexander, "Triage", message.channel_id, message.id)


async def test_the_form_is_the_first_answer_and_begins_with_what_was_chosen_before(rig: Rig) -> None:
    message = await rig.sim.post(rig.ana, rig.support.id, "help")
    shown = await triage(rig, message)
    assert shown.modal is not None
    assert (shown.modal["title"], shown.modal["custom_id"]) == ("Triage #7", "form:triage:7")
    assert (shown.deferred, shown.acknowledged_after_seconds < 3) == (False, True)
    label, priority, note = (field["component"] for field in shown.modal["components"])
    assert [option["value"] for option in label["options"] if option.get("default")] == ["bug"]
    assert [option["value"] for option in priority["options"]] == ["P0", "P1", "P2"]
    assert note["required"] is False


async def test_the_core_is_told_who_asks_where_and_on_which_message(rig: Rig) -> None:
    post = await rig.sim.create_forum_post(rig.ana, rig.forum.id, "Post", "starter")
    await triage(rig, rig.sim.messages(post.id)[0])
    await triage(rig, await rig.sim.post(rig.agent, rig.staff_channel.id, "look"))
    here, staff = rig.runner.forms
    assert (here.command, here.message_id) == ("triage", str(post.id))
    assert here.address == rig.address(post.id, rig.forum.id)
    assert str(rig.triager_role.id) in here.author.roles
    assert (here.room_role, staff.room_role) == (RoomRole.SUPPORT, RoomRole.STAFF)


async def test_what_is_filled_in_is_run_for_that_ticket(rig: Rig) -> None:
    shown = await triage(rig, await rig.sim.post(rig.ana, rig.support.id, "help"))
    answer = await rig.sim.submit_modal(rig.alexander, rig.support.id, shown, FILLED)
    assert (answer.deferred, answer.ephemeral) == (True, True)
    assert answer.content.replace("\u200b", "") == rig.runner.answer
    (invocation,) = rig.runner.invocations
    assert invocation.command == "triage"
    assert invocation.options == {**FILLED, "label": "bug", "ticket": "7"}
    assert (invocation.author.user_id, invocation.address) == (str(rig.alexander.id), rig.address())
    assert invocation.invocation_id != rig.runner.forms[0].invocation_id


async def test_what_is_left_empty_is_left_out(rig: Rig) -> None:
    rig.runner.presets = {}
    shown = await triage(rig, await rig.sim.post(rig.ana, rig.support.id, "help"))
    with pytest.raises(ValueError, match="must be filled in"):
        await rig.sim.submit_modal(rig.alexander, rig.support.id, shown, {"priority": "P1"})
    await rig.sim.submit_modal(rig.alexander, rig.support.id, shown, {"label": "bug", "priority": "P1"})
    assert rig.runner.invocations[0].options == {"label": "bug", "priority": "P1", "ticket": "7"}


async def test_a_form_opened_before_a_restart_can_be_sent_after_it(rig: Rig) -> None:
    shown = await triage(rig, await rig.sim.post(rig.ana, rig.support.id, "help"))
    await rig.stop()
    await rig.start()
    await rig.sim.submit_modal(rig.alexander, rig.support.id, shown, FILLED)
    assert len(rig.runner.invocations) == 1


async def test_a_form_sent_twice_is_two_acts(rig: Rig) -> None:
    shown = await triage(rig, await rig.sim.post(rig.ana, rig.support.id, "help"))
    for _ in range(2):
        await rig.sim.submit_modal(rig.alexander, rig.support.id, shown, FILLED)
    first, second = rig.runner.invocations
    assert first.invocation_id != second.invocation_id


async def test_why_there_is_no_form_is_told_to_one_person_at_once(rig: Rig) -> None:
    rig.runner.formless = "This message belongs to no ticket. @everyone"
    shown = await triage(rig, await rig.sim.post(rig.ana, rig.support.id, "help"))
    assert (shown.modal, shown.ephemeral, shown.deferred) == (None, True, False)
    assert shown.content.replace("\u200b", "") == rig.runner.formless


async def test_a_broken_store_is_told_and_ends_nothing(rig: Rig) -> None:
    rig.runner.broken = True
    message = await rig.sim.post(rig.ana, rig.support.id, "help")
    assert "try again" in (await triage(rig, message)).content
    rig.runner.broken = False
    assert (await triage(rig, message)).modal is not None


async def test_a_lost_answer_to_the_form_opens_it_once(rig: Rig) -> None:
    rig.sim.faults.add(path=r"/interactions/.*/callback", kind="lose_answer")
    shown = await triage(rig, await rig.sim.post(rig.ana, rig.support.id, "help"))
    assert shown.modal is not None
    await rig.sim.submit_modal(rig.alexander, rig.support.id, shown, FILLED)
    assert len(rig.runner.invocations) == 1


async def test_a_long_title_is_cut(rig: Rig) -> None:
    rig.runner.title = "Triage " + "x" * 80
    shown = await triage(rig, await rig.sim.post(rig.ana, rig.support.id, "help"))
    assert shown.modal is not None
    assert len(shown.modal["title"]) == 45


async def test_a_form_waits_for_nothing_but_the_store(rig: Rig) -> None:
    message = await rig.sim.post(rig.ana, rig.support.id, "help")
    await asyncio.sleep(0)
    rig.sim.requests.clear()
    await triage(rig, message)
    assert [request.path.rsplit("/", 1)[-1] for request in rig.sim.requests] == ["callback"]
