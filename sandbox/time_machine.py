"""The sandbox's time: it runs with the real one and can be moved forward, for everybody in it together."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.discord import DiscordSimulator
from sandbox.freescout import FreeScoutSimulator


class ClockFile:
    """How many seconds the sandbox is ahead of the real time, in a file that the bot's `--sandbox-clock` reads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ahead = timedelta()
        self._write()

    def advance(self, by: timedelta) -> None:
        """Move forward; the file is replaced in one step, so that nobody reads half of a number."""
        if by < timedelta():
            raise ValueError("Time in the sandbox goes forward only.")
        self.ahead += by
        self._write()

    def _write(self) -> None:
        fresh = self.path.with_name(f"{self.path.name}.new")
        fresh.write_text(f"{self.ahead.total_seconds():.6f}\n", encoding="utf-8")
        fresh.replace(self.path)


class TimeMachine:
    """Moves the clocks of the simulated Discord, the simulated FreeScout and the bot together.

    Synapse is the real one and its clock cannot be moved: messages in Matrix keep the real time, so after a move they
    look older to the bot than they are. Nor are seconds moved that programs count by themselves: timeouts, FreeScout's
    pause before a webhook leaves, rate limits.
    """

    def __init__(self, path: Path, discord: DiscordSimulator | None, freescout: FreeScoutSimulator) -> None:
        self._file = ClockFile(path)
        self._discord = discord
        self._freescout = freescout

    def now(self) -> datetime:
        """The present in the sandbox, in UTC."""
        return datetime.now(UTC) + self._file.ahead

    @property
    def path(self) -> Path:
        """The file that moves the bot's clock."""
        return self._file.path

    @property
    def ahead(self) -> timedelta:
        """How far it is ahead of the real time."""
        return self._file.ahead

    def advance(self, by: timedelta) -> None:
        """Let this much time pass; nothing is waited for. Raises ValueError for a negative one."""
        # The bot first: it reads the file whenever it wants to know the time, and so never meets a message from its
        # own future.
        self._file.advance(by)
        self._freescout.advance(by.total_seconds())
        if self._discord is not None:
            self._discord.advance(by.total_seconds())
