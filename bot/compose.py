"""The composition root: settings in, a wired runtime out; the only module that sees adapters."""

import tomllib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import structlog

from adapters.discord.client import DiscordAdapter
from adapters.freescout.client import FreeScout
from adapters.matrix.client import MatrixClient
from adapters.store.backup import backup
from adapters.store.engine import SqlStore, open_store
from adapters.store.lock import store_lock
from adapters.store.place import spool_folder
from adapters.store.spool import FolderSpool
from adapters.system.clock import SystemClock, SystemDice
from adapters.web.server import WebServer
from bot.domain.chat import Platform
from bot.domain.errors import BotError, StoreError, StoreNotReadyError
from bot.domain.findings import Finding
from bot.domain.wording import Wording
from bot.logs import also_redact
from bot.ports.chat import ChatPlatform
from bot.ports.inbound import PartState
from bot.runtime import ChatLeg, Runtime
from bot.settings import Settings
from bot.settings_sections import DiscordSettings, MatrixSettings
from bot.team import staff_places_of, team_of
from bot.usecases.closing import Closing
from bot.usecases.commands import Act, Commands, TicketSuggestions
from bot.usecases.delivery import Pump
from bot.usecases.desk_watch import DeskWatch
from bot.usecases.events import ChatIncidents
from bot.usecases.files import Files
from bot.usecases.filing import Filing
from bot.usecases.handling import Handler
from bot.usecases.health import Health
from bot.usecases.housekeeping import Housekeeping
from bot.usecases.intake import Intake, IntakeRules
from bot.usecases.parking import Parking, Reassurance
from bot.usecases.speaking import Speaking, SpeakingRules, TypedCommands
from bot.usecases.tickets import Tickets
from bot.usecases.triage import Triage

log = structlog.get_logger(__name__)


async def run_bot(settings: Settings) -> int:
    """Run until a signal; the result is the exit code. Raises ``BotError`` when it cannot start."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(store_lock(settings.store.url))
        clock = SystemClock()
        store = await stack.enter_async_context(open_store(settings.store.url, clock=clock))
        core = _Core(settings, store, clock)
        stack.push_async_callback(core.aclose)
        await stack.enter_async_context(WebServer(host=settings.web.host, port=settings.web.port, status=core.health))
        return await core.runtime().run()


async def inspect_all(settings: Settings) -> Sequence[Finding]:
    """Log in to each system and look at what the bot needs there. Reads only; works beside a running bot."""
    async with AsyncExitStack() as stack:
        store, finding = await _store_to_look_at(settings, stack)
        core = _Core(settings, store, SystemClock())
        stack.push_async_callback(core.aclose)
        found = [finding, *await core.desk.inspect()]
        for chat in core.chats.values():
            found += await chat.inspect()
        return found


async def _store_to_look_at(settings: Settings, stack: AsyncExitStack) -> tuple[SqlStore, Finding]:
    """The store as it is; where there is none to be opened, an empty one that is gone afterwards."""
    try:
        store = await stack.enter_async_context(open_store(settings.store.url, clock=SystemClock(), create=False))
    except StoreError as error:
        folder = stack.enter_context(TemporaryDirectory())
        url = f"sqlite+aiosqlite:///{folder}/empty.db"
        store = await stack.enter_async_context(open_store(url, clock=SystemClock()))
        will_do = isinstance(error, StoreNotReadyError)
        return store, Finding(part="store", subject="store", well=will_do, fix=str(error))
    return store, Finding(part="store", subject="store", well=True)


async def reset_matrix_identity(settings: Settings) -> str:
    """Replace the Matrix account's cross-signing identity. Returns what to tell; raises ``BotError``."""
    if settings.matrix is None:
        raise BotError("Matrix is not set up: there is no [matrix] section in the settings.")
    async with open_store(settings.store.url, clock=SystemClock(), create=False) as store:
        core = _Core(settings, store, SystemClock())
        matrix = core.chats[Platform.MATRIX]
        assert isinstance(matrix, MatrixClient)
        await matrix.reset_identity()
    return "The bot has a new cross-signing identity. Restart it; people who verified it before will see the change."


@asynccontextmanager
async def store_beside(settings: Settings) -> AsyncIterator[SqlStore]:
    """The store for a command beside the running bot; it is neither made nor migrated. Raises ``StoreError``."""
    async with open_store(settings.store.url, clock=SystemClock(), create=False) as store:
        yield store


async def backup_store(settings: Settings, file: Path) -> None:
    """A consistent copy of store, keys and seeds. Raises ``StoreError``."""
    keys = [Path(settings.matrix.store_path)] if settings.matrix else []
    await backup(settings.store.url, file, keys)


async def read_readiness(address: str) -> Mapping[str, object] | None:
    """What the running bot answers to /readyz; None when nothing answers there."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5), trust_env=False) as session,
            session.get(f"{address}/readyz", allow_redirects=False) as response,
        ):
            answer = await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None


def now_utc() -> datetime:
    """The present."""
    return SystemClock().now()


def wording() -> Wording:
    """What the bot says, in English."""
    return Wording(texts=tomllib.loads((files("bot") / "texts" / "en.toml").read_text(encoding="utf-8")))


class _Core:
    """Everything between the edges, and the edges themselves."""

    def __init__(self, settings: Settings, store: SqlStore, clock: SystemClock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._dice = SystemDice()
        self._words = wording()
        self._team = team_of(settings)
        self._staff = staff_places_of(settings)
        needed = frozenset(name for name in ("discord", "matrix") if getattr(settings, name) is not None)
        self.health = Health(clock=clock, store=store, writable=store.writable, needed=needed | {"store"})
        self.health.report("store", PartState.CONNECTED)
        self.health.report("freescout", PartState.STARTING)
        self.desk = self._make_desk()
        self._intake = Intake(
            store=store,
            clock=clock,
            team=self._team,
            rules=IntakeRules(
                group=timedelta(seconds=settings.intake.group_seconds), ack_reaction=settings.intake.ack_reaction
            ),
        )
        self._incidents = ChatIncidents(store=store, clock=clock, wording=self._words, staff=self._staff)
        self._commands = self._make_commands()
        self.chats: dict[Platform, ChatPlatform] = {}
        self._legs: list[ChatLeg] = []
        self._discord = self._make_discord(settings.discord) if settings.discord is not None else None
        if self._discord is not None:
            self.chats[Platform.DISCORD] = self._discord
            self._legs.append(_leg("discord", self._discord))
        if settings.matrix is not None:
            matrix = self._make_matrix(settings.matrix)
            self.chats[Platform.MATRIX] = matrix
            self._legs.append(_leg("matrix", matrix))

    async def aclose(self) -> None:
        """End the connections to the systems."""
        await self.desk.aclose()
        if self._discord is not None:
            await self._discord.close()

    def runtime(self) -> Runtime:
        """The legs, wired."""
        spool = FolderSpool(spool_folder(self._settings.store.url))
        pump = self._make_pump(spool)
        reassurance = Reassurance(store=self._store, clock=self._clock, wording=self._words)
        watch = DeskWatch(
            desk=self.desk, clock=self._clock, every=timedelta(seconds=self._settings.freescout.poll_seconds)
        )
        chores = Housekeeping(store=self._store, clock=self._clock, pump=pump, sweep=spool.sweep)
        return Runtime(
            pump=pump,
            chat_legs=self._legs,
            background=(reassurance.run, chores.run, watch.run),
            health=self.health,
            on_refused=self._incidents.leg_refused,
            clock=self._clock,
            dice=self._dice,
        )

    def _make_desk(self) -> FreeScout:
        desk = self._settings.freescout
        return FreeScout(
            url=desk.url,
            api_key=desk.api_key.get_secret_value(),
            mailbox_id=desk.mailbox_id,
            bot_user_id=desk.bot_user_id,
            triage_as=desk.triage_as,
            label_field=desk.label_field,
            priority_field=desk.priority_field,
            health=self.health,
            clock=self._clock,
        )

    def _make_commands(self) -> Commands:
        tickets = Tickets(store=self._store, desk=self.desk, wording=self._words)
        triage = Triage(store=self._store, clock=self._clock, wording=self._words, tickets=tickets)
        closing = Closing(store=self._store, clock=self._clock, wording=self._words, tickets=tickets)
        acts: dict[str, Act] = {"triage": triage.run, "close": closing.run}
        return Commands(
            team=self._team,
            wording=self._words,
            acts=acts,
            desk_reachable=lambda: self.health.state("freescout") in {PartState.STARTING, PartState.CONNECTED},
        )

    def _make_discord(self, settings: DiscordSettings) -> DiscordAdapter:
        return DiscordAdapter(
            token=settings.token.get_secret_value(),
            guild_id=settings.guild_id,
            support_channels=settings.support_channels,
            staff_channel=settings.staff_channel or "",
            triager_roles=settings.triager_roles,
            staff_roles=settings.staff_roles,
            member_ids=frozenset(str(one.discord_id) for one in self._settings.staff.members if one.discord_id),
            api_url=settings.api_url,
            gateway_url=settings.gateway_url,
            backfill_hours=self._settings.intake.backfill_hours,
            intake=self._intake,
            events=self._incidents,
            commands=self._commands,
            suggestions=TicketSuggestions(store=self._store, team=self._team),
            health=self.health,
            clock=self._clock,
            dice=self._dice,
        )

    def _make_matrix(self, settings: MatrixSettings) -> MatrixClient:
        hours = self._settings.intake.backfill_hours
        return MatrixClient(
            homeserver=settings.homeserver,
            user_id=settings.user_id,
            password=settings.password.get_secret_value() if settings.password else "",
            access_token=settings.access_token.get_secret_value() if settings.access_token else "",
            device_id=settings.device_id,
            store_path=Path(settings.store_path),
            store_key=settings.store_key.get_secret_value() if settings.store_key else "",
            rooms=settings.rooms,
            staff_room=settings.staff_room,
            accept_invites=settings.accept_invites,
            backfill=timedelta(hours=hours) if hours else None,
            intake=self._intake,
            events=self._incidents,
            health=self.health,
            clock=self._clock,
            dice=self._dice,
            on_token=also_redact,
        )

    def _make_pump(self, spool: FolderSpool) -> Pump:
        settings = self._settings
        copies = Files(
            store=self._store,
            spool=spool,
            clock=self._clock,
            wording=self._words,
            chats=self.chats,
            max_bytes=settings.intake.max_attachment_bytes,
        )
        filing = Filing(
            store=self._store,
            desk=self.desk,
            clock=self._clock,
            files=copies,
            wording=self._words,
            chats=self.chats,
            staff=self._staff,
        )
        speaking = Speaking(
            store=self._store,
            clock=self._clock,
            wording=self._words,
            chats=self.chats,
            staff=self._staff,
            rules=SpeakingRules(notify_author=settings.replies.notify_author, privacy_url=settings.intake.privacy_url),
        )
        typed = TypedCommands(runner=self._commands, clock=self._clock, staff=self._staff)
        handlers: dict[str, Handler] = {
            "fetch_files": copies.fetch,
            "open_conversation": filing.open,
            "file_message": filing.file,
            "file_late_files": filing.late_files,
            "write_note": filing.note,
            "set_triage": filing.set_triage,
            "set_status": filing.set_status,
            "react": speaking.react,
            "announce_number": speaking.announce,
            "say": speaking.say,
            "run_command": typed.run,
        }
        return Pump(
            store=self._store,
            clock=self._clock,
            dice=self._dice,
            handlers=handlers,
            on_parked=Parking(clock=self._clock, wording=self._words, staff=self._staff),
            on_progress=self.health.pump_moved,
        )


def _leg(name: str, adapter: DiscordAdapter | MatrixClient) -> ChatLeg:
    return ChatLeg(name=name, run=adapter.run, stop_receiving=adapter.stop_receiving)
