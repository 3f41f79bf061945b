"""Where one clock stands at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.sla_policy import ClockKind, Target
from bot.domain.sla_stages import Span

RECLASSIFIED = "reclassified"
AT_RISK = 0.75


class ClockStage(StrEnum):
    """What a clock does now."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """When a share of the target is used up; level 1 is the whole of it."""

    level: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """One clock at one moment.

    ``due_at`` is the first instant at which ``consumed`` equals ``target``; None while a pause keeps it open. Met is
    what stopped at or before it; ``breached_at`` is the end of what was promised, or the instant at which a new
    priority found it in the past (``reason`` "reclassified"). ``first_stopped_at`` differs from ``stopped_at`` after a
    reopening. ``spans`` are the stretches that counted, the last without an end while it runs. ``warnings`` are planned
    ones, past and future, of a clock that has not ended.
    """

    kind: ClockKind
    stage: ClockStage
    target: Target
    consumed: timedelta
    due_at: datetime | None
    started_at: datetime
    stopped_at: datetime | None = None
    first_stopped_at: datetime | None = None
    breached_at: datetime | None = None
    reason: str = ""
    spans: tuple[Span, ...] = ()
    warnings: tuple[Warned, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether it still runs or may run again by itself."""
        return self.stage in {ClockStage.RUNNING, ClockStage.PAUSED}

    @property
    def is_breached(self) -> bool:
        """Whether the promise was broken."""
        return self.breached_at is not None

    @property
    def is_met(self) -> bool:
        """Whether the promise was kept."""
        return self.stage is ClockStage.STOPPED and not self.is_breached

    @property
    def share(self) -> float:
        """How much of the target is used up; over 1 when it is overdue."""
        return self.consumed / self.target.amount

    @property
    def left(self) -> timedelta:
        """Target less consumed, negative when overdue."""
        return self.target.amount - self.consumed

    @property
    def is_at_risk(self) -> bool:
        """Whether it runs, is not breached, and three quarters are used up."""
        return self.stage is ClockStage.RUNNING and not self.is_breached and self.share >= AT_RISK


States = Mapping[ClockKind, ClockState]
