"""What a start finds of the one before: clocks that were ahead, work that was not done, calendars nobody can read."""

from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest

from bot.domain.calendar_spec import CalendarSpec
from bot.domain.effects import AnnounceNumber, PostReport
from bot.domain.errors import TransientError
from bot.domain.sla_policy import SlaPolicy
from bot.usecases.kept_calendars import KEPT_CALENDARS
from bot.usecases.timekeeping import OWNER, SlaRules
from tests.fakes.plots import FakePlots
from tests.fakes.rig import STAFF, Rig
from tests.unit.clocked import HOUR, MINUTE, RESPONSE, SECOND, THREAD, at, clock, pass_until, told

T = TypeVar("T")
YEARS = timedelta(days=5000)


@pytest.fixture
def rig() -> Rig:
    return Rig(group_seconds=0)


def kept(rig: Rig, prefix: str = "") -> dict[str, str]:
    """What clocks remember in the store."""
    memory = rig.store.contents.memory
    return {name: text for (owner, name), text in memory.items() if owner == OWNER and name.startswith(prefix)}


def promised(rig: Rig, kind: type[T]) -> list[T]:
    """Every effect of this kind."""
    return [one.effect for one in rig.store.contents.deliveries.values() if isinstance(one.effect, kind)]


async def restart(rig: Rig, **rules: object) -> None:
    """A new process with these settings."""
    rig.sla = replace(rig.sla, **rules)  # type: ignore[arg-type]
    rig.make_pump()
    await rig.keep_time()


async def test_a_request_after_a_start_with_the_clock_ahead_is_not_from_before_clocks_were_kept(rig: Rig) -> None:
    rig.clock._now += YEARS
    await restart(rig)
    rig.clock._now -= YEARS
    await restart(rig)
    assert rig.core.clockwork.time.since == rig.clock.now()
    async with rig.running():
        await rig.keep_time()
        mail = rig.desk.add_conversation("Export fails", text="It says error 5.")
        await rig.webhook(mail.conversation_id, replied=False)
    assert len(rig.store.contents.sla) == 1


async def test_a_holiday_entered_after_a_start_with_the_clock_ahead_counts(rig: Rig) -> None:
    await restart(rig)
    await rig.pass_time(MINUTE)
    rig.clock._now += YEARS
    await restart(rig, calendar=CalendarSpec(holidays=("2026-03-03",)))
    await rig.pass_time(MINUTE)
    await restart(rig, calendar=CalendarSpec(holidays=("2026-03-04",)))
    rig.clock._now -= YEARS
    await restart(rig)
    await rig.pass_time(HOUR)
    await restart(rig, calendar=CalendarSpec(holidays=("2026-03-02", "2026-03-03", "2026-03-04")))
    async with rig.running():
        await rig.keep_time()
        await rig.ticket()
    assert clock(rig, RESPONSE).due_at == at(5, 16)
    instants = [name.removeprefix("calendar:") for name in sorted(kept(rig, "calendar:"))]
    assert len(instants) == 4
    assert max(instants) <= rig.clock.now().isoformat()


async def test_only_the_last_calendars_are_kept(rig: Rig) -> None:
    for day in range(1, KEPT_CALENDARS + 5):
        await restart(rig, calendar=CalendarSpec(holidays=(f"2026-04-{day:02}",)))
        await rig.pass_time(MINUTE)
    names = sorted(kept(rig, "calendar:"))
    assert len(names) == KEPT_CALENDARS
    assert "2026-04-24" in kept(rig)[names[-1]]


@pytest.mark.parametrize("text", [CalendarSpec(zone="Mars/Olympus").text(), '{"moons": 2}', "no calendar"])
async def test_a_former_calendar_that_cannot_be_read_any_more_keeps_no_bot_from_starting(rig: Rig, text: str) -> None:
    await restart(rig)
    (name,) = kept(rig, "calendar:")
    rig.store.contents.memory[OWNER, name] = text
    await rig.pass_time(HOUR)
    await restart(rig)
    async with rig.running():
        await rig.keep_time()
        await rig.ticket()
    assert clock(rig, RESPONSE).due_at == at(3, 10)
    await rig.core.clockwork.time.look(rig.store)
    assert kept(rig)[name] == text, "where the zone comes back it is read again"


async def test_warnings_that_are_set_earlier_are_told_of_open_tickets_too(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        await rig.ticket()
    await rig.watch()
    rig.sla = SlaRules(policy=SlaPolicy(warn_at=(0.2,)))
    async with rig.running():
        await pass_until(rig, at(2, 11))
    assert any("response" in one.text for one in told(rig))


async def test_what_was_computed_anew_is_not_computed_again_at_the_next_start(rig: Rig) -> None:
    await restart(rig)
    await rig.pass_time(MINUTE)
    await restart(rig, calendar=CalendarSpec(holidays=("2026-03-03",)))
    rig.make_pump()
    await rig.core.clockwork.time.load(rig.store)
    assert not rig.core.clockwork.time.was_changed


async def test_an_older_view_tells_nothing_after_a_clock_was_put_back_either(rig: Rig) -> None:
    async with rig.running():
        await rig.keep_time()
        mail = rig.desk.add_conversation("Export fails", text="It says error 5.")
        await rig.webhook(mail.conversation_id, replied=False)
        rig.clock._now -= HOUR
        rig.desk.skew = HOUR
        older = await rig.desk.read(mail.conversation_id)
        assert older is not None
        await rig.pass_time(SECOND)
        rig.desk.close(mail.conversation_id)
        await rig.webhook(mail.conversation_id, replied=False)
        await rig.core.reader.take(older)
        ((ticket, _),) = rig.store.contents.sla.values()
    assert ticket.status == "closed"


async def test_an_answer_after_a_clock_was_put_back_reaches_the_member(rig: Rig) -> None:
    async with rig.running():
        ticket = await rig.ticket()
        await rig.webhook(ticket.conversation_id)
        await rig.pass_time(10 * MINUTE)
        await rig.webhook(ticket.conversation_id)
        rig.clock._now -= 5 * MINUTE
        rig.desk.skew = 5 * MINUTE
        rig.desk.agent_replies(ticket.conversation_id, "Here it is.")
        await rig.webhook(ticket.conversation_id)
        await rig.pass_time(MINUTE)
    assert any("Here it is." in one.text for one in rig.discord.posted)


async def test_the_number_is_announced_with_the_time_that_was_promised(rig: Rig) -> None:
    rig.discord.fail_next(TransientError("away"), on="send", times=50)
    async with rig.running():
        await rig.keep_time()
        await rig.ticket()
        promised_at = clock(rig, RESPONSE).due_at
        await rig.run("triage", label="bug", priority="P1", address=THREAD)
        assert clock(rig, RESPONSE).due_at != promised_at
    (effect,) = promised(rig, AnnounceNumber)
    assert effect.promised_at == promised_at


async def test_a_promise_that_is_over_when_the_number_is_known_is_not_made(rig: Rig) -> None:
    rig.desk.down = True
    async with rig.running():
        await rig.keep_time()
        await rig.post(message_id="m1")
        await rig.pass_time(timedelta(days=3))
        rig.desk.down = False
        await rig.pass_time(HOUR)
        assert clock(rig, RESPONSE).is_breached
    (effect,) = promised(rig, AnnounceNumber)
    assert effect.promised_at is None
    assert not [one.text for one in rig.discord.posted if "irst answer by" in one.text]


async def test_a_number_that_a_release_without_clocks_was_to_announce_keeps_its_words(rig: Rig) -> None:
    rig.discord.fail_next(TransientError("away"), on="send", times=50)
    async with rig.running():
        await rig.keep_time()
        await rig.ticket()
    contents = rig.store.contents
    for name, one in contents.deliveries.items():
        if isinstance(one.effect, AnnounceNumber):
            contents.deliveries[name] = replace(one, effect=AnnounceNumber(link_id=one.effect.link_id))
    rig.discord._faults.clear()
    async with rig.running():
        await rig.pass_time(HOUR)
    (said,) = (one.text for one in rig.discord.posted if one.message.address == THREAD)
    assert "irst answer by" not in said


async def test_the_weekly_report_is_of_the_hour_in_which_it_was_promised() -> None:
    rig = Rig(group_seconds=0, staff=(STAFF,), plots=FakePlots())
    await rig.keep_time()
    await pass_until(rig, at(9, 8))
    await rig.core.clockwork.weekly.look()
    (effect,) = promised(rig, PostReport)
    assert effect.as_of == at(9, 8)
