"""Fixtures that point the real discord.py at a running Discord simulator.

A test module asks for them by `pytest_plugins = ["tests.integration.discord_fixtures"]`.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import aiohttp
import discord
import pytest
from yarl import URL

from sandbox.discord import DiscordSimulator
from tests.integration.discord_library import Connect, LibraryClient, Raw
from tests.integration.discord_openapi import deviations


@pytest.fixture
def kept_addresses() -> Iterator[None]:
    """Puts back the process-wide addresses that discord.py is pointed elsewhere by."""
    route, asset = discord.http.Route.BASE, discord.asset.Asset.BASE
    gateway = discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    yield
    discord.http.Route.BASE, discord.asset.Asset.BASE = route, asset
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = gateway


@pytest.fixture
async def sim(kept_addresses: None) -> AsyncIterator[DiscordSimulator]:
    """A running simulator that discord.py is pointed at; what it answered is held against the OpenAPI description."""
    simulator = DiscordSimulator()
    await simulator.start()
    discord.http.Route.BASE = simulator.api_url
    discord.asset.Asset.BASE = simulator.api_url.removesuffix("/api/v10")
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = URL(simulator.gateway_url)
    yield simulator
    await simulator.stop()
    assert deviations(simulator.requests) == []


@pytest.fixture
async def connect(sim: DiscordSimulator) -> AsyncIterator[Connect]:
    """`await connect()`: a client that is ready. `await connect(ready=False)`: one that is only starting."""
    clients: list[LibraryClient] = []

    async def make(client: LibraryClient | None = None, *, ready: bool = True, **options: Any) -> LibraryClient:
        made = client or LibraryClient(**options)
        clients.append(made)
        made.session = asyncio.create_task(made.start(sim.token))
        if ready:
            await made.until(lambda: made.readies)
        return made

    yield make
    for client in clients:
        await client.close()
        assert client.session is not None
        client.session.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await client.session


@pytest.fixture
async def raw(sim: DiscordSimulator) -> AsyncIterator[Raw]:
    """`await raw("POST", "/path", {...})` → (status, body): requests that the library would not let out."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {sim.token}"}) as session:

        async def send(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            async with session.request(method, sim.api_url + path, json=body) as response:
                return response.status, await response.json() if response.content_length else None

        yield send
