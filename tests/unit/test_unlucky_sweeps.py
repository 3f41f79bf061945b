"""What a sweep might miss: changes during a long one, clocks that are set, dates that cannot be read."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from typing_extensions import override

from bot.domain.chat import Voice
from bot.domain.helpdesk import ConversationView
from bot.domain.ids import ConversationId
from tests.fakes.desk_records import TOM
from tests.fakes.helpdesk import FakeHelpDesk
from tests.fakes.rig import LENA, Rig

MINUTE = timedelta(minutes=1)


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


def replies(rig: Rig) -> list[str]:
    return [one.text.partition("\n")[2] for one in rig.discord.posted if one.message.voice is Voice.AGENT]


class SlowDesk(FakeHelpDesk):
    """Its list takes ten minutes from whatever it has shown before to the conversation named."""

    far: ConversationId

    @override
    async def changed(self, since: datetime) -> AsyncIterator[ConversationView]:
        async for listed in super().changed(since):
            if listed.conversation_id == self.far:
                await self.clock.sleep_until(self.clock.now() + 10 * MINUTE)
            view = await self.read(listed.conversation_id)
            assert view is not None
            yield view


@pytest.mark.parametrize("listed", [True, False])
async def test_what_changes_in_a_list_that_a_long_sweep_has_read_is_found_by_the_next(rig: Rig, listed: bool) -> None:
    rig.desk = slow = SlowDesk(rig.clock)
    slow.far = ConversationId(0)
    async with rig.running():
        await rig.post("The export fails.")
        await rig.pass_time(10 * MINUTE)
        await rig.post("No export here.", author=LENA)
        near, far = rig.desk.conversations
        await rig.sweep()
        await rig.pass_time(MINUTE)
        slow.far = far.conversation_id
        for one in (near, far) if listed else (far,):
            rig.desk.note(one.conversation_id, "Internal.")
        sweeping = asyncio.create_task(rig.core.reconciliation.sweep())
        await rig.pass_time(MINUTE)
        rig.desk.agent_replies(near.conversation_id, "Do this.")
        await rig.pass_time(8 * MINUTE)
        rig.desk.assign_as_agent(far.conversation_id, TOM)
        await rig.pass_time(MINUTE)
        await sweeping
        slow.far = ConversationId(0)
        await rig.look()
    assert replies(rig) == ["Do this."]


async def test_a_change_after_the_help_desks_clock_was_set_back_is_found(rig: Rig) -> None:
    async with rig.running():
        rig.desk.skew = timedelta(hours=1)
        ticket = await rig.ticket()
        await rig.sweep()
        rig.desk.skew = timedelta()
        await rig.pass_time(MINUTE)
        await rig.sweep()
    await rig.clock.advance(10 * MINUTE)
    rig.desk.agent_replies(ticket.conversation_id, "Do this.")
    await rig.clock.advance(30 * MINUTE)
    async with rig.running():
        await rig.look()
    assert replies(rig) == ["Do this."]


class UndatedDesk(FakeHelpDesk):
    """Tells no date of its threads that can be read: each counts as made when it is looked at."""

    @override
    async def read(self, conversation_id: ConversationId) -> ConversationView | None:
        view = await super().read(conversation_id)
        assert view is not None
        threads = tuple(replace(thread, stamp="", created_at=view.as_of) for thread in view.threads)
        return replace(view, threads=threads)


async def test_a_reply_without_a_readable_date_is_said_all_the_same(rig: Rig) -> None:
    rig.desk = UndatedDesk(rig.clock)
    async with rig.running():
        ticket = await rig.ticket()
        rig.desk.agent_replies(ticket.conversation_id, "Do this.")
        await rig.webhook(ticket.conversation_id)
        assert replies(rig) == []
        await rig.pass_time(rig.undo)
    assert replies(rig) == ["Do this."]
