"""How the parts are doing: the last success of each leg, and whether the pump and the event loop move."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from typing_extensions import override

from bot.domain.delivery import DeliveryState
from bot.domain.errors import StoreError
from bot.ports.clock import Clock
from bot.ports.inbound import HealthReports, PartState, WebStatus
from bot.ports.store import Store

log = structlog.get_logger(__name__)

STALLED_AFTER = timedelta(seconds=30)
"""/healthz fails when the event loop or the pump has not moved for this long (behaviour.md)."""

_WELL = {PartState.CONNECTED, PartState.UNVERIFIED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part: its state and since when, what people should know about it, and its last success."""

    state: PartState
    since: datetime
    detail: str = ""
    last_success_at: datetime | None = None

    @property
    def well(self) -> bool:
        """Whether it does its work."""
        return self.state in _WELL


class Health(HealthReports, WebStatus):
    """Collects what the legs report and answers the probes. FreeScout being down is told and fails nothing."""

    def __init__(
        self, *, clock: Clock, store: Store, writable: Callable[[], Awaitable[bool]], needed: frozenset[str]
    ) -> None:
        self._clock = clock
        self._store = store
        self._writable = writable
        self._needed = needed
        started = Part(state=PartState.STARTING, since=clock.now())
        self._parts: dict[str, Part] = dict.fromkeys(sorted(needed), started)
        self._pump_moved_at = clock.now()

    @override
    def report(self, part: str, state: PartState, detail: str = "") -> None:
        before = self._parts.get(part)
        if before is not None and before.state is state and before.detail == detail:
            return
        now = self._clock.now()
        changed = before is None or before.state is not state
        since = now if changed or before is None else before.since
        last = now if state in _WELL else (before.last_success_at if before else None)
        self._parts[part] = Part(state=state, since=since, detail=detail, last_success_at=last)
        if changed:
            write = log.info if state in _WELL or state is PartState.STARTING else log.warning
            write("part changed", part=part, state=state, detail=detail)

    @override
    def progress(self, part: str) -> None:
        known = self._parts.get(part)
        if known is not None:
            self._parts[part] = replace(known, last_success_at=self._clock.now())

    def pump_moved(self) -> None:
        """The pump has gone round."""
        self._pump_moved_at = self._clock.now()

    def state(self, part: str) -> PartState | None:
        """A part's state; None when it never reported."""
        known = self._parts.get(part)
        return known.state if known else None

    @override
    async def alive(self) -> tuple[bool, Mapping[str, object]]:
        pump_moves = self._clock.now() - self._pump_moved_at < STALLED_AFTER
        writable = await self._writable()
        details = {"alive": pump_moves and writable, "pump_moves": pump_moves, "store_writable": writable}
        return pump_moves and writable, details

    @override
    async def ready(self) -> tuple[bool, Mapping[str, object]]:
        outbox: Mapping[str, object] | None = None
        try:
            outbox = await self._outbox()
        except StoreError as error:
            self.report("store", PartState.DISCONNECTED, str(error))
        else:
            self.report("store", PartState.CONNECTED)
        ready = all(self._parts[name].well for name in self._needed)
        parts = {name: _shown(part) for name, part in self._parts.items()}
        return ready, {"ready": ready, "parts": parts, "outbox": outbox}

    async def _outbox(self) -> Mapping[str, object]:
        oldest = await self._store.read(lambda records: records.outbox.oldest_pending())
        counts = await self._store.read(lambda records: records.outbox.counts())
        waits = (self._clock.now() - oldest.created_at).total_seconds() if oldest else None
        return {
            "pending": counts.get(DeliveryState.PENDING, 0),
            "parked": counts.get(DeliveryState.PARKED, 0),
            "oldest_pending_seconds": None if waits is None else round(waits, 1),
        }


def _shown(part: Part) -> dict[str, object]:
    shown: dict[str, object] = {"state": part.state.value, "since": part.since.isoformat(timespec="seconds")}
    if part.detail:
        shown["detail"] = part.detail
    if part.last_success_at:
        shown["last_success_at"] = part.last_success_at.isoformat(timespec="seconds")
    return shown
