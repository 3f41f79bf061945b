"""The composition root: settings in, a wired runtime out; the only module that sees adapters."""

import tomllib
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog
from typing_extensions import override

from adapters.discord.client import DiscordAdapter
from adapters.freescout.client import FreeScout
from adapters.freescout.webhook import FreeScoutWebhook
from adapters.matrix.client import MatrixClient
from adapters.plots.client import PlotsProcess
from adapters.store.engine import SqlStore, open_store
from adapters.store.lock import store_lock
from adapters.store.place import spool_folder
from adapters.store.spool import FolderSpool
from adapters.system.clock import SystemClock, SystemDice
from adapters.system.moved_clock import MovedClock
from adapters.web.board import BoardPages
from adapters.web.server import WebServer
from bot.core import Core
from bot.domain.chat import Platform
from bot.domain.errors import StoreError, StoreNotReadyError
from bot.domain.findings import Finding
from bot.domain.helpdesk import Status
from bot.domain.wording import Wording
from bot.logs import also_redact
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock
from bot.ports.inbound import HealthReports, PartState, WebEndpoint
from bot.runtime import ChatLeg, Runtime
from bot.settings import Settings
from bot.settings_sections import DiscordSettings, MatrixSettings
from bot.team import rules_of, staff_places_of, team_of
from bot.usecases.health import Health
from bot.usecases.housekeeping import Housekeeping

log = structlog.get_logger(__name__)


async def run_bot(settings: Settings, *, sandbox_clock: Path | None = None) -> int:
    """Run until a signal; the result is the exit code. Raises ``BotError`` when it cannot start.

    ``sandbox_clock`` is set in the sandbox only: a file that says how far the clock is ahead.
    """
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(store_lock(settings.store.url))
        clock = MovedClock(sandbox_clock) if sandbox_clock is not None else SystemClock()
        store = await stack.enter_async_context(open_store(settings.store.url, clock=clock))
        core = Composed(settings, store, clock)
        stack.push_async_callback(core.aclose)
        await core.keep_time()
        await stack.enter_async_context(
            WebServer(
                host=settings.web.host,
                port=settings.web.port,
                status=core.health,
                posts=core.endpoints,
                board=core.pages,
            )
        )
        return await core.runtime().run()


async def inspect_all(settings: Settings) -> Sequence[Finding]:
    """Log in to each system and look at what the bot needs there. Reads only; works beside a running bot."""
    async with AsyncExitStack() as stack:
        store, finding = await _store_to_look_at(settings, stack)
        core = Composed(settings, store, SystemClock())
        stack.push_async_callback(core.aclose)
        found = [finding, _staff_place(settings), *await core.desk.inspect()]
        for chat in core.chats.values():
            found += await chat.inspect()
        return found


def _staff_place(settings: Settings) -> Finding:
    if settings.has_staff_place():
        return Finding(part="team", subject="staff place", well=True)
    fix = "set discord.staff_channel or matrix.staff_room: until then cards, warnings and pages appear nowhere"
    return Finding(part="team", subject="staff place", well=False, fix=fix)


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


def wording() -> Wording:
    """What the bot says, in English."""
    return Wording(texts=tomllib.loads((files("bot") / "texts" / "en.toml").read_text(encoding="utf-8")))


FREESCOUT_WEBHOOK = "/webhooks/freescout"


class NoHealth(HealthReports):
    """For commands that use an adapter without a process whose health anybody watches."""

    @override
    def report(self, part: str, state: PartState, detail: str = "") -> None:
        """Nobody asks."""

    @override
    def progress(self, part: str) -> None:
        """Nobody asks."""


def webhook_address(settings: Settings) -> str:
    """Where FreeScout's webhooks arrive; "" when nobody said how it reaches the bot."""
    return f"{settings.web.public_url.rstrip('/')}{FREESCOUT_WEBHOOK}" if settings.web.public_url else ""


def make_desk(settings: Settings, *, health: HealthReports, clock: Clock) -> FreeScout:
    """The help desk's adapter."""
    desk = settings.freescout
    return FreeScout(
        url=desk.url,
        api_key=desk.api_key.get_secret_value(),
        mailbox_id=desk.mailbox_id,
        bot_user_id=desk.bot_user_id,
        triage_as=desk.triage_as,
        label_field=desk.label_field,
        priority_field=desk.priority_field,
        clocks_field=desk.clocks_field,
        webhook_url=webhook_address(settings),
        webhook_signed=desk.webhook_secret is not None,
        poll_seconds=desk.poll_seconds,
        health=health,
        clock=clock,
    )


class Composed:
    """The edges and the core between them."""

    def __init__(self, settings: Settings, store: SqlStore, clock: SystemClock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._dice = SystemDice()
        needed = frozenset(name for name in ("discord", "matrix") if getattr(settings, name) is not None)
        self.health = Health(clock=clock, store=store, writable=store.writable, needed=needed | {"store"})
        self.health.report("store", PartState.CONNECTED)
        self.health.report("freescout", PartState.STARTING)
        self.desk = make_desk(settings, health=self.health, clock=clock)
        self.chats: dict[Platform, ChatPlatform] = {}
        self._spool = FolderSpool(spool_folder(settings.store.url))
        self._core = Core(
            store=store,
            spool=self._spool,
            desk=self.desk,
            chats=self.chats,
            clock=clock,
            dice=self._dice,
            wording=wording(),
            team=team_of(settings),
            staff=staff_places_of(settings),
            rules=rules_of(settings),
            desk_reachable=lambda: self.health.state("freescout") in {PartState.STARTING, PartState.CONNECTED},
            on_progress=self.health.pump_moved,
            plots=PlotsProcess(),
        )
        self._legs: list[ChatLeg] = []
        self._discord = self._make_discord(settings.discord) if settings.discord is not None else None
        if self._discord is not None:
            self.chats[Platform.DISCORD] = self._discord
            self._legs.append(_leg("discord", self._discord))
        if settings.matrix is not None:
            matrix = self._make_matrix(settings.matrix)
            self.chats[Platform.MATRIX] = matrix
            self._legs.append(_leg("matrix", matrix))

    async def keep_time(self) -> None:
        """Load what clocks go by; comes before anything else begins."""
        await self._core.clockwork.time.load(self._store)

    async def aclose(self) -> None:
        """End the connections to the systems."""
        await self.desk.aclose()
        if self._discord is not None:
            await self._discord.close()

    @property
    def endpoints(self) -> Mapping[str, WebEndpoint]:
        """What is posted to the bot, by path."""
        secret = self._settings.freescout.webhook_secret
        webhook = FreeScoutWebhook(
            secret=secret.get_secret_value() if secret is not None else None, events=self._core.reader
        )
        return {FREESCOUT_WEBHOOK: webhook}

    @property
    def pages(self) -> BoardPages | None:
        """The board; none without a token."""
        token = self._settings.web.board_token
        if token is None:
            return None
        return BoardPages(board=self._core.clockwork.board, token=token.get_secret_value(), clock=self._clock)

    def runtime(self) -> Runtime:
        """The legs, wired."""
        core = self._core
        chores = Housekeeping(store=self._store, clock=self._clock, pump=core.pump, sweep=self._spool.sweep)
        return Runtime(
            pump=core.pump,
            chat_legs=self._legs,
            watchers={
                "reassurance": core.reassurance.run,
                "housekeeping": chores.run,
                "desk-reader": core.reader.run,
                "reconciliation": core.reconciliation.run,
                "silence": core.silence.run,
                "sla-watch": core.clockwork.watch.run,
                "weekly-report": core.clockwork.weekly.run,
                "board-report": core.clockwork.board.run,
            },
            health=self.health,
            on_refused=core.incidents.leg_refused,
            clock=self._clock,
            dice=self._dice,
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
            oncall_roles=tuple(
                one.removeprefix("role:")
                for one in self._settings.sla.oncall_mention.split()
                if one.startswith("role:")
            ),
            status_tags={Status(status): (tag,) for status, tag in settings.status_tags.items()},
            backfill_hours=self._settings.intake.backfill_hours,
            intake=self._core.intake,
            events=self._core.incidents,
            commands=self._core.commands,
            suggestions=self._core.suggestions,
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
            intake=self._core.intake,
            events=self._core.incidents,
            health=self.health,
            clock=self._clock,
            dice=self._dice,
            on_token=also_redact,
        )


def _leg(name: str, adapter: DiscordAdapter | MatrixClient) -> ChatLeg:
    return ChatLeg(name=name, run=adapter.run, stop_receiving=adapter.stop_receiving)
