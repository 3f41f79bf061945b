"""Bars, on top of each other or side by side, with their axes, legend and labels."""

import textwrap
from itertools import accumulate

from matplotlib.axes import Axes
from matplotlib.figure import FigureBase
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from adapters.plots.look import COLOURS, INK, visible
from bot.domain.charts import NOTHING, BarChart, number

_MOST_NAMES = 8
"""Names of categories that fit side by side; of more, every second, third, ... is written."""

_MOST_LABELLED = 12
"""Bars side by side that have room for their value above them."""

_SMALL = 9


def draw_bars(place: FigureBase, chart: BarChart) -> None:
    """The chart, filling this figure or part of one."""
    axes = place.add_subplot()
    place.suptitle(_wrapped(chart.title, 52), x=0.02, ha="left", size=12, weight="bold", color=INK)
    if chart.is_empty:
        _say_nothing(axes)
        return
    axes.set_title(_clean(chart.unit, 60), loc="left", size=_SMALL, color=INK)
    (_stack if chart.stacked else _side_by_side)(axes, chart)
    _name_categories(axes, chart)
    _scale(axes, chart)
    if len(chart.series) > 1:
        _explain(place, chart)


def _say_nothing(axes: Axes) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, NOTHING, ha="center", va="center", size=12, color=INK, transform=axes.transAxes)


def _stack(axes: Axes, chart: BarChart) -> None:
    columns = [[value or 0 for value in one.values] for one in chart.series]
    tops = list(accumulate(columns, lambda below, column: [a + b for a, b in zip(below, column, strict=True)]))
    bottoms = [[0.0] * len(chart.categories), *tops]
    for column, bottom, colour in zip(columns, bottoms, COLOURS, strict=False):
        axes.bar(range(len(column)), column, width=0.82, bottom=bottom, color=colour)


def _side_by_side(axes: Axes, chart: BarChart) -> None:
    width = 0.82 / len(chart.series)
    labelled = len(chart.series) * len(chart.categories) <= _MOST_LABELLED
    for which, (one, colour) in enumerate(zip(chart.series, COLOURS, strict=False)):
        notes = one.notes or ("",) * len(one.values)
        for category, (value, note) in enumerate(zip(one.values, notes, strict=True)):
            x = category + (which - (len(chart.series) - 1) / 2) * width
            if value is not None:
                axes.bar(x, value, width=width * 0.92, color=colour)
            if labelled:
                text = "\n".join(filter(None, ("–" if value is None else number(value), _clean(note, 10))))
                axes.annotate(
                    text, (x, value or 0), (0, 2), textcoords="offset points",
                    ha="center", va="bottom", size=_SMALL, color=INK, linespacing=1.1,
                )  # fmt: skip


def _name_categories(axes: Axes, chart: BarChart) -> None:
    step = -(-len(chart.categories) // _MOST_NAMES)
    shown = range(0, len(chart.categories), step)
    room = max(10, 56 // len(shown))
    axes.set_xticks(list(shown), [_wrapped(chart.categories[index], room) for index in shown])
    axes.set_xlim(-0.6, len(chart.categories) - 0.4)


def _scale(axes: Axes, chart: BarChart) -> None:
    """From 0; a percentage to 100. Above that is room for the bars' values."""
    axes.grid(axis="y")
    values = [value for one in chart.series for value in one.values if value is not None]
    if chart.unit == "%":
        axes.set_ylim(0, 118)
        axes.set_yticks(range(0, 101, 25))
        return
    highest = axes.dataLim.y1 or 1
    axes.set_ylim(0, highest * (1.05 if chart.stacked else 1.2))
    whole = all(value == int(value) for value in values)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=whole, steps=[1, 2, 5, 10]))


def _explain(place: FigureBase, chart: BarChart) -> None:
    """The legend below; its texts are set afterwards, since matplotlib leaves out names that begin with "_"."""
    names = [_clean(one.name, 28) for one in chart.series]
    patches = [Patch(color=colour) for _, colour in zip(names, COLOURS, strict=False)]
    columns = min(len(names), max(1, 62 // (max(map(len, names)) + 6)))
    legend = place.legend(
        patches, ["?"] * len(names), loc="outside lower left", ncols=columns,
        frameon=False, fontsize=10, handlelength=1, handleheight=1, handletextpad=0.5, columnspacing=1.4,
    )  # fmt: skip
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)


def _clean(text: str, most: int) -> str:
    """What can be drawn of it, not longer than there is room."""
    text = visible(text)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(_clean(text, width * 3), width, break_long_words=False)[:3])
