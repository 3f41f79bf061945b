"""What adapters must remember, as text of their own."""

from collections.abc import Mapping

import sqlalchemy as sa
from typing_extensions import override

from adapters.store.session import Session
from adapters.store.tables import memory
from adapters.store.upserts import replacing
from bot.ports.store import Memory

_RECALL = sa.select(memory.c.name, memory.c.value).where(
    memory.c.owner == sa.bindparam("owner"),
    # Not LIKE: SQLite's takes "A" for "a", and Matrix ids differ by case.
    sa.func.substr(memory.c.name, 1, sa.bindparam("length", type_=sa.Integer)) == sa.bindparam("prefix", type_=sa.Text),
)
_FORGET = memory.delete().where(memory.c.owner == sa.bindparam("whose"), memory.c.name == sa.bindparam("which"))


_REMEMBER = replacing(memory, "value")


class SqlMemory(Memory):
    """The memory table within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def recall(self, owner: str, prefix: str = "") -> Mapping[str, str]:
        rows = await self._session.rows(_RECALL, {"owner": owner, "prefix": prefix, "length": len(prefix)})
        return dict(sorted((row.name, row.value) for row in rows))

    @override
    async def remember(self, owner: str, entries: Mapping[str, str | None]) -> None:
        kept = [{"owner": owner, "name": name, "value": value} for name, value in entries.items() if value is not None]
        gone = [{"whose": owner, "which": name} for name, value in entries.items() if value is None]
        if kept:
            await self._session.change(_REMEMBER.on(self._session.dialect), kept)
        if gone:
            await self._session.change(_FORGET, gone)
