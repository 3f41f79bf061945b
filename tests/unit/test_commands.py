"""Triage, closing, help: who may, what happens, and what people are told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import MessageKind, RoomRole
from bot.domain.errors import OutcomeUnknownError
from bot.domain.helpdesk import Status, ThreadKind
from bot.domain.richtext import Mention, RichText, plain
from tests.fakes.rig import ALEXANDER, JONAS, MATRIX_ALEXANDER, MATRIX_SUPPORT, MIA, SUPPORT, Rig
from tests.unit.clocked import TOM_HERE


@pytest.fixture
def rig() -> Rig:
    return Rig()


async def test_triage_sets_tags_and_writes_who_did_it_from_where(rig: Rig) -> None:
    async with rig.running():
        await rig.post()
        (filed,) = rig.desk.conversations
        filed.tags.append("vip")
        reply = await rig.run("triage", ticket=str(filed.number), label="bug", priority="P1", note="seen before")
    assert reply.done
    assert plain(reply.text) == f"Ticket #{filed.number} is now bug, P1."
    assert set(filed.tags) == {"vip", "bug", "P1"}
    (note,) = filed.of_kind(ThreadKind.NOTE)
    assert note.text.splitlines()[:2] == ["Triaged as bug, P1 by Alexander from Discord.", "Note: seen before"]
    (line,) = rig.store.audit_lines
    assert (line.actor, line.action, line.ticket) == ("Alexander (discord:alexander)", "triage", str(filed.number))


async def test_triaging_again_replaces_and_keeps_the_history(rig: Rig) -> None:
    async with rig.running():
        await rig.post()
        (filed,) = rig.desk.conversations
        await rig.run("triage", ticket=str(filed.number), label="bug", priority="P1")
        await rig.run("triage", ticket=str(filed.number), label="question", priority="P2")
    assert filed.tags == ["question", "P2"]
    assert [note.text.splitlines()[0] for note in filed.of_kind(ThreadKind.NOTE)] == [
        "Triaged as bug, P1 by Alexander from Discord.",
        "Triaged as question, P2 (before: bug, P1) by Alexander from Discord.",
    ]


async def test_the_ticket_may_be_left_out_in_its_thread(rig: Rig) -> None:
    async with rig.running():
        await rig.post(message_id="m1")
        reply = await rig.run("triage", address=replace(SUPPORT, chat_thread="m1"), label="bug", priority="P0")
    assert reply.done
    assert rig.desk.conversations[0].tags == ["bug", "P0"]


async def test_a_ticket_can_be_triaged_in_its_thread_before_it_has_a_number(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        await rig.post(message_id="m1")
        reply = await rig.run("triage", address=replace(SUPPORT, chat_thread="m1"), label="bug", priority="P0")
        assert "This ticket is now bug, P0." in plain(reply.text)
        rig.desk.down = False
        await rig.clock.advance(timedelta(minutes=2))
    assert rig.desk.conversations[0].tags == ["bug", "P0"]


async def test_a_ticket_that_came_by_mail_can_be_triaged_by_its_number(rig: Rig) -> None:
    mail = rig.desk.add_conversation("Invoice", tags=["billing", "P2"])
    async with rig.running():
        reply = await rig.run("triage", ticket=f"#{mail.number}", label="question", priority="P1")
    assert reply.done
    assert set(mail.tags) == {"billing", "question", "P1"}


async def test_an_unknown_number_changes_nothing(rig: Rig) -> None:
    async with rig.running():
        reply = await rig.run("triage", ticket="4711", label="bug", priority="P1")
    assert not reply.done
    assert plain(reply.text) == "There is no ticket #4711 in FreeScout. Nothing was changed."
    assert rig.store.audit_lines == ()


async def test_an_unknown_ticket_while_the_help_desk_is_down_changes_nothing_and_says_so(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        reply = await rig.run("triage", ticket="4711", label="bug", priority="P1")
    assert not reply.done
    assert "FreeScout cannot be reached" in plain(reply.text)


async def test_a_known_ticket_is_triaged_while_the_help_desk_is_down(rig: Rig) -> None:
    async with rig.running():
        await rig.post()
        (filed,) = rig.desk.conversations
        rig.desk.down = True
        reply = await rig.run("triage", ticket=str(filed.number), label="bug", priority="P1")
        assert reply.done
        assert rig.words.line("desk_down") in plain(reply.text)
        assert filed.tags == []
        rig.desk.down = False
        await rig.clock.advance(timedelta(minutes=2))
    assert filed.tags == ["bug", "P1"]


async def test_others_are_refused_with_what_they_lack_and_nothing_changes(rig: Rig) -> None:
    async with rig.running():
        await rig.post()
        (filed,) = rig.desk.conversations
        reply = await rig.run("triage", author=MIA, ticket=str(filed.number), label="bug", priority="P1")
    assert not reply.done
    assert Mention(name="role triager", target="role:triager") in _mentions(reply.text)
    assert "Only triagers can use /triage" in plain(reply.text)
    assert filed.tags == []
    assert rig.store.audit_lines == ()


def _mentions(text: RichText) -> list[Mention]:
    return [child for block in text.blocks for child in getattr(block, "children", ()) if isinstance(child, Mention)]


async def test_the_same_command_run_again_does_nothing_more(rig: Rig) -> None:
    async with rig.running():
        await rig.post()
        (filed,) = rig.desk.conversations
        for _ in range(2):
            await rig.run("triage", act="same", ticket=str(filed.number), label="bug", priority="P1")
    assert len(filed.of_kind(ThreadKind.NOTE)) == 1


async def test_a_triage_note_whose_answer_was_lost_is_written_once(rig: Rig) -> None:
    async with rig.running():
        await rig.post()
        (filed,) = rig.desk.conversations
        rig.desk.fail_next(OutcomeUnknownError("no answer"), after_work=True, on="append")
        await rig.run("triage", ticket=str(filed.number), label="bug", priority="P1")
        await rig.clock.advance(timedelta(seconds=30))
    assert len(filed.of_kind(ThreadKind.NOTE)) == 1


@pytest.mark.parametrize("reason", ["not-a-request", "answered", "duplicate"])
async def test_close_removes_noise_with_a_note(rig: Rig, reason: str) -> None:
    async with rig.running():
        await rig.post()
        (filed,) = rig.desk.conversations
        reply = await rig.run("close", ticket=str(filed.number), reason=reason)
    assert reply.done
    assert filed.status is Status.CLOSED
    assert filed.of_kind(ThreadKind.NOTE)[0].text == f"Closed by Alexander from Discord: {reason.replace('-', ' ')}."


async def test_a_closed_ticket_is_suggested_no_more(rig: Rig) -> None:
    async with rig.running():
        await rig.post("Export fails")
        await rig.post("Import fails", author=replace(MIA, user_id="u2", name="Lena"))
        assert [one.label for one in await rig.suggestions.tickets("", ALEXANDER)] == [
            f"#{rig.desk.conversations[1].number} Import fails (Lena)",
            f"#{rig.desk.conversations[0].number} Export fails (Mia)",
        ]
        await rig.run("close", ticket=str(rig.desk.conversations[0].number), reason="answered")
    assert len(await rig.suggestions.tickets("", ALEXANDER)) == 1


async def test_what_is_for_the_team_is_not_said_to_be_for_triagers(rig: Rig) -> None:
    async with rig.running():
        here = await rig.run("tickets", author=MIA)
        await rig.post("!tickets", author=JONAS, message_id="$c")
    assert plain(here.text).startswith("Only the support team can use /tickets. You would need one of these roles:")
    assert {one.target for one in _mentions(here.text)} == {"role:staff", "role:triager"}
    (there,) = rig.matrix.said_in("$c")
    assert there.startswith("Only the support team can use !tickets. Your account @jonas:x is not among them")


async def test_suggestions_never_ask_the_help_desk_and_are_for_the_team(rig: Rig) -> None:
    async with rig.running():
        await rig.post()
        rig.desk.down = True
        number = str(rig.desk.conversations[0].number)
        for member in (ALEXANDER, TOM_HERE):
            assert [one.value for one in await rig.suggestions.tickets("#" + number[:2], member)] == [number]
        assert await rig.suggestions.tickets("", MIA) == ()


async def test_help_lists_what_this_person_may_use(rig: Rig) -> None:
    assert "/triage" not in plain((await rig.run("help", author=MIA)).text)
    assert "/triage" in plain((await rig.run("help", author=ALEXANDER)).text)


# Typed commands


async def test_a_typed_command_in_a_tickets_thread_is_carried_out_and_answered_there(rig: Rig) -> None:
    thread = replace(MATRIX_SUPPORT, chat_thread="$e")
    async with rig.running():
        await rig.post(author=JONAS, message_id="$e")
        await rig.post("!triage bug P1 looks bad", author=MATRIX_ALEXANDER, address=thread)
    (filed,) = rig.desk.conversations
    assert filed.tags == ["bug", "P1"]
    assert len(filed.of_kind(ThreadKind.CUSTOMER)) == 1
    assert rig.matrix.said_in("$e")[-1] == f"Ticket #{filed.number} is now bug, P1."


async def test_a_malformed_command_is_answered_with_its_usage(rig: Rig) -> None:
    async with rig.running():
        await rig.post("!triage urgent", author=MATRIX_ALEXANDER, message_id="$c")
    (said,) = rig.matrix.said_in("$c")
    assert "“urgent” cannot be used as label" in said
    assert "!triage [ticket] bug|feature|question P0|P1|P2 [note]" in said
    assert rig.desk.conversations == []


async def test_a_command_from_the_staff_room_works_by_number(rig: Rig) -> None:
    async with rig.running():
        await rig.post(author=JONAS)
        number = rig.desk.conversations[0].number
        await rig.post(f"!close {number} duplicate", author=MATRIX_ALEXANDER, room_role=RoomRole.STAFF)
    assert rig.desk.conversations[0].status is Status.CLOSED


async def test_a_members_command_is_refused_and_opens_no_ticket(rig: Rig) -> None:
    async with rig.running():
        await rig.post("!triage 1 bug P1", author=JONAS, message_id="$c")
    assert rig.desk.conversations == []
    assert "@jonas:x is not among them" in rig.matrix.said_in("$c")[0]


async def test_an_unknown_word_with_an_exclamation_mark_is_a_request(rig: Rig) -> None:
    async with rig.running():
        await rig.post("!important the export fails", author=JONAS)
    assert len(rig.desk.conversations) == 1


async def test_a_bot_commands_nothing(rig: Rig) -> None:
    async with rig.running():
        await rig.post("!help", author=JONAS, kind=MessageKind.BOT)
        await rig.post("!triage 1 bug P1", author=MATRIX_ALEXANDER, kind=MessageKind.SYSTEM)
    assert rig.matrix.posted == []


async def test_the_same_act_again_leaves_what_was_done_since_as_it_is(rig: Rig) -> None:
    """A typed command is repeated when the process ended before its answer was recorded."""
    async with rig.running():
        await rig.post(message_id="m1")
        (filed,) = rig.desk.conversations
        number = str(filed.number)
        for act, label in (("x", "bug"), ("y", "feature"), ("x", "bug")):
            assert (await rig.run("triage", ticket=number, label=label, priority="P1", act=act)).done
        await rig.run("close", ticket=number, reason="answered", act="z")
        await rig.post("It still fails.", address=replace(SUPPORT, chat_thread="m1"))
        await rig.run("close", ticket=number, reason="answered", act="z")
    (link,) = rig.store.contents.links.values()
    assert filed.tags == ["feature", "P1"]
    assert (link.label, link.status) == ("feature", Status.ACTIVE)
    assert [line.action for line in rig.store.audit_lines] == ["triage", "triage", "close"]
