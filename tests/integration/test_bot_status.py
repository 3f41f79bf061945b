"""What agents do with a conversation besides answering, as members notice it in Discord."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from sandbox.discord.entities import Thread
from tests.integration.bot_world import QUICK, BotWorld, bot_world, word

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot that watches a forum with tags, for the whole file."""
    async with bot_world(tmp_path_factory.mktemp("status"), unused_tcp_port_factory(), freescout=QUICK) as made:
        made.forum = made.discord.add_forum_channel("tagged", tags=["Open", "Waiting", "Solved", "Printer"])
        made.write_settings(discord={"support_channels": [made.support.id, made.forum.id]})
        await made.install_webhooks()
        await made.start_bot()
        yield made
        made.expect_good_conduct()


def tags(world: BotWorld, post: Thread) -> set[str]:
    """The names of a post's tags."""
    names = {tag.id: tag.name for tag in world.forum.tags}
    return {names[one] for one in world.discord.thread(post.id).applied_tags}


async def tagged(world: BotWorld, post: Thread, *wanted: str) -> None:
    """Wait until a post has exactly these tags."""
    await world.until(lambda: tags(world, post) == set(wanted), f"the post is tagged {wanted}", 20)


async def test_the_member_reads_once_who_took_the_ticket_that_it_was_closed_and_that_it_is_open_again(
    world: BotWorld,
) -> None:
    posted, ticket = await world.ask("What becomes of it?")
    name = f"#{ticket.number}"
    world.ada.take(ticket)
    await world.told(posted.id, f"Ada looks after ticket {name} now")
    world.ada.close(ticket)
    await world.told(posted.id, f"Ada closed ticket **{name}**")
    world.ada.reopen(ticket)
    await world.told(posted.id, f"Ticket {name} is open again")
    await world.freescout.webhooks_sent()
    await world.settled(ticket)
    assert len(world.said(posted.id)) == 4


async def test_an_agent_who_answers_is_not_announced_besides(world: BotWorld) -> None:
    posted, ticket = await world.ask("Who is it?")
    mark = word()
    world.agent.answer(ticket, f"<div>Me {mark}</div>")
    await world.told(posted.id, mark)
    await world.freescout.webhooks_sent()
    await world.settled(ticket)
    assert world.times_told(posted.id, "looks after ticket") == 0


async def test_a_forum_posts_tags_follow_the_status_and_its_own_stay(world: BotWorld) -> None:
    post, ticket = await world.ask_in_forum("Tag me", tags=["Printer"])
    name = world.discord.thread(post.id).name
    world.freescout.set_status(ticket.id, "pending", world.agent.user_id)
    await tagged(world, post, "Printer", "Waiting")
    world.agent.close(ticket)
    await tagged(world, post, "Printer", "Solved")
    world.agent.reopen(ticket)
    await tagged(world, post, "Printer", "Open")
    assert world.discord.thread(post.id).name == name


async def test_after_a_merge_the_member_is_told_and_both_ways_lead_to_the_surviving_ticket(world: BotWorld) -> None:
    first, old = await world.ask("Twice, the first time")
    _, surviving = await world.ask("Twice, the second time", world.lena)
    world.agent.merge(old, into=surviving)
    await world.told(first.id, f"was joined with **#{surviving.number}**")
    further, answer = word(), word()
    await world.discord.post(world.mia, first.id, f"One more thing {further}")
    assert (await world.entry(further)).conversation_id == surviving.id
    world.agent.answer(surviving, f"<div>For both {answer}</div>")
    await world.told(first.id, answer)


async def test_after_a_deletion_for_good_the_next_message_opens_a_new_ticket_and_says_so(world: BotWorld) -> None:
    posted, ticket = await world.ask("Delete it")
    world.freescout.delete_forever(ticket.id)
    mark = word()
    await world.discord.post(world.mia, posted.id, f"Hello? {mark}")
    anew = await world.ticket(mark)
    assert anew.id != ticket.id
    told = await world.told(posted.id, f"ticket **#{anew.number}** now")
    assert f"#{ticket.number}, does not exist any more" in told.content
    answer = word()
    world.agent.answer(anew, f"<div>Here we are {answer}</div>")
    await world.told(posted.id, answer)
