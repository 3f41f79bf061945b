"""The page's time machine in a real browser: the time is shown, the buttons let it pass, the board can be reached."""

import re
import tomllib
from datetime import datetime, timedelta

import httpx
import pytest
from playwright.async_api import Page, expect

from bot.settings import load_settings
from sandbox.page import PageServer
from sandbox.world import SandboxWorld
from tests.integration.page_browser import DESKTOP, MARKS, PHONE, Open

pytest_plugins = ["tests.integration.page_fixtures"]
pytestmark = MARKS

CLOSE = timedelta(seconds=90)
"""The page shows whole minutes, and a test takes a while."""
SKIPS = [("+1 h", timedelta(hours=1)), ("+8 h", timedelta(hours=8)), ("+1 day", timedelta(days=1))]


async def shows(page: Page, moment: datetime) -> None:
    """Wait until the page shows this time, or one close to it."""
    await page.wait_for_function(
        "([at, close]) => Math.abs(Date.parse(document.getElementById('time-now').dateTime) / 1000 - at) < close",
        arg=[moment.timestamp(), CLOSE.total_seconds()],
        timeout=5_000,
    )


@pytest.mark.parametrize(("button", "by"), SKIPS)
async def test_a_button_lets_time_pass_for_discord_freescout_and_the_bots_clock_together(
    world: SandboxWorld, open_page: Open, button: str, by: timedelta
) -> None:
    page = await open_page(DESKTOP)
    before = world.time.now()
    await shows(page, before)
    skips = page.get_by_role("group", name="Let time pass")
    await skips.get_by_role("button", name=button, exact=True).click()
    await expect(skips.get_by_role("button", name=button, exact=True)).to_be_focused()
    await shows(page, before + by)
    ahead = float((world.folder / "clock").read_text(encoding="utf-8"))
    message = await world.discord.post(world.mia, world.support.id, "Later")
    for moment in (
        world.time.now(),
        world.freescout.now(),
        datetime.fromtimestamp(message.sent_at, before.tzinfo),
        datetime.now(before.tzinfo) + timedelta(seconds=ahead),
    ):
        assert abs(moment - before - by) < CLOSE


async def test_it_says_how_far_ahead_of_the_real_time_it_is(world: SandboxWorld, open_page: Open) -> None:
    world.time.advance(timedelta(days=3) - world.time.ahead % timedelta(days=1))
    page = await open_page(DESKTOP)
    section = page.get_by_role("region", name="Time in the sandbox")
    days = world.time.ahead // timedelta(days=1)
    await expect(section).to_contain_text(f"{days} days ahead of the real time")
    await section.get_by_role("button", name="+8 h").click()
    await expect(section).to_contain_text(f"{days} days 8 h ahead of the real time")


async def test_what_was_said_before_the_day_changed_shows_its_date_afterwards(
    world: SandboxWorld, open_page: Open
) -> None:
    message = await world.discord.post(world.mia, world.support.id, "Today")
    page = await open_page(DESKTOP)
    when = page.locator(f"#e-{message.id} time")
    await expect(when).to_have_text(re.compile(r"^\d\d:\d\d$"))
    await page.get_by_role("button", name="+1 day").click()
    await expect(when).to_have_text(re.compile(r"^.*[A-Z][a-z]{2}.*, \d\d:\d\d$"))


async def test_a_reply_of_now_can_be_taken_back_in_a_moved_world_until_its_time_is_up(
    world: SandboxWorld, open_page: Open
) -> None:
    world.time.advance(timedelta(days=1))
    made = world.freescout.email_conversation("kim@example.org", "Kim Sol", "Undo in time", "<p>Hello</p>")
    world.freescout.options.undo_seconds = 60
    page = await open_page(DESKTOP)
    await page.locator(f"#freescout-list [data-number='{made.number}']").click()
    world.freescout.agent_reply(made.id, world.ada_user_id, "too quick")
    undo = page.locator("#freescout-open button.undo")
    await expect(undo).to_have_text(re.compile(r"^Undo \([1-6]?\d s\)$"))
    await page.get_by_role("button", name="+1 h").click()
    await expect(undo).to_have_count(0)


async def test_the_board_is_one_click_away(world: SandboxWorld, open_page: Open) -> None:
    page = await open_page(DESKTOP)
    link = page.get_by_role("link", name="board of open tickets")
    settings = tomllib.loads(world.bot.config.read_text(encoding="utf-8"))
    token = settings["web"]["board_token"]
    await expect(link).to_have_attribute("href", f"http://127.0.0.1:{world.bot.web_port}/board?token={token}")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["laptop", "phone"])
async def test_the_time_fits_on_the_screen(open_page: Open, size: dict[str, int]) -> None:
    page = await open_page(size)
    await expect(page.get_by_role("region", name="Time in the sandbox")).to_be_in_viewport(ratio=1)
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]


async def test_only_the_steps_of_the_buttons_can_be_asked_for(world: SandboxWorld, server: PageServer) -> None:
    before = world.time.ahead
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        answers = [await http.post("/api/time", json={"skip": skip}) for skip in ("-1h", "99d", 3600, None)]
    assert [(each.status_code, each.json()["error"]) for each in answers] == [
        (400, "Choose one of 1h, 8h, 1d for: skip.")
    ] * 4
    assert world.time.ahead == before


async def test_the_team_of_the_sandbox_works_at_any_hour_and_has_somebody_on_call(world: SandboxWorld) -> None:
    """The story must be the same at night and on Sundays."""
    sla = load_settings(world.bot.config, {}).sla
    assert {day: hours == ("00:00-24:00",) for day, hours in sla.hours.items()} == dict.fromkeys(
        ("mon", "tue", "wed", "thu", "fri", "sat", "sun"), True
    )
    assert (sla.zone, sla.holidays, sla.shifts, sla.breaks) == ("UTC", (), {}, {})
    assert sla.oncall_mention == f"role:{world.oncall.id}"
    assert world.oncall.mentionable
    assert world.oncall.id in world.alexander.roles


async def test_the_bots_own_process_lives_in_the_time_of_the_page(world: SandboxWorld, open_page: Open) -> None:
    page = await open_page(DESKTOP)
    await page.get_by_role("button", name="Start the bot").click()
    await expect(page.locator("#status")).to_contain_text("Bot" + "ready", timeout=60_000)
    await page.get_by_role("button", name="+1 day").click()
    message = await world.discord.post(world.lena, world.support.id, "The fonts are gone since tomorrow.")
    await expect(page.locator(f"#e-{message.id} .thread [data-ticket]").first).to_be_visible(timeout=20_000)
    succeeded = (await world.bot.readiness()).parts["freescout"]["last_success_at"]
    assert datetime.fromisoformat(succeeded).date() == world.time.now().date()
