"""The clocks of a ticket by walking minute by minute through its story: slow, by the table of facts/sla.md alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.calendar_spec import CalendarSpec
from bot.domain.helpdesk import Status
from bot.domain.sla_events import EventKind, TicketEvent
from bot.domain.sla_policy import ClockKind, Priority, SlaPolicy, Target

ORIGIN = datetime(2026, 10, 12, tzinfo=UTC)
DAYS = 42
MINUTES = DAYS * 24 * 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def minute_of(at: datetime) -> int:
    return (at - ORIGIN) // timedelta(minutes=1)


def instant_of(minute: int) -> datetime:
    return ORIGIN + timedelta(minutes=minute)


def open_minutes(spec: CalendarSpec) -> bytearray:
    """One byte a minute from the origin on, 1 where the team is there."""
    minutes = bytearray(MINUTES)
    first = ORIGIN.date() - timedelta(days=1)
    for offset in range(DAYS + 2):
        day = first + timedelta(days=offset)
        if day.isoformat() in spec.holidays:
            continue
        for start, end in spec.shifts.get(day.isoformat(), spec.hours.get(WEEKDAYS[day.weekday()], ())):
            _fill(minutes, _wall(spec.zone, day.isoformat(), start), _wall(spec.zone, day.isoformat(), end), 1)
        for start, end in spec.breaks.get(day.isoformat(), ()):
            _fill(minutes, _wall(spec.zone, day.isoformat(), start), _wall(spec.zone, day.isoformat(), end), 0)
    return minutes


def _wall(zone: str, day: str, time: str) -> int:
    extra = timedelta(days=1) if time == "24:00" else timedelta()
    local = datetime.fromisoformat(f"{day}T{'00:00' if extra else time}") + extra
    return minute_of(local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC))


def _fill(minutes: bytearray, start: int, end: int, value: int) -> None:
    first, last = max(start, 0), min(end, MINUTES)
    if first < last:
        minutes[first:last] = bytes([value]) * (last - first)


@dataclass(slots=True, kw_only=True)
class Walker:
    """One clock on its way. Of a breach while it was not open nothing is said (``is_sure``)."""

    kind: ClockKind
    policy: SlaPolicy
    is_there: bytearray
    priority: Priority = Priority.P2
    target: Target = field(init=False)
    is_answered: bool = False
    is_asked: bool = False
    waits_for_others: bool = False
    is_closed: bool = False
    is_cancelled: bool = False
    stopped: int | None = None
    first_stopped: int | None = None
    said_while_cancelled: int | None = None
    breached: int | None = None
    reason: str = ""
    used: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    first_at: dict[tuple[bool, int], int] = field(default_factory=dict)
    is_sure: bool = True

    def __post_init__(self) -> None:
        self.target = self.policy.target(self.kind, self.priority)

    @property
    def is_resolution(self) -> bool:
        return self.kind is ClockKind.RESOLUTION

    @property
    def is_paused(self) -> bool:
        return self.is_resolution and ((self.is_asked and self.is_answered) or self.waits_for_others)

    @property
    def counts(self) -> bool:
        closed = self.is_resolution and self.is_closed
        return not (self.is_cancelled or self.is_paused or closed or (self.stopped is not None))

    @property
    def stage(self) -> str:
        if self.stopped is not None:
            return "stopped"
        if self.is_cancelled:
            return "cancelled"
        return "paused" if self.is_paused else "running"

    @property
    def due(self) -> int | None:
        """The first minute at which so much was used."""
        return self.first_at.get((self.target.business, self.target.amount // timedelta(minutes=1)))

    @property
    def consumed(self) -> timedelta:
        return timedelta(minutes=self.used[self.target.business])

    def begin(self, minute: int) -> None:
        self.first_at = {(True, 0): minute, (False, 0): minute}

    def step(self, minute: int) -> None:
        """From this minute to the next."""
        if not self.counts:
            return
        if self.breached is None and self.due is not None:
            self.breached = self.due
        for business in (True, False):
            if not business or self.is_there[minute]:
                self.used[business] += 1
                self.first_at.setdefault((business, self.used[business]), minute + 1)

    def take(self, event: TicketEvent, minute: int) -> None:
        match event.kind:
            case EventKind.PRIORITIZED:
                self._prioritize(event, minute)
            case EventKind.CUSTOMER_WROTE:
                self.is_asked = self.waits_for_others = False
            case EventKind.ANSWERED if event.by_person or self.policy.bot_answer_counts:
                self.is_answered = True
                if self.kind is ClockKind.FIRST_RESPONSE:
                    self._stop(minute)
            case EventKind.STATUS:
                self._change(event.status, minute)
            case EventKind.WAITS_FOR_OTHERS if self.policy.third_party_pauses:
                self.waits_for_others |= not (self.is_closed or self.is_cancelled)
            case EventKind.CANCELLED if not (self.is_closed and event.reason == "deleted"):
                self._cancel()

    def _prioritize(self, event: TicketEvent, minute: int) -> None:
        assert event.priority is not None
        if event.by_person and self.kind is ClockKind.TRIAGE:
            self._stop(minute)
        was, self.priority = self.priority, event.priority
        if self.stopped is not None and not self.is_resolution:
            return
        if was is not self.priority and (self.is_cancelled or (self.is_resolution and self.is_closed)):
            self.is_sure = False
        if not (self.is_resolution and self.is_closed):
            self.target = self.policy.target(self.kind, self.priority)
        if self.breached is None and self.due is not None and self.due < minute:
            self.breached, self.reason = minute, "reclassified"

    def _change(self, status: Status | None, minute: int) -> None:
        self.waits_for_others = False
        self.is_asked = status is Status.PENDING
        if status is Status.SPAM:
            self._cancel()
        elif status is Status.CLOSED:
            if not self.is_cancelled and not self.is_closed:
                self.is_closed = True
                if self.is_resolution:
                    self._stop(minute)
        else:
            self.is_closed = self.is_cancelled = False
            self._reopen()
            if self.said_while_cancelled is not None:
                self._stop(self.said_while_cancelled)

    def _cancel(self) -> None:
        self.is_cancelled, self.is_closed = True, False
        self._reopen()

    def _reopen(self) -> None:
        if self.is_resolution:
            self.stopped = None
            self.target = self.policy.target(self.kind, self.priority)

    def _stop(self, minute: int) -> None:
        if self.is_cancelled:
            self.said_while_cancelled = minute if self.said_while_cancelled is None else self.said_while_cancelled
        elif self.stopped is None:
            self.stopped = minute
            self.first_stopped = minute if self.first_stopped is None else self.first_stopped


def walk(
    kind: ClockKind, received: int, events: Sequence[TicketEvent], policy: SlaPolicy, is_there: bytearray, now: int
) -> Walker:
    """The clock at ``now``; events are of whole minutes, each of another."""
    by_minute = {minute_of(event.at): event for event in events}
    walker = Walker(kind=kind, policy=policy, is_there=is_there)
    walker.begin(received)
    for minute in range(received, now + 1):
        if minute in by_minute:
            walker.take(by_minute[minute], minute)
        if minute < now:
            walker.step(minute)
    return walker


def due_if_it_runs_on(walker: Walker, now: int) -> int | None:
    """When a running clock will be due; None where that is further than the walk goes."""
    breached = walker.breached
    for minute in range(now, MINUTES):
        if walker.due is not None:
            break
        walker.step(minute)
    walker.breached = breached
    return walker.due
