"""How a triage lands in FreeScout: tags, custom fields or notes, as the settings say and the instance has modules."""

from pathlib import Path

from sandbox.freescout import Conversation
from tests.integration.bot_world import BotWorld, bot_world


async def triaged(world: BotWorld, *options: dict[str, str]) -> Conversation:
    """A ticket after these triages, each waited for."""
    await world.start_bot()
    posted, ticket = await world.ask("triage me")
    await world.until(lambda: bool(world.discord.commands()), "the commands are registered")
    for each in options:
        answer = await world.discord.run_command(world.alexander, posted.id, "triage", each)
        assert f"#{ticket.number}" in answer.content
        await world.until(world.drained, "nothing waits")
    assert world.outbox_states()["parked"] == 0
    return world.freescout.conversation(id=ticket.id)


async def test_custom_fields_take_label_and_priority_and_keep_the_others(tmp_path: Path, unused_tcp_port: int) -> None:
    kind = {"triage_as": "custom_fields", "label_field": "Kind", "priority_field": "Urgency"}
    async with bot_world(tmp_path, unused_tcp_port, freescout=kind) as world:
        world.freescout.add_custom_field("Kind", "dropdown", ["feature", "bug", "question"])
        world.freescout.add_custom_field("Urgency", "text")
        ticket = await triaged(
            world, {"label": "feature", "priority": "P2"}, {"label": "bug", "priority": "P0", "note": "worse"}
        )
        assert ticket.custom_fields == {"Kind": "bug", "Urgency": "P0"}
        assert ticket.tags == ()
        first, second = ticket.of_type("note")
        assert "Alexander" in first.body
        assert "worse" in second.body


async def test_without_modules_one_note_tells_everything(tmp_path: Path, unused_tcp_port: int) -> None:
    async with bot_world(tmp_path, unused_tcp_port, freescout={"triage_as": "auto"}) as world:
        world.freescout.options.modules = frozenset()
        ticket = await triaged(world, {"label": "bug", "priority": "P0", "note": "it burns"})
        assert ticket.tags == ()
        [note] = ticket.of_type("note")
        for expected in ("bug", "P0", "Alexander", "it burns"):
            assert expected in note.body


async def test_notes_are_kept_to_also_where_tags_could_be_set(tmp_path: Path, unused_tcp_port: int) -> None:
    async with bot_world(tmp_path, unused_tcp_port, freescout={"triage_as": "notes"}) as world:
        ticket = await triaged(world, {"label": "bug", "priority": "P0"}, {"label": "bug", "priority": "P1"})
        assert ticket.tags == ()
        assert len(ticket.of_type("note")) == 2


async def test_a_module_that_is_missing_though_the_settings_name_it_is_told_to_staff_once(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    async with bot_world(tmp_path, unused_tcp_port, freescout={"triage_as": "tags"}) as world:
        world.freescout.options.modules = frozenset()
        await world.start_bot()
        posted, ticket = await world.ask("triage me")
        await world.until(lambda: bool(world.discord.commands()), "the commands are registered")
        await world.discord.run_command(world.alexander, posted.id, "triage", {"label": "bug", "priority": "P0"})
        await world.until(lambda: bool(world.staff_told()), "staff is told")
        await world.until(world.drained, "nothing waits")
        [told] = world.staff_told()
        assert f"#{ticket.number}" in told.content
        assert "outbox retry" in told.content
        assert len(world.freescout.conversation(id=ticket.id).of_type("note")) == 1


async def test_the_first_answer_follows_the_settings(tmp_path: Path, unused_tcp_port: int) -> None:
    intake = {"privacy_url": "https://example.org/privacy", "ack_reaction": "✅"}
    async with bot_world(tmp_path, unused_tcp_port, intake=intake, replies={"notify_author": False}) as world:
        await world.start_bot()
        posted, ticket = await world.ask("hello")
        answer = await world.answer(posted)
        assert "https://example.org/privacy" in answer.content
        assert f"#{ticket.number}" in answer.content
        assert answer.pings.users == frozenset()
        assert set(world.discord.reactions(posted.channel_id, posted.id)) == {"✅"}
