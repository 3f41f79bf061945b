"""Threads and forum posts: opened, renamed, tagged, archived, locked; each with its events."""

from dataclasses import dataclass
from typing import Any

from sandbox.discord import payloads
from sandbox.discord.entities import (
    DIRECT,
    FORUM,
    HAS_THREAD,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    Channel,
    Message,
    Reference,
    Thread,
    User,
)
from sandbox.discord.errors import DiscordError, SlowDownError, invalid_form, thread_exists
from sandbox.discord.gateway import Gateway
from sandbox.discord.posting import STARTER_TYPE, Posting
from sandbox.discord.world import World

THREAD_CREATED_TYPE = 18
RENAMES = 2
RENAME_WINDOW_SECONDS = 600.0
"""Two renames in ten minutes, told by no header (facts sheet, "Rate limits")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadChange:
    """What a PATCH asks for; None leaves a thing as it is."""

    name: str | None = None
    archived: bool | None = None
    locked: bool | None = None
    auto_archive_minutes: int | None = None
    slowmode_seconds: int | None = None
    applied_tags: tuple[int, ...] | None = None


class ThreadLife:
    """What can happen to threads."""

    def __init__(self, world: World, gateway: Gateway, posting: Posting) -> None:
        self._world = world
        self._gateway = gateway
        self._posting = posting

    def open_on(self, message: Message, name: str, owner: User, *, auto_archive_minutes: int = 4320) -> Thread:
        """A thread on a message, with the message's own id; 160004 when it has one."""
        parent = self._world.channels[message.channel_id]
        if isinstance(parent, Thread) or parent.type in (FORUM, DIRECT):
            raise DiscordError(400, 50024, "Cannot execute action on this channel type")
        if message.id in self._world.channels:
            raise thread_exists()
        thread = self._add(message.id, parent, name, owner, PUBLIC_THREAD, auto_archive_minutes)
        self._announce(thread)
        message.flags |= HAS_THREAD
        self._posting.change(message, edited=False)
        self._system_message(
            thread, message.author, STARTER_TYPE, "", Reference(channel_id=parent.id, message_id=message.id)
        )
        return thread

    def open_plain(
        self, parent: Channel, name: str, owner: User, *, private: bool = False, auto_archive_minutes: int = 4320
    ) -> Thread:
        """A thread without a message; a public one is announced in its channel by a system message."""
        kind = PRIVATE_THREAD if private else PUBLIC_THREAD
        thread = self._add(self._world.ids.next(), parent, name, owner, kind, auto_archive_minutes)
        self._announce(thread)
        if not private:
            reference = Reference(channel_id=thread.id, message_id=None)
            self._system_message(parent, owner, THREAD_CREATED_TYPE, name, reference)
        return thread

    def open_post(
        self, forum: Channel, name: str, owner: User, tags: list[int], *, auto_archive_minutes: int = 4320
    ) -> Thread:
        """A forum post still without its first message; 40067 when the forum wants a tag and gets none."""
        self.check_tags(forum, tags)
        thread = self._add(self._world.ids.next(), forum, name, owner, PUBLIC_THREAD, auto_archive_minutes)
        thread.is_post = thread.starter_pending = True
        thread.applied_tags = list(tags)
        self._announce(thread)
        return thread

    def check_tags(self, forum: Channel, tags: list[int]) -> None:
        """Refuse unknown tags, more than five, and none where one is required."""
        if len(tags) > 5:
            raise invalid_form("applied_tags", "Must be 5 or fewer in length.")
        if unknown := set(tags) - {tag.id for tag in forum.tags}:
            raise DiscordError(400, 10087, f"Unknown tag {min(unknown)}")
        if forum.require_tag and not tags:
            raise DiscordError(400, 40067, "A tag is required to create a forum post in this channel")

    def change(self, thread: Thread, change: ThreadChange) -> None:
        """Change a thread; a third rename in ten minutes has to wait."""
        if change.name is not None and change.name != thread.name:
            self.note_rename(thread)
            thread.name = change.name
        if change.archived is not None and change.archived != thread.archived:
            thread.archived = change.archived
            thread.archive_changed_at = self._world.clock.now()
        if change.locked is not None:
            thread.locked = change.locked
        if change.auto_archive_minutes is not None:
            thread.auto_archive_minutes = change.auto_archive_minutes
        if change.slowmode_seconds is not None:
            thread.slowmode_seconds = change.slowmode_seconds
        if change.applied_tags is not None:
            thread.applied_tags = list(change.applied_tags)
        self._posting.tell_of_thread(thread)

    def note_rename(self, channel: Channel) -> None:
        """Count a rename, or refuse it until the window has passed."""
        now = self._world.clock.now()
        recent = [at for at in channel.renamed_at if at > now - RENAME_WINDOW_SECONDS]
        if len(recent) >= RENAMES:
            raise SlowDownError(recent[0] + RENAME_WINDOW_SECONDS - now)
        channel.renamed_at = [*recent, now]

    def remove(self, thread: Thread) -> None:
        """Delete a thread; the event gives only ids."""
        body: dict[str, Any] = {
            "id": str(thread.id),
            "guild_id": str(self._world.guild.id),
            "parent_id": str(thread.parent_id),
            "type": thread.type,
        }
        self._gateway.dispatch("THREAD_DELETE", body, channel=thread)
        del self._world.channels[thread.id]
        self._world.touched()

    def _add(self, thread_id: int, parent: Channel, name: str, owner: User, kind: int, auto_archive: int) -> Thread:
        now = self._world.clock.now()
        thread = Thread(
            id=thread_id,
            type=kind,
            name=name,
            parent_id=parent.id,
            owner_id=owner.id,
            created_at=now,
            archive_changed_at=now,
            auto_archive_minutes=auto_archive,
            member_ids={owner.id},
        )
        self._world.channels[thread.id] = thread
        return thread

    def _announce(self, thread: Thread) -> None:
        me = self._world.bot_user.id
        body = payloads.thread(thread, self._world.guild.id, member_id=me, newly_created=True)
        self._gateway.dispatch("THREAD_CREATE", body, channel=thread)
        self._world.touched()

    def _system_message(self, channel: Channel, author: User, kind: int, content: str, reference: Reference) -> None:
        message = Message(
            id=self._world.ids.next(),
            channel_id=channel.id,
            author=author,
            type=kind,
            content=content,
            sent_at=self._world.clock.now(),
            reference=reference,
        )
        self._posting.publish(message)
