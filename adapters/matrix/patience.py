"""How long to wait after failures in a row: doubling up to a minute, less up to half by chance."""

from datetime import timedelta

from bot.domain.errors import BotError, TransientError
from bot.ports.clock import Dice

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=1)


def pause_after(error: BotError, failures: int, dice: Dice) -> timedelta:
    """The pause after the `failures`-th failure in a row; at least as long as the server asked for."""
    doublings = min(failures - 1, 10)
    full = min(LONGEST_WAIT, FIRST_WAIT * (1 << doublings))
    pause = full * (1 - dice.roll() / 2)
    if isinstance(error, TransientError) and error.retry_after is not None:
        return max(pause, error.retry_after)
    return pause
