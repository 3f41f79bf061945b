"""A clock that is ahead of the machine's, for the sandbox: days pass there at the press of a button.

How far ahead stands in a file, which the sandbox writes (sandbox/time_machine.py): seconds, as a number.
"""

import asyncio
import math
from datetime import datetime, timedelta
from pathlib import Path

from typing_extensions import override

from adapters.system.clock import SystemClock
from bot.domain.errors import BotError

_SLICE = timedelta(milliseconds=50)
"""A sleeper looks this often whether the time was moved. A hundred of them cost two percent of a core, the
bot has about ten, and unlike one task that wakes all of them, nothing has to be started, ended and watched."""
_FARTHEST = timedelta(days=3650)
_UNWRITTEN = (0, 0, 0)


class MovedClock(SystemClock):
    """The machine's clock plus the seconds in ``file``, which may grow at any time; what is due then happens at once.

    The time never goes back: a file that is gone, holds less than before, or cannot be read changes nothing. Only at
    the start is it an error: raises ``BotError``. Timeouts of the event loop are not moved.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._version = _version(file)
        self._ahead = _ahead_in(file)

    @override
    def now(self) -> datetime:
        # Asked each time, one stat: whoever is told of anything after a move already lives in the moved time.
        version = _version(self._file)
        if version != self._version:
            self._version = version
            self._look_again()
        return super().now() + self._ahead

    @override
    async def sleep_until(self, at: datetime) -> None:
        while (left := at - self.now()) > timedelta():  # noqa: ASYNC110 - time is what it waits for, not a condition
            await asyncio.sleep(min(left, _SLICE).total_seconds())

    def _look_again(self) -> None:
        try:
            self._ahead = max(self._ahead, _ahead_in(self._file))
        except BotError:
            return


def _version(file: Path) -> tuple[int, int, int]:
    """Differs once the file was replaced or written anew."""
    try:
        found = file.stat()
    except OSError:
        return _UNWRITTEN
    return found.st_ino, found.st_mtime_ns, found.st_size


def _ahead_in(file: Path) -> timedelta:
    try:
        seconds = float(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BotError(f"The sandbox's clock file {file} cannot be read: {error.strerror or error}.") from error
    except ValueError as error:  # UnicodeDecodeError, too
        raise BotError(_fault(file)) from error
    if not math.isfinite(seconds) or not 0 <= seconds <= _FARTHEST.total_seconds():
        raise BotError(_fault(file))
    return timedelta(seconds=seconds)


def _fault(file: Path) -> str:
    return (
        f"The sandbox's clock file {file} must hold a number: the seconds that the clock is ahead, at most ten years. "
        "Outside the sandbox, run the bot without --sandbox-clock."
    )
