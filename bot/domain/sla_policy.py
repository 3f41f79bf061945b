"""What is promised: targets by priority, and when the team is warned (facts/sla.md, sections 3 and 6)."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

_TARGET = re.compile(r"(?P<amount>\d+(?:\.\d+)?)(?P<unit>h|bh|bd)")


class Priority(StrEnum):
    """How urgent a ticket is."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"


class ClockKind(StrEnum):
    """What is timed. There is no target for the next response: it is reported only."""

    TRIAGE = "triage"
    FIRST_RESPONSE = "first response"
    RESOLUTION = "resolution"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How long something may take: of business time, or round the clock."""

    amount: timedelta
    business: bool = True


def target_of(text: str, *, business_day_hours: float = 8) -> Target:
    """The target that a setting means: ``2h`` round the clock, ``4bh`` business hours, ``3bd`` business days.

    A business day is a number of business hours, since only a duration can be paused and compared (facts/sla.md 1.2).
    """
    match = _TARGET.fullmatch(text)
    if match is None:
        raise ValueError(f"“{text}” is no duration such as 2h, 4bh or 3bd")
    hours = float(match["amount"]) * (business_day_hours if match["unit"] == "bd" else 1)
    return Target(amount=timedelta(hours=hours), business=match["unit"] != "h")


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The targets of one priority."""

    first_response: Target
    resolution: Target


_TRIAGE = target_of("4bh")
_PROMISES = {
    Priority.P0: Promise(first_response=target_of("2h"), resolution=target_of("24h")),
    Priority.P1: Promise(first_response=target_of("4bh"), resolution=target_of("3bd")),
    Priority.P2: Promise(first_response=target_of("1bd"), resolution=target_of("5bd")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaPolicy:
    """All targets. ``warn_at`` are rising shares of a target; at the whole of it the clock is breached."""

    triage: Target = _TRIAGE
    promises: Mapping[Priority, Promise] = field(default_factory=lambda: _PROMISES)
    warn_at: tuple[float, ...] = (0.5, 0.75, 0.9)
    bot_answer_counts: bool = False
    third_party_pauses: bool = False

    def target(self, kind: ClockKind, priority: Priority) -> Target:
        """The target of this clock for a ticket of this priority."""
        match kind:
            case ClockKind.TRIAGE:
                return self.triage
            case ClockKind.FIRST_RESPONSE:
                return self.promises[priority].first_response
            case ClockKind.RESOLUTION:
                return self.promises[priority].resolution

    @property
    def version(self) -> str:
        """Changes with anything that moves a deadline or a warning."""
        parts = [self.target(kind, priority) for priority in Priority for kind in ClockKind]
        text = repr((parts, self.bot_answer_counts, self.third_party_pauses, tuple(self.warn_at)))
        return hashlib.sha256(text.encode()).hexdigest()[:12]
