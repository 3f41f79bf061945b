"""The simulated FreeScout can be broken and stopped in every way a client has to survive, and forgets nothing."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.freescout import FreeScoutSimulator

OPENING = {
    "type": "chat",
    "mailboxId": 1,
    "subject": "Cannot log in",
    "customer": {"firstName": "alice"},
    "threads": [{"type": "customer", "text": "help"}],
}
NEW = r"/conversations$"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the other end of a connection sets no event here
            await asyncio.sleep(0.01)


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


async def test_a_lost_answer_leaves_the_work_done(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    fault = sim.faults.add(method="POST", path=NEW, kind="lose_answer")
    with pytest.raises(httpx.RemoteProtocolError):
        await api.post("/conversations", json=OPENING)
    assert len(sim.conversations()) == 1
    assert (sim.requests[0].status, sim.requests[0].fault) == (201, "lose_answer")
    assert (await api.post("/conversations", json=OPENING)).status_code == 201, "it struck once"
    assert fault.hits == 1


async def test_a_reset_leaves_nothing_done(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    sim.faults.add(kind="reset")
    with pytest.raises(httpx.RemoteProtocolError):
        await api.post("/conversations", json=OPENING)
    assert sim.conversations() == []
    assert (sim.requests[0].status, sim.requests[0].fault) == (0, "reset")


async def test_an_error_status_leaves_nothing_done(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    sim.faults.add(kind="status", status=429, retry_after=3)
    answer = await api.post("/conversations", json=OPENING)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
    assert sim.conversations() == []


async def test_an_error_may_come_after_the_work(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    sim.faults.add(kind="status_after", status=504)
    assert (await api.post("/conversations", json=OPENING)).status_code == 504
    assert len(sim.conversations()) == 1


@pytest.mark.parametrize(("kind", "text"), [("html_200", "Log in"), ("blank_200", "")])
async def test_a_success_may_be_no_answer_at_all(
    sim: FreeScoutSimulator, api: httpx.AsyncClient, kind: str, text: str
) -> None:
    sim.faults.add(kind=kind)
    answer = await api.post("/conversations", json=OPENING)
    assert answer.status_code == 200
    assert text in answer.text
    assert "Resource-ID" not in answer.headers
    assert sim.conversations() == []


async def test_a_delayed_request_is_worked_on_though_the_client_left(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    sim.faults.add(kind="delay", delay_seconds=0.2)
    with pytest.raises(httpx.ReadTimeout):
        await api.post("/conversations", json=OPENING, timeout=0.05)
    assert sim.conversations() == []
    await until(lambda: bool(sim.conversations()))


async def test_a_fault_strikes_only_its_method_and_path(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    sim.faults.add(method="POST", path=NEW, kind="status", times=None)
    assert (await api.get("/conversations")).status_code == 200
    assert (await api.post("/customers", json={"firstName": "a"})).status_code == 201
    assert [(await api.post("/conversations", json=OPENING)).status_code for _ in range(3)] == [503] * 3
    sim.faults.clear()
    assert (await api.post("/conversations", json=OPENING)).status_code == 201


async def test_chance_is_seeded(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    async def statuses(seed: int) -> list[int]:
        sim.faults.clear()
        sim.faults.add(kind="status", times=None, probability=0.3, seed=seed)
        return [(await api.get("/mailboxes")).status_code for _ in range(40)]

    first = await statuses(1)
    assert 4 <= first.count(503) <= 20
    assert first == await statuses(1)
    assert first != await statuses(2)


async def test_down_refuses_connections_and_back_is_the_same_place(
    sim: FreeScoutSimulator, api: httpx.AsyncClient
) -> None:
    url = sim.url
    await api.post("/conversations", json=OPENING)
    await sim.go_down()
    for _ in range(3):
        with pytest.raises(httpx.ConnectError):
            await api.get("/conversations")
    sim.agent_note(1, sim.bot_user_id, "written meanwhile")
    await sim.come_back()
    assert sim.url == url
    threads = (await api.get("/conversations/1")).json()["_embedded"]["threads"]
    assert threads[0]["body"] == "written meanwhile"


async def test_while_down_the_port_stays_taken(sim: FreeScoutSimulator) -> None:
    port = httpx.URL(sim.url).port or 0
    await sim.go_down()
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))


async def test_going_down_cuts_what_is_under_way(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    fault = sim.faults.add(kind="delay", delay_seconds=30)
    under_way = asyncio.create_task(api.post("/conversations", json=OPENING))
    await until(lambda: fault.hits > 0)
    async with asyncio.timeout(5):
        await sim.go_down()
        with pytest.raises(httpx.RemoteProtocolError):
            await under_way
    assert sim.conversations() == []


async def test_stop_and_start_keep_the_port_and_everything(sim: FreeScoutSimulator, api: httpx.AsyncClient) -> None:
    sim.add_user("Alexander", "Founder", "alexander@help.example")
    await api.post("/conversations", json=OPENING)
    sim.add_tag(1, "bug")
    before, url = sim.conversations(), sim.url
    await sim.stop()
    await sim.start()
    assert (sim.conversations(), sim.url) == (before, url)
    assert (await api.get("/conversations/1")).json()["subject"] == "Cannot log in"


async def test_a_new_simulator_on_the_same_file_forgets_nothing(tmp_path: Path) -> None:
    def make() -> FreeScoutSimulator:
        return FreeScoutSimulator(database=tmp_path / "kept.db")

    first = make()
    user = first.add_user("Alexander", "Founder", "alexander@help.example")
    field = first.add_custom_field("Label", "dropdown", ["bug"])
    number = first.email_conversation("a@example.org", "A B", "s", "b").id
    first.agent_reply(number, user, "hello", files=[("a.txt", "text/plain", b"x")])
    facts: list[Any] = [first.conversations(), first.customers(), first.mails, first.api_key]
    ids = (first.mailbox_id, first.bot_user_id, first.admin_id)
    await first.stop()
    second = make()
    assert facts == [second.conversations(), second.customers(), second.mails, second.api_key]
    assert ids == (second.mailbox_id, second.bot_user_id, second.admin_id)
    assert second.add_custom_field("Other") == field + 1
    await second.stop()


async def test_it_runs_alone_and_says_where(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox.freescout", "--port", "0", "--database", str(tmp_path / "alone.db")]
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=root)
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            where = (await process.stdout.readline()).decode()
            key = (await process.stdout.readline()).decode().split()[2].strip(",")
        url = where.split()[3]
        async with httpx.AsyncClient(headers={"X-FreeScout-API-Key": key}) as client:
            assert (await client.get(f"{url}/api/mailboxes")).status_code == 200
        process.terminate()
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
