"""A simulated Discord server with the adapter on it: what the tests of the adapter start from."""

import asyncio
from typing import Any

from adapters.discord.client import DiscordAdapter
from bot.domain.chat import ChatAddress, Platform
from bot.ports.inbound import PartState
from sandbox.discord import DiscordSimulator, Member
from tests.fakes.clock import FixedDice
from tests.fakes.discord_edges import (
    FakeEvents,
    FakeHealth,
    FakeRunner,
    FakeSuggestions,
    HurriedClock,
)
from tests.fakes.discord_intake import FakeIntake


class Rig:
    """A server with channels and people, fakes for the core, and an adapter.

    ``stop`` and ``start`` again are a downtime: the intake's rows stay, the adapter is a new one.
    """

    def __init__(self, sim: DiscordSimulator) -> None:
        self.sim = sim
        self.staff_role = sim.add_role("staff")
        self.triager_role = sim.add_role("triagers")
        self.support = sim.add_text_channel("support")
        self.forum = sim.add_forum_channel("help")
        self.other = sim.add_text_channel("lounge")
        self.staff_channel = sim.add_text_channel("staff", private_to=[self.staff_role.id])
        self.ana = sim.add_member("ana", display_name="Ana")
        self.bob = sim.add_member("bob")
        self.agent = sim.add_member("agent", roles=[self.staff_role.id])
        self.alexander = sim.add_member("alexander", roles=[self.triager_role.id])
        self.intake, self.events, self.health = FakeIntake(), FakeEvents(), FakeHealth()
        self.runner, self.suggestions, self.clock = FakeRunner(), FakeSuggestions(), HurriedClock()
        self.adapter = self.make()
        self.running: asyncio.Task[None] | None = None

    def make(self, **changes: Any) -> DiscordAdapter:
        """A new adapter on the same server and the same core."""
        settings: dict[str, Any] = {
            "token": self.sim.token,
            "guild_id": self.sim.guild.id,
            "support_channels": [self.support.id, self.forum.id],
            "staff_channel": self.staff_channel.id,
            "triager_roles": [self.triager_role.id],
            "staff_roles": [self.staff_role.id],
            "member_ids": frozenset(),
            "api_url": self.sim.api_url,
            "gateway_url": self.sim.gateway_url,
            "backfill_hours": 0,
            "intake": self.intake,
            "events": self.events,
            "commands": self.runner,
            "suggestions": self.suggestions,
            "health": self.health,
            "clock": self.clock,
            "dice": FixedDice(0.5),
        }
        return DiscordAdapter(**(settings | changes))

    def begin(self, **changes: Any) -> asyncio.Task[None]:
        """Start a new adapter and do not wait."""
        self.adapter = self.make(**changes)
        self.running = asyncio.create_task(self.adapter.run())
        return self.running

    async def start(self, **changes: Any) -> None:
        """Start a new adapter and wait until it is connected."""
        before = len(self.health.states)
        self.running = self.begin(**changes)
        await self.until_connected(since=before)

    async def until_connected(self, since: int = 0, seconds: float = 10.0) -> None:
        """Returns once health was told so after its first ``since`` reports."""
        async with asyncio.timeout(seconds):
            while not any(state is PartState.CONNECTED for state, _ in self.health.states[since:]):
                assert self.running is not None
                if self.running.done():
                    self.running.result()
                await asyncio.sleep(0.01)

    async def until_watching(self) -> None:
        """Returns once both rooms have their rows: what was said before counts as read."""
        await self.intake.until_row(f"threads:{self.support.id}")
        await self.intake.until_row(f"threads:{self.forum.id}")

    async def first_start(self, **changes: Any) -> None:
        """The very first start, until it watches."""
        await self.start(**changes)
        await self.until_watching()

    async def stop(self) -> None:
        """The adapter ends."""
        if self.running is not None:
            self.running.cancel()
            await asyncio.wait({self.running})
            self.running = None
        await self.adapter.close()

    def watermark(self, channel_id: int) -> int:
        """A channel's or thread's watermark."""
        return int(self.intake.rows[f"watermark:{channel_id}"])

    def direct(self, member: Member) -> ChatAddress:
        """The member's direct messages with the bot."""
        channel_id = str(self.sim.direct_channel(member).id)
        return ChatAddress(platform=Platform.DISCORD, room=channel_id, chat_thread=channel_id)

    def address(self, chat_thread: int | None = None, room: int | None = None) -> ChatAddress:
        """The support channel, or a thread in it."""
        return ChatAddress(
            platform=Platform.DISCORD,
            room=str(room or self.support.id),
            chat_thread=str(chat_thread) if chat_thread else None,
        )
