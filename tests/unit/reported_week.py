"""A week to report on, Monday 16 to Sunday 22 November 2026 in Berlin, and tickets made by hand."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import count
from zoneinfo import ZoneInfo

from bot.domain.business_hours import BusinessCalendar
from bot.domain.helpdesk import Status
from bot.domain.ids import TicketNumber
from bot.domain.reckoning import reckon
from bot.domain.report import Report
from bot.domain.sla import states_of
from bot.domain.sla_events import EventKind, TicketEvent
from bot.domain.sla_policy import Priority, SlaPolicy
from bot.domain.sla_ticket import Origin, SlaTicket, SlaTicketId, Told, Verdict

ZONE = "Europe/Berlin"
MONDAY, NEXT_MONDAY = date(2026, 11, 16), date(2026, 11, 23)
OFFICE = {day: [("09:00", "17:00")] for day in ("mon", "tue", "wed", "thu", "fri")}
CALENDAR = BusinessCalendar(ZONE, OFFICE)
POLICY = SlaPolicy()
_NUMBERS = count(1000)


def at(text: str) -> datetime:
    """An instant of Berlin, as "16 10:00" in November 2026 or "2026-10-25 00:30"."""
    day, time = text.split()
    full = day if "-" in day else f"2026-11-{int(day):02}"
    return datetime.fromisoformat(f"{full}T{time}").replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


NOW = at("23 09:00")


def triaged(when: str, priority: Priority = Priority.P2) -> TicketEvent:
    return TicketEvent(kind=EventKind.PRIORITIZED, at=at(when), priority=priority)


def provisional(when: str, priority: Priority) -> TicketEvent:
    return TicketEvent(kind=EventKind.PRIORITIZED, at=at(when), priority=priority, by_person=False)


def answered(when: str) -> TicketEvent:
    return TicketEvent(kind=EventKind.ANSWERED, at=at(when))


def wrote(when: str) -> TicketEvent:
    return TicketEvent(kind=EventKind.CUSTOMER_WROTE, at=at(when))


def status(when: str, to: Status) -> TicketEvent:
    return TicketEvent(kind=EventKind.STATUS, at=at(when), status=to)


def closed(when: str) -> TicketEvent:
    return status(when, Status.CLOSED)


def reopened(when: str) -> TicketEvent:
    return status(when, Status.ACTIVE)


def cancelled(when: str) -> TicketEvent:
    return TicketEvent(kind=EventKind.CANCELLED, at=at(when), reason="no request")


def request(
    received: str,
    *events: TicketEvent,
    origin: Origin = Origin.DISCORD,
    label: str = "",
    subject: str = "It does not start",
    number: int | None = None,
    told: Iterable[Told] = (),
    verdicts: Iterable[Verdict] = (),
) -> SlaTicket:
    """A ticket; its priority is the last that was given."""
    name = next(_NUMBERS)
    given = [one.priority for one in sorted(events, key=lambda one: one.at) if one.priority is not None]
    return SlaTicket(
        ticket_id=SlaTicketId(f"t{name}"),
        origin=origin,
        received_at=at(received),
        author="Ada",
        subject=subject,
        number=TicketNumber(number or name),
        label=label,
        priority=given[-1] if given else Priority.P2,
        ours=events,
        told=tuple(told),
        verdicts=tuple(verdicts),
    )


def report_of(
    *tickets: SlaTicket, since: date = MONDAY, until: date = NEXT_MONDAY, now: datetime = NOW, zone: str = ZONE
) -> Report:
    return reckon(
        [(one, states_of(one, POLICY, CALENDAR, now)) for one in tickets],
        since=since,
        until=until,
        zone=zone,
        calendar=CALENDAR,
        policy=POLICY,
        now=now,
    )
