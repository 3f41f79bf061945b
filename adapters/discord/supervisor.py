"""Keeps a gateway client running: whenever one ends, for whatever reason, a new one is built after a growing wait.

The library's client does not survive a refused first handshake or a malformed dispatch (facts/discord.md, section 0),
and its own waits for a lost connection grow to a quarter of an hour; both end here. A refused token or intent is final.
"""

import asyncio
import math
from collections.abc import Callable
from datetime import timedelta

import discord
import structlog

from adapters.discord.gateway import GatewayClient
from adapters.discord.pauses import Pauses
from adapters.discord.standing import Standing
from bot.domain.errors import RefusedError
from bot.ports.clock import Clock
from bot.ports.inbound import PartState

_log = structlog.get_logger(__name__)

_LOOK_EVERY_SECONDS = 5.0
_LONGEST_AWAY = timedelta(minutes=3)
_PROVEN_AFTER = timedelta(minutes=10)
_CLOSING_SECONDS = 3.0
_CANCEL_AGAIN_SECONDS = 0.5
_TOKEN_REFUSED = 4004
_INTENTS_REFUSED = frozenset({4013, 4014})
_REFUSED_FOR_GOOD = frozenset({4010, 4011, 4012})


class Supervisor:
    """Runs one client after the other."""

    def __init__(
        self, *, token: str, make_client: Callable[[], GatewayClient], standing: Standing, clock: Clock, pauses: Pauses
    ) -> None:
        self._token = token
        self._make_client = make_client
        self._standing = standing
        self._clock = clock
        self._pauses = pauses

    async def run(self) -> None:
        """Until cancelled. Raises ``RefusedError`` when Discord refuses the bot itself."""
        failures = 0
        while True:
            began = self._clock.now()
            ended = await self._one_client()
            refusal = refusal_of(ended)
            if refusal is not None:
                self._standing.now(PartState.REFUSED, refusal)
                raise RefusedError(f"discord: {refusal}") from ended
            failures = 1 if self._clock.now() - began > _PROVEN_AFTER else failures + 1
            reason = story_of(ended)
            self._standing.now(PartState.DISCONNECTED, reason)
            _log.warning("discord_client_ended", reason=reason, failures=failures)
            await self._pauses.wait(failures)

    async def _one_client(self) -> BaseException | None:
        """Run a new client to its end and return what ended it; None for a clean end or too long a silence."""
        client = self._make_client()
        running = asyncio.create_task(client.start(self._token), name="discord-client")
        away_since = self._clock.now()
        try:
            while not running.done():
                await asyncio.wait({running}, timeout=_LOOK_EVERY_SECONDS)
                if self._standing.is_connected:
                    away_since = self._clock.now()
                    self._note_progress(client)
                elif self._clock.now() - away_since > _LONGEST_AWAY:
                    break
        finally:
            await _end(running)
            await _close(client)
        return None if running.cancelled() else running.exception()

    def _note_progress(self, client: discord.Client) -> None:
        """Heartbeats are answered: the library closes a connection where they are not."""
        if math.isfinite(client.latency):
            self._standing.progress()


def refusal_of(ended: BaseException | None) -> str | None:
    """What to tell the operator when Discord refuses the bot for good; None when another try may succeed."""
    match ended:
        case discord.LoginFailure():
            return "Discord refuses the bot's token; put a valid one into discord.token (Developer Portal, Bot, Token)"
        case discord.PrivilegedIntentsRequired():
            return _INTENT_STORY
        case discord.ConnectionClosed(code=code) if code == _TOKEN_REFUSED:
            return "Discord no longer accepts the bot's token; put the current one into discord.token"
        case discord.ConnectionClosed(code=code) if code in _INTENTS_REFUSED:
            return _INTENT_STORY
        case discord.ConnectionClosed(code=code) if code in _REFUSED_FOR_GOOD:
            return f"Discord's gateway refuses this client for good (close code {code}); a newer release may be needed"
        case _:
            return None


_INTENT_STORY = (
    "Discord refuses the Message Content intent; "
    "switch it on in the Developer Portal (Bot, Privileged Gateway Intents, Message Content Intent)"
)


def story_of(ended: BaseException | None) -> str:
    """Why a client ended, for logs and health."""
    match ended:
        case None:
            return "the connection stayed away"
        case discord.ConnectionClosed():
            return f"the gateway closed the connection ({ended.code})"
        case discord.HTTPException():
            return f"Discord answered {ended.status} at login"
        case AttributeError() if "sequence" in str(ended):
            return "the gateway could not be reached"
        case _:
            return f"the client failed ({type(ended).__name__}: {ended})"[:300]


async def _end(running: asyncio.Task[None]) -> None:
    """Cancel until it is over: one that meets a connection attempt just failing is swallowed inside the library."""
    while not running.done():
        running.cancel()
        await asyncio.wait({running}, timeout=_CANCEL_AGAIN_SECONDS)


async def _close(client: discord.Client) -> None:
    """Close the socket and the session, without waiting long for the other side's farewell."""
    closing = asyncio.create_task(client.close())
    await asyncio.wait({closing}, timeout=_CLOSING_SECONDS)
    if not closing.done():
        closing.cancel()
        await asyncio.wait({closing}, timeout=_CLOSING_SECONDS)
        await client.http.close()
    elif not closing.cancelled() and closing.exception() is not None:
        _log.info("discord_close_failed", reason=repr(closing.exception()))
