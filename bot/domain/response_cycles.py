"""Next responses: how long customers waited for an answer after the first one (facts/sla.md, section 3)."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.domain.helpdesk import Status
from bot.domain.sla_events import EventKind, TicketEvent
from bot.domain.sla_policy import SlaPolicy
from bot.domain.sla_stages import Span, is_answer


def response_cycles(received_at: datetime, events: Iterable[TicketEvent], policy: SlaPolicy) -> Sequence[Span]:
    """Each from the oldest unanswered words of the customer to the next answer, from the events in order.

    The last has no end while the customer waits. What is closed without a word is owed no answer any more (often the
    customer only said thanks), nor is what was cancelled: such a wait is no cycle.
    """
    cycles: list[Span] = []
    answered = False
    waits_since: datetime | None = None
    for event in events:
        if event.at < received_at:
            continue
        if is_answer(event, policy):
            if waits_since is not None:
                cycles.append(Span(start=waits_since, end=event.at))
            answered, waits_since = True, None
        elif event.kind is EventKind.CUSTOMER_WROTE and answered:
            waits_since = waits_since or event.at
        elif _ends_it(event):
            waits_since = None
    return cycles if waits_since is None else [*cycles, Span(start=waits_since)]


def _ends_it(event: TicketEvent) -> bool:
    return event.kind is EventKind.CANCELLED or (
        event.kind is EventKind.STATUS and event.status in {Status.CLOSED, Status.SPAM}
    )
