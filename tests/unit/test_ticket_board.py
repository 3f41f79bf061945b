"""The board as a use case: open tickets by time left, bars that run while the clock does, the report kept ready."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.board import BoardClock, BoardRow
from bot.domain.clock_state import ClockStage
from bot.domain.sla_policy import ClockKind
from bot.domain.sla_ticket import BoardFilter, Origin
from tests.fakes.plots import FakePlots
from tests.fakes.rig import ALEXANDER, JONAS, LENA, SUPPORT, Rig
from tests.unit.clocked import HOUR, MINUTE, RESOLUTION, RESPONSE, SECOND, THREAD, TRIAGE, at, pass_until

ALL = BoardFilter()


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0, plots=FakePlots())


async def rows(rig: Rig, chosen: BoardFilter = ALL) -> list[BoardRow]:
    return list((await rig.core.clockwork.board.view(chosen)).rows)


def bar(row: BoardRow, kind: ClockKind) -> BoardClock:
    return next(one for one in row.clocks if one.kind is kind)


async def filled(rig: Rig) -> None:
    """A critical one, one of each chat platform, and a mail."""
    await rig.keep_time()
    await rig.post("How do I import?", author=LENA, message_id="m2")
    await rig.pass_time(MINUTE)
    await rig.ticket("Could you add a dark mode?", author=JONAS)
    await rig.post("A total outage", message_id="m3")
    rig.desk.add_conversation("The export fails", text="Error 5.", customer_name="Ada")
    await rig.sweep()


async def test_open_tickets_stand_in_the_order_of_their_ends(rig: Rig) -> None:
    async with rig.running():
        await filled(rig)
        found = await rows(rig)
    assert [row.author for row in found] == ["Mia", "Lena", "Jonas", "Ada"]
    first = found[0]
    filed = rig.desk.numbered(first.number or 0)
    assert (first.origin, first.label, first.priority, first.provisional) == (Origin.DISCORD, "bug", "P0", True)
    assert first.desk_url == rig.desk.address_of(filed.conversation_id)
    assert first.source_link == "https://chat.example/support/m3"
    assert [one.kind for one in first.clocks] == [TRIAGE, RESPONSE, RESOLUTION]


async def test_filters_narrow_and_the_counts_say_what_each_would_show(rig: Rig) -> None:
    async with rig.running():
        await filled(rig)
        view = await rig.core.clockwork.board.view(ALL)
        assert (view.counts.total, view.counts.untriaged, view.counts.breached) == (4, 4, 0)
        assert view.counts.by_origin == {"discord": 2, "matrix": 1, "email": 1}
        for chosen, authors in (
            (BoardFilter(origin="email"), ["Ada"]),
            (BoardFilter(label="bug"), ["Mia", "Ada"]),
            (BoardFilter(priority="P0"), ["Mia"]),
            (BoardFilter(origin="matrix", label="bug"), []),
        ):
            assert [row.author for row in await rows(rig, chosen)] == authors


async def test_closed_and_cancelled_ones_are_gone(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket("The export fails")
        await rig.post("Hello", author=LENA, message_id="m2")
        await rig.run("close", reason="not-a-request", address=replace(SUPPORT, chat_thread="m2"))
        assert [row.author for row in await rows(rig)] == ["Mia"]
        rig.desk.close(rig.desk.conversations[0].conversation_id)
        await rig.look()
    assert await rows(rig) == []


async def test_a_triage_an_assignment_and_an_answer_show(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket("The export fails")
        await rig.run("triage", label="bug", priority="P1", address=THREAD)
        await rig.run("take", address=THREAD)
        await rig.post("Which version?", author=ALEXANDER, address=THREAD)
        await rig.look()
        (row,) = await rows(rig)
    assert (row.label, row.priority, row.provisional, row.assignee) == ("bug", "P1", False, "Alexander Frank")
    (resolution,) = row.clocks
    assert (resolution.stage, resolution.due_at, resolution.moves_until) == (ClockStage.PAUSED, None, None)


async def test_a_bar_runs_until_closing_time_and_stands_still_at_night(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket("The export fails")
        (row,) = await rows(rig)
    assert bar(row, RESPONSE).moves_until == at(2, 16)
    assert bar(row, RESPONSE).share == 0
    await rig.pass_time(at(2, 13) - rig.clock.now())
    (row,) = await rows(rig)
    assert (bar(row, RESPONSE).share, bar(row, RESPONSE).left) == (0.5, 4 * HOUR)
    await rig.pass_time(at(2, 20) - rig.clock.now())
    (row,) = await rows(rig)
    assert bar(row, RESPONSE).moves_until is None
    assert bar(row, RESPONSE).share == 7 / 8


async def test_of_a_p0_it_runs_at_night_until_it_is_due(rig: Rig) -> None:
    await rig.pass_time(at(2, 22) - rig.clock.now())
    async with rig.running():
        await rig.ticket("A total outage")
        (row,) = await rows(rig)
    assert bar(row, RESPONSE).moves_until == bar(row, RESPONSE).due_at == at(3, 0)
    assert bar(row, TRIAGE).moves_until is None


async def test_what_is_breached_says_since_when(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        await rig.ticket("A total outage")
    await pass_until(rig, at(2, 12))
    view = await rig.core.clockwork.board.view(ALL)
    (row,) = view.rows
    assert bar(row, RESPONSE).breached_at == at(2, 11)
    assert bar(row, RESPONSE).left == -HOUR
    assert view.counts.breached == 1


async def test_a_ticket_without_a_number_is_there_already(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        await rig.post("The export fails", message_id="m1")
        (row,) = await rows(rig)
    assert (row.number, row.desk_url) == (None, "")


async def test_a_look_for_news_returns_with_the_first_or_when_time_is_up(rig: Rig) -> None:
    async with rig.running():
        board = rig.core.clockwork.board
        before = await board.changed(-1, timedelta())
        heard: list[int] = []

        async def listen() -> None:
            heard.append(await board.changed(before, 30 * SECOND))

        async with rig.leg(lambda _: listen()):
            await rig.pass_time(5 * SECOND)
            assert heard == []
            await rig.post("The export fails")
            await rig.pass_time(SECOND)
            assert len(heard) == 1
        after = heard[0]
        assert after != before
        async with rig.leg(lambda _: listen()):
            await rig.rest()
        assert await board.changed(after, timedelta()) == after


async def test_the_report_is_made_when_somebody_looks_and_anew_after_five_minutes(rig: Rig) -> None:
    plots = rig.plots
    assert isinstance(plots, FakePlots)
    async with rig.running(), rig.leg(lambda core: core.clockwork.board.run()):
        board = rig.core.clockwork.board
        await rig.pass_time(HOUR)
        assert plots.drawn == 0, "nobody looked"
        assert await board.report() is None
        await rig.rest()
        first = await board.report()
        assert first is not None
        assert first.report.received == 0
        assert first.pictures
        await rig.ticket()
        await rig.pass_time(4 * MINUTE)
        await board.report()
        await rig.rest()
        assert await board.report() is first
        await rig.pass_time(MINUTE)
        await board.report()
        await rig.rest()
        second = await board.report()
        assert second is not None
        assert second.report.received == 1
        assert plots.drawn == 2


async def test_a_report_without_pictures_has_its_numbers() -> None:
    rig = Rig(group_seconds=0, plots=FakePlots(broken=True))
    async with rig.running():
        await rig.ticket()
        await rig.core.clockwork.board.make_report()
        made = await rig.core.clockwork.board.report()
    assert made is not None
    assert (made.report.received, made.pictures) == (1, ())
