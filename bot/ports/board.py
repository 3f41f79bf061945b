"""What the web server's board may ask for."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.domain.board import BoardView
from bot.domain.report import Report
from bot.domain.sla_ticket import BoardFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardReport:
    """The report of the last weeks with its pictures, each an ``<svg>`` element; none while they are being drawn."""

    report: Report
    pictures: tuple[str, ...]


class Board(Protocol):
    """The board."""

    async def view(self, chosen: BoardFilter) -> BoardView:
        """The tickets that fit, now. Raises ``StoreError``."""
        ...

    async def report(self) -> BoardReport | None:
        """The report of the last four weeks, at most some minutes old; None until the first one is made. Never waits
        for one to be made.
        """
        ...

    async def changed(self, version: int, timeout: timedelta) -> int:
        """Wait until the tickets are another version than this one, or the time is over; returns the version now."""
        ...
