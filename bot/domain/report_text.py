"""A report for the terminal: plain text in columns."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from bot.domain.report import Attainment, Report, Spread, Waiting
from bot.domain.report_words import (
    age,
    counted,
    day_with_year,
    labels_of,
    length,
    one_line,
    origins_of,
    percent,
    priority,
    stretches,
    ticket,
)
from bot.domain.sla_ticket import ORIGIN_NAMES
from bot.domain.subject import cut

MOST_WAITING = 20
_SUBJECT = 70


def report_text(report: Report) -> str:
    """The whole report; what says nothing (a priority without a clock that ended) is left out."""
    if report.is_empty:
        parts = [_head(report), "Nothing happened in these days: no ticket came in and no clock ended."]
    else:
        parts = [_head(report), _promises(report), _times(report), _received(report), _signs(report)]
    return "\n\n".join([*parts, *_open(report)]) + "\n"


def _head(report: Report) -> str:
    made_at = report.made_at.astimezone(ZoneInfo(report.zone))
    until = "" if report.since == report.last_day else f" to {day_with_year(report.last_day)}"
    rate = f", {report.reopened} of them opened again ({percent(report.reopen_rate)})" if report.resolved else ""
    return (
        f"Support report: {day_with_year(report.since)}{until} ({report.zone})\n"
        f"As things stood on {day_with_year(made_at.date())} at {made_at:%H:%M}.\n"
        f"{counted(report.received)} received, {report.resolved} resolved{rate}."
    )


def _promises(report: Report) -> str:
    rows = [_promise(one) for one in report.attainments if one.count or one.cancelled or one.priority is None]
    head = ("Promises kept", "", "in time", "late", "share", "of", "with a new priority", "cancelled", "")
    return _table([head, *rows], left=(0, 1, 8))


def _promise(one: Attainment) -> Sequence[str]:
    figures = (one.met, one.breached, percent(one.share), one.count, one.reclassified, one.cancelled)
    name = one.kind.value if one.priority is None else ""
    return name, priority(one.priority), *(str(figure) for figure in figures), _few(one)


def _times(report: Report) -> str:
    rows = [_time(one) for one in report.spreads if one.count or one.priority is None]
    head = ("Times", "", "business p50", "p90", "round the clock p50", "p90", "of", "")
    table = _table([head, *rows], left=(0, 1, 7))
    return f"{table}\np50: half took at most so long; p90: nine of ten. Resolutions without the waiting for customers."


def _time(one: Spread) -> Sequence[str]:
    spans = (one.business_p50, one.business_p90, one.clock_p50, one.clock_p90)
    name = one.what.value if one.priority is None else ""
    return name, priority(one.priority), *(length(span) for span in spans), str(one.count), _few(one)


def _received(report: Report) -> str:
    origins, labels = origins_of(report.days), labels_of(report.days)
    head = (
        "Tickets received",
        "in all",
        *(ORIGIN_NAMES[origin] for origin in origins),
        *(one_line(label) for label in labels),
    )
    rows = [
        (
            one.name,
            str(one.total),
            *(str(one.by_origin.get(origin, 0)) for origin in origins),
            *(str(one.by_label.get(label, 0)) for label in labels),
        )
        for one in stretches(report.days)
    ]
    return _table([head, *rows], left=(0,))


def _signs(report: Report) -> str:
    return (
        f"Promises kept after a warning: {report.warned_met}.\n"
        f"Priority lowered in the last tenth of a clock: {report.late_downgrades}."
    )


def _open(report: Report) -> Iterable[str]:
    if any(count for _, count in report.ages):
        rows = [(name, str(count)) for name, count in report.ages]
        yield _table([("Open now, by age", ""), *rows], left=(0,))
    yield _waiting(report.waiting) if report.waiting else "Nobody waits for a first answer."


def _waiting(waiting: Sequence[Waiting]) -> str:
    wait = "waits" if len(waiting) == 1 else "wait"
    rows = [
        (ticket(one.number), one.priority.value, age(one.age), cut(one_line(one.subject), _SUBJECT))
        for one in waiting[:MOST_WAITING]
    ]
    lines = [f"{counted(len(waiting))} {wait} for a first answer, longest first:", _table(rows, left=(0, 1, 3))]
    if len(waiting) > MOST_WAITING:
        lines.append(f"... and {len(waiting) - MOST_WAITING} more (--format csv or json lists all).")
    return "\n".join(lines)


def _few(one: Attainment | Spread) -> str:
    return f"few: {one.count}" if one.count and one.is_small else ""


def _table(rows: Sequence[Sequence[str]], *, left: Sequence[int]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(
            cell.ljust(width) if index in left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)
