"""How clocks ended, counted for a report (facts/sla.md, section 4)."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from bot.domain.clock_state import RECLASSIFIED, ClockState
from bot.domain.report import Attainment
from bot.domain.sla_policy import ClockKind, Priority
from bot.domain.sla_stages import Stage, StageChange
from bot.domain.sla_ticket import SlaTicket
from bot.domain.sla_warnings import BREACH

BY_PRIORITY: tuple[Priority | None, ...] = (None, *Priority)
"""All together first, then each."""


class Ending(StrEnum):
    """How a clock ended."""

    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


def ending_of(state: ClockState, changes: Sequence[StageChange]) -> tuple[Ending, datetime] | None:
    """How and when a clock ended, None while it may still end either way.

    A breach ends it when it happens, whatever comes later (a late answer, a cancellation, a lower priority). A clock
    that was met ended with its last stop: one that was reopened has not ended until it stops again.
    """
    if state.breached_at is not None:
        return Ending.BREACHED, state.breached_at
    if state.stopped_at is not None and state.is_met:
        return Ending.MET, state.stopped_at
    if changes[-1].stage is Stage.CANCELLED:
        return Ending.CANCELLED, changes[-1].at
    return None


class ClockTally:
    """Counts the clocks that ended between two instants, by kind and by the priority that the ticket has now."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self._start, self._end = start, end
        self._endings: Counter[tuple[ClockKind, Priority | None, Ending]] = Counter()
        self._reclassified: Counter[tuple[ClockKind, Priority | None]] = Counter()
        self.warned_met = 0

    def take(self, ticket: SlaTicket, state: ClockState, changes: Sequence[StageChange]) -> None:
        """Count one clock of a ticket with these stages, if it ended in this time."""
        ended = ending_of(state, changes)
        if ended is None or not self._start <= ended[1] < self._end:
            return
        for priority in (None, ticket.priority):
            self._endings[state.kind, priority, ended[0]] += 1
            if ended[0] is Ending.BREACHED and state.reason == RECLASSIFIED:
                self._reclassified[state.kind, priority] += 1
        if ended[0] is Ending.MET:
            self.warned_met += any(one.kind is state.kind and one.level < BREACH for one in ticket.told)

    def attainments(self) -> tuple[Attainment, ...]:
        """Every clock, for all priorities together and for each."""
        return tuple(
            Attainment(
                kind=kind,
                priority=priority,
                met=self._endings[kind, priority, Ending.MET],
                breached=self._endings[kind, priority, Ending.BREACHED],
                cancelled=self._endings[kind, priority, Ending.CANCELLED],
                reclassified=self._reclassified[kind, priority],
            )
            for kind in ClockKind
            for priority in BY_PRIORITY
        )
