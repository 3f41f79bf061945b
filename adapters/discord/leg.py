"""The receiving half: what happens on each event of the gateway."""

import asyncio
from collections.abc import Mapping

import discord
import structlog
from typing_extensions import override

from adapters.discord.backfill import Backfill
from adapters.discord.commands import Commands
from adapters.discord.gateway import Listener
from adapters.discord.incoming import Incoming
from adapters.discord.message_commands import MessageCommands, is_on_message
from adapters.discord.places import Watch
from adapters.discord.presses import Presses
from adapters.discord.queues import Queues
from adapters.discord.registration import Registration
from adapters.discord.standing import Standing
from adapters.discord.surroundings import Surroundings
from bot.ports.inbound import PartState

_log = structlog.get_logger(__name__)

_NOT_ON_SERVER = "server"


class Leg(Listener):
    """Starts the work that events call for; each method returns at once."""

    def __init__(
        self,
        *,
        tasks: asyncio.TaskGroup,
        watch: Watch,
        surroundings: Surroundings,
        queues: Queues,
        backfill: Backfill,
        registration: Registration,
        commands: Commands,
        message_commands: MessageCommands,
        presses: Presses,
        standing: Standing,
    ) -> None:
        self._tasks = tasks
        self._watch = watch
        self._surroundings = surroundings
        self._queues = queues
        self._backfill = backfill
        self._registration = registration
        self._commands = commands
        self._message_commands = message_commands
        self._presses = presses
        self._standing = standing
        self._reading: asyncio.Task[None] | None = None
        self._registering: asyncio.Task[None] | None = None
        self._sight: Mapping[str, tuple[str, ...]] = {}

    @override
    def session_began(self, client: discord.Client) -> None:
        self._surroundings.see_through(client)
        self._hold()
        _log.info("discord_session_began")

    @override
    def guild_came(self, guild_id: str) -> None:
        if guild_id == self._watch.guild_id:
            self._standing.complain(_NOT_ON_SERVER, "")
            self._sight = self._surroundings.sight()
            self._read()

    @override
    def sight_changed(self, channel_id: str) -> None:
        """What was said in a channel while the bot could not see it never comes: it is read as after a downtime.

        Discord may tell only that the channel can be seen again (facts/discord.md, docs #3405), so each change of a
        support channel counts.
        """
        if self._surroundings.guild is None:
            return
        before, self._sight = self._sight, self._surroundings.sight()
        if self._sight != before or channel_id in self._watch.support_channels | self._surroundings.followed_rooms:
            _log.info("discord_sight_changed", channel=channel_id)
            self._read()

    @override
    def ready(self, client: discord.Client) -> None:
        self._standing.now(PartState.CONNECTED)
        self._standing.progress()
        if self._surroundings.guild is None:
            complaint = f"the server {self._watch.guild_id} is not available to the bot: invite it, or correct guild_id"
            self._standing.complain(_NOT_ON_SERVER, complaint)
        if self._registering is None:
            work = self._registration.run(str(client.application_id))
            self._registering = self._tasks.create_task(work, name="discord-commands")
        _log.info("discord_connected")

    @override
    def resumed(self) -> None:
        self._standing.now(PartState.CONNECTED)
        self._standing.progress()
        _log.info("discord_resumed")

    @override
    def lost(self) -> None:
        self._standing.now(PartState.DISCONNECTED, "the gateway connection is gone; trying to get it back")
        _log.warning("discord_connection_lost")

    @override
    def happened(self, incoming: Incoming, guild_id: str) -> None:
        if guild_id in ("", self._watch.guild_id):
            self._queues.put(incoming)

    @override
    def interaction(self, interaction: discord.Interaction) -> None:
        if interaction.guild_id is not None and str(interaction.guild_id) != self._watch.guild_id:
            return
        if interaction.type is discord.InteractionType.component:
            work = self._presses.handle(interaction)
        elif is_on_message(interaction):
            work = self._message_commands.handle(interaction)
        else:
            work = self._commands.handle(interaction)
        self._tasks.create_task(work, name="discord-interaction")

    @override
    def heard(self) -> None:
        self._standing.progress()

    def _read(self) -> None:
        self._hold()
        self._reading = self._tasks.create_task(self._backfill.run(), name="discord-backfill")

    def _hold(self) -> None:
        """Nothing flows until what was missed has been read."""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        self._queues.close(self._backfill.rooms)
