"""The stages of a ticket over time: open, waiting for the customer, closed, cancelled."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.helpdesk import Status
from bot.domain.sla_events import EventKind, TicketEvent
from bot.domain.sla_policy import SlaPolicy

DELETED = "deleted"
"""The reason of what was thrown away in the help desk."""


class Stage(StrEnum):
    """What a ticket waits for."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """From then on it is in this stage, and why."""

    at: datetime
    stage: Stage
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time, half-open; without an end it goes on."""

    start: datetime
    end: datetime | None = None


def is_answer(event: TicketEvent, policy: SlaPolicy) -> bool:
    """Whether this is a public answer that counts: a person's, or the bot's where the settings say so."""
    return event.kind is EventKind.ANSWERED and (event.by_person or policy.bot_answer_counts)


def stages_of(received_at: datetime, events: Iterable[TicketEvent], policy: SlaPolicy) -> Sequence[StageChange]:
    """The stages from the events (in order); never empty, each differs from the one before.

    A pause for the customer before any answer is refused: nobody was asked anything. It begins with the answer, then.
    It ends with the next words of the customer or change of status. A closed or cancelled ticket opens again with its
    status only. Throwing a closed one away takes nothing back: it was resolved.
    """
    changes = [StageChange(at=received_at, stage=Stage.OPEN)]
    answered = is_pending = False
    for event in events:
        at = max(event.at, received_at)
        stage = changes[-1].stage
        reason = event.reason
        match event.kind:
            case EventKind.STATUS:
                is_pending = event.status is Status.PENDING
                stage = _by_status(event.status, stage, answered=answered)
                reason = "spam" if event.status is Status.SPAM else reason
            case EventKind.CANCELLED:
                stage = stage if stage is Stage.CLOSED and event.reason == DELETED else Stage.CANCELLED
            case EventKind.CUSTOMER_WROTE:
                is_pending = False
                stage = Stage.OPEN if stage is Stage.PAUSED else stage
            case EventKind.WAITS_FOR_OTHERS:
                stage = Stage.PAUSED if policy.third_party_pauses and stage is Stage.OPEN else stage
            case EventKind.ANSWERED:
                answered = answered or is_answer(event, policy)
                stage = Stage.PAUSED if answered and is_pending and stage is Stage.OPEN else stage
            case EventKind.PRIORITIZED:
                pass
        if stage is not changes[-1].stage:
            changes.append(StageChange(at=at, stage=stage, reason=reason))
    return changes


def _by_status(status: Status | None, stage: Stage, *, answered: bool) -> Stage:
    match status:
        case Status.PENDING:
            return Stage.PAUSED if answered else Stage.OPEN
        case Status.CLOSED:
            return stage if stage is Stage.CANCELLED else Stage.CLOSED
        case Status.SPAM:
            return Stage.CANCELLED
        case Status.ACTIVE | None:
            return Stage.OPEN


def spans_of(
    changes: Sequence[StageChange], counting: Collection[Stage], *, until: datetime | None = None
) -> tuple[Span, ...]:
    """The stretches in one of these stages, up to ``until``; neighbours are one, empty ones none."""
    spans: list[Span] = []
    for index, change in enumerate(changes):
        end = changes[index + 1].at if index + 1 < len(changes) else None
        if until is not None:
            end = until if end is None else min(end, until)
        if change.stage not in counting or (end is not None and end <= change.at):
            continue
        if spans and spans[-1].end == change.at:
            spans[-1] = Span(start=spans[-1].start, end=end)
        else:
            spans.append(Span(start=change.at, end=end))
    return tuple(spans)
