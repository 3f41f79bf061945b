"""The sweep finds whatever no webhook told, over outages and restarts, and reads open tickets again once a day."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from bot.domain.errors import TransientError
from tests.fakes.clock import settle
from tests.fakes.desk_records import TOM
from tests.fakes.rig import Rig


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


async def on_its_own(rig: Rig, span: timedelta) -> None:
    """Sweeps and readings by the clock, as the process runs them; what follows is carried out afterwards."""
    tasks = [asyncio.create_task(leg) for leg in (rig.core.reconciliation.run(), rig.core.reader.run())]
    await settle()
    await rig.clock.advance(span)
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_the_sweep_alone_brings_replies_to_the_chat(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await on_its_own(rig, timedelta(minutes=2))
        await rig.rest()
    assert rig.discord.posted[-1].text == "Lea:\nPlease restart it."


async def test_what_a_sweep_missed_in_an_outage_the_next_one_finds(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.sweep()
        rig.desk.assign_as_agent(ticket.conversation_id, TOM)
        rig.desk.down = True
        await on_its_own(rig, timedelta(hours=2))
        rig.desk.down = False
        await on_its_own(rig, timedelta(minutes=2))
        await rig.rest()
    assert rig.discord.said_in("m1")[1:] == [f"Tom looks after ticket #{ticket.number} now."]


async def test_a_sweep_that_broke_off_begins_again_where_it_began(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.sweep()
        await rig.pass_time(timedelta(hours=1))
        rig.desk.assign_as_agent(ticket.conversation_id, TOM)
        rig.desk.fail_next(TransientError("away"), on="changed")
        with pytest.raises(TransientError):
            await rig.sweep()
        await rig.pass_time(timedelta(hours=1))
        await rig.sweep()
    assert len(rig.discord.said_in("m1")) == 2


@pytest.mark.parametrize("skew", [timedelta(hours=-3), timedelta(hours=3)])
async def test_the_help_desks_own_clock_counts(rig: Rig, skew: timedelta) -> None:
    rig.desk.skew = skew
    async with rig.running():
        ticket = await rig.ticket()
        await rig.sweep()
        for agent in (TOM, None, TOM):
            await rig.pass_time(timedelta(minutes=5))
            rig.desk.assign_as_agent(ticket.conversation_id, agent)
            await rig.sweep()
    assert len(rig.discord.said_in("m1")) == 3


async def test_open_tickets_are_read_again_once_a_day(rig: Rig) -> None:
    """Not every change moves a conversation's dates."""
    async with rig.running():
        ticket = await rig.ticket()
        await rig.sweep()
    await on_its_own(rig, timedelta(minutes=10))
    ticket.assignee = TOM
    await on_its_own(rig, timedelta(hours=20))
    assert rig.desk.calls.count("read") == 1  # at the start
    await on_its_own(rig, timedelta(hours=5))
    assert rig.desk.calls.count("read") == 2
    async with rig.running():
        await rig.rest()
    assert rig.discord.said_in("m1")[1:] == [f"Tom looks after ticket #{ticket.number} now."]
