"""Warnings and breaches, on the real process with a clock that is moved: each once, and only what still matters."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.discord.entities import Message
from sandbox.freescout import Conversation
from tests.integration.bot_sla import SlaWorld, sla_world
from tests.integration.bot_world import word

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR = timedelta(hours=1)
QUIET = timedelta(minutes=11)
"""After so long the next page pings again."""

FIRST = "time for its first response"
OVERDUE = "its first response was due by"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sla(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[SlaWorld]:
    """One bot for the whole file; tests that kill it start it again. Triage has a week, so that it does not warn."""
    calm = {"sla": {"triage": "168bh"}}
    folder = tmp_path_factory.mktemp("warnings")
    async with sla_world(folder, unused_tcp_port_factory(), time_moves=True, sections=calm) as made:
        await made.world.install_webhooks()
        await made.world.start_bot()
        await made.world.until(lambda: bool(made.world.discord.commands()), "the commands are registered")
        yield made
        made.world.expect_good_conduct()


async def p1(sla: SlaWorld) -> tuple[int, Conversation]:
    """A ticket that was triaged as P1: first answer within 4 hours, resolved within 72. Returns its thread, too."""
    posted, ticket = await sla.world.ask("Please help")
    options = {"label": "bug", "priority": "P1", "ticket": str(ticket.number)}
    await sla.world.discord.run_command(sla.world.alexander, sla.world.staff.id, "triage", options)
    await sla.world.settled(ticket)
    return posted.id, ticket


async def looked(sla: SlaWorld) -> None:
    """Until the watch has looked once more: a call that comes due only now, after all that was due before, is told."""
    mark = word()
    await sla.world.discord.post(sla.world.mia, sla.world.support.id, f"Help {mark}")
    ticket = await sla.world.ticket(mark)
    options = {"label": "bug", "priority": "P0", "ticket": str(ticket.number)}
    await sla.world.discord.run_command(sla.world.alexander, sla.world.staff.id, "triage", options)
    sla.world.advance(HOUR + timedelta(seconds=5))
    await sla.told_once(ticket, "50%")
    await closed(sla, ticket)


async def closed(sla: SlaWorld, ticket: Conversation) -> None:
    """Close it, so that it calls nobody in the tests to come."""
    sla.world.agent.close(ticket)
    await sla.world.is_read(ticket)


async def test_each_level_is_told_once_and_the_breach_calls_and_is_noted(sla: SlaWorld) -> None:
    _, ticket = await p1(sla)
    levels = (("50%", 2 * HOUR), ("75%", HOUR), ("90%", HOUR))
    for share, by in levels:
        assert not sla.told(ticket, share)
        sla.world.advance(by - timedelta(minutes=20) if share == "90%" else by + timedelta(seconds=2))
        warned = await sla.told_once(ticket, share)
        assert FIRST in warned.content
        assert "nobody yet" in warned.content
        assert not warned.notified.roles
    sla.world.advance(timedelta(minutes=21))
    breach = await sla.told_once(ticket, OVERDUE)
    assert breach.notified.roles == {sla.oncall.id}
    await sla.world.settled(ticket)
    assert len(sla.notes(ticket, "is overdue")) == 1
    await looked(sla)
    assert len(sla.told(ticket)) == 4
    assert len(sla.notes(ticket, "is overdue")) == 1
    audit = await sla.world.command("audit", str(ticket.number))
    assert "breach" in audit.out
    assert audit.out.count("first response of P1") == 1


async def test_a_kill_between_two_levels_repeats_nothing_and_misses_nothing(sla: SlaWorld) -> None:
    _, ticket = await p1(sla)
    sla.world.advance(2 * HOUR + timedelta(seconds=2))
    await sla.told_once(ticket, "50%")
    sla.world.kill_bot()
    await sla.world.restart_bot()
    sla.world.advance(HOUR)
    await sla.told_once(ticket, "75%")
    sla.world.kill_bot()
    sla.world.advance(HOUR)
    await sla.world.restart_bot()
    sla.world.advance(timedelta(seconds=16))
    await sla.told_once(ticket, OVERDUE)
    await sla.world.settled(ticket)
    assert len(sla.told(ticket)) == 3
    assert len(sla.notes(ticket, "is overdue")) == 1


async def test_after_a_downtime_over_several_levels_the_highest_alone_is_told(sla: SlaWorld) -> None:
    _, ticket = await p1(sla)
    sla.world.kill_bot()
    sla.world.advance(3 * HOUR + timedelta(minutes=40))
    await sla.world.restart_bot()
    sla.world.advance(timedelta(seconds=16))
    await sla.told_once(ticket, "90%")
    await looked(sla)
    assert [one.content for one in sla.told(ticket, "%") if "90%" not in one.content] == []


async def test_nothing_is_told_of_a_first_response_that_was_delivered(sla: SlaWorld) -> None:
    thread, ticket = await p1(sla)
    mark = word()
    sla.world.ada.answer(ticket, f"<div>Like this {mark}</div>")
    await sla.world.told(thread, mark)
    await sla.world.settled(ticket)
    sla.world.advance(5 * HOUR)
    await looked(sla)
    assert sla.told(ticket) == []
    assert sla.notes(ticket, "is overdue") == []


async def test_an_answer_that_could_not_be_delivered_stops_no_clock(sla: SlaWorld) -> None:
    thread, ticket = await p1(sla)
    await sla.world.discord.delete_thread(thread)
    sla.world.advance(timedelta(minutes=1))
    mark = word()
    sla.world.ada.answer(ticket, f"<div>Like this {mark}</div>")
    await sla.world.until(lambda: bool(sla.notes(ticket, "could not be shown")), "it is noted", 10)
    sla.world.advance(timedelta(minutes=1))
    sla.world.ada.take(ticket)
    await sla.world.until(lambda: is_with_ada(sla, ticket), "the bot knows that Ada has it", 10)
    sla.world.advance(2 * HOUR)
    assert "with Ada" in (await sla.told_once(ticket, "50%")).content
    await closed(sla, ticket)


async def is_with_ada(sla: SlaWorld, ticket: Conversation) -> bool:
    """Whether the bot has seen that Ada took it."""
    options = {"ticket": str(ticket.number)}
    shown = await sla.world.discord.run_command(sla.world.alexander, sla.world.staff.id, "ticket", options)
    return "with Ada" in shown.content


async def test_a_p0_word_calls_at_once_and_again_before_it_is_due(sla: SlaWorld) -> None:
    sla.world.advance(QUIET)
    [(mark, ticket), (second, other)] = [await critical(sla), await critical(sla)]
    [call] = alarms(sla, mark)
    assert call.notified.roles == {sla.oncall.id}
    assert "by <t:" in call.content
    [held_back] = alarms(sla, second)
    assert not held_back.notified.roles
    await closed(sla, other)
    assert "**P0**" in (await sla.card(ticket)).content
    for share, by, pages in (("50%", HOUR, False), ("75%", HOUR / 2, False), ("90%", HOUR / 3, True)):
        sla.world.advance(by + timedelta(seconds=2))
        warned = await sla.told_once(ticket, share)
        assert bool(warned.notified.roles) is pages
    assert len(sla.told(ticket)) == 3


async def critical(sla: SlaWorld) -> tuple[str, Conversation]:
    """Lena cannot log in; returns her word and the ticket."""
    mark = word()
    await sla.world.discord.post(sla.world.lena, sla.world.support.id, f"I can’t log in any more {mark}")
    ticket = await sla.world.ticket(mark)
    await sla.card(ticket)
    await sla.world.until(lambda: bool(alarms(sla, mark)), "the call", 5)
    return mark, ticket


def alarms(sla: SlaWorld, mark: str) -> list[Message]:
    """The calls for the request with this word."""
    said = sla.world.said(sla.world.staff.id)
    return [one for one in said if "This may be a P0" in one.content and mark in one.content]


async def test_a_field_shows_the_clocks_instead_of_notes(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    sections = {"freescout": {"clocks_field": "Deadlines"}, "sla": {"triage": "168bh"}}
    async with sla_world(tmp_path, unused_tcp_port_factory(), time_moves=True, sections=sections) as sla:
        sla.world.freescout.add_custom_field("Deadlines")
        await sla.world.start_bot()
        await sla.world.until(lambda: bool(sla.world.discord.commands()), "the commands are registered")
        _, ticket = await p1(sla)

        def field() -> str:
            return sla.world.freescout.conversation(id=ticket.id).custom_fields.get("Deadlines", "")

        for expected in ("P1", "first response by", "resolution by", "(UTC)"):
            assert expected in field()
        assert len(sla.notes(ticket, "")) == 1
        assert "due" not in sla.notes(ticket, "")[0]
        sla.world.advance(5 * HOUR)
        await sla.told_once(ticket, OVERDUE)
        await sla.world.settled(ticket)
        assert "first response overdue since" in field()
        assert sla.notes(ticket, "is overdue") == []
        sla.world.expect_good_conduct()
