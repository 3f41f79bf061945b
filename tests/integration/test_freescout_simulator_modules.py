"""The simulated FreeScout's modules, customers and lookups: tags, custom fields, webhooks, mailboxes, users."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
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


async def customer(api: httpx.AsyncClient, **fields: Any) -> int:
    answer = await api.post("/customers", json=fields)
    assert answer.status_code == 201, answer.text
    return int(answer.headers["Resource-ID"])


def message(answer: httpx.Response) -> str:
    assert answer.status_code == 400
    return str(answer.json()["_embedded"]["errors"][0]["message"])


def embedded(answer: httpx.Response, name: str) -> list[dict[str, Any]]:
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json()["_embedded"][name]
    return items


# --- customers ---


async def test_a_customer_without_email_is_legal_and_names_repeat(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    assert await customer(api, firstName="alice") != await customer(api, firstName="alice")
    assert [item.emails for item in sim.customers()] == [(), ()]


async def test_a_customer_needs_a_first_name_or_an_address(api: httpx.AsyncClient) -> None:
    answer = await api.post("/customers", json={"lastName": "x", "phone": "1"})
    assert message(answer) == "Customer first name or email is required."


async def test_an_address_belongs_to_one_customer(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    await customer(api, emails=[{"value": "a@example.org", "type": "home"}])
    again = await api.post("/customers", json={"firstName": "b", "emails": [{"value": "A@example.org"}]})
    assert message(again) == "Customers with such email(s) already exist"
    await customer(api, emails=[{"value": "a@example.org"}, {"value": "b@example.org"}])
    assert [item.emails for item in sim.customers()] == [("a@example.org",), ("b@example.org",)]


async def test_a_bad_address_is_named(api: httpx.AsyncClient) -> None:
    assert message(await api.post("/customers", json={"email": "nonsense"})) == "Invalid email: nonsense"


async def test_customer_fields_lose_tags_and_line_breaks(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    await customer(api, firstName="<b>al</b>ice <3", notes="one\n two < three")
    stored = sim.customers()[0]
    assert (stored.first_name, stored.notes) == ("alice", "one two < three")


async def test_too_long_names_are_noted(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    await customer(api, firstName="x" * 41)
    assert "40 characters" in sim.problems[0].message


async def test_a_customer_is_shown_with_everything(api: httpx.AsyncClient) -> None:
    fields = {
        "firstName": "alice",
        "lastName": "(Discord)",
        "notes": "Discord 42",
        "socialProfiles": [{"value": "alice#1", "type": "other"}],
        "phone": "123",
        "address": {"city": "Bonn", "country": "DE"},
    }
    body = (await api.get(f"/customers/{await customer(api, **fields)}")).json()
    assert (body["firstName"], body["lastName"], body["notes"]) == ("alice", "(Discord)", "Discord 42")
    assert body["_embedded"]["social_profiles"] == [{"id": 0, "value": "alice#1", "type": "other"}]
    assert body["_embedded"]["phones"] == [{"id": 0, "value": "123", "type": "work"}]
    assert body["_embedded"]["address"] == {"city": "Bonn", "country": "DE"}
    assert body["_embedded"]["emails"] == []


async def test_put_replaces_addresses_and_emails_add_appends(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    number = await customer(api, firstName="alice", email="a@example.org")
    await api.put(f"/customers/{number}", json={"emailsAdd": [{"value": "b@example.org"}]})
    assert sim.customers()[0].emails == ("a@example.org", "b@example.org")
    await api.put(f"/customers/{number}", json={"emails": [{"value": "c@example.org"}]})
    assert sim.customers()[0].emails == ("c@example.org",)
    assert sim.customers()[0].first_name == "alice"


async def test_customers_are_found_by_first_name_address_and_date(api: httpx.AsyncClient) -> None:
    await customer(api, firstName="alice", email="a@example.org")
    await customer(api, firstName="bob")
    for query in ({"firstName": "alice"}, {"email": "a@example.org"}):
        found = embedded(await api.get("/customers", params=query), "customers")
        assert [item["firstName"] for item in found] == ["alice"]
    assert embedded(await api.get("/customers", params={"updatedSince": "2999-01-01T00:00:00Z"}), "customers") == []
    assert len(embedded(await api.get("/customers", params={"updatedSince": "2001-01-01T00:00:00Z"}), "customers")) == 2


# --- tags ---


async def test_tags_are_replaced_as_a_whole_and_made_when_unknown(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    number = sim.email_conversation("a@example.org", "A", "s", "b").id
    sim.add_tag(number, "vip")
    assert (await api.put(f"/conversations/{number}/tags", json={"tags": ["vip", "bug"]})).status_code == 204
    assert sim.conversation(id=number).tags == ("vip", "bug")
    shown = (await api.get(f"/conversations/{number}", params={"embed": "tags"})).json()["_embedded"]
    assert [tag["name"] for tag in shown["tags"]] == ["vip", "bug"]
    assert shown["threads"] == []
    await api.put(f"/conversations/{number}/tags", json={"tags": []})
    assert sim.conversation(id=number).tags == ()
    assert len(embedded(await api.get("/tags"), "tags")) == 2


async def test_without_the_tags_module_tags_are_refused(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    sim.options.modules = frozenset({"custom_fields"})
    number = sim.email_conversation("a@example.org", "A", "s", "b").id
    answer = await api.put(f"/conversations/{number}/tags", json={"tags": ["x"]})
    assert message(answer) == "Tags module is not installed or not activated"
    assert message(await api.get("/tags")) == "Tags module is not installed or not activated"


# --- custom fields ---


async def test_a_dropdown_takes_the_options_number(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    label = sim.add_custom_field("Label", "dropdown", ["bug", "feature"])
    note = sim.add_custom_field("Note")
    number = sim.email_conversation("a@example.org", "A", "s", "b").id
    values = {"customFields": [{"id": label, "value": "2"}, {"id": note, "value": "x"}]}
    assert (await api.put(f"/conversations/{number}/custom_fields", json=values)).status_code == 204
    assert sim.conversation(id=number).custom_fields == {"Label": "feature", "Note": "x"}
    shown = (await api.get(f"/conversations/{number}")).json()["customFields"]
    assert shown[0] == {"id": label, "name": "Label", "value": "2", "text": "feature"}
    listed = embedded(await api.get(f"/mailboxes/{sim.mailbox_id}/custom_fields"), "custom_fields")
    assert (listed[0]["type"], listed[0]["options"]) == ("dropdown", {"1": "bug", "2": "feature"})


async def test_an_option_given_by_name_is_noted(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    label = sim.add_custom_field("Label", "dropdown", ["bug"])
    number = sim.email_conversation("a@example.org", "A", "s", "b").id
    await api.put(f"/conversations/{number}/custom_fields", json={"customFields": [{"id": label, "value": "bug"}]})
    assert "no option number" in sim.problems[0].message
    assert sim.conversation(id=number).custom_fields == {}


async def test_without_their_module_custom_fields_are_refused_and_not_shown(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    sim.options.modules = frozenset()
    number = sim.email_conversation("a@example.org", "A", "s", "b").id
    answer = await api.put(f"/conversations/{number}/custom_fields", json={"customFields": []})
    assert message(answer) == "Custom Fields module is not installed or not activated"
    assert "customFields" not in (await api.get(f"/conversations/{number}")).json()


async def test_updated_at_does_not_move_with_tags(tmp_path: Path) -> None:
    now = datetime(2026, 3, 1, 9, tzinfo=UTC)
    sim = FreeScoutSimulator(database=tmp_path / "other.db", clock=lambda: now)
    await sim.start()
    number = sim.email_conversation("a@example.org", "A", "s", "b").id
    before = sim.conversation(id=number).updated_at
    now += timedelta(minutes=1)
    headers = {"X-FreeScout-API-Key": sim.api_key}
    async with httpx.AsyncClient(base_url=f"{sim.url}/api", headers=headers) as client:
        await client.put(f"/conversations/{number}/tags", json={"tags": ["x"]})
        assert sim.conversation(id=number).updated_at == before
        await client.put(f"/conversations/{number}", json={"subject": "other"})
    assert sim.conversation(id=number).updated_at == now
    await sim.stop()


# --- webhooks, mailboxes, users ---


async def test_webhooks_are_registered_listed_and_removed(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    hook = {"url": "http://127.0.0.1:1/hook", "events": ["convo.agent.reply.created"]}
    answer = await api.post("/webhooks", json=hook)
    assert (answer.status_code, answer.headers["Resource-ID"]) == (201, "1")
    assert [(item["url"], item["events"]) for item in embedded(await api.get("/webhooks"), "webhooks")] == [
        (hook["url"], hook["events"])
    ]
    assert message(await api.post("/webhooks", json={"events": ["x"]})) == "`url` parameter is required"
    assert (await api.delete("/webhooks/1")).status_code == 204
    assert (await api.delete("/webhooks/1")).status_code == 404
    assert sim.webhooks() == []


async def test_a_version_without_webhook_routes_answers_405(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    sim.options.modules = frozenset({"tags"})
    assert (await api.get("/webhooks")).status_code == 405


async def test_mailboxes_folders_and_users_can_be_looked_up(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    number = sim.add_user("Alexander", "Founder", "alexander@help.example")
    assert [item["id"] for item in embedded(await api.get("/mailboxes"), "mailboxes")] == [sim.mailbox_id]
    ids = [item["id"] for item in embedded(await api.get("/users"), "users")]
    assert ids == [sim.admin_id, sim.bot_user_id, number]
    assert (await api.get(f"/users/{number}")).json()["firstName"] == "Alexander"
    assert (await api.get("/users/99")).status_code == 404
    sim.email_conversation("a@example.org", "A", "s", "b")
    folders = embedded(await api.get(f"/mailboxes/{sim.mailbox_id}/folders"), "folders")
    counts = {(item["type"], item["userId"]): item["totalCount"] for item in folders}
    assert counts[1, None] == 1
    assert counts[60, None] == 0
    assert counts[20, number] == 0
