"""How long a look that finds nothing is not yet believed.

After a lost answer, or an end in the middle of a request, the help desk may still be at work on it. A look that comes
too early finds nothing, and a second one would be made.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from bot.domain.errors import OutcomeUnknownError, TransientError
from bot.ports.clock import Clock

SETTLING = timedelta(seconds=5)
"""An order of magnitude above what FreeScout takes for a request that was cut off; one that timed out asks for more."""


class Doubts:
    """Remembers until when an unknown outcome may still change; tries of an earlier process: from its own start on."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._started_at = clock.now()
        self._settled_at: dict[str, datetime] = {}

    @asynccontextmanager
    async def about(self, key: str) -> AsyncIterator[None]:
        """Around a request that creates something: notes when its outcome became unknown."""
        try:
            yield
        except OutcomeUnknownError as error:
            self._settled_at[key] = self._clock.now() + max(SETTLING, error.settles_after)
            raise
        self._settled_at.pop(key, None)

    def wait_until_settled(self, key: str) -> None:
        """Called when a look found nothing: raises ``TransientError``, to look again soon, until it is settled."""
        settled_at = self._settled_at.get(key, self._started_at + SETTLING)
        now = self._clock.now()
        if now < settled_at:
            raise TransientError("an earlier try may still arrive", retry_after=min(SETTLING, settled_at - now))
