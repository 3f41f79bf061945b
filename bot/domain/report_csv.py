"""A report for spreadsheets: one long table, RFC 4180."""

import csv
import io
from collections.abc import Iterable
from datetime import timedelta

from bot.domain.report import Attainment, Report, Spread
from bot.domain.report_words import one_line, priority, ticket

COLUMNS = ("section", "day", "clock", "priority", "measure", "value", "unit", "n", "note")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Row = dict[str, str]


def report_csv(report: Report) -> str:
    """One figure a row: where a measure is of few, ``note`` says "few"; durations are hours, shares percent.

    Numbers have dots. Where there is no figure (nothing ended), ``value`` is empty. Words that a spreadsheet would take
    for a formula begin with an apostrophe.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    for row in _rows(report):
        writer.writerow({name: defused(cell) if name in {"measure", "note"} else cell for name, cell in row.items()})
    return out.getvalue()


def defused(text: str) -> str:
    """The same text, never a formula."""
    text = one_line(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _rows(report: Report) -> Iterable[Row]:
    yield _row("period", "first day", report.since.isoformat(), "date")
    yield _row("period", "last day", report.last_day.isoformat(), "date")
    yield _row("period", "time zone", report.zone, "zone")
    yield _row("period", "made at", report.made_at.isoformat(), "time")
    for attainment in report.attainments:
        yield from _of_attainment(attainment)
    for spread in report.spreads:
        yield from _of_spread(spread)
    for day in report.days:
        for origin, count in day.by_origin.items():
            yield _row("received by origin", origin, count, "tickets") | {"day": day.day.isoformat()}
        for label, count in day.by_label.items():
            yield _row("received by label", label, count, "tickets") | {"day": day.day.isoformat()}
    yield from _totals(report)
    for name, count in report.ages:
        yield _row("open by age", name, count, "tickets")
    for one in report.waiting:
        who = {"clock": "first response", "priority": one.priority.value, "note": one.subject}
        yield _row("waiting", ticket(one.number), _hours(one.age), "hours") | who


def _totals(report: Report) -> Iterable[Row]:
    yield _row("tickets", "received", report.received, "tickets")
    yield _row("tickets", "resolved", report.resolved, "tickets")
    yield _row("tickets", "opened again", report.reopened, "tickets") | {"n": str(report.resolved)}
    yield _row("tickets", "reopen rate", _percent(report.reopen_rate), "percent") | {"n": str(report.resolved)}
    yield _row("signs", "kept after a warning", report.warned_met, "clocks")
    yield _row("signs", "priority lowered in the last tenth of a clock", report.late_downgrades, "changes")


def _of_attainment(one: Attainment) -> Iterable[Row]:
    counts = {"met": one.met, "breached": one.breached, "of these with a new priority": one.reclassified}
    for name, count in (counts | {"cancelled": one.cancelled}).items():
        yield _figure("attainment", one.kind, one, name, str(count), "clocks")
    yield _figure("attainment", one.kind, one, "share met", _percent(one.share), "percent")


def _of_spread(one: Spread) -> Iterable[Row]:
    spans = {
        "business time p50": one.business_p50,
        "business time p90": one.business_p90,
        "clock time p50": one.clock_p50,
        "clock time p90": one.clock_p90,
    }
    for name, span in spans.items():
        yield _figure("times", one.what, one, name, _hours(span), "hours")


def _figure(section: str, clock: str, one: Attainment | Spread, measure: str, value: str, unit: str) -> Row:
    about = {"clock": clock, "priority": priority(one.priority), "n": str(one.count)}
    few = {"note": "few"} if one.count and one.is_small else {}
    return _row(section, measure, value, unit) | about | few


def _row(section: str, measure: str, value: str | int, unit: str) -> Row:
    return {"section": section, "measure": measure, "value": str(value), "unit": unit}


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.2f}"


def _hours(span: timedelta | None) -> str:
    return "" if span is None else f"{span / timedelta(hours=1):.2f}"
