"""The simulated FreeScout behaves as the real one: keys, errors, conversations and threads. One quirk, one rule."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.freescout import FreeScoutSimulator


@pytest.fixture
async def sim(tmp_path: Path) -> AsyncIterator[FreeScoutSimulator]:
    simulator = FreeScoutSimulator(database=tmp_path / "freescout.db")
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def api(sim: FreeScoutSimulator) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"X-FreeScout-API-Key": sim.api_key, "Accept": "application/json"}
    async with httpx.AsyncClient(base_url=f"{sim.url}/api", headers=headers) as client:
        yield client


def opening(**changes: Any) -> dict[str, Any]:
    """A valid POST /conversations."""
    return {
        "type": "chat",
        "mailboxId": 1,
        "subject": "Cannot log in",
        "customer": {"firstName": "alice"},
        "threads": [{"type": "customer", "text": "help"}],
    } | changes


async def opened(api: httpx.AsyncClient, **changes: Any) -> int:
    answer = await api.post("/conversations", json=opening(**changes))
    assert answer.status_code == 201, answer.text
    return int(answer.headers["Resource-ID"])


def refusal(answer: httpx.Response) -> tuple[str, str]:
    """(path, message) of a 400 in the shape of the real module."""
    assert answer.status_code == 400
    body = answer.json()
    assert body["message"] == "Error occurred"
    (error,) = body["_embedded"]["errors"]
    assert error["source"] == "JSON"
    return error["path"], error["message"]


# --- keys and routes ---


async def test_a_wrong_key_is_401(sim: FreeScoutSimulator) -> None:
    async with httpx.AsyncClient(base_url=f"{sim.url}/api") as client:
        answer = await client.get("/mailboxes", headers={"X-FreeScout-API-Key": "0" * 32})
    assert (answer.status_code, answer.json()) == (401, {"message": "Not Authorized"})


async def test_the_key_may_come_in_the_query_or_as_basic_user(sim: FreeScoutSimulator) -> None:
    async with httpx.AsyncClient(base_url=f"{sim.url}/api") as client:
        assert (await client.get("/mailboxes", params={"api_key": sim.api_key})).status_code == 200
        assert (await client.get("/mailboxes", auth=(sim.api_key, "anything"))).status_code == 200


async def test_without_the_api_module_everything_is_an_html_404(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    sim.options.api = False
    answer = await api.get("/mailboxes")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_a_wrong_method_is_an_html_405(api: httpx.AsyncClient) -> None:
    answer = await api.get("/conversations/1/threads")
    assert answer.status_code == 405
    assert answer.headers["Content-Type"].startswith("text/html")


async def test_a_missing_object_is_a_json_404(api: httpx.AsyncClient) -> None:
    answer = await api.get("/conversations/99999")
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found", "_embedded": {"errors": []}})


async def test_above_the_proxys_limit_it_is_413(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    sim.options.max_body_bytes = 1000
    answer = await api.post("/conversations", json=opening(subject="x" * 1000))
    assert answer.status_code == 413
    assert sim.conversations() == []


async def test_json_sent_as_something_else_reads_as_nothing(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    answer = await api.post("/conversations", content=b'{"type": "chat"}', headers={"Content-Type": "text/plain"})
    assert refusal(answer) == ("type", "`type` parameter is required")
    assert "text/plain" in sim.problems[0].message


# --- opening a conversation ---


async def test_a_created_object_is_named_by_resource_id_and_the_body_is_empty(api: httpx.AsyncClient) -> None:
    answer = await api.post("/conversations", json=opening())
    assert (answer.status_code, answer.content, answer.headers["Resource-ID"]) == (201, b"", "1")


async def test_a_newer_version_answers_with_the_object_too(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    sim.options.empty_201 = False
    body = (await api.post("/conversations", json=opening())).json()
    assert (body["id"], body["number"], body["threadsCount"]) == (1, 1001, 1)
    assert body["source"] == {"type": "api", "via": "customer"}
    assert body["customer"]["email"] == ""


async def test_the_number_people_see_is_not_the_id(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    await opened(api)
    assert sim.conversation(number=1001).id == 1
    found = (await api.get("/conversations", params={"number": 1001})).json()["_embedded"]["conversations"]
    assert [item["id"] for item in found] == [1]


@pytest.mark.parametrize("missing", ["type", "mailboxId", "subject", "customer", "threads"])
async def test_each_required_parameter_is_named(api: httpx.AsyncClient, missing: str) -> None:
    body = opening()
    del body[missing]
    assert refusal(await api.post("/conversations", json=body)) == (missing, f"`{missing}` parameter is required")


async def test_an_unknown_mailbox_is_refused(api: httpx.AsyncClient) -> None:
    assert refusal(await api.post("/conversations", json=opening(mailboxId=7)))[1] == "Mailbox not found"


async def test_an_unknown_customer_is_refused(api: httpx.AsyncClient) -> None:
    assert refusal(await api.post("/conversations", json=opening(customer={"id": 7})))[1] == "Customer not found"


async def test_a_customer_needs_a_first_name_or_an_address(api: httpx.AsyncClient) -> None:
    answer = await api.post("/conversations", json=opening(customer={"lastName": "x"}))
    assert refusal(answer) == ("customer.first_name", "Customer first name or email is required.")


async def test_one_version_refuses_a_chat_customer_without_id(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    sim.options.refuse_chat_without_customer_id = True
    refusal(await api.post("/conversations", json=opening()))
    customer = await api.post("/customers", json={"firstName": "alice"})
    await opened(api, customer={"id": int(customer.headers["Resource-ID"])})
    assert len(sim.customers()) == 1


async def test_an_email_conversation_needs_an_address(api: httpx.AsyncClient) -> None:
    refusal(await api.post("/conversations", json=opening(type="email")))


async def test_a_phone_conversation_may_have_a_phone_only_and_is_pending(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    await opened(api, type="phone", customer={"phone": "123"})
    assert sim.conversation(id=1).status == "pending"


async def test_a_subject_is_cut_at_998_characters(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    await opened(api, subject="x" * 1200)
    assert len(sim.conversation(id=1).subject) == 998


async def test_threads_are_sent_newest_first(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    texts = [{"type": "customer", "text": "second"}, {"type": "customer", "text": "first"}]
    await opened(api, threads=texts)
    assert [thread.body for thread in sim.conversation(id=1).threads] == ["first", "second"]


async def test_one_bad_thread_creates_nothing(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    answer = await api.post(
        "/conversations", json=opening(threads=[{"type": "customer", "text": "ok"}, {"type": "note"}])
    )
    assert refusal(answer)[1] == "`text` parameter is required"
    assert (sim.conversations(), sim.customers()) == ([], [])


async def test_dates_count_only_when_imported(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    date = "2020-02-03T04:05:06Z"
    await opened(api, createdAt=date)
    await opened(api, createdAt=date, imported=True)
    years = [conversation.created_at.year for conversation in sim.conversations()]
    assert years[0] > 2020
    assert years[1] == 2020
    assert "imported" in sim.problems[0].message


# --- threads ---


async def test_text_0_is_refused_as_empty(api: httpx.AsyncClient) -> None:
    await opened(api)
    answer = await api.post("/conversations/1/threads", json={"type": "customer", "text": "0"})
    assert refusal(answer) == ("text", "`text` parameter is required")


@pytest.mark.parametrize("kind", ["message", "note"])
async def test_replies_and_notes_need_a_user(api: httpx.AsyncClient, kind: str) -> None:
    await opened(api)
    answer = await api.post("/conversations/1/threads", json={"type": kind, "text": "x"})
    assert refusal(answer) == ("user", "`user` parameter is required")
    answer = await api.post("/conversations/1/threads", json={"type": kind, "text": "x", "user": 99})
    assert refusal(answer) == ("user", "User not found")


async def test_threads_are_answered_newest_first(api: httpx.AsyncClient) -> None:
    await opened(api)
    await api.post("/conversations/1/threads", json={"type": "customer", "text": "again"})
    body = (await api.get("/conversations/1")).json()
    assert [thread["body"] for thread in body["_embedded"]["threads"]] == ["again", "help"]


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("customer", "closed", "active"),
        ("customer", "pending", "active"),
        ("message", "active", "pending"),
        ("note", "closed", "closed"),
        ("note", "active", "active"),
    ],
)
async def test_each_type_of_thread_has_its_default_status(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, kind: str, before: str, after: str
) -> None:
    await opened(api, status=before)
    await api.post("/conversations/1/threads", json={"type": kind, "text": "x", "user": sim.bot_user_id})
    assert sim.conversation(id=1).status == after


async def test_a_status_sent_with_a_thread_wins(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    await opened(api)
    thread = {"type": "message", "text": "x", "user": sim.bot_user_id, "status": "closed"}
    await api.post("/conversations/1/threads", json=thread)
    assert sim.conversation(id=1).status == "closed"


async def test_a_customer_post_brings_a_conversation_back_from_the_trash(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    await opened(api)
    sim.trash(1)
    await api.post("/conversations/1/threads", json={"type": "note", "text": "x", "user": sim.bot_user_id})
    assert sim.conversation(id=1).state == "deleted"
    await api.post("/conversations/1/threads", json={"type": "customer", "text": "x"})
    assert sim.conversation(id=1).state == "published"


async def test_a_post_by_another_customer_takes_the_conversation_over(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    await opened(api)
    other = int((await api.post("/customers", json={"firstName": "bob"})).headers["Resource-ID"])
    await api.post("/conversations/1/threads", json={"type": "customer", "text": "x", "customer": {"id": other}})
    assert sim.conversation(id=1).customer_name == "bob"


async def test_an_older_version_needs_the_customer_with_each_thread(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    await opened(api)
    sim.options.thread_customer_required = True
    answer = await api.post("/conversations/1/threads", json={"type": "customer", "text": "x"})
    assert refusal(answer) == ("customer", "`customer` parameter is required")


async def test_bodies_are_kept_raw_and_active_html_is_noted(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    await opened(api)
    for text in ("a\nb <b>c</b> 😀", "<script>alert(1)</script>"):
        await api.post("/conversations/1/threads", json={"type": "customer", "text": text})
    assert [thread.body for thread in sim.conversation(id=1).threads[1:]] == [
        "a\nb <b>c</b> 😀",
        "<script>alert(1)</script>",
    ]
    (problem,) = sim.problems
    assert "active HTML" in problem.message


async def test_unknown_fields_are_ignored_and_noted(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    await opened(api, tags=["x"])
    assert sim.conversation(id=1).tags == ()
    assert [problem.message for problem in sim.problems] == ["unknown field `tags` in body"]


# --- files ---


def file(name: str, data: bytes = b"hello") -> dict[str, str]:
    return {"fileName": name, "mimeType": "text/plain", "data": base64.b64encode(data).decode()}


async def test_files_are_stored_and_open_without_login_but_not_without_token(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    await opened(api, threads=[{"type": "customer", "text": "x", "attachments": [file("my notes.txt")]}])
    (stored,) = sim.conversation(id=1).threads[0].attachments
    assert (stored.file_name, stored.size, stored.data) == ("my_notes.txt", 5, b"hello")
    (shown,) = (await api.get("/conversations/1")).json()["_embedded"]["threads"][0]["_embedded"]["attachments"]
    assert shown["fileUrl"].startswith(f"{sim.url}/storage/attachment/")
    async with httpx.AsyncClient() as stranger:
        assert (await stranger.get(shown["fileUrl"])).content == b"hello"
        assert (await stranger.get(shown["fileUrl"] + "0")).status_code == 403


async def test_files_a_web_server_might_run_are_renamed(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    await opened(api, threads=[{"type": "customer", "text": "x", "attachments": [file("b.php")]}])
    assert sim.conversation(id=1).threads[0].attachments[0].file_name == "b.php_"


async def test_bad_files_are_skipped_without_a_word(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    bad = [{"fileName": "a.txt"}, {"fileName": "a.txt", "fileUrl": "http://127.0.0.1/a"}, {"data": "aGVsbG8="}]
    await opened(api, threads=[{"type": "customer", "text": "x", "attachments": [*bad, file("ok.txt")]}])
    assert [item.file_name for item in sim.conversation(id=1).threads[0].attachments] == ["ok.txt"]
    assert len(sim.problems) == 3


async def test_an_instance_may_skip_all_files(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    sim.options.skip_attachments = True
    await opened(api, threads=[{"type": "customer", "text": "x", "attachments": [file("ok.txt")]}])
    assert sim.conversation(id=1).threads[0].attachments == ()


async def test_requests_are_recorded_without_the_bulk_of_files(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    await opened(api, threads=[{"type": "customer", "text": "x", "attachments": [file("a", b"x" * 5000)]}])
    (request,) = sim.requests
    assert (request.method, request.path, request.status) == ("POST", "/api/conversations", 201)
    assert "characters of base64" in request.json["threads"][0]["attachments"][0]["data"]


# --- changing a conversation ---


@pytest.mark.parametrize("change", [{"status": "closed"}, {"assignTo": 2}, {"mailboxId": 1}])
async def test_such_a_change_needs_by_user(api: httpx.AsyncClient, change: dict[str, Any]) -> None:
    await opened(api)
    assert refusal(await api.put("/conversations/1", json=change)) == ("byUser", "byUser parameter is required.")


async def test_closing_sets_the_date_and_leaves_a_line(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    await opened(api)
    answer = await api.put("/conversations/1", json={"byUser": sim.bot_user_id, "status": "closed"})
    assert (answer.status_code, answer.content) == (204, b"")
    body = (await api.get("/conversations/1")).json()
    assert (body["status"], body["closedBy"]) == ("closed", sim.bot_user_id)
    assert body["closedAt"]
    line = body["_embedded"]["threads"][0]
    assert (line["type"], line["body"], line["action"]["type"]) == ("lineitem", "", "changed-ticket-status")


async def test_assignment_is_set_and_taken_away(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    await opened(api)
    await api.put("/conversations/1", json={"byUser": 1, "assignTo": sim.bot_user_id})
    assert (await api.get("/conversations/1")).json()["assignee"]["id"] == sim.bot_user_id
    await api.put("/conversations/1", json={"byUser": 1, "assignTo": None})
    assert sim.conversation(id=1).assignee_id is None


async def test_delete_is_forever(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    await opened(api)
    assert (await api.delete("/conversations/1")).status_code == 204
    assert (await api.get("/conversations/1")).status_code == 404
    assert await opened(api) == 2, "an id is never used twice"


async def test_a_conversation_opens_in_a_browser_with_everything_escaped(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    await opened(api, subject="<i>hi</i>", threads=[{"type": "customer", "text": "<script>x</script>"}])
    async with httpx.AsyncClient() as browser:
        page = (await browser.get(f"{sim.url}/conversation/1")).text
    assert "#1001" in page
    assert "&lt;script&gt;x" in page
    assert "<script>" not in page
    assert "<i>" not in page
