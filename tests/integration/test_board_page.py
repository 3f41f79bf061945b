"""The board in a real browser: light, dark, on a phone, live, and without JavaScript."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from adapters.web.board_session import SESSION
from adapters.web.board_stream import AT_MOST_EVERY
from bot.domain.board import BoardRow
from tests.fakes.board import a_report, a_row
from tests.integration.board_browser import MARKS, NOW, Open
from tests.integration.page_browser import DESKTOP, PHONE
from tests.unit.board_place import Place

pytest_plugins = ["tests.integration.page_fixtures", "tests.integration.board_fixtures"]
pytestmark = MARKS

ATTACK = "<img src=x onerror='attacked=1'>{{7*7}}"
PICTURE = "<svg viewBox='0 0 9 9' role='img'><style>.dot{fill:rgb(1, 2, 3)}</style><circle class='dot' r='4'/></svg>"

PALE = """() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = parts(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const pale = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest("script, style, svg, noscript")) continue;
    const [a, b] = [light(parts(getComputedStyle(element).color)), light(ground(element))].sort((x, y) => y - x);
    const contrast = (a + .05) / (b + .05);
    if (contrast < 4.5) pale.push(`${node.data.trim()}: ${contrast.toFixed(2)}`);
  }
  return pale;
}"""


async def change(here: Place, *rows: BoardRow) -> None:
    """Other tickets, once the stream may tell of them."""
    await here.clock.advance(AT_MOST_EVERY)
    await here.board.change(rows)


def many(*, first: str = "row 0") -> list[BoardRow]:
    return [a_row(NOW, 100 + n, subject=first if n == 0 else f"row {n}") for n in range(60)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, {"width": 820, "height": 900}, PHONE])
async def test_it_is_readable_on_every_screen_by_day_and_night(
    here: Place, open_board: Open, size: dict[str, int], scheme: str
) -> None:
    here.board.made = a_report(NOW, pictures=[PICTURE])
    page = await open_board(viewport=size, color_scheme=scheme)
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert await page.evaluate(PALE) == []
    looks = await page.locator(".clock").evaluate_all("all => all.map((one) => one.className)")
    assert looks == ["clock breached", "clock at-risk", "clock running", "clock still"]
    colours = await page.locator(".bar i").evaluate_all(
        "all => all.map((one) => { const s = getComputedStyle(one); return s.backgroundColor + s.backgroundImage; })"
    )
    assert len(set(colours)) == 4
    assert await page.locator(".circle, .dot").evaluate("one => getComputedStyle(one).fill") == "rgb(1, 2, 3)"


async def test_rows_become_cards_on_a_phone_and_stay_a_table_for_screen_readers(open_board: Open) -> None:
    page = await open_board(viewport=PHONE)
    row = page.get_by_role("row").nth(1)
    assert await row.evaluate("one => getComputedStyle(one).display") == "flex"
    await expect(page.get_by_role("table", name="Open tickets, the least time left first")).to_be_visible()
    await expect(page.get_by_role("rowheader").first).to_contain_text("Nobody can log in")
    meter = page.get_by_role("meter", name="first response").nth(1)
    assert await meter.get_attribute("aria-valuetext") == "at risk: 30 min left, by today 10:30"


async def test_bars_run_by_themselves(open_board: Open) -> None:
    page = await open_board()
    running = await page.locator(".bar i").evaluate_all(
        "all => all.map((one) => one.getAnimations().map((a) => [a.animationName, a.effect.getTiming().duration]))"
    )
    assert running == [[], [["run", 1_800_000]], [["run", 7_200_000]], []]
    left = "document.querySelector('.runs').getBoundingClientRect().left"
    before = await page.evaluate(left)
    await page.evaluate("document.querySelector('.runs').getAnimations()[0].currentTime = 900000")
    assert await page.evaluate(left) > before


async def test_a_change_arrives_by_itself_and_leaves_place_and_focus_alone(here: Place, open_board: Open) -> None:
    await here.board.change(many())
    page = await open_board()
    link = page.get_by_role("link", name="#140", exact=True)
    await link.focus()
    top = await page.evaluate("window.scrollY")
    assert top > 200
    await change(here, *many(first="something new"))
    await expect(page.get_by_text("something new")).to_be_attached()
    assert await page.evaluate("window.scrollY") == top
    await expect(page.get_by_role("link", name="#140", exact=True)).to_be_focused()


async def test_a_breach_shows_in_the_title(here: Place, open_board: Open) -> None:
    page = await open_board()
    await expect(page).to_have_title("1 breached · Support board")
    await change(here, a_row(NOW, 1))
    await expect(page).to_have_title("Support board")


async def test_a_filter_stays_when_something_changes(here: Place, open_board: Open) -> None:
    page = await open_board("?label=question")
    await expect(page.get_by_text("No open ticket fits these filters.")).to_be_visible()
    await change(here, a_row(NOW, 7, subject="a bug"), a_row(NOW, 8, subject="a question", label="question"))
    await expect(page.get_by_text("a question")).to_be_visible()
    await expect(page.get_by_text("a bug")).to_have_count(0)
    await page.get_by_role("link", name="bug 1").click()
    await expect(page.get_by_text("a bug")).to_be_visible()
    assert page.url.endswith("/board?label=bug")


async def test_what_is_selected_is_not_taken_away(here: Place, open_board: Open) -> None:
    page = await open_board()
    await page.get_by_text("Nobody can log in").select_text()
    here.board.made = a_report(NOW, waiting=0)
    await change(here, a_row(NOW, 9, subject="something new"))
    await expect(page.get_by_text("Everybody has had an answer.")).to_be_attached()  # it is told after the tickets
    assert await page.evaluate("String(getSelection())") == "Nobody can log in"
    await page.evaluate("getSelection().removeAllRanges()")
    await expect(page.get_by_text("something new")).to_be_visible()


async def test_nothing_that_was_typed_runs(here: Place, open_board: Open) -> None:
    attacks = a_row(NOW, 1, subject=ATTACK, author=ATTACK, label=ATTACK, assignee=ATTACK, source_link="javascript:1")
    await here.board.change([attacks])
    page = await open_board()
    await expect(page.get_by_text(ATTACK, exact=True)).to_have_count(5)
    await change(here, attacks, a_row(NOW, 2, subject="live"))
    await expect(page.get_by_text("live", exact=True).last).to_be_visible()
    assert await page.evaluate("window.attacked") is None
    assert await page.locator("#tickets img, #tickets script").count() == 0


async def test_a_report_that_is_made_meanwhile_appears_with_its_pictures(here: Place, open_board: Open) -> None:
    page = await open_board()
    await expect(page.get_by_text("The report is being made.")).to_be_visible()
    here.board.made = a_report(NOW, pictures=[PICTURE])
    await change(here, a_row(NOW, 1))
    await expect(page.get_by_role("heading", name="Waiting for a first answer")).to_be_visible()
    assert await page.locator(".dot").evaluate("one => getComputedStyle(one).fill") == "rgb(1, 2, 3)"


async def test_a_session_that_is_over_leads_to_the_form(here: Place, open_board: Open) -> None:
    page = await open_board("?label=bug")
    await page.clock.install()
    await page.reload()
    await page.wait_for_selector("#live.well")
    await here.clock.advance(SESSION)
    await expect(page.locator("#live")).to_contain_text("Not live")
    async with asyncio.timeout(20):
        while await page.get_by_label("Token").count() == 0:
            await page.clock.fast_forward(16_000)
            await asyncio.sleep(0.2)
    await expect(page.get_by_text("Please sign in again.")).to_be_visible()
    assert page.url.endswith("?label=bug")


async def test_a_connection_that_was_lost_is_made_again(here: Place, open_board: Open) -> None:
    page = await open_board()
    here.pages.streams.end()
    here.pages.streams._is_ended = False
    await expect(page.locator("#live")).to_contain_text("Not live")
    await expect(page.locator("#live")).to_have_text("live", timeout=20_000)


async def test_it_works_without_javascript(here: Place, open_board: Open) -> None:
    await here.board.change([a_row(NOW, 7, subject="a bug"), a_row(NOW, 8, subject="a question", label="question")])
    page = await open_board(java_script_enabled=False)
    await expect(page.get_by_text("a bug")).to_be_visible()
    await expect(page.locator("#live")).to_be_hidden()
    await page.get_by_role("link", name="question 1").click()
    await expect(page.get_by_text("a bug")).to_have_count(0)
    await expect(page.get_by_text("a question")).to_be_visible()
    assert await _refreshes(page) == "60"


async def _refreshes(page: Page) -> str | None:
    return await page.locator('meta[http-equiv="refresh"]').get_attribute("content")


async def test_the_keyboard_gets_everywhere(open_board: Open) -> None:
    page = await open_board()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="To the report")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="all 3").first).to_be_focused()
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


async def test_a_wrong_token_is_told_and_can_be_corrected(open_board: Open) -> None:
    page = await open_board()
    await page.goto("/board?token=wrong&label=bug")
    await expect(page.get_by_text("That is not the board’s token.")).to_be_visible()
    await expect(page.get_by_label("Token")).to_be_focused()
