"""The things a Discord guild is made of. They change in place, as the server's own rows do; ids are integers here."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.discord.permissions import Overwrite

TEXT = 0
DIRECT = 1
PUBLIC_THREAD = 11
PRIVATE_THREAD = 12
FORUM = 15

HAS_THREAD = 1 << 5
EPHEMERAL = 1 << 6
LOADING = 1 << 7
VOICE = 1 << 13
COMPONENTS_V2 = 1 << 15


@dataclass(slots=True, kw_only=True)
class User:
    """An account, of a person or a bot."""

    id: int
    name: str
    display_name: str | None = None
    bot: bool = False

    @property
    def mention(self) -> str:
        """How a message names this account."""
        return f"<@{self.id}>"


@dataclass(slots=True, kw_only=True)
class Role:
    """A role of the guild; `permissions` are bits."""

    id: int
    name: str
    permissions: int = 0
    mentionable: bool = False
    managed: bool = False
    position: int = 1

    @property
    def mention(self) -> str:
        """How a message names this role."""
        return f"<@&{self.id}>"


@dataclass(slots=True, kw_only=True)
class Member:
    """A user inside the guild."""

    user: User
    roles: list[int] = field(default_factory=list)
    nick: str | None = None
    joined_at: float = 0.0

    @property
    def id(self) -> int:
        """The user's id: Discord has no other for members."""
        return self.user.id

    @property
    def mention(self) -> str:
        """How a message names this person."""
        return self.user.mention


@dataclass(slots=True, kw_only=True)
class Attachment:
    """A file on a message; its bytes stay here, its URL is made at every reading because it expires."""

    id: int
    channel_id: int
    filename: str
    content_type: str
    content: bytes
    duration_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pings:
    """Who a message would notify."""

    everyone: bool = False
    roles: frozenset[int] = frozenset()
    users: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.everyone or bool(self.roles) or bool(self.users)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a message points to; `kind` 0 is a reply (or a system link), 1 a forward."""

    channel_id: int
    message_id: int | None
    kind: int = 0


@dataclass(slots=True, kw_only=True)
class Message:
    """A message. `pings`: whom its text and its allowed_mentions let through, whatever the bot may mention;
    `notified`: those among them whom Discord would really notify. `allowed_mentions` is None when none was sent."""

    id: int
    channel_id: int
    author: User
    content: str = ""
    type: int = 0
    flags: int = 0
    sent_at: float = 0.0
    edited_at: float | None = None
    attachments: list[Attachment] = field(default_factory=list)
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    stickers: list[dict[str, Any]] = field(default_factory=list)
    poll: dict[str, Any] | None = None
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    reference: Reference | None = None
    webhook_id: int | None = None
    application_id: int | None = None
    interaction: dict[str, Any] | None = None
    nonce: str | None = None
    allowed_mentions: dict[str, Any] | None = None
    pings: Pings = Pings()
    notified: Pings = Pings()
    reactions: dict[str, set[int]] = field(default_factory=dict)

    @property
    def ephemeral(self) -> bool:
        """Shown to one person only."""
        return bool(self.flags & EPHEMERAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A forum's tag."""

    id: int
    name: str
    moderated: bool = False


@dataclass(slots=True, kw_only=True)
class Channel:
    """A text channel, a forum or a direct conversation. `message_ids` is sorted."""

    id: int
    type: int
    name: str
    position: int = 0
    overwrites: list[Overwrite] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    require_tag: bool = False
    recipient: User | None = None
    messages: dict[int, Message] = field(default_factory=dict)
    message_ids: list[int] = field(default_factory=list)
    renamed_at: list[float] = field(default_factory=list)

    @property
    def mention(self) -> str:
        """How a message names this channel."""
        return f"<#{self.id}>"


@dataclass(slots=True, kw_only=True)
class Thread(Channel):
    """A thread: of a text channel, or a forum's post. `starter_pending`: its first message is still on the way."""

    parent_id: int
    owner_id: int
    created_at: float
    archived: bool = False
    locked: bool = False
    archive_changed_at: float = 0.0
    auto_archive_minutes: int = 4320
    slowmode_seconds: int = 0
    applied_tags: list[int] = field(default_factory=list)
    member_ids: set[int] = field(default_factory=set)
    starter_pending: bool = False
    total_sent: int = 0
    is_post: bool = False


@dataclass(slots=True, kw_only=True)
class Guild:
    """The one guild of the simulated world."""

    id: int
    name: str
    owner_id: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
