"""The help desk as the core knows it, on FreeScout's API."""

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from typing_extensions import override

from adapters.freescout.clocks import Clocks
from adapters.freescout.custom_fields import CustomFields
from adapters.freescout.download import Downloads
from adapters.freescout.endpoint import Endpoint
from adapters.freescout.entries import Entries
from adapters.freescout.inspection import inspect
from adapters.freescout.labels import Labels
from adapters.freescout.lookup import Lookup
from adapters.freescout.views import Views
from adapters.freescout.webhook_setup import WebhookSetup
from adapters.freescout.wire import requests
from adapters.http import TOTAL_SECONDS
from bot.domain.findings import Finding
from bot.domain.helpdesk import (
    AppendedThread,
    Conversation,
    ConversationView,
    DeskFile,
    Entry,
    NewConversation,
    NewCustomer,
    OpenedConversation,
    Status,
)
from bot.domain.ids import AgentId, ConversationId, CustomerId, ThreadId, TicketNumber
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk
from bot.ports.inbound import HealthReports


class FreeScout(HelpDesk):
    """One mailbox of one installation. Use as a context manager, or call ``aclose``.

    ``bot_user_id`` is the user in whose name notes and status changes are made. ``triage_as``, ``label_field``,
    ``priority_field`` and ``clocks_field`` as in the settings. A request takes at most ``total_seconds``.

    For ``inspect``: ``webhook_url`` is where FreeScout is to send webhooks ("": nowhere), ``webhook_signed`` whether
    their secret is known, ``poll_seconds`` how often the bot asks by itself.
    """

    def __init__(
        self,
        *,
        url: str,
        api_key: str,
        mailbox_id: int,
        bot_user_id: int,
        health: HealthReports,
        clock: Clock,
        triage_as: str = "auto",
        label_field: str = "",
        priority_field: str = "",
        clocks_field: str = "",
        total_seconds: float = TOTAL_SECONDS,
        webhook_url: str = "",
        webhook_signed: bool = False,
        poll_seconds: float = 60,
    ) -> None:
        self._mailbox_id = mailbox_id
        self._bot_user_id = bot_user_id
        self._triage_as = triage_as
        self._endpoint = Endpoint(url=url, api_key=api_key, clock=clock, health=health, total_seconds=total_seconds)
        self._lookup = Lookup(endpoint=self._endpoint, bot_user_id=bot_user_id)
        custom_fields = CustomFields(self._endpoint)
        self._labels = Labels(
            endpoint=self._endpoint,
            custom_fields=custom_fields,
            triage_as=triage_as,
            label_field=label_field,
            priority_field=priority_field,
        )
        self._clocks = Clocks(endpoint=self._endpoint, custom_fields=custom_fields, field_name=clocks_field)
        self._entries = Entries(
            endpoint=self._endpoint, lookup=self._lookup, mailbox_id=mailbox_id, bot_user_id=bot_user_id
        )
        self._views = Views(endpoint=self._endpoint, lookup=self._lookup)
        self._downloads = Downloads(url=url, clock=clock, total_seconds=total_seconds)
        self._webhook = WebhookSetup(
            endpoint=self._endpoint,
            mailbox_id=mailbox_id,
            url=webhook_url,
            has_secret=webhook_signed,
            poll_seconds=poll_seconds,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._downloads.aclose()
        await self._endpoint.aclose()

    @override
    async def create_customer(self, customer: NewCustomer) -> CustomerId:
        made, _ = await self._endpoint.create(requests.create_customer(customer))
        return CustomerId(made)

    @override
    async def find_customer(self, customer: NewCustomer, asked_after: datetime) -> CustomerId | None:
        return await self._lookup.customer(customer, asked_after)

    @override
    async def open_conversation(self, conversation: NewConversation) -> OpenedConversation:
        return await self._entries.open(conversation)

    @override
    async def find_opened(self, conversation: NewConversation) -> OpenedConversation | None:
        return await self._entries.find_opened(conversation)

    @override
    async def append(self, conversation_id: ConversationId, entry: Entry) -> AppendedThread:
        return await self._entries.append(conversation_id, entry)

    @override
    async def find_appended(self, conversation_id: ConversationId, entry: Entry) -> AppendedThread | None:
        return await self._entries.find_appended(conversation_id, entry)

    @override
    async def conversation(self, number: TicketNumber) -> Conversation | None:
        seen = await self._lookup.numbered(number)
        return None if seen is None else seen.as_conversation()

    @override
    async def read(self, conversation_id: ConversationId) -> ConversationView | None:
        return await self._views.read(conversation_id)

    @override
    def changed(self, since: datetime) -> AsyncIterator[ConversationView]:
        return self._views.changed(since)

    @override
    async def survivor(self, merged: ConversationView, threads: Collection[ThreadId]) -> ConversationView | None:
        return await self._views.survivor(merged, threads)

    @override
    async def download(self, file: DeskFile, *, limit_bytes: int) -> bytes:
        return await self._downloads.get(file, limit_bytes=limit_bytes)

    @override
    async def set_triage(self, conversation_id: ConversationId, label: str, priority: str) -> None:
        await self._labels.set(conversation_id, label, priority)

    @override
    async def set_status(self, conversation_id: ConversationId, status: Status) -> None:
        await self._endpoint.change(requests.set_status(conversation_id, status, bot_user_id=self._bot_user_id))

    @override
    async def assign(self, conversation_id: ConversationId, agent_id: AgentId) -> None:
        # Core writes a line and tells the assignee once more for one who has it already (``Conversation::changeUser``).
        seen = await self._endpoint.conversation(conversation_id, embed="tags")
        if seen.assignee is None or seen.assignee.agent_id != agent_id:
            await self._endpoint.change(requests.assign(conversation_id, agent_id, bot_user_id=self._bot_user_id))

    @property
    @override
    def shows_clocks(self) -> bool:
        return bool(self._clocks.field_name)

    @override
    async def show_clocks(self, conversation_id: ConversationId, text: str) -> None:
        await self._clocks.show(conversation_id, text)

    @override
    def address_of(self, conversation_id: ConversationId) -> str:
        return self._endpoint.address_of(conversation_id)

    @override
    async def inspect(self) -> Sequence[Finding]:
        return await inspect(
            self._endpoint,
            self._labels,
            self._clocks,
            self._webhook,
            mailbox_id=self._mailbox_id,
            bot_user_id=self._bot_user_id,
            triage_as=self._triage_as,
        )

    async def install_webhook(self, public_url: str) -> str:
        """Have FreeScout send its webhooks to ``public_url``, the endpoint's whole address. Says what was done.

        Idempotent. Raises as every method does; ``PermanentError`` names what to do by hand.
        """
        return await self._webhook.install(public_url)
