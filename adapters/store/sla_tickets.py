"""Requests with their clocks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from adapters.store.codec import SLA_TICKETS
from adapters.store.columns import Instant
from adapters.store.session import Session, first
from adapters.store.tables import SLA_IS_OPEN, SLA_IS_PLANNED, SLA_IS_RUNNING, Row, sla_tickets
from adapters.store.upserts import replacing
from bot.domain.ids import ConversationId, LinkId, TicketNumber
from bot.domain.sla_ticket import BoardFilter, OpenCounts, SlaIndex, SlaTicket, SlaTicketId
from bot.ports.store_sla import SlaTickets

_TABLE = sla_tickets.c
_FOUND = sa.select(_TABLE.ticket_id, _TABLE.content)
_MOST = sa.bindparam("most", type_=sa.Integer)
_AFTER = sa.bindparam("after", type_=sa.Text)

_SAVE = replacing(sla_tickets, *(column.name for column in sla_tickets.c if column.name != "ticket_id"))
_GET = _FOUND.where(_TABLE.ticket_id == sa.bindparam("ticket_id"))
_OF_CONVERSATION = (
    _FOUND.where(_TABLE.conversation_id == sa.bindparam("conversation_id"))
    .order_by(_TABLE.is_open.desc(), _TABLE.received_at)
    .limit(1)
)
_OF_LINK = _FOUND.where(_TABLE.link_id == sa.bindparam("link_id")).order_by(_TABLE.received_at.desc()).limit(1)
_NUMBERED = (
    _FOUND.where(_TABLE.number == sa.bindparam("number")).order_by(_TABLE.is_open.desc(), _TABLE.received_at).limit(1)
)
_DUE = (
    _FOUND.where(SLA_IS_PLANNED, _TABLE.next_at <= sa.bindparam("at", type_=Instant))
    .order_by(_TABLE.next_at)
    .limit(_MOST)
)
_RUNNING = _FOUND.where(SLA_IS_RUNNING, _TABLE.ticket_id > _AFTER).order_by(_TABLE.ticket_id).limit(_MOST)
_UNTIL = sa.bindparam("until", type_=Instant)


def _next_ids(which: sa.ColumnElement[bool] | sa.TextClause) -> sa.Select[tuple[str]]:
    ids = sa.select(_TABLE.ticket_id).where(which, _TABLE.received_at < _UNTIL, _TABLE.ticket_id > _AFTER)
    return sa.select(ids.order_by(_TABLE.ticket_id).limit(_MOST).subquery().c.ticket_id)


# A union, not an OR: each half is answered by an index alone, and is a page long at most. Both indexes are in the order
# of the pages: with one by time each page would look at all tickets of that time again, and at 100,000 of them hold up
# the bot for a quarter second.
_TOUCHED = _next_ids(_TABLE.last_at >= sa.bindparam("since", type_=Instant))
_STILL = _next_ids(SLA_IS_RUNNING)
_TOUCHING = _FOUND.where(_TABLE.ticket_id.in_(_TOUCHED.union(_STILL))).order_by(_TABLE.ticket_id).limit(_MOST)
_GROUPS = (
    sa.select(
        _TABLE.origin,
        _TABLE.label,
        _TABLE.priority,
        _TABLE.is_breached,
        _TABLE.is_triaged,
        sa.func.count().label("how_many"),
    )
    .where(SLA_IS_OPEN)
    .group_by(_TABLE.origin, _TABLE.label, _TABLE.priority, _TABLE.is_breached, _TABLE.is_triaged)
)
_FILTERED = ("origin", "label", "priority")


class SqlSlaTickets(SlaTickets):
    """The table within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def save(self, ticket: SlaTicket, index: SlaIndex) -> None:
        row = {
            "ticket_id": ticket.ticket_id,
            "link_id": ticket.link_id,
            "conversation_id": ticket.conversation_id,
            "number": ticket.number,
            "origin": ticket.origin.value,
            "label": ticket.label or ticket.suggested_label,
            "priority": ticket.priority.value,
            "is_triaged": bool(ticket.triaged_by),
            "is_open": index.is_open,
            "is_running": index.is_running,
            "is_breached": index.is_breached,
            "received_at": ticket.received_at,
            "due_at": index.due_at,
            "next_at": index.next_at,
            "last_at": index.last_at,
            "content": SLA_TICKETS.encode(ticket),
        }
        await self._session.change(_SAVE.on(self._session.dialect), row)

    @override
    async def get(self, ticket_id: SlaTicketId) -> SlaTicket | None:
        return await self._one(_GET, {"ticket_id": ticket_id})

    @override
    async def of_conversation(self, conversation_id: ConversationId) -> SlaTicket | None:
        return await self._one(_OF_CONVERSATION, {"conversation_id": conversation_id})

    @override
    async def of_link(self, link_id: LinkId) -> SlaTicket | None:
        return await self._one(_OF_LINK, {"link_id": link_id})

    @override
    async def numbered(self, number: TicketNumber) -> SlaTicket | None:
        return await self._one(_NUMBERED, {"number": number})

    @override
    async def due(self, at: datetime, limit: int) -> Sequence[SlaTicket]:
        return await self._all(_DUE, {"at": at, "most": limit})

    @override
    async def running(self, after: SlaTicketId, limit: int) -> Sequence[SlaTicket]:
        return await self._all(_RUNNING, {"after": after, "most": limit})

    @override
    async def open_ones(self, chosen: BoardFilter, limit: int) -> Sequence[SlaTicket]:
        wanted = [_TABLE[name] == value for name in _FILTERED if (value := getattr(chosen, name))]
        statement = (
            _FOUND.where(SLA_IS_OPEN, *wanted)
            .order_by(_TABLE.due_at.asc().nulls_last(), _TABLE.received_at)
            .limit(limit)
        )
        return await self._all(statement, {})

    @override
    async def counts(self, chosen: BoardFilter) -> OpenCounts:
        by: dict[str, Counter[str]] = {name: Counter() for name in _FILTERED}
        total = breached = untriaged = 0
        for row in await self._session.rows(_GROUPS):
            misses = [name for name in _FILTERED if getattr(chosen, name) not in {"", getattr(row, name)}]
            for name in _FILTERED:
                if not set(misses) - {name}:
                    by[name][getattr(row, name)] += row.how_many
            total += row.how_many
            breached += row.how_many * row.is_breached
            untriaged += row.how_many * (not row.is_triaged)
        return OpenCounts(
            total=total,
            breached=breached,
            untriaged=untriaged,
            by_origin=dict(by["origin"]),
            by_label=dict(by["label"]),
            by_priority=dict(by["priority"]),
        )

    @override
    async def touching(self, since: datetime, until: datetime, after: SlaTicketId, limit: int) -> Sequence[SlaTicket]:
        return await self._all(_TOUCHING, {"since": since, "until": until, "after": after, "most": limit})

    async def _one(self, statement: sa.Executable, values: Mapping[str, Any]) -> SlaTicket | None:
        row = await first(self._session, statement, values)
        return None if row is None else _ticket(row)

    async def _all(self, statement: sa.Executable, values: Mapping[str, Any]) -> Sequence[SlaTicket]:
        return [_ticket(row) for row in await self._session.rows(statement, values)]


def _ticket(row: Row) -> SlaTicket:
    return SLA_TICKETS.decode(row.content, f"ticket {row.ticket_id}")
