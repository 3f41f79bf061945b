"""What one member writes within `intake.group_seconds` belongs together; everything else does not."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from sandbox.discord.entities import Member
from sandbox.matrix import SynapseServer
from tests.integration.bot_world import BotWorld, bodies, bot_world, number_in, word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.synapse]

GROUP_SECONDS = 60


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot that groups, on both platforms, for the whole file."""
    folder = tmp_path_factory.mktemp("grouping")
    intake = {"group_seconds": GROUP_SECONDS}
    async with bot_world(folder, unused_tcp_port_factory(), synapse=synapse, intake=intake) as made:
        await made.start_bot()
        yield made
        made.expect_good_conduct()


@pytest.fixture
def asker(world: BotWorld) -> Member:
    """Somebody who has not asked yet."""
    return world.discord.add_member(f"Asker {word()}")


async def test_twenty_simultaneous_first_messages_are_one_ticket_in_order(world: BotWorld, asker: Member) -> None:
    marks = [word() for _ in range(20)]
    posted = await asyncio.gather(
        *(world.discord.post(asker, world.support.id, f"{number}: {mark}") for number, mark in enumerate(marks))
    )
    await world.entry(marks[-1])
    ticket = await world.ticket(marks[0])
    said = bodies(ticket.of_type("customer"))
    assert [next(mark for mark in marks if mark in body) for body in said] == marks
    assert number_in((await world.answer(posted[0])).content) == ticket.number
    assert [world.said(message.id) for message in posted[1:]] == [[]] * 19
    await world.until(lambda: all(world.acknowledged(message) for message in posted), "each has the reaction")


async def test_twenty_simultaneous_first_matrix_messages_are_one_ticket_in_order(world: BotWorld) -> None:
    member = await world.member("asker")
    marks = [word() for _ in range(20)]
    events = await asyncio.gather(*(member.send_text(world.room, mark) for mark in marks))
    sent = dict(zip(events, marks, strict=True))
    for mark in marks:
        await world.entry(mark)
    [ticket] = {one.id: one for mark in marks for one in world.tickets(mark)}.values()
    said = bodies(ticket.of_type("customer"))
    order = [sent[event["event_id"]] for event in await member.messages(world.room) if event["event_id"] in sent]
    assert [next(mark for mark in marks if mark in body) for body in said] == order


async def test_a_further_message_within_the_time_joins_the_ticket_and_is_acknowledged(
    world: BotWorld, asker: Member
) -> None:
    _, ticket = await world.ask("It fails", asker)
    mark = word()
    further = await world.discord.post(asker, world.support.id, f"Version 9, by the way {mark}")
    assert (await world.entry(mark)).conversation_id == ticket.id
    await world.until(lambda: world.acknowledged(further), "the reaction")
    assert world.said(further.id) == []


async def test_a_message_after_the_time_opens_a_ticket_however_recent_the_one_before(
    world: BotWorld, asker: Member
) -> None:
    """The time counts from the first message, by the platform's own clock."""
    _, first = await world.ask("It fails", asker)
    world.discord.advance(GROUP_SECONDS * 0.7)
    middle, late = word(), word()
    await world.discord.post(asker, world.support.id, middle)
    assert (await world.entry(middle)).conversation_id == first.id
    world.discord.advance(GROUP_SECONDS * 0.7)
    await world.discord.post(asker, world.support.id, late)
    assert (await world.entry(late)).conversation_id != first.id


async def test_another_members_message_is_a_ticket_of_its_own(world: BotWorld, asker: Member) -> None:
    _, first = await world.ask("It fails", asker)
    _, second = await world.ask("Mine too", world.discord.add_member("Somebody else"))
    assert first.id != second.id


async def test_another_place_is_a_ticket_of_its_own(world: BotWorld, asker: Member) -> None:
    _, first = await world.ask("It fails", asker)
    post_mark, second_post_mark = word(), word()
    await world.discord.create_forum_post(asker, world.forum.id, "In the forum", post_mark)
    await world.discord.create_forum_post(asker, world.forum.id, "In the forum again", second_post_mark)
    tickets = {first.id, (await world.ticket(post_mark)).id, (await world.ticket(second_post_mark)).id}
    assert len(tickets) == 3


async def test_a_reply_to_anothers_ticket_goes_there_and_not_to_the_members_own(world: BotWorld, asker: Member) -> None:
    other, others_ticket = await world.ask("Mine", world.discord.add_member("Other"))
    await world.ask("My own", asker)
    mark = word()
    await world.discord.post(asker, world.support.id, f"same here {mark}", reply_to=other)
    assert (await world.entry(mark)).conversation_id == others_ticket.id


async def test_a_message_with_ten_files_and_five_quick_ones_after_it_are_one_ticket(
    world: BotWorld, asker: Member
) -> None:
    marks = [word() for _ in range(6)]
    files = [(f"{number}.txt", "text/plain", f"{number}".encode()) for number in range(10)]
    await world.discord.post(asker, world.support.id, marks[0], attachments=files)
    for mark in marks[1:]:
        await world.discord.post(asker, world.support.id, mark)
    await world.entry(marks[-1])
    [ticket] = {one.id: one for mark in marks for one in world.tickets(mark)}.values()
    entries = ticket.of_type("customer")
    assert len(entries) == 6
    assert [file.data for file in entries[0].attachments] == [content for _, _, content in files]
