"""The charts in matplotlib, for the page (SVG) and for chat (PNG). Only ``python -m adapters.plots`` imports this."""

import hashlib
import io
import textwrap
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image

from adapters.plots.bars import draw_bars
from adapters.plots.look import COLOURS, FAINT, INK, SETTINGS, visible
from adapters.plots.svg import for_page
from adapters.plots.wire import build_request
from bot.domain.charts import BarChart

_WIDTH = 460
_HEIGHT = 270
"""In the page's pixels. Narrow, so that text stays readable where a phone shows it 360 wide."""

_PICTURED_HEIGHT = 240
_HEADING = 36
_PNG_WIDTH = 1200
_POINTS = 72


def draw_each(charts: Sequence[BarChart]) -> list[str]:
    """Each as an SVG element. Equal charts at the same places give equal texts."""
    with mpl.rc_context(SETTINGS):
        return [_element(chart.folded(), place) for place, chart in enumerate(charts)]


def draw_picture(charts: Sequence[BarChart], title: str) -> bytes:
    """All below each other as a PNG on white, 1200 pixels wide."""
    with mpl.rc_context(SETTINGS):
        figure = _figure(_PICTURED_HEIGHT * max(1, len(charts)) + _HEADING)
        figure.suptitle(
            "\n".join(textwrap.wrap(visible(title), 44)), x=0.02, ha="left", size=15, weight="bold", color=INK
        )
        if charts:
            parts = figure.subfigures(len(charts), 1, squeeze=False)
            for part, chart in zip(parts[:, 0], charts, strict=True):
                draw_bars(part, chart.folded())
        return _png(figure)


def _element(chart: BarChart, place: int) -> str:
    figure = _figure(_HEIGHT)
    draw_bars(figure, chart)
    out = io.BytesIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    digest = hashlib.sha256(build_request([chart], None)).hexdigest()[:8]
    return for_page(
        out.getvalue(), title=chart.title, summary=chart.summary(), prefix=f"chart{place}-{digest}", colours=_on_page()
    )


def _png(figure: Figure) -> bytes:
    """With a palette: a third of the size, and no eye sees a difference in flat colours."""
    out, small = io.BytesIO(), io.BytesIO()
    figure.savefig(out, format="png", dpi=_POINTS * _PNG_WIDTH / _WIDTH, facecolor="white")
    with Image.open(out) as picture:
        palette = picture.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    palette.save(small, format="png", optimize=True)
    return small.getvalue()


def _figure(height: int) -> Figure:
    engine = ConstrainedLayoutEngine(h_pad=6 / _POINTS, w_pad=6 / _POINTS)
    return Figure(figsize=(_WIDTH / _POINTS, height / _POINTS), dpi=_POINTS, layout=engine)


def _on_page() -> dict[str, str]:
    """What was drawn -> what the page shows: its own text colour, and colours it may choose."""
    series = {colour: f"var(--chart-{number}, {colour})" for number, colour in enumerate(COLOURS, start=1)}
    return {INK: "currentColor", FAINT: "var(--chart-faint, #8a8f98)", **series}
