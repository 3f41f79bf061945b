"""The chores beside the pump, and what people are told about messages that cannot be read."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.chat import Attachment
from bot.domain.delivery import DeliveryState
from bot.domain.errors import PermanentError, TransientError
from bot.domain.ids import DeliveryId
from bot.ports.store import Records
from bot.usecases.delivery import Pump
from bot.usecases.housekeeping import CHANGED, CLI, Housekeeping
from tests.fakes.rig import JONAS, LENA, MATRIX_STAFF, MATRIX_SUPPORT, SUPPORT, Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()


@asynccontextmanager
async def chores(rig: Rig, pump: Pump, swept: list[set[DeliveryId]] | None = None) -> AsyncIterator[None]:
    async def sweep(needed: Callable[[], Awaitable[set[DeliveryId]]]) -> None:
        if swept is not None:
            swept.append(await needed())

    task = asyncio.create_task(Housekeeping(store=rig.store, clock=rig.clock, pump=pump, sweep=sweep).run())
    await rig.rest()
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_retry_from_the_command_line_is_taken_up_within_seconds(rig: Rig) -> None:
    rig.desk.fail_next(PermanentError("refused"), on="open_conversation")
    async with rig.running() as pump, chores(rig, pump):
        await rig.post(message_id="m1")
        (held,) = [row for row in rig.store.contents.deliveries.values() if row.state is DeliveryState.PARKED]
        free = replace(held, state=DeliveryState.PENDING, late=True)

        async def by_another_process(records: Records) -> None:
            await records.outbox.save(free)
            await records.memory.remember(CLI, {CHANGED: "once"})

        listeners, rig.store._listeners = rig.store._listeners, []
        await rig.store.write(by_another_process)
        rig.store._listeners = listeners
        await rig.clock.advance(timedelta(seconds=3))
        await rig.rest()
    assert len(rig.desk.conversations) == 1


async def test_copies_that_a_waiting_filing_needs_are_kept_and_no_others(rig: Rig) -> None:
    rig.desk.down = True
    rig.discord.files["ref"] = b"data"
    file = Attachment(name="log.txt", mime_type="text/plain", size_bytes=4, reference="ref")
    async with rig.running():
        await rig.post(files=[file])
    needed = {fetch_id for fetch_id, _ in rig.spool.files}
    assert len(needed) == 1
    swept: list[set[DeliveryId]] = []
    async with rig.running() as pump, chores(rig, pump, swept):
        assert swept == [needed]
        rig.desk.down = False
        await rig.clock.advance(timedelta(minutes=2))
        await rig.rest()
    assert rig.spool.files == {}
    assert [one.content for one in rig.desk.threads[0].entry.files] == [b"data"]


async def test_an_unreadable_message_is_asked_for_once_and_staff_is_told_once(rig: Rig) -> None:
    async with rig.running():
        for _ in range(2):
            await rig.incidents.unreadable(MATRIX_SUPPORT, "$e", JONAS, "https://matrix.example/$e")
            await rig.clock.advance(timedelta(minutes=1))
    (asked,) = rig.matrix.posted
    assert asked.message.address == replace(MATRIX_SUPPORT, chat_thread="$e")
    assert asked.message.mention == JONAS.user_id
    (told,) = rig.discord.posted
    assert "https://matrix.example/$e" in told.text


async def test_a_skipped_gap_is_told_once(rig: Rig) -> None:
    async with rig.running():
        for _ in range(2):
            await rig.incidents.gap_skipped(SUPPORT, "#support: 12 messages", "discord:gap:1")
            await rig.rest()
    assert [posted.text for posted in rig.discord.posted] == [
        "Some messages of a downtime were not fetched: #support: 12 messages"
    ]


async def test_a_refused_leg_is_told_on_the_other_platform(rig: Rig) -> None:
    async with rig.running():
        await rig.incidents.leg_refused("discord", "the token is wrong")
        await rig.rest()
    (told,) = rig.matrix.posted
    assert told.message.address == MATRIX_STAFF
    assert "Discord refused the bot's login" in told.text


async def test_team_members_without_a_mapping_are_told_of_once() -> None:
    rig = Rig()
    stranger = replace(LENA, roles=frozenset({"staff"}))
    async with rig.running():
        await rig.post(message_id="m1")
        for word in ("one", "two"):
            await rig.post(word, author=stranger, address=replace(SUPPORT, chat_thread="m1"))
    told = [posted.text for posted in rig.discord.posted if posted.message.address.room == "staff"]
    assert len(told) == 1
    assert "Lena" in told[0]
    speakers = [thread.entry.speaker for thread in rig.desk.threads[1:]]
    assert speakers == ["Lena (team, in Discord; not yet in [[staff.members]])"] * 2


async def test_staff_is_told_on_one_platform_while_the_other_is_away(rig: Rig) -> None:
    rig.discord.fail_next(TransientError("Discord refuses the bot's token"), on="send", times=100)
    async with rig.running():
        await rig.incidents.gap_skipped(SUPPORT, "#support: 12 messages", "discord:gap:1")
        await rig.rest()
        await rig.incidents.leg_refused("discord", "the token is wrong")
        await rig.rest()
    assert ["Discord refused the bot's login" in posted.text for posted in rig.matrix.posted] == [True]


async def test_a_retry_from_the_command_line_while_the_bot_starts_is_taken_up(rig: Rig) -> None:
    rig.desk.fail_next(PermanentError("refused"), on="open_conversation")
    async with rig.running():
        await rig.post(message_id="m1")
    (held,) = [row for row in rig.store.contents.deliveries.values() if row.state is DeliveryState.PARKED]

    async def by_another_process(records: Records) -> None:
        await records.outbox.save(replace(held, state=DeliveryState.PENDING, late=True))
        await records.memory.remember(CLI, {CHANGED: "once"})

    async with rig.running() as pump:
        listeners, rig.store._listeners = rig.store._listeners, []
        await rig.store.write(by_another_process)
        rig.store._listeners = listeners
        async with chores(rig, pump):
            await rig.clock.advance(timedelta(seconds=3))
            await rig.rest()
    assert len(rig.desk.conversations) == 1
