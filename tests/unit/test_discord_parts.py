"""The adapter's small decisions: thread names, permissions, commands on the wire, waits, what ends the leg."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import discord
import pytest

from adapters.discord.chat_threads import NAME_LIMIT, plain_name, thread_name
from adapters.discord.command_payload import fingerprint, for_everybody, for_the_team
from adapters.discord.gateway import INTENTS, BudgetSpentError, IdentifyBudget
from adapters.discord.history import Skipped
from adapters.discord.inspection import permissions
from adapters.discord.pauses import LONGEST, Pauses
from adapters.discord.pings import Pings
from adapters.discord.standing import Standing
from adapters.discord.supervisor import refusal_of
from bot.domain.chat import ChatAddress, OutgoingMessage, Platform
from bot.domain.commands import CATALOGUE, Permission
from bot.domain.richtext import from_plain
from bot.ports.inbound import PartState
from tests.fakes.clock import START, FixedDice, ManualClock, settle
from tests.fakes.discord_edges import FakeHealth


def say(**parts: Any) -> OutgoingMessage:
    address = ChatAddress(platform=Platform.DISCORD, room="20")
    return OutgoingMessage(delivery_id="d", address=address, text=from_plain("hello"), **parts)


def typed(commands: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [command for command in commands if command["type"] == 1]


def test_only_what_reading_channels_and_direct_messages_takes_is_asked_for() -> None:
    assert INTENTS.value == 33281 + (1 << 12)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("#12 printer", "#12 printer"),
        ("#12  two\nlines ", "#12 two lines"),
        ("", "Ticket"),
        (" \n", "Ticket"),
        ("#12 " + "x" * 200, "#12 " + "x" * 95 + "…"),
    ],
)
def test_a_thread_name_is_one_line_within_the_limit(title: str, name: str) -> None:
    assert thread_name(title) == name
    assert len(name) <= NAME_LIMIT


def test_the_plain_name_keeps_the_number() -> None:
    assert plain_name("#1234 rude words") == "Ticket 1234"
    assert plain_name("rude words") == "Ticket"


def test_nobody_may_be_pinged_unless_named() -> None:
    nobody = {"parse": [], "replied_user": False}
    assert Pings().allowed == nobody
    assert Pings.of(say(mention="7")).allowed == {**nobody, "users": ["7"]}
    paged = Pings.of(say(mention="7", pages=("role:8", "user:7", "user:9", "@tom:x.org", "role:x", "everyone")))
    assert paged.allowed == {**nobody, "users": ["7", "9"], "roles": ["8"]}
    assert paged.front == "<@7> <@&8> <@9> "


def test_every_option_is_a_string_and_required_ones_come_first() -> None:
    for command in typed((*for_everybody(CATALOGUE), *for_the_team(CATALOGUE))):
        assert {option["type"] for option in command["options"]} <= {3}
        required = [option["required"] for option in command["options"]]
        assert required == sorted(required, reverse=True)
        assert len(command["description"]) <= 100


def test_only_what_everybody_may_run_can_be_run_in_direct_messages() -> None:
    shared, ours = for_everybody(CATALOGUE), for_the_team(CATALOGUE)
    assert {command["name"] for command in shared} == {
        command.name for command in CATALOGUE if command.permission is Permission.EVERYBODY
    }
    assert all(command["contexts"] == [0, 1] for command in shared)
    assert all("contexts" not in command for command in ours)
    names = [command["name"] for command in typed((*shared, *ours))]
    assert sorted(names) == sorted(command.name for command in CATALOGUE)


def test_two_commands_stand_in_the_context_menu_of_messages_on_our_server() -> None:
    menus = [command for command in for_the_team(CATALOGUE) if command["type"] == 3]
    assert menus == [{"name": "Triage", "type": 3}, {"name": "Make this a ticket", "type": 3}]
    assert all(command["type"] == 1 for command in for_everybody(CATALOGUE))


def test_the_fingerprint_changes_with_commands_and_application() -> None:
    whole = for_the_team(CATALOGUE)
    assert fingerprint(whole, application_id="1") == fingerprint(for_the_team(CATALOGUE), application_id="1")
    assert fingerprint(whole, application_id="1") != fingerprint(whole, application_id="2")
    assert fingerprint(whole, application_id="1") != fingerprint(whole[1:], application_id="1")


def test_overwrites_apply_in_discords_order() -> None:
    view, send = 1 << 10, 1 << 11
    held = {"1": view, "2": send}
    member = {"roles": ["2"]}
    channel = {
        "permission_overwrites": [
            {"id": "1", "type": 0, "allow": "0", "deny": str(view | send)},
            {"id": "2", "type": 0, "allow": str(view), "deny": "0"},
        ]
    }
    assert permissions(channel, member, "1", "9", held) == view
    channel["permission_overwrites"].append({"id": "9", "type": 1, "allow": str(send), "deny": str(view)})
    assert permissions(channel, member, "1", "9", held) == send
    assert permissions({}, {"roles": []}, "1", "", held) == view
    assert permissions(channel, member, "1", "9", {**held, "2": 1 << 3}) == discord.Permissions.all().value


def test_health_keeps_complaints_beside_the_state() -> None:
    health = FakeHealth()
    standing = Standing(health)
    standing.now(PartState.CONNECTED)
    standing.complain("20", "cannot read #support")
    standing.now(PartState.DISCONNECTED, "gone")
    assert (health.state, health.detail) == (PartState.DISCONNECTED, "gone; cannot read #support")
    standing.complain("20", "")
    assert health.detail == "gone"


async def test_waits_double_up_to_five_minutes() -> None:
    clock = ManualClock()
    pauses = Pauses(clock, FixedDice(1.0))
    waited: list[timedelta] = []
    for failures in range(1, 13):
        pause = asyncio.create_task(pauses.wait(failures))
        await settle()
        assert clock.next_wake_at is not None
        waited.append(clock.next_wake_at - clock.now())
        pause.cancel()
        await settle()
    assert waited[:4] == [timedelta(seconds=seconds) for seconds in (1, 2, 4, 8)]
    assert waited[-1] == LONGEST


def test_a_lost_connection_is_no_refusal() -> None:
    assert refusal_of(None) is None
    assert refusal_of(AttributeError("'NoneType' object has no attribute 'sequence'")) is None
    assert refusal_of(OSError()) is None
    assert "discord.token" in str(refusal_of(discord.LoginFailure()))
    assert "Message Content" in str(refusal_of(discord.PrivilegedIntentsRequired(None)))


async def test_gateway_logins_are_counted_over_a_day() -> None:
    clock = ManualClock()
    budget = IdentifyBudget(clock)
    for _ in range(600):
        await budget.spend(initial=True)
    with pytest.raises(BudgetSpentError):
        await budget.spend(initial=True)
    await clock.advance(timedelta(days=1, seconds=1))
    await budget.spend(initial=True)


def test_what_was_left_out_is_told_as_far_as_it_was_counted() -> None:
    told = Skipped(count=3, first_at=START, last_at=START + timedelta(hours=1))
    assert told.story == "3 messages from 2026-03-02 09:00 to 2026-03-02 10:00 UTC"
    assert Skipped(count=5000, first_at=START, last_at=START, counted_all=False).story.startswith("more than 5000")
