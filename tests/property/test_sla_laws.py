"""Laws of the clocks over random tickets, and each clock against a walk from minute to minute."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot.domain.calendar_spec import CalendarSpec
from bot.domain.clock_state import ClockStage, States
from bot.domain.helpdesk import Status
from bot.domain.sla import states_of
from bot.domain.sla_events import EventKind, TicketEvent, in_order
from bot.domain.sla_policy import ClockKind, Priority, Promise, SlaPolicy, target_of
from bot.domain.sla_stages import Stage, stages_of
from bot.domain.sla_ticket import SlaTicket
from bot.domain.sla_warnings import index_of, may_tell, told, untold
from tests.property.minute_walk import due_if_it_runs_on, instant_of, minute_of, open_minutes, walk
from tests.unit.sla_story import CALENDAR, POLICY, a_ticket, recorded

QUARTER = timedelta(minutes=15)
WEEK_QUARTERS = 7 * 24 * 4
SHORT = SlaPolicy(
    triage=target_of("2bh"),
    promises={
        Priority.P0: Promise(first_response=target_of("1h"), resolution=target_of("6h")),
        Priority.P1: Promise(first_response=target_of("3bh"), resolution=target_of("5bh")),
        Priority.P2: Promise(first_response=target_of("5bh"), resolution=target_of("11bh")),
    },
)
"""Short enough that in a few days anything can happen to a clock."""

LENIENT = SlaPolicy(
    triage=target_of("9bd"),
    promises=dict.fromkeys(Priority, Promise(first_response=target_of("9bd"), resolution=target_of("9bd"))),
)

# In the middle of these two weeks the clocks of Europe and then of New York go back.
RECEIVED = st.integers(0, WEEK_QUARTERS).map(lambda quarter: instant_of(9 * 24 * 60) + quarter * QUARTER)
LATER = st.integers(0, WEEK_QUARTERS - 1).map(lambda quarter: quarter * QUARTER)
SPAN_ENDS = st.lists(st.integers(0, 48), min_size=2, max_size=4, unique=True).map(sorted)


def _event(kind: EventKind, at: datetime, draw: st.DrawFn) -> TicketEvent:
    event = TicketEvent(kind=kind, at=at, by_person=draw(st.sampled_from([True, True, False])))
    if kind is EventKind.PRIORITIZED:
        return replace(event, priority=draw(st.sampled_from(Priority)))
    if kind is EventKind.STATUS:
        return replace(event, status=draw(st.sampled_from([*Status, Status.PENDING, Status.ACTIVE])))
    if kind is EventKind.CANCELLED:
        return replace(event, reason=draw(st.sampled_from(["duplicate", "deleted", "merged"])))
    return event


@st.composite
def tickets(draw: st.DrawFn) -> SlaTicket:
    """Each event of another instant, in no order, known from chat or from the help desk."""
    received = draw(RECEIVED)
    after = draw(st.lists(LATER, max_size=9, unique=True))
    # Statuses and answers several times, since they make the stories.
    kinds = [*EventKind, EventKind.STATUS, EventKind.STATUS, EventKind.STATUS, EventKind.ANSWERED, EventKind.ANSWERED]
    events = [_event(draw(st.sampled_from(kinds)), received + one, draw) for one in after]
    cut = draw(st.integers(0, len(events)))
    return replace(a_ticket(*events), received_at=received, ours=tuple(events[:cut]), desk=tuple(events[cut:]))


@st.composite
def moments(draw: st.DrawFn) -> tuple[SlaTicket, datetime]:
    """A ticket, and a moment up to a week and a half after it was received."""
    ticket = draw(tickets())
    return ticket, ticket.received_at + draw(st.integers(0, WEEK_QUARTERS * 3 // 2)) * QUARTER


def _clock_time(half_hours: int) -> str:
    return f"{half_hours // 2:02}:{half_hours % 2 * 30:02}"


@st.composite
def spans(draw: st.DrawFn) -> list[tuple[str, str]]:
    ends = draw(SPAN_ENDS)
    return [(_clock_time(a), _clock_time(b)) for a, b in zip(ends[::2], ends[1::2], strict=False)]


@st.composite
def calendars(draw: st.DrawFn) -> CalendarSpec:
    days = st.sampled_from([f"2026-10-{day}" for day in range(19, 32)])
    return CalendarSpec(
        zone=draw(st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])),
        hours={
            day: draw(spans())
            for day in draw(st.sets(st.sampled_from(["mon", "tue", "thu", "sat", "sun"]), min_size=1))
        },
        shifts=draw(st.dictionaries(days, spans(), max_size=2)),
        breaks=draw(st.dictionaries(days, spans(), max_size=2)),
        holidays=sorted(draw(st.sets(days, max_size=3))),
    )


def clocks(ticket: SlaTicket, now: datetime, policy: SlaPolicy = SHORT) -> States:
    return states_of(ticket, policy, CALENDAR, now)


def events_of(ticket: SlaTicket) -> list[TicketEvent]:
    return [*ticket.ours, *ticket.desk]


@given(moments(), calendars(), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=60)
def test_every_clock_is_as_a_walk_from_minute_to_minute_finds_it(
    moment: tuple[SlaTicket, datetime], spec: CalendarSpec, bot_counts: bool, others_pause: bool
) -> None:
    ticket, now = moment
    policy = replace(SHORT, bot_answer_counts=bot_counts, third_party_pauses=others_pause)
    is_there = open_minutes(spec)
    found = states_of(ticket, policy, spec.calendar(), now)
    for kind, state in found.items():
        walker = walk(kind, minute_of(ticket.received_at), events_of(ticket), policy, is_there, minute_of(now))
        assert state.stage == walker.stage
        assert (state.target, state.consumed) == (walker.target, walker.consumed)
        assert (_minute(state.stopped_at), _minute(state.first_stopped_at)) == (walker.stopped, walker.first_stopped)
        if walker.is_sure:
            assert _minute(state.breached_at) == walker.breached
            assert (state.reason == "reclassified") == (walker.reason == "reclassified")
        if state.stage is ClockStage.PAUSED:
            assert _minute(state.due_at) == walker.due
        if state.stage is ClockStage.RUNNING and (due := due_if_it_runs_on(walker, minute_of(now))) is not None:
            assert _minute(state.due_at) == due


def _minute(at: datetime | None) -> int | None:
    return None if at is None else minute_of(at)


@given(moments(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_computing_again_in_whatever_order_events_became_known_gives_the_same(
    moment: tuple[SlaTicket, datetime], chance: object
) -> None:
    ticket, now = moment
    events = events_of(ticket)
    chance.shuffle(events)  # type: ignore[attr-defined]
    other = replace(ticket, ours=tuple(events), desk=())
    assert clocks(other, now) == clocks(ticket, now) == clocks(ticket, now)


@given(moments())
@settings(deadline=None)
def test_recording_verdicts_changes_nothing(moment: tuple[SlaTicket, datetime]) -> None:
    ticket, now = moment
    once = recorded(ticket, now, policy=SHORT)
    assert clocks(once, now) == clocks(ticket, now)
    assert recorded(once, now, policy=SHORT) == once


@given(tickets(), st.data())
@settings(deadline=None)
def test_a_pause_never_brings_a_deadline_nearer(ticket: SlaTicket, data: st.DataObject) -> None:
    events = list(in_order(events_of(ticket)))
    index = data.draw(st.integers(0, len(events)), label="behind so many events")
    begin = events[index - 1].at if index else ticket.received_at
    end = events[index].at if index < len(events) else begin + timedelta(days=1)
    assume(stages_of(ticket.received_at, events[:index], SHORT)[-1].stage is Stage.OPEN)
    assume(end - begin > 2 * QUARTER)
    statuses = [one.status for one in events[:index] if one.kind in {EventKind.STATUS, EventKind.CUSTOMER_WROTE}]
    assume(statuses[-1:] != [Status.PENDING])  # one that waits for the answer already would be ended too early
    pause = [
        TicketEvent(kind=EventKind.STATUS, at=begin + QUARTER, status=Status.PENDING),
        TicketEvent(kind=EventKind.STATUS, at=end - QUARTER, status=Status.ACTIVE),
    ]
    now = max(events[-1].at if events else begin, end)
    before, after = clocks(ticket, now), clocks(replace(ticket, ours=(*ticket.ours, *pause)), now)
    for kind in ClockKind:
        old, new = before[kind].due_at, after[kind].due_at
        if old is not None and before[kind].is_open:
            assert new is None or new >= old
        assert after[kind].consumed <= before[kind].consumed
        assert after[kind].breached_at is None or before[kind].breached_at is not None


@given(tickets(), LATER, LATER)
@settings(deadline=None)
def test_what_is_consumed_never_grows_less(ticket: SlaTicket, one: timedelta, two: timedelta) -> None:
    early, late = (clocks(ticket, ticket.received_at + after) for after in sorted((one, two)))
    for kind in ClockKind:
        if early[kind].target.business == late[kind].target.business:
            assert early[kind].consumed <= late[kind].consumed


@given(tickets(), st.lists(LATER, min_size=1, max_size=12), st.integers(0, 12))
@settings(deadline=None)
def test_a_breach_stays_whatever_comes_later(ticket: SlaTicket, looks: list[timedelta], change: int) -> None:
    """Cancellations, lower priorities, late answers, and targets that are made lenient at some look."""
    known = replace(ticket, ours=(), desk=())
    seen: dict[ClockKind, datetime] = {}
    for index, after in enumerate(sorted({*looks, *(one.at - ticket.received_at for one in events_of(ticket))})):
        now, policy = ticket.received_at + after, SHORT if index < change else LENIENT
        happened = tuple(one for one in events_of(ticket) if one.at <= now)
        known = recorded(replace(known, ours=happened), now, policy=policy)
        for kind, state in clocks(known, now, policy).items():
            if kind in seen:
                assert state.breached_at == seen[kind]
            if state.breached_at is not None:
                seen[kind] = state.breached_at


@given(moments())
@settings(deadline=None)
def test_what_was_met_stopped_no_later_than_it_was_due(moment: tuple[SlaTicket, datetime]) -> None:
    ticket, now = moment
    for state in clocks(ticket, now).values():
        assert not (state.is_met and state.is_breached)
        if state.is_met:
            assert state.stopped_at is not None
            assert state.due_at is not None
            assert state.stopped_at <= state.due_at
            assert state.consumed <= state.target.amount


@given(moments())
@settings(deadline=None)
def test_warnings_rise_from_the_start_to_the_end(moment: tuple[SlaTicket, datetime]) -> None:
    ticket, now = moment
    for state in clocks(ticket, now).values():
        for one, two in pairwise(state.warnings):
            assert one.level < two.level
            assert one.at <= two.at
        for one in state.warnings:
            assert state.started_at <= one.at
            assert state.due_at is None or one.at <= state.due_at
        assert bool(state.warnings) <= state.is_open
        if state.stage is ClockStage.RUNNING:
            assert state.warnings[-1].at == state.due_at


@given(moments())
@settings(deadline=None)
def test_what_was_told_is_told_once(moment: tuple[SlaTicket, datetime]) -> None:
    ticket, now = moment
    found = clocks(ticket, now)
    waiting = list(untold(ticket, found, now))
    assert len({one.state.kind for one in waiting}) == len(waiting)
    for one in waiting:
        assert one.state.due_at is not None
        assert one.warned.at <= now
        assert may_tell(ticket, one, CALENDAR, now) or not CALENDAR.is_open(now)
        ticket = told(ticket, one)
        assert one.state.kind not in {other.state.kind for other in untold(ticket, found, now)}
    assert list(untold(ticket, found, now)) == []


@given(moments(), st.booleans())
@settings(deadline=None)
def test_a_ticket_is_looked_at_again_in_time(moment: tuple[SlaTicket, datetime], tell: bool) -> None:
    ticket, now = moment
    found = clocks(ticket, now)
    if tell:
        for one in untold(ticket, found, now):
            if one.state.due_at is not None:
                ticket = told(ticket, one)
    index = index_of(ticket, found, CALENDAR, now)
    waiting = list(untold(ticket, found, now))
    if any(may_tell(ticket, one, CALENDAR, now) for one in waiting):
        assert index.next_at == now
    else:
        assert index.next_at is None or index.next_at > now
    planned = [one.at for state in found.values() for one in state.warnings if one.at > now]
    if (planned or waiting) and index.is_open:
        assert index.next_at is not None
        assert not planned or index.next_at <= min(planned) + timedelta(seconds=1)


@given(tickets())
@settings(deadline=None, max_examples=40)
def test_a_breach_escalates_once(ticket: SlaTicket) -> None:
    """Looked at whenever the index says so, with every event known as it happens."""
    heard: set[ClockKind] = set()
    events, now = list(in_order(events_of(ticket))), ticket.received_at
    known = replace(ticket, ours=(), desk=())
    for _ in range(200):
        known = recorded(replace(known, ours=tuple(one for one in events if one.at <= now)), now, policy=SHORT)
        found = clocks(known, now)
        for one in [one for one in untold(known, found, now) if one.state.due_at is not None]:
            if may_tell(known, one, CALENDAR, now):
                assert not (one.is_breach and one.state.kind in heard)
                heard |= {one.state.kind} if one.is_breach else set()
                known = told(known, one)
        ahead = [one.at for one in events if one.at > now]
        next_at = index_of(known, clocks(known, now), CALENDAR, now).next_at
        if next_at is None and not ahead:
            return
        now = max(min([*ahead[:1], *([next_at] if next_at is not None else [])]), now + timedelta(milliseconds=1))
    raise AssertionError("the index wants looks without end")


@given(RECEIVED)
@settings(deadline=None, max_examples=15)
@example(instant_of(13 * 24 * 60))
def test_the_targets_of_the_process_document_are_kept_to_the_minute(received: datetime) -> None:
    """Nothing happens to it: due after 4, 8 and 40 business hours."""
    is_there = open_minutes(CalendarSpec())
    ticket = replace(a_ticket(), received_at=received)
    for kind, state in states_of(ticket, POLICY, CALENDAR, received).items():
        walker = walk(kind, minute_of(received), [], POLICY, is_there, minute_of(received))
        assert _minute(state.due_at) == due_if_it_runs_on(walker, minute_of(received))
