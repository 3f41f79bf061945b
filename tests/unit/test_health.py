"""What the probes are told."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from adapters.web.server import WebServer
from bot.domain.errors import BotError, StoreError
from bot.ports.inbound import PartState
from bot.usecases.health import Health
from tests.fakes.clock import ManualClock
from tests.fakes.rig import Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def health(rig: Rig) -> Health:
    found = Health(
        clock=rig.clock,
        store=rig.store,
        writable=rig.store.writable,
        needed=frozenset({"store", "discord", "matrix"}),
    )
    found.report("store", PartState.CONNECTED)
    return found


async def test_it_is_ready_when_store_and_every_configured_chat_platform_are_connected(health: Health) -> None:
    health.report("discord", PartState.CONNECTED)
    assert not (await health.ready())[0]
    health.report("matrix", PartState.CONNECTED)
    assert (await health.ready())[0]


@pytest.mark.parametrize("state", [PartState.DISCONNECTED, PartState.REFUSED, PartState.STARTING])
async def test_it_is_not_ready_while_a_chat_platform_is_away(health: Health, state: PartState) -> None:
    health.report("discord", PartState.CONNECTED)
    health.report("matrix", state, "why")
    ready, details = await health.ready()
    assert not ready
    assert details["parts"]["matrix"]["state"] == state.value  # type: ignore[index]
    assert details["parts"]["matrix"]["detail"] == "why"  # type: ignore[index]


async def test_freescout_being_down_is_told_and_fails_nothing(health: Health) -> None:
    for part in ("discord", "matrix"):
        health.report(part, PartState.CONNECTED)
    health.report("freescout", PartState.DISCONNECTED, "no connection")
    ready, details = await health.ready()
    assert ready
    assert details["parts"]["freescout"]["state"] == "disconnected"  # type: ignore[index]


async def test_an_unverified_matrix_device_is_told_and_fails_nothing(health: Health) -> None:
    health.report("discord", PartState.CONNECTED)
    health.report("matrix", PartState.UNVERIFIED, "reset-identity")
    assert (await health.ready())[0]


async def test_since_when_is_the_last_change_of_state(health: Health, rig: Rig) -> None:
    assert isinstance(rig.clock, ManualClock)
    health.report("discord", PartState.CONNECTED)
    since = rig.clock.now().isoformat(timespec="seconds")
    await rig.clock.advance(timedelta(minutes=5))
    health.report("discord", PartState.CONNECTED, "again")
    _, details = await health.ready()
    assert details["parts"]["discord"]["since"] == since  # type: ignore[index]


async def test_it_is_alive_while_the_pump_moves_and_the_store_can_be_written(health: Health, rig: Rig) -> None:
    assert (await health.alive())[0]
    await rig.clock.advance(timedelta(seconds=31))
    assert not (await health.alive())[0]
    health.pump_moved()
    assert (await health.alive())[0]
    rig.store.break_down(StoreError("disk full"))
    assert not (await health.alive())[0]


async def test_the_probes_answer_over_http(health: Health, unused_tcp_port: int) -> None:
    async with WebServer(host="127.0.0.1", port=unused_tcp_port, status=health), httpx.AsyncClient() as client:
        base = f"http://127.0.0.1:{unused_tcp_port}"
        assert (await client.get(f"{base}/healthz")).status_code == 200
        answer = await client.get(f"{base}/readyz")
        assert answer.status_code == 503
        assert answer.json()["parts"]["discord"]["state"] == "starting"


async def test_a_taken_port_is_named(health: Health, unused_tcp_port: int) -> None:
    async with WebServer(host="127.0.0.1", port=unused_tcp_port, status=health):
        with pytest.raises(BotError, match=f"127.0.0.1:{unused_tcp_port}"):
            async with WebServer(host="127.0.0.1", port=unused_tcp_port, status=health):
                pass


async def test_the_help_desk_is_asked_at_once_and_then_regularly_while_it_is_down_too(rig: Rig) -> None:
    rig.desk.down = True
    task = asyncio.create_task(rig.core.reconciliation.run())
    await rig.clock.advance(timedelta(seconds=130))
    assert rig.desk.calls == ["changed", "changed", "changed"]
    task.cancel()


async def test_a_store_that_cannot_be_read_is_named_and_is_well_again_afterwards(rig: Rig, health: Health) -> None:
    for part in ("discord", "matrix"):
        health.report(part, PartState.CONNECTED)
    rig.store.break_down(StoreError("disk I/O error"), reads=True)
    ready, details = await health.ready()
    assert not ready
    assert details["parts"]["store"]["state"] == "disconnected"  # type: ignore[index]
    assert details["parts"]["store"]["detail"] == "disk I/O error"  # type: ignore[index]
    rig.store.break_down(None)
    assert (await health.ready())[0]
