"""Drawing charts, outside of this process."""

from collections.abc import Sequence
from typing import Protocol

from typing_extensions import override

from bot.domain.charts import BarChart
from bot.domain.errors import BotError


class PlotsError(BotError):
    """The charts could not be drawn. Next step: say the figures without pictures."""


class Plots(Protocol):
    """Draws charts. Both raise ``PlotsError``; cancelling ends the drawing. Equal charts make equal pictures."""

    async def draw(self, charts: Sequence[BarChart]) -> tuple[str, ...]:
        """Per chart an ``<svg>`` element to stand in an HTML page as it is: in the page's text colour, on its
        background, as wide as its container, readable by screen readers. The page may set ``--chart-1`` to
        ``--chart-8`` (series), ``--chart-faint`` (grid) and ``--chart-font``. No id is twice in what one call returns.
        """
        ...

    async def draw_picture(self, charts: Sequence[BarChart], title: str) -> bytes:
        """All charts below each other under the title: a PNG, 1200 pixels wide, on white."""
        ...


class NoPlots(Plots):
    """Where nothing can be drawn."""

    @override
    async def draw(self, charts: Sequence[BarChart]) -> tuple[str, ...]:
        raise PlotsError("Nothing is set up to draw charts.")

    @override
    async def draw_picture(self, charts: Sequence[BarChart], title: str) -> bytes:
        raise PlotsError("Nothing is set up to draw charts.")
