"""The report in chat: once for each week and staff place, on Monday at nine where the team works."""

import pytest

from bot.domain.errors import TransientError
from tests.fakes.chat import Posted
from tests.fakes.plots import FakePlots
from tests.fakes.rig import MATRIX_STAFF, STAFF, Rig
from tests.unit.clocked import HOUR, MINUTE, SECOND, at


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0, plots=FakePlots())


def reports(rig: Rig) -> list[Posted]:
    said = (*rig.discord.posted, *rig.matrix.posted)
    return [one for one in said if one.text.startswith("Support, ")]


async def look(rig: Rig) -> None:
    """What a process that runs now does about the report."""
    async with rig.running():
        await rig.keep_time()
        await rig.core.clockwork.weekly.look()
        await rig.rest()


async def started(rig: Rig) -> None:
    """A bot that has kept clocks for a while, and a ticket."""
    async with rig.running():
        await rig.keep_time()
        await rig.ticket("The export fails")


async def test_on_monday_at_nine_each_staff_place_hears_of_the_last_week_with_a_picture(rig: Rig) -> None:
    await started(rig)
    await rig.pass_time(at(9, 7, 59, 59) - rig.clock.now())
    await look(rig)
    assert reports(rig) == []
    await rig.pass_time(SECOND)  # nine o'clock in Berlin
    await look(rig)
    assert [one.message.address for one in reports(rig)] == [STAFF, MATRIX_STAFF]
    for one in reports(rig):
        assert one.text.startswith("Support, 2 to 8 Mar: 1 ")
        assert [file.name for file in one.message.files] == ["report-2026-03-02.png"]
        assert (one.message.mention, one.message.pages) == (None, ())


async def test_it_is_said_once_a_week_however_often_the_bot_starts(rig: Rig) -> None:
    await started(rig)
    await rig.pass_time(at(9, 8) - rig.clock.now())
    for _ in range(3):
        await look(rig)
        await rig.pass_time(10 * HOUR)
    assert len(reports(rig)) == 2
    await rig.pass_time(at(16, 8) - rig.clock.now())
    await look(rig)
    assert len(reports(rig)) == 4


async def test_nine_oclock_is_that_of_the_zone_in_summer_too(rig: Rig) -> None:
    await started(rig)
    await rig.pass_time(at(30, 6, 59, 59) - rig.clock.now())  # the Monday after the clocks went forward
    await look(rig)
    assert {one.text.split(":")[0] for one in reports(rig)} == {"Support, 16 to 22 Mar"}
    await rig.pass_time(SECOND)
    await look(rig)
    assert reports(rig)[-1].text.startswith("Support, 23 to 29 Mar")


async def test_a_bot_that_was_away_on_monday_says_it_later_in_the_week(rig: Rig) -> None:
    await started(rig)
    await rig.pass_time(at(12, 3) - rig.clock.now())
    await look(rig)
    assert len(reports(rig)) == 2


async def test_there_is_no_report_of_weeks_before_the_bot_kept_clocks(rig: Rig) -> None:
    await look(rig)
    await rig.pass_time(at(8, 22) - rig.clock.now())
    await look(rig)
    assert reports(rig) == []


async def test_before_the_calendar_is_known_nothing_is_said(rig: Rig) -> None:
    await started(rig)
    await rig.pass_time(at(9, 8) - rig.clock.now())
    async with rig.running():
        await rig.core.clockwork.weekly.look()
        await rig.rest()
    assert reports(rig) == []


async def test_a_picture_that_cannot_be_drawn_does_not_keep_the_words_back() -> None:
    rig = Rig(group_seconds=0, plots=FakePlots(broken=True))
    await started(rig)
    await rig.pass_time(at(9, 8) - rig.clock.now())
    await look(rig)
    assert [one.message.files for one in reports(rig)] == [(), ()]


async def test_a_picture_that_the_chat_refuses_does_not_keep_the_words_back(rig: Rig) -> None:
    rig.discord.refuses_files = True
    await started(rig)
    await rig.pass_time(at(9, 8) - rig.clock.now())
    await look(rig)
    assert [len(one.message.files) for one in reports(rig)] == [0, 1]


async def test_a_place_that_is_away_hears_it_when_it_is_back_and_once(rig: Rig) -> None:
    await started(rig)
    await rig.pass_time(at(9, 8) - rig.clock.now())
    rig.discord.fail_next(TransientError("away"), on="send", times=3)
    async with rig.running():
        await rig.keep_time()
        await rig.core.clockwork.weekly.look()
        await rig.rest()
        assert [one.message.address for one in reports(rig)] == [MATRIX_STAFF]
        await rig.pass_time(5 * MINUTE)
    assert {one.message.address for one in reports(rig)} == {STAFF, MATRIX_STAFF}
    assert len(reports(rig)) == 2


async def test_the_leg_says_it_by_itself(rig: Rig) -> None:
    await started(rig)
    await rig.pass_time(at(9, 7, 58) - rig.clock.now())
    async with rig.running():
        await rig.keep_time()
        async with rig.leg(lambda core: core.clockwork.weekly.run()):
            await rig.pass_time(MINUTE)
            assert reports(rig) == []
            await rig.pass_time(MINUTE)
            assert len(reports(rig)) == 2
