"""The simulated FreeScout's time can be moved, and everything in it goes by that time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from sandbox.freescout import Clock, FreeScoutSimulator

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def sim(tmp_path: Path) -> AsyncIterator[FreeScoutSimulator]:
    """Its clock stands still but for `advance`."""
    simulator = FreeScoutSimulator(database=tmp_path / "freescout.db", clock=lambda: MORNING)
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def api(sim: FreeScoutSimulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{sim.url}/api", headers={"X-FreeScout-API-Key": sim.api_key}) as client:
        yield client


def test_left_alone_it_is_the_real_time_and_skips_add_up() -> None:
    clock = Clock()
    assert abs(clock() - datetime.now(UTC)) < timedelta(seconds=30)
    clock.advance(3600)
    clock.advance(1800)
    assert abs(clock() - datetime.now(UTC) - 1.5 * HOUR) < timedelta(seconds=30)


async def test_every_answer_and_every_date_goes_by_it(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    number = sim.email_conversation("mia@example.org", "Mia", "Invoice", "Hello").id
    sim.advance(3600)
    sim.agent_reply(number, sim.admin_id, "See attached.")
    sim.advance(3600)
    sim.email_reply(number, "Thanks.")
    sim.close(number)
    answer = await api.get(f"/conversations/{number}")
    shown = answer.json()
    threads = reversed(shown["_embedded"]["threads"])
    assert parsedate_to_datetime(answer.headers["Date"]) == MORNING + 2 * HOUR == sim.now()
    assert [(one["createdAt"], one["type"]) for one in threads] == [
        ("2026-03-02T09:00:00Z", "customer"),
        ("2026-03-02T10:00:00Z", "message"),
        ("2026-03-02T11:00:00Z", "customer"),
        ("2026-03-02T11:00:00Z", "lineitem"),
    ]
    assert (shown["createdAt"], shown["closedAt"]) == ("2026-03-02T09:00:00Z", "2026-03-02T11:00:00Z")
    assert shown["userUpdatedAt"] == shown["updatedAt"] == "2026-03-02T11:00:00Z"


async def test_what_is_asked_for_since_an_instant_goes_by_it(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    numbers = []
    for _ in range(3):
        numbers.append(sim.email_conversation("mia@example.org", "Mia", "Invoice", "Hello").id)
        sim.advance(3600)
    answer = await api.get("/conversations", params={"updatedSince": "2026-03-02T09:30:00Z", "status": "active"})
    found = answer.json()["_embedded"]["conversations"]
    assert {one["id"] for one in found} == set(numbers[1:])


async def test_a_reply_can_be_taken_back_until_its_time_is_up(sim: FreeScoutSimulator) -> None:
    number = sim.email_conversation("mia@example.org", "Mia", "Invoice", "Hello").id
    first, second = (sim.agent_reply(number, sim.admin_id, text) for text in ("one", "two"))
    sim.advance(10)
    sim.undo_reply(first.id)
    sim.advance(10)
    with pytest.raises(ValueError, match="can not be undone"):
        sim.undo_reply(second.id)


async def test_webhooks_wait_for_real_seconds_whatever_is_skipped(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    sim.options.undo_seconds = 0.05
    await api.post("/webhooks", json={"url": "http://127.0.0.1:1/hook", "events": ["convo.agent.reply.created"]})
    sim.options.webhook_retry_scale = 0
    number = sim.email_conversation("mia@example.org", "Mia", "Invoice", "Hello").id
    sim.agent_reply(number, sim.admin_id, "See attached.")
    sim.advance(86_400)
    await asyncio.sleep(0)
    assert sim.webhook_deliveries == []
    await sim.webhooks_sent()
    assert [one.event for one in sim.webhook_deliveries] == ["convo.agent.reply.created"]


# --- the statuses that threads show ---


async def test_threads_of_people_show_the_status_they_left(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    number = sim.email_conversation("mia@example.org", "Mia", "Invoice", "Hello").id
    sim.agent_reply(number, sim.admin_id, "See attached.")
    sim.agent_note(number, sim.admin_id, "secret")
    sim.email_reply(number, "Thanks.")
    sim.assign(number, sim.admin_id)
    sim.agent_reply(number, sim.admin_id, "unsent", draft=True, status="closed")
    sim.close(number)
    threads = (await api.get(f"/conversations/{number}")).json()["_embedded"]["threads"]
    assert [one["status"] for one in reversed(threads)] == [
        *("active", "pending", "pending", "active", "nochange", "active", "closed")
    ]
    assert [one.status for one in sim.conversation(id=number).threads] == [one["status"] for one in reversed(threads)]
    assert [one["source"]["type"] for one in threads if one["type"] == "customer"] == ["email", "email"]


@pytest.mark.parametrize(("kind", "left"), [("message", "closed"), ("note", "active"), ("customer", "pending")])
async def test_threads_of_the_api_all_show_active_whatever_they_left(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, kind: str, left: str
) -> None:
    """As core's `Thread::createExtended`, which sets the conversation's status only."""
    number = sim.email_conversation("mia@example.org", "Mia", "Invoice", "Hello").id
    body = {"type": kind, "text": "hello", "user": sim.admin_id, "customer": {"email": "mia@example.org"}}
    await api.post(f"/conversations/{number}/threads", json=body | ({} if kind == "note" else {"status": left}))
    shown = (await api.get(f"/conversations/{number}")).json()
    assert (shown["status"], shown["_embedded"]["threads"][0]["status"]) == (left, "active")


async def test_a_mail_of_the_customer_wakes_a_closed_conversation(sim: FreeScoutSimulator) -> None:
    number = sim.email_conversation("mia@example.org", "Mia", "Invoice", "Hello").id
    sim.close(number)
    thread = sim.email_reply(number, "Still broken.")
    shown = sim.conversation(id=number)
    assert (shown.status, shown.threads[-1]) == ("active", thread)
    assert (thread.type, thread.author_name, thread.body) == ("customer", "Mia", "Still broken.")
    with pytest.raises(LookupError):
        sim.email_reply(number + 1, "x")
