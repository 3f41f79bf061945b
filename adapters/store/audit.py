"""Who did what from where; lines are only ever added."""

from datetime import datetime

from typing_extensions import override

from adapters.store.session import Session
from adapters.store.tables import audit
from bot.ports.store import Audit

_RECORD = audit.insert()


class SqlAudit(Audit):
    """The audit table within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def record(self, *, at: datetime, actor: str, place: str, action: str, ticket: str, detail: str) -> None:
        line = {"at": at, "actor": actor, "place": place, "action": action, "ticket": ticket, "detail": detail}
        await self._session.change(_RECORD, line)
