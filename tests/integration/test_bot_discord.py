"""A member asks in Discord: what they see, and what FreeScout then holds."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio

from sandbox.discord.entities import Thread
from tests.integration.bot_world import BotWorld, bodies, bot_world, number_in, word

pytestmark = pytest.mark.asyncio(loop_scope="module")

NUMBER_OFFSET = 1000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot, watching a channel and a forum, for the whole file."""
    folder = tmp_path_factory.mktemp("discord")
    async with bot_world(folder, unused_tcp_port_factory()) as made:
        await made.start_bot()
        yield made
        made.expect_good_conduct()


# First contact


async def test_a_request_is_acknowledged_with_a_reaction_within_a_second(world: BotWorld) -> None:
    posted = await world.discord.post(world.mia, world.support.id, "The export is empty")
    await world.until(lambda: world.acknowledged(posted), "the reaction", 1.0)


async def test_a_request_is_acknowledged_within_a_second_also_while_freescout_is_down(world: BotWorld) -> None:
    mark = word()
    await world.freescout.go_down()
    try:
        posted = await world.discord.post(world.mia, world.support.id, f"Nobody at home? {mark}")
        await world.until(lambda: world.acknowledged(posted), "the reaction", 1.0)
        assert world.tickets(mark) == []
    finally:
        await world.freescout.come_back()
    await world.ticket(mark)
    await world.answer(posted)


async def test_a_request_becomes_one_chat_conversation_with_one_entry(world: BotWorld) -> None:
    _, ticket = await world.ask("The printer prints nothing")
    assert (ticket.type, ticket.status, ticket.mailbox_id) == ("chat", "active", world.freescout.mailbox_id)
    assert [thread.type for thread in ticket.threads] == ["customer"]


async def test_the_member_reads_the_number_agents_see_in_a_thread_on_the_message(world: BotWorld) -> None:
    posted, ticket = await world.ask("Login fails")
    answer = await world.answer(posted)
    assert ticket.number == ticket.id + NUMBER_OFFSET
    assert number_in(answer.content) == ticket.number
    assert "thread" in answer.content
    assert len(world.said(posted.id)) == 1
    assert world.said(world.support.id) == []


async def test_the_thread_is_named_after_number_and_subject(world: BotWorld) -> None:
    posted, ticket = await world.ask("Sync is slow")
    name = world.discord.thread(posted.id).name
    assert name == f"#{ticket.number} {ticket.subject}"


async def test_a_long_subject_still_gives_a_thread(world: BotWorld) -> None:
    posted, ticket = await world.ask("very " * 60 + "long")
    name = world.discord.thread(posted.id).name
    assert name.startswith(f"#{ticket.number} very")
    assert len(name) <= 100


async def test_a_thread_that_stands_on_the_message_already_is_used(world: BotWorld) -> None:
    mark = word()
    await world.freescout.go_down()
    try:
        posted = await world.discord.post(world.mia, world.support.id, f"Somebody is quick {mark}")
        await world.discord.create_thread(world.lena, world.support.id, "I had that too", message_id=posted.id)
    finally:
        await world.freescout.come_back()
    ticket = await world.ticket(mark)
    assert number_in((await world.answer(posted)).content) == ticket.number


async def test_a_forum_post_is_answered_in_the_post_and_named_by_its_title(world: BotWorld) -> None:
    mark = word()
    post = await world.discord.create_forum_post(world.lena, world.forum.id, f"Sync stops {mark}", "At 99 % it stops.")
    ticket = await world.ticket(mark)
    await world.until(lambda: bool(world.said(post.id)), "the number in the post")
    starter = world.discord.messages(post.id)[0]
    assert world.acknowledged(starter)
    assert ticket.subject == f"Sync stops {mark}"
    assert number_in(world.said(post.id)[0].content) == ticket.number
    assert bodies(ticket.threads)[0].count("At 99 % it stops.") == 1


async def test_a_forum_post_whose_first_message_comes_late_is_filed_with_that_message(world: BotWorld) -> None:
    mark = word()
    post = await world.discord.create_forum_post(
        world.lena, world.forum.id, "Uploading", f"Here is the log {mark}", starter_first=False
    )
    await world.later_message_is_filed(world.support)
    assert world.tickets(mark) == []
    assert world.said(post.id) == []
    await world.discord.send_starter(post.id)
    assert (await world.ticket(mark)).subject == "Uploading"


# The conversation in FreeScout


async def test_the_customer_bears_the_members_name_and_has_no_address(world: BotWorld) -> None:
    member = world.discord.add_member("nora", display_name="Nora Q.")
    _, ticket = await world.ask("Who am I?", member)
    [customer] = [one for one in world.freescout.customers() if one.id == ticket.customer_id]
    assert customer.first_name == "Nora Q."
    assert customer.last_name == "(Discord)"
    assert str(member.id) in customer.notes
    assert customer.emails == ()


async def test_a_members_second_request_has_the_same_customer(world: BotWorld) -> None:
    member = world.discord.add_member("Otto")
    _, first = await world.ask("First thing", member)
    _, second = await world.ask("Second thing", member)
    assert first.id != second.id
    assert first.customer_id == second.customer_id
    assert len([one for one in world.freescout.customers() if one.first_name == "Otto"]) == 1


async def test_two_members_of_one_name_are_two_customers(world: BotWorld) -> None:
    _, first = await world.ask("I am one", world.discord.add_member("Kim"))
    _, second = await world.ask("I am another", world.discord.add_member("Kim"))
    assert first.customer_id != second.customer_id


async def test_no_mail_leaves_freescout_for_a_chat_member(world: BotWorld) -> None:
    _, ticket = await world.ask("No mail please")
    world.freescout.agent_reply(ticket.id, world.agent_id, "<div>Hello</div>")
    assert world.freescout.mails == []


async def test_the_subject_is_the_first_line_that_says_something(world: BotWorld) -> None:
    mark = word()
    await world.discord.post(world.mia, world.support.id, f"\n\n**Cannot** print {mark}\nIt says: no paper.")
    ticket = await world.ticket(mark)
    assert ticket.subject == f"Cannot print {mark}"
    assert "no paper" in ticket.threads[0].body


async def test_an_entry_names_its_speaker_and_links_to_its_message(world: BotWorld) -> None:
    posted, ticket = await world.ask("Where is this?")
    body = ticket.threads[0].body
    assert "Mia" in body.partition("Where is this?")[0]
    link = f"https://discord.com/channels/{world.discord.guild.id}/{world.support.id}/{posted.id}"
    assert f'href="{link}#' in body


async def test_markup_becomes_html(world: BotWorld) -> None:
    mark = word()
    lines = [f"**bold** *slanted* ~~gone~~ `a<b` {mark}", "second line", "> quoted", "- one", "- two", "```py"]
    text = "\n".join([*lines, "if a < b:", "    pass", "```"])
    await world.discord.post(world.mia, world.support.id, text)
    body = (await world.entry(mark)).body
    for expected in (
        "<b>bold</b>",
        "<i>slanted</i>",
        "<s>gone</s>",
        "<code>a&lt;b</code>",
        f"{mark}<br>second line",
        "<blockquote>",
        "<li>",
        "if a &lt; b:<br>    pass",
    ):
        assert expected in body
    assert "**" not in body


async def test_what_a_member_types_is_no_html(world: BotWorld) -> None:
    mark = word()
    typed = f"<script>alert('{mark}')</script> <img src=x onerror=alert(1)> <b>no</b> &amp; \"q\""
    await world.discord.post(world.mia, world.support.id, typed)
    body = (await world.entry(mark)).body
    assert "<script" not in body
    assert "<img" not in body
    assert "<b>no</b>" not in body
    assert typed in html.unescape(body)


async def test_mentions_are_names_in_freescout(world: BotWorld) -> None:
    mark = word()
    text = f"{world.lena.mention} of {world.triager_role.mention} said in {world.support.mention}: {mark}"
    await world.discord.post(world.mia, world.support.id, text)
    words = re.sub("<[^>]+>", "", (await world.entry(mark)).body)
    assert re.search(r"@?Lena of @?Support lead said in #support", words)
    assert str(world.lena.id) not in words


async def test_a_link_with_hostile_address_is_no_link(world: BotWorld) -> None:
    mark = word()
    await world.discord.post(world.mia, world.support.id, f"[click](javascript:alert(1)) {mark}")
    assert 'href="javascript' not in (await world.entry(mark)).body.lower()


async def test_the_longest_message_and_rare_characters_arrive_whole(world: BotWorld) -> None:
    mark = word()
    text = f"{mark} 🦥 ｆｕｌｌ \u202e " + "ß" * 1900
    await world.discord.post(world.mia, world.support.id, text)
    body = (await world.entry(mark)).body
    assert "ß" * 1900 in body
    assert "🦥" in body


async def test_a_message_that_php_takes_for_empty_is_filed(world: BotWorld) -> None:
    member = world.discord.add_member("0")
    before = len(world.filed())
    await world.discord.post(member, world.support.id, "0")
    await world.until(lambda: len(world.filed()) == before + 1, "the message 0 is filed")
    assert re.search(r">0<", world.filed()[-1].threads[0].body)


# Messages without words


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"stickers": ["waving sloth"]}, "waving sloth"),
        ({"poll": ("Which one?", ["red", "blue"])}, "Which one?"),
        ({"poll": ("Which one?", ["red", "blue"])}, "blue"),
        ({"forwarded": "It worked yesterday"}, "It worked yesterday"),
        ({"voice": True}, "voice message"),
        ({"attachments": [("log.txt", "text/plain", b"line")]}, "log.txt"),
        ({}, "empty"),
    ],
    ids=["sticker", "poll question", "poll answers", "forward", "voice", "only a file", "nothing at all"],
)
async def test_a_message_without_words_yields_its_text_or_a_placeholder(
    world: BotWorld, message: dict[str, Any], expected: str
) -> None:
    member = world.discord.add_member(f"Silent {word()}")
    posted = await world.discord.post(member, world.support.id, "", **message)
    await world.answer(posted)
    ticket = next(one for one in world.filed() if one.customer_name.startswith(member.user.display_name or "?"))
    said = re.sub("<[^>]+>", " ", ticket.threads[0].body.partition("</b>:</p>")[2])
    assert expected in said
    assert ticket.subject.strip()


# What belongs to the ticket


async def test_anybodys_message_in_the_tickets_thread_is_appended_with_its_speaker(world: BotWorld) -> None:
    posted, ticket = await world.ask("It broke")
    marks = [word() for _ in range(4)]
    for mark, member in zip(marks, [world.mia, world.lena, world.mia, world.lena], strict=True):
        await world.discord.post(member, posted.id, f"more {mark}")
    await world.entry(marks[-1])
    filed = world.freescout.conversation(id=ticket.id)
    entries = filed.threads[1:]
    assert [thread.type for thread in entries] == ["customer"] * 4
    for mark, name, thread in zip(marks, ["Mia", "Lena", "Mia", "Lena"], entries, strict=True):
        assert mark in thread.body
        assert f"{name} (Discord)" in thread.body
    assert filed.customer_id == ticket.customer_id
    assert len(world.said(posted.id)) == 1


async def test_a_thread_is_followed_after_it_was_renamed_and_archived(world: BotWorld) -> None:
    posted, ticket = await world.ask("Will be quiet for days")
    await world.discord.rename_thread(posted.id, "another name")
    await world.discord.archive_thread(posted.id)
    mark = word()
    await world.discord.post(world.mia, posted.id, f"again {mark}")
    assert (await world.entry(mark)).conversation_id == ticket.id


async def test_a_reply_to_the_request_from_the_channel_joins_the_ticket_and_is_acknowledged(world: BotWorld) -> None:
    posted, ticket = await world.ask("Who else?")
    mark = word()
    reply = await world.discord.post(world.lena, world.support.id, f"me too {mark}", reply_to=posted)
    assert (await world.entry(mark)).conversation_id == ticket.id
    await world.until(lambda: world.acknowledged(reply), "the reaction")


async def test_a_reply_to_a_reply_joins_the_same_ticket(world: BotWorld) -> None:
    posted, ticket = await world.ask("A chain")
    first, second = word(), word()
    reply = await world.discord.post(world.lena, world.support.id, first, reply_to=posted)
    await world.entry(first)
    await world.discord.post(world.mia, world.support.id, second, reply_to=reply)
    assert (await world.entry(second)).conversation_id == ticket.id


async def test_a_reply_to_the_bots_answer_joins_the_ticket(world: BotWorld) -> None:
    posted, ticket = await world.ask("Answer me")
    answer = await world.answer(posted)
    mark = word()
    await world.discord.post(world.lena, posted.id, f"thank you {mark}", reply_to=answer)
    assert (await world.entry(mark)).conversation_id == ticket.id


async def test_a_reply_to_a_message_outside_any_ticket_opens_its_own(world: BotWorld) -> None:
    staff_word = await world.discord.post(world.alexander, world.support.id, "We are looking at the outage")
    mark = word()
    await world.discord.post(world.mia, world.support.id, f"It is gone {mark}", reply_to=staff_word)
    ticket = await world.ticket(mark)
    assert len(ticket.threads) == 1


async def test_a_message_in_a_thread_without_a_ticket_opens_one_there_and_quotes_the_starter(world: BotWorld) -> None:
    hint, mark = word(), word()
    starter = await world.discord.post(world.alexander, world.support.id, f"Version 9 is out {hint}")
    thread = await world.discord.create_thread(world.alexander, world.support.id, "Version 9", message_id=starter.id)
    await world.discord.post(world.mia, thread.id, f"It does not start {mark}")
    ticket = await world.ticket(mark)
    body = ticket.threads[0].body
    assert f"Version 9 is out {hint}" in body.partition("<blockquote>")[2].partition("</blockquote>")[0]
    assert "Alexander" in body
    assert mark in ticket.subject
    await world.until(lambda: bool(world.said(thread.id)), "the number in that thread")
    assert number_in(world.said(thread.id)[-1].content) == ticket.number


async def test_a_message_in_a_thread_that_hangs_on_no_message_opens_a_ticket_there(world: BotWorld) -> None:
    mark = word()
    thread = await world.discord.create_thread(world.lena, world.support.id, "A word with you")
    await world.discord.post(world.lena, thread.id, f"Something else {mark}")
    ticket = await world.ticket(mark)
    await world.until(lambda: bool(world.said(thread.id)), "the number in that thread")
    assert number_in(world.said(thread.id)[0].content) == ticket.number


# What opens nothing


async def test_system_messages_bots_and_webhooks_open_nothing(world: BotWorld) -> None:
    mark = word()
    bot = world.discord.add_member("Other bot", bot=True)
    await world.discord.post(bot, world.support.id, f"beep {mark}")
    await world.discord.post(world.mia, world.support.id, f"hooked {mark}", webhook=True)
    for kind in (4, 6, 7, 8, 12, 18, 21, 22, 46):
        await world.discord.post(world.mia, world.support.id, f"notice {mark}", type=kind)
    await world.later_message_is_filed(world.support)
    assert world.tickets(mark) == []
    assert not any(world.acknowledged(one) for one in world.discord.messages(world.support.id) if mark in one.content)


async def test_the_teams_own_posts_open_nothing(world: BotWorld) -> None:
    mark = word()
    await world.discord.post(world.alexander, world.support.id, f"Maintenance at noon {mark}")
    post = await world.discord.create_forum_post(world.alexander, world.forum.id, f"Known issues {mark}", "See here")
    await world.later_message_is_filed(world.support)
    await world.discord.post(world.lena, post.id, f"thanks, but: {word()}")
    await world.until(lambda: bool(world.said(post.id)), "the member's ticket in the team's post")
    assert not [one for one in world.filed() if one.customer_name.startswith("Alexander")]
    assert not [one for one in world.filed() if mark in one.subject]


async def test_the_teams_words_in_a_ticket_are_replies_in_their_name(world: BotWorld) -> None:
    posted, ticket = await world.ask("Is anybody there?")
    mark = word()
    await world.discord.post(world.alexander, posted.id, f"I will look {mark}")
    entry = await world.entry(mark)
    assert (entry.type, entry.conversation_id, entry.user_id) == ("message", ticket.id, world.agent_id)


async def test_what_the_bot_says_itself_is_never_filed(world: BotWorld) -> None:
    posted, ticket = await world.ask("Do not talk to yourself")
    await world.later_message_is_filed(world.support)
    assert len(world.freescout.conversation(id=ticket.id).threads) == 1
    assert len(world.said(posted.id)) == 1


async def test_other_channels_are_none_of_its_business(world: BotWorld) -> None:
    mark = word()
    other = world.discord.add_text_channel("off-topic")
    await world.discord.post(world.mia, other.id, f"lunch? {mark}")
    await world.discord.post(world.mia, world.staff.id, f"internal {mark}")
    await world.later_message_is_filed(world.support)
    assert world.tickets(mark) == []


async def test_an_edit_or_an_unfurled_link_is_no_second_message(world: BotWorld) -> None:
    posted, ticket = await world.ask("See https://example.org/")
    await world.discord.unfurl(posted.channel_id, posted.id)
    for number in range(5):
        await world.discord.edit(world.mia, posted.channel_id, posted.id, f"edited {number} {ticket.subject}")
    await world.later_message_is_filed(world.support)
    customers_words = world.freescout.conversation(id=ticket.id).of_type("customer")
    assert len(customers_words) == 1
    assert len(world.tickets(ticket.subject)) == 1


async def test_a_request_deleted_at_once_stays_a_ticket_and_disturbs_nobody(world: BotWorld) -> None:
    mark = word()
    posted = await world.discord.post(world.mia, world.support.id, f"never mind {mark}")
    await world.discord.delete(posted.channel_id, posted.id)
    await world.ticket(mark)
    await world.until(world.drained, "the outbox is empty")
    told = [one.content for one in world.staff_told()]
    assert not [text for text in told if "acknowledging" in text]


async def test_requests_of_many_members_at_once_are_filed_and_answered_once_each(world: BotWorld) -> None:
    members = [world.discord.add_member(f"Crowd {number}") for number in range(20)]
    marks = [word() for _ in members]
    posted = await asyncio.gather(
        *(
            world.discord.post(member, world.support.id, f"help {mark}")
            for member, mark in zip(members, marks, strict=True)
        )
    )
    for message, mark in zip(posted, marks, strict=True):
        ticket = await world.ticket(mark)
        assert number_in((await world.answer(message)).content) == ticket.number
    threads: list[Thread] = [world.discord.thread(message.id) for message in posted]
    assert [len(world.said(thread.id)) for thread in threads] == [1] * 20
