"""Whatever Discord's gateway does, each message is filed and answered once, and Discord is not asked too often."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from tests.integration.bot_world import BotWorld, bot_world, number_in, word

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot, whose very first gateway handshake is refused."""
    async with bot_world(tmp_path_factory.mktemp("gateway"), unused_tcp_port_factory()) as made:
        made.discord.refuse_handshakes(1)
        await made.start_bot()
        yield made
        made.expect_good_conduct()


class Stream:
    """Messages by fresh members, and what became of them."""

    def __init__(self, world: BotWorld) -> None:
        self.world = world
        self.posted: dict[str, int] = {}

    async def post(self) -> None:
        """One more request."""
        mark = word()
        member = self.world.discord.add_member(f"Member {mark}")
        self.posted[mark] = (await self.world.discord.post(member, self.world.support.id, mark)).id

    async def expect_once(self, seconds: float = 40) -> None:
        """Each is one ticket with one answer."""
        world = self.world
        await world.until(lambda: all(world.tickets(mark) for mark in self.posted), "all are filed", seconds)
        await world.until(lambda: all(world.said(one) for one in self.posted.values()), "all are answered", seconds)
        await world.until(world.drained, "nothing waits")
        for mark, message_id in self.posted.items():
            [ticket] = world.tickets(mark)
            assert len(ticket.threads) == 1
            assert [number_in(one.content) for one in world.said(message_id)] == [ticket.number]


@pytest.fixture
def stream(world: BotWorld) -> Stream:
    """Nothing posted yet."""
    return Stream(world)


async def test_a_refused_first_handshake_is_tried_again(world: BotWorld, stream: Stream) -> None:
    assert world.discord.handshakes >= 2
    await stream.post()
    await stream.expect_once()


async def test_twenty_dropped_sockets_lose_nothing(world: BotWorld, stream: Stream) -> None:
    """The other end is simply gone, twenty times, with messages before, during and after."""
    identified = world.discord.identifies
    for _ in range(20):
        await stream.post()
        await world.discord.gateway_drop()
        await stream.post()
        await world.until(lambda: world.discord.connected, "connected again")
    await stream.expect_once()
    assert world.discord.identifies - identified <= 2


async def test_op_7_loses_nothing(world: BotWorld, stream: Stream) -> None:
    for _ in range(3):
        await stream.post()
        await world.discord.gateway_reconnect()
        await stream.post()
        await world.until(lambda: world.discord.connected, "connected again")
    await stream.expect_once()


@pytest.mark.parametrize("resumable", [True, False])
async def test_op_9_loses_nothing(world: BotWorld, stream: Stream, resumable: bool) -> None:
    await stream.post()
    await world.discord.gateway_invalidate(resumable=resumable)
    await stream.post()
    await world.until(lambda: world.discord.connected, "connected again", 30)
    await stream.post()
    await stream.expect_once()


async def test_a_session_forgotten_while_it_was_away_loses_nothing(world: BotWorld, stream: Stream) -> None:
    world.discord.forget_sessions()
    await world.discord.gateway_drop()
    for _ in range(3):
        await stream.post()
    await world.until(lambda: world.discord.connected, "connected again", 30)
    await stream.expect_once()


async def test_a_malformed_message_loses_nothing_before_or_after_it(world: BotWorld, stream: Stream) -> None:
    await stream.post()
    await world.discord.gateway_malformed()
    await stream.post()
    await stream.expect_once()


async def test_a_malformed_event_that_ends_the_librarys_client_loses_nothing(world: BotWorld, stream: Stream) -> None:
    identified = world.discord.identifies
    await stream.post()
    world.upset_gateway()
    await stream.post()
    await world.until(lambda: world.discord.identifies > identified, "a new client logs in", 30)
    await world.until(lambda: world.discord.connected, "connected again", 30)
    await stream.post()
    await stream.expect_once()


async def test_discord_being_away_is_shown_as_not_ready_and_loses_nothing(world: BotWorld, stream: Stream) -> None:
    await world.discord.stop()
    await world.part_is("discord", "disconnected")
    assert not (await world.bot.readiness()).ready
    for _ in range(3):
        await stream.post()
    await world.discord.start()
    await world.until(lambda: world.discord.connected, "connected again", 40)
    await stream.expect_once()
    await world.part_is("discord", "connected")


async def test_lost_answers_and_troubles_of_discord_say_nothing_twice(world: BotWorld, stream: Stream) -> None:
    add = world.discord.faults.add
    add(path=r"/channels/\d+/messages", method="POST", kind="lose_answer", times=2)
    add(path=r"/channels/\d+/messages/\d+/threads", method="POST", kind="lose_answer", times=2)
    add(path=r"/channels/\d+/messages", method="POST", kind="status", status=503, times=1)
    add(path=r"/channels/\d+/messages/\d+/threads", method="POST", kind="reset", times=1)
    add(path=r"/channels/\d+/messages", method="POST", kind="rate_limit", retry_after=0.3, times=1)
    add(path=r"/channels/\d+/messages/\d+/reactions/.*", method="PUT", kind="status", status=500, times=2)
    for _ in range(8):
        await stream.post()
    await stream.expect_once()
    for message in world.discord.messages(world.support.id)[-8:]:
        assert world.acknowledged(message)
    assert world.outbox_states()["parked"] == 0


async def test_commands_still_work_after_all_this(world: BotWorld) -> None:
    posted, ticket = await world.ask("triage me")
    answer = await world.discord.run_command(world.alexander, posted.id, "triage", {"label": "bug", "priority": "P1"})
    assert f"#{ticket.number}" in answer.content
