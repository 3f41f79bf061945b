"""The report: in chat every Monday, and what operators see of it and of the audit log on the command line."""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.discord.entities import Message
from sandbox.matrix import SynapseServer
from tests.integration.bot_sla import TAKE, SlaWorld, control, sla_world
from tests.integration.bot_world import word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.synapse]

PNG = b"\x89PNG\r\n\x1a\n"
IN_CHAT = "**Support, "


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sla(
    tmp_path_factory: pytest.TempPathFactory, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[SlaWorld]:
    """One bot with a staff channel and a staff room for the whole file."""
    folder = tmp_path_factory.mktemp("reports")
    async with sla_world(folder, unused_tcp_port_factory(), synapse=synapse, time_moves=True) as made:
        await made.world.start_bot()
        await made.world.until(lambda: bool(made.world.discord.commands()), "the commands are registered")
        yield made
        made.world.expect_good_conduct()


def today(sla: SlaWorld) -> str:
    """The bot's day."""
    return f"{sla.world.time.now():%Y-%m-%d}"


async def in_room(sla: SlaWorld) -> list[dict[str, object]]:
    """The reports in the staff room, and their pictures."""
    events = await sla.world.alexander_matrix.messages(sla.world.staff_room)
    own = [one["content"] for one in events if one["sender"] == sla.world.bot_user]
    return [one for one in own if one.get("body", "").startswith((IN_CHAT, "report-"))]


def in_channel(sla: SlaWorld) -> list[Message]:
    """The reports in the staff channel."""
    return [one for one in sla.world.said(sla.world.staff.id) if one.content.startswith(IN_CHAT)]


# On the command line


async def test_the_report_is_printed_in_four_formats(sla: SlaWorld) -> None:
    _, ticket = await sla.world.ask("The export crashes")
    options = {"label": "bug", "priority": "P1", "ticket": str(ticket.number)}
    await sla.world.discord.run_command(sla.world.alexander, sla.world.staff.id, "triage", options)
    days = ("report", "--from", today(sla), "--to", today(sla), "--format")
    picture = sla.world.folder / "report.png"
    text, figures, rows, drawn = await asyncio.gather(
        *(sla.world.command(*days, form) for form in ("text", "json", "csv")),
        sla.world.command(*days, "png", "--output", str(picture)),
    )
    assert [ended.code for ended in (text, figures, rows, drawn)] == [0] * 4
    assert "Support report:" in text.out
    assert f"#{ticket.number}" in text.out
    assert json.loads(figures.out)["received"] >= 1
    assert any("triage" in row for row in csv.reader(io.StringIO(rows.out)))
    assert picture.read_bytes().startswith(PNG)


async def test_the_audit_log_says_who_did_what_from_where(sla: SlaWorld) -> None:
    _, ticket = await sla.world.ask("Audit me")
    card = await sla.card(ticket)
    await sla.world.discord.click(sla.world.alexander, card, control(card, TAKE)["custom_id"])
    await sla.world.until(lambda: "looks after it" in card.content, "it is taken", 10)
    await sla.world.alexander_matrix.send_text(sla.world.staff_room, f"!triage {ticket.number} bug P1 asked twice")
    await sla.world.until(lambda: "P1" in sla.world.freescout.conversation(id=ticket.id).tags, "it is triaged", 10)
    lines = (await sla.world.command("audit", f"#{ticket.number}")).out.splitlines()
    [taken] = [line for line in lines if "take" in line]
    [triaged] = [line for line in lines if "triage" in line]
    assert "Alexander" in taken
    assert "Discord" in taken
    assert sla.world.alexander_matrix.user_id in triaged
    assert "Matrix" in triaged
    assert "bug P1: asked twice" in triaged


async def test_an_on_call_role_that_cannot_be_pinged_is_found_with_its_fix(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async with sla_world(tmp_path, unused_tcp_port_factory(), mentionable=False) as sla:
        ended = await sla.world.command("check", "--live")
        assert ended.code == 2
        assert "on-call role @On call" in ended.said
        assert "Allow anyone to @mention this role" in ended.said


# In chat


async def test_on_monday_at_nine_each_staff_place_gets_the_report_once(sla: SlaWorld) -> None:
    world = sla.world
    mark = word()
    await world.discord.post(world.lena, world.support.id, f"Counted {mark}")
    ticket = await world.ticket(mark)
    await sla.card(ticket)
    monday = next_monday(world.time.now())
    world.advance(monday - timedelta(minutes=10) - world.time.now())
    await sla.told_once(ticket, "its triage was due by")
    await world.until(world.drained, "nothing waits")
    assert in_channel(sla) == []
    world.advance(timedelta(minutes=11))
    await world.until(lambda: bool(in_channel(sla)), "the report in the staff channel", 30)
    [report] = in_channel(sla)
    assert [one.content[:8] for one in report.attachments] == [PNG]
    assert report.sent_at >= monday.timestamp()
    assert not report.notified.roles

    async def both() -> bool:
        return len(await in_room(sla)) >= 2

    await world.until(both, "the report and its picture in the staff room", 30)
    text, picture = await in_room(sla)
    assert (text["msgtype"], picture["msgtype"]) == ("m.notice", "m.image")
    assert "came in" in str(text["body"])
    world.kill_bot()
    await world.restart_bot()
    world.advance(timedelta(minutes=2))
    await world.later_message_is_filed(world.support)
    await world.until(world.drained, "nothing waits")
    assert len(in_channel(sla)) == 1
    assert len(await in_room(sla)) == 2


async def test_a_bot_that_was_away_on_monday_morning_reports_when_it_is_back(sla: SlaWorld) -> None:
    world = sla.world
    before = len(in_channel(sla))
    world.kill_bot()
    world.advance(next_monday(world.time.now()) + timedelta(days=2) - world.time.now())
    await world.restart_bot()
    world.advance(timedelta(minutes=2))
    await world.until(lambda: len(in_channel(sla)) > before, "the report in the staff channel", 30)
    assert len(in_channel(sla)) == before + 1


def next_monday(now: datetime) -> datetime:
    """The next Monday, 9:00 in UTC, at least a day away: the bot must have kept clocks before that Monday began."""
    day = (now + timedelta(days=1)).date()
    monday = day + timedelta(days=-day.weekday() % 7)
    return datetime(monday.year, monday.month, monday.day, 9, tzinfo=UTC)
