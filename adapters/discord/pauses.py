"""Growing waits with chance in them, so that many failures at once do not return at once."""

from datetime import timedelta

from bot.ports.clock import Clock, Dice

LONGEST = timedelta(minutes=5)
"""Some 300 logins a day at most; beyond 1,000 Discord takes the token away (facts/discord.md, section 6)."""


class Pauses:
    """Waits between tries."""

    def __init__(self, clock: Clock, dice: Dice) -> None:
        self._clock = clock
        self._dice = dice

    async def wait(self, failures: int) -> None:
        """Wait after this many failures in a row: about 1, 2, 4 ... seconds, at most five minutes."""
        full = min(LONGEST, timedelta(seconds=1) * 2 ** min(max(failures - 1, 0), 10))
        await self._clock.sleep_until(self._clock.now() + full * (0.5 + self._dice.roll() / 2))
