"""Faults of the Discord simulator's REST routes, as the real discord.py meets them."""

import asyncio

import aiohttp
import discord
import pytest

from sandbox.discord import DiscordSimulator
from tests.integration.discord_library import Connect

pytest_plugins = ["tests.integration.discord_fixtures"]

MESSAGES = r"/channels/\d+/messages"


async def test_a_lost_answer_leaves_the_message_and_the_nonce_finds_it(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    fault = sim.faults.add(method="POST", path=MESSAGES, kind="lose_answer")
    with pytest.raises((OSError, aiohttp.ClientError)):
        await place.send("hello", nonce="n1")
    assert [each.content for each in sim.messages(support.id)] == ["hello"]
    again = await place.send("hello", nonce="n1")
    assert again.id == sim.messages(support.id)[0].id
    assert len(sim.messages(support.id)) == 1
    assert fault.hits == 1


async def test_a_reset_request_does_nothing(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    sim.faults.add(method="POST", path=MESSAGES, kind="reset")
    with pytest.raises((OSError, aiohttp.ClientError)):
        await place.send("hello")
    assert sim.messages(support.id) == []


async def test_a_429_with_via_is_waited_out(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    sim.faults.add(method="POST", path=MESSAGES, kind="rate_limit", retry_after=0.2)
    await place.send("hello")
    assert [each.status for each in sim.requests if each.method == "POST"] == [429, 200]


async def test_a_429_without_via_is_raised_at_once(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    sim.faults.add(method="POST", path=MESSAGES, kind="rate_limit", retry_after=0.2, via=False)
    with pytest.raises(discord.HTTPException) as refused:
        await place.send("hello")
    assert refused.value.status == 429
    assert sim.messages(support.id) == []


async def test_a_global_429_holds_up_every_route(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    client = await connect()
    place = client.place(support.id)
    sim.faults.add(method="POST", path=MESSAGES, kind="rate_limit", retry_after=0.4, scope="global")
    sending = asyncio.create_task(place.send("hello"))
    await sim.wait_until(lambda: any(each.status == 429 for each in sim.requests))
    before = sim.requests[-1].at
    await asyncio.sleep(0.05)  # until the library has read the answer and holds everything back
    await client.fetch_channel(support.id)
    assert sim.requests[-1].at - before >= 0.3
    await sending


async def test_503_is_raised_and_502_retried(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    sim.faults.add(method="POST", path=MESSAGES, kind="status", status=503)
    with pytest.raises(discord.DiscordServerError):
        await place.send("one")
    sim.faults.add(method="POST", path=MESSAGES, kind="status", status=502)
    await place.send("two")
    assert [each.content for each in sim.messages(support.id)] == ["two"]


async def test_a_delayed_answer_comes(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    sim.faults.add(path=MESSAGES, kind="delay", delay_seconds=0.2)
    loop = asyncio.get_running_loop()
    before = loop.time()
    await place.send("hello")
    assert loop.time() - before >= 0.2


async def test_faults_strike_as_often_as_told_and_chance_repeats_with_its_seed(sim: DiscordSimulator) -> None:
    def hits(seed: int) -> list[bool]:
        sim.faults.clear()
        sim.faults.add(path=".*", kind="reset", times=None, probability=0.3, seed=seed)
        return [sim.faults.striking("GET", "/x") is not None for _ in range(200)]

    assert hits(1) == hits(1) != hits(2)
    assert 40 <= sum(hits(1)) <= 80
    sim.faults.clear()
    sim.faults.add(method="GET", path="/x", kind="reset", times=2)
    struck = [
        sim.faults.striking(*each) is not None for each in (("POST", "/x"), ("GET", "/x/y"), *[("GET", "/x")] * 3)
    ]
    assert struck == [False, False, True, True, False]
    sim.faults.clear()


async def test_the_librarys_limiter_keeps_within_a_fixed_window(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    sim.rate_limit(MESSAGES, 5, 0.5)
    place = (await connect()).place(support.id)
    await asyncio.gather(*(place.send(str(number)) for number in range(12)))
    assert len(sim.messages(support.id)) == 12
    assert {each.status for each in sim.requests if each.method == "POST"} == {200}


async def test_whoever_ignores_a_tight_limit_gets_429(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    sim.rate_limit(MESSAGES, 1, 30.0)
    url, headers = f"{sim.api_url}/channels/{support.id}/messages", {"Authorization": f"Bot {sim.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        statuses = []
        for _ in range(2):
            async with session.post(url, json={"content": "x"}) as answer:
                statuses.append((answer.status, answer.headers.get("Via")))
    assert statuses == [(200, None), (429, "1.1 google")]


async def test_unknown_routes_and_tokens_are_refused_and_recorded(sim: DiscordSimulator) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(sim.api_url + "/users/@me", headers={"Authorization": "Bot wrong"}) as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (401, "application/json")
        async with session.get(sim.api_url + "/nothing/here") as answer:
            assert answer.status == 404
    assert [(each.path, each.status) for each in sim.requests] == [("/users/@me", 401), ("/nothing/here", 404)]
