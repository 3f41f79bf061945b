"""What arrives from a chat platform, in words that fit all of them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.richtext import RichText


class Platform(StrEnum):
    """The chat platforms."""

    DISCORD = "discord"
    MATRIX = "matrix"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAddress:
    """Where in chat: a room (Discord channel or forum, Matrix room) and, inside it, a chat thread or none.

    A chat thread is named by the message it hangs on: in Discord a thread's id is its starter's id, in Matrix it is the
    root event's id. So the thread of a message can be named before it exists.
    """

    platform: Platform
    room: str
    chat_thread: str | None = None


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

    @property
    def dedup_key(self) -> str:
        """The platform's identity of this message: the same message always has the same key, however it came."""
        return message_key(self.address.platform, self.address.room, self.message_id)


def message_key(platform: Platform, room: str, message_id: str) -> str:
    """The key under which the inbox knows a message."""
    return f"{platform}:{room}:{message_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedMessage:
    """Another message, quoted for context."""

    author_name: str
    text: RichText
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """What the bot says in chat. It can ping at most ``mention`` (a user id), never anything inside ``text``.

    ``delivery_id`` is the idempotency key. ``about`` is the message it answers (Matrix needs the latest event of a
    thread for old clients); ``address.chat_thread`` decides where it stands.
    """

    delivery_id: str
    address: ChatAddress
    text: RichText
    mention: str | None = None
    about: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """What the platform made of it: message ids in order, and the platform's time of the first."""

    message_ids: tuple[str, ...]
    sent_at: datetime
