"""What people do in the simulated FreeScout, and the mails it would send: above all, which it would not."""

from collections.abc import AsyncIterator
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


async def test_a_reply_can_be_taken_back_edited_and_sent_later(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    number = await opened(api, "chat", NAMED)
    thread = sim.agent_reply(number, sim.bot_user_id, "hello")
    sim.undo_reply(thread.id)
    assert sim.conversation(id=number).threads[-1].state == "draft"
    sim.edit_thread(thread.id, "better")
    sim.publish_reply(thread.id)
    last = sim.conversation(id=number).threads[-1]
    assert (last.id, last.state, last.body) == (thread.id, "published", "better")


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
    assert [thread.body for thread in sim.conversation(id=into).of_type("customer")] == ["help", "help"]


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
