"""The real bot process between a real Synapse and the simulators, as tests need it: fresh rooms and channels each
time.
"""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from sandbox.bot_process import BotProcess
from sandbox.bot_settings import write_settings
from sandbox.discord import DiscordSimulator
from sandbox.freescout import Conversation, FreeScoutSimulator
from sandbox.matrix import MatrixMember, SynapseServer
from sandbox.time_machine import TimeMachine

PATIENCE_SECONDS = 60.0
UNDO_SECONDS = 1
POLL_SECONDS = 2
"""A real installation has 15 and 60: here nobody clicks on "Undo" by hand."""


class RealWorld:
    """Members and systems around one bot process. ``start`` moves everybody in; the bot is started by ``start_bot``."""

    def __init__(self, folder: Path, synapse: SynapseServer, *, matrix: bool = True, discord: bool = True) -> None:
        self.folder = folder
        self.synapse = synapse
        self.with_matrix = matrix
        self.with_discord = discord
        self.encrypted = False
        self.time_moves = False
        self.poll_seconds = POLL_SECONDS
        self.sections: dict[str, dict[str, Any]] = {}
        self._stack = AsyncExitStack()

    async def start(self, port: int) -> None:
        """Start the simulators and make accounts, rooms and channels."""
        self.freescout = FreeScoutSimulator(
            database=self.folder / "freescout.db", number_offset=1000, undo_seconds=UNDO_SECONDS
        )
        await self.freescout.start()
        self._stack.push_async_callback(self.freescout.stop)
        self.agent_id = self.freescout.add_user("Alexander", "Lindqvist", "alexander@help.example")
        if self.with_discord:
            await self._move_into_discord()
        if self.with_matrix:
            await self._move_into_matrix()
        self.sections |= {
            "store": {"url": f"sqlite+aiosqlite:///{self.folder / 'supportbot.db'}"},
            "freescout": {
                "url": self.freescout.url,
                "api_key": self.freescout.api_key,
                "mailbox_id": self.freescout.mailbox_id,
                "bot_user_id": self.freescout.bot_user_id,
                "webhook_secret": self.freescout.webhook_secret,
                "undo_seconds": UNDO_SECONDS,
                "poll_seconds": self.poll_seconds,
            },
            "intake": {"group_seconds": 0, **self.sections.get("intake", {})},
            "web": {"host": "127.0.0.1", "port": port, "public_url": f"http://127.0.0.1:{port}"},
            "log": {"level": "info", "format": "json"},
        }
        config = write_settings(self.folder / "config.toml", self.sections, self._team())
        self.bot = BotProcess(config=config, log=self.folder / "bot.log", web_port=port, clock_file=self._clock_file())
        self._stack.push_async_callback(self.bot.close)

    def advance(self, by: timedelta) -> None:
        """Let time pass for the simulators and the bot; needs ``time_moves``. What is due happens within 0.2 s."""
        self.time.advance(by)

    def _clock_file(self) -> Path | None:
        if not self.time_moves:
            return None
        self.time = TimeMachine(self.folder / "clock", self.discord if self.with_discord else None, self.freescout)
        return self.time.path

    async def close(self) -> None:
        """End the bot and everything else."""
        if hasattr(self, "bot"):
            self.bot.kill()
        await self._stack.aclose()

    async def start_bot(self) -> None:
        """Start the process and wait until it is ready."""
        self.bot.start()
        await self.until(self._ready, "the bot is ready")

    async def restart_bot(self) -> None:
        """Start it again after ``kill_bot`` or a stop."""
        await self.start_bot()

    def kill_bot(self) -> None:
        """SIGKILL."""
        self.bot.kill()

    async def until(
        self, holds: Callable[[], Awaitable[bool]] | Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Wait for something the other side can see; fails with the end of the bot's log."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            result = holds()
            if result if isinstance(result, bool) else await result:
                return
            if loop.time() > end:
                raise AssertionError(f"not seen within {seconds:.0f} s: {what}\n" + "\n".join(self.bot.log_end(30)))
            await asyncio.sleep(0.05)

    # What the help desk holds

    def filed(self) -> list[Conversation]:
        """All conversations."""
        return self.freescout.conversations()

    def texts_filed(self) -> Counter[str]:
        """How often each message's words stand in the help desk, without its markup."""
        bodies = [thread.body for conversation in self.filed() for thread in conversation.threads]
        return Counter(
            word for body in bodies for word in body.replace("<", " ").replace(">", " ").split() if "msg-" in word
        )

    def lost_and_doubled(self, expected: list[str]) -> tuple[list[str], list[str]]:
        """Which of the words posted are missing, and which stand there more than once."""
        counted = self.texts_filed()
        return [word for word in expected if not counted[word]], [word for word in expected if counted[word] > 1]

    # What members see

    def discord_answers(self) -> dict[int, list[str]]:
        """The bot's messages by Discord thread."""
        return {
            thread.id: [
                one.content for one in self.discord.messages(thread.id) if one.author.id == self.discord.bot_user.id
            ]
            for thread in self.discord.threads(self.support.id)
        }

    async def matrix_answers(self) -> dict[str, list[str]]:
        """The bot's notices by thread root (unencrypted rooms)."""
        found: dict[str, list[str]] = {}
        for event in await self.jonas.messages(self.room, limit=5000):
            content = event.get("content", {})
            relation = content.get("m.relates_to", {})
            if event["sender"] == self.bot_user and relation.get("rel_type") == "m.thread":
                found.setdefault(relation["event_id"], []).append(content.get("body", ""))
        return found

    def outbox_states(self) -> Counter[str]:
        """How many deliveries are in which state, read from the store's file."""
        with closing(sqlite3.connect(f"file:{self.folder / 'supportbot.db'}?mode=ro", uri=True)) as store:
            return Counter(dict(store.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall()))

    async def drained(self) -> bool:
        """Whether nothing waits in the outbox."""
        return self.outbox_states()["pending"] == 0

    def log_entries(self) -> list[dict[str, Any]]:
        """The bot's log, parsed."""
        lines = (self.folder / "bot.log").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    async def _ready(self) -> bool:
        if self.bot.exit_code is not None:
            raise AssertionError("the bot ended:\n" + "\n".join(self.bot.log_end(30)))
        return (await self.bot.readiness()).ready

    async def _move_into_discord(self) -> None:
        self.discord = DiscordSimulator()
        await self.discord.start()
        self._stack.push_async_callback(self.discord.stop)
        self.triager_role = self.discord.add_role("Support lead")
        self.mia = self.discord.add_member("Mia")
        self.lena = self.discord.add_member("Lena")
        self.alexander = self.discord.add_member("Alexander", roles=[self.triager_role.id])
        self.support = self.discord.add_text_channel("support")
        self.forum = self.discord.add_forum_channel("help-forum")
        self.staff = self.discord.add_text_channel("staff", private_to=[self.triager_role.id])
        self.sections["discord"] = {
            "token": self.discord.token,
            "guild_id": self.discord.guild.id,
            "support_channels": [self.support.id, self.forum.id],
            "staff_channel": self.staff.id,
            "triager_roles": [self.triager_role.id],
            "api_url": self.discord.api_url,
            "gateway_url": self.discord.gateway_url,
        }

    async def _move_into_matrix(self) -> None:
        self.jonas = await self._member("jonas")
        self.alexander_matrix = await self._member("alexander")
        account = await self.synapse.new_member("supportbot")
        self._stack.push_async_callback(account.close)
        self.bot_user = account.user_id
        await self.synapse.override_ratelimit(account.user_id)
        self.room = await self.alexander_matrix.create_room("Support", encrypted=self.encrypted)
        self.staff_room = await self.alexander_matrix.create_room("Team", public=False, invite=[account.user_id])
        await self.jonas.join(self.room)
        await account.join(self.room)
        await account.join(self.staff_room)
        self.sections["matrix"] = {
            "homeserver": self.synapse.url,
            "user_id": account.user_id,
            "password": "sandbox-password",
            "store_path": str(self.folder / "matrix-store"),
            "rooms": [self.room],
            "staff_room": self.staff_room,
            "triagers": [self.alexander_matrix.user_id],
        }

    async def _member(self, name: str) -> MatrixMember:
        member = await self.synapse.new_member(name)
        self._stack.push_async_callback(member.close)
        return member

    def _team(self) -> list[dict[str, Any]]:
        person: dict[str, Any] = {"name": "Alexander", "freescout_user_id": self.agent_id}
        if self.with_discord:
            person["discord_id"] = self.alexander.id
        if self.with_matrix:
            person["matrix_id"] = self.alexander_matrix.user_id
        return [person]


@asynccontextmanager
async def real_world(
    folder: Path,
    synapse: SynapseServer,
    port: int,
    *,
    matrix: bool = True,
    discord: bool = True,
    poll_seconds: int = POLL_SECONDS,
    **intake: Any,
) -> AsyncIterator[RealWorld]:
    """A world with everybody moved in; the bot is not running yet."""
    world = RealWorld(folder, synapse, matrix=matrix, discord=discord)
    world.poll_seconds = poll_seconds
    if intake:
        world.sections["intake"] = intake
    try:
        await world.start(port)
        yield world
    finally:
        await world.close()
