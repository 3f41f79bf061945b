"""The main job on the whole core: a message becomes a ticket, its number comes back, nothing twice, nothing lost."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from typing_extensions import override

from bot.domain.chat import Attachment, MessageKind, Platform, QuotedMessage, RoomRole
from bot.domain.delivery import DeliveryState
from bot.domain.errors import OutcomeUnknownError, PermanentError, StoreError, TransientError
from bot.domain.helpdesk import NewConversation, OpenedConversation, ThreadKind
from bot.domain.richtext import from_plain
from bot.ports.inbound import Accepted, Duplicate, Ignored
from bot.ports.store import Records
from tests.fakes.clock import ManualClock, settle
from tests.fakes.helpdesk import FakeHelpDesk
from tests.fakes.rig import ALEXANDER, JONAS, LENA, MATRIX_SUPPORT, MIA, SUPPORT, Rig

DOWN = timedelta(seconds=30)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def file(name: str = "log.txt", size_bytes: int | None = 4) -> Attachment:
    return Attachment(name=name, mime_type="text/plain", size_bytes=size_bytes, reference=f"ref:{name}")


async def test_a_message_becomes_a_ticket_and_its_number_comes_back(rig: Rig) -> None:
    async with rig.running():
        result = await rig.post("The export fails.\nSince today.", message_id="m1")
    assert isinstance(result, Accepted)
    assert result.opened
    (filed,) = rig.desk.conversations
    assert filed.subject == "The export fails."
    assert filed.texts == ["The export fails.\nSince today."]
    assert filed.threads[0].entry.speaker == "Mia (Discord)"
    assert filed.threads[0].entry.source_link == "https://chat.example/support/m1"
    assert rig.discord.chat_threads == {"m1": f"#{filed.number} The export fails."}
    (answer,) = rig.discord.posted
    assert f"#{filed.number}" in answer.text
    assert answer.message.address == replace(SUPPORT, chat_thread="m1")
    assert answer.message.mention == "mia"


async def test_it_is_acknowledged_also_when_the_help_desk_is_down(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        await rig.post(message_id="m1")
        assert rig.discord.reactions == [(SUPPORT, "m1", "👀")]
        assert rig.discord.posted == []


async def test_what_comes_while_the_help_desk_is_down_is_filed_when_it_is_back(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        for number in range(5):
            await rig.post(f"Question {number}", author=replace(MIA, user_id=f"u{number}"))
        await rig.clock.advance(timedelta(hours=1))
        assert rig.desk.conversations == []
        rig.desk.down = False
        await rig.clock.advance(timedelta(minutes=1))
    assert sorted(one.subject for one in rig.desk.conversations) == [f"Question {number}" for number in range(5)]
    assert sum("is ticket" in posted.text for posted in rig.discord.posted) == 5


async def test_the_same_message_received_again_does_nothing(rig: Rig) -> None:
    async with rig.running():
        await rig.post(message_id="m1")
        assert await rig.post(message_id="m1") == Duplicate()
    assert len(rig.desk.conversations) == 1


async def test_the_same_message_twice_in_one_arrival_is_taken_once(rig: Rig) -> None:
    message = rig.message(message_id="m1")
    async with rig.running():
        results = await rig.accept(message, message)
    assert isinstance(results[0], Accepted)
    assert results[1] == Duplicate()
    assert len(rig.desk.conversations) == 1


async def test_twenty_first_messages_at_once_make_one_ticket_in_order(rig: Rig) -> None:
    async with rig.running():
        await rig.accept(*[rig.message(f"part {number}") for number in range(20)])
    (filed,) = rig.desk.conversations
    assert filed.texts == [f"part {number}" for number in range(20)]
    assert len(rig.discord.posted) == 1


async def test_messages_of_anybody_in_the_thread_are_appended_with_their_speaker(rig: Rig) -> None:
    thread = replace(SUPPORT, chat_thread="m1")
    async with rig.running():
        await rig.post(message_id="m1")
        await rig.post("Me too.", author=LENA, address=thread)
    (filed,) = rig.desk.conversations
    assert [one.entry.speaker for one in filed.threads] == ["Mia (Discord)", "Lena (Discord)"]
    assert [one.kind for one in filed.threads] == [ThreadKind.CUSTOMER, ThreadKind.CUSTOMER]


async def test_a_thread_on_a_message_that_joined_a_ticket_belongs_to_that_ticket(rig: Rig) -> None:
    async with rig.running():
        await rig.post("first", message_id="m1")
        await rig.post("second", message_id="m2")
        await rig.post("third", author=LENA, address=replace(SUPPORT, chat_thread="m2"))
    (filed,) = rig.desk.conversations
    assert filed.texts == ["first", "second", "third"]


async def test_refused_reactions_are_told_once_and_hold_up_nothing(rig: Rig) -> None:
    rig.discord.fail_next(PermanentError("unknown emoji"), on="react", times=3)
    async with rig.running():
        for number in range(3):
            await rig.post(f"Question {number}", author=replace(MIA, user_id=f"u{number}"))
    told = [posted.text for posted in rig.discord.posted if posted.message.address.room == "staff"]
    assert len(told) == 1
    assert "unknown emoji" in told[0]
    assert DeliveryState.PARKED not in {row.state for row in rig.store.contents.deliveries.values()}
    assert len(rig.desk.conversations) == 3


async def test_a_reply_to_the_bots_own_message_belongs_to_the_ticket(rig: Rig) -> None:
    async with rig.running():
        await rig.post(message_id="m1")
        said = rig.discord.posted[0].message_id
        await rig.clock.advance(timedelta(hours=1))
        await rig.post("Thanks, more details.", author=LENA, reply_to=said)
    (filed,) = rig.desk.conversations
    assert len(filed.threads) == 2


async def test_matrix_answers_in_a_thread_on_the_event(rig: Rig) -> None:
    async with rig.running():
        await rig.post(author=JONAS, message_id="$e")
    (answer,) = rig.matrix.posted
    assert answer.message.address == replace(MATRIX_SUPPORT, chat_thread="$e")


async def test_a_forum_posts_title_is_the_subject(rig: Rig) -> None:
    post = replace(SUPPORT, room="forum", chat_thread="p1")
    async with rig.running():
        await rig.post("It hangs.", address=post, message_id="p1", title="Import hangs at 99 %")
    assert rig.desk.conversations[0].subject == "Import hangs at 99 %"
    assert rig.discord.posted[0].message.address == post


async def test_a_question_in_a_thread_without_a_ticket_quotes_its_starter(rig: Rig) -> None:
    starter = QuotedMessage(author_name="Peter", text=from_plain("Release 2 is out"), link="https://x/1")
    rig.discord.starters["t1"] = starter
    async with rig.running():
        await rig.post("It broke my export.", address=replace(SUPPORT, chat_thread="t1"), message_id="m5")
    assert rig.desk.conversations[0].threads[0].entry.quote == starter


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": MessageKind.BOT},
        {"kind": MessageKind.SYSTEM},
        {"author": ALEXANDER},
        {"room_role": RoomRole.STAFF},
    ],
)
async def test_what_is_no_request_opens_nothing(rig: Rig, changes: dict[str, object]) -> None:
    async with rig.running():
        assert isinstance(await rig.post(**changes), Ignored)  # type: ignore[arg-type]
    assert rig.desk.conversations == []
    assert rig.discord.reactions == []


async def test_the_teams_words_in_a_ticket_are_replies_in_their_name(rig: Rig) -> None:
    async with rig.running():
        await rig.post(message_id="m1")
        await rig.post("Looks like the proxy.", author=ALEXANDER, address=replace(SUPPORT, chat_thread="m1"))
    (reply,) = rig.desk.conversations[0].of_kind(ThreadKind.MESSAGE)
    assert reply.entry.agent_id == 3
    assert reply.entry.speaker == "Alexander (team, in Discord)"


# Lost answers


@pytest.mark.parametrize("method", ["create_customer", "open_conversation"])
async def test_an_opening_whose_answer_was_lost_is_found_again(rig: Rig, method: str) -> None:
    rig.desk.fail_next(OutcomeUnknownError("no answer"), after_work=True, on=method)
    async with rig.running():
        await rig.post()
        await rig.clock.advance(DOWN)
    assert len(rig.desk.conversations) == 1
    assert len(rig.desk.customers) == 1
    assert len(rig.discord.posted) == 1


async def test_a_request_that_never_arrived_is_sent_again_once_that_is_certain(rig: Rig) -> None:
    rig.desk.fail_next(OutcomeUnknownError("reset"), after_work=False, on="open_conversation")
    async with rig.running():
        await rig.post()
        await rig.clock.advance(timedelta(seconds=4))
        assert rig.desk.conversations == []  # the help desk may still be at it
        await rig.clock.advance(timedelta(seconds=10))
    assert len(rig.desk.conversations) == 1


async def test_a_request_that_timed_out_is_looked_for_soon_and_sent_again_late(rig: Rig) -> None:
    timed_out = OutcomeUnknownError("timed out", settles_after=timedelta(seconds=60))
    rig.desk.fail_next(timed_out, after_work=False, on="open_conversation")
    async with rig.running():
        await rig.post()
        await rig.clock.advance(timedelta(seconds=59))
        assert rig.desk.calls.count("find_opened") > 5
        assert rig.desk.conversations == []
        await rig.clock.advance(timedelta(seconds=10))
    assert len(rig.desk.conversations) == 1


async def test_an_append_whose_answer_was_lost_is_found_again(rig: Rig) -> None:
    async with rig.running():
        await rig.post(message_id="m1")
        rig.desk.fail_next(OutcomeUnknownError("no answer"), after_work=True, on="append")
        await rig.post("more", address=replace(SUPPORT, chat_thread="m1"))
        await rig.clock.advance(DOWN)
    assert rig.desk.conversations[0].texts == ["The export fails.", "more"]


async def test_an_answer_in_chat_whose_fate_is_unknown_is_said_once(rig: Rig) -> None:
    rig.discord.forgets_idempotency = True
    async with rig.running():
        rig.discord.fail_next(TransientError("busy"), on="open_chat_thread")
        rig.discord.fail_next(OutcomeUnknownError("no answer"), after_work=True, on="send", times=2)
        await rig.post(message_id="m1")
        await rig.clock.advance(timedelta(minutes=2))
    assert len(rig.discord.said_in("m1")) == 1


async def test_a_kill_at_any_await_loses_and_doubles_nothing() -> None:
    """The pump is ended at every point of its work and started again; the outcome is always the same."""
    for steps in range(0, 120, 3):
        rig = Rig()
        async with rig.running():
            await rig.intake.accept(
                rig.arrival(rig.message("first", message_id="m1"), rig.message("second", message_id="m2"))
            )
            await turns_of_the_loop(steps)
        async with rig.running():
            await rig.clock.advance(DOWN)
        (filed,) = rig.desk.conversations
        assert filed.texts == ["first", "second"], steps
        assert len(rig.desk.customers) == 1, steps
        assert len(rig.discord.said_in("m1")) == 1, steps


async def turns_of_the_loop(steps: int) -> None:
    for _ in range(steps):
        await asyncio.sleep(0)


async def test_two_tickets_of_a_new_member_at_once_make_one_customer() -> None:
    rig = Rig(group_seconds=0)
    async with rig.running():
        await rig.accept(rig.message("one"), rig.message("two"))
    assert len(rig.desk.conversations) == 2
    assert len(rig.desk.customers) == 1


async def test_a_customer_that_agents_merged_away_is_made_anew(rig: Rig) -> None:
    async with rig.running():
        await rig.post("one")
        rig.desk.customers.clear()
        await rig.clock.advance(timedelta(hours=1))
        await rig.post("two")
        await rig.clock.advance(timedelta(hours=1))
        await rig.post("three")
    assert [one.subject for one in rig.desk.conversations] == ["one", "two", "three"]
    assert len(rig.desk.customers) == 1


async def test_the_cursor_moves_with_the_messages_and_never_without(rig: Rig) -> None:
    arrival = replace(rig.arrival(rig.message()), remember={"watermark": "7"})
    rig.store.break_down(StoreError("disk full"))
    with pytest.raises(StoreError):
        await rig.intake.accept(arrival)
    assert await rig.intake.recall(Platform.DISCORD) == {}
    rig.store.break_down(None)
    await rig.intake.accept(arrival)
    assert await rig.intake.recall(Platform.DISCORD, "water") == {"watermark": "7"}
    assert len(rig.store.contents.received) == 1


# Parking


async def test_a_refused_opening_tells_the_member_and_staff_once_and_holds_followers(rig: Rig) -> None:
    rig.desk.fail_next(PermanentError("mailbox not found"), on="open_conversation")
    async with rig.running():
        await rig.post(message_id="m1")
        await rig.post("more", address=replace(SUPPORT, chat_thread="m1"))
        await rig.clock.advance(timedelta(hours=1))
    assert rig.desk.conversations == []
    to_member = [posted for posted in rig.discord.posted if posted.message.mention == "mia"]
    assert len(to_member) == 1
    assert "A person has been told" in to_member[0].text
    to_staff = [posted.text for posted in rig.discord.posted if posted.message.address.room == "staff"]
    assert len(to_staff) == 1
    assert "mailbox not found" in to_staff[0]
    assert "the request of Mia" in to_staff[0]


async def test_a_retried_opening_is_filed_with_its_followers_in_order(rig: Rig) -> None:
    rig.desk.fail_next(PermanentError("mailbox not found"), on="open_conversation")
    async with rig.running() as pump:
        await rig.post("first", message_id="m1")
        await rig.post("second", address=replace(SUPPORT, chat_thread="m1"))
        (held,) = [row for row in rig.store.contents.deliveries.values() if row.state is DeliveryState.PARKED]
        again = replace(held, state=DeliveryState.PENDING, late=True, next_attempt_at=rig.clock.now())

        async def free(records: Records) -> None:
            await records.outbox.save(again)

        await rig.store.write(free)
        await pump.reload()
        await rig.rest()
    (filed,) = rig.desk.conversations
    assert [thread.text.splitlines()[-1] for thread in filed.threads] == ["first", "second"]
    assert "Filed late" in filed.threads[0].text


async def test_a_member_who_waits_two_minutes_is_reassured_once(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        await rig.post(message_id="m1")
        for _ in range(20):
            await rig.clock.advance(timedelta(seconds=30))
            await rig.reassurance.look()
            await settle()
    assert [posted.text for posted in rig.discord.posted] == [rig.words.line("still_waiting")]
    assert rig.discord.posted[0].message.address == SUPPORT  # no thread is opened before there is a number


# Attachments


async def test_files_are_copied_and_filed_with_their_message(rig: Rig) -> None:
    rig.discord.files["ref:log.txt"] = b"data"
    async with rig.running():
        await rig.post(files=[file()])
    (thread,) = rig.desk.threads
    assert [(one.name, one.content) for one in thread.entry.files] == [("log.txt", b"data")]
    assert thread.entry.missing == ()
    assert rig.spool.files == {}


async def test_filing_waits_a_minute_for_files_then_they_follow(rig: Rig) -> None:
    rig.discord.fail_next(TransientError("slow", retry_after=timedelta(seconds=90)), times=2)
    rig.discord.files["ref:log.txt"] = b"data"
    async with rig.running():
        await rig.post(files=[file()])
        await rig.clock.advance(timedelta(seconds=55))
        assert rig.desk.conversations == []
        await rig.clock.advance(timedelta(seconds=10))
        assert "follows in a separate entry" in rig.desk.threads[0].entry.missing[0]
        await rig.clock.advance(timedelta(minutes=5))
    assert [[one.name for one in thread.entry.files] for thread in rig.desk.threads] == [[], ["log.txt"]]
    assert rig.spool.files == {}


async def test_files_that_arrive_while_their_message_is_being_filed_follow_it(rig: Rig) -> None:
    rig.discord.fail_next(TransientError("slow", retry_after=timedelta(seconds=62)), on="fetch")
    rig.discord.files["ref:log.txt"] = b"data"
    desk = SlowDesk(rig.clock)
    rig.desk = desk
    async with rig.running():
        await rig.post(files=[file()])
        await rig.clock.advance(timedelta(seconds=65))
        await rig.rest()
        assert rig.spool.files  # copied, while the opening is still under way
        desk.gate.set()
        await rig.rest()
    assert [[(one.name, one.content) for one in thread.entry.files] for thread in rig.desk.threads] == [
        [],
        [("log.txt", b"data")],
    ]
    assert rig.spool.files == {}


class SlowDesk(FakeHelpDesk):
    """A help desk that opens no conversation before the gate is set."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self.gate = asyncio.Event()

    @override
    async def open_conversation(self, conversation: NewConversation) -> OpenedConversation:
        await self.gate.wait()
        return await super().open_conversation(conversation)


async def test_a_file_over_the_limit_is_named_and_not_copied(rig: Rig) -> None:
    async with rig.running():
        await rig.post(files=[file("film.mp4", 5_000_000)])
    (thread,) = rig.desk.threads
    assert thread.entry.files == ()
    assert thread.entry.missing == ("film.mp4 (4.8 MB): larger than the limit of 1000 B; see the message",)


async def test_a_file_that_never_comes_holds_back_the_others_for_an_hour_at_most(rig: Rig) -> None:
    rig.discord.fail_next(TransientError("busy"), on="fetch", times=500)
    async with rig.running():
        await rig.post(files=[file("bad.txt")])
        await rig.clock.advance(timedelta(minutes=59))
        assert len(rig.desk.threads) == 1
        await rig.clock.advance(timedelta(minutes=3))
        await rig.rest()
    assert "could not be copied (busy)" in rig.desk.threads[1].entry.missing[0]


async def test_a_file_that_is_gone_does_not_hold_up_its_message(rig: Rig) -> None:
    async with rig.running():
        await rig.post(files=[file()])
    assert "it is gone" in rig.desk.threads[0].entry.missing[0]


async def test_files_the_help_desk_drops_without_a_word_are_named_to_agents(rig: Rig) -> None:
    rig.desk.skips_files = True
    rig.discord.files["ref:log.txt"] = b"data"
    async with rig.running():
        await rig.post(files=[file()])
    (note,) = rig.desk.conversations[0].of_kind(ThreadKind.NOTE)
    assert "log.txt" in note.text


async def test_nothing_but_the_member_who_asked_can_be_pinged(rig: Rig) -> None:
    async with rig.running():
        await rig.post("@everyone <@&4> @room please", message_id="m1")
        rig.desk.fail_next(PermanentError("@everyone"), on="append")
        await rig.post("@here", author=LENA, address=replace(SUPPORT, chat_thread="m1"))
    assert {posted.message.mention for posted in rig.discord.posted} <= {None, "mia"}
