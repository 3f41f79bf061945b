"""The report in the terminal, as spreadsheet and as JSON."""

import csv
import io
import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain import report_words as words
from bot.domain.report import Report
from bot.domain.report_csv import COLUMNS, report_csv
from bot.domain.report_json import report_json
from bot.domain.report_text import report_text
from bot.domain.sla_policy import Priority
from bot.domain.sla_ticket import Origin
from tests.unit.reported_week import answered, at, cancelled, closed, report_of, request, triaged

NASTY = '=HYPERLINK("http://evil")\x1b[31m\n\u202eabc'


@pytest.fixture
def week() -> Report:
    """Some tickets of every kind."""
    return report_of(
        request("16 10:00", triaged("16 10:30", Priority.P1), answered("16 11:10"), closed("17 12:00"), label="bug"),
        request("17 10:00", answered("17 15:00"), origin=Origin.EMAIL, label="question"),
        request("20 10:00", triaged("20 11:00"), number=1234, subject=NASTY),
        request("18 10:00", cancelled("18 11:00")),
    )


def row(text: str, start: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(start))
    return line.split()


def test_the_head_says_which_days_and_how_things_stood(week: Report) -> None:
    head = report_text(week).splitlines()[:3]
    assert head == [
        "Support report: Mon 16 Nov 2026 to Sun 22 Nov 2026 (Europe/Berlin)",
        "As things stood on Mon 23 Nov 2026 at 09:00.",
        "4 tickets received, 1 resolved, 0 of them opened again (0 %).",
    ]


def test_promises_are_in_columns_and_small_samples_are_flagged(week: Report) -> None:
    text = report_text(week)
    assert row(text, "first response")[2:] == ["all", "2", "0", "100", "%", "2", "0", "1", "few:", "2"]
    assert row(text, "resolution")[1:] == ["all", "1", "0", "100", "%", "1", "0", "1", "few:", "1"]
    assert max(len(line) for line in text.splitlines()) <= 120


def test_a_large_sample_is_not_flagged() -> None:
    text = report_text(report_of(*(request("16 10:00", answered("16 11:00")) for _ in range(20))))
    assert "few" not in "\n".join(line for line in text.splitlines() if line.startswith("first response"))


def test_times_are_said_in_hours_and_minutes(week: Report) -> None:
    times = report_text(week).partition("\nTimes")[2]
    said = "first response all 1 h 10 min 5 h 1 h 10 min 5 h 2 few: 2"
    assert " ".join(row(times, "first response")) == said


def test_each_day_says_where_tickets_came_from_and_what_they_were(week: Report) -> None:
    text = report_text(week)
    assert row(text, "Tickets received") == [
        *("Tickets", "received", "in", "all", "Discord", "e-mail", "not", "triaged", "bug", "question")
    ]
    assert row(text, "Mon 16 Nov  ")[3:] == ["1", "1", "0", "0", "1", "0"]


def test_who_waits_is_listed_without_anything_that_could_steer_a_terminal(week: Report) -> None:
    text = report_text(week)
    assert row(text, "#1234") == ["#1234", "P2", "2", "d", "23", "h", '=HYPERLINK("http://evil")[31m', "abc"]
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_long_list_of_waiting_tickets_is_cut_and_says_so() -> None:
    text = report_text(report_of(*(request("20 10:00") for _ in range(23))))
    assert "23 tickets wait for a first answer, longest first:" in text
    assert "... and 3 more" in text


def test_a_time_in_which_nothing_happened_is_said_kindly() -> None:
    text = report_text(report_of())
    assert "Nothing happened in these days: no ticket came in and no clock ended." in text
    assert "Nobody waits for a first answer." in text
    assert "Promises" not in text


def test_many_days_are_shown_by_week() -> None:
    report = report_of(request("16 10:00"), request("17 10:00"), since=date(2026, 8, 1), until=date(2026, 11, 30))
    assert row(report_text(report), "from 16 Nov")[3:] == ["2", "2", "2"]
    assert row(report_text(report), "from 1 Aug")[3:] == ["0", "0", "0"]


def table(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report_csv(report), newline="")))


def cell(report: Report, **looked_for: str) -> dict[str, str]:
    [found] = [one for one in table(report) if all(one[name] == value for name, value in looked_for.items())]
    return found


def test_the_spreadsheet_is_one_table_with_lines_as_rfc_4180_has_them(week: Report) -> None:
    text = report_csv(week)
    assert text.splitlines()[0] == ",".join(COLUMNS)
    assert text.endswith("\r\n")
    assert text.count("\r\n") == text.count("\n")
    assert all(None not in one and None not in one.values() for one in table(week))


def test_each_figure_has_its_unit_and_says_of_how_many_it_is(week: Report) -> None:
    share = cell(week, section="attainment", clock="first response", priority="all", measure="share met")
    assert (share["value"], share["unit"], share["n"], share["note"]) == ("100.00", "percent", "2", "few")
    p50 = cell(week, section="times", clock="first response", priority="all", measure="business time p50")
    assert (p50["value"], p50["unit"], p50["n"]) == ("1.17", "hours", "2")
    day = cell(week, section="received by label", measure="bug")
    assert (day["day"], day["value"]) == ("2026-11-16", "1")
    assert cell(week, measure="last day")["value"] == "2026-11-22"


def test_where_there_is_no_figure_the_cell_is_empty(week: Report) -> None:
    none = cell(week, section="times", clock="triage", priority="P0", measure="business time p50")
    assert (none["value"], none["n"], none["note"]) == ("", "0", "")


@pytest.mark.parametrize("subject", ["=1+1", "+1", "-1", "@SUM(A1)", " \t=1+1", "\r=1", "\u200b=1"])
def test_no_subject_is_a_formula(subject: str) -> None:
    cell_text = cell(report_of(request("20 10:00", subject=subject)), section="waiting")["note"]
    assert cell_text.startswith("'")
    assert cell_text[1] in "=+-@"


def test_no_label_is_a_formula_and_other_words_stay_as_they_are() -> None:
    report = report_of(request("20 10:00", label="=cmd|x", subject="a, “b”\nc = 1"))
    assert cell(report, section="received by label")["measure"] == "'=cmd|x"
    assert cell(report, section="waiting")["note"] == "a, “b” c = 1"


def test_json_has_a_version_iso_dates_and_seconds(week: Report) -> None:
    found = json.loads(report_json(week))
    assert (found["version"], found["from"], found["to"]) == (1, "2026-11-16", "2026-11-22")
    assert found["made_at"] == "2026-11-23T08:00:00+00:00"
    [response] = [one for one in found["times"] if one["measure"] == "first response" and one["priority"] == "all"]
    assert (response["business_p50_seconds"], response["n"], response["small_sample"]) == (4200.0, 2, True)
    [triage] = [one for one in found["attainment"] if one["clock"] == "triage" and one["priority"] == "P0"]
    assert triage["share"] is None
    assert found["waiting"][0]["number"] == 1234
    assert found["days"][0]["by_label"] == {"bug": 1}


def test_json_has_these_keys_and_no_others(week: Report) -> None:
    keys = (
        "version from to zone made_at received resolved reopened reopen_rate attainment times days open_by_age"
        " waiting kept_after_warning late_downgrades"
    )
    assert list(json.loads(report_json(week))) == keys.split()


@pytest.mark.parametrize(
    ("share", "said"),
    [(None, "-"), (0.0, "0 %"), (1.0, "100 %"), (0.9999, "99.9 %"), (0.29, "29 %"), (2 / 3, "66.6 %")],
)
def test_a_share_is_rounded_down_so_that_100_percent_is_all(share: float | None, said: str) -> None:
    assert words.percent(share) == said


@pytest.mark.parametrize(
    ("minutes", "said", "as_age"),
    [
        (0.5, "less than 1 min", "less than 1 min"),
        (60, "1 h", "1 h"),
        (80, "1 h 20 min", "1 h 20 min"),
        (48 * 60, "48 h", "2 d"),
        (51 * 60 + 5, "51 h 5 min", "2 d 3 h"),
    ],
)
def test_business_time_is_said_in_hours_and_ages_in_days(minutes: float, said: str, as_age: str) -> None:
    span = timedelta(minutes=minutes)
    assert (words.length(span), words.age(span)) == (said, as_age)


def test_days_are_named_as_briefly_as_they_can_be() -> None:
    assert words.days_between(date(2026, 11, 16), date(2026, 11, 22)) == "16 to 22 Nov"
    assert words.days_between(date(2026, 11, 30), date(2026, 12, 6)) == "30 Nov to 6 Dec"
    assert words.days_between(date(2026, 12, 28), date(2027, 1, 3)) == "28 Dec 2026 to 3 Jan 2027"
    assert words.days_between(date(2026, 12, 28), date(2026, 12, 28)) == "28 Dec"


def test_one_day_is_one_day_in_the_head(week: Report) -> None:
    day = replace(week, until=week.since + timedelta(days=1))
    assert report_text(day).startswith("Support report: Mon 16 Nov 2026 (Europe/Berlin)\n")


def test_dates_in_words_are_those_of_the_reports_zone() -> None:
    report = report_of(now=at("23 00:30"))
    assert "As things stood on Mon 23 Nov 2026 at 00:30." in report_text(report)
