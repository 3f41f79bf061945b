"""Stories of one ticket in Berlin, and where its clocks stand: the week of Monday 16 November 2026 and the next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.business_hours import BusinessCalendar, BusinessTime
from bot.domain.clock_state import ClockState, States
from bot.domain.helpdesk import Status
from bot.domain.sla import states_of, verdict_of
from bot.domain.sla_events import EventKind, TicketEvent
from bot.domain.sla_policy import ClockKind, Priority, SlaPolicy
from bot.domain.sla_ticket import Origin, SlaTicket, SlaTicketId

ZONE = "Europe/Berlin"
OFFICE = {day: [("09:00", "17:00")] for day in ("mon", "tue", "wed", "thu", "fri")}
CALENDAR = BusinessCalendar(ZONE, OFFICE)
POLICY = SlaPolicy()
TRIAGE, RESPONSE, RESOLUTION = ClockKind.TRIAGE, ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION
P0, P1, P2 = Priority.P0, Priority.P1, Priority.P2
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

_DAYS = {day: index for index, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}


def at(text: str) -> datetime:
    """An instant of Berlin, in UTC: "tue 10:00", "next tue 10:00", or with any date "2026-10-25 02:30"."""
    *week, day, time = text.split()
    if day in _DAYS:
        day = f"2026-11-{16 + _DAYS[day] + 7 * len(week)}"
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def guessed(priority: Priority, when: str = "mon 09:00") -> TicketEvent:
    """The bot's provisional priority."""
    return TicketEvent(kind=EventKind.PRIORITIZED, at=at(when), by_person=False, priority=priority)


def triaged(when: str, priority: Priority = P2) -> TicketEvent:
    return TicketEvent(kind=EventKind.PRIORITIZED, at=at(when), priority=priority, label="bug")


def answered(when: str, *, by_person: bool = True) -> TicketEvent:
    return TicketEvent(kind=EventKind.ANSWERED, at=at(when), by_person=by_person)


def wrote(when: str) -> TicketEvent:
    return TicketEvent(kind=EventKind.CUSTOMER_WROTE, at=at(when))


def status(when: str, to: Status) -> TicketEvent:
    return TicketEvent(kind=EventKind.STATUS, at=at(when), status=to)


def pending(when: str) -> TicketEvent:
    return status(when, Status.PENDING)


def active(when: str) -> TicketEvent:
    return status(when, Status.ACTIVE)


def closed(when: str) -> TicketEvent:
    return status(when, Status.CLOSED)


def waits(when: str) -> TicketEvent:
    return TicketEvent(kind=EventKind.WAITS_FOR_OTHERS, at=at(when))


def cancelled(when: str, reason: str = "duplicate") -> TicketEvent:
    return TicketEvent(kind=EventKind.CANCELLED, at=at(when), reason=reason)


def a_ticket(*events: TicketEvent, received: str = "mon 09:00") -> SlaTicket:
    """With the priority that the last event gave it."""
    given = [one.priority for one in sorted(events, key=lambda one: one.at) if one.priority is not None]
    return SlaTicket(
        ticket_id=SlaTicketId("t"),
        origin=Origin.DISCORD,
        received_at=at(received),
        author="Mia",
        subject="The export is empty",
        priority=given[-1] if given else P2,
        ours=events,
    )


def and_then(ticket: SlaTicket, *events: TicketEvent) -> SlaTicket:
    """The same ticket after more has become known."""
    more = a_ticket(*ticket.ours, *events)
    return replace(ticket, ours=more.ours, priority=more.priority)


def states(ticket: SlaTicket, now: str, *, policy: SlaPolicy = POLICY, calendar: BusinessTime = CALENDAR) -> States:
    return states_of(ticket, policy, calendar, at(now))


def clock(
    kind: ClockKind,
    now: str,
    *events: TicketEvent,
    received: str = "mon 09:00",
    policy: SlaPolicy = POLICY,
    calendar: BusinessTime = CALENDAR,
) -> ClockState:
    """One clock of a ticket to which all this happened."""
    return states(a_ticket(*events, received=received), now, policy=policy, calendar=calendar)[kind]


def recorded(
    ticket: SlaTicket, now: datetime, *, policy: SlaPolicy = POLICY, calendar: BusinessTime = CALENDAR
) -> SlaTicket:
    """With the verdicts that are to be recorded at this moment, as the bot keeps them."""
    known = {one.kind: one for one in ticket.verdicts}
    found = [
        verdict_of(state, policy, calendar, known.get(kind))
        for kind, state in states_of(ticket, policy, calendar, now).items()
    ]
    return replace(ticket, verdicts=tuple(one for one in found if one is not None))
