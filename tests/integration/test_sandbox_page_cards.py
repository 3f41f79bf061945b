"""A visitor of the page works as the team does, with the real bot behind it: cards are triaged, taken and put away."""

import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from sandbox.freescout import Conversation
from sandbox.world import SandboxWorld
from tests.integration.page_browser import DESKTOP, MARKS, Open

pytest_plugins = ["tests.integration.page_fixtures"]
pytestmark = MARKS

SECONDS = 20
LABEL, PRIORITY = "Label (looks like question)", "Priority (looks like P2)"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(world: SandboxWorld) -> None:
    """The bot, started, and told by FreeScout when something happens."""
    world.start_bot()
    code, said = await world.bot.command("webhooks", "install")
    assert code == 0, said


async def card_of(world: SandboxWorld, page: Page, subject: str) -> tuple[Conversation, Locator]:
    """Pat writes an e-mail on the page; returns its conversation and its card in #staff."""
    await expect(page.locator("#status")).to_contain_text("Bot" + "ready", timeout=3 * SECONDS * 1000)
    await page.get_by_role("tab", name="#staff").click()
    await page.get_by_role("button", name="Incoming e-mail").click()
    form = page.get_by_role("form", name="Incoming e-mail")
    await form.get_by_label("Subject").fill(subject)
    await form.get_by_label("E-mail").fill("Please tell me.")
    await form.get_by_role("button", name="Send the e-mail").click()
    card = page.locator("#discord-list .message", has_text=f"{subject} (by Pat, e-mail)")
    await expect(card).to_be_visible(timeout=SECONDS * 1000)
    return next(each for each in world.freescout.conversations() if each.subject == subject), card


async def test_label_and_priority_are_chosen_on_the_card(world: SandboxWorld, bot: None, open_page: Open) -> None:
    page = await open_page(DESKTOP)
    made, card = await card_of(world, page, "Which format?")
    answer = page.locator("#discord-answer")
    await card.get_by_role("combobox", name=LABEL).select_option("Feature request")
    await expect(answer).to_contain_text("Only Alexander can see this")
    await expect(answer).to_contain_text("Please choose the priority too")
    await expect(card.get_by_role("combobox", name=LABEL)).to_have_value("feature")
    await card.get_by_role("combobox", name=PRIORITY).select_option("P1")
    await expect(card).to_contain_text("feature, P1, triaged by Alexander")
    await expect(answer).to_contain_text(f"#{made.number}")
    tags = world.freescout.conversation(id=made.id).tags
    assert sorted(tags) == ["P1", "feature"]


async def test_a_card_is_taken_by_its_button(world: SandboxWorld, bot: None, open_page: Open) -> None:
    page = await open_page(DESKTOP)
    made, card = await card_of(world, page, "Whose is it?")
    await card.get_by_role("button", name="Take it").click()
    await expect(card).to_contain_text("looks after it")
    assert world.freescout.conversation(id=made.id).assignee_id == world.alexander_user_id


async def test_what_is_no_request_is_closed_and_its_card_keeps_only_the_link(
    world: SandboxWorld, bot: None, open_page: Open
) -> None:
    page = await open_page(DESKTOP)
    made, card = await card_of(world, page, "Nice weather")
    await card.get_by_role("button", name="Not a request").click()
    await expect(card).to_contain_text("does not count: not a request")
    await expect(card.locator(".controls :is(button, select)")).to_have_count(0)
    assert world.freescout.conversation(id=made.id).status == "closed"
    await card.get_by_role("link", name="Open").click()
    await expect(page.get_by_role("article", name=f"Conversation #{made.number}")).to_be_visible()
