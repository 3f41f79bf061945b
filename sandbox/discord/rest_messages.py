"""Routes about messages: history, one message, sending with its nonce, edits, deletions."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from sandbox.discord.backend import Backend
from sandbox.discord.calls import Call
from sandbox.discord.drafts import apply_edit, draft, original
from sandbox.discord.entities import FORUM, Channel, Message, Thread
from sandbox.discord.errors import DiscordError, SlowDownError, missing_access, unknown
from sandbox.discord.message_payload import without_content
from sandbox.discord.permissions import Permission
from sandbox.discord.rest import Answer, Handler

NONCE_SECONDS = 180.0
"""How long a nonce is remembered: Discord says "the past few minutes" and no number."""
OLD_SECONDS = 3600.0
OLD_EDITS = 3
"""Edits of messages older than an hour are limited (30046). The number is not published; this one is a guess."""


class MessageRoutes:
    """Everything below /channels/{channel_id}/messages but reactions and threads."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._world = backend.world
        self._nonces: dict[str, tuple[int, int, float]] = {}
        self._old_edits: dict[int, list[float]] = {}

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of each."""
        one = "/channels/{channel_id}/messages/{message_id}"
        return [
            ("GET", "/channels/{channel_id}/messages", self.history),
            ("POST", "/channels/{channel_id}/messages", self.send),
            ("POST", "/channels/{channel_id}/messages/bulk-delete", self.delete_many),
            ("GET", one, self.read),
            ("PATCH", one, self.edit),
            ("DELETE", one, self.delete),
        ]

    async def history(self, call: Call) -> Answer:
        """Up to 100 messages, newest first. Without Read Message History the list is empty, and no error."""
        channel = self._backend.visible(call.id("channel_id"))
        limit = int(call.query.get("limit", 50))
        if not 1 <= limit <= 100:
            raise DiscordError(400, 50035, "Invalid Form Body")
        if not self._backend.may(channel, Permission.READ_MESSAGE_HISTORY):
            return 200, []
        ids = _page(channel.message_ids, call.query, limit)
        return 200, [self._shown(channel.messages[each]) for each in reversed(ids)]

    async def read(self, call: Call) -> Answer:
        """One message."""
        channel = self._backend.visible(call.id("channel_id"))
        if not self._backend.may(channel, Permission.READ_MESSAGE_HISTORY):
            raise missing_access()
        return 200, self._shown(original(channel, call.id("message_id")))

    async def send(self, call: Call) -> Answer:
        """A new message, or the one already sent with the same nonce."""
        channel = self._backend.visible(call.id("channel_id"))
        if channel.type == FORUM:
            raise DiscordError(400, 50008, "Cannot send messages in a non-text channel")
        self._backend.checks.message(call.body, files=len(call.files))
        self._backend.checks.uploads(call.files.values())
        nonce = str(call.body["nonce"]) if call.body.get("nonce") is not None else None
        enforced = nonce is not None and bool(call.body.get("enforce_nonce"))
        if enforced and (earlier := self._sent_with(nonce or "")) is not None:
            return 200, self._backend.messages.rest(earlier)
        self._require_send(channel, call)
        message = draft(self._backend, channel, call.body, call.files, message_id=self._world.ids.next())
        message.nonce = nonce
        self._backend.posting.publish(message)
        if enforced and nonce is not None:
            self._nonces[nonce] = (channel.id, message.id, self._world.clock.now())
        return 200, self._backend.messages.rest(message)

    async def edit(self, call: Call) -> Answer:
        """Change one of the bot's own messages."""
        channel = self._backend.visible(call.id("channel_id"))
        message = original(channel, call.id("message_id"))
        self._backend.require_open(channel)
        if message.author is not self._world.bot_user:
            raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
        self._backend.checks.edit(call.body)
        self._count_old_edit(message)
        apply_edit(self._backend, message, call)
        self._backend.posting.change(message)
        return 200, self._backend.messages.rest(message)

    async def delete(self, call: Call) -> Answer:
        """Delete a message: the bot's own, or anybody's with Manage Messages."""
        channel = self._backend.visible(call.id("channel_id"))
        message = original(channel, call.id("message_id"))
        self._backend.require_open(channel)
        if message.author is not self._world.bot_user:
            self._backend.require(channel, Permission.MANAGE_MESSAGES)
        self._backend.posting.delete(message)
        return 204, None

    async def delete_many(self, call: Call) -> Answer:
        """Delete 2 to 100 messages at once."""
        channel = self._backend.visible(call.id("channel_id"))
        self._backend.require(channel, Permission.MANAGE_MESSAGES)
        ids = [int(each) for each in call.body.get("messages") or []]
        self._backend.posting.delete_many(channel, [channel.messages[each] for each in ids if each in channel.messages])
        return 204, None

    def _shown(self, message: Message) -> dict[str, object]:
        payload = self._backend.messages.rest(message)
        hidden = not self._backend.gateway.message_content_enabled and self._backend.messages.is_withheld(message)
        return without_content(payload) if hidden else payload

    def _sent_with(self, nonce: str) -> Message | None:
        """The message of a nonce still remembered; 10008 when it was deleted meanwhile (docs PR 6647)."""
        channel_id, message_id, at = self._nonces.get(nonce, (0, 0, 0.0))
        if not message_id or at < self._world.clock.now() - NONCE_SECONDS:
            return None
        channel = self._world.channels.get(channel_id)
        message = channel.messages.get(message_id) if channel else None
        if message is None:
            raise unknown("Message")
        return message

    def _require_send(self, channel: Channel, call: Call) -> None:
        in_thread = isinstance(channel, Thread)
        needed = Permission.SEND_MESSAGES_IN_THREADS if in_thread else Permission.SEND_MESSAGES
        if call.files:
            needed |= Permission.ATTACH_FILES
        self._backend.require(channel, needed)
        moderator = self._backend.may(channel, Permission.MANAGE_THREADS)
        self._backend.require_postable(channel, moderator=moderator)

    def _count_old_edit(self, message: Message) -> None:
        now = self._world.clock.now()
        if now - message.sent_at < OLD_SECONDS:
            return
        recent = [at for at in self._old_edits.get(message.channel_id, []) if at > now - OLD_SECONDS]
        if len(recent) >= OLD_EDITS:
            text = "Maximum number of edits to messages older than 1 hour reached. Try again later."
            raise SlowDownError(recent[0] + OLD_SECONDS - now, code=30046, message=text)
        self._old_edits[message.channel_id] = [*recent, now]


def _page(ids: Sequence[int], query: dict[str, str], limit: int) -> Sequence[int]:
    """The ids that a history request means, oldest first."""
    if "after" in query:
        start = bisect_right(ids, int(query["after"]))
        return ids[start : start + limit]
    if "around" in query:
        middle = bisect_left(ids, int(query["around"]))
        start = max(0, middle - limit // 2)
        return ids[start : start + limit]
    end = bisect_left(ids, int(query["before"])) if "before" in query else len(ids)
    return ids[max(0, end - limit) : end]
