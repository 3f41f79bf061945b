"""FreeScout's webhooks wake the bot, whatever shape and order they come in; without any, asking is enough."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.integration.bot_world import BotWorld, bot_world, word

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEVER_ASKS = {"poll_seconds": 3600}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot that asks FreeScout once an hour, so that it learns of changes by webhooks only."""
    folder = tmp_path_factory.mktemp("webhooks")
    async with bot_world(folder, unused_tcp_port_factory(), freescout=NEVER_ASKS) as made:
        await made.install_webhooks()
        await made.start_bot()
        yield made
        made.expect_good_conduct()


async def answered(world: BotWorld, count: int = 2) -> list[int]:
    """How often each of several answers, given in a row, is in chat once the last one is, and all webhooks are sent."""
    posted, ticket = await world.ask("Tell me more")
    marks = [word() for _ in range(count)]
    for mark in marks:
        world.agent.answer(ticket, f"<div>{mark}</div>")
    await world.told(posted.id, marks[-1])
    await world.freescout.webhooks_sent()
    await world.settled(ticket)
    said = "\n".join(message.content for message in world.said(posted.id))
    assert sorted(marks, key=said.index) == marks
    return [said.count(mark) for mark in marks]


async def test_an_answer_is_in_chat_seconds_after_it_can_no_longer_be_taken_back(world: BotWorld) -> None:
    posted, ticket = await world.ask("Hello?")
    mark = word()
    world.agent.answer(ticket, f"<div>{mark}</div>")
    await world.told(posted.id, mark, seconds=8)


async def test_doubled_webhooks_that_come_out_of_order_show_each_answer_once_and_in_order(world: BotWorld) -> None:
    options = world.freescout.options
    options.duplicate_webhooks, options.reorder = 3, 1.5
    try:
        assert await answered(world, 3) == [1, 1, 1]
    finally:
        options.duplicate_webhooks, options.reorder = 1, 0.0


async def test_a_webhook_with_nothing_in_it_is_answered_well_and_changes_nothing(world: BotWorld) -> None:
    world.freescout.options.empty_webhooks = True
    try:
        assert await answered(world) == [1, 1]
    finally:
        world.freescout.options.empty_webhooks = False
    empty = [one for one in world.freescout.webhook_deliveries if one.empty]
    assert empty
    assert {one.status for one in world.freescout.webhook_deliveries} <= {200, 202, 204}


async def test_a_webhook_that_is_not_freescouts_is_refused(world: BotWorld) -> None:
    url, body = f"{world.bot.url}/webhooks/freescout", b'{"id": 1}'
    forged = {"X-FreeScout-Event": "convo.agent.reply.created", "X-FreeScout-Signature": "bm90IGl0cyBvd24="}
    async with httpx.AsyncClient() as stranger:
        assert (await stranger.post(url, content=body, headers=forged)).status_code == 401
        unsigned = {"X-FreeScout-Event": "convo.agent.reply.created"}
        assert (await stranger.post(url, content=body, headers=unsigned)).status_code == 401


async def test_where_no_webhook_reaches_the_bot_asking_alone_shows_each_answer_once(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async with bot_world(tmp_path, unused_tcp_port_factory(), web={"public_url": ""}) as world:
        world.freescout.options.drop_webhooks = True
        await world.start_bot()
        assert await answered(world) == [1, 1]
        assert world.freescout.webhook_deliveries == []
        world.expect_good_conduct()
