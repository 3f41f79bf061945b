"""A member asks in Matrix: what they see, and what FreeScout then holds."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from sandbox.matrix import SynapseServer
from tests.integration.bot_world import BotWorld, bodies, bot_world, number_in, word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.synapse]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, synapse: SynapseServer, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot for the whole file: it watches a room by its alias, and another that it is not in yet."""
    folder = tmp_path_factory.mktemp("matrix")
    async with bot_world(folder, unused_tcp_port_factory(), synapse=synapse, with_discord=False) as made:
        alias = f"#support-{word()}:{synapse.server_name}"
        await made.alexander_matrix.request("PUT", f"/directory/room/{quote(alias)}", {"room_id": made.room})
        second = await made.alexander_matrix.create_room("Second support room", public=False)
        made.write_settings(matrix={"rooms": [alias, second]})
        await made.start_bot()
        yield made
        made.expect_good_conduct()


# First contact


async def test_a_request_is_acknowledged_with_a_reaction_within_a_second(world: BotWorld) -> None:
    event_id = await world.jonas.send_text(world.room, "The export is empty")
    await world.until(lambda: world.matrix_acknowledged(event_id), "the reaction", 1.0)


async def test_a_request_is_acknowledged_within_a_second_also_while_freescout_is_down(world: BotWorld) -> None:
    mark = word()
    await world.freescout.go_down()
    try:
        event_id = await world.jonas.send_text(world.room, f"Nobody at home? {mark}")
        await world.until(lambda: world.matrix_acknowledged(event_id), "the reaction", 1.0)
        assert world.tickets(mark) == []
    finally:
        await world.freescout.come_back()
    ticket = await world.ticket(mark)
    assert number_in((await world.matrix_answer(event_id))["body"]) == ticket.number


async def test_the_number_agents_see_comes_in_a_thread_on_the_request(world: BotWorld) -> None:
    event_id, ticket = await world.matrix_ask("Login fails")
    content = await world.matrix_answer(event_id)
    assert ticket.number == ticket.id + 1000
    assert number_in(content["body"]) == ticket.number
    assert "thread" in content["body"]
    assert content["msgtype"] == "m.notice"
    relation = content["m.relates_to"]
    assert (relation["rel_type"], relation["event_id"]) == ("m.thread", event_id)
    assert relation["m.in_reply_to"] == {"event_id": event_id}
    assert relation["is_falling_back"] is True
    assert len(await world.matrix_said(event_id)) == 1


async def test_a_request_becomes_one_chat_conversation_of_a_customer_without_address(world: BotWorld) -> None:
    _, ticket = await world.matrix_ask("The printer prints nothing")
    assert (ticket.type, ticket.status) == ("chat", "active")
    assert [thread.type for thread in ticket.threads] == ["customer"]
    [customer] = [one for one in world.freescout.customers() if one.id == ticket.customer_id]
    assert customer.last_name == "(Matrix)"
    assert world.jonas.user_id in customer.notes
    assert customer.emails == ()
    assert world.freescout.mails == []


async def test_a_members_second_request_has_the_same_customer(world: BotWorld) -> None:
    _, first = await world.matrix_ask("First thing")
    _, second = await world.matrix_ask("Second thing")
    assert first.id != second.id
    assert first.customer_id == second.customer_id


async def test_an_entry_links_to_its_event_and_the_subject_is_its_first_line(world: BotWorld) -> None:
    mark = word()
    event_id = await world.jonas.send_text(world.room, f"\nCannot print {mark}\nNo paper, it says.")
    ticket = await world.ticket(mark)
    assert ticket.subject == f"Cannot print {mark}"
    assert "No paper" in ticket.threads[0].body
    links = [html.unescape(link) for link in re.findall('href="([^"]+)"', ticket.threads[0].body)]
    assert any(link.startswith(f"https://matrix.to/#/{world.room}/{event_id}") for link in links)


async def test_html_is_kept_as_far_as_it_is_harmless(world: BotWorld) -> None:
    mark = word()
    formatted = (
        f"<p><strong>bold</strong> <em>slanted</em> <code>a&lt;b</code><br/>next {mark}</p><ul><li>one</li></ul>"
        "<blockquote>quoted</blockquote><pre><code>x = 1\ny = 2</code></pre>"
        "<script>alert(1)</script><img src=x onerror=alert(2)><a href='javascript:alert(3)'>click</a>"
    )
    await world.jonas.send_text(world.room, f"plain {mark}", formatted=formatted)
    body = (await world.entry(mark)).body
    for expected in ("<b>bold</b>", "<i>slanted</i>", "<code>a&lt;b</code>", f"<br>next {mark}", "<li>", "quoted"):
        assert expected in body
    for harmful in ("<script", "<img", "onerror", 'href="javascript'):
        assert harmful not in body


async def test_plain_text_is_escaped(world: BotWorld) -> None:
    mark = word()
    typed = f"<b>{mark}</b> & <script>alert(1)</script>\nsecond"
    await world.jonas.send_text(world.room, typed)
    body = (await world.entry(mark)).body
    assert "<script" not in body
    assert typed.replace("\n", "<br>") in html.unescape(body)


async def test_a_mention_pill_is_a_name_in_freescout(world: BotWorld) -> None:
    mark = word()
    user = world.alexander_matrix.user_id
    formatted = f'<a href="https://matrix.to/#/{user}">Alexander L.</a>: {mark}'
    await world.jonas.send_text(world.room, f"Alexander L.: {mark}", formatted=formatted)
    words = re.sub("<[^>]+>", "", (await world.entry(mark)).body)
    assert f"Alexander L.: {mark}" in words


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("m.sticker", {"body": "waving sloth", "url": "mxc://x/y", "info": {}}, "waving sloth"),
        (
            "org.matrix.msc3381.poll.start",
            {
                "org.matrix.msc3381.poll.start": {
                    "question": {"org.matrix.msc1767.text": "Which one?"},
                    "answers": [{"id": "1", "org.matrix.msc1767.text": "red"}],
                }
            },
            "Which one?",
        ),
        (
            "m.room.message",
            {
                "msgtype": "m.audio",
                "body": "voice.ogg",
                "url": "mxc://x/y",
                "org.matrix.msc3245.voice": {},
                "info": {"mimetype": "audio/ogg", "size": 4},
            },
            "voice message",
        ),
        ("m.room.message", {"msgtype": "m.location", "body": "Here", "geo_uri": "geo:52.5,13.4"}, "geo:52.5,13.4"),
        ("m.room.message", {"msgtype": "m.emote", "body": "shrugs"}, "shrugs"),
        ("m.room.message", {"msgtype": "org.example.new", "body": "something new"}, "something new"),
        ("m.room.message", {"msgtype": "m.text", "body": "odd", "format": None, "formatted_body": None}, "odd"),
        ("m.room.message", {"msgtype": "m.text", "body": "lone", "m.relates_to": "nonsense"}, "lone"),
    ],
    ids=["sticker", "poll", "voice", "location", "emote", "unknown type", "null format", "nonsense relation"],
)
async def test_every_kind_of_message_yields_its_text_or_a_placeholder(
    world: BotWorld, kind: str, content: dict[str, Any], expected: str
) -> None:
    before = {ticket.id for ticket in world.filed()}
    event_id = await world.jonas.send_event(world.room, kind, content)
    await world.matrix_answer(event_id)
    [ticket] = [one for one in world.filed() if one.id not in before]
    assert expected in re.sub("<[^>]+>", " ", ticket.threads[0].body.partition("</b>:</p>")[2])
    assert ticket.subject.strip()


async def test_a_message_of_blanks_opens_nothing_or_a_ticket_with_words(world: BotWorld) -> None:
    before = {ticket.id for ticket in world.filed()}
    await world.jonas.send_text(world.room, "   ")
    await world.later_event_is_filed()
    fresh = [one for one in world.filed() if one.id not in before]
    for ticket in fresh:
        assert re.sub("<[^>]+>|\\s", "", ticket.threads[0].body.partition("</b>:</p>")[2].partition("<p><a")[0])


# What belongs to the ticket


async def test_anybodys_message_in_the_thread_is_appended_in_order_with_its_speaker(world: BotWorld) -> None:
    event_id, ticket = await world.matrix_ask("It broke")
    marks = [word() for _ in range(4)]
    lena = await world.member("lena")
    for mark, member in zip(marks, [world.jonas, lena, world.jonas, lena], strict=True):
        await member.send_text(world.room, f"more {mark}", thread=event_id)
    await world.entry(marks[-1])
    filed = world.freescout.conversation(id=ticket.id)
    assert [thread.type for thread in filed.threads] == ["customer"] * 5
    for mark, name, thread in zip(marks, ["jonas", "lena", "jonas", "lena"], filed.threads[1:], strict=True):
        assert mark in thread.body
        assert name in thread.body.partition(mark)[0]
    assert filed.customer_id == ticket.customer_id
    assert len(await world.matrix_said(event_id)) == 1


async def test_a_reply_outside_the_thread_joins_the_ticket_and_is_acknowledged(world: BotWorld) -> None:
    event_id, ticket = await world.matrix_ask("Who else?")
    mark = word()
    lena = await world.member("lena")
    reply = await lena.send_text(world.room, f"me too {mark}", reply_to=event_id)
    assert (await world.entry(mark)).conversation_id == ticket.id
    await world.until(lambda: world.matrix_acknowledged(reply), "the reaction")


async def test_a_reply_to_a_message_in_the_thread_or_to_the_bot_joins_the_ticket(world: BotWorld) -> None:
    event_id, ticket = await world.matrix_ask("Answer me")
    [said] = await world.matrix_said(event_id)
    follow_up, to_bot, to_follow_up = word(), word(), word()
    further = await world.jonas.send_text(world.room, follow_up, thread=event_id)
    await world.entry(follow_up)
    await world.jonas.send_text(world.room, to_bot, reply_to=said["event_id"])
    await world.jonas.send_text(world.room, to_follow_up, reply_to=further)
    assert (await world.entry(to_bot)).conversation_id == ticket.id
    assert (await world.entry(to_follow_up)).conversation_id == ticket.id


async def test_an_old_clients_quotation_of_what_it_answers_is_not_filed_again(world: BotWorld) -> None:
    event_id, _ = await world.matrix_ask("Quote me")
    mark = word()
    await world.jonas.send_text(
        world.room,
        f"> <{world.jonas.user_id}> Quote me\n\nyes {mark}",
        formatted=f"<mx-reply><blockquote>Quote me</blockquote></mx-reply>yes {mark}",
        reply_to=event_id,
    )
    assert "Quote me" not in (await world.entry(mark)).body


async def test_a_reply_to_a_message_outside_any_ticket_opens_its_own(world: BotWorld) -> None:
    announced = await world.alexander_matrix.send_text(world.room, "We are looking at the outage")
    mark = word()
    await world.jonas.send_text(world.room, f"It is gone {mark}", reply_to=announced)
    ticket = await world.ticket(mark)
    assert len(ticket.threads) == 1
    await world.until(lambda: world.matrix_number_is_told(ticket), "the number, though no thread may start there")


async def test_a_message_in_a_thread_without_a_ticket_opens_one_there_and_quotes_the_starter(world: BotWorld) -> None:
    hint, mark = word(), word()
    starter = await world.alexander_matrix.send_text(world.room, f"Version 9 is out {hint}")
    await world.jonas.send_text(world.room, f"It does not start {mark}", thread=starter)
    ticket = await world.ticket(mark)
    quoted = ticket.threads[0].body.partition("<blockquote>")[2].partition("</blockquote>")[0]
    assert f"Version 9 is out {hint}" in quoted
    assert mark in ticket.subject
    assert number_in((await world.matrix_answer(starter))["body"]) == ticket.number


# What opens nothing


async def test_notices_edits_reactions_redactions_and_state_open_nothing(world: BotWorld) -> None:
    event_id, ticket = await world.matrix_ask("Leave me alone")
    mark = word()
    await world.jonas.send_text(world.room, f"I am a bot {mark}", extra={"msgtype": "m.notice"})
    for number in range(5):
        await world.jonas.edit_text(world.room, event_id, f"edited {number} {mark}")
    await world.jonas.react(world.room, event_id, "👍")
    await world.alexander_matrix.put_state(world.room, "m.room.topic", {"topic": mark})
    gone = await world.jonas.send_text(world.room, "x", thread=event_id)
    await world.jonas.redact(world.room, gone)
    await world.later_event_is_filed()
    assert world.tickets(mark) == []
    assert len(world.freescout.conversation(id=ticket.id).of_type("customer")) <= 2


async def test_the_teams_posts_open_nothing_and_are_replies_inside_a_ticket(world: BotWorld) -> None:
    outside, inside = word(), word()
    await world.alexander_matrix.send_text(world.room, f"Maintenance at noon {outside}")
    event_id, ticket = await world.matrix_ask("Is anybody there?")
    await world.alexander_matrix.send_text(world.room, f"I will look {inside}", thread=event_id)
    entry = await world.entry(inside)
    assert (entry.type, entry.conversation_id, entry.user_id) == ("message", ticket.id, world.agent_id)
    assert world.tickets(outside) == []


async def test_what_is_said_in_the_staff_room_is_never_filed(world: BotWorld) -> None:
    mark = word()
    await world.alexander_matrix.send_text(world.staff_room, f"Do we know this? {mark}")
    await world.later_event_is_filed()
    assert world.tickets(mark) == []


async def test_other_rooms_are_none_of_its_business_and_strangers_invitations_are_refused(world: BotWorld) -> None:
    stranger = await world.synapse.new_member("stranger")
    try:
        room = await stranger.create_room("Elsewhere", invite=[world.bot_user])
        mark = word()
        await stranger.send_text(room, f"help {mark}")

        async def declined() -> bool:
            state = await stranger.state(room, "m.room.member", world.bot_user)
            return bool(state["membership"] == "leave")

        await world.until(declined, "the invitation is declined", 40)
        assert world.tickets(mark) == []
    finally:
        await stranger.close()


async def test_a_watched_room_it_is_not_in_is_complained_about_until_a_member_invites_it(world: BotWorld) -> None:
    second = world.settings["matrix"]["rooms"][1]
    assert second in (await world.part("matrix"))["detail"]
    await world.alexander_matrix.invite(second, world.bot_user)

    async def joined() -> bool:
        return world.bot_user in await world.alexander_matrix.joined_members(second)

    await world.until(joined, "the bot comes in", 40)
    await world.alexander_matrix.invite(second, world.jonas.user_id)
    await world.jonas.join(second)
    mark = word()
    await world.jonas.send_text(second, mark)
    await world.ticket(mark)


# Many


async def test_requests_of_many_members_at_once_are_filed_and_answered_once_each(world: BotWorld) -> None:
    members = await asyncio.gather(*(world.member(f"crowd{number}") for number in range(4)))
    marks = [word() for _ in range(12)]
    events = await asyncio.gather(
        *(members[place % 4].send_text(world.room, f"help {mark}") for place, mark in enumerate(marks))
    )
    for event_id, mark in zip(events, marks, strict=True):
        ticket = await world.ticket(mark)
        assert number_in((await world.matrix_answer(event_id))["body"]) == ticket.number
        assert len(await world.matrix_said(event_id)) == 1
        assert len([body for body in bodies(ticket.threads) if mark in body]) == 1
