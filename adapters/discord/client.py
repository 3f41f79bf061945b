"""The Discord adapter: ``run`` receives, the methods of ``ChatPlatform`` send; both are put together here."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import yarl
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route
from typing_extensions import override

from adapters.discord.chat_threads import open_thread
from adapters.discord.files import Files
from adapters.discord.inspection import Inspection
from adapters.discord.parts import FILE_LIMIT_BYTES
from adapters.discord.places import Watch
from adapters.discord.reading import Reading
from adapters.discord.reception import Reception
from adapters.discord.rest import DiscordRest
from adapters.discord.retracing import Retracing
from adapters.discord.rooms import Rooms
from adapters.discord.said import Said
from adapters.discord.sending import Sending
from adapters.discord.status_tags import STATUS_TAGS, StatusTags
from adapters.discord.surroundings import Surroundings
from bot.domain.chat import Attachment, ChatAddress, OutgoingMessage, Platform, QuotedMessage, SentMessage
from bot.domain.findings import Finding
from bot.domain.helpdesk import Status
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock, Dice
from bot.ports.inbound import ChatEvents, CommandRunner, HealthReports, MessageIntake, Suggestions

_DISCORD_ITSELF = "https://discord.com/"


def point_at(api_url: str, gateway_url: str) -> None:
    """Have the library talk to this API and this gateway (empty: Discord's own). Holds for the whole process.

    facts/discord.md, section 0, fact 2.
    """
    Route.BASE = api_url.rstrip("/")
    if not api_url.startswith(_DISCORD_ITSELF):
        Asset.BASE = str(yarl.URL(api_url).origin())
    if gateway_url:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


class DiscordAdapter(ChatPlatform):
    """Discord as the core sees it."""

    def __init__(
        self,
        *,
        token: str,
        guild_id: str | int,
        support_channels: Sequence[str | int],
        staff_channel: str | int,
        triager_roles: Sequence[str | int],
        staff_roles: Sequence[str | int],
        member_ids: frozenset[str],
        api_url: str,
        gateway_url: str,
        backfill_hours: float,
        intake: MessageIntake,
        events: ChatEvents,
        commands: CommandRunner,
        suggestions: Suggestions,
        health: HealthReports,
        clock: Clock,
        dice: Dice,
        status_tags: Mapping[Status, Sequence[str]] = STATUS_TAGS,
        oncall_roles: Sequence[str] = (),
    ) -> None:
        """``member_ids``: Discord ids of the team members in the settings. ``backfill_hours`` 0: no limit.

        ``status_tags``: names of forum tags by status, the preferred one first. ``oncall_roles``: ids of the roles that
        ``pages`` may name, for ``inspect``.
        """
        point_at(api_url, gateway_url)
        self._watch = Watch(
            guild_id=str(guild_id),
            support_channels=frozenset(str(channel) for channel in support_channels),
            staff_channel=str(staff_channel),
        )
        self._role_settings = {
            "discord.triager_roles": [str(role) for role in triager_roles],
            "discord.staff_roles": [str(role) for role in staff_roles],
        }
        self._oncall_roles = tuple(str(role) for role in oncall_roles)
        self._rest = DiscordRest(token=token, clock=clock)
        self._rooms = Rooms(self._rest)
        self._surroundings = Surroundings(self._watch)
        said = Said()
        self._sending = Sending(self._rest, self._rooms, said)
        self._retracing = Retracing(self._rest, said)
        self._status_tags = StatusTags(self._rest, status_tags)
        self._files = Files(self._rest, self._rooms)
        self._reading = Reading(rest=self._rest, rooms=self._rooms, surroundings=self._surroundings, watch=self._watch)
        self._receiving: asyncio.Task[None] | None = None
        self._reception = Reception(
            token=token,
            watch=self._watch,
            surroundings=self._surroundings,
            rest=self._rest,
            mapped_staff=member_ids,
            reach=timedelta(hours=backfill_hours) if backfill_hours > 0 else None,
            intake=intake,
            events=events,
            commands=commands,
            suggestions=suggestions,
            health=health,
            clock=clock,
            dice=dice,
        )

    @property
    @override
    def platform(self) -> Platform:
        return Platform.DISCORD

    async def run(self) -> None:
        """Receive until cancelled; then the sending half ends too.

        Raises ``RefusedError`` when Discord refuses the token or the intents for good. Sending outlives that, any other
        failure, and ``stop_receiving``.
        """
        try:
            self._receiving = asyncio.create_task(self._reception.run(), name="discord-reception")
            await asyncio.wait({self._receiving})
            if not self._receiving.cancelled():
                self._receiving.result()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await self.stop_receiving()
            await self.close()
            raise

    async def stop_receiving(self) -> None:
        """Take nothing in any more; what came and is not committed will be read from history at the next start."""
        if self._receiving is not None:
            self._receiving.cancel()
            await asyncio.wait({self._receiving})

    async def close(self) -> None:
        """End the sending half's sessions; for whoever only sent or inspected and never called ``run``."""
        await self._files.close()
        await self._rest.close()

    @override
    async def react(self, address: ChatAddress, message_id: str, emoji: str, delivery_id: str) -> None:
        await self._sending.react(address, message_id, emoji)

    @override
    async def open_chat_thread(self, address: ChatAddress, title: str) -> None:
        if address.chat_thread is None or address.is_private:
            return
        if not await self._rooms.is_forum(address.room):
            await open_thread(self._rest, address, title)

    @override
    async def send(self, message: OutgoingMessage, begun: SentMessage | None = None) -> SentMessage:
        return await self._sending.send(message, begun)

    @override
    async def find_sent(
        self, message: OutgoingMessage, tried_at: datetime, taken: frozenset[str] = frozenset()
    ) -> SentMessage | None:
        return await self._retracing.find(message, taken)

    @override
    async def file_limit(self) -> int:
        return FILE_LIMIT_BYTES

    @override
    async def show_status(self, address: ChatAddress, status: Status, *, final: bool) -> None:
        await self._status_tags.show(address, status, final=final)

    @override
    def current(self, address: ChatAddress) -> ChatAddress:
        return address

    @override
    async def fetch(self, file: Attachment, *, address: ChatAddress, message_id: str, limit_bytes: int) -> bytes:
        return await self._files.fetch(file, address=address, message_id=message_id, limit_bytes=limit_bytes)

    @override
    async def read_message(self, address: ChatAddress, message_id: str) -> QuotedMessage | None:
        return await self._reading.read(address, message_id)

    @override
    async def inspect(self) -> Sequence[Finding]:
        inspection = Inspection(
            rest=self._rest, watch=self._watch, role_settings=self._role_settings, oncall_roles=self._oncall_roles
        )
        return await inspection.run()
