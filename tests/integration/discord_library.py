"""The real discord.py as tests hold it against the Discord simulator: a client that remembers what it was told."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import app_commands

from sandbox.discord import Message

INTENTS = discord.Intents(33281)
"""guilds, guild_messages, message_content."""


class LibraryClient(discord.Client):
    """discord.py unmodified but for the wait before IDENTIFY; remembers what it was told."""

    def __init__(self, intents: discord.Intents = INTENTS, **options: Any) -> None:
        super().__init__(intents=intents, guild_ready_timeout=0.05, **options)
        self.tree = app_commands.CommandTree(self)
        self.readies = 0
        self.resumed = asyncio.Event()
        self.received: list[discord.Message] = []
        self.happened: list[tuple[str, Any]] = []
        self.session: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """The library waits five seconds before it identifies again; tests need not."""

    def note(self, event: str, payload: Any = None) -> None:
        self.happened.append((event, payload))
        self._changed.set()

    async def on_ready(self) -> None:
        self.readies += 1
        self.note("ready")

    async def on_resumed(self) -> None:
        self.note("resumed")

    async def on_message(self, message: discord.Message) -> None:
        self.received.append(message)
        self.note("message", message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        self.note("edit", payload)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        self.note("delete", payload)

    async def on_raw_reaction_add(self, payload: discord.RawReactionActionEvent) -> None:
        self.note("reaction", payload)

    async def on_thread_create(self, thread: discord.Thread) -> None:
        self.note("thread", thread)

    async def on_raw_thread_update(self, payload: discord.RawThreadUpdateEvent) -> None:
        self.note("thread update", payload)

    async def until(self, holds: Callable[[], object], timeout_seconds: float = 8.0) -> None:
        """Wait until something noted makes `holds()` true."""
        async with asyncio.timeout(timeout_seconds):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    def texts(self) -> list[str]:
        return [message.content for message in self.received]

    def place(self, channel_id: int) -> discord.TextChannel:
        channel = self.get_channel(channel_id)
        assert isinstance(channel, discord.TextChannel)
        return channel

    async def same(self, message: Message) -> discord.Message:
        """The library's view of a simulated message."""
        return await self.place(message.channel_id).fetch_message(message.id)


Connect = Callable[..., Awaitable[LibraryClient]]
"""`await connect()`: a client that is ready; keyword arguments go to its constructor."""

Raw = Callable[..., Awaitable[tuple[int, Any]]]
"""`await raw("POST", "/path", {...})` → status and body: requests that the library would not let out."""
