"""Slash commands in Discord: what they change in FreeScout, what the person reads, and who may run them."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from sandbox.discord.interactions import InteractionAnswer
from sandbox.freescout import Conversation, Thread
from tests.integration.bot_world import BotWorld, bot_world, word

pytestmark = pytest.mark.asyncio(loop_scope="module")

BUG_P1 = {"label": "bug", "priority": "P1"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot with a triager and a member of staff, for the whole file."""
    folder = tmp_path_factory.mktemp("commands")
    async with bot_world(folder, unused_tcp_port_factory()) as made:
        helpers = made.discord.add_role("Helpers")
        made.helper = made.discord.add_member("Hanna", roles=[helpers.id])
        made.write_settings(discord={"staff_roles": [helpers.id]})
        await made.start_bot()
        await made.until(lambda: bool(made.discord.commands()), "the commands are registered")
        yield made
        made.expect_good_conduct()


async def triage(world: BotWorld, place: int, **options: str) -> InteractionAnswer:
    """Alexander runs /triage there."""
    return await world.discord.run_command(world.alexander, place, "triage", options)


async def settled(world: BotWorld, ticket: Conversation) -> Conversation:
    """The ticket once everything promised is done."""
    await world.until(world.drained, "nothing waits")
    return world.freescout.conversation(id=ticket.id)


def notes(ticket: Conversation) -> list[Thread]:
    """Its internal notes."""
    return list(ticket.of_type("note"))


# What is registered


async def test_the_catalogue_is_registered_with_its_options_in_order(world: BotWorld) -> None:
    commands = {command["name"]: command for command in world.discord.commands()}
    looks = {"ticket", "tickets", "sla", "whoami", "help"}
    on_messages = {"Triage", "Make this a ticket"}
    assert set(commands) == {"triage", "close", "take", "waiting", "note", "solved", *looks, *on_messages}
    options = commands["triage"]["options"]
    assert [option["name"] for option in options] == ["label", "priority", "ticket", "note"]
    assert {option["type"] for option in options} == {3}
    assert [option.get("required", False) for option in options] == [True, True, False, False]
    assert [choice["value"] for choice in options[0]["choices"]] == ["bug", "feature", "question"]
    assert [choice["value"] for choice in options[1]["choices"]] == ["P0", "P1", "P2"]
    assert options[2]["autocomplete"] is True


# Triage


@pytest.mark.parametrize("label", ["bug", "feature", "question"])
@pytest.mark.parametrize("priority", ["P0", "P1", "P2"])
async def test_triage_sets_exactly_label_and_priority_as_tags(world: BotWorld, label: str, priority: str) -> None:
    _, ticket = await world.ask("triage me")
    answer = await triage(world, world.support.id, label=label, priority=priority, ticket=str(ticket.number))
    assert answer.ephemeral
    assert answer.deferred
    assert f"#{ticket.number}" in answer.content
    assert sorted((await settled(world, ticket)).tags) == sorted([label, priority])


async def test_a_note_says_who_triaged_from_where_and_why(world: BotWorld) -> None:
    _, ticket = await world.ask("triage me")
    await triage(world, world.support.id, **BUG_P1, ticket=f"#{ticket.number}", note="prints <b>nothing</b>")
    [note] = notes(await settled(world, ticket))
    assert note.user_id in {world.freescout.bot_user_id, world.agent_id}
    for expected in ("Alexander", "Discord", "bug", "P1", "prints &lt;b&gt;nothing&lt;/b&gt;"):
        assert expected in note.body


async def test_the_number_may_be_left_out_in_the_tickets_thread(world: BotWorld) -> None:
    posted, ticket = await world.ask("triage me")
    answer = await triage(world, posted.id, **BUG_P1)
    assert f"#{ticket.number}" in answer.content
    assert sorted((await settled(world, ticket)).tags) == ["P1", "bug"]


async def test_the_number_may_be_left_out_in_the_forum_post(world: BotWorld) -> None:
    mark = word()
    post = await world.discord.create_forum_post(world.lena, world.forum.id, "A post", mark)
    ticket = await world.ticket(mark)
    await world.until(lambda: bool(world.said(post.id)), "the number in the post")
    await triage(world, post.id, **BUG_P1)
    assert sorted((await settled(world, ticket)).tags) == ["P1", "bug"]


async def test_outside_a_thread_the_number_is_asked_for_and_nothing_changes(world: BotWorld) -> None:
    before = world.freescout.thread_count()
    answer = await triage(world, world.support.id, **BUG_P1)
    assert answer.ephemeral
    assert "number" in answer.content
    await world.until(world.drained, "nothing waits")
    assert world.freescout.thread_count() == before


async def test_triaging_again_replaces_label_and_priority_and_keeps_foreign_tags_and_history(world: BotWorld) -> None:
    posted, ticket = await world.ask("triage me twice")
    world.freescout.add_tag(ticket.id, "vip")
    await triage(world, posted.id, **BUG_P1, note="first thought")
    await settled(world, ticket)
    world.freescout.add_tag(ticket.id, "printer")
    await triage(world, posted.id, label="question", priority="P2", note="second thought")
    after = await settled(world, ticket)
    assert sorted(after.tags) == ["P2", "printer", "question", "vip"]
    first, second = notes(after)
    assert "first thought" in first.body
    for expected in ("question", "P2", "bug", "P1", "second thought"):
        assert expected in second.body


async def test_the_same_triage_twice_leaves_the_same_tags(world: BotWorld) -> None:
    posted, ticket = await world.ask("triage me twice")
    await asyncio.gather(triage(world, posted.id, **BUG_P1), triage(world, posted.id, **BUG_P1))
    after = await settled(world, ticket)
    assert sorted(after.tags) == ["P1", "bug"]
    assert len(notes(after)) == 2


async def test_a_ticket_that_came_by_mail_is_triaged_by_its_number_without_a_mail_to_its_customer(
    world: BotWorld,
) -> None:
    ticket = world.freescout.email_conversation("pat@example.org", "Pat Mail", "By mail", "Hello")
    answer = await triage(world, world.support.id, **BUG_P1, ticket=str(ticket.number))
    assert f"#{ticket.number}" in answer.content
    after = await settled(world, ticket)
    assert sorted(after.tags) == ["P1", "bug"]
    assert len(notes(after)) == 1
    assert [mail for mail in world.freescout.mails if mail.kind == "agent_reply"] == []


@pytest.mark.parametrize("given", ["999999", "0", "#777777", "abc", "12.5", "-1", "１２", "1" * 40])
async def test_an_unknown_or_impossible_number_is_told_and_changes_nothing(world: BotWorld, given: str) -> None:
    before = (world.freescout.thread_count(), [one.tags for one in world.filed()])
    answer = await triage(world, world.support.id, **BUG_P1, ticket=given)
    assert answer.ephemeral
    assert "Nothing was changed" in answer.content
    await world.until(world.drained, "nothing waits")
    assert (world.freescout.thread_count(), [one.tags for one in world.filed()]) == before


async def test_values_that_were_only_suggestions_are_checked(world: BotWorld) -> None:
    """A ticket option takes free text; whatever stands there is judged, never trusted."""
    _, ticket = await world.ask("triage me")
    answer = await triage(world, world.support.id, **BUG_P1, ticket=f" #{ticket.number} ")
    assert f"#{ticket.number}" in answer.content


# Suggestions


async def test_suggestions_are_open_tickets_by_number_with_subject_and_member(world: BotWorld) -> None:
    _, ticket = await world.ask("Suggest me")
    prefix = str(ticket.number)
    found = await world.discord.autocomplete(world.alexander, world.support.id, "triage", option="ticket", value=prefix)
    [choice] = [one for one in found if one["value"] == prefix]
    assert ticket.subject.split()[0] in choice["name"]
    assert "Mia" in choice["name"]
    hashed = await world.discord.autocomplete(
        world.alexander, world.support.id, "triage", option="ticket", value=f"#{prefix}"
    )
    assert hashed == found


async def test_suggestions_and_commands_are_answered_within_a_second_while_freescout_is_down(world: BotWorld) -> None:
    _, ticket = await world.ask("Suggest me")
    options = {**BUG_P1, "ticket": str(ticket.number)}
    await world.freescout.go_down()
    try:
        async with asyncio.timeout(1.0):
            found = await world.discord.autocomplete(
                world.alexander, world.support.id, "triage", option="ticket", value=str(ticket.number)
            )
        assert [one["value"] for one in found] == [str(ticket.number)]
        answer = await triage(world, world.support.id, **options)
        assert answer.acknowledged_after_seconds < 1
        assert f"#{ticket.number}" in answer.content
    finally:
        await world.freescout.come_back()
    assert sorted((await settled(world, ticket)).tags) == ["P1", "bug"]


async def test_a_ticket_that_has_no_number_yet_can_be_triaged_in_its_post(world: BotWorld) -> None:
    mark = word()
    await world.freescout.go_down()
    try:
        post = await world.discord.create_forum_post(world.lena, world.forum.id, f"While it is down {mark}", "Hello")
        await world.until(lambda: world.acknowledged(world.discord.messages(post.id)[0]), "the reaction")
        answer = await triage(world, post.id, **BUG_P1)
        assert "bug" in answer.content
        assert "FreeScout cannot be reached" in answer.content
    finally:
        await world.freescout.come_back()
    ticket = await world.ticket(mark)
    assert sorted((await settled(world, ticket)).tags) == ["P1", "bug"]


async def test_a_ticket_not_known_here_cannot_be_triaged_while_freescout_is_down_and_it_is_said(
    world: BotWorld,
) -> None:
    ticket = world.freescout.email_conversation("pat@example.org", "Pat Mail", "By mail", "Hello")
    await world.freescout.go_down()
    try:
        answer = await triage(world, world.support.id, **BUG_P1, ticket=str(ticket.number))
    finally:
        await world.freescout.come_back()
    assert "FreeScout cannot be reached" in answer.content
    assert "Nothing was changed" in answer.content
    assert (await settled(world, ticket)).tags == ()


async def test_members_are_suggested_nothing(world: BotWorld) -> None:
    await world.ask("Mine")
    assert await world.discord.autocomplete(world.mia, world.support.id, "triage", option="ticket", value="") == []


async def test_closed_tickets_are_suggested_no_more(world: BotWorld) -> None:
    posted, ticket = await world.ask("Close me")
    await world.discord.run_command(world.alexander, posted.id, "close", {"reason": "answered"})
    found = await world.discord.autocomplete(
        world.alexander, world.support.id, "triage", option="ticket", value=str(ticket.number)
    )
    assert found == []


# Who may


async def refused(
    world: BotWorld, answer: InteractionAnswer, ticket: Conversation, channel_id: int, before: int
) -> None:
    """The refusal names the role that is missing, is for this person's eyes only, and nothing happened."""
    assert answer.ephemeral
    assert world.triager_role.mention in answer.content or "Support lead" in answer.content
    assert "Nothing was changed" in answer.content
    after = await settled(world, ticket)
    assert after.tags == ()
    assert after.status == "active"
    assert notes(after) == []
    assert len(world.said(channel_id)) == before


@pytest.mark.parametrize("who", ["mia", "helper"])
@pytest.mark.parametrize(
    ("command", "options"), [("triage", dict(BUG_P1)), ("close", {"reason": "not-a-request"})], ids=["triage", "close"]
)
async def test_others_are_refused_and_told_which_role_is_missing(
    world: BotWorld, who: str, command: str, options: dict[str, Any]
) -> None:
    posted, ticket = await world.ask("Hands off")
    before = len(world.said(posted.id))
    answer = await world.discord.run_command(getattr(world, who), posted.id, command, options)
    await refused(world, answer, ticket, posted.id, before)


# Close and help


@pytest.mark.parametrize("reason", ["not-a-request", "answered", "duplicate"])
async def test_close_closes_the_ticket_and_a_note_says_who_and_why(world: BotWorld, reason: str) -> None:
    posted, ticket = await world.ask("Noise")
    answer = await world.discord.run_command(world.alexander, posted.id, "close", {"reason": reason})
    assert answer.ephemeral
    assert f"#{ticket.number}" in answer.content
    after = await settled(world, ticket)
    assert after.status == "closed"
    [note] = notes(after)
    assert "Alexander" in note.body
    assert reason.replace("-", " ") in note.body


async def test_close_takes_a_number_and_an_unknown_one_is_told(world: BotWorld) -> None:
    _, ticket = await world.ask("Noise")
    options = {"reason": "duplicate", "ticket": str(ticket.number)}
    await world.discord.run_command(world.alexander, world.support.id, "close", options)
    assert (await settled(world, ticket)).status == "closed"
    options["ticket"] = "999999"
    answer = await world.discord.run_command(world.alexander, world.support.id, "close", options)
    assert "Nothing was changed" in answer.content


async def test_help_lists_what_this_person_may_run(world: BotWorld) -> None:
    mine = await world.discord.run_command(world.mia, world.support.id, "help")
    his = await world.discord.run_command(world.alexander, world.support.id, "help")
    assert mine.ephemeral
    assert "/help" in mine.content
    assert "/triage" not in mine.content
    for command in ("/triage", "/close", "/help"):
        assert command in his.content


async def test_a_typed_known_command_opens_no_ticket_and_an_unknown_one_does(world: BotWorld) -> None:
    known, unknown = word(), word()
    await world.discord.post(world.mia, world.support.id, f"!triage bug P1 {known}")
    await world.discord.post(world.mia, world.support.id, f"!important: help {unknown}")
    await world.ticket(unknown)
    assert world.tickets(known) == []


async def test_commands_leave_nothing_in_public(world: BotWorld) -> None:
    posted, _ = await world.ask("Quiet please")
    before = len(world.said(posted.id))
    await triage(world, posted.id, **BUG_P1, note="for the team only")
    await world.until(world.drained, "nothing waits")
    assert len(world.said(posted.id)) == before
    public = [*world.said(world.support.id), *world.said(posted.id)]
    assert not [message for message in public if "team only" in message.content]


async def test_every_command_is_in_the_audit_of_the_log_without_its_note(world: BotWorld) -> None:
    posted, _ = await world.ask("Log me")
    secret = word()
    await triage(world, posted.id, **BUG_P1, note=secret)
    assert re.search(r"command carried out", world.log_text())
    assert secret not in world.log_text()
