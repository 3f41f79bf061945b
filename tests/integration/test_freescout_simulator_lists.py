"""The simulated FreeScout's list of conversations: filters, order, pages, and what is left out unless asked for."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.freescout import FreeScoutSimulator


class SteppingClock:
    """A minute passes with each look at it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at


@pytest.fixture
async def sim(tmp_path: Path) -> AsyncIterator[FreeScoutSimulator]:
    simulator = FreeScoutSimulator(database=tmp_path / "freescout.db", clock=SteppingClock())
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def api(sim: FreeScoutSimulator) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"{sim.url}/api", headers={"X-FreeScout-API-Key": sim.api_key}) as client:
        yield client


@pytest.fixture
def four(sim: FreeScoutSimulator) -> list[int]:
    """Conversations that are active, pending, closed and spam, in this order of creation."""
    ids = [sim.email_conversation(f"{n}@example.org", f"N{n}", f"Subject {n}", "b").id for n in range(4)]
    for conversation_id, status in zip(ids[1:], ("pending", "closed", "spam"), strict=True):
        sim.set_status(conversation_id, status)
    return ids


async def found(api: httpx.AsyncClient, **query: Any) -> list[int]:
    answer = await api.get("/conversations", params=query)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["_embedded"]["conversations"]]


async def test_without_a_status_only_active_ones_are_listed(api: httpx.AsyncClient, four: list[int]) -> None:
    assert await found(api) == [four[0]]


async def test_another_version_lists_all_statuses(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, four: list[int]
) -> None:
    sim.options.status_default = None
    assert sorted(await found(api)) == four


async def test_several_statuses_are_separated_by_commas(api: httpx.AsyncClient, four: list[int]) -> None:
    assert sorted(await found(api, status="active,pending,closed")) == four[:3]


async def test_an_older_version_finds_nothing_with_several_statuses(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, four: list[int]
) -> None:
    sim.options.status_csv = False
    assert await found(api, status="active,pending") == []
    assert await found(api, status="pending") == [four[1]]


async def test_deleted_ones_are_listed_only_by_state(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, four: list[int]
) -> None:
    sim.trash(four[0])
    assert await found(api, status="active") == []
    assert await found(api, status="active", state="deleted") == [four[0]]


async def test_each_filter_finds_its_conversations(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, four: list[int]
) -> None:
    first = sim.conversation(id=four[0])
    sim.assign(four[0], sim.bot_user_id)
    sim.add_tag(four[0], "bug")
    for query in (
        {"customerId": first.customer_id},
        {"customerEmail": "0@example.org"},
        {"number": first.number},
        {"subject": "ject 0"},
        {"subject": "JECT 0"},
        {"tag": "bug"},
        {"assignedTo": sim.bot_user_id},
        {"type": "email"},
        {"mailboxId": f"{sim.mailbox_id},7"},
        {"createdByCustomerId": first.customer_id},
    ):
        assert await found(api, status="active", **query) == [four[0]], query
    for query in ({"type": "chat"}, {"tag": "x"}, {"number": four[0]}, {"mailboxId": 7}, {"createdByUserId": 1}):
        assert await found(api, status="active,pending,closed,spam", **query) == [], query
    assert sim.problems == []


async def test_a_folder_holds_what_its_name_says(
    api: httpx.AsyncClient, four: list[int], sim: FreeScoutSimulator
) -> None:
    folders = (await api.get(f"/mailboxes/{sim.mailbox_id}/folders")).json()["_embedded"]["folders"]
    closed = next(item["id"] for item in folders if item["type"] == 60)
    assert await found(api, status="active,closed", folderId=closed) == [four[2]]


async def test_since_includes_the_named_second(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, four: list[int]
) -> None:
    every = "active,pending,closed,spam"
    second = sim.conversation(id=four[1]).created_at
    at, later = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (second, second + timedelta(seconds=1)))
    assert sorted(await found(api, status=every, createdSince=at)) == four[1:]
    assert sorted(await found(api, status=every, createdSince=later)) == four[2:]
    changed = sim.conversation(id=four[3]).updated_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await found(api, status=every, updatedSince=changed) == [four[3]]


async def test_a_date_that_is_none_is_ignored_and_noted(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, four: list[int]
) -> None:
    assert await found(api, createdSince="1772355600") == [four[0]]
    assert "createdSince" in sim.problems[0].message


async def test_the_newest_come_first_unless_sorted_otherwise(api: httpx.AsyncClient, four: list[int]) -> None:
    every = "active,pending,closed,spam"
    assert await found(api, status=every) == four[::-1]
    assert await found(api, status=every, sortField="updatedAt", sortOrder="asc") == four
    assert await found(api, status=every, sortField="subject", sortOrder="desc") == four[::-1]


async def test_pages_cover_everything_once(api: httpx.AsyncClient, four: list[int]) -> None:
    query: dict[str, Any] = {"status": "active,pending,closed,spam", "pageSize": 3, "sortOrder": "asc"}
    answer = (await api.get("/conversations", params={**query, "page": 2})).json()
    assert answer["page"] == {"size": 3, "totalElements": 4, "totalPages": 2, "number": 2}
    assert await found(api, **query) + await found(api, **query, page=2) == four


async def test_threads_come_only_when_embedded(api: httpx.AsyncClient, four: list[int]) -> None:
    plain = (await api.get("/conversations")).json()["_embedded"]["conversations"][0]
    assert plain["_embedded"] == {"threads": []}
    full = (await api.get("/conversations", params={"embed": "threads,tags"})).json()["_embedded"]["conversations"][0]
    assert [thread["body"] for thread in full["_embedded"]["threads"]] == ["b"]
    assert full["_embedded"]["tags"] == []


async def test_an_unknown_parameter_is_ignored_and_noted(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, four: list[int]
) -> None:
    assert await found(api, customer_id=99) == [four[0]]
    assert [problem.message for problem in sim.problems] == ["unknown field `customer_id` in query"]
