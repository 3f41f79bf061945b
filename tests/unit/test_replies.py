"""Agents' replies reach the chat: each once, in their name, with their files, and nothing that is none."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import Voice
from bot.domain.errors import OutcomeUnknownError, TransientError
from bot.domain.helpdesk import ThreadKind
from bot.domain.richtext import RichText, bold, from_plain, join, paragraph
from tests.fakes.desk_records import ALEXANDER as ALEXANDER_AT_DESK
from tests.fakes.rig import ALEXANDER, JONAS, MATRIX_SUPPORT, Rig
from tests.unit.answering import THREAD, replies


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


async def test_a_reply_is_said_in_the_tickets_thread_under_the_agents_name_and_mentions_who_asked(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.look()
    said = rig.discord.posted[-1].message
    assert said.address == THREAD
    assert said.text == join(RichText(blocks=(paragraph(bold("Lea"), ":"),)), from_plain("Please restart it."))
    assert said.mention == "mia"
    assert said.voice is Voice.AGENT


@pytest.mark.parametrize(("style", "name"), [("first", "Lea:"), ("full", "Lea Brandt:"), ("team", "Support team:")])
async def test_agents_are_called_as_the_settings_say(rig: Rig, style: str, name: str) -> None:
    rig.agent_name = style  # type: ignore[assignment]
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.look()
    assert rig.discord.posted[-1].text.splitlines()[0] == name


async def test_a_reply_reaches_matrix_threads_too(rig: Rig) -> None:
    async with rig.running():
        await rig.post(author=JONAS, message_id="$e")
        rig.desk.agent_replies(rig.desk.conversations[0].conversation_id, "Please restart it.")
        await rig.look()
    said = rig.matrix.posted[-1].message
    assert said.address == replace(MATRIX_SUPPORT, chat_thread="$e")
    assert said.mention == "@jonas:x"


# When


async def test_by_sweep_a_reply_waits_until_it_can_not_be_taken_back_counted_from_when_it_was_seen(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.pass_time(timedelta(minutes=5))
        await rig.sweep()
        await rig.pass_time(timedelta(seconds=15))
        assert replies(rig) == []
        await rig.pass_time(timedelta(seconds=1))
        assert replies(rig) == ["Please restart it."]


async def test_the_webhook_of_a_reply_that_is_old_enough_shows_it_at_once(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.pass_time(rig.undo)
        await rig.webhook(ticket.conversation_id)
        assert replies(rig) == ["Please restart it."]


@pytest.mark.parametrize("skew", [-180, 180])
async def test_a_webhook_that_comes_early_does_not_shorten_the_wait_whatever_the_clocks_say(
    rig: Rig, skew: int
) -> None:
    rig.desk.skew = timedelta(seconds=skew)
    async with rig.running():
        ticket = await rig.ticket()
        reply = rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.pass_time(timedelta(seconds=14))
        await rig.webhook(ticket.conversation_id)
        assert replies(rig) == []
        rig.desk.undo(reply)
        await rig.pass_time(timedelta(minutes=5))
        assert replies(rig) == []


async def test_any_other_webhook_only_has_the_conversation_read(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.pass_time(rig.undo)
        await rig.webhook(ticket.conversation_id, replied=False)
        assert replies(rig) == []
        await rig.pass_time(rig.undo)
        assert replies(rig) == ["Please restart it."]


async def test_an_edit_within_the_wait_restarts_it_and_the_new_text_is_said(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        reply = rig.desk.agent_replies(ticket.conversation_id, "Please restrat it.")
        await rig.sweep()
        await rig.pass_time(timedelta(seconds=10))
        rig.desk.edit(reply, "Please restart it.")
        await rig.sweep()
        await rig.pass_time(timedelta(seconds=15))
        assert replies(rig) == []
        await rig.pass_time(timedelta(seconds=1))
        assert replies(rig) == ["Please restart it."]


async def test_a_reply_taken_back_and_sent_again_between_two_looks_waits_anew(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        reply = rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.sweep()
        await rig.pass_time(timedelta(seconds=12))
        rig.desk.undo(reply)
        rig.desk.publish(reply)
        await rig.pass_time(timedelta(seconds=10))
        assert replies(rig) == []
        await rig.pass_time(timedelta(seconds=10))
        assert replies(rig) == ["Please restart it."]


async def test_a_reply_edited_after_a_try_that_said_nothing_is_shown_as_it_is_then(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        reply = rig.desk.agent_replies(ticket.conversation_id, "Please restrat it.")
        rig.discord.fail_next(TransientError("busy", retry_after=timedelta(minutes=1)), on="send")
        await rig.look()
        rig.desk.edit(reply, "Please restart it.")
        await rig.pass_time(timedelta(minutes=3))
    assert replies(rig) == ["Please restart it."]


async def test_a_reply_edited_after_a_try_whose_answer_was_lost_is_not_said_twice(rig: Rig) -> None:
    rig.discord.forgets_idempotency = True
    async with rig.running():
        ticket = await rig.ticket()
        reply = rig.desk.agent_replies(ticket.conversation_id, "Please restrat it.")
        rig.discord.fail_next(OutcomeUnknownError("no answer"), after_work=True, on="send")
        rig.desk.edit(reply, "Please restart it.")
        await rig.look()
        rig.desk.edit(reply, "Please restart it now.")
        await rig.pass_time(timedelta(minutes=3))
    assert replies(rig) == ["Please restart it."]


async def test_a_reply_that_is_not_published_any_more_when_its_turn_comes_is_not_said(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        reply = rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        rig.discord.fail_next(TransientError("busy", retry_after=timedelta(minutes=1)), on="send")
        await rig.look()
        rig.desk.undo(reply, force=True)
        await rig.pass_time(timedelta(minutes=3))
        assert replies(rig) == []
        rig.desk.publish(reply)
        await rig.look()
    assert replies(rig) == ["Please restart it."]


async def test_a_reply_edited_after_it_was_shown_is_not_shown_again(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        reply = rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.look()
        rig.desk.edit(reply, "Please restart it, twice.")
        await rig.look()
        await rig.webhook(ticket.conversation_id)
    assert replies(rig) == ["Please restart it."]


async def test_a_draft_published_after_a_later_reply_is_shown_when_it_is_published(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        draft = rig.desk.agent_replies(ticket.conversation_id, "First written.", draft=True)
        rig.desk.agent_replies(ticket.conversation_id, "First sent.")
        await rig.look()
        assert replies(rig) == ["First sent."]
        rig.desk.publish(draft)
        await rig.look()
    assert replies(rig) == ["First sent.", "First written."]


async def test_replies_written_during_a_downtime_are_shown_in_their_order(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.sweep()
    for number in range(3):
        rig.desk.agent_replies(ticket.conversation_id, f"Reply {number}")
        await rig.pass_time(timedelta(hours=1))
    async with rig.running():
        await rig.look()
    assert replies(rig) == ["Reply 0", "Reply 1", "Reply 2"]


async def test_a_reply_that_waited_when_the_process_ended_needs_no_sweep_to_be_shown(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.sweep()
    async with rig.running():
        await rig.pass_time(rig.undo)
    assert replies(rig) == ["Please restart it."]


async def test_a_help_desk_that_is_away_is_read_again_when_it_is_back(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "Please restart it.")
        await rig.pass_time(rig.undo)
        rig.desk.down = True
        await rig.webhook(ticket.conversation_id)
        await rig.pass_time(timedelta(minutes=5))
        rig.desk.down = False
        await rig.pass_time(timedelta(minutes=1))
        assert replies(rig) == ["Please restart it."]


# What is not shown


async def test_replies_to_mails_are_shown_nowhere(rig: Rig) -> None:
    async with rig.running():
        mail = rig.desk.add_conversation("Invoice")
        rig.desk.agent_replies(mail.conversation_id, "Here it is.")
        await rig.look()
        await rig.webhook(mail.conversation_id)
    assert rig.discord.posted == []
    assert rig.matrix.posted == []


@pytest.mark.parametrize("published", [False, True])
async def test_notes_and_drafts_are_never_shown(rig: Rig, published: bool) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        if published:
            rig.desk.note(ticket.conversation_id, "Internal.")
        else:
            rig.desk.agent_replies(ticket.conversation_id, "Not yet.", draft=True)
        await rig.pass_time(timedelta(minutes=1))
        await rig.webhook(ticket.conversation_id)
        await rig.look()
    assert replies(rig) == []


async def test_a_reply_without_text_and_files_says_nothing(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, RichText())
        await rig.look()
    assert replies(rig) == []


async def test_replies_from_before_an_upgrade_are_history_and_later_ones_are_not(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
    rig.desk.agent_replies(ticket.conversation_id, "Answered by hand already.")
    as_of_an_earlier_release(rig)
    await rig.pass_time(timedelta(days=1))
    async with rig.running():
        for _ in range(3):
            await rig.look()
        rig.desk.agent_replies(ticket.conversation_id, "Anything else?")
        await rig.look()
    assert replies(rig) == ["Anything else?"]
    assert len(rig.discord.posted) == 2  # the number, and this; that it is pending and taken was no news


def as_of_an_earlier_release(rig: Rig) -> None:
    contents = rig.store.contents
    contents.memory.clear()
    contents.threads.clear()
    contents.links.update({name: replace(link, followed=False) for name, link in contents.links.items()})


async def test_an_agent_who_quotes_a_reply_of_the_bots_is_still_shown(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.post("Try the proxy.", author=ALEXANDER, address=THREAD)
        (own,) = ticket.of_kind(ThreadKind.MESSAGE)
        rig.desk.agent_replies(ticket.conversation_id, "As was said: try the proxy.", agent=ALEXANDER_AT_DESK)
        quoting = ticket.threads[-1]
        quoting.entry = replace(quoting.entry, delivery_id=own.delivery_id)
        await rig.look()
    assert replies(rig) == ["As was said: try the proxy."]
