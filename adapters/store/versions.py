"""Messages that were edited, as they are now."""

import sqlalchemy as sa
from typing_extensions import override

from adapters.store.codec import MESSAGES
from adapters.store.session import Session, first
from adapters.store.tables import versions
from adapters.store.upserts import replacing
from bot.domain.versions import MessageVersion
from bot.ports.store import Versions

_GET = sa.select(versions).where(versions.c.dedup_key == sa.bindparam("dedup_key"))
_SAVE = replacing(versions, "filed", "message")


class SqlVersions(Versions):
    """The versions table within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def get(self, dedup_key: str) -> MessageVersion | None:
        row = await first(self._session, _GET, {"dedup_key": dedup_key})
        if row is None:
            return None
        message = MESSAGES.decode(row.message, f"edited message {dedup_key}")
        return MessageVersion(dedup_key=row.dedup_key, message=message, filed=row.filed)

    @override
    async def save(self, version: MessageVersion) -> None:
        row = {"dedup_key": version.dedup_key, "filed": version.filed, "message": MESSAGES.encode(version.message)}
        await self._session.change(_SAVE.on(self._session.dialect), row)
