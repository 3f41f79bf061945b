"""The sandbox's page in a real browser: what happens shows, what is typed happens, and nothing typed runs as code."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import expect

from sandbox.page import PageServer
from sandbox.world import SandboxWorld
from tests.integration.page_browser import DESKTOP, MARKS, PHONE, Open

pytest_plugins = ["tests.integration.page_fixtures"]
pytestmark = MARKS

ATTACK = '<img src=x onerror="window.attacked=1"><script>window.attacked=1</script>'
TRIAGE = {
    "id": "1",
    "type": 1,
    "name": "triage",
    "description": "Set a ticket's label and priority",
    "options": [
        {"type": 3, "name": "label", "description": "", "required": True, "choices": [{"name": "Bug", "value": "bug"}]},
        {"type": 3, "name": "priority", "description": "", "required": True, "choices": [{"name": "P", "value": "P1"}]},
        {"type": 3, "name": "ticket", "description": "Number", "autocomplete": True},
        {"type": 3, "name": "note", "description": "Why"},
    ],
}  # fmt: skip


async def test_a_message_with_its_reaction_and_thread_appears_without_reloading(
    world: SandboxWorld, open_page: Open
) -> None:
    page = await open_page(DESKTOP)
    message = await world.discord.post(
        world.mia, world.support.id, "The export is **empty**", attachments=[("log.txt", "text/plain", b"hello")]
    )
    shown = page.locator(f"#e-{message.id}")
    await expect(shown.locator("strong").first).to_have_text("empty")
    await world.discord.react(world.alexander, world.support.id, message.id, "👀")
    thread = await world.discord.create_thread(
        world.alexander, world.support.id, "#1001 The export", message_id=message.id
    )
    await world.discord.post(world.alexander, thread.id, f"{world.mia.mention} your ticket")
    await expect(shown.get_by_role("button", name="👀 by Alexander")).to_be_visible()
    await expect(shown.get_by_text("#1001 The export")).to_be_visible()
    await expect(shown.get_by_text("@Mia your ticket")).to_be_visible()
    await expect(shown.get_by_role("link", name="log.txt")).to_be_visible()


async def test_what_is_sent_as_mia_arrives_in_discord_from_mia(world: SandboxWorld, open_page: Open) -> None:
    page = await open_page(DESKTOP)
    composer = page.locator("#discord-composer")
    await composer.get_by_label("as").select_option("Mia")
    await composer.get_by_label("Message #support").fill("Does this arrive?")
    await page.keyboard.press("Enter")
    await expect(page.locator("#discord-list").get_by_text("Does this arrive?")).to_be_visible()
    last = world.discord.messages(world.support.id)[-1]
    assert (last.content, last.author.display_name) == ("Does this arrive?", "Mia")


async def test_a_reply_points_to_its_message_and_a_thread_takes_what_is_written_in_it(
    world: SandboxWorld, open_page: Open
) -> None:
    first = await world.discord.post(world.lena, world.support.id, "Who can help?")
    thread = await world.discord.create_thread(world.lena, world.support.id, "Help wanted", message_id=first.id)
    page = await open_page(DESKTOP)
    composer = page.locator("#discord-composer")
    await page.locator(f"[data-act='reply-{first.id}']").click()
    await composer.get_by_label("Write here").fill("I can.")
    await page.keyboard.press("Enter")
    await expect(composer.get_by_label("Write here")).to_have_value("")
    reply = world.discord.messages(world.support.id)[-1]
    assert reply.reference is not None
    assert reply.reference.message_id == first.id
    await page.locator(f"[data-act='write-{thread.id}']").click()
    await composer.get_by_label("Write here").fill("Here I am.")
    await page.keyboard.press("Enter")
    await expect(page.locator(f"#t-{thread.id}").get_by_text("Here I am.")).to_be_visible()
    assert world.discord.messages(thread.id)[-1].content == "Here I am."


async def test_a_new_forum_post_takes_a_title_and_a_text(world: SandboxWorld, open_page: Open) -> None:
    page = await open_page(DESKTOP)
    await page.get_by_role("tab", name="help-forum").click()
    composer = page.locator("#discord-composer")
    await composer.get_by_label("as").select_option("Lena")
    await composer.get_by_label("Title of the post").fill("Sync stops")
    await composer.get_by_label("What is it about?").fill("At 99 %, always.")
    await composer.get_by_role("button", name="Post").click()
    await expect(page.locator("#discord-list").get_by_text("At 99 %, always.")).to_be_visible()
    post = world.discord.threads(world.forum.id)[-1]
    assert (post.name, world.discord.messages(post.id)[0].author.display_name) == ("Sync stops", "Lena")


async def test_only_the_team_can_write_in_the_staff_channel(open_page: Open) -> None:
    page = await open_page(DESKTOP)
    await page.get_by_role("tab", name="#staff").click()
    people = page.locator("#discord-composer").get_by_label("as").locator("option")
    await expect(people).to_have_text(["Alexander (triager)"])


async def test_matrix_threads_are_shown_and_written_in(world: SandboxWorld, open_page: Open) -> None:
    root = await world.jonas_matrix.send_text(world.support_room, "How do I share a notebook?")
    await world.alexander_matrix.send_text(world.support_room, "Like this", "<p>Like <em>this</em></p>", thread=root)
    page = await open_page(DESKTOP)
    thread = page.locator(f"[id='t-{root}']")
    await expect(thread.locator("em")).to_have_text("this")
    await thread.get_by_role("button", name="Write in this thread").click()
    await page.locator("#matrix-composer").get_by_label("Write here").fill("Thank you!")
    await page.keyboard.press("Enter")
    await expect(thread.get_by_text("Thank you!")).to_be_visible()
    last = (await world.jonas_matrix.thread(world.support_room, root))[-1]
    assert (last["content"]["body"], last["sender"]) == ("Thank you!", world.jonas_matrix.user_id)


async def test_a_conversation_opens_with_its_notes_tags_and_files_and_follows_changes(
    world: SandboxWorld, open_page: Open
) -> None:
    made = world.freescout.email_conversation(
        "kim@example.org", "Kim Sol", "Invoice for June", "<p>Please <b>send</b> it.</p>"
    )
    world.freescout.agent_note(
        made.id, world.alexander_user_id, "Asked accounting.", files=[("june.txt", "text/plain", b"42")]
    )
    page = await open_page(DESKTOP)
    await page.get_by_role("button", name="Invoice for June").click()
    opened = page.get_by_role("article", name=f"Conversation #{made.number}")
    await expect(opened.locator("b", has_text="send")).to_be_visible()
    await expect(opened.get_by_text("internal note")).to_be_visible()
    async with page.expect_download() as download:
        await opened.get_by_role("link", name="june.txt").click()
    assert await asyncio.to_thread(Path(await (await download.value).path()).read_bytes) == b"42"
    world.freescout.add_tag(made.id, "question")
    await expect(opened.locator(".tag")).to_have_text("question")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Invoice for June")).to_be_focused()


async def test_the_switch_takes_freescout_away_and_brings_it_back(world: SandboxWorld, open_page: Open) -> None:
    page = await open_page(DESKTOP)
    async with httpx.AsyncClient(trust_env=False) as http:
        await page.get_by_role("button", name="Take FreeScout down").click()
        await expect(page.locator("#freescout-down")).to_be_visible()
        with pytest.raises(httpx.ConnectError):
            await http.get(world.freescout.url)
        await page.get_by_role("button", name="Bring FreeScout back").click()
        await expect(page.locator("#freescout-down")).to_be_hidden()
        assert (await http.get(world.freescout.url)).status_code < 500


async def test_nothing_that_anybody_typed_runs(world: SandboxWorld, open_page: Open) -> None:
    page = await open_page(DESKTOP)
    message = await world.discord.post(world.mia, world.support.id, f"{ATTACK} [x](javascript:window.attacked=1)")
    await world.discord.create_thread(world.mia, world.support.id, ATTACK[:90], message_id=message.id)
    root = await world.jonas_matrix.send_text(
        world.support_room, ATTACK, f"<b>rich</b>{ATTACK}<a href='javascript:attacked=1'>l</a>"
    )
    made = world.freescout.email_conversation("eve@example.org", ATTACK, f"Subject {ATTACK}", f"<b>body</b>{ATTACK}")
    await expect(
        page.locator(f"#e-{message.id}").get_by_text("<script>window.attacked=1</script>").first
    ).to_be_visible()
    await expect(page.locator(f"[id='e-{root}']").locator("b", has_text="rich")).to_be_visible()
    await page.locator(f"[data-number='{made.number}']").click()
    await expect(page.locator("#freescout-open b", has_text="body")).to_be_visible()
    assert await page.evaluate("window.attacked") is None
    assert await page.locator("main img, main script, main a[href^='javascript']").count() == 0


async def test_the_command_form_is_made_from_what_is_registered_and_tells_when_nobody_answers(
    world: SandboxWorld, open_page: Open
) -> None:
    world.discord._world.guild_commands[1] = {**TRIAGE, "guild_id": str(world.discord.guild.id)}
    try:
        page = await open_page(DESKTOP)
        await page.get_by_role("button", name="Slash command").click()
        form = page.locator("#discord-command")
        labels = form.locator(".field > label")
        await expect(labels).to_have_text(["label", "priority", "ticket (optional)", "note (optional)"])
        await form.get_by_label("label").select_option("bug")
        await form.get_by_label("priority").select_option("P1")
        await form.get_by_role("button", name="Run").click()
        await expect(form.get_by_role("alert")).to_have_text("The application did not respond.")
    finally:
        world.discord._world.guild_commands.clear()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["laptop", "phone"])
async def test_worlds_stand_side_by_side_on_a_laptop_and_below_each_other_on_a_phone(
    open_page: Open, size: dict[str, int]
) -> None:
    page = await open_page(size)
    boxes = [await page.locator(f"#{name}").bounding_box() for name in ("discord", "matrix", "freescout")]
    tops = [box["y"] for box in boxes if box is not None]
    assert (len(set(tops)) == 1) is (size is DESKTOP)
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]


async def test_every_field_and_button_has_a_name(open_page: Open) -> None:
    page = await open_page(DESKTOP)
    nameless = await page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, textarea")]
            .filter((node) => !(node.labels?.length || node.getAttribute("aria-label") || node.textContent.trim()))
            .map((node) => node.outerHTML)"""
    )
    assert nameless == []


async def test_other_sites_can_neither_read_the_page_nor_act_through_it(
    world: SandboxWorld, server: PageServer
) -> None:
    before = len(world.discord.messages(world.support.id))
    body = {"member": "Mia", "channel": str(world.support.id), "text": "forged"}
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        answers = [
            await http.get("/api/worlds", headers={"Host": "rebound.example.org"}),
            await http.post("/api/discord/messages", json=body, headers={"Origin": "https://evil.example.org"}),
            await http.post("/api/discord/messages", json=body, headers={"Origin": "null"}),
            await http.post("/api/discord/messages", content=str(body), headers={"Content-Type": "text/plain"}),
        ]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 415]
    assert len(world.discord.messages(world.support.id)) == before


async def test_a_wrong_request_is_answered_with_a_sentence(world: SandboxWorld, server: PageServer) -> None:
    channel = str(world.support.id)
    wrong = {
        "/api/discord/messages": {"member": "Nobody", "channel": channel, "text": "x"},
        "/api/discord/posts": {"member": "Mia", "channel": str(world.forum.id), "title": "", "text": "x"},
        "/api/discord/commands": {"member": "Mia", "channel": channel, "command": "unknown"},
        "/api/matrix/messages": {"member": "Jonas", "room": "!elsewhere:sandbox.test", "text": "x"},
        "/api/bot": {"action": "dance"},
    }
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        answers = await asyncio.gather(*(http.post(path, json=body) for path, body in wrong.items()))
    assert [(answer.status_code, bool(answer.json()["error"])) for answer in answers] == [(400, True)] * len(wrong)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(world: SandboxWorld) -> AsyncIterator[None]:
    """The bot's own process, ready."""
    world.start_bot()
    async with asyncio.timeout(60):
        while not (await world.bot.readiness()).ready:
            assert world.bot.exit_code is None, "\n".join(world.bot.log_end())
            await asyncio.sleep(0.1)
    yield
    await world.bot.stop()


@pytest.mark.usefixtures("bot")
async def test_a_request_is_asked_answered_and_triaged_on_the_page_alone(world: SandboxWorld, open_page: Open) -> None:
    page = await open_page(DESKTOP)
    composer = page.locator("#discord-composer")
    await composer.get_by_label("as").select_option("Lena")
    await composer.get_by_label("Message #support").fill("My fonts are gone since the update.")
    await page.keyboard.press("Enter")
    asked = page.locator("#discord-list > .message").last
    await expect(asked.locator(".thread [data-ticket]").first).to_be_visible(timeout=20_000)
    number = await asked.locator(".thread [data-ticket]").first.get_attribute("data-ticket") or ""
    await page.get_by_role("button", name="Slash command").click()
    form = page.locator("#discord-command")
    await form.get_by_label("ticket").fill(number)
    await page.get_by_role("option", name=number).click()
    await expect(form.get_by_label("ticket")).to_have_value(number)
    await form.get_by_label("label").select_option("bug")
    await form.get_by_label("priority").select_option("P1")
    await form.get_by_label("as").select_option("Mia")
    await form.get_by_role("button", name="Run").click()
    await expect(page.locator("#discord-answer")).to_contain_text("Only Mia can see this")
    assert world.freescout.conversation(number=int(number)).tags == ()
    await form.get_by_label("as").select_option("Alexander")
    await form.get_by_role("button", name="Run").click()
    await expect(page.locator("#discord-answer")).to_contain_text("Only Alexander can see this")
    await page.locator(f"#freescout-list [data-number='{number}']").click()
    await expect(page.locator("#freescout-open .tag")).to_have_text(["bug", "P1"], timeout=20_000)


@pytest.mark.usefixtures("bot")
async def test_a_killed_bot_picks_up_what_it_missed_when_it_is_started_again(
    world: SandboxWorld, open_page: Open
) -> None:
    page = await open_page(DESKTOP)
    await page.get_by_role("button", name="Kill the bot").click()
    await expect(page.locator("#status")).to_contain_text("not running")
    composer = page.locator("#matrix-composer")
    await composer.get_by_label("Message Support").fill("Is anybody there?")
    await page.keyboard.press("Enter")
    await expect(page.locator("#matrix-list").get_by_text("Is anybody there?")).to_be_visible()
    await page.get_by_role("button", name="Start the bot").click()
    await expect(page.locator("#freescout-list").get_by_text("Is anybody there?").first).to_be_visible(timeout=40_000)
    assert sum("Is anybody there?" in each.subject for each in world.freescout.conversations()) == 1
