"""Routes about channels and threads: reading, opening, changing, listing, joining."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sandbox.discord import payloads
from sandbox.discord.backend import Backend
from sandbox.discord.calls import Call
from sandbox.discord.drafts import draft, original
from sandbox.discord.entities import FORUM, PRIVATE_THREAD, PUBLIC_THREAD, Channel, Thread
from sandbox.discord.errors import DiscordError, missing_permissions, thread_is_archived, unknown
from sandbox.discord.permissions import Permission
from sandbox.discord.rest import Answer, Handler
from sandbox.discord.thread_life import ThreadChange


class ThreadRoutes:
    """Channels as places; what is said in them is in rest_messages."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._world = backend.world

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of each."""
        channel = "/channels/{channel_id}"
        return [
            ("GET", channel, self.read),
            ("PATCH", channel, self.change),
            ("DELETE", channel, self.remove),
            ("POST", channel + "/typing", self.typing),
            ("POST", channel + "/messages/{message_id}/threads", self.open_on_message),
            ("POST", channel + "/threads", self.open),
            ("GET", channel + "/threads/archived/public", self.archived_public),
            ("GET", channel + "/threads/archived/private", self.archived_private),
            ("GET", channel + "/users/@me/threads/archived/private", self.archived_joined),
            ("GET", "/guilds/{guild_id}/threads/active", self.active),
            ("GET", channel + "/thread-members", self.members),
            ("PUT", channel + "/thread-members/{user_id}", self.join),
            ("DELETE", channel + "/thread-members/{user_id}", self.leave),
        ]

    async def read(self, call: Call) -> Answer:
        """A channel or thread."""
        return 200, self._shown(self._backend.visible(call.id("channel_id")))

    async def change(self, call: Call) -> Answer:
        """Change a thread; of other channels only the name can be changed here."""
        channel = self._backend.visible(call.id("channel_id"))
        if isinstance(channel, Thread):
            return 200, self._change_thread(channel, call.body)
        self._backend.checks.channel_edit(call.body)
        self._backend.require(channel, Permission.MANAGE_CHANNELS)
        if "name" in call.body and call.body["name"] != channel.name:
            self._backend.threads.note_rename(channel)
            channel.name = call.body["name"]
        self._backend.gateway.dispatch("CHANNEL_UPDATE", self._shown(channel), channel=channel)
        return 200, self._shown(channel)

    async def remove(self, call: Call) -> Answer:
        """Delete a thread; needs Manage Threads."""
        channel = self._backend.visible(call.id("channel_id"))
        if not isinstance(channel, Thread):
            raise missing_permissions()
        self._backend.require(channel, Permission.MANAGE_THREADS)
        shown = self._shown(channel)
        self._backend.threads.remove(channel)
        return 200, shown

    async def typing(self, call: Call) -> Answer:
        """The typing sign; nobody sees it here."""
        self._backend.visible(call.id("channel_id"))
        return 204, None

    async def open_on_message(self, call: Call) -> Answer:
        """A thread on a message; 160004 when it has one."""
        channel = self._backend.visible(call.id("channel_id"))
        self._backend.checks.thread(call.body)
        message = original(channel, call.id("message_id"))
        self._backend.require(channel, Permission.CREATE_PUBLIC_THREADS)
        minutes = call.body.get("auto_archive_duration") or 4320
        thread = self._backend.threads.open_on(
            message, call.body["name"], self._world.bot_user, auto_archive_minutes=minutes
        )
        return 201, self._shown(thread)

    async def open(self, call: Call) -> Answer:
        """A thread without a message, or a forum post with its first one."""
        channel = self._backend.visible(call.id("channel_id"))
        self._backend.checks.thread(call.body)
        minutes = call.body.get("auto_archive_duration") or 4320
        if channel.type == FORUM:
            return 201, self._open_post(channel, call, minutes)
        private = call.body.get("type", PRIVATE_THREAD) == PRIVATE_THREAD
        needed = Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS
        self._backend.require(channel, needed)
        thread = self._backend.threads.open_plain(
            channel, call.body["name"], self._world.bot_user, private=private, auto_archive_minutes=minutes
        )
        return 201, self._shown(thread)

    def _open_post(self, forum: Channel, call: Call, minutes: int) -> dict[str, Any]:
        self._backend.require(forum, Permission.SEND_MESSAGES)
        body = call.body.get("message") or {}
        self._backend.checks.message(body, files=len(call.files))
        tags = [int(each) for each in call.body.get("applied_tags") or []]
        thread = self._backend.threads.open_post(
            forum, call.body["name"], self._world.bot_user, tags, auto_archive_minutes=minutes
        )
        message = draft(self._backend, thread, body, call.files, message_id=thread.id)
        self._backend.posting.publish(message)
        return {**self._shown(thread), "message": self._backend.messages.rest(message)}

    def _change_thread(self, thread: Thread, body: dict[str, Any]) -> dict[str, Any]:
        self._backend.checks.thread_edit(body)
        if thread.archived and body.get("archived") is not False:
            # Also a lock: it has to unarchive in the same request (documentation issue 6928).
            raise thread_is_archived()
        self._require_change(thread, body)
        tags = body.get("applied_tags")
        if tags is not None:
            self._backend.threads.check_tags(self._world.channels[thread.parent_id], [int(each) for each in tags])
        change = ThreadChange(
            name=body.get("name"),
            archived=body.get("archived"),
            locked=body.get("locked"),
            auto_archive_minutes=body.get("auto_archive_duration"),
            slowmode_seconds=body.get("rate_limit_per_user"),
            applied_tags=None if tags is None else tuple(int(each) for each in tags),
        )
        self._backend.threads.change(thread, change)
        return self._shown(thread)

    def _require_change(self, thread: Thread, body: dict[str, Any]) -> None:
        if self._backend.may(thread, Permission.MANAGE_THREADS):
            return
        unarchives = body.keys() == {"archived"} and body["archived"] is False and not thread.locked
        own = thread.owner_id == self._world.bot_user.id and "locked" not in body and not thread.locked
        if not (own or unarchives):
            raise missing_permissions()

    async def active(self, call: Call) -> Answer:
        """All threads of the guild that are not archived."""
        if call.id("guild_id") != self._world.guild.id:
            raise unknown("Guild")
        found = [each for each in self._world.threads() if not each.archived and self._world.bot_bits(each)]
        return 200, self._listed(sorted(found, key=lambda each: each.id, reverse=True), has_more=False)

    async def archived_public(self, call: Call) -> Answer:
        """Archived public threads of a channel, the last archived first."""
        return self._archived(call, PUBLIC_THREAD, by_id=False)

    async def archived_private(self, call: Call) -> Answer:
        """Archived private threads; needs Manage Threads."""
        self._backend.require(self._backend.visible(call.id("channel_id")), Permission.MANAGE_THREADS)
        return self._archived(call, PRIVATE_THREAD, by_id=False)

    async def archived_joined(self, call: Call) -> Answer:
        """Archived private threads that the bot is in, by id."""
        return self._archived(call, PRIVATE_THREAD, by_id=True)

    def _archived(self, call: Call, kind: int, *, by_id: bool) -> Answer:
        channel = self._backend.visible(call.id("channel_id"))
        self._backend.require(channel, Permission.READ_MESSAGE_HISTORY)
        found = [each for each in self._world.threads(channel.id) if each.archived and each.type == kind]
        if by_id:
            found = [each for each in found if self._world.bot_user.id in each.member_ids]
            found.sort(key=lambda each: each.id, reverse=True)
        else:
            found.sort(key=lambda each: each.archive_changed_at, reverse=True)
        if before := call.query.get("before"):
            found = [each for each in found if _is_before(each, before, by_id=by_id)]
        limit = int(call.query.get("limit") or 50)
        return 200, self._listed(found[:limit], has_more=len(found) > limit)

    async def members(self, call: Call) -> Answer:
        """Who is in a thread."""
        thread = self._thread(call)
        return 200, [payloads.thread_member(thread, each) for each in sorted(thread.member_ids)]

    async def join(self, call: Call) -> Answer:
        """The bot joins (`@me`), or adds somebody."""
        thread = self._thread(call)
        self._backend.require_open(thread)
        who = call.variables["user_id"]
        user = self._world.bot_user if who == "@me" else self._world.users.get(call.id("user_id"))
        if user is None:
            raise unknown("User")
        self._backend.posting.join(thread, user)
        return 204, None

    async def leave(self, call: Call) -> Answer:
        """The bot leaves (`@me`), or takes somebody out."""
        thread = self._thread(call)
        self._backend.require_open(thread)
        who = call.variables["user_id"]
        thread.member_ids.discard(self._world.bot_user.id if who == "@me" else call.id("user_id"))
        return 204, None

    def _thread(self, call: Call) -> Thread:
        channel = self._backend.visible(call.id("channel_id"))
        if not isinstance(channel, Thread):
            raise DiscordError(400, 50024, "Cannot execute action on this channel type")
        return channel

    def _shown(self, channel: Channel) -> dict[str, Any]:
        if isinstance(channel, Thread):
            return payloads.thread(channel, self._world.guild.id, member_id=self._world.bot_user.id)
        return payloads.channel(channel, self._world.guild.id)

    def _listed(self, threads: Iterable[Thread], *, has_more: bool) -> dict[str, Any]:
        threads = list(threads)
        me = self._world.bot_user.id
        members = [payloads.thread_member(each, me) for each in threads if me in each.member_ids]
        return {"threads": [self._shown(each) for each in threads], "members": members, "has_more": has_more}


def _is_before(thread: Thread, before: str, *, by_id: bool) -> bool:
    if by_id:
        return thread.id < int(before)
    # A plus sign in a query may arrive as a blank.
    return thread.archive_changed_at < datetime.fromisoformat(before.replace(" ", "+")).timestamp()
