"""Requests with their clocks, in memory."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from typing_extensions import override

from bot.domain.ids import ConversationId, LinkId, TicketNumber
from bot.domain.sla_ticket import BoardFilter, OpenCounts, SlaIndex, SlaTicket, SlaTicketId
from bot.ports.store_sla import SlaTickets
from tests.fakes.table import Table

_NEVER = datetime.max.replace(tzinfo=UTC)
_FILTERED = ("origin", "label", "priority")


class FakeSlaTickets(Table, SlaTickets):
    """Tickets by id, with their index."""

    @override
    async def save(self, ticket: SlaTicket, index: SlaIndex) -> None:
        self._rows.sla[ticket.ticket_id] = (ticket, index)

    @override
    async def get(self, ticket_id: SlaTicketId) -> SlaTicket | None:
        found = self._all.sla.get(ticket_id)
        return found[0] if found is not None else None

    @override
    async def of_conversation(self, conversation_id: ConversationId) -> SlaTicket | None:
        return self._best([one for one in self._all.sla.values() if one[0].conversation_id == conversation_id])

    @override
    async def of_link(self, link_id: LinkId) -> SlaTicket | None:
        found = [ticket for ticket, _ in self._all.sla.values() if ticket.link_id == link_id]
        return max(found, key=lambda ticket: ticket.received_at, default=None)

    @override
    async def numbered(self, number: TicketNumber) -> SlaTicket | None:
        return self._best([one for one in self._all.sla.values() if one[0].number == number])

    @override
    async def due(self, at: datetime, limit: int) -> Sequence[SlaTicket]:
        planned = [(index.next_at, ticket) for ticket, index in self._all.sla.values() if index.next_at is not None]
        return [ticket for next_at, ticket in sorted(planned, key=lambda one: one[0]) if next_at <= at][:limit]

    @override
    async def running(self, after: SlaTicketId, limit: int) -> Sequence[SlaTicket]:
        return [ticket for ticket, index in self._in_order(after) if index.is_running][:limit]

    @override
    async def open_ones(self, chosen: BoardFilter, limit: int) -> Sequence[SlaTicket]:
        found = [one for one in self._all.sla.values() if one[1].is_open and not _misses(one[0], chosen)]
        found.sort(key=lambda one: (one[1].due_at or _NEVER, one[0].received_at))
        return [ticket for ticket, _ in found[:limit]]

    @override
    async def counts(self, chosen: BoardFilter) -> OpenCounts:
        found = [(ticket, index) for ticket, index in self._all.sla.values() if index.is_open]
        by = {
            name: Counter(_value(ticket, name) for ticket, _ in found if not _misses(ticket, chosen) - {name})
            for name in _FILTERED
        }
        return OpenCounts(
            total=len(found),
            breached=sum(index.is_breached for _, index in found),
            untriaged=sum(not ticket.triaged_by for ticket, _ in found),
            by_origin=dict(by["origin"]),
            by_label=dict(by["label"]),
            by_priority=dict(by["priority"]),
        )

    @override
    async def touching(self, since: datetime, until: datetime, after: SlaTicketId, limit: int) -> Sequence[SlaTicket]:
        return [
            ticket
            for ticket, index in self._in_order(after)
            if ticket.received_at < until and (index.is_running or index.last_at >= since)
        ][:limit]

    def _in_order(self, after: SlaTicketId) -> Sequence[tuple[SlaTicket, SlaIndex]]:
        return [self._all.sla[name] for name in sorted(self._all.sla) if name > after]

    @staticmethod
    def _best(found: Sequence[tuple[SlaTicket, SlaIndex]]) -> SlaTicket | None:
        best = min(found, key=lambda one: (not one[1].is_open, one[0].received_at), default=None)
        return best[0] if best is not None else None


def _value(ticket: SlaTicket, name: str) -> str:
    return ticket.label or ticket.suggested_label if name == "label" else str(getattr(ticket, name).value)


def _misses(ticket: SlaTicket, chosen: BoardFilter) -> set[str]:
    return {name for name in _FILTERED if getattr(chosen, name) not in {"", _value(ticket, name)}}
