"""Charts that are drawn in no time, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from bot.domain.charts import BarChart
from bot.ports.plots import Plots, PlotsError


@dataclass(slots=True)
class FakePlots(Plots):
    """``broken``: nothing can be drawn. ``drawn`` counts what was asked for."""

    broken: bool = False
    drawn: int = 0

    @override
    async def draw(self, charts: Sequence[BarChart]) -> tuple[str, ...]:
        self._count()
        return tuple(f"<svg><title>{one.title}</title></svg>" for one in charts)

    @override
    async def draw_picture(self, charts: Sequence[BarChart], title: str) -> bytes:
        self._count()
        return f"PNG {title}".encode()

    def _count(self) -> None:
        self.drawn += 1
        if self.broken:
            raise PlotsError("the process that draws does not answer")
