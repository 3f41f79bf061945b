"""The weekly summary in chat: a few sentences, beside one picture."""

from bot.domain.report import Measure, Report, Spread
from bot.domain.report_words import age, counted, days_between, length, one_line, percent, ticket
from bot.domain.richtext import Listing, RichText, join
from bot.domain.sla_policy import ClockKind
from bot.domain.subject import cut
from bot.domain.wording import Wording

_SUBJECT = 80


def summary(report: Report, wording: Wording) -> RichText:
    """What the team reads about these days; a quiet time in one sentence."""
    days = days_between(report.since, report.last_day)
    if report.is_empty:
        return join(wording.say("report_quiet", days=days), _waiting(report, wording))
    figures = {"received": counted(report.received), "resolved": str(report.resolved)}
    head = "report_head_reopened" if report.reopened else "report_head"
    return join(
        wording.say(head, days=days, reopened=str(report.reopened), **figures),
        _promises(report, wording),
        _times(report, wording),
        _waiting(report, wording),
    )


def picture_title(report: Report, wording: Wording) -> str:
    """What stands above the picture, and describes it where it cannot be seen."""
    return wording.line("report_picture", days=days_between(report.since, report.last_day))


def _promises(report: Report, wording: Wording) -> RichText:
    lines = []
    for kind in ClockKind:
        one = report.attainment(kind)
        values = {"clock": kind.value.capitalize(), "share": percent(one.share), "count": str(one.count)}
        key = "report_promise_few" if one.is_small else "report_promise"
        lines.append(wording.say(key if one.count else "report_promise_none", **values))
    return RichText(blocks=(Listing(items=tuple(line.blocks for line in lines)),))


def _times(report: Report, wording: Wording) -> RichText:
    sentences = {
        "report_response": report.spread(Measure.FIRST_RESPONSE),
        "report_resolution": report.spread(Measure.FIRST_RESOLUTION),
    }
    return join(*(_time(key, one, wording) for key, one in sentences.items() if one.count))


def _time(key: str, one: Spread, wording: Wording) -> RichText:
    assert one.clock_p50 is not None
    if one.is_small:
        key = f"{key}_one" if one.count == 1 else f"{key}_few"
    return wording.say(key, count=str(one.count), business=length(one.business_p50), clock=age(one.clock_p50))


def _waiting(report: Report, wording: Wording) -> RichText:
    if not report.waiting:
        return wording.say("report_nobody_waits")
    longest = report.waiting[0]
    return wording.say(
        "report_waits" if len(report.waiting) > 1 else "report_waits_one",
        count=str(len(report.waiting)),
        ticket=ticket(longest.number),
        priority=longest.priority,
        subject=cut(one_line(longest.subject), _SUBJECT),
        age=age(longest.age),
    )
