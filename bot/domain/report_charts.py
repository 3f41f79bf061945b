"""A report as charts: all of them for the board, two for the picture in chat."""

from datetime import timedelta

from bot.domain.charts import BarChart, Series
from bot.domain.reckoned_clocks import BY_PRIORITY
from bot.domain.report import Measure, Report
from bot.domain.report_words import labels_of, one_line, origins_of, priority, stretches
from bot.domain.sla_policy import ClockKind
from bot.domain.sla_ticket import ORIGIN_NAMES

_CATEGORIES = tuple(priority(one) for one in BY_PRIORITY)


def charts_of(report: Report) -> tuple[BarChart, ...]:
    """Everything that is better seen than read."""
    return (
        attainment_chart(report),
        times_chart(report, Measure.FIRST_RESPONSE, "First response"),
        times_chart(report, Measure.FIRST_RESOLUTION, "First resolution"),
        days_chart(report),
        labels_chart(report),
    )


def picture_of(report: Report) -> tuple[BarChart, ...]:
    """For the one picture of the weekly summary."""
    return attainment_chart(report), days_chart(report)


def attainment_chart(report: Report) -> BarChart:
    """The share of promises kept, per clock and priority, with how many it is of."""
    series = []
    for kind in ClockKind:
        found = [report.attainment(kind, one) for one in BY_PRIORITY]
        shares = tuple(None if one.share is None else one.share * 100 for one in found)
        notes = tuple(f"n {one.count}" if one.count else "" for one in found)
        series.append(Series(name=kind.value, values=shares, notes=notes))
    return BarChart(title="Promises kept", categories=_CATEGORIES, series=tuple(series), unit="%", stacked=False)


def times_chart(report: Report, what: Measure, title: str) -> BarChart:
    """How long something took: p50 and p90, in business time and round the clock."""
    found = [report.spread(what, one) for one in BY_PRIORITY]
    notes = tuple(f"n {one.count}" if one.count else "" for one in found)
    business = (
        Series(name="business time, p50", values=_hours([one.business_p50 for one in found]), notes=notes),
        Series(name="business time, p90", values=_hours([one.business_p90 for one in found])),
    )
    clock = (
        Series(name="round the clock, p50", values=_hours([one.clock_p50 for one in found])),
        Series(name="round the clock, p90", values=_hours([one.clock_p90 for one in found])),
    )
    return BarChart(title=title, categories=_CATEGORIES, series=(*business, *clock), unit="hours", stacked=False)


def days_chart(report: Report) -> BarChart:
    """Tickets received, by where they came from."""
    some = stretches(report.days)
    series = tuple(
        Series(name=ORIGIN_NAMES[origin], values=tuple(float(one.by_origin.get(origin, 0)) for one in some))
        for origin in origins_of(report.days)
    )
    return _received("Tickets received, by origin", report, series)


def labels_chart(report: Report) -> BarChart:
    """Tickets received, by label, the most frequent first."""
    some = stretches(report.days)
    series = tuple(
        Series(name=one_line(label), values=tuple(float(one.by_label.get(label, 0)) for one in some))
        for label in labels_of(report.days)
    )
    return _received("Tickets received, by label", report, series)


def _received(title: str, report: Report, series: tuple[Series, ...]) -> BarChart:
    names = tuple(one.short for one in stretches(report.days))
    return BarChart(title=title, categories=names, series=series, unit="tickets", stacked=True)


def _hours(spans: list[timedelta | None]) -> tuple[float | None, ...]:
    return tuple(None if span is None else span / timedelta(hours=1) for span in spans)
