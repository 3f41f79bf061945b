"""What a row of the board says: a ticket's clocks as bars and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from adapters.web.board_filters import ORIGINS
from adapters.web.board_words import Moment, cut, moment, span, web_link
from bot.domain.board import BoardClock, BoardRow
from bot.domain.clock_state import RECLASSIFIED, ClockStage
from bot.domain.helpdesk import Status

LONGEST_SUBJECT = 180
LONGEST_NAME = 60


class Look(StrEnum):
    """How a clock looks, the most pressing first; ``STILL`` runs but stands while it is closed."""

    BREACHED = "breached"
    AT_RISK = "at-risk"
    RUNNING = "running"
    STILL = "still"
    PAUSED = "paused"
    LATE = "late"
    MET = "met"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockLine:
    """A clock: words, then ``by`` and an instant, then a note.

    ``used`` is the filled part in percent. Where ``moves_seconds`` is not 0 the bar moves on to ``used_then`` in that
    time.
    """

    kind: str
    look: Look
    words: str
    by: str
    at: Moment | None
    note: str
    used: float
    used_then: float
    moves_seconds: int

    @property
    def text(self) -> str:
        """All of it in one line."""
        when = f", {self.by} {self.at.text}" if self.at else ""
        return f"{self.words}{when}{self.note}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketLine:
    """A ticket. ``bars`` are clocks that can still run; ``done`` those that stopped."""

    key: str
    number: str
    desk_url: str
    subject: str
    author: str
    source: str
    source_link: str
    received: Moment
    age: str
    label: str
    priority: str
    provisional: bool
    assignee: str
    waits: bool
    look: Look
    bars: tuple[ClockLine, ...]
    done: tuple[ClockLine, ...]


def lines(rows: Sequence[BoardRow], now: datetime, zone: ZoneInfo) -> list[TicketLine]:
    """The rows in their order."""
    return [_line(row, now, zone) for row in rows]


def _line(row: BoardRow, now: datetime, zone: ZoneInfo) -> TicketLine:
    clocks = [_clock(clock, now, zone) for clock in row.clocks if clock.stage is not ClockStage.CANCELLED]
    bars = tuple(clock for clock in clocks if clock.look not in {Look.MET, Look.LATE})
    looks = list(Look)
    number = f"#{row.number}" if row.number is not None else ""
    return TicketLine(
        key=number.replace("#", "t") or f"r{row.received_at.timestamp():.0f}",
        number=number,
        desk_url=web_link(row.desk_url),
        subject=cut(row.subject, LONGEST_SUBJECT) or "(no subject)",
        author=cut(row.author, LONGEST_NAME) or "somebody",
        source=ORIGINS[row.origin],
        source_link=web_link(row.source_link),
        received=moment(row.received_at, now, zone),
        age=span(max(now - row.received_at, timedelta())),
        label=cut(row.label, LONGEST_NAME),
        priority=row.priority,
        provisional=row.provisional,
        assignee=cut(row.assignee, LONGEST_NAME),
        waits=row.status is Status.PENDING,
        look=min((clock.look for clock in bars), key=looks.index, default=Look.MET),
        bars=bars,
        done=tuple(clock for clock in clocks if clock.look in {Look.MET, Look.LATE}),
    )


def _clock(clock: BoardClock, now: datetime, zone: ZoneInfo) -> ClockLine:
    look = _look(clock)
    used = 1.0 if look is Look.BREACHED else min(max(clock.share, 0.0), 1.0)
    seconds = _moving(clock, used, now) if look in {Look.RUNNING, Look.AT_RISK} else timedelta()
    words, by, at, note = _words(clock, look, now)
    return ClockLine(
        kind=clock.kind,
        look=look,
        words=words,
        by=by,
        at=moment(at, now, zone) if at is not None else None,
        note=note,
        used=round(used * 100, 2),
        used_then=round(min(used + seconds / clock.target, 1.0) * 100, 2),
        moves_seconds=int(seconds.total_seconds()),
    )


def _look(clock: BoardClock) -> Look:
    if clock.stage is ClockStage.STOPPED:
        return Look.LATE if clock.breached_at is not None else Look.MET
    if clock.breached_at is not None:
        return Look.BREACHED
    if clock.stage is ClockStage.PAUSED:
        return Look.PAUSED
    if clock.is_at_risk:
        return Look.AT_RISK
    return Look.RUNNING if clock.moves_until is not None else Look.STILL


def _moving(clock: BoardClock, used: float, now: datetime) -> timedelta:
    """How long the bar moves from now on: until it stands still or is full."""
    if clock.moves_until is None:
        return timedelta()
    return min(max(clock.moves_until - now, timedelta()), clock.target * (1 - used))


def _words(clock: BoardClock, look: Look, now: datetime) -> tuple[str, str, datetime | None, str]:
    """Words, preposition, instant and note."""
    left = f"{span(clock.left, business=clock.business)} left"
    stands = clock.moves_until is None and clock.stage is ClockStage.RUNNING
    match look:
        case Look.MET:
            return f"{clock.kind}: in time", "", None, ""
        case Look.LATE:
            return f"{clock.kind}: late", "", None, ""
        case Look.BREACHED:
            assert clock.breached_at is not None
            ago = f"breached {span(max(now - clock.breached_at, timedelta()))} ago"
            if clock.stage is ClockStage.PAUSED:
                return ago, "", None, "; paused now, waits for the customer"
            if clock.reason == RECLASSIFIED:
                return ago, "", None, "; late since its priority changed"
            return ago, "was due", clock.due_at, ""
        case Look.PAUSED:
            return "paused, waits for the customer", "", None, f"; {left}"
        case Look.AT_RISK | Look.RUNNING | Look.STILL:
            closed = "; stands still until business hours" if stands else ""
            left = f"at risk: {left}" if look is Look.AT_RISK else left
            return left, "by", clock.due_at, closed or ("" if clock.business else "; round the clock")
