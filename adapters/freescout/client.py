"""The help desk as the core knows it, on FreeScout's API."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Self

from typing_extensions import override

from adapters.freescout.endpoint import Endpoint
from adapters.freescout.files import skipped_files, too_large_line
from adapters.freescout.inspection import inspect
from adapters.freescout.labels import Labels
from adapters.freescout.lookup import Lookup
from adapters.freescout.markup import entry_html
from adapters.freescout.wire import answers, requests
from adapters.freescout.wire.answers import SeenConversation, SeenThread
from adapters.freescout.wire.requests import Request
from adapters.http import TOTAL_SECONDS, StatusError, TooLargeError
from bot.domain.errors import CustomerGoneError, DeliveryError, OutcomeUnknownError, PermanentError
from bot.domain.findings import Finding
from bot.domain.helpdesk import (
    AppendedThread,
    Conversation,
    Entry,
    NewConversation,
    NewCustomer,
    OpenedConversation,
    Status,
    ThreadKind,
)
from bot.domain.ids import ConversationId, CustomerId, ThreadId, TicketNumber
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk
from bot.ports.inbound import HealthReports


class FreeScout(HelpDesk):
    """One mailbox of one installation. Use as a context manager, or call ``aclose``.

    ``bot_user_id`` is the user in whose name notes and status changes are made. ``triage_as``, ``label_field`` and
    ``priority_field`` as in the settings. A request takes at most ``total_seconds``.
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
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._mailbox_id = mailbox_id
        self._bot_user_id = bot_user_id
        self._triage_as = triage_as
        self._endpoint = Endpoint(url=url, api_key=api_key, clock=clock, health=health, total_seconds=total_seconds)
        self._lookup = Lookup(endpoint=self._endpoint, bot_user_id=bot_user_id)
        self._labels = Labels(
            endpoint=self._endpoint, triage_as=triage_as, label_field=label_field, priority_field=priority_field
        )
        self._names_customer = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
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
        def request(entry: Entry) -> Request:
            return requests.create_conversation(
                mailbox_id=self._mailbox_id,
                subject=conversation.subject,
                customer_id=conversation.customer_id,
                thread=self._thread(entry, home=self._endpoint.url),
            )

        try:
            made, document, entry = await self._create(request, conversation.entry)
        except StatusError as error:
            if answers.customer_is_gone(error.answer.document()):
                raise CustomerGoneError(error.reason) from error
            raise
        seen = answers.seen_conversation(document)
        thread = None if seen is None else self._lookup.thread(seen, entry)
        if seen is None or not _complete(entry, thread):
            seen = await self._look_again(ConversationId(made))
            thread = self._lookup.thread(seen, entry)
        return _opened(seen, thread, entry)

    @override
    async def find_opened(self, conversation: NewConversation) -> OpenedConversation | None:
        found = await self._lookup.opened(conversation)
        return None if found is None else _opened(*found, conversation.entry)

    @override
    async def append(self, conversation_id: ConversationId, entry: Entry) -> AppendedThread:
        made, document, entry = await self._create_thread(conversation_id, entry)
        thread = answers.seen_thread(document)
        if not _complete(entry, thread):
            conversation = await self._look_again(conversation_id)
            thread = next((one for one in conversation.threads if one.thread_id == made), None)
        return _appended(ThreadId(made), thread, entry)

    @override
    async def find_appended(self, conversation_id: ConversationId, entry: Entry) -> AppendedThread | None:
        conversation = await self._endpoint.conversation(conversation_id)
        thread = self._lookup.thread(conversation, entry)
        if thread is not None:
            return _appended(thread.thread_id, thread, entry)
        if conversation.state == "deleted" and any(one.action == "merged" for one in conversation.threads):
            # Its threads moved to a conversation the API does not name: whether this one is there cannot be told.
            raise PermanentError("the conversation was merged into another one; please look there for this entry")
        return None

    @override
    async def conversation(self, number: TicketNumber) -> Conversation | None:
        seen = await self._lookup.numbered(number)
        return None if seen is None else seen.as_conversation()

    @override
    async def set_triage(self, conversation_id: ConversationId, label: str, priority: str) -> None:
        await self._labels.set(conversation_id, label, priority)

    @override
    async def set_status(self, conversation_id: ConversationId, status: Status) -> None:
        await self._endpoint.change(requests.set_status(conversation_id, status, bot_user_id=self._bot_user_id))

    @override
    async def ping(self) -> None:
        await self._endpoint.document(requests.listed("/mailboxes"))

    @override
    async def inspect(self) -> Sequence[Finding]:
        return await inspect(
            self._endpoint,
            self._labels,
            mailbox_id=self._mailbox_id,
            bot_user_id=self._bot_user_id,
            triage_as=self._triage_as,
        )

    async def _create(self, request: Callable[[Entry], Request], entry: Entry) -> tuple[int, object, Entry]:
        """Create it; when it is too large, without its files. The entry is as it was written in the end."""
        try:
            return *await self._endpoint.create(request(entry)), entry
        except TooLargeError:
            if not entry.files:
                raise
        lines = tuple(too_large_line(file) for file in entry.files)
        entry = replace(entry, files=(), missing=entry.missing + lines)
        return *await self._endpoint.create(request(entry)), entry

    async def _create_thread(self, conversation_id: ConversationId, entry: Entry) -> tuple[int, object, Entry]:
        """Create a thread. Older versions want its customer named: the conversation's own, whoever that is by now.

        Any other one would become the conversation's customer (facts 1.5).
        """
        customer_id: CustomerId | None = None
        is_customer = entry.kind is ThreadKind.CUSTOMER

        def request(entry: Entry) -> Request:
            home = f"{self._endpoint.url}/conversation/{conversation_id}"
            return requests.create_thread(conversation_id, self._thread(entry, home=home, customer_id=customer_id))

        if self._names_customer and is_customer:
            customer_id = (await self._endpoint.conversation(conversation_id)).customer_id
        try:
            return await self._create(request, entry)
        except StatusError as error:
            if not is_customer or self._names_customer or not answers.wants_customer(error.answer.document()):
                raise
        self._names_customer = True
        customer_id = (await self._endpoint.conversation(conversation_id)).customer_id
        return await self._create(request, entry)

    def _thread(self, entry: Entry, *, home: str, customer_id: CustomerId | None = None) -> dict[str, object]:
        html = entry_html(entry, home=home)
        return requests.thread_of(entry, html=html, bot_user_id=self._bot_user_id, customer_id=customer_id)

    async def _look_again(self, conversation_id: ConversationId) -> SeenConversation:
        """Read what was just written. Failing here must not look as if nothing had been written."""
        try:
            return await self._endpoint.conversation(conversation_id)
        except DeliveryError as error:
            raise OutcomeUnknownError(f"it was written, but then: {error}") from error


def _complete(entry: Entry, thread: SeenThread | None) -> bool:
    """Whether the answer shows all files of the entry. One that does not may have been made before they were stored."""
    return not entry.files or (thread is not None and not skipped_files(entry, thread))


def _opened(conversation: SeenConversation, thread: SeenThread | None, entry: Entry) -> OpenedConversation:
    return OpenedConversation(
        conversation_id=conversation.conversation_id, number=conversation.number, skipped=_skipped(entry, thread)
    )


def _appended(thread_id: ThreadId, thread: SeenThread | None, entry: Entry) -> AppendedThread:
    return AppendedThread(thread_id=thread_id, skipped=_skipped(entry, thread))


def _skipped(entry: Entry, thread: SeenThread | None) -> tuple[str, ...]:
    if not entry.files:
        return ()
    # A thread that was written and cannot be seen any more was taken away by an agent, files and all.
    return () if thread is None else skipped_files(entry, thread)
