"""A promised effect, and what happens to it after each try."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.effects import Effect
from bot.domain.errors import DeliveryError, OutcomeUnknownError, PermanentError, TransientError
from bot.domain.ids import DeliveryId

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=1)
"""A help desk that comes back is found within a minute; a retry costs it one request per waiting conversation."""


_BELIEVED = 2
_LONGEST_WITHOUT_ASKING = timedelta(seconds=5)


class System(StrEnum):
    """Whom a delivery talks to; concurrency is bounded per system. ``BOT`` is the bot's own work (typed commands)."""

    FREESCOUT = "freescout"
    DISCORD = "discord"
    MATRIX = "matrix"
    BOT = "bot"


class DeliveryState(StrEnum):
    """Where a delivery stands. A parked one waits for a person; discarded ones were given up by one."""

    PENDING = "pending"
    DONE = "done"
    PARKED = "parked"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One outbox row.

    Rows with one ``ordering_key`` go strictly in turn. ``outcome_unknown``: an earlier try may have done its work, so
    look for the mark before sending again; ``tried_at`` is when the first such try ended without an answer. ``holds``:
    while parked it keeps its followers waiting (openings do; appends and sends let them pass).
    """

    delivery_id: DeliveryId
    ordering_key: str
    system: System
    effect: Effect
    created_at: datetime
    next_attempt_at: datetime
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    outcome_unknown: bool = False
    tried_at: datetime | None = None
    reason: str = ""
    holds: bool = False
    late: bool = False


def next_step(delivery: Delivery, error: DeliveryError, now: datetime, chance: float) -> Delivery:
    """The delivery after a try that failed with ``error``; ``chance`` in [0, 1) spreads the retries.

    Transient: wait (what the system asked for, else doubling up to a minute, less up to half by chance).
    Unknown outcome: the same, and the next try looks first. Permanent: parked.
    """
    tried = replace(delivery, attempts=delivery.attempts + 1, reason=str(error))
    match error:
        case PermanentError():
            return replace(tried, state=DeliveryState.PARKED)
        case OutcomeUnknownError():
            first = delivery.tried_at or now
            wait = _wait(tried.attempts, chance)
            return replace(tried, outcome_unknown=True, tried_at=first, next_attempt_at=now + wait)
        case TransientError(retry_after=timedelta() as asked):
            wait = _asked(asked, tried.attempts, chance)
            return replace(tried, next_attempt_at=now + wait + FIRST_WAIT * (chance / 4))
        case _:
            return replace(tried, next_attempt_at=now + _wait(tried.attempts, chance))


def _asked(asked: timedelta, attempts: int, chance: float) -> timedelta:
    """What was asked for; "at once", or a date that has passed by our clock, is believed twice."""
    if asked >= FIRST_WAIT or attempts <= _BELIEVED:
        return asked
    return max(asked, min(_wait(attempts - _BELIEVED, chance), _LONGEST_WITHOUT_ASKING))


def _wait(attempts: int, chance: float) -> timedelta:
    full: timedelta = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 10))
    return full * (1 - chance / 2)
