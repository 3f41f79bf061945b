"""A report for programs."""

import json
from datetime import timedelta
from typing import Any

from bot.domain.report import Attainment, DayCount, Report, Spread, Waiting
from bot.domain.report_words import priority

VERSION = 1
"""Changes when a key is renamed or removed or its meaning changes, not when one is added."""


def report_json(report: Report) -> str:
    """Dates and times in ISO form, durations in seconds, shares from 0 to 1; null where there is no figure.

    ``to`` is the last day that is in it, as on the command line; ``priority`` "all" stands for all together.
    """
    return json.dumps(_report(report), indent=2, ensure_ascii=False) + "\n"


def _report(report: Report) -> dict[str, Any]:
    return {
        "version": VERSION,
        "from": report.since.isoformat(),
        "to": report.last_day.isoformat(),
        "zone": report.zone,
        "made_at": report.made_at.isoformat(),
        "received": report.received,
        "resolved": report.resolved,
        "reopened": report.reopened,
        "reopen_rate": report.reopen_rate,
        "attainment": [_attainment(one) for one in report.attainments],
        "times": [_spread(one) for one in report.spreads],
        "days": [_day(one) for one in report.days],
        "open_by_age": [{"age": name, "tickets": count} for name, count in report.ages],
        "waiting": [_waiting(one) for one in report.waiting],
        "kept_after_warning": report.warned_met,
        "late_downgrades": report.late_downgrades,
    }


def _attainment(one: Attainment) -> dict[str, Any]:
    return {
        "clock": one.kind.value,
        "priority": priority(one.priority),
        "met": one.met,
        "breached": one.breached,
        "reclassified": one.reclassified,
        "cancelled": one.cancelled,
        "n": one.count,
        "share": one.share,
        "small_sample": one.is_small,
    }


def _spread(one: Spread) -> dict[str, Any]:
    return {
        "measure": one.what.value,
        "priority": priority(one.priority),
        "n": one.count,
        "business_p50_seconds": _seconds(one.business_p50),
        "business_p90_seconds": _seconds(one.business_p90),
        "clock_p50_seconds": _seconds(one.clock_p50),
        "clock_p90_seconds": _seconds(one.clock_p90),
        "small_sample": one.is_small,
    }


def _day(one: DayCount) -> dict[str, Any]:
    origins = {origin.value: count for origin, count in sorted(one.by_origin.items())}
    return {"day": one.day.isoformat(), "by_origin": origins, "by_label": dict(sorted(one.by_label.items()))}


def _waiting(one: Waiting) -> dict[str, Any]:
    return {
        "number": one.number,
        "subject": one.subject,
        "priority": one.priority.value,
        "received_at": one.received_at.isoformat(),
        "age_seconds": _seconds(one.age),
    }


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()
