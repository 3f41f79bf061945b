"""What the board shows: open tickets with their clocks, by time left."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.clock_state import ClockStage
from bot.domain.helpdesk import Status
from bot.domain.ids import TicketNumber
from bot.domain.sla_policy import ClockKind, Priority
from bot.domain.sla_ticket import OpenCounts, Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardClock:
    """One clock as a bar. ``share`` is how much of ``target`` is used up, over 1 when overdue; ``left`` is in the
    clock's own time.

    ``moves_until``: until then it moves with the time of day without a pause (a business clock until closing time);
    None while it stands still.
    """

    kind: ClockKind
    stage: ClockStage
    share: float
    target: timedelta
    left: timedelta
    business: bool
    due_at: datetime | None
    breached_at: datetime | None
    is_at_risk: bool
    moves_until: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One ticket. ``desk_url`` opens it in the help desk, ``source_link`` the message in chat; "" where there is none.

    ``provisional``: nobody has triaged it; label and priority are suggestions.
    """

    number: TicketNumber | None
    desk_url: str
    source_link: str
    subject: str
    author: str
    origin: Origin
    label: str
    priority: Priority
    provisional: bool
    assignee: str
    status: Status
    received_at: datetime
    clocks: tuple[BoardClock, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """The board at one moment: the first rows by time left, and how many there are in all."""

    now: datetime
    zone: str
    rows: tuple[BoardRow, ...]
    counts: OpenCounts
