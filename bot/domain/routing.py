"""A message opens a conversation, continues one, or is ignored, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from bot.domain.chat import ChatMessage, MessageKind, Platform, RoomRole
from bot.domain.helpdesk import ThreadKind
from bot.domain.ids import LinkId
from bot.domain.links import ConversationLink
from bot.domain.permissions import Standing


class Reason(StrEnum):
    """Why a message opens and continues nothing."""

    SYSTEM = "system message"
    BOT = "written by a bot"
    STAFF = "written by the team"
    COMMAND = "a command"
    STAFF_ROOM = "staff room"


_SAME_MOMENT = timedelta(seconds=1)
"""What is sent at once may arrive in another order than that of its timestamps: a homeserver takes in several events
of a room side by side, each stamped when it came.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opens:
    """It opens a conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Continues:
    """It belongs to this ticket. ``outside`` its thread nothing shows that it was taken in: acknowledge it."""

    link_id: LinkId
    thread_kind: ThreadKind
    outside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignores:
    """It is none of the bot's business."""

    reason: Reason


Route: TypeAlias = Opens | Continues | Ignores


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the store knows around a message: the ticket of its thread (the one it stands in, or the one that hangs on
    it), of what it answers, its author's latest.
    """

    in_thread: ConversationLink | None = None
    answered: LinkId | None = None
    latest: ConversationLink | None = None


def ignored_at_sight(message: ChatMessage, standing: Standing, *, is_command: bool) -> Ignores | None:
    """What can be ignored without looking anything up."""
    if message.kind is MessageKind.SYSTEM:
        return Ignores(reason=Reason.SYSTEM)
    if message.kind is MessageKind.BOT:
        return Ignores(reason=Reason.BOT)
    if is_command:
        return Ignores(reason=Reason.COMMAND)
    if message.room_role is RoomRole.STAFF:
        return Ignores(reason=Reason.STAFF_ROOM)
    if standing > Standing.PUBLIC and message.address.chat_thread is None and message.reply_to is None:
        return Ignores(reason=Reason.STAFF)
    return None


def route(message: ChatMessage, standing: Standing, around: Surroundings, *, group: timedelta) -> Route:
    """Decide about a person's message in a support room.

    The team's own posts open nothing; inside a ticket they are its answer. Grouping counts from the ticket's first
    message by the platform's timestamps and never crosses chat threads (behaviour.md).
    """
    kind = ThreadKind.MESSAGE if standing > Standing.PUBLIC else ThreadKind.CUSTOMER
    if around.in_thread is not None:
        outside = message.address.chat_thread is None
        return Continues(link_id=around.in_thread.link_id, thread_kind=kind, outside=outside)
    if around.answered is not None:
        return Continues(link_id=around.answered, thread_kind=kind, outside=True)
    if standing > Standing.PUBLIC:
        return Ignores(reason=Reason.STAFF)
    latest = around.latest
    if latest is not None and _is_grouped(message, latest.opened_at, group):
        return Continues(link_id=latest.link_id, thread_kind=kind, outside=True)
    return Opens()


def may_group(message: ChatMessage, group: timedelta) -> bool:
    """Whether this message could join the author's latest ticket at all."""
    return bool(group) and message.address.chat_thread is None and message.reply_to is None


def _is_grouped(message: ChatMessage, opened_at: datetime, group: timedelta) -> bool:
    return may_group(message, group) and -_SAME_MOMENT < message.sent_at - opened_at <= group


def thread_exists(message: ChatMessage) -> bool:
    """Whether the bot can speak in the ticket's chat thread before its number is known.

    A Matrix thread begins with the first message in it; a Discord thread must be opened, and is, with the number.
    """
    return message.address.platform is not Platform.DISCORD or message.address.chat_thread is not None
