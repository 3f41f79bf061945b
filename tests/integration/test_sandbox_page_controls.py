"""What the page shows without a bot: menus, links, times and roles in Discord, and e-mails that come in."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.async_api import Locator, expect

from sandbox.discord import Message
from sandbox.page import PageServer
from sandbox.world import SandboxWorld
from tests.integration.page_browser import DESKTOP, MARKS, PHONE, Open

pytest_plugins = ["tests.integration.page_fixtures"]
pytestmark = MARKS

OPTIONS = [{"label": "Bug report", "value": "bug"}, {"label": "Feature request", "value": "feature", "default": True}]


async def said(world: SandboxWorld, content: str, *rows: list[dict[str, Any]]) -> Message:
    """Something the bot says in #staff, with rows of controls below it."""
    body = {"content": content, "components": [{"type": 1, "components": row} for row in rows]}
    headers = {"Authorization": f"Bot {world.discord.token}"}
    async with httpx.AsyncClient(base_url=world.discord.api_url, headers=headers, trust_env=False) as http:
        answer = await http.post(f"/channels/{world.staff.id}/messages", json=body)
    assert answer.status_code == 200, answer.text
    return next(each for each in world.discord.messages(world.staff.id) if str(each.id) == answer.json()["id"])


async def in_staff(open_page: Open, message: Message, size: dict[str, int] = DESKTOP) -> Locator:
    """The message on a page that shows #staff."""
    page = await open_page(size)
    await page.get_by_role("tab", name="#staff").click()
    return page.locator(f"#e-{message.id}")


def menu(**about: Any) -> dict[str, Any]:
    """A menu as the bot would send it."""
    return {
        "type": 3,
        "custom_id": "card:label:1",
        "placeholder": "Label (looks like bug)",
        "options": OPTIONS,
        **about,
    }


async def test_a_menu_shows_what_is_chosen_and_falls_back_to_it_when_nobody_answers(
    world: SandboxWorld, open_page: Open
) -> None:
    shown = await in_staff(open_page, await said(world, "A card", [menu()]))
    label = shown.get_by_role("combobox", name="Label (looks like bug)")
    await expect(label).to_have_value("feature")
    await label.select_option("bug")
    await expect(shown.page.locator("#notice")).to_have_text("The application did not respond.")
    await expect(label).to_have_value("feature")


async def test_a_menu_in_which_nothing_is_chosen_says_what_it_is_for(world: SandboxWorld, open_page: Open) -> None:
    options = [{"label": "Bug report", "value": "bug"}]
    shown = await in_staff(open_page, await said(world, "A card", [menu(options=options)]))
    await expect(shown.get_by_role("combobox").locator("option:checked")).to_have_text("Label (looks like bug)")


async def test_a_disabled_menu_cannot_be_used(world: SandboxWorld, open_page: Open) -> None:
    shown = await in_staff(open_page, await said(world, "A card", [menu(disabled=True)]))
    await expect(shown.get_by_role("combobox")).to_be_disabled()


async def test_a_button_that_is_a_link_leads_to_the_place_on_this_page(world: SandboxWorld, open_page: Open) -> None:
    made = world.freescout.email_conversation("kim@example.org", "Kim Sol", "Where am I?", "<p>Lost</p>")
    links = {
        "Open": f"{world.freescout.url}/conversation/{made.id}",
        "Message": f"https://discord.com/channels/{world.discord.guild.id}/{world.support.id}/{{}}",
    }
    asked = await world.discord.post(world.mia, world.support.id, "Here I am")
    row = [{"type": 2, "style": 5, "label": name, "url": url.format(asked.id)} for name, url in links.items()]
    shown = await in_staff(open_page, await said(world, "A card", row))
    page = shown.page
    await shown.get_by_role("link", name="Open").click()
    await expect(page.get_by_role("article", name=f"Conversation #{made.number}")).to_be_visible()
    await shown.get_by_role("link", name="Message").click()
    await expect(page.locator(f"#e-{asked.id}")).to_be_in_viewport()
    assert len(page.context.pages) == 1


async def test_times_show_as_in_discord_and_distances_follow_the_time_of_the_sandbox(
    world: SandboxWorld, open_page: Open
) -> None:
    due = world.time.now() + timedelta(hours=5, minutes=10)
    stamp = int(due.timestamp())
    shown = await in_staff(open_page, await said(world, f"Due **<t:{stamp}:R>**, by <t:{stamp}:f> or <t:{stamp}>"))
    distance, exact, plain = (shown.locator("time.stamp").nth(place) for place in range(3))
    await expect(distance).to_have_text("in 5 hours")
    local = await shown.page.evaluate("at => new Date(at * 1000).toLocaleTimeString([], {hourCycle: 'h23'})", stamp)
    words = re.compile(rf"{due.year}.* {local[:5]}$")
    await expect(exact).to_have_text(words)
    await expect(plain).to_have_text(words)
    await expect(shown).not_to_contain_text("<t:")
    await shown.page.get_by_role("button", name="+1 h").click()
    await expect(distance).to_have_text("in 4 hours")
    await shown.page.get_by_role("button", name="+8 h").click()
    await expect(distance).to_have_text("4 hours ago")
    await expect(exact).to_have_text(words)


async def test_a_role_that_is_called_is_named(world: SandboxWorld, open_page: Open) -> None:
    shown = await in_staff(open_page, await said(world, f"<@&{world.oncall.id}> something is overdue"))
    await expect(shown.locator(".mention")).to_have_text("@On call")


# --- FreeScout ---


async def test_an_e_mail_written_on_the_page_opens_a_conversation(world: SandboxWorld, open_page: Open) -> None:
    page = await open_page(DESKTOP)
    form = page.get_by_role("form", name="Incoming e-mail")
    await expect(form).to_be_hidden()
    await page.get_by_role("button", name="Incoming e-mail").click()
    await expect(form.get_by_label("Subject")).to_be_focused()
    await form.get_by_label("From").fill("Noor Haddad")
    await form.get_by_label("Address").fill("noor@mail.example")
    await form.get_by_label("Subject").fill("My fonts")
    await form.get_by_label("E-mail").fill("They are <b>gone</b>.\n- all")
    await form.get_by_role("button", name="Send the e-mail").click()
    await expect(page.locator("#freescout-list").get_by_role("button", name="My fonts")).to_be_visible()
    await expect(form).to_be_hidden()
    made = world.freescout.conversations()[-1]
    assert (made.type, made.subject, made.customer_name) == ("email", "My fonts", "Noor Haddad")
    [thread] = made.of_type("customer")
    assert thread.body == "<div>They are &lt;b&gt;gone&lt;/b&gt;.</div><ul><li>all</li></ul>"


async def test_while_freescout_is_down_no_e_mail_comes_in_and_the_page_says_why(
    world: SandboxWorld, open_page: Open
) -> None:
    page = await open_page(DESKTOP)
    count = len(world.freescout.conversations())
    await world.take_freescout_down()
    await page.get_by_role("button", name="Incoming e-mail").click()
    form = page.get_by_role("form", name="Incoming e-mail")
    await form.get_by_label("Subject").fill("Not now")
    await form.get_by_label("E-mail").fill("Hello?")
    await form.get_by_role("button", name="Send the e-mail").click()
    await expect(form.get_by_role("alert")).to_have_text("FreeScout is down: it fetches e-mails again once it is back.")
    await expect(form.get_by_label("E-mail")).to_have_value("Hello?")
    await world.bring_freescout_back()
    assert len(world.freescout.conversations()) == count


async def test_what_is_no_address_is_refused_with_a_sentence(world: SandboxWorld, server: PageServer) -> None:
    body = {"name": "Pat", "address": "pat at home", "subject": "Hello", "text": "Hello"}
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        answer = await http.post("/api/freescout/mails", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "This is no e-mail address: pat at home.")
    assert "Hello" not in [each.subject for each in world.freescout.conversations()]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["laptop", "phone"])
async def test_cards_and_the_mail_form_fit_on_the_screen(
    world: SandboxWorld, open_page: Open, size: dict[str, int]
) -> None:
    wide = [{"label": "A very long option " * 5, "value": "long", "default": True}]
    shown = await in_staff(open_page, await said(world, "A card", [menu(options=wide)]), size)
    page = shown.page
    await page.get_by_role("button", name="Incoming e-mail").click()
    send = page.get_by_role("button", name="Send the e-mail")
    await send.scroll_into_view_if_needed()
    await expect(send).to_be_in_viewport(ratio=1)
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    inside = await page.evaluate("document.getElementById('discord-list').scrollWidth")
    assert inside <= await page.evaluate("document.getElementById('discord-list').clientWidth")
