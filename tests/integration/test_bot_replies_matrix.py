"""An agent answers in FreeScout: what members read in Matrix."""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from sandbox.matrix import SynapseServer
from tests.integration.bot_world import QUICK, BotWorld, bot_world, word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.synapse]

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot that FreeScout tells of changes, for the whole file."""
    folder = tmp_path_factory.mktemp("matrix-replies")
    async with bot_world(
        folder, unused_tcp_port_factory(), synapse=synapse, with_discord=False, freescout=QUICK
    ) as made:
        await made.install_webhooks()
        await made.start_bot()
        yield made
        made.expect_good_conduct()


async def contents(world: BotWorld, root: str) -> list[dict[str, Any]]:
    """What the bot said in a thread after the ticket's number."""
    return [event["content"] for event in (await world.matrix_said(root))[1:]]


async def test_an_answer_appears_once_in_the_thread_with_its_markup_as_a_message_that_notifies(
    world: BotWorld,
) -> None:
    root, ticket = await world.matrix_ask("The export is empty")
    mark = word()
    world.agent.answer(
        ticket,
        f"<div>Dear <strong>Jonas {mark}</strong></div><ul><li>close it</li><li>run <code>rebuild</code></li></ul>"
        "<pre><code>cache --rebuild</code></pre><blockquote>It stays empty</blockquote>"
        '<div>as in <a href="https://docs.example/cache">the manual</a></div>',
    )
    answer = await world.matrix_answer(root, mark)
    assert answer["msgtype"] == "m.text"
    assert answer["m.mentions"] == {"user_ids": [world.jonas.user_id]}
    for expected in (
        "<strong>Alexander</strong>",
        f"<strong>Jonas {mark}</strong>",
        "<li>close it</li>",
        "<code>rebuild</code>",
        "<pre><code>cache --rebuild",
        "<blockquote>",
        '<a href="https://docs.example/cache">the manual</a>',
    ):
        assert expected in answer["formatted_body"]
    await world.freescout.webhooks_sent()
    await world.settled(ticket)
    assert sum(mark in one["body"] for one in await contents(world, root)) == 1


async def test_its_file_comes_byte_for_byte_into_the_thread(world: BotWorld) -> None:
    root, ticket = await world.matrix_ask("Where is the menu?")
    mark = word()
    world.agent.answer(ticket, f"<div>Here {mark}</div>", files=[(f"{mark}.png", "image/png", PICTURE)])
    await world.matrix_answer(root, f"{mark}.png")
    [picture] = [one for one in await contents(world, root) if one["msgtype"] == "m.image"]
    assert await world.jonas.download(picture["url"]) == PICTURE


async def test_sixty_thousand_characters_come_in_order_with_their_code_blocks_whole(world: BotWorld) -> None:
    root, ticket = await world.matrix_ask("Can I see the log?")
    prose = " ".join(f"w{number:05d}" for number in range(5000))
    code = "\n".join(f"line {number:04d} = value[{number}]" for number in range(1000))
    mark, end = word(), word()
    world.agent.answer(ticket, f"<div>{mark} {prose}</div><pre><code>{code}</code></pre><div>{end}</div>")
    await world.matrix_answer(root, end)
    parts = [one.get("formatted_body", one["body"]) for one in await contents(world, root)]
    assert len(parts) > 1
    assert all(part.count("<pre>") == part.count("</pre>") for part in parts)
    assert re.findall(r"\bw\d{5}\b", "\n".join(parts)) == prose.split()
    assert re.findall(r"line \d{4} = value\[\d+\]", "\n".join(parts)) == code.splitlines()


async def test_neither_a_note_nor_a_draft_nor_an_answer_taken_back_is_ever_in_chat(world: BotWorld) -> None:
    root, ticket = await world.matrix_ask("What do you think?")
    note, draft, slip, mark = word(), word(), word(), word()
    world.agent.note(ticket, f"<div>A bore {note}</div>")
    world.agent.draft(ticket, f"<div>Perhaps {draft}</div>")
    taken_back = world.agent.answer(ticket, f"<div>Pay first {slip}</div>")
    await world.is_read(ticket)
    world.agent.undo(taken_back)
    world.agent.answer(ticket, f"<div>Good idea {mark}</div>")
    await world.matrix_answer(root, mark)
    await world.freescout.webhooks_sent()
    await world.settled(ticket)
    said = str(await world.jonas.messages(world.room))
    assert [leaked for leaked in (note, draft, slip) if leaked in said] == []
