"""Charts: what is drawn, what a page and a chat need of it, and that the bot itself never loads what draws them."""

import asyncio
import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from adapters.plots.client import PlotsProcess
from adapters.plots.drawing import draw_each, draw_picture
from adapters.plots.look import COLOURS
from adapters.plots.wire import build_request, parse_request
from bot.domain.charts import MOST_SERIES, NOTHING, BarChart, Series
from bot.ports.plots import PlotsError

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def series(name: str, *values: float | None, notes: tuple[str, ...] = ()) -> Series:
    return Series(name=name, values=values, notes=notes)


def stacked(*parts: Series, title: str = "Tickets per day", categories: tuple[str, ...] = ("Mon", "Tue")) -> BarChart:
    return BarChart(title=title, categories=categories, series=parts, unit="tickets", stacked=True)


def grouped(*parts: Series, unit: str = "%", categories: tuple[str, ...] = ("Triage", "Resolution")) -> BarChart:
    return BarChart(title="Promises kept", categories=categories, series=parts, unit=unit, stacked=False)


DAYS = tuple(f"{day} Nov" for day in range(1, 29))
REPORT = (
    stacked(*(series(name, *range(28)) for name in ("Discord", "Matrix", "e-mail")), categories=DAYS),
    stacked(*(series(f"label {n}", *range(28)) for n in range(8)), title="By label", categories=DAYS),
    grouped(series("P0", 100, None, notes=("n 3", "n 0")), series("P1", 92.5, 71, notes=("n 25", "n 14"))),
    grouped(series("p50", 1.5, 9), series("p90", 3.5, 38), unit="business hours"),
)


def drawn(chart: BarChart) -> ET.Element:
    return ET.fromstring(draw_each([chart])[0])


def texts(chart: BarChart) -> list[str]:
    return ["".join(element.itertext()) for element in drawn(chart).iter(f"{SVG}text")]


def bars(chart: BarChart) -> int:
    """Filled shapes in a series' colour that are no square of the legend."""
    filled = [one.get("style", "") for one in drawn(chart).iter(f"{SVG}path") if "clip-path" in one.attrib]
    return sum("fill: var(--chart-" in style for style in filled)


class TestValues:
    @pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
    def test_a_value_that_is_no_amount_is_refused(self, value: float) -> None:
        with pytest.raises(ValueError, match="negative or no number"):
            stacked(series("Discord", 1, value))

    def test_a_series_has_one_value_and_one_note_per_category(self) -> None:
        with pytest.raises(ValueError, match="one value"):
            stacked(series("Discord", 1))
        with pytest.raises(ValueError, match="one value"):
            stacked(series("Discord", 1, 2, notes=("n 1",)))

    def test_more_bars_side_by_side_than_colours_are_refused(self) -> None:
        with pytest.raises(ValueError, match="told apart"):
            grouped(*(series(str(n), 1, 1) for n in range(MOST_SERIES + 1)))

    def test_of_more_stacked_series_than_colours_the_last_are_summed_up_as_others(self) -> None:
        chart = stacked(*(series(str(n), 1, n) for n in range(10))).folded()
        assert [one.name for one in chart.series] == [*map(str, range(7)), "others"]
        assert chart.series[-1].values == (3, 7 + 8 + 9)
        assert stacked(series("a", 1, 2)).folded() == stacked(series("a", 1, 2))

    def test_a_chart_is_empty_without_values_and_stacked_without_anything_above_zero(self) -> None:
        assert stacked(series("Discord", 0, None)).is_empty
        assert stacked().is_empty
        assert grouped(series("P0", None, None)).is_empty
        assert not grouped(series("P0", 0, None)).is_empty
        assert not stacked(series("Discord", 0, 1)).is_empty

    def test_the_summary_says_every_value_and_of_stacked_ones_the_sum(self) -> None:
        assert (
            REPORT[2].summary()
            == "P0: Triage 100 % (n 3), Resolution none (n 0); P1: Triage 92 % (n 25), Resolution 71 % (n 14)"
        )
        assert stacked(series("Discord", 2, 3), series("Matrix", 0, 1)).summary() == (
            "Discord: 5 tickets in all; Matrix: 1 tickets in all"
        )

    def test_a_request_is_the_same_after_its_way_to_the_other_process(self) -> None:
        assert parse_request(build_request(REPORT, "Title")).charts == REPORT
        assert parse_request(build_request(REPORT, "Title")).picture_title == "Title"
        assert parse_request(build_request([], None)).picture_title is None


class TestSvg:
    def test_it_is_one_element_to_stand_in_a_page(self) -> None:
        for text in draw_each(REPORT):
            assert text.startswith("<svg ")
            assert not re.search(r"<\?xml|<!DOCTYPE|<metadata|<!--|matplotlib|DejaVu|ns0:", text)
            root = ET.fromstring(text)
            assert "width" not in root.attrib
            assert root.get("viewBox")

    def test_it_is_named_and_told_to_people_who_do_not_see_it(self) -> None:
        root = drawn(REPORT[2])
        assert root.get("role") == "img"
        told = {one.get("id"): one.text for one in root.iter() if one.tag in {f"{SVG}title", f"{SVG}desc"}}
        labels = (root.get("aria-labelledby") or "").split()
        assert [told[label] for label in labels] == ["Promises kept", REPORT[2].summary()]

    def test_equal_charts_make_equal_texts(self) -> None:
        assert draw_each(REPORT) == draw_each(REPORT)

    def test_no_id_is_twice_in_a_page_and_every_reference_has_its_own(self) -> None:
        page = [*draw_each([*REPORT, REPORT[0]]), *draw_each([REPORT[2]])]
        ids = [re.findall(r'\bid="([^"]+)"', text) for text in page]
        flat = [one for some in ids for one in some]
        assert len(flat) == len(set(flat))
        for text, own in zip(page, ids, strict=True):
            assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', text)) <= set(own)

    def test_text_is_text_in_the_colour_and_font_of_the_page(self) -> None:
        elements = list(drawn(REPORT[2]).iter(f"{SVG}text"))
        assert {"Promises kept", "Triage", "Resolution", "P0", "P1", "%"} <= set(texts(REPORT[2]))
        for element in elements:
            style = element.get("style") or ""
            assert "fill: currentColor" in style
            assert "var(--chart-font" in style

    def test_nothing_is_painted_behind_it(self) -> None:
        fills = {match for one in draw_each(REPORT) for match in re.findall(r"fill: ([^;\"]+)", one)}
        assert not {fill for fill in fills if fill.startswith("#")}

    def test_a_page_may_choose_the_colours_of_the_series(self) -> None:
        text = draw_each([REPORT[1]])[0]
        assert [f"var(--chart-{n}, {colour})" in text for n, colour in enumerate(COLOURS, 1)] == [True] * MOST_SERIES

    @pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a & b", "$5 to $9", "_hidden", 'say "hi"'])
    def test_every_text_stands_there_as_it_was_given(self, text: str) -> None:
        chart = grouped(series(text, 1, 2), series("other", 1, 2, notes=("n 1", "n 2")), categories=(text, "b"))
        assert texts(chart).count(text) == 2
        assert f"{text}: " in (drawn(chart).findtext(f"{SVG}desc") or "")

    def test_characters_no_xml_may_hold_and_line_ends_become_blanks(self) -> None:
        chart = grouped(series("a\x00b\nc\x1bd", 1, 2), series("other", 1, 2))
        assert "a b c d" in texts(chart)

    def test_a_missing_value_has_no_bar_but_a_dash_and_its_note(self) -> None:
        assert bars(REPORT[2]) == 3
        assert {"–", "n 0"} <= set(texts(REPORT[2]))
        assert bars(grouped(series("P0", 100, 0), series("P1", 92.5, 71))) == 4

    def test_of_many_days_only_some_are_named(self) -> None:
        named = [day for day in DAYS if day in texts(REPORT[0])]
        assert 4 <= len(named) <= 8
        assert named[0] == DAYS[0]

    def test_without_tickets_it_says_so(self) -> None:
        chart = stacked(series("Discord", 0, 0))
        assert set(texts(chart)) == {"Tickets per day", NOTHING}
        assert bars(chart) == 0


@pytest.mark.parametrize("page", ["#ffffff", "#15171c"])
def test_every_colour_stands_out_from_a_light_and_a_dark_page(page: str) -> None:
    low = [colour for colour in COLOURS if contrast(colour, page) < 3]
    assert low == []


def contrast(one: str, other: str) -> float:
    """By WCAG 2, 1.4.11."""
    first, second = sorted((luminance(one), luminance(other)))
    return (second + 0.05) / (first + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class TestPicture:
    def test_it_is_white_1200_wide_and_small_enough_for_chat(self) -> None:
        assert len(draw_picture([*REPORT, *REPORT], "Twice as much as the report has")) < 200_000
        raw = draw_picture(REPORT, "Support, 1 to 28 November 2026")
        with Image.open(io.BytesIO(raw)) as picture:
            assert (picture.format, picture.width) == ("PNG", 1200)
            assert picture.height < 3000
            assert picture.convert("RGB").getpixel((0, 0)) == (255, 255, 255)
            assert not picture.info.get("Software")

    def test_equal_charts_make_equal_pictures_and_none_at_all_is_a_picture_too(self) -> None:
        assert draw_picture(REPORT[2:], "Week 48") == draw_picture(REPORT[2:], "Week 48")
        assert draw_picture([], "Week 48").startswith(b"\x89PNG")


class TestProcess:
    async def test_drawn_in_the_other_process_it_is_the_same(self) -> None:
        plots = PlotsProcess()
        assert await plots.draw(REPORT) == tuple(draw_each(REPORT))
        assert await plots.draw_picture(REPORT[:1], "Week 48") == draw_picture(REPORT[:1], "Week 48")

    async def test_it_works_from_any_folder_and_imports_nothing_that_lies_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "matplotlib.py").write_text("raise RuntimeError")
        monkeypatch.chdir(tmp_path)
        assert len(await PlotsProcess().draw(REPORT[3:])) == 1

    async def test_it_finds_the_bots_own_code_also_where_that_is_not_installed(self) -> None:
        code = "import adapters, json; print(json.dumps([adapters.__file__]))"
        found = await PlotsProcess(command=("-S", "-P", "-c", code)).draw(REPORT[:1])
        assert found == (str(ROOT / "adapters" / "__init__.py"),)

    async def test_secrets_of_the_environment_are_not_passed_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SUPPORTBOT_DISCORD__TOKEN", "secret")
        code = "import json, os; print(json.dumps([name for name in os.environ if 'SUPPORT' in name]))"
        with pytest.raises(PlotsError, match="Asked for 1 charts, got 0"):
            await PlotsProcess(command=("-c", code)).draw(REPORT[:1])

    async def test_what_the_process_complains_of_is_told(self) -> None:
        with pytest.raises(PlotsError, match="ended with 1: RuntimeError: no fonts"):
            await PlotsProcess(command=("-c", "raise RuntimeError('no fonts')")).draw(REPORT)

    @pytest.mark.parametrize("said", ["", "hello", "{}", "[1]"])
    async def test_an_answer_that_is_none_is_an_error(self, said: str) -> None:
        plots = PlotsProcess(command=("-c", f"print({said!r})"))
        with pytest.raises(PlotsError):
            await plots.draw(REPORT[:1])
        with pytest.raises(PlotsError):
            await plots.draw_picture(REPORT, "Week 48")

    async def test_a_process_that_takes_too_long_is_ended(self, tmp_path: Path) -> None:
        plots = PlotsProcess(timeout=0.5, command=("-c", endless(tmp_path)))
        with pytest.raises(PlotsError, match="longer than"):
            await plots.draw(REPORT)
        assert not is_running(tmp_path)

    async def test_cancelling_ends_the_process(self, tmp_path: Path) -> None:
        task = asyncio.create_task(PlotsProcess(command=("-c", endless(tmp_path))).draw(REPORT))
        await reached((tmp_path / "pid.done").exists)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not is_running(tmp_path)


def endless(folder: Path) -> str:
    """Says who it is, then waits for ever."""
    pid, done = str(folder / "pid"), str(folder / "pid.done")
    return f"import os, signal; open({pid!r}, 'w').write(str(os.getpid())); open({done!r}, 'w'); signal.pause()"


def is_running(folder: Path) -> bool:
    pid = folder / "pid"
    if not pid.exists():
        return False  # ended before it could say who it is
    try:
        os.kill(int(pid.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


async def reached(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.to_thread(os.sched_yield)


@pytest.mark.parametrize("module", ["adapters.plots.client", "bot.ports.plots", "bot.compose"])
def test_the_bot_itself_never_loads_what_draws(module: str) -> None:
    code = f"import sys, {module}; print(sorted({{'matplotlib', 'numpy', 'PIL'}} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert result.stdout.strip() == "[]"
