"""What can be done with a message itself: a form to triage its ticket, and making a ticket of it."""

from dataclasses import replace

import pytest

from bot.domain.chat import Author, ChatMessage, MessageKind, RoomRole
from bot.domain.commands import CommandForm, CommandReply, Invocation
from bot.domain.richtext import plain
from tests.fakes.desk_records import FiledConversation
from tests.fakes.rig import ALEXANDER, LENA, MIA, STAFF, SUPPORT, Rig
from tests.unit.clocked import RESPONSE, THREAD, TOM_HERE, clock, only, tracked


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


async def form(rig: Rig, message_id: str, *, author: Author = ALEXANDER) -> CommandForm | CommandReply:
    """Somebody chose "Triage" from a message's menu."""
    return await rig.commands.form(
        Invocation(invocation_id="f", command="triage", author=author, address=SUPPORT, message_id=message_id)
    )


async def make(rig: Rig, message: ChatMessage, *, by: Author = ALEXANDER) -> CommandReply:
    """Somebody chose "Make this a ticket" from a message's menu."""
    reply = await rig.commands.make_ticket(message, by)
    await rig.rest()
    return reply


# The form


async def test_the_form_is_for_the_messages_ticket_and_begins_with_what_people_chose(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket("A total outage")
        rig.desk.down = True
        fresh = await form(rig, "m1")
        assert isinstance(fresh, CommandForm)
        assert (fresh.title, fresh.ticket, fresh.presets) == (f"Triage ticket #{ticket.number}", str(ticket.number), {})
        assert [option.name for option in fresh.options] == ["label", "priority", "note"]
        await rig.press_card(f"card:label:{ticket.number}", "bug")
        half = await form(rig, "m1")
        assert isinstance(half, CommandForm)
        assert half.presets == {"label": "bug"}
        await rig.run("triage", label="feature", priority="P1", address=THREAD)
        whole = await form(rig, "m1")
    assert isinstance(whole, CommandForm)
    assert whole.presets == {"label": "feature", "priority": "P1"}


async def test_any_message_of_a_ticket_will_do(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.post("It is version 2.", address=THREAD, message_id="m2")
        found = await form(rig, "m2")
    assert isinstance(found, CommandForm)
    assert found.ticket == str(ticket.number)


@pytest.mark.parametrize("author", [MIA, TOM_HERE])
async def test_the_form_is_for_triagers_only(rig: Rig, author: Author) -> None:
    async with rig.running():
        await rig.ticket()
        refused = await form(rig, "m1", author=author)
    assert isinstance(refused, CommandReply)
    assert "Only triagers can use /triage" in plain(refused.text)


async def test_a_message_without_a_ticket_or_number_has_no_form(rig: Rig) -> None:
    async with rig.running():
        await rig.post("Lunch?", author=ALEXANDER, message_id="m0")
        none = await form(rig, "m0")
        rig.desk.down = True
        await rig.post(message_id="m1")
        early = await form(rig, "m1")
    assert isinstance(none, CommandReply)
    assert plain(none.text) == "This message belongs to no ticket. You can make it one: “Make this a ticket”."
    assert isinstance(early, CommandReply)
    assert plain(early.text) == "This ticket has no number yet; please try again in a minute."


# Making a ticket


@pytest.mark.parametrize("author", [MIA, TOM_HERE, ALEXANDER])
async def test_any_persons_message_becomes_a_ticket_of_theirs_in_any_channel(rig: Rig, author: Author) -> None:
    message = rig.message("The export fails", author=author, address=replace(SUPPORT, room="general"), message_id="g1")
    async with rig.running():
        reply = await make(rig, message)
        (ticket,) = rig.desk.conversations
        assert plain(reply.text) == "This message is a ticket now. Its author gets the number in a thread on it."
        assert ticket.customer_name.startswith(author.name)
        assert rig.discord.said_in("g1")[0].startswith(f"Your request is ticket #{ticket.number}.")
    assert (only(rig).author, only(rig).received_at) == (author.name, message.sent_at)
    (line,) = rig.store.audit_lines
    assert (line.actor, line.action, line.detail) == ("Alexander (discord:alexander)", "make ticket", message.link)
    assert len(rig.discord.cards) == 1


async def test_a_message_becomes_a_ticket_once(rig: Rig) -> None:
    message = rig.message("The export fails", message_id="m1")
    async with rig.running():
        for _ in range(2):
            await make(rig, message)
        reply = await make(rig, message)
    (ticket,) = rig.desk.conversations
    assert plain(reply.text) == f"This message belongs to ticket #{ticket.number} already. Nothing was changed."
    assert len(tracked(rig)) == len(rig.store.audit_lines) == 1


async def test_a_message_that_was_read_and_left_alone_becomes_one_once_too(rig: Rig) -> None:
    message = rig.message("The export fails, says a customer on the phone", author=ALEXANDER, message_id="m1")
    async with rig.running():
        await rig.accept(message)
        assert rig.desk.conversations == []
        await make(rig, message)
        reply = await make(rig, message)
    (ticket,) = rig.desk.conversations
    assert plain(reply.text) == f"This message belongs to ticket #{ticket.number} already. Nothing was changed."


async def test_a_message_of_a_ticket_stays_there(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        for message_id, author in (("m1", MIA), ("m2", MIA), ("m3", ALEXANDER)):
            message = rig.message(message_id=message_id, author=author, address=THREAD if message_id > "m1" else None)
            await rig.accept(message)
            reply = await make(rig, message)
            assert plain(reply.text).startswith(f"This message belongs to ticket #{ticket.number} already")
    assert len(rig.desk.conversations) == 1


async def test_the_message_a_tickets_thread_hangs_on_belongs_to_it(rig: Rig) -> None:
    """A member asked in the thread of somebody's announcement: one chat thread is one ticket."""
    announcement = rig.message("Version 2 is out", author=ALEXANDER, message_id="a1")
    async with rig.running():
        await rig.accept(announcement)
        await rig.post("It fails for me.", author=LENA, address=replace(SUPPORT, chat_thread="a1"))
        reply = await make(rig, announcement)
    (ticket,) = rig.desk.conversations
    assert plain(reply.text).startswith(f"This message belongs to ticket #{ticket.number} already")


async def test_what_no_person_wrote_becomes_no_ticket(rig: Rig) -> None:
    async with rig.running():
        for kind in (MessageKind.BOT, MessageKind.SYSTEM):
            reply = await make(rig, rig.message(kind=kind))
            assert "Only messages that a person wrote" in plain(reply.text)
    assert rig.desk.conversations == []


@pytest.mark.parametrize("by", [MIA, TOM_HERE])
async def test_only_triagers_may_make_tickets(rig: Rig, by: Author) -> None:
    async with rig.running():
        reply = await make(rig, rig.message(), by=by)
    assert "Only triagers" in plain(reply.text)
    assert rig.desk.conversations == []


async def test_a_message_of_the_staff_room_can_become_one(rig: Rig) -> None:
    message = rig.message("From the phone: data loss!", author=TOM_HERE, address=STAFF, room_role=RoomRole.STAFF)
    async with rig.running():
        await make(rig, message)
    ticket: FiledConversation = rig.desk.conversations[0]
    assert only(rig).number == ticket.number
    assert clock(rig, RESPONSE).target.business is False


async def test_nobody_answers_their_own_request(rig: Rig) -> None:
    message = rig.message("The export fails, says a customer on the phone", author=ALEXANDER, message_id="m1")
    async with rig.running():
        await make(rig, message)
        await rig.post("It is version 2.", author=ALEXANDER, address=THREAD)
        assert clock(rig, RESPONSE).stopped_at is None
        await rig.post("Try the proxy.", author=TOM_HERE, address=THREAD)
    assert clock(rig, RESPONSE).stopped_at == rig.clock.now()
