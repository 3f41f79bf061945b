"""An agent answers in FreeScout: what members read in Discord, and what they never read."""

import re
from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from sandbox.discord.entities import Message
from tests.integration.bot_world import QUICK, BotWorld, bot_world, word

pytestmark = pytest.mark.asyncio(loop_scope="module")

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot that FreeScout tells of changes, for the whole file."""
    async with bot_world(tmp_path_factory.mktemp("replies"), unused_tcp_port_factory(), freescout=QUICK) as made:
        await made.install_webhooks()
        await made.start_bot()
        yield made
        made.expect_good_conduct()


def texts(messages: list[Message]) -> str:
    """All that was said, in one text."""
    return "\n".join(message.content for message in messages)


async def test_an_answer_appears_once_in_the_thread_under_the_agents_first_name(world: BotWorld) -> None:
    posted, ticket = await world.ask("The export is empty")
    mark = word()
    world.agent.answer(ticket, f"<div>Please try again {mark}</div>")
    answer = await world.told(posted.id, mark)
    assert answer.content.startswith(f"{world.mia.mention} **Alexander**")
    assert "Lindqvist" not in answer.content
    await world.freescout.webhooks_sent()
    await world.settled(ticket)
    assert world.times_told(posted.id, mark) == 1
    assert len(world.entries(mark)) == 1


async def test_an_answer_appears_in_the_forum_post(world: BotWorld) -> None:
    post, ticket = await world.ask_in_forum("Sync stops")
    mark = word()
    world.ada.answer(ticket, f"<div>It goes on tomorrow {mark}</div>")
    assert "**Ada**" in (await world.told(post.id, mark)).content


async def test_an_answer_mentions_the_member_who_asked_and_pings_nobody_else(world: BotWorld) -> None:
    posted, ticket = await world.ask("Hello?")
    mark = word()
    world.agent.answer(ticket, f"<div>@everyone {world.lena.mention} look {mark}</div>")
    answer = await world.told(posted.id, mark)
    assert answer.notified.users == {world.mia.id}
    assert not answer.notified.everyone
    assert not answer.notified.roles


async def test_its_markup_is_discords(world: BotWorld) -> None:
    posted, ticket = await world.ask("How do I rebuild it?")
    mark = word()
    world.agent.answer(
        ticket,
        f"<div>Dear <strong>Mia {mark}</strong>, <em>please</em></div>"
        "<ul><li>close all notebooks</li><li>run <code>rebuild</code></li></ul>"
        "<pre><code>larkspur cache --rebuild\n  --all</code></pre>"
        "<blockquote>It stays empty</blockquote>"
        '<div>as in <a href="https://docs.example/cache">the manual</a></div>',
    )
    content = (await world.told(posted.id, mark)).content
    for expected in (
        f"**Mia {mark}**",
        "*please*",
        "- close all notebooks\n- run `rebuild`",
        "```\nlarkspur cache --rebuild\n  --all\n```",
        "> It stays empty",
        "https://docs.example/cache",
    ):
        assert expected in content, content


async def test_files_and_pictures_of_an_answer_come_byte_for_byte(world: BotWorld) -> None:
    posted, ticket = await world.ask("Where is the menu?")
    mark, shown = word(), word()
    files = [("menu.png", "image/png", PICTURE), ("notes.txt", "text/plain", "für Mia".encode())]
    world.agent.answer(ticket, f"<div>Here {mark}</div>", files=files)
    answer = await world.told(posted.id, mark)
    assert [(file.filename, file.content) for file in answer.attachments] == [(name, data) for name, _, data in files]
    world.agent.illustrate(
        ticket, f'<div>Or here {shown} <img src="cid:inline.png"></div>', ("inline.png", "image/png", PICTURE)
    )
    picture = await world.told(posted.id, shown)
    assert [file.content for file in picture.attachments] == [PICTURE]
    assert world.freescout.url not in picture.content


async def test_twelve_thousand_characters_come_in_order_with_their_code_blocks_whole(world: BotWorld) -> None:
    posted, ticket = await world.ask("Can I see the log?")
    prose = " ".join(f"w{number:04d}" for number in range(1300))
    code = "\n".join(f"line {number:03d} = value[{number}]" for number in range(250))
    mark, end = word(), word()
    html = f"<div>{mark} {prose}</div><pre><code>{code}</code></pre><div>{end}</div>"
    assert len(html) > 12_000
    world.agent.answer(ticket, html)
    await world.told(posted.id, end)
    parts = [message.content for message in world.said(posted.id)[1:]]
    assert max(len(part) for part in parts) <= 2000
    assert all(part.count("```") % 2 == 0 for part in parts)
    assert re.findall(r"\bw\d{4}\b", "\n".join(parts)) == prose.split()
    blocks = [block.strip("\n") for part in parts for block in part.split("```")[1::2]]
    assert "\n".join(blocks) == code


async def test_neither_a_note_nor_a_draft_nor_an_answer_taken_back_is_ever_in_chat(world: BotWorld) -> None:
    posted, ticket = await world.ask("What do you think?")
    note, draft, slip, mark = word(), word(), word(), word()
    world.agent.note(ticket, f"<div>A bore {note}</div>")
    world.agent.draft(ticket, f"<div>Perhaps {draft}</div>")
    taken_back = world.agent.answer(ticket, f"<div>Pay first {slip}</div>")
    await world.is_read(ticket)
    world.agent.undo(taken_back)
    world.agent.answer(ticket, f"<div>Good idea {mark}</div>")
    await world.told(posted.id, mark)
    await world.freescout.webhooks_sent()
    await world.settled(ticket)
    said = texts(world.said(posted.id)) + texts(world.said(world.support.id))
    assert [leaked for leaked in (note, draft, slip) if leaked in said] == []


async def test_an_answer_taken_back_and_sent_anew_is_shown_as_it_was_sent(world: BotWorld) -> None:
    posted, ticket = await world.ask("What does it cost?")
    wrong, right = word(), word()
    answer = world.agent.answer(ticket, f"<div>Ten {wrong}</div>")
    await world.is_read(ticket)
    world.agent.undo(answer)
    world.agent.edit(answer, f"<div>Twelve {right}</div>")
    world.agent.send(answer)
    await world.told(posted.id, right)
    assert world.times_told(posted.id, wrong) == 0


async def test_answers_come_in_the_order_in_which_they_were_given(world: BotWorld) -> None:
    posted, ticket = await world.ask("Tell me everything")
    marks = [word() for _ in range(5)]
    for number, mark in enumerate(marks):
        (world.agent if number % 2 else world.ada).answer(ticket, f"<div>{mark}</div>")
    await world.told(posted.id, marks[-1])
    said = texts(world.said(posted.id))
    assert sorted(marks, key=said.index) == marks
    assert [said.count(mark) for mark in marks] == [1] * 5


async def test_an_answer_edited_after_it_was_shown_is_not_shown_again(world: BotWorld) -> None:
    posted, ticket = await world.ask("When?")
    mark, edited, later = word(), word(), word()
    answer = world.agent.answer(ticket, f"<div>Monday {mark}</div>")
    await world.told(posted.id, mark)
    world.agent.edit(answer, f"<div>Tuesday {edited}</div>")
    world.agent.answer(ticket, f"<div>Sorry {later}</div>")
    await world.told(posted.id, later)
    assert world.times_told(posted.id, mark) == 1
    assert world.times_told(posted.id, edited) == 0
