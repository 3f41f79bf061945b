"""What people do in the simulated FreeScout, and the mails it would send: above all, which it would not."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.freescout import FreeScoutSimulator
from sandbox.freescout.mails import NO_ADDRESS


@pytest.fixture
async def sim(tmp_path: Path) -> AsyncIterator[FreeScoutSimulator]:
    simulator = FreeScoutSimulator(database=tmp_path / "freescout.db")
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def api(sim: FreeScoutSimulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{sim.url}/api", headers={"X-FreeScout-API-Key": sim.api_key}) as client:
        yield client


async def opened(api: httpx.AsyncClient, kind: str, customer: dict[str, Any], **fields: Any) -> int:
    body = {
        "type": kind,
        "mailboxId": 1,
        "subject": "s",
        "customer": customer,
        "threads": [{"type": "customer", "text": "help"}],
    }
    answer = await api.post("/conversations", json=body | fields)
    assert answer.status_code == 201, answer.text
    return int(answer.headers["Resource-ID"])


# --- mails: the table of the interface facts, 1.5 ---

PLACEHOLDER = {"email": "x@discord.invalid"}
NAMED = {"firstName": "alice"}


@pytest.mark.parametrize(
    ("kind", "customer", "fields", "mails"),
    [
        ("chat", NAMED, {}, []),
        ("chat", PLACEHOLDER, {}, ["auto_reply"]),
        ("email", PLACEHOLDER, {}, ["auto_reply", "agent_reply"]),
        ("email", PLACEHOLDER, {"imported": True}, ["agent_reply"]),
        ("phone", NAMED, {}, []),
    ],
)
async def test_which_mails_go_to_customers(
    sim: FreeScoutSimulator,
    api: httpx.AsyncClient,
    kind: str,
    customer: dict[str, Any],
    fields: dict[str, Any],
    mails: list[str],
) -> None:
    number = await opened(api, kind, customer, **fields)
    sim.agent_reply(number, sim.bot_user_id, "hello")
    sim.agent_note(number, sim.bot_user_id, "secret")
    assert [mail.kind for mail in sim.mails] == mails
    assert {mail.to for mail in sim.mails} <= {"x@discord.invalid"}


async def test_an_email_conversation_without_address_shows_the_agent_an_error(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    created = await api.post("/customers", json=NAMED)
    number = await opened(api, "email", {"id": int(created.headers["Resource-ID"])})
    sim.agent_reply(number, sim.bot_user_id, "hello")
    assert [(mail.to, mail.error) for mail in sim.mails] == [("", NO_ADDRESS)]


async def test_a_reply_through_the_api_is_mailed_too(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    number = sim.email_conversation("a@example.org", "A", "s", "b").id
    thread = {"type": "message", "text": "x", "user": sim.bot_user_id}
    await api.post(f"/conversations/{number}/threads", json=thread)
    await api.post(f"/conversations/{number}/threads", json={**thread, "imported": True})
    assert [(mail.kind, mail.to) for mail in sim.mails] == [
        ("auto_reply", "a@example.org"),
        ("agent_reply", "a@example.org"),
    ]


async def test_agents_are_told_of_customer_posts_unless_imported(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    sim.add_user("Alexander", "Founder", "alexander@help.example")
    number = await opened(api, "chat", NAMED)
    await api.post(f"/conversations/{number}/threads", json={"type": "customer", "text": "x"})
    await api.post(f"/conversations/{number}/threads", json={"type": "customer", "text": "x", "imported": True})
    assert [(mail.to, mail.subject) for mail in sim.agent_mails] == [("alexander@help.example", "[#1001] s")] * 2
    assert sim.mails == []


# --- people ---


async def test_mail_opens_an_email_conversation_of_a_known_customer(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    first = sim.email_conversation("a@example.org", "Anna Berg", "Hello", "<p>hi</p>")
    again = sim.email_conversation("A@example.org", "Anna", "Again", "b")
    assert (first.type, first.status, first.customer_name) == ("email", "active", "Anna Berg")
    assert again.customer_id == first.customer_id
    shown = (await api.get(f"/conversations/{first.id}")).json()
    assert shown["source"] == {"type": "email", "via": "customer"}
    assert shown["preview"] == "hi"


async def test_an_agents_reply_is_pending_assigned_and_named(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    agent = sim.add_user("Alexander", "Founder", "alexander@help.example")
    number = await opened(api, "chat", NAMED)
    thread = sim.agent_reply(number, agent, "<div>hello</div>", files=[("a.txt", "text/plain", b"x")])
    shown = sim.conversation(id=number)
    assert (shown.status, shown.assignee_id) == ("pending", agent)
    assert (thread.type, thread.author_name, thread.user_id) == ("message", "Alexander Founder", agent)
    assert shown.of_type("message") == (thread,)
    assert thread.attachments[0].data == b"x"
    wire = (await api.get(f"/conversations/{number}")).json()["_embedded"]["threads"][0]
    assert (wire["createdBy"]["type"], wire["createdBy"]["id"]) == ("user", agent)


class Clock:
    """Time that is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, 0, 900_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> FreeScoutSimulator:
    """The same with a clock of its own; nobody calls its API."""
    return FreeScoutSimulator(database=tmp_path / "timed.db", clock=clock)


async def test_a_reply_can_be_taken_back_edited_and_sent_later_under_its_old_id(
    desk: FreeScoutSimulator, clock: Clock
) -> None:
    opened_at, number = clock.now, desk.email_conversation("a@example.org", "A", "s", "help").id
    clock.pass_seconds(60)
    thread = desk.agent_reply(number, desk.admin_id, "hello", status="closed")
    clock.pass_seconds(5)
    desk.undo_reply(thread.id, desk.admin_id)
    shown = desk.conversation(id=number)
    assert (shown.threads[-1].state, shown.status, shown.updated_at) == (
        "draft",
        "closed",
        clock.now.replace(microsecond=0),
    )
    assert thread.created_at == (opened_at + timedelta(seconds=60)).replace(microsecond=0)
    clock.pass_seconds(600)
    desk.edit_thread(thread.id, "better")
    desk.publish_reply(thread.id)
    last = desk.conversation(id=number).threads[-1]
    assert (last.id, last.state, last.body) == (thread.id, "published", "better")
    assert last.created_at == clock.now.replace(microsecond=0)


async def test_taking_back_makes_the_latest_reply_the_one_before_and_says_that_a_user_was_here(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    number = await opened(api, "chat", NAMED)
    sim.undo_reply(sim.agent_reply(number, sim.admin_id, "hello").id)
    shown = (await api.get(f"/conversations/{number}")).json()
    assert shown["customerWaitingSince"]["latestReplyFrom"] == "customer"
    assert (shown["preview"], bool(shown["userUpdatedAt"])) == ("help", True)


# Whole seconds are counted, and what the database holds of the first moment is rounded down.
@pytest.mark.parametrize(("seconds", "possible"), [(0, True), (15.0, True), (15.05, True), (15.1, False), (60, False)])
async def test_only_within_the_undo_time_can_a_reply_be_taken_back(
    desk: FreeScoutSimulator, clock: Clock, seconds: float, possible: bool
) -> None:
    number = desk.email_conversation("a@example.org", "A", "s", "help").id
    thread = desk.agent_reply(number, desk.admin_id, "hello")
    clock.pass_seconds(seconds)
    if not possible:
        with pytest.raises(ValueError, match="can not be undone"):
            desk.undo_reply(thread.id)
    desk.undo_reply(thread.id, force=not possible)
    assert desk.conversation(id=number).threads[-1].state == "draft"


async def test_only_its_author_can_take_a_reply_back(desk: FreeScoutSimulator) -> None:
    number = desk.email_conversation("a@example.org", "A", "s", "help").id
    thread = desk.agent_reply(number, desk.admin_id, "hello")
    with pytest.raises(ValueError, match="can not be undone"):
        desk.undo_reply(thread.id, desk.bot_user_id)
    note = desk.agent_note(number, desk.admin_id, "n")
    with pytest.raises(ValueError, match="can not be undone"):
        desk.undo_reply(note.id)
    with pytest.raises(LookupError):
        desk.undo_reply(999)


async def test_a_draft_changes_nothing_until_it_is_sent_by_whoever_sends_it(desk: FreeScoutSimulator) -> None:
    number = desk.email_conversation("a@example.org", "A", "s", "help").id
    draft = desk.agent_reply(number, desk.admin_id, "hello", draft=True)
    before = desk.conversation(id=number)
    assert (before.status, before.assignee_id) == ("active", None)
    desk.publish_reply(draft.id, desk.bot_user_id, status="closed")
    after = desk.conversation(id=number)
    assert (after.status, after.assignee_id, after.closed_by) == ("closed", desk.bot_user_id, desk.bot_user_id)
    assert (after.threads[-1].user_id, after.closed_at is not None) == (desk.bot_user_id, True)


async def test_answering_with_a_status_leaves_no_line_but_setting_it_does(desk: FreeScoutSimulator) -> None:
    number = desk.email_conversation("a@example.org", "A", "s", "help").id
    desk.agent_reply(number, desk.admin_id, "done", status="closed")
    assert desk.conversation(id=number).of_type("lineitem") == ()
    desk.set_status(number, "active")
    assert len(desk.conversation(id=number).of_type("lineitem")) == 1


async def test_who_answers_may_hand_the_conversation_on(desk: FreeScoutSimulator) -> None:
    number = desk.email_conversation("a@example.org", "A", "s", "help").id
    desk.agent_reply(number, desk.admin_id, "mine")
    desk.agent_reply(number, desk.bot_user_id, "still hers")
    assert desk.conversation(id=number).assignee_id == desk.admin_id
    desk.agent_reply(number, desk.admin_id, "yours", assign_to=desk.bot_user_id)
    assert desk.conversation(id=number).assignee_id == desk.bot_user_id


@pytest.mark.parametrize("listed", [False, True])
async def test_a_picture_in_the_text_is_a_stored_file_that_may_not_be_listed(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, listed: bool
) -> None:
    sim.options.list_inline_images = listed
    number = await opened(api, "chat", NAMED)
    sim.agent_reply(number, sim.admin_id, '<p>See <img src="cid:a.png"></p>', inline=[("a.png", "image/png", b"png")])
    wire = (await api.get(f"/conversations/{number}")).json()["_embedded"]["threads"][0]
    address = re.findall('src="([^"]+)"', wire["body"])[0].replace("&amp;", "&")
    assert address.startswith(f"{sim.url}/storage/attachment/")
    async with httpx.AsyncClient() as stranger:
        assert (await stranger.get(address)).content == b"png"
    assert [each["fileName"] for each in wire["_embedded"]["attachments"]] == (["a.png"] if listed else [])
    assert sim.conversation(id=number).threads[-1].attachments[0].embedded


async def test_an_edit_moves_the_conversation_only_when_the_text_is_its_latest(
    desk: FreeScoutSimulator, clock: Clock
) -> None:
    number = desk.email_conversation("a@example.org", "A", "s", "help").id
    first = desk.agent_reply(number, desk.admin_id, "first")
    last = desk.agent_note(number, desk.admin_id, "last")
    before = desk.conversation(id=number).updated_at
    clock.pass_seconds(60)
    desk.edit_thread(first.id, "changed")
    assert desk.conversation(id=number).updated_at == before
    desk.edit_thread(last.id, "changed")
    assert desk.conversation(id=number).updated_at > before


async def test_notes_can_be_deleted_and_nothing_else(desk: FreeScoutSimulator) -> None:
    number = desk.email_conversation("a@example.org", "A", "s", "help").id
    reply, note = desk.agent_reply(number, desk.admin_id, "r"), desk.agent_note(number, desk.admin_id, "n")
    desk.delete_note(note.id)
    with pytest.raises(ValueError, match="only a note"):
        desk.delete_note(reply.id)
    assert [each.body for each in desk.conversation(id=number).threads] == ["help", "r"]


async def test_a_moved_conversation_says_so(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    number = await opened(api, "chat", NAMED)
    sim.move(number, sim.add_mailbox("Sales", "sales@help.example"))
    shown = (await api.get(f"/conversations/{number}")).json()
    assert (shown["mailboxId"], shown["_embedded"]["threads"][0]["action"]["type"]) == (2, "moved-from-mailbox")


async def test_closing_names_who_did_it(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    number = await opened(api, "chat", NAMED)
    sim.close(number, sim.admin_id)
    shown = (await api.get(f"/conversations/{number}")).json()
    assert (shown["closedByUser"]["id"], shown["closedByUser"]["firstName"]) == (sim.admin_id, "Ines")


async def test_every_answer_tells_the_time_of_the_help_desk(tmp_path: Path, clock: Clock) -> None:
    timed = FreeScoutSimulator(database=tmp_path / "timed.db", clock=clock)
    await timed.start()
    try:
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"{timed.url}/api/mailboxes")
    finally:
        await timed.stop()
    assert (answer.status_code, answer.headers["Date"]) == (401, "Mon, 02 Mar 2026 09:00:00 GMT")


async def test_a_note_changes_neither_status_nor_count(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    number = await opened(api, "chat", NAMED)
    sim.agent_note(number, sim.bot_user_id, "secret")
    shown = (await api.get(f"/conversations/{number}")).json()
    assert (shown["status"], shown["threadsCount"]) == ("active", 1)


async def test_reopening_keeps_the_old_closing_date(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    number = await opened(api, "chat", NAMED)
    sim.close(number)
    closed_at = sim.conversation(id=number).closed_at
    sim.set_status(number, "active")
    assert closed_at is not None
    assert sim.conversation(id=number).closed_at == closed_at


async def test_a_merge_moves_the_threads_and_leaves_a_deleted_shell(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    merged, into = await opened(api, "chat", NAMED), await opened(api, "chat", NAMED)
    sim.merge(merged, into=into)
    shell = (await api.get(f"/conversations/{merged}")).json()
    assert shell["state"] == "deleted"
    assert [thread["action"]["type"] for thread in shell["_embedded"]["threads"]] == ["deleted-ticket", "merged"]
    kept = sim.conversation(id=into)
    assert [(thread.id, thread.body) for thread in kept.of_type("customer")] == [(1, "help"), (2, "help")]
    assert [dict(thread.meta) for thread in kept.threads] == [{"pc": merged}, {}, {"mwc": merged}]
    assert dict(sim.conversation(id=merged).threads[0].meta) == {"mic": into}
    with pytest.raises(ValueError, match="itself"):
        sim.merge(into, into=into)


async def test_deleted_forever_is_404_and_unknown_to_everybody(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    number = await opened(api, "chat", NAMED)
    sim.delete_forever(number)
    assert (await api.get(f"/conversations/{number}")).status_code == 404
    with pytest.raises(LookupError):
        sim.conversation(id=number)
    with pytest.raises(LookupError):
        sim.agent_note(number, sim.bot_user_id, "x")


async def test_a_restored_conversation_is_published_again(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    number = await opened(api, "chat", NAMED)
    sim.trash(number)
    assert sim.conversation(id=number).state == "deleted"
    sim.restore(number)
    assert sim.conversation(id=number).state == "published"
