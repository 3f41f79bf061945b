"""Wrong tokens, wrong passwords, a store in use, an end by signal: said clearly, and never in a tight loop."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from sandbox.matrix import SynapseServer
from sandbox.matrix.proxy import MatrixProxy
from tests.integration.bot_world import BotWorld, bot_world, word

pytestmark = pytest.mark.synapse

QUIET_SECONDS = 1.5


async def still(world: BotWorld, count: Callable[[], int]) -> int:
    """By how much a count grows within a while."""
    before = count()
    loop = asyncio.get_running_loop()
    end = loop.time() + QUIET_SECONDS
    await world.until(lambda: loop.time() > end, "the seconds pass")
    return count() - before


async def answers_readyz(world: BotWorld) -> bool:
    """Whether the web server is there."""
    return (await world.bot.readiness()).reachable


async def test_a_wrong_discord_token_ends_that_leg_and_the_other_goes_on(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    wrong = {"token": "wrong.token.indeed"}
    async with bot_world(tmp_path, unused_tcp_port, synapse=synapse, discord=wrong) as world:
        world.bot.start()
        await world.part_is("discord", "refused")
        await world.part_is("matrix", "connected")
        assert not (await world.bot.readiness()).ready
        assert "discord.token" in (await world.part("discord"))["detail"]
        asked = [one for one in world.discord.requests if one.path.endswith("/users/@me")]
        assert len(asked) <= 3
        assert await still(world, lambda: len(world.discord.requests) + world.discord.handshakes) == 0
        await world.matrix_ask("still there?")

        async def told() -> bool:
            events = await world.alexander_matrix.messages(world.staff_room)
            said = [one["content"].get("body", "") for one in events if one["sender"] == world.bot_user]
            return len([text for text in said if "Discord refused" in text and "token" in text]) == 1

        await world.until(told, "staff is told in Matrix")
        assert "wrong.token.indeed" not in world.log_text()
        errors = [entry for entry in world.log_entries() if entry.get("level") == "error"]
        assert [entry["part"] for entry in errors if entry["event"] == "refused"] == ["discord"]
        assert await world.bot.stop() == 0


async def test_a_switched_off_message_content_intent_is_named(tmp_path: Path, unused_tcp_port: int) -> None:
    async with bot_world(tmp_path, unused_tcp_port) as world:
        world.discord.message_content_enabled = False
        world.bot.start()
        assert await world.ended() == 1
        assert "Message Content" in world.log_text()
        assert world.discord.identifies <= 1


async def test_a_wrong_matrix_password_ends_that_leg_and_staff_is_told_in_discord(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with MatrixProxy(synapse.url) as proxy:
        wrong = {"password": "not-the-password", "homeserver": proxy.url}
        async with bot_world(tmp_path, unused_tcp_port, synapse=synapse, matrix=wrong) as world:
            world.bot.start()
            await world.part_is("matrix", "refused")
            await world.part_is("discord", "connected")
            assert not (await world.bot.readiness()).ready
            await world.ask("still there?")
            await world.until(lambda: bool(_refusals(world)), "staff is told in Discord")
            assert len(_refusals(world)) == 1
            assert await still(world, lambda: len(proxy.requests)) == 0
            assert proxy.count("/login") == 1
            assert "not-the-password" not in world.log_text()
            assert await world.bot.stop() == 0


async def test_a_revoked_matrix_token_ends_in_a_clear_message_and_not_in_a_loop(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with MatrixProxy(synapse.url) as proxy:
        member = await synapse.new_member("revoked")
        session = {
            "homeserver": proxy.url,
            "user_id": member.user_id,
            "device_id": member.device_id,
            "access_token": member.access_token,
            "password": "",
        }
        async with bot_world(tmp_path, unused_tcp_port, synapse=synapse, with_discord=False, matrix=session) as world:
            await member.join(world.room)
            await world.start_bot()
            await member.request("POST", "/logout")
            assert await world.ended(60) == 1
            assert proxy.count("/sync") < 30
            assert "matrix" in world.log_text()
            assert member.access_token not in world.log_text()
        await member.close()


async def test_when_every_platform_refuses_the_process_ends_with_1(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    wrong = {"discord": {"token": "wrong.token.indeed"}, "matrix": {"password": "not-the-password"}}
    async with bot_world(tmp_path, unused_tcp_port, synapse=synapse, sections=wrong) as world:
        world.bot.start()
        assert await world.ended() == 1
        refused = {entry["part"] for entry in world.log_entries() if entry.get("event") == "refused"}
        assert refused == {"discord", "matrix"}
        assert "Traceback" not in world.log_text()


async def test_a_second_process_on_the_same_store_refuses_and_the_first_goes_on(
    tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> None:
    async with bot_world(tmp_path, unused_tcp_port_factory()) as world:
        await world.start_bot()
        other = tmp_path / "other.toml"
        text = world.bot.config.read_text(encoding="utf-8")
        other.write_text(text.replace(f"port = {world.bot.web_port}", f"port = {unused_tcp_port_factory()}"))
        second = await world.command("run", config=other)
        assert second.code == 1
        assert "supportbot.db" in second.said
        assert "another" in second.said.lower()
        assert "Traceback" not in second.said
        assert world.discord.identifies == 1
        await world.ask("still there?")


async def test_a_web_port_in_use_is_said_clearly(tmp_path: Path, unused_tcp_port: int) -> None:
    async with bot_world(tmp_path, unused_tcp_port) as world:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", unused_tcp_port)
        async with server:
            ended = await world.command("run")
        assert ended.code == 1
        assert str(unused_tcp_port) in ended.said
        assert "Traceback" not in ended.said


async def test_an_unreachable_neighbour_at_start_is_waited_for(
    tmp_path: Path, synapse: SynapseServer, unused_tcp_port: int
) -> None:
    async with bot_world(tmp_path, unused_tcp_port, synapse=synapse) as world:
        await world.freescout.go_down()
        await world.discord.stop()
        world.bot.start()
        await world.part_is("matrix", "connected")
        mark = word()
        await world.jonas.send_text(world.room, mark)
        await world.discord.start()
        await world.freescout.come_back()
        await world.ticket(mark, 40)
        await world.part_is("discord", "connected", 40)
        await world.ask("all here?")


async def _expect_zero(world: BotWorld, stop: Callable[[], Awaitable[int | None]]) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await stop() == 0
    assert loop.time() - began < 15


async def test_sigterm_ends_with_0_also_while_freescout_is_down_and_nothing_is_lost(
    tmp_path: Path, unused_tcp_port: int
) -> None:
    async with bot_world(tmp_path, unused_tcp_port) as world:
        await world.start_bot()
        await world.freescout.go_down()
        marks = [word() for _ in range(5)]
        posted = [await world.discord.post(world.mia, world.support.id, mark) for mark in marks]
        await world.until(lambda: all(world.acknowledged(one) for one in posted), "the reactions")
        await _expect_zero(world, world.bot.stop)
        await world.freescout.come_back()
        await world.restart_bot()
        for mark in marks:
            await world.ticket(mark, 40)
        for one in posted:
            await world.answer(one)


async def test_sigterm_ends_with_0_also_while_a_request_hangs(tmp_path: Path, unused_tcp_port: int) -> None:
    async with bot_world(tmp_path, unused_tcp_port) as world:
        await world.start_bot()
        world.freescout.faults.add(kind="delay", delay_seconds=20, method="POST", path="/conversations$")
        mark = word()
        posted = await world.discord.post(world.mia, world.support.id, mark)
        await world.until(lambda: world.acknowledged(posted), "the reaction")
        await _expect_zero(world, world.bot.stop)


def _refusals(world: BotWorld) -> list[str]:
    """What staff was told of it, beside the cards of tickets."""
    return [one.content for one in world.staff_told() if "Matrix refused" in one.content]
