"""Cards where the team works: a request is triaged, taken or put away without leaving the chat."""

import re
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from sandbox.discord.entities import Message
from tests.integration.bot_sla import LABEL, NOISE, PRIORITY, TAKE, SlaWorld, control, sla_world
from tests.integration.bot_world import word

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = 24 * 3600


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sla(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[SlaWorld]:
    """One bot for the whole file; a test that kills it starts it again."""
    async with sla_world(tmp_path_factory.mktemp("cards"), unused_tcp_port_factory()) as made:
        await made.world.start_bot()
        await made.world.until(lambda: bool(made.world.discord.commands()), "the commands are registered")
        yield made
        made.world.expect_good_conduct()


async def choose(sla: SlaWorld, card: Message, prefix: str, value: str) -> Message:
    """Alexander chooses in a menu of a card; returns what he reads beside it."""
    discord = sla.world.discord
    answer = await discord.choose(sla.world.alexander, card, control(card, prefix)["custom_id"], value)
    return await discord.followup(answer)


def chosen(card: Message, prefix: str) -> list[str]:
    """What a menu of a card shows as chosen."""
    return [option["value"] for option in control(card, prefix)["options"] if option.get("default")]


async def test_a_request_gets_one_card_with_all_that_is_needed_to_triage_it(sla: SlaWorld) -> None:
    world = sla.world
    posted, ticket = await world.ask("The export crashes with an error.\nIt began on Monday, with number")
    card = await sla.card(ticket)
    assert "Mia" in card.content
    assert "> It began on Monday, with number" in card.content
    assert "**bug**, **P2**" in card.content
    assert "triage is due" in card.content
    assert [option["value"] for option in control(card, LABEL)["options"]] == ["bug", "feature", "question"]
    assert [option["value"] for option in control(card, PRIORITY)["options"]] == ["P0", "P1", "P2"]
    assert chosen(card, LABEL) == chosen(card, PRIORITY) == []
    assert (control(card, TAKE)["label"], control(card, NOISE)["label"]) == ("Take it", "Not a request")
    links = world.discord.links(card)
    assert str(ticket.id) in links["Open"]
    assert links["Open"].startswith(world.freescout.url)
    assert links["Message"].endswith(f"/{world.support.id}/{posted.id}")
    assert not card.notified.roles


async def test_the_first_answer_names_the_promise_as_a_timestamp_of_discord(sla: SlaWorld) -> None:
    posted, _ = await sla.world.ask("Where is the menu?")
    said = sla.world.said(posted.id)[0].content
    found = re.search(r"First answer by <t:(\d+)(:\w)?>", said)
    assert found, said
    assert abs(int(found[1]) - (posted.sent_at + DAY)) <= 1


async def test_both_menus_together_triage_the_ticket_and_the_card_shows_it(sla: SlaWorld) -> None:
    world = sla.world
    _, ticket = await world.ask("Please triage me")
    card = await sla.card(ticket)
    assert "priority" in (await choose(sla, card, LABEL, "feature")).content
    assert (await world.settled(ticket)).tags == ()
    assert chosen(card, LABEL) == ["feature"]
    assert "triage is due" in card.content
    said = await choose(sla, card, PRIORITY, "P1")
    assert said.ephemeral
    assert f"#{ticket.number}" in said.content
    assert sorted((await world.settled(ticket)).tags) == ["P1", "feature"]
    [note] = sla.notes(ticket, "Triaged as")
    for expected in ("Alexander", "Discord", "first response is due", "resolution is due", "(UTC)"):
        assert expected in note
    assert "**feature**, **P1**, triaged by Alexander" in card.content
    assert (chosen(card, LABEL), chosen(card, PRIORITY)) == (["feature"], ["P1"])
    assert len(sla.cards(ticket)) == 1


async def test_a_card_works_after_the_bot_was_killed_between_its_menus(sla: SlaWorld) -> None:
    world = sla.world
    _, ticket = await world.ask("Please triage me, too")
    card = await sla.card(ticket)
    await choose(sla, card, LABEL, "bug")
    world.kill_bot()
    await world.restart_bot()
    await choose(sla, card, PRIORITY, "P0")
    assert sorted((await world.settled(ticket)).tags) == ["P0", "bug"]
    assert "**bug**, **P0**, triaged by Alexander" in card.content
    assert len(sla.cards(ticket)) == 1


async def test_take_it_assigns_the_ticket_in_freescout(sla: SlaWorld) -> None:
    world = sla.world
    _, ticket = await world.ask("Who looks after me?")
    card = await sla.card(ticket)
    await world.discord.click(world.alexander, card, control(card, TAKE)["custom_id"])
    await world.until(lambda: "Alexander looks after it" in card.content, "the card shows it", 10)
    assert (await world.settled(ticket)).assignee_id == world.agent_id


async def test_not_a_request_closes_the_ticket_and_its_card(sla: SlaWorld) -> None:
    world = sla.world
    _, ticket = await world.ask("Nice weather")
    card = await sla.card(ticket)
    await world.discord.click(world.alexander, card, control(card, NOISE)["custom_id"])
    await world.until(lambda: "does not count" in card.content, "the card shows it", 10)
    assert (await world.settled(ticket)).status == "closed"
    assert [one.get("custom_id") for row in card.components for one in row["components"]] == [None, None]


@pytest.mark.parametrize("prefix", [LABEL, TAKE, NOISE])
async def test_who_has_no_role_is_refused_and_nothing_changes(sla: SlaWorld, prefix: str) -> None:
    world = sla.world
    _, ticket = await world.ask("Leave me")
    card = await sla.card(ticket)
    before = card.content
    custom_id = control(card, prefix)["custom_id"]
    values = ["bug"] if prefix == LABEL else None
    answer = await world.discord.click(world.lena, card, custom_id, values=values)
    said = await world.discord.followup(answer)
    assert said.ephemeral
    assert "Nothing was changed" in said.content
    after = await world.settled(ticket)
    assert (after.tags, after.status, after.assignee_id) == ((), "active", None)
    assert card.content == before


# In the context menu of messages


async def test_triage_in_the_context_menu_opens_a_form_whose_answer_triages(sla: SlaWorld) -> None:
    world = sla.world
    posted, ticket = await world.ask("Triage me by form")
    opened = await world.discord.run_message_command(world.alexander, "Triage", world.support.id, posted.id)
    assert opened.modal is not None
    assert f"#{ticket.number}" in opened.modal["title"]
    values = {"label": "question", "priority": "P1", "note": "asked twice"}
    said = await world.discord.submit_modal(world.alexander, world.support.id, opened, values)
    assert said.ephemeral
    assert sorted((await world.settled(ticket)).tags) == ["P1", "question"]
    assert "asked twice" in sla.notes(ticket, "Triaged as")[0]


async def test_who_has_no_role_gets_no_form(sla: SlaWorld) -> None:
    world = sla.world
    posted, _ = await world.ask("Leave me")
    answer = await world.discord.run_message_command(world.lena, "Triage", world.support.id, posted.id)
    assert answer.modal is None
    assert "Nothing was changed" in answer.content


async def test_a_message_elsewhere_is_made_a_ticket_and_its_thread_is_followed(sla: SlaWorld) -> None:
    world = sla.world
    mark, more = word(), word()
    lounge = world.discord.add_text_channel(f"lounge-{mark}")
    posted = await world.discord.post(world.lena, lounge.id, f"The app is slow {mark}")
    await world.later_message_is_filed(world.support)
    assert world.tickets(mark) == []
    answer = await world.discord.run_message_command(world.alexander, "Make this a ticket", lounge.id, posted.id)
    assert answer.ephemeral
    ticket = await world.ticket(mark)
    assert f"#{ticket.number}" in (await world.answer(posted)).content
    assert "Lena" in (await sla.card(ticket)).content
    await world.discord.post(world.lena, posted.id, f"Only on Mondays {more}")
    assert (await world.entry(more)).conversation_id == ticket.id
    answered = word()
    world.ada.answer(ticket, f"<div>Please wait {answered}</div>")
    assert "**Ada**" in (await world.told(posted.id, answered)).content


async def test_who_has_no_role_makes_no_ticket(sla: SlaWorld) -> None:
    world = sla.world
    mark = word()
    lounge = world.discord.add_text_channel(f"lounge-{mark}")
    posted = await world.discord.post(world.lena, lounge.id, f"Just talk {mark}")
    answer = await world.discord.run_message_command(world.mia, "Make this a ticket", lounge.id, posted.id)
    assert "Nothing was changed" in answer.content
    await world.later_message_is_filed(world.support)
    assert world.tickets(mark) == []
