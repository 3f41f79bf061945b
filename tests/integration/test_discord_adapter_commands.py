"""Slash commands on Discord: registered once, deferred first, answered to the one who ran them."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.chat import RoomRole
from bot.ports.inbound import PartState
from sandbox.discord import BOT_DEFAULT, DiscordSimulator, Permission
from tests.fakes.discord_rig import Rig

pytest_plugins = ["tests.integration.discord_fixtures"]

TRIAGE = {"label": "bug", "priority": "P1"}


@pytest.fixture
async def rig(sim: DiscordSimulator) -> AsyncIterator[Rig]:
    made = Rig(sim)
    await made.first_start()
    await made.intake.until_row(f"commands:{sim.guild.id}")
    yield made
    await made.stop()
    assert sim.problems == []


def registrations(rig: Rig) -> int:
    return sum(request.method == "PUT" and "/guilds/" in request.path for request in rig.sim.requests)


async def test_triage_is_registered_with_its_options_in_order_as_strings(rig: Rig) -> None:
    triage = next(command for command in rig.sim.commands() if command["name"] == "triage")
    options = triage["options"]
    assert [option["name"] for option in options] == ["label", "priority", "ticket", "note"]
    assert {option["type"] for option in options} == {3}
    assert [option.get("required", False) for option in options] == [True, True, False, False]
    assert [choice["value"] for choice in options[1]["choices"]] == ["P0", "P1", "P2"]
    assert options[2]["autocomplete"] is True
    assert {command["name"] for command in rig.sim.commands()} >= {"triage", "close", "help"}


async def test_commands_are_registered_again_only_when_they_changed(rig: Rig) -> None:
    await rig.stop()
    await rig.start()
    await rig.sim.post(rig.ana, rig.support.id, "hello")
    await rig.intake.until(1)
    assert registrations(rig) == 1
    await rig.stop()
    rig.intake.rows[f"commands:{rig.sim.guild.id}"] = "something older"
    await rig.start()
    await rig.sim.wait_until(lambda: registrations(rig) == 2)


async def test_a_failed_registration_is_repeated_and_stops_nothing_else(rig: Rig) -> None:
    await rig.stop()
    del rig.intake.rows[f"commands:{rig.sim.guild.id}"]
    rig.sim.faults.add(method="PUT", path=r".*/commands", kind="status", status=503, times=3)
    await rig.start()
    await rig.sim.post(rig.ana, rig.support.id, "hello")
    assert await rig.intake.until(1) == ["hello"]
    await rig.intake.until_row(f"commands:{rig.sim.guild.id}")
    assert registrations(rig) == 5


async def test_a_command_is_deferred_first_and_answered_to_one_person_only(rig: Rig) -> None:
    rig.runner.may_answer.clear()
    running = asyncio.create_task(
        rig.sim.run_command(rig.alexander, rig.support.id, "triage", {**TRIAGE, "ticket": "#7"})
    )
    await rig.runner.asked.wait()
    rig.runner.may_answer.set()
    answer = await running
    assert (answer.deferred, answer.ephemeral) == (True, True)
    assert answer.content.replace("\u200b", "") == rig.runner.answer
    (invocation,) = rig.runner.invocations
    assert (invocation.command, invocation.options) == ("triage", {**TRIAGE, "ticket": "#7"})
    assert (invocation.author.user_id, invocation.author.name) == (str(rig.alexander.id), "alexander")
    assert str(rig.triager_role.id) in invocation.author.roles
    assert invocation.address == rig.address()
    assert invocation.room_role is RoomRole.SUPPORT


async def test_an_answer_that_is_too_long_is_cut(rig: Rig) -> None:
    rig.runner.answer = "word " * 1000
    answer = await rig.sim.run_command(rig.alexander, rig.support.id, "help")
    assert 1900 < len(answer.content) <= 2000
    assert answer.content.endswith("…")


async def test_each_invocation_has_its_own_id(rig: Rig) -> None:
    for _ in range(2):
        await rig.sim.run_command(rig.alexander, rig.support.id, "help")
    first, second = rig.runner.invocations
    assert first.invocation_id != second.invocation_id


async def test_inside_a_thread_the_thread_is_named(rig: Rig) -> None:
    opener = await rig.sim.post(rig.ana, rig.support.id, "help")
    thread = await rig.sim.create_thread(rig.bob, rig.support.id, "thread", message_id=opener.id)
    elsewhere = await rig.sim.create_thread(rig.bob, rig.other.id, "elsewhere")
    await rig.sim.run_command(rig.alexander, thread.id, "triage", TRIAGE)
    await rig.sim.run_command(rig.alexander, elsewhere.id, "triage", TRIAGE)
    await rig.sim.run_command(rig.alexander, rig.staff_channel.id, "triage", TRIAGE)
    here, there, staff = rig.runner.invocations
    assert here.address == rig.address(thread.id)
    assert there.address == rig.address(elsewhere.id, rig.other.id)
    assert (staff.address.room, staff.room_role) == (str(rig.staff_channel.id), RoomRole.STAFF)


async def test_suggestions_come_from_the_core(rig: Rig) -> None:
    choices = await rig.sim.autocomplete(rig.alexander, rig.support.id, "triage", option="ticket", value="12")
    assert choices == [{"name": "#12 printer on fire", "value": "12"}]
    typed, author = rig.suggestions.asked[0]
    assert typed == "12"
    assert str(rig.triager_role.id) in author.roles


async def test_hanging_suggestions_become_an_empty_list_in_time(rig: Rig) -> None:
    rig.suggestions.hangs = True
    assert await rig.sim.autocomplete(rig.alexander, rig.support.id, "triage", option="ticket", value="12") == []


async def test_a_lost_answer_to_the_deferral_does_not_run_the_command_twice(rig: Rig) -> None:
    rig.sim.faults.add(path=r"/interactions/.*/callback", kind="lose_answer")
    answer = await rig.sim.run_command(rig.alexander, rig.support.id, "triage", TRIAGE)
    assert answer.content.replace("\u200b", "") == rig.runner.answer
    assert len(rig.runner.invocations) == 1


async def test_a_lost_answer_to_the_reply_is_repeated(rig: Rig) -> None:
    rig.sim.faults.add(method="PATCH", path=r"/webhooks/.*", kind="reset")
    answer = await rig.sim.run_command(rig.alexander, rig.support.id, "triage", TRIAGE)
    assert answer.content.replace("\u200b", "") == rig.runner.answer


async def test_inspection_finds_nothing_wrong_where_nothing_is(rig: Rig) -> None:
    findings = await rig.adapter.inspect()
    assert [finding.fix for finding in findings if not finding.well] == []
    subjects = [finding.subject for finding in findings]
    assert {"token", "message content intent", "server", "Send Messages in Threads in #support"} <= set(subjects)


async def test_inspection_names_what_is_missing_with_its_fix(rig: Rig) -> None:
    rig.sim.set_bot_permissions(int(BOT_DEFAULT & ~Permission.ADD_REACTIONS), channel_id=rig.support.id)
    inspected = rig.make(
        support_channels=[rig.support.id, 404], triager_roles=[405], staff_channel=rig.other.id, gateway_url=""
    )
    fixes = {finding.subject: finding.fix for finding in await inspected.inspect() if not finding.well}
    await inspected.close()
    assert set(fixes) == {"Add Reactions in #support", "channel 404", "role 405", "staff channel"}
    assert "Add Reactions" in fixes["Add Reactions in #support"]
    assert "discord.support_channels" in fixes["channel 404"]
    assert "discord.triager_roles" in fixes["role 405"]
    assert "@everyone" in fixes["staff channel"]


async def test_inspection_names_a_wrong_token_a_missing_intent_and_a_wrong_server(rig: Rig) -> None:
    wrong_token, wrong_server = rig.make(token="wrong"), rig.make(guild_id=406)
    (finding,) = await wrong_token.inspect()
    assert (finding.well, "discord.token" in finding.fix) == (False, True)
    rig.sim.message_content_enabled = False
    findings = {finding.subject: finding for finding in await wrong_server.inspect()}
    assert not findings["message content intent"].well
    assert "406" in findings["server"].fix
    await wrong_token.close()
    await wrong_server.close()


async def test_a_server_the_bot_is_not_on_is_told_to_health(rig: Rig) -> None:
    await rig.stop()
    await rig.start(guild_id=406)
    assert (rig.health.state, "406" in rig.health.detail) == (PartState.CONNECTED, True)
