"""What the core needs of its store about clocks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.ids import ConversationId, LinkId, TicketNumber
from bot.domain.sla_ticket import BoardFilter, OpenCounts, SlaIndex, SlaTicket, SlaTicketId


class SlaTickets(Protocol):
    """Requests with their clocks."""

    async def save(self, ticket: SlaTicket, index: SlaIndex) -> None:
        """Add it, or replace the one with this id."""
        ...

    async def get(self, ticket_id: SlaTicketId) -> SlaTicket | None:
        """By id."""
        ...

    async def of_conversation(self, conversation_id: ConversationId) -> SlaTicket | None:
        """The ticket of this conversation; of several, an open one, then the one that was received first."""
        ...

    async def of_link(self, link_id: LinkId) -> SlaTicket | None:
        """The newest ticket (by ``received_at``) of this place in chat."""
        ...

    async def numbered(self, number: TicketNumber) -> SlaTicket | None:
        """The ticket of this number; of several, as for a conversation."""
        ...

    async def due(self, at: datetime, limit: int) -> Sequence[SlaTicket]:
        """Those to be looked at by then (``next_at <= at``), earliest first."""
        ...

    async def running(self, after: SlaTicketId, limit: int) -> Sequence[SlaTicket]:
        """Those with a running clock, in the order of their ids, from ``after`` on (exclusive)."""
        ...

    async def open_ones(self, chosen: BoardFilter, limit: int) -> Sequence[SlaTicket]:
        """Open ones that fit: by ``due_at``, those without one last (then by ``received_at``)."""
        ...

    async def counts(self, chosen: BoardFilter) -> OpenCounts:
        """How many open ones there are: ``total``, ``breached`` and ``untriaged`` of them all, whatever is chosen;
        those of one origin, label or priority as if only that filter were not set.
        """
        ...

    async def touching(self, since: datetime, until: datetime, after: SlaTicketId, limit: int) -> Sequence[SlaTicket]:
        """Those that a report of this time may be about: received before ``until``, and running still or with
        ``last_at >= since``; in the order of their ids, from ``after`` on (exclusive).
        """
        ...
