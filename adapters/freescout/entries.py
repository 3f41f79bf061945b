"""What the bot writes: conversations and threads, and finding them again when an answer was lost."""

from collections.abc import Callable
from dataclasses import replace

from adapters.freescout.endpoint import Endpoint
from adapters.freescout.files import skipped_files, too_large_line
from adapters.freescout.lookup import Lookup
from adapters.freescout.markup import entry_html
from adapters.freescout.wire import answers, requests
from adapters.freescout.wire.requests import Request
from adapters.freescout.wire.seen import SeenConversation, SeenThread, seen_conversation, seen_thread
from adapters.http import StatusError, TooLargeError
from bot.domain.errors import CustomerGoneError, DeliveryError, OutcomeUnknownError, PermanentError
from bot.domain.helpdesk import AppendedThread, Entry, NewConversation, OpenedConversation, ThreadKind
from bot.domain.ids import ConversationId, CustomerId, ThreadId


class Entries:
    """The promises are those of the port ``HelpDesk``."""

    def __init__(self, *, endpoint: Endpoint, lookup: Lookup, mailbox_id: int, bot_user_id: int) -> None:
        self._endpoint = endpoint
        self._lookup = lookup
        self._mailbox_id = mailbox_id
        self._bot_user_id = bot_user_id
        self._names_customer = False

    async def open(self, conversation: NewConversation) -> OpenedConversation:
        """A new conversation of type chat."""

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
        seen = seen_conversation(document)
        thread = None if seen is None else self._lookup.thread(seen, entry)
        if seen is None or not _complete(entry, thread):
            seen = await self._look_again(ConversationId(made))
            thread = self._lookup.thread(seen, entry)
        return _opened(seen, thread, entry)

    async def find_opened(self, conversation: NewConversation) -> OpenedConversation | None:
        """The one an earlier try made."""
        found = await self._lookup.opened(conversation)
        return None if found is None else _opened(*found, conversation.entry)

    async def append(self, conversation_id: ConversationId, entry: Entry) -> AppendedThread:
        """A further thread."""
        made, document, entry = await self._create_thread(conversation_id, entry)
        thread = seen_thread(document)
        if not _complete(entry, thread):
            conversation = await self._look_again(conversation_id)
            thread = next((one for one in conversation.threads if one.thread_id == made), None)
        return _appended(ThreadId(made), thread, entry)

    async def find_appended(self, conversation_id: ConversationId, entry: Entry) -> AppendedThread | None:
        """The one an earlier try made."""
        conversation = await self._endpoint.conversation(conversation_id)
        thread = self._lookup.thread(conversation, entry)
        if thread is not None:
            return _appended(thread.thread_id, thread, entry)
        if conversation.state == "deleted" and any(one.action == "merged" for one in conversation.threads):
            # Its threads moved to a conversation the API does not name: whether this one is there cannot be told.
            raise PermanentError("the conversation was merged into another one; please look there for this entry")
        return None

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
            home = self._endpoint.address_of(conversation_id)
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
        conversation_id=conversation.conversation_id,
        number=conversation.number,
        skipped=_skipped(entry, thread),
        thread_id=None if thread is None else thread.thread_id,
    )


def _appended(thread_id: ThreadId, thread: SeenThread | None, entry: Entry) -> AppendedThread:
    return AppendedThread(thread_id=thread_id, skipped=_skipped(entry, thread))


def _skipped(entry: Entry, thread: SeenThread | None) -> tuple[str, ...]:
    if not entry.files:
        return ()
    # A thread that was written and cannot be seen any more was taken away by an agent, files and all.
    return () if thread is None else skipped_files(entry, thread)
