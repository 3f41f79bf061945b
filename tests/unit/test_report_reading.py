"""The report reads every ticket of its days from the store, and lets others have their turn meanwhile."""

import asyncio
from datetime import date, timedelta

import pytest

from bot.domain.report_period import last_full_week
from bot.domain.sla import states_of
from bot.domain.sla_ticket import SlaTicket
from bot.domain.sla_warnings import index_of
from bot.ports.store import Records
from bot.usecases.reporting import PAGE, SLICE, Reporting
from bot.usecases.timekeeping import SlaRules, Timekeeping
from tests.fakes.clock import ManualClock
from tests.fakes.store import FakeStore
from tests.unit.reported_week import CALENDAR, MONDAY, NEXT_MONDAY, NOW, POLICY, answered, at, closed, request


class World:
    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.store = FakeStore(clock=self.clock)
        self.reporting = Reporting(
            store=self.store, clock=self.clock, time=Timekeeping(clock=self.clock, rules=SlaRules())
        )

    async def keep(self, *tickets: SlaTicket) -> None:
        async def work(records: Records) -> None:
            for one in tickets:
                states = states_of(one, POLICY, CALENDAR, NOW)
                await records.sla.save(one, index_of(one, states, CALENDAR, NOW))

        await self.store.write(work)


@pytest.fixture
def world() -> World:
    return World()


async def test_what_touches_these_days_is_in_it_and_nothing_else(world: World) -> None:
    await world.keep(
        request("16 10:00", answered("16 11:00"), closed("17 10:00")),
        request("13 10:00", answered("13 11:00"), closed("17 10:00")),
        request("02 10:00", answered("02 11:00"), closed("03 10:00")),
        request("12 10:00"),
    )
    report = await world.reporting.report(MONDAY, NEXT_MONDAY)
    assert (report.received, report.resolved, len(report.waiting)) == (1, 2, 1)
    assert (report.since, report.until, report.zone, report.made_at) == (MONDAY, NEXT_MONDAY, "Europe/Berlin", NOW)


async def test_more_tickets_than_fit_a_page_are_counted_once_each(world: World) -> None:
    await world.keep(*(request("16 10:00", answered("16 11:00")) for _ in range(PAGE + 3)))
    assert (await world.reporting.report(MONDAY, NEXT_MONDAY)).received == PAGE + 3


async def test_others_have_their_turn_while_it_computes(world: World) -> None:
    await world.keep(*(request("16 10:00") for _ in range(SLICE * 10)))
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with asyncio.TaskGroup() as group:
        task = group.create_task(other())
        await world.reporting.report(MONDAY, NEXT_MONDAY)
        task.cancel()
    assert turns >= 10


def test_last_week_is_the_last_full_one_of_the_calendars_zone(world: World) -> None:
    assert last_full_week(world.reporting.today()).since == MONDAY
    late_on_sunday = ManualClock(at("22 23:59"))
    time = Timekeeping(clock=late_on_sunday, rules=SlaRules())
    reporting = Reporting(store=world.store, clock=late_on_sunday, time=time)
    assert last_full_week(reporting.today()).since == MONDAY - timedelta(days=7)


async def test_days_the_wrong_way_round_are_refused(world: World) -> None:
    with pytest.raises(ValueError, match="is after"):
        await world.reporting.report(NEXT_MONDAY, date(2026, 11, 1))
