"""What agents do in FreeScout on the sandbox's page, and what people do with messages: all of it by mouse and keys."""

import asyncio
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from sandbox.discord import Message
from sandbox.freescout import Conversation
from sandbox.page import PageServer
from sandbox.world import SandboxWorld
from tests.integration.page_browser import DESKTOP, MARKS, PHONE, Open

pytest_plugins = ["tests.integration.page_fixtures"]
pytestmark = MARKS

ANSWER = "Please try:\n- **clear** the cache\n- run `export`\n```\nlarkspur --reset\n```"
ANSWER_HTML = (
    "<div>Please try:</div><ul><li><strong>clear</strong> the cache</li><li>run <code>export</code></li></ul>"
    "<pre><code>larkspur --reset</code></pre>"
)


def a_request(world: SandboxWorld, subject: str) -> Conversation:
    return world.freescout.email_conversation("kim@example.org", "Kim Sol", subject, "<p>It does not work.</p>")


async def opened(page: Page, made: Conversation) -> tuple[Locator, Locator]:
    """The conversation and the desk below it."""
    await page.locator(f"#freescout-list [data-number='{made.number}']").click()
    return page.get_by_role("article", name=f"Conversation #{made.number}"), page.locator("#freescout-desk")


async def test_an_agents_answer_is_sent_as_the_editor_would_have_written_it(
    world: SandboxWorld, open_page: Open
) -> None:
    made = a_request(world, "An answer, please")
    page = await open_page(DESKTOP)
    article, desk = await opened(page, made)
    await desk.get_by_label("as").select_option("Ada")
    await desk.get_by_label("Answer Kim Sol").fill(ANSWER)
    await desk.get_by_label("Attach files").set_input_files(
        {"name": "steps.txt", "mimeType": "text/plain", "buffer": b"one, two"}
    )
    await desk.get_by_role("button", name="Answer", exact=True).click()
    await expect(article.locator(".entry.reply li")).to_have_text(["clear the cache", "run export"])
    await expect(article.get_by_role("link", name="steps.txt")).to_be_visible()
    await expect(article.locator(".chip.state")).to_have_text("pending")
    shown = world.freescout.conversation(id=made.id)
    (reply,) = shown.of_type("message")
    assert (reply.body, reply.user_id, shown.assignee_id) == (ANSWER_HTML, world.ada_user_id, world.ada_user_id)
    assert [file.data for file in reply.attachments] == [b"one, two"]
    await expect(desk.get_by_label("Answer Kim Sol")).to_have_value("")


async def test_answering_can_close_and_what_is_closed_can_be_reopened(world: SandboxWorld, open_page: Open) -> None:
    made = a_request(world, "The last word")
    page = await open_page(DESKTOP)
    article, desk = await opened(page, made)
    await desk.get_by_label("Answer Kim Sol").fill("That was it.")
    await desk.get_by_role("button", name="Answer and close").click()
    await expect(article.locator(".chip.state")).to_have_text("closed")
    assert world.freescout.conversation(id=made.id).closed_by == world.alexander_user_id
    await article.get_by_role("button", name="Reopen").click()
    await expect(article.locator(".chip.state")).to_have_text("active")
    await article.get_by_role("button", name="Close").click()
    await expect(article.get_by_role("button", name="Reopen")).to_be_visible()
    assert world.freescout.conversation(id=made.id).status == "closed"


async def test_a_note_looks_like_one_while_it_is_written_and_afterwards(world: SandboxWorld, open_page: Open) -> None:
    made = a_request(world, "Between us")
    page = await open_page(DESKTOP)
    article, desk = await opened(page, made)
    before = await desk.evaluate("node => getComputedStyle(node).backgroundColor")
    await desk.get_by_role("button", name="Internal note").click()
    await expect(desk.get_by_role("button", name="Answer and close")).to_be_hidden()
    assert await desk.evaluate("node => getComputedStyle(node).backgroundColor") != before
    await desk.get_by_label("Internal note: never shown to customers").fill("A known fault.")
    await page.keyboard.press("Control+Enter")
    await expect(article.locator(".entry.note")).to_contain_text("never shown to customers")
    (note,) = world.freescout.conversation(id=made.id).of_type("note")
    assert note.body == "<div>A known fault.</div>"
    assert world.freescout.conversation(id=made.id).status == "active"


async def test_a_reply_can_be_taken_back_while_the_time_runs_and_sent_after_all(
    world: SandboxWorld, open_page: Open
) -> None:
    made = a_request(world, "Too quick")
    page = await open_page(DESKTOP)
    article, desk = await opened(page, made)
    await desk.get_by_label("Answer Kim Sol").fill("Oops.")
    await desk.get_by_role("button", name="Answer", exact=True).click()
    await article.get_by_role("button", name="Undo").click()
    await expect(article.locator(".entry.draft")).to_contain_text("not sent")
    assert world.freescout.conversation(id=made.id).of_type("message")[0].state == "draft"
    await article.get_by_role("button", name="Send it now").click()
    await expect(article.locator(".entry.draft")).to_have_count(0)
    assert world.freescout.conversation(id=made.id).of_type("message")[0].state == "published"


async def test_undo_is_offered_no_longer_than_it_is_possible(world: SandboxWorld, open_page: Open) -> None:
    made = a_request(world, "Too late")
    page = await open_page(DESKTOP)
    article, _ = await opened(page, made)
    world.freescout.agent_reply(made.id, world.ada_user_id, "Gone.")
    undo = article.get_by_role("button", name="Undo")
    await expect(undo).to_be_visible()
    await expect(undo).to_be_hidden(timeout=6_000)


async def test_an_agent_takes_a_conversation(world: SandboxWorld, open_page: Open) -> None:
    made = a_request(world, "Whose is this?")
    page = await open_page(DESKTOP)
    article, desk = await opened(page, made)
    await desk.get_by_label("as").select_option("Ada")
    await article.get_by_role("button", name="Assign to me").click()
    await expect(article.get_by_text("assigned to Ada")).to_be_visible()
    await expect(article.get_by_role("button", name="Assign to me")).to_be_hidden()
    await desk.get_by_label("as").select_option("Alexander")
    await expect(article.get_by_role("button", name="Assign to me")).to_be_visible()
    assert world.freescout.conversation(id=made.id).assignee_id == world.ada_user_id


async def test_what_is_being_written_stays_while_the_conversation_changes_and_goes_with_another(
    world: SandboxWorld, open_page: Open
) -> None:
    made, other = a_request(world, "The first one"), a_request(world, "The other one")
    page = await open_page(DESKTOP)
    article, desk = await opened(page, made)
    await desk.get_by_label("Answer Kim Sol").fill("Half a sent")
    world.freescout.agent_note(made.id, world.ada_user_id, "meanwhile")
    await expect(article.get_by_text("meanwhile")).to_be_visible()
    await expect(desk.get_by_label("Answer Kim Sol")).to_have_value("Half a sent")
    await page.get_by_role("button", name="← Inbox").click()
    await expect(desk).to_be_hidden()
    _, desk = await opened(page, other)
    await expect(desk.get_by_label("Answer Kim Sol")).to_have_value("")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["laptop", "phone"])
async def test_the_desk_fits_the_screen_and_all_of_it_has_a_name(
    world: SandboxWorld, open_page: Open, size: dict[str, int]
) -> None:
    made = a_request(world, "W" * 90)
    world.freescout.agent_reply(made.id, world.ada_user_id, "draft", draft=True)
    page = await open_page(size)
    await opened(page, made)
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    column = await page.locator("#freescout").bounding_box()
    desk = await page.locator("#freescout-desk").bounding_box()
    assert column is not None
    assert desk is not None
    assert desk["y"] + desk["height"] <= column["y"] + column["height"] + 1
    nameless = await page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, textarea")]
            .filter((node) => !(node.labels?.length || node.getAttribute("aria-label") || node.textContent.trim()))
            .map((node) => node.outerHTML)"""
    )
    assert nameless == []


# --- Discord ---


@pytest_asyncio.fixture(loop_scope="module")
async def asked(world: SandboxWorld) -> Message:
    """A message of the bot with two buttons, as the bot would send it."""
    rows = [{"type": 1, "components": [
        {"type": 2, "style": 3, "label": "Yes, solved", "custom_id": "solved:yes:x", "emoji": {"name": "✅"}},
        {"type": 2, "style": 4, "label": "No", "custom_id": "solved:no:x", "disabled": True},
    ]}]  # fmt: skip
    headers = {"Authorization": f"Bot {world.discord.token}"}
    async with httpx.AsyncClient(base_url=world.discord.api_url, headers=headers, trust_env=False) as http:
        body = {"content": "Is it solved?", "components": rows}
        answer = await http.post(f"/channels/{world.support.id}/messages", json=body)
    assert answer.status_code == 200
    return next(each for each in world.discord.messages(world.support.id) if str(each.id) == answer.json()["id"])


async def test_a_button_can_be_pressed_and_it_shows_when_nobody_answers(asked: Message, open_page: Open) -> None:
    page = await open_page(DESKTOP)
    message = page.locator(f"#e-{asked.id}")
    await expect(message.get_by_role("button", name="No", exact=True)).to_be_disabled()
    await message.get_by_role("button", name="✅ Yes, solved").click()
    await expect(page.locator("#notice")).to_have_text("The application did not respond.")


async def test_a_click_on_a_reaction_in_discord_adds_ones_own_and_takes_it_back(
    world: SandboxWorld, asked: Message, open_page: Open
) -> None:
    await world.discord.react(world.alexander, world.support.id, asked.id, "✅")
    page = await open_page(DESKTOP)
    message = page.locator(f"#e-{asked.id}")
    await page.locator("#discord-composer").get_by_label("as").select_option("Lena")
    await message.get_by_role("button", name="✅ by Alexander").click()
    await message.get_by_role("button", name="✅ by Alexander, Lena").click()
    await expect(message.get_by_role("button", name="✅ by Alexander", exact=True)).to_be_visible()


async def test_people_edit_and_delete_their_own_messages_and_nobody_elses(
    world: SandboxWorld, asked: Message, open_page: Open
) -> None:
    message = await world.discord.post(world.mia, world.support.id, "The exprot is empty")
    page = await open_page(DESKTOP)
    shown, composer = page.locator(f"#e-{message.id}"), page.locator("#discord-composer")
    await expect(page.locator(f"#e-{asked.id} [data-act^='edit']")).to_have_count(0)
    await shown.hover()
    await shown.get_by_role("button", name="Edit").click()
    await composer.get_by_label("Write here").fill("The export is empty")
    await composer.get_by_role("button", name="Save").click()
    await expect(shown.get_by_text("The export is empty")).to_be_visible()
    await expect(shown.get_by_text("edited")).to_be_visible()
    await shown.hover()
    await shown.get_by_role("button", name="Delete").click()
    await expect(shown).to_have_count(0)
    assert message.id not in [each.id for each in world.discord.messages(world.support.id)]


async def test_each_person_sees_only_their_own_direct_messages_with_the_bot(
    world: SandboxWorld, open_page: Open
) -> None:
    page = await open_page(DESKTOP)
    await page.locator("#discord-tabs").get_by_role("tab", name="Direct messages").click()
    composer, messages = page.locator("#discord-composer"), page.locator("#discord-list")
    await expect(composer.get_by_label("as").locator("option")).to_have_text(["Mia", "Lena"])
    await composer.get_by_label("Message the bot").fill("My licence key is ABC.")
    await page.keyboard.press("Enter")
    await expect(messages.get_by_text("My licence key is ABC.")).to_be_visible()
    assert world.discord.messages(world.discord.direct_channel(world.mia).id)[-1].content == "My licence key is ABC."
    await composer.get_by_label("as").select_option("Lena")
    await expect(messages.get_by_text("Only Lena and the bot can read")).to_be_visible()
    await expect(messages.get_by_text("My licence key is ABC.")).to_have_count(0)


# --- Matrix ---


async def test_a_click_on_a_reaction_in_matrix_adds_ones_own_and_takes_it_back(
    world: SandboxWorld, open_page: Open
) -> None:
    event = await world.alexander_matrix.send_text(world.support_room, "Is it solved?")
    await world.alexander_matrix.react(world.support_room, event, "✅")
    page = await open_page(DESKTOP)
    message = page.locator(f"[id='e-{event}']")
    await message.get_by_role("button", name="✅ by Alexander").click()
    await message.get_by_role("button", name="✅ by Alexander, Jonas").click()
    await expect(message.get_by_role("button", name="✅ by Alexander", exact=True)).to_be_visible()


async def test_people_edit_and_delete_their_own_messages_in_matrix(world: SandboxWorld, open_page: Open) -> None:
    event = await world.jonas_matrix.send_text(world.support_room, "How do I shrae it?")
    page = await open_page(DESKTOP)
    shown, composer = page.locator(f"[id='e-{event}']"), page.locator("#matrix-composer")
    await shown.hover()
    await shown.get_by_role("button", name="Edit").click()
    await composer.get_by_label("Write here").fill("How do I share it?")
    await composer.get_by_role("button", name="Save").click()
    await expect(shown.get_by_text("How do I share it?")).to_be_visible()
    await shown.hover()
    await shown.get_by_role("button", name="Delete").click()
    await expect(shown).to_have_count(0)


async def test_the_first_direct_message_in_matrix_opens_a_room_and_invites_the_bot(
    world: SandboxWorld, open_page: Open
) -> None:
    page = await open_page(DESKTOP)
    await page.locator("#matrix-tabs").get_by_role("tab", name="Direct messages").click()
    composer = page.locator("#matrix-composer")
    for text in ("Something private.", "And one more thing."):
        await composer.get_by_label("Message the bot").fill(text)
        await page.keyboard.press("Enter")
        await expect(page.locator("#matrix-list").get_by_text(text)).to_be_visible()
    room = world.direct_rooms["Jonas"]
    membership = await world.jonas_matrix.state(room, "m.room.member", world.bot_matrix_id)
    assert (membership["membership"], membership["is_direct"]) == ("invite", True)


async def test_a_file_in_matrix_can_be_looked_at(world: SandboxWorld, open_page: Open) -> None:
    await world.jonas_matrix.send_file(world.support_room, b"forty-two", "answer.txt", "text/plain")
    page = await open_page(DESKTOP)
    async with page.expect_download() as download:
        await page.locator("#matrix-list").get_by_role("link", name="answer.txt").click()
    assert await asyncio.to_thread(Path(await (await download.value).path()).read_bytes) == b"forty-two"


async def test_what_cannot_be_done_is_answered_with_a_sentence(world: SandboxWorld, server: PageServer) -> None:
    made = a_request(world, "Not like this")
    reply = world.freescout.agent_reply(made.id, world.ada_user_id, "mine")
    message = await world.discord.post(world.mia, world.support.id, "hello")
    wrong = {
        "/api/freescout/replies": {"number": made.number, "agent": "Mallory", "text": "x"},
        "/api/freescout/notes": {"number": 999_999, "agent": "Ada", "text": "x"},
        "/api/freescout/undo": {"thread": reply.id, "agent": "Alexander"},
        "/api/freescout/drafts": {"thread": reply.id, "agent": "Ada"},
        "/api/freescout/status": {"number": made.number, "agent": "Ada", "status": "spam?"},
        "/api/discord/edits": {"channel": str(world.support.id), "message": str(message.id + 1), "text": "x"},
        "/api/discord/presses": {
            "member": "Mia",
            "channel": str(world.support.id),
            "message": str(message.id),
            "control": "x",
        },
        "/api/matrix/reactions": {"member": "Jonas", "room": world.support_room, "event": "$gone", "emoji": "x"},
    }
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        answers = await asyncio.gather(*(http.post(path, json=body) for path, body in wrong.items()))
    assert {answer.status_code for answer in answers} == {400, 404}
    assert all(answer.json()["error"] for answer in answers)
    assert world.freescout.conversation(id=made.id).of_type("message") == (reply,)
