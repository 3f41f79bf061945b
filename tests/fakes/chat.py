"""A chat platform in memory: a small real program with the promises of its port."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from typing_extensions import override

from bot.domain.chat import Attachment, ChatAddress, OutgoingMessage, Platform, QuotedMessage, SentMessage
from bot.domain.errors import DeliveryError, FilesRefusedError, PermanentError
from bot.domain.findings import Finding
from bot.domain.helpdesk import Status
from bot.domain.richtext import plain
from bot.ports.chat import ChatPlatform
from bot.ports.clock import Clock


@dataclass(slots=True, kw_only=True)
class Posted:
    """Something the bot said, and when."""

    message_id: str
    message: OutgoingMessage
    at: datetime

    @property
    def text(self) -> str:
        """Its words."""
        return plain(self.message.text)


@dataclass(slots=True, kw_only=True)
class _Fault:
    error: DeliveryError
    after_work: bool
    on: str | None


@dataclass(slots=True)
class FakeChat(ChatPlatform):
    """``fail_next`` makes a coming call fail, with or without having done the work; sends repeat by delivery id.

    ``cards`` are the messages with menus or links to press, ``posted`` all others.
    """

    clock: Clock
    kind: Platform = Platform.DISCORD
    posted: list[Posted] = field(default_factory=list)
    cards: list[Posted] = field(default_factory=list)
    reactions: list[tuple[ChatAddress, str, str]] = field(default_factory=list)
    chat_threads: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    starters: dict[str, QuotedMessage] = field(default_factory=dict)
    statuses: list[tuple[ChatAddress, Status, bool]] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)
    largest_file: int = 1000
    refuses_files: bool = False
    forgets_idempotency: bool = False
    _faults: list[_Fault] = field(default_factory=list)
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def fail_next(
        self, error: DeliveryError, *, after_work: bool = False, times: int = 1, on: str | None = None
    ) -> None:
        """Raise ``error`` on the next calls (of the method named ``on``)."""
        self._faults += [_Fault(error=error, after_work=after_work, on=on)] * times

    @property
    @override
    def platform(self) -> Platform:
        return self.kind

    @override
    async def react(self, address: ChatAddress, message_id: str, emoji: str, delivery_id: str) -> None:
        fault = self._before("react")
        if (address, message_id, emoji) not in self.reactions:
            self.reactions.append((address, message_id, emoji))
        self._after(fault)

    @override
    async def open_chat_thread(self, address: ChatAddress, title: str) -> None:
        fault = self._before("open_chat_thread")
        assert address.chat_thread is not None
        self.chat_threads.setdefault(address.chat_thread, title)
        self._after(fault)

    @override
    async def send(self, message: OutgoingMessage, begun: SentMessage | None = None) -> SentMessage:
        fault = self._before("send")
        if message.files and self.refuses_files:
            raise FilesRefusedError("the files are too large for it")
        known = None if self.forgets_idempotency else self._find(message)
        if known is None:
            known = Posted(message_id=f"bot-{next(self._ids)}", message=message, at=self.clock.now())
            (self.cards if message.menus or message.links else self.posted).append(known)
        self._after(fault)
        return SentMessage(message_ids=(known.message_id,), sent_at=self.clock.now())

    @override
    async def find_sent(
        self, message: OutgoingMessage, tried_at: datetime, taken: frozenset[str] = frozenset()
    ) -> SentMessage | None:
        known = self._find(message)
        if known is None or known.message_id in taken:
            return None
        return SentMessage(message_ids=(known.message_id,), sent_at=tried_at)

    @override
    async def file_limit(self) -> int:
        return self.largest_file

    @override
    async def show_status(self, address: ChatAddress, status: Status, *, final: bool) -> None:
        fault = self._before("show_status")
        self.statuses.append((address, status, final))
        self._after(fault)

    @override
    def current(self, address: ChatAddress) -> ChatAddress:
        room = self.moved.get(address.room)
        if room is None:
            return address
        return ChatAddress(platform=address.platform, room=room, chat_thread=room if address.is_private else None)

    @override
    async def fetch(self, file: Attachment, *, address: ChatAddress, message_id: str, limit_bytes: int) -> bytes:
        fault = self._before("fetch")
        self._after(fault)
        if file.reference not in self.files:
            raise PermanentError("it is gone")
        return self.files[file.reference]

    @override
    async def read_message(self, address: ChatAddress, message_id: str) -> QuotedMessage | None:
        return self.starters.get(message_id)

    @override
    async def inspect(self) -> Sequence[Finding]:
        return ()

    def said_in(self, chat_thread: str | None) -> list[str]:
        """What the bot said in this chat thread (None: in the room itself)."""
        return [posted.text for posted in self.posted if posted.message.address.chat_thread == chat_thread]

    def _find(self, message: OutgoingMessage) -> Posted | None:
        said = (*self.posted, *self.cards)
        return next((one for one in said if one.message.delivery_id == message.delivery_id), None)

    def _before(self, method: str) -> _Fault | None:
        fault = next((one for one in self._faults if one.on in {None, method}), None)
        if fault is not None:
            self._faults.remove(fault)
        if fault is not None and not fault.after_work:
            raise fault.error
        return fault

    @staticmethod
    def _after(fault: _Fault | None) -> None:
        if fault is not None:
            raise fault.error
