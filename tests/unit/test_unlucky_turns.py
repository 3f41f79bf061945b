"""What comes in an unlucky order or at an unlucky moment: nothing lost, nothing twice, nobody told nonsense."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from typing_extensions import override

from bot.domain.chat import Attachment, Platform
from bot.domain.errors import OutcomeUnknownError, PermanentError, TransientError
from bot.domain.helpdesk import NewConversation, OpenedConversation, Status
from tests.fakes.clock import ManualClock
from tests.fakes.helpdesk import FakeHelpDesk
from tests.fakes.rig import ALEXANDER, JONAS, LENA, MATRIX_SUPPORT, MIA, SUPPORT, Rig

LOG = Attachment(name="log.txt", mime_type="text/plain", size_bytes=4, reference="ref")


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.discord.files["ref"] = b"data"
    return rig


async def test_a_message_that_comes_after_the_answers_in_its_thread_joins_their_ticket(rig: Rig) -> None:
    """The answers came live, the message itself lay in the gap of a downtime."""
    async with rig.running():
        await rig.post("Me too.", author=LENA, address=replace(SUPPORT, chat_thread="m1"), message_id="m2")
        await rig.post("The export fails.", author=MIA, message_id="m1")
    (filed,) = rig.desk.conversations
    assert filed.texts == ["Me too.", "The export fails."]
    assert (SUPPORT, "m1", "👀") in rig.discord.reactions


async def test_a_member_whose_request_is_parked_is_not_told_that_it_waits(rig: Rig) -> None:
    rig.desk.fail_next(PermanentError("refused"), on="open_conversation")
    async with rig.running():
        await rig.post("one", message_id="m1")
        await rig.post("two", message_id="m2")
        await rig.clock.advance(timedelta(minutes=3))
        await rig.reassurance.look()
        await rig.rest()
    assert not [posted.text for posted in rig.discord.posted if "slow to answer" in posted.text]


async def test_that_a_request_waits_is_never_told_after_its_number(rig: Rig) -> None:
    rig.desk.down = True
    rig.discord.fail_next(TransientError("down"), on="send", times=8)
    async with rig.running():
        await rig.post(message_id="m1")
        await rig.clock.advance(timedelta(seconds=125))
        await rig.reassurance.look()
        await rig.clock.advance(timedelta(seconds=130))
        rig.desk.down = False
        await rig.clock.advance(timedelta(minutes=5))
    assert ["slow to answer" in posted.text for posted in rig.discord.posted] == [True, False]


async def test_a_number_that_is_told_meanwhile_makes_the_reassurance_needless(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        await rig.post(message_id="m1")
        await rig.clock.advance(timedelta(seconds=125))
        (link,) = rig.store.contents.links.values()
        looking = asyncio.create_task(rig.reassurance.look())
        while not looking.done():
            rig.store.contents.links[link.link_id] = replace(link, number=rig.desk.add_conversation("it").number)
            await asyncio.sleep(0)
        await rig.rest()
    assert rig.discord.posted == []


class PatientDesk(FakeHelpDesk):
    """Its first opening is finished a while after whoever asked has given up."""

    opening = 0

    @override
    async def open_conversation(self, conversation: NewConversation) -> OpenedConversation:
        self.opening += 1
        if self.opening > 1:
            return await super().open_conversation(conversation)
        clock = self.clock
        assert isinstance(clock, ManualClock)
        self.work = asyncio.create_task(self._finish(conversation, clock))
        raise OutcomeUnknownError("timeout", settles_after=timedelta(seconds=60))

    async def _finish(self, conversation: NewConversation, clock: ManualClock) -> None:
        await clock.sleep_until(clock.now() + timedelta(seconds=40))
        await super().open_conversation(conversation)


async def test_an_opening_that_timed_out_and_is_finished_later_is_not_opened_twice(rig: Rig) -> None:
    rig.desk = PatientDesk(rig.clock)
    async with rig.running():
        await rig.post(message_id="m1")
        rig.desk.fail_next(TransientError("down"), on="create_customer", times=4)
        await rig.post("And the import.", author=LENA)  # the end of this outage sets all waiting retries free
        await rig.clock.advance(timedelta(minutes=3))
    assert [one.texts for one in rig.desk.conversations].count(["The export fails."]) == 1


async def test_a_request_is_filed_also_when_its_platform_was_switched_off_meanwhile(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        await rig.post(author=JONAS, address=replace(MATRIX_SUPPORT, chat_thread="$root"), files=[LOG])
    rig.desk.down = False
    del rig.chats[Platform.MATRIX]
    async with rig.running():
        await rig.clock.advance(timedelta(minutes=2))
    (thread,) = rig.desk.threads
    assert thread.text == "The export fails."


async def test_files_that_came_after_a_try_without_an_answer_still_follow(rig: Rig) -> None:
    rig.discord.fail_next(TransientError("slow", retry_after=timedelta(seconds=62)), on="fetch")
    lost = OutcomeUnknownError("no answer", settles_after=timedelta(seconds=10))
    rig.desk.fail_next(lost, after_work=True, on="open_conversation")
    async with rig.running():
        await rig.post(files=[LOG])
        await rig.clock.advance(timedelta(minutes=5))
    assert [[one.content for one in thread.entry.files] for thread in rig.desk.threads] == [[], [b"data"]]
    assert rig.spool.files == {}


async def test_late_files_of_a_mapped_team_member_are_in_that_persons_name(rig: Rig) -> None:
    async with rig.running():
        await rig.post(message_id="m1")
        rig.discord.fail_next(TransientError("slow", retry_after=timedelta(seconds=62)), on="fetch")
        await rig.post("See this.", author=ALEXANDER, address=replace(SUPPORT, chat_thread="m1"), files=[LOG])
        await rig.clock.advance(timedelta(minutes=5))
    late = rig.desk.threads[-1].entry
    assert late.files
    assert (late.agent_id, late.speaker) == (3, "Alexander (team, in Discord)")


async def test_a_customer_made_for_an_interrupted_request_is_found_by_the_members_next_one() -> None:
    rig = Rig(group_seconds=0)
    lost = OutcomeUnknownError("no answer", settles_after=timedelta(seconds=30))
    rig.desk.fail_next(lost, after_work=True, on="create_customer")
    async with rig.running():
        await rig.post(message_id="m1")
    async with rig.running():
        await rig.post(message_id="m2")
        await rig.clock.advance(timedelta(minutes=3))
    assert len(rig.desk.conversations) == 2
    assert len(rig.desk.customers) == 1


async def test_a_closed_ticket_that_its_member_opens_again_is_suggested_again(rig: Rig) -> None:
    async with rig.running():
        await rig.post(message_id="m1")
        number = str(rig.desk.conversations[0].number)
        await rig.run("close", ticket=number, reason="answered")
        assert not await rig.suggestions.tickets("", ALEXANDER)
        await rig.post("It still fails.", address=replace(SUPPORT, chat_thread="m1"))
        assert rig.desk.conversations[0].status is Status.ACTIVE
        assert [one.value for one in await rig.suggestions.tickets("", ALEXANDER)] == [number]


async def test_a_ticket_closed_while_a_message_waited_stays_closed(rig: Rig) -> None:
    async with rig.running():
        await rig.post(message_id="m1")
        number = str(rig.desk.conversations[0].number)
        rig.desk.down = True
        await rig.post("One more thing.", address=replace(SUPPORT, chat_thread="m1"))
        await rig.run("close", ticket=number, reason="answered")
        rig.desk.down = False
        await rig.clock.advance(timedelta(minutes=2))
        assert rig.desk.conversations[0].status is Status.CLOSED
        assert not await rig.suggestions.tickets("", ALEXANDER)
