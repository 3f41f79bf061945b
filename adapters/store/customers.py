"""Which FreeScout customer a chat member is."""

import sqlalchemy as sa
from typing_extensions import override

from adapters.store.session import Session, first
from adapters.store.tables import customers
from adapters.store.upserts import replacing
from bot.domain.chat import Platform
from bot.domain.ids import CustomerId
from bot.ports.store import Customers

_GET = sa.select(customers.c.customer_id).where(
    customers.c.platform == sa.bindparam("platform"), customers.c.user_id == sa.bindparam("user_id")
)


_PUT = replacing(customers, "customer_id")


class SqlCustomers(Customers):
    """The customers table within one unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @override
    async def get(self, platform: Platform, user_id: str) -> CustomerId | None:
        row = await first(self._session, _GET, {"platform": platform.value, "user_id": user_id})
        return None if row is None else CustomerId(row.customer_id)

    @override
    async def add(self, platform: Platform, user_id: str, customer_id: CustomerId) -> None:
        row = {"platform": platform.value, "user_id": user_id, "customer_id": customer_id}
        await self._session.change(_PUT.on(self._session.dialect), row)
