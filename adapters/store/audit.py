"""Who did what from where; lines are only ever added."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from typing_extensions import override

from adapters.store.session import Session
from adapters.store.tables import audit
from bot.ports.store import Audit, AuditLine

_RECORD = audit.insert()
_OF = sa.select(audit).where(audit.c.ticket.in_(sa.bindparam("tickets", expanding=True))).order_by(audit.c.seq)


class SqlAudit(Audit):
    """The audit table within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def of(self, *tickets: str) -> Sequence[AuditLine]:
        rows = await self._session.rows(_OF, {"tickets": list(tickets)})
        return [
            AuditLine(
                at=row.at,
                actor=row.actor,
                place=row.place,
                action=row.action,
                ticket=row.ticket,
                detail=row.detail,
            )
            for row in rows
        ]

    @override
    async def record(self, *, at: datetime, actor: str, place: str, action: str, ticket: str, detail: str) -> None:
        line = {"at": at, "actor": actor, "place": place, "action": action, "ticket": ticket, "detail": detail}
        await self._session.change(_RECORD, line)
