"""The weekly summary in chat and its picture."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.domain.report import Report
from bot.domain.report_charts import charts_of, days_chart, labels_chart, picture_of
from bot.domain.report_summary import picture_title, summary
from bot.domain.richtext import plain
from bot.domain.sla_policy import Priority
from bot.domain.sla_ticket import Origin
from bot.domain.wording import Wording
from tests.unit.reported_week import answered, closed, reopened, report_of, request, triaged

TEXTS = Path(__file__).parents[2] / "bot" / "texts" / "en.toml"


@pytest.fixture(scope="module")
def wording() -> Wording:
    return Wording(texts=tomllib.loads(TEXTS.read_text(encoding="utf-8")))


def busy_week() -> Report:
    kept = [request("16 10:00", triaged("16 10:20"), answered("16 11:05"), label="bug") for _ in range(20)]
    again = request("16 10:00", answered("16 11:05"), closed("16 13:00"), reopened("20 16:00"), origin=Origin.EMAIL)
    waits = request("20 09:30", triaged("20 10:00", Priority.P1), number=1234, subject="Export **fails** @everyone")
    return report_of(*kept, again, waits)


def test_the_summary_says_promises_medians_and_who_waits_longest(wording: Wording) -> None:
    assert plain(summary(busy_week(), wording)).splitlines() == [
        "Support, 16 to 22 Nov: 22 tickets came in; resolved: 1, of which 1 opened again.",
        "- Triage in time: 95.4 % of 22",
        "- First response in time: 95.4 % of 22",
        "- Resolution: nothing was due",
        "Half of the 21 first answers came within 1 h 5 min of business time (1 h 5 min round the clock).",
        "The only first resolution took 3 h of business time (3 h round the clock), waiting for customers not counted.",
        "One ticket waits for a first answer: #1234 (P1) Export **fails** @everyone, for 2 d 23 h.",
    ]


def test_small_samples_are_flagged(wording: Wording) -> None:
    text = plain(summary(report_of(*[request("16 10:00", answered("16 11:00"))] * 2), wording))
    assert "First response in time: 100 % of 2 (few, so this says little)" in text
    assert "Half of the 2 first answers came within 1 h of business time (1 h round the clock); they are few." in text


def test_of_several_that_wait_the_longest_is_named(wording: Wording) -> None:
    report = report_of(request("20 10:00", number=7), request("19 10:00", number=8))
    assert "2 tickets wait for a first answer. The longest: #8 (P2)" in plain(summary(report, wording))


def test_a_quiet_week_is_two_sentences(wording: Wording) -> None:
    assert plain(summary(report_of(), wording)).splitlines() == [
        "Support, 16 to 22 Nov: a quiet time. No ticket came in and nothing was due.",
        "Nobody waits for a first answer.",
    ]


def test_the_picture_shows_promises_and_tickets_per_day(wording: Wording) -> None:
    promises, days = picture_of(busy_week())
    assert picture_title(busy_week(), wording) == "Support, 16 to 22 Nov"
    assert promises.categories == ("all", "P0", "P1", "P2")
    response = promises.series[1]
    assert (response.name, response.notes) == ("first response", ("n 22", "", "n 1", "n 21"))
    assert response.values[0] == pytest.approx(100 * 21 / 22)
    assert response.values[1:] == (None, 0.0, 100.0)
    assert days.categories[0] == "Mon 16"
    assert [(one.name, one.values[0]) for one in days.series] == [("Discord", 20.0), ("e-mail", 1.0)]


def test_times_are_drawn_in_hours_with_how_many_they_are_of() -> None:
    response = charts_of(busy_week())[1]
    assert (response.title, response.unit, response.stacked) == ("First response", "hours", False)
    assert response.series[0].notes[0] == "n 21"
    assert response.series[0].values[0] == pytest.approx(1 + 5 / 60)
    assert response.series[0].values[1] is None


def test_labels_are_drawn_with_the_most_frequent_first() -> None:
    assert [one.name for one in labels_chart(busy_week()).series] == ["bug", "not triaged"]


def test_the_days_of_a_chart_have_each_a_name_of_its_own() -> None:
    for count in (14, 15, 62):
        names = days_chart(
            report_of(since=date(2026, 10, 1), until=date(2026, 10, 1) + timedelta(days=count))
        ).categories
        assert len(set(names)) == count


def test_many_days_are_drawn_by_week() -> None:
    report = report_of(request("16 10:00"), request("18 10:00"), since=date(2026, 1, 1), until=date(2026, 12, 1))
    chart = days_chart(report)
    assert chart.categories[:2] == ("from 1 Jan", "from 5 Jan")
    assert chart.series[0].values[chart.categories.index("from 16 Nov")] == 2


def test_charts_of_nothing_are_empty_and_can_be_made() -> None:
    assert all(chart.is_empty for chart in charts_of(report_of()))
