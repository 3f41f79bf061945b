"""Is it solved? Asked once, answered by whoever may, closed by a yes or by silence, opened again by a no."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import Author, Reacted
from bot.domain.errors import OutcomeUnknownError
from bot.domain.helpdesk import Status, ThreadKind
from tests.fakes.desk_records import LEA
from tests.fakes.rig import ALEXANDER, JONAS, LENA, MATRIX_SUPPORT, MIA, Rig
from tests.unit.asking import THREAD, asked_at, choice, closed_by_lea, notes, questions


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


# Asking


async def test_an_agents_closing_is_asked_about_and_stays_closed(rig: Rig) -> None:
    async with rig.running():
        ticket = await closed_by_lea(rig)
        await rig.look()
    (question,) = questions(rig)
    assert question.text.startswith(f"Lea closed ticket #{ticket.number}. Is it solved for you?")
    assert question.message.address == THREAD
    assert question.message.mention == "mia"
    assert [one.label for one in question.message.choices] == ["Yes, solved", "No, not yet"]
    assert ticket.status is Status.CLOSED
    assert rig.discord.statuses == [(THREAD, Status.CLOSED, False)]


async def test_a_reply_that_closes_is_read_before_the_question(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "It is mended.", status=Status.CLOSED)
        await rig.look()
    said = [one.text for one in rig.discord.posted[1:]]
    assert said[0] == "Lea:\nIt is mended."
    assert said[1].startswith("Lea closed ticket")
    assert len(said) == 2


async def test_in_matrix_the_question_says_how_to_answer(rig: Rig) -> None:
    async with rig.running():
        await closed_by_lea(rig, author=JONAS, address=MATRIX_SUPPORT)
    assert questions(rig)[0].text.endswith(rig.words.line("answer_matrix"))


@pytest.mark.parametrize(
    ("author", "asked"),
    [(MIA, "You say that ticket #{n} is solved."), (ALEXANDER, "Alexander says that ticket #{n} is solved.")],
)
async def test_saying_solved_sets_pending_and_asks(rig: Rig, author: Author, asked: str) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        reply = await rig.run("solved", author=author, address=THREAD)
        await rig.look()
    assert reply.done
    assert ticket.status is Status.PENDING
    (question,) = questions(rig)
    assert question.text.startswith(asked.format(n=ticket.number))


async def test_closing_a_ticket_whose_member_was_asked_already_asks_no_second_time(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.run("solved", address=THREAD)
        rig.desk.close(ticket.conversation_id, LEA)
        await rig.look()
    assert len(questions(rig)) == 1
    assert rig.discord.posted[-1].text == f"Lea closed ticket #{ticket.number}."


# Answers


async def test_yes_closes_with_a_note_and_puts_the_thread_away(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.run("solved", address=THREAD)
        told = await rig.press(choice(rig, "Yes"))
        await rig.look()
    assert told == rig.words.line("answer_taken")
    assert ticket.status is Status.CLOSED
    assert notes(ticket) == ["Confirmed as solved by Mia (Discord)."]
    assert rig.discord.posted[-1].text.startswith(f"Thank you! Ticket #{ticket.number} is closed.")
    assert rig.discord.statuses[-1] == (THREAD, Status.CLOSED, True)
    assert len(questions(rig)) == 1


async def test_no_opens_it_again_with_a_note_and_asks_what_is_missing(rig: Rig) -> None:
    async with rig.running():
        ticket = await closed_by_lea(rig)
        await rig.press(choice(rig, "No"))
        await rig.look()
        await rig.post("The second page is empty.", address=THREAD)
        await rig.look()
    assert ticket.status is Status.ACTIVE
    assert notes(ticket) == ["Not solved yet, says Mia (Discord)."]
    assert ticket.of_kind(ThreadKind.CUSTOMER)[-1].text == "The second page is empty."
    assert rig.discord.posted[-1].text == rig.words.line("what_is_missing", number=str(ticket.number))
    assert rig.discord.statuses[-1] == (THREAD, Status.ACTIVE, False)


@pytest.mark.parametrize(("emoji", "status"), [("✅", Status.CLOSED), ("❌", Status.ACTIVE)])
async def test_a_reaction_to_the_question_answers_it(rig: Rig, emoji: str, status: Status) -> None:
    async with rig.running():
        ticket = await closed_by_lea(rig)
        await rig.event(reacted(rig, emoji, MIA))
        await rig.look()
    assert ticket.status is status
    assert len(notes(ticket)) == 1


@pytest.mark.parametrize(("author", "emoji"), [(LENA, "✅"), (LENA, "❌"), (MIA, "🎈")])
async def test_other_reactions_and_those_of_others_answer_nothing(rig: Rig, author: Author, emoji: str) -> None:
    async with rig.running():
        ticket = await closed_by_lea(rig)
        await rig.event(reacted(rig, emoji, author))
    assert notes(ticket) == []
    assert asked_at(rig)


@pytest.mark.parametrize("ends_between", [False, True])
async def test_a_reaction_that_comes_before_the_question_is_on_record_answers_it(rig: Rig, ends_between: bool) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.discord.fail_next(OutcomeUnknownError("no answer"), after_work=True, on="send")
        rig.desk.close(ticket.conversation_id, LEA)
        await rig.sweep()
        await rig.event(reacted(rig, "✅", LENA))
        await rig.event(reacted(rig, "❌", MIA))
        assert notes(ticket) == []
        if not ends_between:
            await rig.pass_time(timedelta(seconds=10))
    async with rig.running():
        await rig.look()
    assert notes(ticket) == ["Not solved yet, says Mia (Discord)."]
    assert len(questions(rig)) == 1
    assert [owner for owner, _ in rig.store.contents.memory if owner == "reactions"] == []


async def test_a_reaction_to_anything_else_answers_nothing(rig: Rig) -> None:
    async with rig.running():
        ticket = await closed_by_lea(rig)
        first = rig.discord.posted[0]
        reaction = replace(reacted(rig, "❌", MIA), message_id=first.message_id)
        await rig.event(reaction)
    assert notes(ticket) == []


def reacted(rig: Rig, emoji: str, author: Author) -> Reacted:
    question = questions(rig)[-1]
    return Reacted(
        address=question.message.address,
        message_id=question.message_id,
        author=author,
        emoji=emoji,
        reaction_id=f"r:{emoji}:{author.user_id}",
    )


async def test_words_that_come_before_the_question_is_on_record_answer_it(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.discord.fail_next(OutcomeUnknownError("no answer"), after_work=True, on="send")
        rig.desk.close(ticket.conversation_id, LEA)
        await rig.sweep()
        await rig.post("yes", address=THREAD)
        assert notes(ticket) == []
        await rig.pass_time(timedelta(seconds=10))
    assert ticket.status is Status.CLOSED
    assert notes(ticket) == ["yes", "Confirmed as solved by Mia (Discord)."]


@pytest.mark.parametrize(("words", "status"), [("Yes, thanks!", Status.CLOSED), ("no", Status.ACTIVE)])
async def test_words_answer_and_are_kept_as_a_note_that_opens_nothing(rig: Rig, words: str, status: Status) -> None:
    async with rig.running():
        ticket = await closed_by_lea(rig)
        await rig.post(words, address=THREAD)
        await rig.look()
    assert ticket.status is status
    assert notes(ticket)[0] == words
    assert len(ticket.of_kind(ThreadKind.CUSTOMER)) == 1
    assert rig.words.line("reopened_by_member", number=str(ticket.number)) not in rig.discord.said_in("m1")


async def test_the_words_of_others_answer_nothing(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.run("solved", address=THREAD)
        await rig.post("yes", address=THREAD, author=LENA)
        await rig.look()
    assert ticket.status is not Status.CLOSED
    assert asked_at(rig)


async def test_whoever_goes_on_talking_has_answered_by_that(rig: Rig) -> None:
    async with rig.running():
        ticket = await closed_by_lea(rig)
        await rig.post("The second page is still empty.", address=THREAD)
        await rig.look()
        assert ticket.status is Status.ACTIVE
        assert asked_at(rig) is None
        assert await rig.press(choice(rig, "Yes")) == rig.words.line("question_over")
        assert ticket.status is Status.ACTIVE


async def test_a_stranger_is_told_who_may_answer(rig: Rig) -> None:
    async with rig.running():
        ticket = await closed_by_lea(rig)
        assert await rig.press(choice(rig, "No"), author=LENA) == rig.words.line("not_yours_to_answer", name="Mia")
        await rig.look()
    assert ticket.status is Status.CLOSED


async def test_the_team_may_answer_too(rig: Rig) -> None:
    async with rig.running():
        ticket = await closed_by_lea(rig)
        await rig.press(choice(rig, "Yes"), author=ALEXANDER)
    assert notes(ticket) == ["Confirmed as solved by Alexander (Discord)."]


async def test_a_press_counts_once_and_a_second_one_is_told_that_it_is_over(rig: Rig) -> None:
    async with rig.running():
        ticket = await closed_by_lea(rig)
        yes, no = choice(rig, "Yes"), choice(rig, "No")
        for _ in range(2):
            assert await rig.press(yes, act="p1") == rig.words.line("answer_taken")
        assert await rig.press(no) == rig.words.line("question_over")
        await rig.look()
    assert len(notes(ticket)) == 1
    assert ticket.status is Status.CLOSED


@pytest.mark.parametrize("given", ["nonsense", "solved:yes:no-such-link"])
async def test_a_button_of_no_ticket_does_nothing(rig: Rig, given: str) -> None:
    async with rig.running():
        assert await rig.press(given) in {rig.words.line("unknown_button"), rig.words.line("question_over")}


async def test_an_answer_given_while_the_help_desk_is_down_is_carried_out_when_it_is_back(rig: Rig) -> None:
    async with rig.running():
        ticket = await closed_by_lea(rig)
        rig.desk.down = True
        await rig.press(choice(rig, "No"))
        await rig.pass_time(timedelta(minutes=10))
        rig.desk.down = False
        await rig.pass_time(timedelta(minutes=2))
        await rig.look()
    assert ticket.status is Status.ACTIVE
    assert len(questions(rig)) == 1
    assert len(rig.discord.posted) == 3


async def test_answers_are_in_the_audit_log(rig: Rig) -> None:
    async with rig.running():
        await closed_by_lea(rig)
        await rig.press(choice(rig, "No"))
    (line,) = rig.store.audit_lines
    assert (line.actor, line.action, line.detail) == ("Mia (discord:mia)", "confirm", "not solved")


# What withdraws it


async def test_an_agent_who_answers_again_withdraws_the_question(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.run("solved", author=ALEXANDER, ticket=str(ticket.number))
        button = choice(rig, "Yes")
        rig.desk.agent_replies(ticket.conversation_id, "One more thing to try.")
        await rig.look()
        told = await rig.press(button)
    assert told == rig.words.line("question_over")
    assert ticket.status is Status.PENDING


async def test_an_agent_who_sets_it_to_active_again_withdraws_the_question(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.run("solved", author=ALEXANDER, ticket=str(ticket.number))
        button = choice(rig, "Yes")
        rig.desk.set_status_as_agent(ticket.conversation_id, Status.ACTIVE, LEA)
        await rig.look()
        told = await rig.press(button)
    assert told == rig.words.line("question_over")
    assert ticket.status is Status.ACTIVE
