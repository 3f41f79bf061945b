"""The bot's gateway connection as seen from outside: its state, its counts, and everything that can happen to it."""

import asyncio

from sandbox.discord.backend import Backend


class BotConnection:
    """Looks at the gateway and disturbs it."""

    def __init__(self, backend: Backend) -> None:
        self._world = backend.world
        self._gateway = backend.gateway

    @property
    def connected(self) -> bool:
        """Whether the bot has a live, identified gateway connection."""
        return self._gateway.connected

    async def wait_connected(self, timeout: float = 10.0) -> None:
        """Wait for such a connection."""
        await self._world.wait_until(lambda: self.connected, timeout_seconds=timeout, what="a gateway connection")

    @property
    def handshakes(self) -> int:
        """How often a websocket was asked for."""
        return self._gateway.handshakes

    @property
    def identifies(self) -> int:
        """How often a client identified; Discord allows 1,000 a day and then resets the token."""
        return self._gateway.identifies

    @property
    def resumes(self) -> int:
        """How often a client tried to resume."""
        return self._gateway.resumes

    async def gateway_reconnect(self) -> None:
        """Op 7; returns when the old connections are gone."""
        await self._gateway.reconnect()

    async def gateway_invalidate(self, *, resumable: bool = False) -> None:
        """Op 9; returns when the old connections are gone."""
        await self._gateway.invalidate(resumable=resumable)

    async def gateway_drop(self) -> None:
        """Cut the sockets without a close frame. Sessions can be resumed."""
        self._gateway.drop()
        await asyncio.sleep(0)

    async def gateway_malformed(self) -> None:
        """Send a MESSAGE_CREATE that breaks discord.py's parser."""
        self._gateway.malformed()

    def refuse_handshakes(self, times: int = 1, *, how: str = "502") -> None:
        """Refuse the next websockets: with HTTP `502`, or `close` before HELLO."""
        self._gateway.refusals += [how] * times

    def forget_sessions(self) -> None:
        """Let the next RESUME fail with op 9 (false)."""
        self._gateway.forget_sessions()

    @property
    def close_code_on_identify(self) -> int | None:
        """A close code for whoever identifies (4004, 4014, ...)."""
        return self._gateway.close_code_on_identify

    @close_code_on_identify.setter
    def close_code_on_identify(self, code: int | None) -> None:
        self._gateway.close_code_on_identify = code

    @property
    def message_content_enabled(self) -> bool:
        """Whether the message content intent is switched on in the portal. Off: asking for it closes with 4014."""
        return self._gateway.message_content_enabled

    @message_content_enabled.setter
    def message_content_enabled(self, enabled: bool) -> None:
        self._gateway.message_content_enabled = enabled

    @property
    def intents_required(self) -> int:
        """Intent bits whose absence in IDENTIFY is noted in `problems`."""
        return self._gateway.intents_required

    @intents_required.setter
    def intents_required(self, bits: int) -> None:
        self._gateway.intents_required = bits
