"""Charts of the report, as values; ``adapters.plots`` draws them."""

import math
from dataclasses import dataclass, replace

MOST_SERIES = 8
"""As many colours can be told apart on a dark and on a light page, also by people who see fewer of them."""

NOTHING = "No tickets in this time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One colour of a chart: a value per category, None where there is none (not 0).

    ``notes``, as many as values or none, stand under the values of bars side by side, such as "n 12".
    """

    name: str
    values: tuple[float | None, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """Bars per category, on top of each other or side by side.

    ``unit`` says what is counted ("tickets", "business hours"); "%" makes the axis end at 100. Of many categories
    (days) only every second, third, ... is named. Raises ValueError for values that fit no category, are negative or no
    number, and for more than ``MOST_SERIES`` side by side (of stacked ones the last become "others").
    """

    title: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str
    stacked: bool

    def __post_init__(self) -> None:
        for one in self.series:
            if len(one.values) != len(self.categories) or len(one.notes) not in {0, len(one.values)}:
                raise ValueError(f"{self.title}: {one.name} does not have one value (and note) per category")
            if any(value is not None and not (math.isfinite(value) and value >= 0) for value in one.values):
                raise ValueError(f"{self.title}: {one.name} has a value that is negative or no number")
        if not self.stacked and len(self.series) > MOST_SERIES:
            raise ValueError(f"{self.title}: more than {MOST_SERIES} bars side by side cannot be told apart")

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw: no value at all or, stacked, nothing above 0."""
        values = [value for one in self.series for value in one.values if value is not None]
        return not any(values) if self.stacked else not values

    def folded(self) -> "BarChart":
        """The same with at most ``MOST_SERIES`` series: of stacked ones the last are summed up as "others"."""
        if len(self.series) <= MOST_SERIES:
            return self
        kept, rest = self.series[: MOST_SERIES - 1], self.series[MOST_SERIES - 1 :]
        sums = tuple(sum(value or 0 for value in column) for column in zip(*(one.values for one in rest), strict=True))
        return replace(self, series=(*kept, Series(name="others", values=sums)))

    def summary(self) -> str:
        """The chart in words, for people who do not see it: every value, or per series the sum of stacked ones."""
        if self.is_empty:
            return NOTHING
        return "; ".join(f"{one.name}: {self._in_words(one)}" for one in self.series)

    def _in_words(self, one: Series) -> str:
        if self.stacked:
            return f"{number(sum(value or 0 for value in one.values))} {self.unit} in all"
        notes = one.notes or ("",) * len(one.values)
        told = zip(self.categories, one.values, notes, strict=True)
        return ", ".join(
            f"{category} {'none' if value is None else f'{number(value)} {self.unit}'}{f' ({note})' if note else ''}"
            for category, value, note in told
        )


def number(value: float) -> str:
    """As few digits as say it: whole from 10 on, else one decimal place where it is not 0."""
    return f"{value:.0f}" if value >= 9.95 else f"{value:.1f}".removesuffix(".0")
