"""What operators do beside the running bot: look, retry, discard, look up, back up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from bot.beside import backup_store, draw_report, now_utc, read_readiness, reporting_beside, store_beside
from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.errors import CommandError
from bot.domain.ids import DeliveryId, TicketNumber
from bot.domain.report import Report
from bot.domain.report_csv import report_csv
from bot.domain.report_json import report_json
from bot.domain.report_period import Period, period_of
from bot.domain.report_text import report_text
from bot.ports.store import AuditLine, Records
from bot.settings import Settings
from bot.usecases.housekeeping import CHANGED, CLI
from bot.usecases.places import desk_lane

WRITTEN: Mapping[str, Callable[[Report], str]] = {"text": report_text, "csv": report_csv, "json": report_json}
"""The formats of a report that are text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """What ``supportbot status`` shows. ``answer`` is the running bot's /readyz; the rest comes from the store."""

    running: bool
    address: str
    answer: Mapping[str, object] = field(default_factory=dict)
    counts: Mapping[DeliveryState, int] = field(default_factory=dict)
    oldest: Delivery | None = None


async def status_of(settings: Settings) -> StatusReport:
    """Ask the running bot and the store. Raises ``StoreError`` when there is no store yet."""
    address = f"http://{settings.web.host}:{settings.web.port}"
    answer = await read_readiness(address)
    async with store_beside(settings) as store:
        counts = await store.read(lambda records: records.outbox.counts())
        oldest = await store.read(lambda records: records.outbox.oldest_pending())
    return StatusReport(running=answer is not None, address=address, answer=answer or {}, counts=counts, oldest=oldest)


async def parked(settings: Settings) -> Sequence[Delivery]:
    """All parked deliveries, oldest first."""
    async with store_beside(settings) as store:
        return await store.read(lambda records: records.outbox.parked())


async def retry(settings: Settings, name: str) -> Sequence[Delivery]:
    """Set parked deliveries free, marked as late; a running bot takes them up within seconds."""
    now = now_utc()

    def freed(delivery: Delivery) -> Delivery:
        # A refusal may have come after the work (or a part of it) was done: look first.
        return replace(
            delivery,
            state=DeliveryState.PENDING,
            attempts=0,
            next_attempt_at=now,
            late=True,
            outcome_unknown=True,
            tried_at=delivery.tried_at or delivery.created_at,
        )

    return await _change(settings, name, freed)


async def discard(settings: Settings, name: str) -> Sequence[Delivery]:
    """Give parked deliveries up."""
    return await _change(settings, name, lambda delivery: replace(delivery, state=DeliveryState.DISCARDED))


async def audit_of(settings: Settings, number: TicketNumber) -> Sequence[AuditLine]:
    """Who did what to a ticket, also before it had a number or under a former one; oldest first."""

    async def work(records: Records) -> Sequence[AuditLine]:
        names = {str(number)}
        link = await records.links.numbered(number)
        ticket = await records.sla.numbered(number)
        if link is not None:
            names |= {link.link_id, desk_lane(link.link_id), str(link.number)}
        if ticket is not None:
            names |= {ticket.ticket_id, desk_lane(f"conversation:{ticket.conversation_id}")}
        return await records.audit.of(*sorted(names))

    async with store_beside(settings) as store:
        return await store.read(work)


def days_of(settings: Settings, first: str, last: str) -> Period:
    """The days that ``--from`` and ``--to`` mean, both included. Raises ``CommandError``."""
    return period_of(first, last, today=now_utc().astimezone(ZoneInfo(settings.sla.zone)).date())


async def make_report(settings: Settings, period: Period, form: str) -> bytes:
    """The report of these days as "text", "csv", "json" (in UTF-8) or "png". Raises ``StoreError``, ``PlotsError``."""
    async with reporting_beside(settings) as reporting:
        report = await reporting.report(period.since, period.until)
    return WRITTEN[form](report).encode() if form in WRITTEN else await draw_report(report)


async def make_backup(settings: Settings, file: Path) -> Path:
    """Write store, Matrix keys and seeds into one file, readable by its owner only."""
    await backup_store(settings, file)
    return file


async def _change(settings: Settings, name: str, change: Callable[[Delivery], Delivery]) -> Sequence[Delivery]:
    async def work(records: Records) -> Sequence[Delivery]:
        found = await _named(records, name)
        changed = [change(delivery) for delivery in found]
        for delivery in changed:
            await records.outbox.save(delivery)
        await records.memory.remember(CLI, {CHANGED: uuid4().hex})
        return changed

    async with store_beside(settings) as store:
        return await store.write(work)


async def _named(records: Records, name: str) -> Sequence[Delivery]:
    if name == "all":
        return await records.outbox.parked()
    delivery = await records.outbox.get(DeliveryId(name))
    if delivery is None:
        raise CommandError(f"There is no delivery {name}. `supportbot outbox list` shows those that wait.")
    if delivery.state is not DeliveryState.PARKED:
        raise CommandError(f"Delivery {name} is not parked: it is {delivery.state}. Nothing was changed.")
    return [delivery]
