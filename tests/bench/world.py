"""The world both are measured in: a fresh Synapse, Discord and FreeScout, people who write, one who watches.

The simulators and the people live in the benchmark's process, Synapse and the contestant in processes of their own.
"""

import asyncio
import contextlib
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.bot_settings import write_settings
from sandbox.discord import DiscordError, DiscordSimulator, Member, Message
from sandbox.freescout import FreeScoutSimulator
from sandbox.matrix import MatrixMember, MatrixUser, SynapseServer
from tests.bench.room_watch import RoomWatch

# More writers would only queue: each event costs Synapse about 70 ms of CPU (facts/matrix.md, section 4).
WRITERS = 8
DISCORD, MATRIX = "discord", "matrix"
PLATFORMS = (DISCORD, MATRIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A message somebody wrote. `key` is the phrase that occurs in it and nowhere else; `at` is monotonic seconds."""

    platform: str
    key: str
    place: str
    at: float


class World:
    """One round's world. Use it as an async context manager; the contestant is started with `config`."""

    discord: DiscordSimulator
    freescout: FreeScoutSimulator
    config: Path
    web_port: int
    watch: RoomWatch
    _bot: MatrixUser

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.synapse = SynapseServer(folder / "synapse", server_name="bench.test")
        self._stack = contextlib.AsyncExitStack()
        self._discord_people: list[Member] = []
        self._matrix_people: list[MatrixMember] = []
        self._channel_id = 0
        self._room = ""

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    # writing

    async def ask(self, platform: str, key: str, writer: int) -> Asked:
        """The writer of that number (counted round) asks something in the watched channel or room."""
        text = (
            f"Export {key} stops half way\n"
            "Since this morning the export of my notebooks stops half way, and the file cannot be opened. "
            "Printing still works. Is there anything I can try?"
        )
        at = time.monotonic()
        if platform == DISCORD:
            member = self._discord_people[writer % WRITERS]
            message = await self.discord.post(member, self._channel_id, text)
            return Asked(platform=platform, key=key, place=str(message.id), at=at)
        person = self._matrix_people[writer % WRITERS]
        return Asked(platform=platform, key=key, place=await person.send_text(self._room, text), at=at)

    # looking

    def answers(self, asked: Asked) -> list[str]:
        """What the bot has said in the thread on a message, as far as it is seen now."""
        if asked.platform == MATRIX:
            return self.watch.answers(asked.place)
        return [message.content for message in self._discord_answers(int(asked.place))]

    def acknowledged(self, asked: Asked) -> bool:
        """Whether the bot's reaction is on the message."""
        if asked.platform == MATRIX:
            return self.watch.reactions(asked.place) > 0
        reactions = self.discord.reactions(self._channel_id, int(asked.place))
        return any(self.discord.bot_user.id in people for people in reactions.values())

    async def look_again_at_matrix(self) -> None:
        """Read the whole room anew, so that the count does not rest on what happened to be synced."""
        async with self.synapse.member(self._bot) as bot:
            self.watch.recount(await bot.messages(self._room, limit=20_000))

    def _discord_answers(self, message_id: int) -> list[Message]:
        try:
            # A thread on a message has the message's id.
            messages = self.discord.messages(message_id)
        except DiscordError:
            return []
        return [each for each in messages if each.author.id == self.discord.bot_user.id]

    # building

    async def _start(self) -> None:
        self._stack.push_async_callback(asyncio.to_thread, self.synapse.stop)
        await asyncio.to_thread(self.synapse.start)
        await self._fill_matrix()
        await self._fill_discord()
        self.freescout = FreeScoutSimulator(database=self.folder / "freescout.db")
        await self.freescout.start()
        self._stack.push_async_callback(self.freescout.stop)
        self._write_config()

    async def _fill_matrix(self) -> None:
        names = ["supportbot", "witness", *(f"writer{number}" for number in range(WRITERS))]
        self._bot, witness, *writers = [await self.synapse.register(name) for name in names]
        await self.synapse.override_ratelimit(self._bot.user_id)
        watcher = self.synapse.member(witness)
        self._matrix_people = [self.synapse.member(user) for user in writers]
        for person in (watcher, *self._matrix_people):
            self._stack.push_async_callback(person.close)
        self._room = await watcher.create_room("Support", "support")
        for person in self._matrix_people:
            await person.join(self._room)
        async with self.synapse.member(self._bot) as bot:
            await bot.join(self._room)
        self.watch = RoomWatch(watcher, room=self._room, bot=self._bot.user_id)
        self.watch.start()
        self._stack.push_async_callback(self.watch.stop)

    async def _fill_discord(self) -> None:
        self.discord = DiscordSimulator()
        await self.discord.start()
        self._stack.push_async_callback(self.discord.stop)
        self._discord_people = [self.discord.add_member(f"Writer {number}") for number in range(WRITERS)]
        self._channel_id = self.discord.add_text_channel("support").id

    def _write_config(self) -> None:
        self.web_port = _free_port()
        state = self.folder / "state"
        state.mkdir(mode=0o700)
        lead = self.discord.add_role("Support lead")
        self.config = write_settings(
            self.folder / "config.toml",
            {
                "store": {"url": f"sqlite+aiosqlite:///{state / 'supportbot.db'}"},
                "freescout": {
                    "url": self.freescout.url,
                    "api_key": self.freescout.api_key,
                    "webhook_secret": "bench-webhook-secret",
                    "mailbox_id": self.freescout.mailbox_id,
                    "bot_user_id": self.freescout.bot_user_id,
                },
                "discord": {
                    "token": self.discord.token,
                    "guild_id": self.discord.guild.id,
                    "support_channels": [self._channel_id],
                    "staff_channel": self.discord.add_text_channel("staff", private_to=[lead.id]).id,
                    "triager_roles": [lead.id],
                    "api_url": self.discord.api_url,
                    "gateway_url": self.discord.gateway_url,
                },
                "matrix": {
                    "homeserver": self.synapse.url,
                    "user_id": self._bot.user_id,
                    "password": self._bot.password,
                    "store_path": str(state / "matrix-store"),
                    "rooms": [f"#support:{self.synapse.server_name}"],
                },
                "intake": {"group_seconds": 0},
                "web": {"host": "127.0.0.1", "port": self.web_port},
                "log": {"level": "info", "format": "json"},
            },
            [],
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
