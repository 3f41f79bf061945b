"""A help desk with its surroundings, as the contract needs it: what goes wrong on the way, what agents see and do."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.chat import FileContent, Platform
from bot.domain.helpdesk import Agent, Entry, NewCustomer, Status, ThreadKind
from bot.domain.ids import ConversationId, ThreadId, TicketNumber, delivery_id
from bot.domain.richtext import Link, RichText, Text, from_plain, paragraph
from bot.ports.clock import Clock
from bot.ports.helpdesk import HelpDesk

MIA = NewCustomer(platform=Platform.DISCORD, platform_id="81384788765712384", name="Mia")
PICTURE = FileContent(name="screen shot.png", mime_type="image/png", content=b"\x89PNG" * 50)
WRITTEN = (ThreadKind.CUSTOMER, ThreadKind.MESSAGE, ThreadKind.NOTE)
"""The kinds that people and the bot write; lines about what was done write themselves."""

LOG = FileContent(name="app.log", mime_type="text/plain", content=b"boom\n" * 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadSeen:
    """A thread as an agent sees it; ``text`` contains the words, with or without markup around them."""

    kind: ThreadKind
    text: str
    files: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSeen:
    """A conversation as an agent sees it; threads oldest first."""

    number: int
    subject: str
    status: str
    tags: frozenset[str]
    threads: tuple[ThreadSeen, ...]


class DeskWorld(ABC):
    """``agent`` and ``colleague`` work in it, and so does ``bot``. A field for the clocks is named in the settings."""

    clock: Clock
    mailbox_id: int
    desk: HelpDesk
    agent: Agent
    colleague: Agent
    bot: Agent

    @abstractmethod
    async def conversations(self) -> Sequence[ConversationSeen]: ...

    @abstractmethod
    async def customer_names(self) -> Sequence[str]: ...

    @abstractmethod
    def lose_next_answer(self) -> None:
        """The next creation is done, but its answer is lost."""

    @abstractmethod
    def cut_next_request(self) -> None:
        """The next creation breaks off before any work, which the caller cannot know."""

    @abstractmethod
    async def go_down(self) -> None: ...

    @abstractmethod
    async def come_back(self) -> None: ...

    @abstractmethod
    def mail(self, subject: str, *tags: str) -> TicketNumber:
        """A conversation comes by e-mail, from somebody called Mia."""

    @abstractmethod
    def mail_again(self, conversation_id: ConversationId, text: str) -> ThreadId:
        """Its customer answers by mail."""

    @abstractmethod
    def trash(self, conversation_id: ConversationId) -> None: ...

    @abstractmethod
    def delete_forever(self, conversation_id: ConversationId) -> None: ...

    @abstractmethod
    def restore(self, conversation_id: ConversationId) -> None:
        """Out of the trash again."""

    @abstractmethod
    def merge(self, one: ConversationId, into: ConversationId) -> None: ...

    @abstractmethod
    def agent_replies(
        self,
        conversation_id: ConversationId,
        text: str,
        *,
        draft: bool = False,
        files: Sequence[FileContent] = (),
        status: Status = Status.PENDING,
    ) -> ThreadId: ...

    @abstractmethod
    def note(self, conversation_id: ConversationId, text: str) -> ThreadId: ...

    @abstractmethod
    def publish(self, thread_id: ThreadId) -> None: ...

    @abstractmethod
    def undo(self, thread_id: ThreadId) -> None: ...

    @abstractmethod
    def edit(self, thread_id: ThreadId, text: str) -> None: ...

    @abstractmethod
    def close(self, conversation_id: ConversationId) -> None: ...

    @abstractmethod
    def assign(self, conversation_id: ConversationId, agent: Agent | None) -> None: ...

    @abstractmethod
    def move(self, conversation_id: ConversationId) -> int:
        """Into another mailbox, whose id is told."""

    @abstractmethod
    def clocks_shown(self, conversation_id: ConversationId) -> str:
        """What agents see in the field for the clocks."""

    @abstractmethod
    def take_clocks_field(self) -> None:
        """From now on there is no such field any more."""

    @abstractmethod
    async def later(self, minutes: int) -> None:
        """Time passes in the help desk."""

    @abstractmethod
    def desk_now(self) -> datetime:
        """The present by the help desk's clock."""

    @abstractmethod
    def skip_files(self) -> None:
        """From now on attachments are dropped without a word."""

    @abstractmethod
    def limit_bytes(self, limit: int) -> None:
        """From now on larger requests are refused."""


def entry(name: str, *, kind: ThreadKind = ThreadKind.CUSTOMER, files: Sequence[FileContent] = ()) -> Entry:
    return Entry(
        delivery_id=delivery_id(name),
        kind=kind,
        text=from_plain(f"words of {name}"),
        speaker="Mia (Discord)",
        source_link="https://discord.com/channels/1/2/3",
        files=tuple(files),
    )


def quoting_link(name: str, url: str, *, kind: ThreadKind = ThreadKind.CUSTOMER) -> Entry:
    text = RichText(blocks=(paragraph(Link(url=url, children=(Text(text="look"),))),))
    return Entry(delivery_id=delivery_id(name), kind=kind, text=text, source_link="https://discord.com/channels/1/2/3")
