"""One gateway connection: discord.py's client, with the few events that matter handed on in order and without waiting.

Messages are taken as raw JSON, before the library builds its objects: its handlers run concurrently and out of order,
and one unexpected field in a message would end the client (facts/discord.md, section 5 and #2422).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

import discord
import structlog
from typing_extensions import override

from adapters.discord.incoming import READERS, Incoming, Json
from adapters.discord.rest import LONGEST_RATE_LIMIT_SECONDS
from bot.ports.clock import Clock

_log = structlog.get_logger(__name__)

INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)
"""37377: what reading channels and direct messages takes, and no more (facts/discord.md, "Intents")."""
_GUILD_READY_SECONDS = 0.1
"""How long the library waits for another server after each; there is one, and it arrives at once."""
_BETWEEN_IDENTIFIES = timedelta(seconds=5)
_MOST_IDENTIFIES = 600
"""In one process's day; beyond 1,000 Discord takes the token away (facts/discord.md, "Missed messages")."""

_CHANGES_SIGHT = ("CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE", "GUILD_ROLE_UPDATE", "GUILD_MEMBER_UPDATE")


class Listener(Protocol):
    """Who is told. Nothing here may wait or raise: it runs inside the gateway's reading loop."""

    def session_began(self, client: discord.Client) -> None:
        """A new session: whatever was said since the last one ended will not come by itself."""
        ...

    def guild_came(self, guild_id: str) -> None:
        """A server's channels are known now, at the start of a session or after an outage of that server."""
        ...

    def sight_changed(self, channel_id: str) -> None:
        """What the bot may see may have changed: this channel, or (empty) a role or a membership was edited."""
        ...

    def ready(self, client: discord.Client) -> None:
        """The session is set up."""
        ...

    def resumed(self) -> None:
        """The connection is back and everything missed has been or will be replayed."""
        ...

    def lost(self) -> None:
        """The connection is gone; the library tries to get it back."""
        ...

    def happened(self, incoming: Incoming, guild_id: str) -> None:
        """Somebody wrote, edited or deleted a message; ``guild_id`` is empty for a direct one."""
        ...

    def interaction(self, interaction: discord.Interaction) -> None:
        """Somebody ran a command, is typing one, or pressed a button."""
        ...

    def heard(self) -> None:
        """The connection brought something."""
        ...


class IdentifyBudget:
    """Counts logins at the gateway over a day, across clients."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at: list[datetime] = []

    async def spend(self, *, initial: bool) -> None:
        """Wait for the next turn. Raises ``BudgetSpentError`` when there were far too many."""
        now = self._clock.now()
        self._at = [at for at in self._at if now - at < timedelta(days=1)]
        if len(self._at) >= _MOST_IDENTIFIES:
            raise BudgetSpentError(f"{len(self._at)} gateway logins within a day")
        self._at.append(now)
        if not initial:
            await self._clock.sleep_until(now + _BETWEEN_IDENTIFIES)


class BudgetSpentError(Exception):
    """Too many logins at the gateway: the supervisor waits."""


class GatewayClient(discord.Client):
    """discord.py's client for one connection and its resumptions; never used again after ``start`` ended."""

    def __init__(self, *, listener: Listener, budget: IdentifyBudget) -> None:
        super().__init__(
            intents=INTENTS,
            allowed_mentions=discord.AllowedMentions.none(),
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            guild_ready_timeout=_GUILD_READY_SECONDS,
            max_ratelimit_timeout=LONGEST_RATE_LIMIT_SECONDS,
        )
        self._listener = listener
        self._budget = budget
        # The library has no public way to see a dispatch before its objects are built, nor in the order of arrival.
        parsers: dict[str, Callable[[Any], None]] = self._connection.parsers
        self._parse_ready = parsers["READY"]
        self._parse_guild = parsers["GUILD_CREATE"]
        parsers["READY"] = self._on_raw_ready
        parsers["GUILD_CREATE"] = self._on_raw_guild
        for name, read in READERS.items():
            parsers[name] = self._then_tell(read)
        for name in _CHANGES_SIGHT:
            parsers[name] = self._then_look(parsers[name], is_channel=name.startswith("CHANNEL"))

    def _on_raw_ready(self, payload: Any) -> None:
        self._parse_ready(payload)
        self._listener.session_began(self)

    def _on_raw_guild(self, payload: Any) -> None:
        self._parse_guild(payload)
        if not payload.get("unavailable"):
            self._listener.guild_came(str(payload["id"]))

    def _then_look(self, parse: Callable[[Any], None], *, is_channel: bool) -> Callable[[Any], None]:
        def look(payload: Any) -> None:
            parse(payload)
            self._listener.sight_changed(str(payload.get("id")) if is_channel else "")

        return look

    def _then_tell(self, read: Callable[[Json], list[Incoming]]) -> Callable[[Any], None]:
        def tell(payload: Any) -> None:
            try:
                found = read(payload)
            except ValueError:
                _log.error("discord_message_malformed", fields=sorted(payload))
                return
            self._listener.heard()
            for incoming in found:
                self._listener.happened(incoming, str(payload.get("guild_id") or ""))

        return tell

    @override
    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await self._budget.spend(initial=initial)

    async def on_ready(self) -> None:
        """After every new session."""
        self._listener.ready(self)

    async def on_resumed(self) -> None:
        """After a resumption."""
        self._listener.resumed()

    async def on_disconnect(self) -> None:
        """The socket is gone, or never came to be."""
        self._listener.lost()

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """A command, an autocomplete request, or a pressed button."""
        self._listener.interaction(interaction)

    @override
    async def on_error(self, event_method: str, /, *_args: Any, **_kwargs: Any) -> None:
        _log.exception("discord_event_failed", gateway_event=event_method)
