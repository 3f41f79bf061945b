"""Chat members as FreeScout customers: without e-mail our own mapping is the only way to find them again."""

import asyncio
from collections import defaultdict
from datetime import datetime

from bot.domain.chat import ChatMessage, Platform
from bot.domain.delivery import Delivery
from bot.domain.effects import OpenConversation
from bot.domain.errors import OutcomeUnknownError
from bot.domain.helpdesk import NewCustomer
from bot.domain.ids import CustomerId
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk
from bot.ports.store import Records, Store
from bot.usecases.delivery import PAGE
from bot.usecases.doubts import Doubts


class Customers:
    """Chat members as FreeScout customers, each made once."""

    def __init__(self, *, store: Store, desk: HelpDesk, clock: Clock, doubts: Doubts) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._doubts = doubts
        self._turns: defaultdict[tuple[Platform, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._known: dict[tuple[Platform, str], CustomerId] = {}
        self._doubtful: dict[tuple[Platform, str], datetime] = {}
        self._inheriting = asyncio.Lock()
        self._inherited = False

    async def of(self, message: ChatMessage, delivery: Delivery) -> CustomerId:
        """The author's customer. One whose making had no answer, now or in an earlier process, is looked up first."""
        author = message.author
        member = (author.platform, author.user_id)
        async with self._turns[member]:
            known = self._known.get(member) or await self._store.read(lambda records: records.customers.get(*member))
            if known is not None:
                self._known[member] = known
                return known
            await self._inherit()
            new = NewCustomer(platform=author.platform, platform_id=author.user_id, name=author.name)
            return await self._keep(member, await self._find_or_create(member, new, delivery))

    async def anew(self, message: ChatMessage, delivery: Delivery) -> CustomerId:
        """A new customer in place of one that agents have merged or deleted."""
        author = message.author
        member = (author.platform, author.user_id)
        async with self._turns[member]:
            new = NewCustomer(platform=author.platform, platform_id=author.user_id, name=author.name)
            return await self._keep(member, await self._find_or_create(member, new, delivery))

    async def _keep(self, member: tuple[Platform, str], customer_id: CustomerId) -> CustomerId:
        await self._store.write(lambda records: records.customers.add(*member, customer_id))
        self._doubtful.pop(member, None)
        self._known[member] = customer_id
        return customer_id

    async def _inherit(self) -> None:
        """Once: the members whose customer an earlier process may have been making when it ended.

        Another delivery of such a member may be carried out before the one that was interrupted.
        """
        async with self._inheriting:
            if not self._inherited:
                self._doubtful = {**await self._store.read(_interrupted), **self._doubtful}
                self._inherited = True

    async def _find_or_create(self, member: tuple[Platform, str], new: NewCustomer, delivery: Delivery) -> CustomerId:
        asked_after = self._doubtful.get(member, delivery.created_at if delivery.outcome_unknown else None)
        if asked_after is not None:
            found = await self._desk.find_customer(new, asked_after)
            if found is not None:
                return found
            self._doubts.wait_until_settled(":".join(member))
        asked_at = self._clock.now()
        try:
            async with self._doubts.about(":".join(member)):
                return await self._desk.create_customer(new)
        except OutcomeUnknownError:
            self._doubtful.setdefault(member, asked_at)
            raise


async def _interrupted(records: Records) -> dict[tuple[Platform, str], datetime]:
    """The authors of openings that may have been under way, each with the time of the first."""
    found: dict[tuple[Platform, str], datetime] = {}
    after = -1
    while rows := await records.outbox.waiting(after, PAGE):
        after = rows[-1][0]
        for _, delivery in rows:
            if isinstance(delivery.effect, OpenConversation) and delivery.outcome_unknown:
                author = delivery.effect.message.author
                found.setdefault((author.platform, author.user_id), delivery.created_at)
    return found
