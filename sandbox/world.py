"""A whole small world on this machine: Synapse, simulated Discord and FreeScout, people, and the bot between them."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

from sandbox import bot_settings, cast
from sandbox.bot_process import BotProcess, free_port
from sandbox.discord import Channel, DiscordSimulator, Member, Role
from sandbox.freescout import FreeScoutSimulator
from sandbox.matrix import MatrixMember, MatrixUser, SynapseServer
from sandbox.room_reader import RoomReader
from sandbox.time_machine import TimeMachine

PRODUCT = "Larkspur Notes"
SUPPORT_ROOM = "support"


class SandboxWorld:
    """Everything the story and the page talk to. `start` first, `start_bot` then, `stop` always."""

    discord: DiscordSimulator
    freescout: FreeScoutSimulator
    bot: BotProcess
    time: TimeMachine
    lead: Role
    oncall: Role
    support: Channel
    forum: Channel
    staff: Channel
    mia: Member
    lena: Member
    alexander: Member
    jonas_matrix: MatrixMember
    alexander_matrix: MatrixMember
    support_room: str
    staff_room: str
    alexander_user_id: int
    ada_user_id: int
    support_reader: RoomReader
    staff_reader: RoomReader

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bot_log = folder / "bot.log"
        self.synapse = SynapseServer(folder / "synapse", server_name="sandbox.test")
        self.running = False
        self.freescout_up = False
        self._stack = contextlib.AsyncExitStack()
        self._bot_account: MatrixUser | None = None
        self._direct_rooms: dict[str, str] = {}

    async def start(self) -> None:
        """Start the three outside systems and move the people in. The bot is not running yet."""
        starting = (self._start_matrix(), self._start_discord(), self._start_freescout())
        parts = [asyncio.create_task(each) for each in starting]
        try:
            await asyncio.gather(*parts)
        finally:
            # When one fails, the others must not go on starting what nobody would stop.
            for part in parts:
                part.cancel()
            await asyncio.gather(*parts, return_exceptions=True)
        self.time = TimeMachine(self.folder / "clock", self.discord, self.freescout)
        self._write_bot_settings()
        self.running = True

    def start_bot(self) -> None:
        """Start the bot's process; GET /readyz tells when it is ready."""
        self.bot.start()

    async def stop(self) -> int | None:
        """Stop the bot first, then what it talks to; returns the bot's exit code. Safe at any moment."""
        self.running = False
        code = await self.bot.stop() if hasattr(self, "bot") else None
        await self._stack.aclose()
        return code

    def kill(self) -> None:
        """The quickest end, for an impatient second Ctrl-C."""
        if hasattr(self, "bot"):
            self.bot.kill()
        self.synapse.stop()

    async def take_freescout_down(self) -> None:
        """Nothing listens at FreeScout's address any more."""
        if self.freescout_up:
            self.freescout_up = False
            await self.freescout.go_down()

    async def bring_freescout_back(self) -> None:
        """The same FreeScout at the same address, with everything it had."""
        if not self.freescout_up:
            await self.freescout.come_back()
            self.freescout_up = True

    @property
    def board_url(self) -> str:
        """The bot's board of open tickets, with the token that opens it."""
        return f"{self.bot.url}/board?token={bot_settings.BOARD_TOKEN}"

    @property
    def bot_matrix_id(self) -> str:
        """The bot's Matrix account."""
        return f"@supportbot:{self.synapse.server_name}"

    @property
    def discord_people(self) -> dict[str, Member]:
        """Those who can post in Discord, by the name the page uses."""
        return {"Mia": self.mia, "Lena": self.lena, "Alexander": self.alexander}

    @property
    def matrix_people(self) -> dict[str, MatrixMember]:
        """Those who can post in Matrix, by the name the page uses."""
        return {"Jonas": self.jonas_matrix, "Alexander": self.alexander_matrix}

    @property
    def agents(self) -> dict[str, int]:
        """Those who answer in FreeScout, by first name, with their user ids."""
        return {"Alexander": self.alexander_user_id, "Ada": self.ada_user_id}

    @property
    def direct_rooms(self) -> dict[str, str]:
        """The direct Matrix rooms of people with the bot, by the person's name."""
        return dict(self._direct_rooms)

    def reader_of(self, room: str) -> RoomReader:
        """Who reads along in that room: Alexander in the team's, Jonas everywhere else."""
        return self.staff_reader if room == self.staff_room else self.support_reader

    async def direct_room(self, name: str) -> str:
        """A person's direct room with the bot; made, with an invitation to it, when there is none."""
        if name not in self._direct_rooms:
            member = self.matrix_people[name]
            body = {"preset": "trusted_private_chat", "is_direct": True, "invite": [self.bot_matrix_id]}
            answer = await member.request("POST", "/createRoom", body)
            self._direct_rooms[name] = str(answer["room_id"])
        return self._direct_rooms[name]

    # Matrix

    async def _start_matrix(self) -> None:
        self._stack.push_async_callback(asyncio.to_thread, self.synapse.stop)
        await self._start_synapse()
        jonas, alexander, bot = await asyncio.gather(
            *(self.synapse.register(name) for name in ("jonas", "alexander", "supportbot"))
        )
        self._bot_account = bot
        await self.synapse.override_ratelimit(bot.user_id)
        self.jonas_matrix = await self._matrix_person(jonas, "Jonas")
        self.alexander_matrix = await self._matrix_person(alexander, "Alexander")
        host = self.alexander_matrix
        self.support_room = await host.create_room(f"{PRODUCT}: support", SUPPORT_ROOM)
        self.staff_room = await host.create_room("Support team", public=False, invite=[bot.user_id])
        await self.jonas_matrix.join(self.support_room)
        # The bot is let in as an operator would: it may join on its own, and nobody has to click in the demo.
        async with self.synapse.member(bot) as account:
            await account.request("PUT", f"/profile/{bot.user_id}/displayname", {"displayname": "Support Bot"})
            await account.join(self.support_room)
            await account.join(self.staff_room)
        self.support_reader = await self._reader(self.jonas_matrix)
        self.staff_reader = await self._reader(self.alexander_matrix)

    async def _matrix_person(self, user: MatrixUser, name: str) -> MatrixMember:
        person = self.synapse.member(user)
        self._stack.push_async_callback(person.close)
        await person.request("PUT", f"/profile/{user.user_id}/displayname", {"displayname": name})
        return person

    async def _reader(self, member: MatrixMember) -> RoomReader:
        reader = RoomReader(member)
        reader.start()
        self._stack.push_async_callback(reader.stop)
        return reader

    async def _start_synapse(self) -> None:
        starting = asyncio.create_task(asyncio.to_thread(self.synapse.start))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            # A thread cannot be cancelled: stop whatever process it has started until it gives up.
            while not starting.done():
                self.synapse.stop()
                await asyncio.wait({starting}, timeout=0.1)
            starting.exception()
            raise

    # Discord

    async def _start_discord(self) -> None:
        self.discord = DiscordSimulator(guild_name=f"{PRODUCT} community")
        await self.discord.start()
        self._stack.push_async_callback(self.discord.stop)
        self.lead = self.discord.add_role("Support lead")
        self.oncall = self.discord.add_role(cast.ONCALL_ROLE, mentionable=True)
        self.mia = self.discord.add_member("Mia")
        self.lena = self.discord.add_member("Lena")
        self.alexander = self.discord.add_member("Alexander", roles=[self.lead.id, self.oncall.id])
        self.support = self.discord.add_text_channel("support")
        self.forum = self.discord.add_forum_channel("help-forum")
        self.staff = self.discord.add_text_channel("staff", private_to=[self.lead.id])

    # FreeScout

    async def _start_freescout(self) -> None:
        database = self.folder / "freescout.db"
        self.freescout = FreeScoutSimulator(
            database=database, number_offset=1000, undo_seconds=bot_settings.UNDO_SECONDS
        )
        await self.freescout.start()
        self._stack.push_async_callback(self.freescout.stop)
        self.alexander_user_id = self.freescout.add_user("Alexander", "Lindqvist", "alexander@help.example")
        self.ada_user_id = self.freescout.add_user("Ada", "Okafor", "ada@help.example")
        self.freescout_up = True

    # The bot

    def _write_bot_settings(self) -> None:
        bot_folder = self.folder / "bot"
        bot_folder.mkdir(mode=0o700, exist_ok=True)
        port = free_port()
        config = bot_settings.write_settings(
            self.folder / "config.toml", self._sections(bot_folder, port), self._team()
        )
        self.bot = BotProcess(config=config, log=self.bot_log, web_port=port, clock_file=self.time.path)
        self._stack.push_async_callback(self.bot.close)

    def _sections(self, bot_folder: Path, port: int) -> dict[str, dict[str, Any]]:
        assert self._bot_account is not None  # registered in `start`
        return {
            "store": {"url": f"sqlite+aiosqlite:///{bot_folder / 'supportbot.db'}"},
            "freescout": bot_settings.freescout_section(self.freescout),
            "discord": bot_settings.discord_section(
                self.discord, support=[self.support, self.forum], staff=self.staff, lead=self.lead
            ),
            "matrix": bot_settings.matrix_section(self.synapse.url, self._bot_account, bot_folder)
            | {
                "rooms": [f"#{SUPPORT_ROOM}:{self.synapse.server_name}"],
                "staff_room": self.staff_room,
                "triagers": [self.alexander_matrix.user_id],
            },
            "intake": {"group_seconds": bot_settings.GROUP_SECONDS},
            "web": bot_settings.web_section(port),
            **bot_settings.sla_sections(oncall=self.oncall),
            "log": {"level": "info", "format": "json"},
        }

    def _team(self) -> list[dict[str, Any]]:
        ids = {"discord_id": self.alexander.id, "matrix_id": self.alexander_matrix.user_id}
        return [
            {"name": "Alexander", "freescout_user_id": self.alexander_user_id, **ids},
            {"name": "Ada", "freescout_user_id": self.ada_user_id},
        ]
