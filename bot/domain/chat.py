"""What arrives from a chat platform, in words that fit all of them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.domain.richtext import RichText


class Platform(StrEnum):
    """The chat platforms."""

    DISCORD = "discord"
    MATRIX = "matrix"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAddress:
    """Where in chat: a room (Discord channel or forum, Matrix room) and, inside it, a chat thread or none.

    A chat thread is named by the message it hangs on: in Discord a thread's id is its starter's id, in Matrix it is the
    root event's id. So the thread of a message can be named before it exists. A direct message channel is its own chat
    thread: ``chat_thread == room``, and all that is said there is one conversation.
    """

    platform: Platform
    room: str
    chat_thread: str | None = None

    @property
    def is_private(self) -> bool:
        """Whether this is a direct message channel between one member and the bot."""
        return self.chat_thread == self.room


class RoomRole(StrEnum):
    """What a room is to the team."""

    SUPPORT = "support"
    STAFF = "staff"


class MessageKind(StrEnum):
    """Who or what speaks."""

    PERSON = "person"
    BOT = "bot"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote it. ``roles`` are the platform's role ids (Discord; empty in Matrix). ``name`` is what others see."""

    platform: Platform
    user_id: str
    name: str
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that came with a message.

    ``reference`` is opaque to all but its adapter (a URL; an mxc address with keys).
    """

    name: str
    mime_type: str
    size_bytes: int | None
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One message. ``text`` is never empty for a person's message: adapters put a placeholder ("sent a sticker: wave").

    ``address.chat_thread`` is set when it stands in a chat thread or forum post; a forum post's first message has
    ``message_id == address.chat_thread`` and the post's ``title``. ``sent_at`` is the platform's timestamp.
    ``reply_to`` is the message it answers (not a Matrix thread fallback). ``link`` opens it in the platform's client.
    ``version`` names the edit it shows, "" for one that was never edited.
    """

    address: ChatAddress
    message_id: str
    author: Author
    sent_at: datetime
    text: RichText
    link: str
    kind: MessageKind = MessageKind.PERSON
    room_role: RoomRole = RoomRole.SUPPORT
    title: str | None = None
    reply_to: str | None = None
    attachments: tuple[Attachment, ...] = field(default=())
    version: str = ""

    @property
    def dedup_key(self) -> str:
        """The platform's identity of this message: the same message always has the same key, however it came."""
        return message_key(self.address.platform, self.address.room, self.message_id)


def message_key(platform: Platform, room: str, message_id: str) -> str:
    """The key under which the inbox knows a message."""
    return f"{platform}:{room}:{message_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited:
    """A message now reads otherwise: ``message`` as it is now, with its ``version``; each version has its own."""

    message: ChatMessage

    @property
    def dedup_key(self) -> str:
        """One per version."""
        return f"edited:{self.message.dedup_key}:{self.message.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted:
    """A message was taken away."""

    address: ChatAddress
    message_id: str

    @property
    def message_key(self) -> str:
        """The key of the message that is gone."""
        return message_key(self.address.platform, self.address.room, self.message_id)

    @property
    def dedup_key(self) -> str:
        """A message is deleted once."""
        return f"deleted:{self.message_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted:
    """Somebody put a reaction on a message; ``reaction_id`` is the platform's id of that act."""

    address: ChatAddress
    message_id: str
    author: Author
    emoji: str
    reaction_id: str

    @property
    def message_key(self) -> str:
        """The key of the message reacted to."""
        return message_key(self.address.platform, self.address.room, self.message_id)

    @property
    def dedup_key(self) -> str:
        """One per act."""
        return f"reacted:{self.address.platform}:{self.address.room}:{self.reaction_id}"


ChatEvent: TypeAlias = ChatMessage | MessageEdited | MessageDeleted | Reacted


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """Somebody pressed a button of one of the bot's messages, or chose ``value`` from a menu of it.

    ``press_id`` is the platform's id of the act.
    """

    press_id: str
    choice: str
    author: Author
    address: ChatAddress
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A file, bytes included."""

    name: str
    mime_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedMessage:
    """Another message, quoted for context."""

    author_name: str
    text: RichText
    link: str


class Voice(StrEnum):
    """In whose name the bot speaks: its own (Matrix: a notice, which other bots leave alone), or an agent's."""

    BOT = "bot"
    AGENT = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatChoice:
    """An answer people can give with one click: a button in Discord, a reaction with ``emoji`` in Matrix.

    ``choice`` is what comes back when it is pressed, at most 100 characters.
    """

    choice: str
    label: str
    emoji: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuOption:
    """One entry of a menu: what comes back, and how people read it (at most 100 characters each)."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMenu:
    """A menu from which one entry is chosen (a select in Discord; Matrix has none and shows nothing).

    ``choice`` comes back in ``Pressed`` with the entry's value; ``chosen`` is the value shown as selected, "" for none,
    when ``placeholder`` is shown.
    """

    choice: str
    placeholder: str
    options: tuple[MenuOption, ...]
    chosen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLink:
    """A button that opens an address (Discord; Matrix shows nothing: put the address into the text there)."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The parts of a message of the bot's that may be shown anew in answer to a click on it."""

    text: RichText
    menus: tuple[ChatMenu, ...] = ()
    choices: tuple[ChatChoice, ...] = ()
    links: tuple[ChatLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """What the bot says in chat. It can ping at most ``mention`` (a user id) and ``pages``, never anything inside
    ``text``. ``pages``: who is on call, as ``role:ID``, ``user:ID`` (Discord) or ``@user:server`` (Matrix).

    ``delivery_id`` is the idempotency key. ``about`` is the message it answers (Matrix needs the latest event of a
    thread for old clients); ``address.chat_thread`` decides where it stands. A text over the limit is said in
    parts, split between words with code blocks kept whole or closed and opened again; the first part pings, the last
    one has the menus, choices and links (rows in this order, choices and links in one), and the files come with it or
    behind it.
    """

    delivery_id: str
    address: ChatAddress
    text: RichText
    mention: str | None = None
    about: str | None = None
    voice: Voice = Voice.BOT
    choices: tuple[ChatChoice, ...] = ()
    files: tuple[FileContent, ...] = ()
    menus: tuple[ChatMenu, ...] = ()
    links: tuple[ChatLink, ...] = ()
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """What the platform made of it: message ids in order, and the platform's time of the first.

    Not ``complete``: the beginning of it; a further ``send`` goes on behind these.
    """

    message_ids: tuple[str, ...]
    sent_at: datetime
    complete: bool = True
