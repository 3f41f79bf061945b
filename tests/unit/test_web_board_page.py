"""What the board shows of tickets, and that nothing anybody typed becomes part of the page."""

import re
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from adapters.web.board_html import board_page
from adapters.web.board_rows import Look, lines
from bot.domain.board import BoardClock, BoardView
from bot.domain.clock_state import ClockStage
from bot.domain.helpdesk import Status
from bot.domain.sla_policy import Priority
from bot.domain.sla_ticket import BoardFilter, Origin
from tests.fakes.board import HOUR, ZONE, a_clock, a_report, a_row, counts_of
from tests.fakes.clock import START
from tests.unit.board_place import place

NOW = START  # Monday 2 March 2026, 10:00 in Berlin
HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}&lt;b&gt;"


def text_of(page: str) -> str:
    """What is read, in one line."""
    body = re.sub(r"<(style|script)\b.*?</\1>", "", page, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).split()).replace(" ,", ",").replace(" ;", ";")


def shown(clock: BoardClock) -> tuple[Look, str]:
    (line,) = lines([a_row(NOW, clocks=[clock])], NOW, ZoneInfo(ZONE))
    (one,) = [*line.bars, *line.done]
    return one.look, one.text


@pytest.mark.parametrize(
    ("clock", "look", "text"),
    [
        (a_clock(NOW, target=4 * HOUR, left=80 * HOUR / 60), Look.RUNNING, "1 h 20 min left, by today 11:20"),
        (
            a_clock(NOW, target=24 * HOUR, left=23 * HOUR, business=False),
            Look.RUNNING,
            "23 h left, by tomorrow 09:00; round the clock",
        ),
        (
            a_clock(NOW, left=3 * HOUR, moves=False),
            Look.STILL,
            "3 h left, by today 13:00; stands still until business hours",
        ),
        (a_clock(NOW, left=HOUR / 2), Look.AT_RISK, "at risk: 30 min left, by today 10:30"),
        (
            a_clock(NOW, stage=ClockStage.PAUSED, left=3 * HOUR),
            Look.PAUSED,
            "paused, waits for the customer; 3 h left",
        ),
        (a_clock(NOW, left=-2 * HOUR, breached=True), Look.BREACHED, "breached 2 h ago, was due today 08:00"),
        (
            a_clock(NOW, left=-HOUR, breached=True, reason="reclassified"),
            Look.BREACHED,
            "breached 1 h ago; late since its priority changed",
        ),
        (
            a_clock(NOW, stage=ClockStage.PAUSED, left=-HOUR, breached=True),
            Look.BREACHED,
            "breached 1 h ago; paused now, waits for the customer",
        ),
        (a_clock(NOW, stage=ClockStage.STOPPED), Look.MET, "first response: in time"),
        (a_clock(NOW, stage=ClockStage.STOPPED, breached=True), Look.LATE, "first response: late"),
    ],
)
def test_a_clock_says_in_words_where_it_stands(clock: BoardClock, look: Look, text: str) -> None:
    assert shown(clock) == (look, text)


def bar(page: str) -> re.Match[str]:
    found = re.search(r'aria-valuenow="(\d+)".*?<i style="([^"]*)"( class="runs")?>', page, re.DOTALL)
    assert found
    return found


def page_of(*clocks: BoardClock) -> str:
    row = a_row(NOW, clocks=clocks)
    counts = counts_of([row], BoardFilter())
    return board_page(BoardView(now=NOW, zone=ZONE, rows=(row,), counts=counts), None, BoardFilter()).html


def test_a_bar_moves_from_its_share_until_the_clock_stands_still() -> None:
    clock = replace(a_clock(NOW, target=4 * HOUR, left=3 * HOUR), moves_until=NOW + HOUR)
    assert bar(page_of(clock)).groups() == ("25", "--from:-75.0%;--to:-50.0%;--for:3600s", ' class="runs"')


def test_a_bar_that_is_full_moves_no_further() -> None:
    clock = replace(a_clock(NOW, target=4 * HOUR, left=HOUR), moves_until=NOW + 9 * HOUR)
    assert bar(page_of(clock))[2] == "--from:-25.0%;--to:0.0%;--for:3600s"


@pytest.mark.parametrize(
    "clock",
    [
        a_clock(NOW, moves=False),
        a_clock(NOW, stage=ClockStage.PAUSED),
        a_clock(NOW, left=-HOUR, breached=True),
    ],
)
def test_a_bar_that_stands_does_not_move(clock: BoardClock) -> None:
    assert bar(page_of(clock))[3] is None


def test_a_breached_bar_is_full_whatever_the_target_became() -> None:
    assert bar(page_of(a_clock(NOW, left=2 * HOUR, breached=True)))[1] == "100"


def test_a_cancelled_clock_is_not_shown() -> None:
    assert 'role="meter"' not in page_of(a_clock(NOW, stage=ClockStage.CANCELLED))


async def test_a_row_tells_what_it_is_who_has_it_and_leads_to_desk_and_message(unused_tcp_port: int) -> None:
    rows = [
        a_row(NOW, 1001, origin=Origin.MATRIX, status=Status.PENDING),
        a_row(NOW, None, desk_url="", source_link="", label="", provisional=True, assignee=""),
        a_row(NOW, 1003, label="feature", priority=Priority.P0, provisional=True),
    ]
    async with place(unused_tcp_port, rows) as here:
        page = await here.seen()
    assert 'href="https://desk.example.org/conversation/7" target="_blank" rel="noopener noreferrer">#1001</a>' in page
    assert 'href="https://discord.com/channels/1/2/3"' in page
    first, second, third = map(text_of, re.findall(r"<tr role=\"row\" class.*?</tr>", page, re.DOTALL))
    assert "P1 bug Alexander waits for the customer" in first
    assert "Matrix message of #1001, 1 h ago" in first
    assert "being filed The export is empty Mia, Discord, 1 h ago P1? no label yet nobody yet" in second
    assert "P0? feature ? suggested" in third
    assert "3 open tickets 0 breached 2 not triaged yet" in text_of(page)
    assert page.count("Europe/Berlin") == 1


async def test_what_anybody_typed_stays_text(unused_tcp_port: int) -> None:
    row = a_row(
        NOW, subject=HOSTILE, author=HOSTILE, label=HOSTILE, assignee=HOSTILE, provisional=True,
        desk_url=f"https://x/{HOSTILE}", source_link="javascript:alert(1)",
    )  # fmt: skip
    async with place(unused_tcp_port, [row]) as here:
        report = a_report(NOW, waiting=1)
        waiting = tuple(replace(one, subject=HOSTILE) for one in report.report.waiting)
        here.board.made = replace(report, report=replace(report.report, waiting=waiting))
        page = await here.seen(f"/board?label={HOSTILE.replace('&', '%26')}")
        page += await here.seen()
        page += (await here.get(f"/board?label={HOSTILE.replace('&', '%26')}")).text
    assert page.count("alert(1)") > 8
    assert not re.search(r"<script>alert|<img|javascript:|onerror=alert\(1\)\"|49", page)
    assert re.search(r"&lt;script&gt;alert\(1\)&lt;/script&gt;", page)


async def test_broken_letters_break_nothing(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port, [a_row(NOW, subject="a\ud800b", author="\u202egnp.exe", label="\ud83d")]) as here:
        page = await here.seen()
    assert "a?b" in page
    assert "<bdi>\u202egnp.exe</bdi>" in page


ROWS = [
    a_row(NOW, 1, subject="one", origin=Origin.DISCORD, label="bug", priority=Priority.P0),
    a_row(NOW, 2, subject="two", origin=Origin.DISCORD, label="question", priority=Priority.P1),
    a_row(NOW, 3, subject="three", origin=Origin.MATRIX, label="bug", priority=Priority.P1),
    a_row(NOW, 4, subject="four", origin=Origin.EMAIL, label="", priority=Priority.P2),
]


def facet(page: str, name: str) -> list[tuple[str, str, bool]]:
    """Text, address and whether it is chosen, of each choice."""
    (part,) = re.findall(rf'role="group" aria-label="{name}">(.*?)</div>', page, re.DOTALL)
    found = re.findall(r'<a href="([^"]*)"( aria-current="true")?>(.*?)</a>', part)
    return [(text_of(text), href.replace("&amp;", "&"), bool(chosen)) for href, chosen, text in found]


async def test_filters_are_links_with_counts_and_a_way_back(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port, ROWS) as here:
        page = await here.seen()
        assert facet(page, "From") == [
            ("all 4", "/board", True),
            ("Discord 2", "/board?origin=discord", False),
            ("Matrix 1", "/board?origin=matrix", False),
            ("E-mail 1", "/board?origin=email", False),
        ]
        assert "none yet 1" in text_of(page)
        page = await here.seen("/board?origin=discord&priority=P1")
        assert here.board.views[-1] == BoardFilter(origin="discord", priority="P1")
        assert facet(page, "Priority") == [
            ("all 2", "/board?origin=discord", False),
            ("P0 1", "/board?origin=discord&priority=P0", False),
            ("P1 1", "/board?origin=discord&priority=P1", True),
        ]
        assert re.findall(r'class="subject">(\w+)<', page) == ["two"]
        assert 'data-events="/board/events?origin=discord&amp;priority=P1"' in page


@pytest.mark.parametrize("query", ["origin=fax&priority=P9", "origin=&label=", "nonsense=1", "priority=P1%27--"])
async def test_filters_that_do_not_exist_are_ignored(unused_tcp_port: int, query: str) -> None:
    async with place(unused_tcp_port, ROWS) as here:
        await here.seen(f"/board?{query}")
        assert here.board.views == [BoardFilter()]


async def test_filters_that_fit_nothing_say_so_and_lead_back(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port, ROWS) as here:
        page = await here.seen("/board?label=nowhere")
        assert ("nowhere 0", "/board?label=nowhere", True) in facet(page, "Label")
        assert 'No open ticket fits these filters. <a href="/board">Show all 4</a>' in page
        here.board.rows = []
        assert "No ticket is open." in await here.seen()


async def test_more_than_the_page_holds_are_counted(unused_tcp_port: int) -> None:
    rows = [a_row(NOW, number, label="bug" if number % 4 else "question") for number in range(10_000)]
    async with place(unused_tcp_port, rows) as here:
        page = await here.seen()
        assert page.count('<tr role="row" class') == 200
        assert "and 9,800 more. The filters above narrow them down." in page
        assert "and 2,300 more." in await here.seen("/board?label=question")


async def test_without_javascript_the_page_renews_itself(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        assert '<noscript><meta http-equiv="refresh" content="60"></noscript>' in await here.seen()


async def test_a_page_is_packed_for_whoever_can_unpack(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port, ROWS) as here:
        await here.sign_in()
        assert (await here.get(**{"Accept-Encoding": "gzip"})).headers["Content-Encoding"] == "gzip"
        assert "Content-Encoding" not in (await here.get(**{"Accept-Encoding": "identity"})).headers


async def test_the_report_tells_shares_with_their_n_and_marks_few(unused_tcp_port: int) -> None:
    async with place(unused_tcp_port) as here:
        assert "The report is being made." in await here.seen()
        here.board.made = a_report(NOW, pictures=["<svg id='p'><style>*{}</style><text>drawn</text></svg>"], waiting=12)
        page = await here.seen()
    said = text_of(page)
    assert "2 Feb to 1 Mar 2026, made Mon 2 Mar 10:00" in said
    assert "triage 95 % of 60 50 % of 6 few 88 % of 25 91 % of 35 1 2" in said
    assert "resolution none ended none ended none ended none ended 0 0" in said
    assert "first response all 1 h 10 min 9 h 3 h 2 d 2 h 60" in said
    assert "first response P1 1 h 10 min 9 h 3 h 2 d 2 h 9 few" in said
    assert "7 % reopened (4 of 61)" in said
    assert "12 h P2 #1211 Still waiting 11" in said
    assert "and 2 more, younger than these" in said
    assert "under 1 day 9" in said
    assert re.search(r"<svg id='p'><style nonce=\"[\w-]+\">", page)
