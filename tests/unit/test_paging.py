"""Pages: what looks critical pages at once, whoever is on call is pinged once in ten minutes, the rest is counted."""

from datetime import datetime

import pytest

from bot.domain.sla_policy import Priority
from bot.usecases.timekeeping import SlaRules
from tests.fakes.rig import LENA, MATRIX_STAFF, STAFF, Rig
from tests.unit.clocked import MINUTE, THREAD, at, only, pages, pass_until, told, tracked

ONCALL = SlaRules(oncall=("role:7", "user:8", "@olga:x"))


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0, sla=ONCALL)


async def test_what_looks_critical_pages_at_once_wherever_somebody_is_on_call_at_night_too(rig: Rig) -> None:
    await rig.pass_time(at(2, 23) - rig.clock.now())
    async with rig.running():
        await rig.ticket("We have data loss")
    assert pages(rig) == [("role:7", "user:8"), ("@olga:x",)]
    (said,) = told(rig)
    head, excerpt, link = said.text.splitlines()
    assert head == (
        "This may be a P0: Mia (Discord) writes “data loss”. "
        "The first answer is due by Tue 3 Mar 02:00 (Europe/Berlin)."
    )
    assert (excerpt, link) == ("> We have data loss", "Open the message")
    assert "https://chat.example/support/m1" in repr(rig.discord.posted)
    assert rig.matrix.posted[0].message.address == MATRIX_STAFF
    assert only(rig).priority is Priority.P0


async def test_it_pages_before_there_is_a_ticket_in_the_help_desk(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        await rig.post("A total outage", message_id="m1")
    assert len(pages(rig)) == 2


async def test_nothing_else_than_the_on_call_people_is_pinged_whatever_was_typed(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket("@everyone <@&99> outage")
        await rig.pass_time(11 * MINUTE)
    said = (*rig.discord.posted, *rig.discord.cards)
    assert {one.message.mention for one in said if one.message.address == STAFF} == {None}
    assert {page for one in pages(rig) for page in one} == set(ONCALL.oncall)


async def test_what_looks_usual_pages_nobody(rig: Rig) -> None:
    async with rig.running():
        await rig.ticket("How do I export?")
    assert pages(rig) == []
    assert told(rig) == []


async def test_within_ten_minutes_further_ones_are_told_without_a_ping_and_counted(rig: Rig) -> None:
    async with rig.running():
        for name in ("m1", "m2", "m3"):
            await rig.post("A total outage", message_id=name)
            await rig.pass_time(3 * MINUTE)
        assert len(pages(rig)) == 2
        assert len(told(rig)) == 3
        await rig.pass_time(2 * MINUTE)
        await rig.post("Still an outage", author=LENA, message_id="m4")
    assert len(pages(rig)) == 4
    assert "2 further calls were held back" in told(rig)[-1].text
    assert all("held back" not in one.text for one in told(rig)[:-1])


async def test_a_single_further_one_is_told_as_one(rig: Rig) -> None:
    async with rig.running():
        for name in ("m1", "m2", "m3"):
            await rig.post("A total outage", message_id=name)
            await rig.pass_time(6 * MINUTE)
    assert "one further call was held back" in told(rig)[-1].text


async def test_a_restart_does_not_page_again(rig: Rig) -> None:
    async with rig.running():
        message = rig.message("A total outage", message_id="m1")
        await rig.accept(message)
    async with rig.running():
        await rig.accept(message)
        await rig.pass_time(11 * MINUTE)
    assert len(tracked(rig)) == 1
    assert len(pages(rig)) == 2


async def test_a_clock_that_was_put_back_does_not_keep_pages_from_being_sent(rig: Rig) -> None:
    ahead = Rig(group_seconds=0).clock
    await ahead.advance_to(at(20, 9))
    rig.clock, now = ahead, rig.clock
    rig.make_pump()
    await rig.post("A total outage", message_id="m1")
    rig.clock = now
    rig.make_pump()
    await rig.post("A total outage", message_id="m2")
    paged = [one for one in rig.store.contents.deliveries.values() if getattr(one.effect, "pages", ())]
    assert len(paged) == 4


async def test_where_nobody_is_on_call_the_team_is_told_all_the_same() -> None:
    rig = Rig(group_seconds=0)
    async with rig.running():
        await rig.ticket("A total outage")
    assert pages(rig) == []
    assert len(told(rig)) == 1


async def test_where_on_call_people_are_on_the_other_platform_both_places_are_told() -> None:
    rig = Rig(group_seconds=0, sla=SlaRules(oncall=("@olga:x",)))
    async with rig.running():
        await rig.ticket("A total outage")
    assert pages(rig) == [("@olga:x",)]
    assert len(told(rig)) == 1


@pytest.mark.parametrize(
    ("priority", "paged"),
    [("P0", {at(2, 10, 48): True, at(2, 11, 0, 1): True}), ("P1", {at(2, 12, 36): False, at(2, 13, 0, 1): True})],
)
async def test_nine_tenths_page_for_a_p0_only_a_breach_for_all(priority: str, paged: dict[datetime, bool]) -> None:
    rig = Rig(group_seconds=0, sla=SlaRules(oncall=("role:7",)))
    async with rig.running():
        await rig.keep_time()
        await rig.ticket("The export fails")
        await rig.run("triage", label="bug", priority=priority, address=THREAD)
    found = {}
    for then in paged:
        await pass_until(rig, then)
        async with rig.running():
            await rig.rest()
        found[then] = bool(told(rig)[-1].message.pages)
    assert found == paged
