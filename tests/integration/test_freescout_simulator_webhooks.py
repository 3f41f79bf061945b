"""The webhooks of the simulated FreeScout, with the quirks of the real one (interface facts, 1.4)."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from sandbox.freescout import FreeScoutSimulator

UNDO_SECONDS = 0.15
REPLY, NOTE, CUSTOMER = "convo.agent.reply.created", "convo.note.created", "convo.customer.reply.created"
ALL_EVENTS = (REPLY, NOTE, CUSTOMER, "convo.created", "convo.status", "convo.assigned", "convo.moved", "convo.deleted",
              "convo.deleted_forever", "convo.restored", "customer.created", "customer.updated")  # fmt: skip


class Receiver:
    """A web server of somebody who registered a webhook; answers with the statuses put in line, then with 200."""

    def __init__(self) -> None:
        self.headers: list[Mapping[str, str]] = []
        self.raw: list[bytes] = []
        self.statuses: list[int] = []
        self.arrived = asyncio.Event()
        self.hang = asyncio.Event()
        self.hang.set()
        self.url = ""

    @property
    def events(self) -> list[str]:
        return [each["X-FreeScout-Event"] for each in self.headers]

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(each) for each in self.raw]

    def threads(self, place: int = -1) -> list[tuple[str, str, str]]:
        """Type, state and text of the threads in one webhook, newest first."""
        return [(each["type"], each["state"], each["body"]) for each in self.bodies[place]["_embedded"]["threads"]]

    async def take(self, request: web.Request) -> web.Response:
        raw = await request.read()
        self.headers.append(dict(request.headers))
        self.raw.append(raw)
        self.arrived.set()
        await self.hang.wait()
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, headers={"Location": self.url} if status == 302 else {})


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    app = web.Application()
    app.router.add_route("*", "/hook", made.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    made.hang.set()
    await runner.cleanup()


@pytest.fixture
async def sim(tmp_path: Path) -> AsyncIterator[FreeScoutSimulator]:
    simulator = FreeScoutSimulator(
        database=tmp_path / "freescout.db",
        undo_seconds=UNDO_SECONDS,
        chat_mode_seconds=0.02,
        webhook_retry_scale=0.0,
        webhook_secret="shared",
    )
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def api(sim: FreeScoutSimulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{sim.url}/api", headers={"X-FreeScout-API-Key": sim.api_key}) as client:
        yield client


@pytest.fixture
async def number(sim: FreeScoutSimulator, api: httpx.AsyncClient, receiver: Receiver) -> int:
    """A chat conversation that was there before the webhook for all events."""
    made = await opened(api)
    await register(api, receiver)
    return made


async def opened(api: httpx.AsyncClient) -> int:
    body = {"type": "chat", "mailboxId": 1, "subject": "s", "customer": {"firstName": "alice"}}
    answer = await api.post("/conversations", json={**body, "threads": [{"type": "customer", "text": "help"}]})
    return int(answer.headers["Resource-ID"])


async def register(
    api: httpx.AsyncClient, receiver: Receiver, events: tuple[str, ...] = ALL_EVENTS, **more: Any
) -> int:
    answer = await api.post("/webhooks", json={"url": receiver.url, "events": list(events), **more})
    assert answer.status_code == 201
    return int(answer.headers["Resource-ID"])


async def test_the_body_is_the_bare_conversation_and_only_the_headers_tell_the_event(
    sim: FreeScoutSimulator, receiver: Receiver, number: int
) -> None:
    sim.agent_note(number, sim.bot_user_id, "secret")
    await sim.webhooks_sent()
    assert receiver.events == [NOTE]
    assert receiver.headers[0]["Content-Type"] == "application/json"
    body = receiver.bodies[0]
    assert (body["id"], body["status"], receiver.threads()[0]) == (number, "active", ("note", "published", "secret"))
    assert not {"event", "data", "conversation"} & body.keys()


async def test_the_signature_is_the_base64_of_hmac_sha1_over_the_raw_body(
    sim: FreeScoutSimulator, receiver: Receiver, number: int
) -> None:
    sim.agent_note(number, sim.bot_user_id, "grüße")
    await sim.webhooks_sent()
    digest = hmac.new(b"shared", receiver.raw[0], hashlib.sha1).digest()
    assert sim.webhook_secret == "shared"
    assert receiver.headers[0]["X-FreeScout-Signature"] == base64.b64encode(digest).decode()


async def test_only_registered_events_of_the_chosen_mailboxes_are_sent(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    number = await opened(api)
    other = sim.add_mailbox("Sales", "sales@help.example")
    await register(api, receiver, (NOTE,), mailboxes=[other])
    sim.agent_note(number, sim.bot_user_id, "here")
    await sim.webhooks_sent()
    assert receiver.events == []
    sim.move(number, other)
    sim.agent_note(number, sim.bot_user_id, "there")
    await sim.webhooks_sent()
    assert receiver.events == [NOTE]


async def test_an_agents_reply_comes_late_so_a_note_written_after_it_arrives_first(
    sim: FreeScoutSimulator, receiver: Receiver, number: int
) -> None:
    sim.set_status(number, "pending")
    sim.agent_reply(number, sim.admin_id, "the answer", assign_to=sim.admin_id)
    sim.agent_note(number, sim.admin_id, "secret")
    await sim.webhooks_sent()
    assert receiver.events == ["convo.status", "convo.assigned", NOTE, REPLY]
    # Whoever took the first thread of the reply's webhook for the reply would tell the customer a secret.
    assert receiver.threads()[:2] == [("note", "published", "secret"), ("message", "published", "the answer")]


async def test_the_conversation_is_as_old_as_the_action_but_the_threads_are_as_new_as_the_sending(
    sim: FreeScoutSimulator, receiver: Receiver, number: int
) -> None:
    sim.agent_reply(number, sim.admin_id, "first")
    sim.close(number)
    await sim.webhooks_sent()
    place = receiver.events.index(REPLY)
    shown = receiver.bodies[place]
    assert (shown["status"], shown["threadsCount"], shown["preview"]) == ("pending", 1, "help")
    assert shown["_embedded"]["threads"][0]["action"]["type"] == "changed-ticket-status"


async def test_in_chat_mode_the_reply_comes_soon(sim: FreeScoutSimulator, receiver: Receiver, number: int) -> None:
    sim.options.undo_seconds = 60
    sim.agent_reply(number, sim.admin_id, "quick", chat_mode=True)
    await sim.webhooks_sent()
    assert receiver.events[-1] == REPLY


async def test_a_reply_that_was_taken_back_is_told_of_all_the_same_as_a_draft(
    sim: FreeScoutSimulator, receiver: Receiver, number: int
) -> None:
    reply = sim.agent_reply(number, sim.admin_id, "oops")
    sim.undo_reply(reply.id)
    await sim.webhooks_sent()
    assert receiver.events[-1] == REPLY
    assert receiver.threads()[0] == ("message", "draft", "oops")


async def test_a_draft_is_told_of_once_it_is_sent(sim: FreeScoutSimulator, receiver: Receiver, number: int) -> None:
    draft = sim.agent_reply(number, sim.admin_id, "later", draft=True)
    await sim.webhooks_sent()
    assert receiver.events == []
    sim.publish_reply(draft.id)
    await sim.webhooks_sent()
    assert receiver.events == ["convo.status", "convo.assigned", REPLY]


async def test_what_the_api_writes_is_told_of_too_even_a_draft(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, receiver: Receiver, number: int
) -> None:
    for thread in (
        {"type": "customer", "text": "more"},
        {"type": "note", "text": "n", "user": sim.bot_user_id},
        {"type": "message", "text": "m", "user": sim.bot_user_id, "state": "draft"},
    ):
        await api.post(f"/conversations/{number}/threads", json=thread)
    await sim.webhooks_sent()
    assert receiver.events == [CUSTOMER, NOTE, REPLY]


async def test_a_refused_request_is_told_to_nobody(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, receiver: Receiver, number: int
) -> None:
    body = {"type": "chat", "mailboxId": 1, "subject": "s", "customer": {"firstName": "a"}, "threads": [{"type": "x"}]}
    assert (await api.post("/conversations", json=body)).status_code == 400
    sim.agent_note(number, sim.admin_id, "n")
    await sim.webhooks_sent()
    assert receiver.events == [NOTE]


async def test_a_new_conversation_and_its_customer_are_told_of(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    await register(api, receiver)
    number = await opened(api)
    await api.put("/customers/1", json={"firstName": "al"})
    await sim.webhooks_sent()
    assert receiver.events == ["customer.created", "convo.created", "customer.updated"]
    created = receiver.bodies[1]
    assert (created["id"], created["threadsCount"], created["preview"]) == (number, 0, "")
    assert receiver.bodies[2]["firstName"] == "al"


async def test_trash_move_and_the_end_are_told_of(sim: FreeScoutSimulator, receiver: Receiver, number: int) -> None:
    sim.move(number, sim.add_mailbox("Sales", "sales@help.example"))
    sim.trash(number)
    sim.restore(number)
    sim.delete_forever(number)
    await sim.webhooks_sent()
    assert receiver.events == ["convo.moved", "convo.deleted", "convo.restored", "convo.deleted_forever"]
    assert receiver.bodies[-1]["id"] == number


async def test_nothing_tells_of_merges_tags_fields_subjects_edits_deleted_notes_and_taking_away(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    first, second = await opened(api), await opened(api)
    note = sim.agent_note(first, sim.admin_id, "n")
    sim.assign(first, sim.admin_id)
    field = sim.add_custom_field("Kind")
    await register(api, receiver)
    sim.assign(first, None)
    sim.add_tag(first, "bug")
    sim.edit_thread(note.id, "m")
    sim.delete_note(note.id)
    await api.put(f"/conversations/{first}", json={"subject": "new"})
    await api.put(f"/conversations/{first}/custom_fields", json={"customFields": [{"id": field, "value": "x"}]})
    sim.merge(first, into=second)
    await sim.webhooks_sent()
    assert receiver.events == []


async def test_a_webhook_that_fails_is_sent_again_and_the_last_run_is_shown(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, receiver: Receiver, number: int
) -> None:
    receiver.statuses = [500, 302]
    sim.agent_note(number, sim.admin_id, "n")
    await sim.webhooks_sent()
    (delivery,) = sim.webhook_deliveries
    assert (delivery.event, delivery.conversation_id, delivery.status, delivery.tries) == (NOTE, number, 200, 3)
    assert len(receiver.raw) == 3
    assert len(set(receiver.raw)) == 1
    (shown,) = (await api.get("/webhooks")).json()["_embedded"]["webhooks"]
    assert (bool(shown["lastRunTime"]), shown["lastRunError"]) == (True, "")


async def test_after_ten_further_tries_it_is_given_up(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, receiver: Receiver, number: int
) -> None:
    receiver.statuses = [503] * 50
    sim.agent_note(number, sim.admin_id, "n")
    await sim.webhooks_sent()
    (delivery,) = sim.webhook_deliveries
    assert (delivery.status, delivery.tries, delivery.done) == (503, 11, True)
    assert "503" in sim.webhooks()[0].last_run_error


async def test_the_pauses_between_tries_grow_and_make_two_hours() -> None:
    from sandbox.freescout.webhook_sender import RETRY_PAUSES_SECONDS  # noqa: PLC0415 - only this test looks inside

    assert len(RETRY_PAUSES_SECONDS) == 10
    assert sorted(RETRY_PAUSES_SECONDS) == list(RETRY_PAUSES_SECONDS)
    assert sum(RETRY_PAUSES_SECONDS) == 2 * 60 * 60


async def test_who_does_not_answer_in_time_is_asked_again(
    sim: FreeScoutSimulator, receiver: Receiver, number: int
) -> None:
    sim.options.webhook_timeout_seconds = 0.05
    receiver.hang.clear()
    sim.agent_note(number, sim.admin_id, "n")
    await sim.webhooks_sent()
    (delivery,) = sim.webhook_deliveries
    assert (delivery.status, delivery.tries) == (0, 11)


async def test_a_webhook_that_was_deleted_is_not_tried_again(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    number = await opened(api)
    webhook = await register(api, receiver)
    receiver.statuses = [500] * 20
    sim.options.webhook_retry_scale = 0.002
    sim.agent_note(number, sim.admin_id, "n")
    await receiver.arrived.wait()
    await api.delete(f"/webhooks/{webhook}")
    await sim.webhooks_sent()
    assert sim.webhook_deliveries[0].tries < 4


async def test_webhooks_may_come_twice(sim: FreeScoutSimulator, receiver: Receiver, number: int) -> None:
    sim.options.duplicate_webhooks = 3
    sim.agent_note(number, sim.admin_id, "n")
    await sim.webhooks_sent()
    assert receiver.events == [NOTE] * 3
    assert len(set(receiver.raw)) == 1


async def test_webhooks_may_come_in_another_order_which_is_the_same_each_time(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    numbers = [await opened(api) for _ in range(4)]
    await register(api, receiver)
    sim.options.reorder = 0.1
    for number in numbers:
        sim.agent_note(number, sim.admin_id, "n")
    await sim.webhooks_sent()
    first, second, third, fourth = numbers
    assert [each.conversation_id for each in sim.webhook_deliveries] == [first, fourth, third, second]
    assert len(receiver.events) == 4


async def test_an_empty_one_may_follow_after_success(sim: FreeScoutSimulator, receiver: Receiver, number: int) -> None:
    sim.options.empty_webhooks = True
    sim.agent_note(number, sim.admin_id, "n")
    await sim.webhooks_sent()
    assert receiver.raw[1] == b""
    assert receiver.headers[1]["Content-Length"] == "0"
    assert [(each.empty, each.tries) for each in sim.webhook_deliveries] == [(False, 1), (True, 1)]


async def test_without_cron_none_leaves(sim: FreeScoutSimulator, receiver: Receiver, number: int) -> None:
    sim.options.drop_webhooks = True
    sim.agent_note(number, sim.admin_id, "n")
    await sim.webhooks_sent()
    assert receiver.events == []
    assert sim.webhook_deliveries == []


async def test_they_leave_also_while_nobody_can_reach_freescout(
    sim: FreeScoutSimulator, receiver: Receiver, number: int
) -> None:
    await sim.go_down()
    sim.agent_note(number, sim.admin_id, "n")
    await sim.webhooks_sent()
    assert receiver.events == [NOTE]


async def test_the_end_of_freescout_forgets_what_was_not_sent_and_a_new_start_goes_on(
    sim: FreeScoutSimulator, receiver: Receiver, number: int
) -> None:
    sim.options.undo_seconds = 60
    sim.agent_reply(number, sim.admin_id, "lost", status="active", assign_to=sim.admin_id)
    async with asyncio.timeout(5):
        await sim.stop()
    sim.agent_note(number, sim.admin_id, "written beside a dead queue")
    await sim.start()
    sim.agent_note(number, sim.admin_id, "n")
    await sim.webhooks_sent()
    assert receiver.events[-1] == NOTE
    assert REPLY not in receiver.events
    assert receiver.events.count(NOTE) == 1
