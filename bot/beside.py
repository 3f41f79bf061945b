"""What commands need beside the running bot, or instead of it: the store, reports, webhooks, the Matrix identity."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import aiohttp

from adapters.matrix.client import MatrixClient
from adapters.plots.client import PlotsProcess
from adapters.store.backup import backup
from adapters.store.engine import SqlStore, open_store
from adapters.system.clock import SystemClock
from bot.compose import Composed, NoHealth, make_desk, webhook_address, wording
from bot.domain.chat import Platform
from bot.domain.errors import BotError
from bot.domain.report import Report
from bot.domain.report_charts import charts_of
from bot.domain.report_summary import picture_title
from bot.settings import Settings
from bot.team import sla_rules_of
from bot.usecases.reporting import Reporting
from bot.usecases.timekeeping import Timekeeping


@asynccontextmanager
async def store_beside(settings: Settings) -> AsyncIterator[SqlStore]:
    """The store for a command beside the running bot; it is neither made nor migrated. Raises ``StoreError``."""
    async with open_store(settings.store.url, clock=SystemClock(), create=False) as store:
        yield store


@asynccontextmanager
async def reporting_beside(settings: Settings) -> AsyncIterator[Reporting]:
    """Reports for a command beside the running bot; nothing is written. Raises ``StoreError``."""
    clock = SystemClock()
    async with store_beside(settings) as store:
        time = Timekeeping(clock=clock, rules=sla_rules_of(settings.sla))
        await time.look(store)
        yield Reporting(store=store, clock=clock, time=time)


async def draw_report(report: Report) -> bytes:
    """All charts of a report as one PNG. Raises ``PlotsError``."""
    return await PlotsProcess().draw_picture(charts_of(report), picture_title(report, wording()))


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


async def install_webhooks(settings: Settings) -> Sequence[str]:
    """Have the help desk tell the bot what happens. Returns what was done; raises ``BotError``."""
    address = webhook_address(settings)
    if not address:
        raise BotError(
            'Where can FreeScout reach the bot? Set "web.public_url", for example to https://bot.example.org. Without '
            f"it answers are found by asking every {settings.freescout.poll_seconds:g} s, which works too."
        )
    if settings.freescout.webhook_secret is None:
        raise BotError(
            'FreeScout signs its webhooks: set "freescout.webhook_secret" to the Secret Key that it shows under '
            "Manage > API & Webhooks."
        )
    desk = make_desk(settings, health=NoHealth(), clock=SystemClock())
    try:
        return [await desk.install_webhook(address)]
    finally:
        await desk.aclose()


async def reset_matrix_identity(settings: Settings) -> str:
    """Replace the Matrix account's cross-signing identity. Returns what to tell; raises ``BotError``."""
    if settings.matrix is None:
        raise BotError("Matrix is not set up: there is no [matrix] section in the settings.")
    async with open_store(settings.store.url, clock=SystemClock(), create=False) as store:
        core = Composed(settings, store, SystemClock())
        matrix = core.chats[Platform.MATRIX]
        assert isinstance(matrix, MatrixClient)
        await matrix.reset_identity()
    return "The bot has a new cross-signing identity. Restart it; people who verified it before will see the change."
