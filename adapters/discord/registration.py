"""Registering the commands on the server: once per change, never in the way of anything else.

A sync at every start would be pointless and counts against a daily limit (facts/discord.md, "Commands").
"""

import structlog

from adapters.discord.command_payload import fingerprint, for_everybody, for_the_team
from adapters.discord.pauses import Pauses
from adapters.discord.rest import DiscordRest
from adapters.discord.standing import Standing
from bot.domain.chat import Platform
from bot.domain.commands import CATALOGUE
from bot.domain.errors import DeliveryError
from bot.ports.inbound import Arrival, MessageIntake

_log = structlog.get_logger(__name__)

_COMPLAINT = "commands"


class Registration:
    """Keeps the server's commands in step with the catalogue."""

    def __init__(
        self, *, rest: DiscordRest, intake: MessageIntake, standing: Standing, pauses: Pauses, guild_id: str
    ) -> None:
        self._rest = rest
        self._intake = intake
        self._standing = standing
        self._pauses = pauses
        self._guild_id = guild_id

    async def run(self, application_id: str) -> None:
        """Returns when the server has the commands; tries until it does."""
        for_server, for_all = for_the_team(CATALOGUE), for_everybody(CATALOGUE)
        row, wanted = f"commands:{self._guild_id}", fingerprint([*for_server, *for_all], application_id=application_id)
        registered = await self._intake.recall(Platform.DISCORD, row)
        if registered.get(row) == wanted:
            return
        failures = 0
        while True:
            try:
                await self._rest.call(
                    "PUT",
                    "/applications/{application_id}/guilds/{guild_id}/commands",
                    json=for_server,
                    application_id=application_id,
                    guild_id=self._guild_id,
                )
                await self._rest.call(
                    "PUT", "/applications/{application_id}/commands", json=for_all, application_id=application_id
                )
            except DeliveryError as error:
                failures += 1
                _log.warning("discord_commands_not_registered", reason=str(error), failures=failures)
                self._standing.complain(_COMPLAINT, f"the slash commands could not be registered: {error}")
                await self._pauses.wait(failures)
            else:
                break
        self._standing.complain(_COMPLAINT, "")
        await self._intake.accept(Arrival(platform=Platform.DISCORD, remember={row: wanted}))
        _log.info("discord_commands_registered", commands=[command["name"] for command in (*for_server, *for_all)])
