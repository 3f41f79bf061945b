"""Finding things in FreeScout: what an unanswered request may have made, and a conversation by its number."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial

from adapters.freescout.endpoint import Endpoint, GoneError
from adapters.freescout.markup import carries_mark
from adapters.freescout.wire import answers, requests
from adapters.freescout.wire.seen import SeenConversation, SeenThread, seen_conversation
from bot.domain.helpdesk import Entry, NewConversation, NewCustomer, Status, ThreadKind
from bot.domain.ids import CustomerId, TicketNumber

_CLOCK_SKEW = timedelta(days=1)
"""How far FreeScout's clock may be behind ours without hiding from a search what was made after an instant of ours; a
wrong time zone is no more. It costs little: the search is narrowed by customer, name or subject as well.
"""

_SUBJECT_PART = 100
"""Enough of a subject to tell it from others, and short enough for a URL."""

_EACH_STATUS = tuple(map(str, Status))


class Lookup:
    """Reads only. What it finds is judged here; the filters of the list merely narrow the search."""

    def __init__(self, *, endpoint: Endpoint, bot_user_id: int) -> None:
        self._endpoint = endpoint
        self._bot_user_id = bot_user_id
        self._understands_several: bool | None = None

    async def customer(self, customer: NewCustomer, asked_after: datetime) -> CustomerId | None:
        """The customer whose notes name this member, made (or changed) since."""
        since = asked_after - _CLOCK_SKEW
        found = self._endpoint.listed(lambda page: requests.customers_named(customer, since, page), "customers")
        async for document in found:
            customer_id = answers.is_customer(document, customer)
            if customer_id is not None:
                return customer_id
        return None

    async def opened(self, conversation: NewConversation) -> tuple[SeenConversation, SeenThread] | None:
        """The conversation with the entry's mark, opened since; in the trash too, or it would be opened twice.

        It is sought by customer and again by subject: agents may have changed the customer meanwhile.
        """
        since = requests.instant(conversation.asked_after - _CLOCK_SKEW)
        subject = requests.sendable_subject(conversation.subject)[:_SUBJECT_PART]
        customer = {"customerId": str(conversation.customer_id)}
        places = (
            {**customer, "state": "published"},
            {**customer, "state": "deleted"},
            {"subject": subject, "state": "published"},
        )
        common = {"createdSince": since, "embed": "threads", "sortField": "createdAt", "sortOrder": "asc"}
        for narrowed in places:
            async for seen in self._conversations({**narrowed, **common}):
                thread = self.thread(seen, conversation.entry)
                if thread is not None:
                    return seen, thread
        return None

    def thread(self, conversation: SeenConversation, entry: Entry) -> SeenThread | None:
        """The thread that is this entry: of its kind, by its author, and closed by its mark."""
        return next((one for one in conversation.threads if self._is_entry(one, entry)), None)

    def _is_entry(self, thread: SeenThread, entry: Entry) -> bool:
        if thread.kind != entry.kind:
            return False
        if entry.kind is ThreadKind.CUSTOMER:
            expected = thread.author_type == "customer"
        else:
            expected = thread.author_type == "user" and thread.author_id == (entry.agent_id or self._bot_user_id)
        return expected and carries_mark(thread.body, entry.delivery_id)

    async def numbered(self, number: TicketNumber) -> SeenConversation | None:
        """The conversation people see under this number, unless it is in the trash.

        Its id is tried first: unless an installation has numbers of its own, they are the same (facts 1.1), and one
        conversation can be read whatever its status. An old version whose list ignores the number shows any other one.
        """
        try:
            seen = await self._endpoint.conversation(number, embed="tags")
        except GoneError:
            seen = None
        if seen is not None and seen.number == number:
            return seen if seen.state == "published" else None
        async for listed in self._conversations({"number": str(number), "state": "published", "embed": "tags"}):
            if listed.number != number:
                return None
            return listed if listed.state == "published" else None
        return None

    async def _conversations(self, filters: dict[str, str]) -> AsyncIterator[SeenConversation]:
        for status in await self.statuses():
            pages = partial(requests.conversations, {**filters, "status": status})
            async for document in self._endpoint.listed(pages, "conversations"):
                seen = seen_conversation(document)
                if seen is not None:
                    yield seen

    async def statuses(self) -> tuple[str, ...]:
        """The values of ``status`` that together mean all of them: one for all where that is understood.

        Newer versions understand several in one value; older ones find nothing with it (facts 1.2), and one that took
        it for its default would show active ones. Until it is known, each is asked for by itself.
        """
        if self._understands_several is None:
            others = await self._shown_for(",".join(_EACH_STATUS[1:]))
            if others:
                self._understands_several = others != Status.ACTIVE
            elif await self._shown_for(",".join(_EACH_STATUS)):
                self._understands_several = True
        return (",".join(_EACH_STATUS),) if self._understands_several else _EACH_STATUS

    async def _shown_for(self, several: str) -> str | None:
        """The status of some conversation that the list shows for this value; None when it shows none."""
        filters = {"status": several, "state": "published", "pageSize": "1"}
        found = answers.page_of(await self._endpoint.document(requests.conversations(filters, 1)), "conversations")
        seen = (seen_conversation(document) for document in (found[0] if found else ()))
        return next((one.status for one in seen if one is not None), None)
