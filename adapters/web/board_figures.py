"""What the report below the board says: how well promises were kept, and what still waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from adapters.web.board_words import Moment, cut, day, moment, percent, span, stamp
from bot.domain.report import Attainment, Report, Spread, Waiting
from bot.domain.sla_policy import ClockKind, Priority

MOST_WAITING = 10
_LONGEST_SUBJECT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A share of promises, of how many; "" for a share of none."""

    share: str
    count: int
    is_small: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptLine:
    """One clock: all priorities, then each; and what the share alone does not tell."""

    kind: str
    cells: tuple[Kept, ...]
    reclassified: int
    cancelled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadLine:
    """How long something took."""

    what: str
    priority: str
    count: int
    is_small: bool
    business: tuple[str, str]
    clock: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    """A ticket without an answer."""

    number: str
    subject: str
    priority: str
    received: Moment
    age: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The report, ready to be shown."""

    days: str
    made: Moment
    received: int
    resolved: int
    reopened: int
    reopen_rate: str
    warned_met: int
    late_downgrades: int
    kept: tuple[KeptLine, ...]
    spreads: tuple[SpreadLine, ...]
    waiting: tuple[WaitingLine, ...]
    more_waiting: int
    ages: tuple[tuple[str, int], ...]


def figures(report: Report) -> Figures:
    """What to show of a report; its times are those of its own zone."""
    zone = ZoneInfo(report.zone)
    last = report.until - timedelta(days=1)
    oldest = sorted(report.waiting, key=lambda one: one.age, reverse=True)
    return Figures(
        days=f"{day(report.since, year=report.since.year != last.year)} to {day(last, year=True)}",
        made=stamp(report.made_at, zone),
        received=report.received,
        resolved=report.resolved,
        reopened=report.reopened,
        reopen_rate=percent(report.reopen_rate),
        warned_met=report.warned_met,
        late_downgrades=report.late_downgrades,
        kept=tuple(_kept(kind, report.attainments) for kind in ClockKind),
        spreads=tuple(_spread(one) for one in report.spreads if one.count),
        waiting=tuple(_waiting(one, report, zone) for one in oldest[:MOST_WAITING]),
        more_waiting=max(len(oldest) - MOST_WAITING, 0),
        ages=report.ages,
    )


def _kept(kind: ClockKind, attainments: Sequence[Attainment]) -> KeptLine:
    found = {one.priority: one for one in attainments if one.kind is kind}
    both = found.get(None)
    return KeptLine(
        kind=kind,
        cells=tuple(_cell(found.get(priority)) for priority in (None, *Priority)),
        reclassified=both.reclassified if both else 0,
        cancelled=both.cancelled if both else 0,
    )


def _cell(one: Attainment | None) -> Kept:
    if one is None or not one.count:
        return Kept(share="", count=0, is_small=False)
    return Kept(share=percent(one.share), count=one.count, is_small=one.is_small)


def _spread(one: Spread) -> SpreadLine:
    return SpreadLine(
        what=one.what,
        priority=one.priority or "all",
        count=one.count,
        is_small=one.is_small,
        business=(_span(one.business_p50, business=True), _span(one.business_p90, business=True)),
        clock=(_span(one.clock_p50), _span(one.clock_p90)),
    )


def _span(amount: timedelta | None, *, business: bool = False) -> str:
    return "–" if amount is None else span(amount, business=business)


def _waiting(one: Waiting, report: Report, zone: ZoneInfo) -> WaitingLine:
    return WaitingLine(
        number=f"#{one.number}" if one.number is not None else "",
        subject=cut(one.subject, _LONGEST_SUBJECT) or "(no subject)",
        priority=one.priority,
        received=moment(one.received_at, report.made_at, zone),
        age=span(one.age),
    )
