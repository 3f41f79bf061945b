"""`/note`, `!note`, `/solved`, `!solved`: who may, where, and what it does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import Author, Platform, RoomRole
from bot.domain.errors import OutcomeUnknownError
from bot.domain.helpdesk import Status, ThreadKind
from bot.domain.richtext import plain
from tests.fakes.desk_records import ALEXANDER as ALEXANDER_AT_DESK
from tests.fakes.desk_records import BOT
from tests.fakes.rig import JONAS, LENA, MATRIX_ALEXANDER, MATRIX_STAFF, MATRIX_SUPPORT, MIA, SUPPORT, Rig

THREAD = replace(SUPPORT, chat_thread="m1")
VERA = Author(platform=Platform.DISCORD, user_id="vera", name="Vera", roles=frozenset({"staff"}))


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


# Notes


async def test_a_note_from_discord_is_internal_and_in_the_writers_name(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        reply = await rig.run("note", address=THREAD, text="Asked the network team.")
        await rig.look()
    assert plain(reply.text) == rig.words.line("note_done", number=str(ticket.number)).replace("**", "")
    (note,) = ticket.of_kind(ThreadKind.NOTE)
    assert note.text == "Note by Alexander, from Discord:\nAsked the network team."
    assert note.author is ALEXANDER_AT_DESK
    assert len(rig.discord.posted) == 1
    (line,) = rig.store.audit_lines
    assert (line.action, line.ticket, line.detail) == ("note", str(ticket.number), "")


async def test_a_note_of_somebody_who_is_not_mapped_is_the_bots_and_names_them(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.run("note", author=VERA, address=THREAD, text="Asked the network team.")
    (note,) = ticket.of_kind(ThreadKind.NOTE)
    assert note.text.startswith("Note by Vera")
    assert note.author is BOT


async def test_the_same_act_writes_one_note(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.fail_next(OutcomeUnknownError("no answer"), after_work=True, on="append")
        for _ in range(2):
            await rig.run("note", address=THREAD, text="Asked the network team.", act="a1")
        await rig.pass_time(timedelta(seconds=30))
    assert len(ticket.of_kind(ThreadKind.NOTE)) == 1
    assert len(rig.store.audit_lines) == 1


async def test_members_write_no_notes(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        reply = await rig.run("note", author=MIA, address=THREAD, text="Hello.")
    assert not reply.done
    assert len(ticket.threads) == 1


async def test_a_note_for_a_ticket_that_came_by_mail_is_written_too(rig: Rig) -> None:
    async with rig.running():
        mail = rig.desk.add_conversation("Invoice")
        await rig.run("note", ticket=str(mail.number), text="Paid.")
    assert [note.text for note in mail.of_kind(ThreadKind.NOTE)] == ["Note by Alexander, from Discord:\nPaid."]


async def test_a_note_typed_in_the_matrix_staff_room_is_written(rig: Rig) -> None:
    async with rig.running():
        await rig.post(author=JONAS, message_id="$e")
        (ticket,) = rig.desk.conversations
        await rig.post(
            f"!note {ticket.number} Asked the network team.",
            author=MATRIX_ALEXANDER,
            address=MATRIX_STAFF,
            room_role=RoomRole.STAFF,
        )
    (note,) = ticket.of_kind(ThreadKind.NOTE)
    assert note.text == "Note by Alexander, from Matrix:\nAsked the network team."
    assert note.author is ALEXANDER_AT_DESK


async def test_a_note_typed_where_members_read_it_is_refused_and_written_nowhere(rig: Rig) -> None:
    async with rig.running():
        await rig.post(author=JONAS, message_id="$e")
        (ticket,) = rig.desk.conversations
        thread = replace(MATRIX_SUPPORT, chat_thread="$e")
        await rig.post(f"!note {ticket.number} He is rude.", author=MATRIX_ALEXANDER, address=thread)
        await rig.look()
    assert len(ticket.threads) == 1
    assert rig.matrix.posted[-1].text == rig.words.line("note_in_public")


# Solved


async def test_a_stranger_cannot_say_that_a_ticket_is_solved(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        for options in ({}, {"ticket": str(ticket.number)}):
            reply = await rig.run("solved", author=LENA, address=THREAD, **options)
            assert not reply.done
            assert plain(reply.text) == rig.words.line("not_your_ticket")
    assert ticket.status is Status.ACTIVE
    assert len(rig.discord.posted) == 1


async def test_whether_a_ticket_exists_is_nobody_elses_business(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        known = await rig.run("solved", author=LENA, ticket=str(ticket.number))
        unknown = await rig.run("solved", author=LENA, ticket="999999")
    assert known == unknown
    assert "conversation" not in rig.desk.calls


async def test_the_same_account_name_on_the_other_platform_is_a_stranger(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket()
        reply = await rig.run("solved", author=replace(MIA, platform=Platform.MATRIX), address=THREAD)
    assert not reply.done


async def test_a_member_may_say_it_of_their_own_by_number_from_anywhere(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        reply = await rig.run("solved", author=MIA, ticket=str(ticket.number))
    assert reply.done
    assert rig.discord.posted[-1].message.address == THREAD
    assert rig.discord.posted[-1].message.choices


async def test_typed_in_the_thread_it_asks_there(rig: Rig) -> None:
    thread = replace(MATRIX_SUPPORT, chat_thread="$e")
    async with rig.running():
        await rig.post(author=JONAS, message_id="$e")
        await rig.post("!solved", author=JONAS, address=thread)
        await rig.look()
    (question,) = [one for one in rig.matrix.posted if one.message.choices]
    assert question.message.address == thread
    assert rig.desk.conversations[0].status is Status.PENDING


@pytest.mark.parametrize("status", [Status.CLOSED, Status.SPAM])
async def test_a_closed_ticket_is_not_asked_about(rig: Rig, status: Status) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.set_status_as_agent(ticket.conversation_id, status)
        await rig.look()
        said = len(rig.discord.posted)
        reply = await rig.run("solved", address=THREAD)
    assert plain(reply.text) == rig.words.line("solved_already", number=str(ticket.number))
    assert len(rig.discord.posted) == said


async def test_a_ticket_without_a_number_is_asked_about_later(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        await rig.post(message_id="m1")
        reply = await rig.run("solved", author=MIA, address=THREAD)
    assert not reply.done
    assert plain(reply.text).startswith(rig.words.line("solved_too_early"))


async def test_a_ticket_that_came_by_mail_has_nobody_to_ask(rig: Rig) -> None:
    async with rig.running():
        mail = rig.desk.add_conversation("Invoice")
        reply = await rig.run("solved", ticket=str(mail.number))
    assert plain(reply.text) == rig.words.line("solved_elsewhere")
    assert mail.status is Status.ACTIVE
