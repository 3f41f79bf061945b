"""The bot's clock can be moved from outside: what takes days happens in seconds, on the real process."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tests.integration.bot_questions import question
from tests.integration.bot_world import BotWorld, bot_world

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


async def asked_whether_solved(world: BotWorld) -> tuple[int, int]:
    """Mia says herself that it is solved, and is asked to confirm; returns the thread and the ticket's id."""
    posted, ticket = await world.ask("The export fails")
    await world.discord.run_command(world.mia, posted.id, "solved", {})
    await question(world, posted.id)
    await world.settled(ticket)
    return posted.id, ticket.id


async def test_who_does_not_answer_is_reminded_after_three_days_and_the_ticket_closed_after_five(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    async with bot_world(tmp_path, unused_tcp_port, time_moves=True) as world:
        await world.start_bot()
        thread, ticket = await asked_whether_solved(world)
        world.advance(3 * DAY - HOUR)
        await world.later_message_is_filed(world.support)
        assert world.times_told(thread, "will be closed in 2 days") == 0
        world.advance(HOUR)
        await world.told(thread, "will be closed in 2 days", seconds=10)
        world.advance(2 * DAY)
        await world.told(thread, "We have not heard from you", seconds=10)
        await world.until(lambda: world.freescout.conversation(id=ticket).status == "closed", "it is closed", 10)
        world.expect_good_conduct()


async def test_what_came_due_while_the_bot_was_away_happens_when_it_is_back(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async with bot_world(tmp_path, unused_tcp_port_factory(), time_moves=True) as world:
        await world.start_bot()
        thread, _ = await asked_whether_solved(world)
        world.kill_bot()
        world.advance(4 * DAY)
        await world.restart_bot()
        await world.told(thread, "will be closed in 2 days", seconds=10)


async def test_everybody_in_a_moved_world_lives_in_the_same_time(tmp_path: Path, unused_tcp_port: int) -> None:
    async with bot_world(tmp_path, unused_tcp_port, time_moves=True) as world:
        await world.start_bot()
        world.advance(30 * DAY)
        posted, ticket = await world.ask("A month later")
        shown = world.freescout.conversation(id=ticket.id)
        for moment in (posted.sent_at, world.said(posted.id)[0].sent_at, shown.created_at.timestamp()):
            assert abs(moment - world.time.now().timestamp()) < 60
        since = (await world.bot.readiness()).parts["freescout"]["last_success_at"]
        assert since[:10] == f"{world.time.now():%Y-%m-%d}"


async def test_a_clock_file_that_holds_nonsense_ends_the_start_with_one_sentence(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    async with bot_world(tmp_path, unused_tcp_port) as world:
        wrong = tmp_path / "clock"
        wrong.write_text("tomorrow", encoding="utf-8")
        ended = await world.command("run", "--sandbox-clock", str(wrong))
        assert ended.code == 1
        assert "clock must hold a number" in ended.said
        assert "Traceback" not in ended.said


async def test_operators_are_not_shown_the_option(tmp_path: Path, unused_tcp_port: int) -> None:
    async with bot_world(tmp_path, unused_tcp_port) as world:
        assert "sandbox" not in (await world.command("run", "--help")).said
