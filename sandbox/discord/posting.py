"""Messages and reactions: each change of the world, and the event that tells of it.

Who may do it is not asked here: routes check the bot's permissions, actors the rules that bind everybody.
"""

from typing import Any

from sandbox.discord import payloads
from sandbox.discord.attachments import AttachmentLinks
from sandbox.discord.entities import DIRECT, Channel, Message, Pings, Thread, User
from sandbox.discord.gateway import Gateway
from sandbox.discord.mentions import let_through, written
from sandbox.discord.message_payload import emoji_payload
from sandbox.discord.permissions import Permission
from sandbox.discord.world import World

STARTER_TYPE = 21


class Posting:
    """What can happen to messages."""

    def __init__(self, world: World, gateway: Gateway, links: AttachmentLinks) -> None:
        self._world = world
        self._gateway = gateway
        self._links = links

    def publish(self, message: Message) -> Message:
        """Put a finished message into its channel: a thread wakes up and its author joins it."""
        channel = self._world.channels[message.channel_id]
        if isinstance(channel, Thread):
            self._enter_thread(channel, message)
        for attachment in message.attachments:
            self._links.add(attachment)
        self._world.keep(message)
        self._gateway.dispatch_message("MESSAGE_CREATE", message)
        self._world.touched()
        return message

    def _enter_thread(self, thread: Thread, message: Message) -> None:
        if message.id == thread.id:
            thread.starter_pending = False
        elif message.type != STARTER_TYPE:
            thread.total_sent += 1
        if thread.archived:
            thread.archived = False
            thread.archive_changed_at = self._world.clock.now()
            self.tell_of_thread(thread)
        if message.type != STARTER_TYPE:  # the link to the parent's message brings nobody in
            self.join(thread, message.author)

    def join(self, thread: Thread, user: User) -> None:
        """Make somebody a member of a thread; the bot is told about itself only."""
        if user.id in thread.member_ids:
            return
        thread.member_ids.add(user.id)
        if user is self._world.bot_user:
            body = {
                "id": str(thread.id),
                "guild_id": str(self._world.guild.id),
                "member_count": len(thread.member_ids),
                "added_members": [payloads.thread_member(thread, user.id)],
            }
            self._gateway.dispatch("THREAD_MEMBERS_UPDATE", body, channel=thread)

    def tell_of_thread(self, thread: Thread) -> None:
        """Send THREAD_UPDATE with the thread as it is now."""
        body = payloads.thread(thread, self._world.guild.id, member_id=self._world.bot_user.id)
        self._gateway.dispatch("THREAD_UPDATE", body, channel=thread)
        self._world.touched()

    def change(self, message: Message, *, edited: bool = True) -> None:
        """Tell of a changed message; `edited` is False for what is no edit (a thread flag, an unfurled link)."""
        if edited:
            message.edited_at = self._world.clock.now()
        self._gateway.dispatch_message("MESSAGE_UPDATE", message)
        self._world.touched()

    def delete(self, message: Message) -> None:
        """Take a message away."""
        self._world.forget(message)
        channel = self._world.channels[message.channel_id]
        self._gateway.dispatch("MESSAGE_DELETE", self._where(message, channel), channel=channel)
        self._world.touched()

    def delete_many(self, channel: Channel, messages: list[Message]) -> None:
        """Take several away at once, told in one event."""
        for message in messages:
            self._world.forget(message)
        body = self._place(channel) | {"ids": [str(each.id) for each in messages]}
        self._gateway.dispatch("MESSAGE_DELETE_BULK", body, channel=channel)
        self._world.touched()

    def react(self, message: Message, emoji: str, user: User) -> None:
        """Add somebody's reaction; a second time changes nothing."""
        users = message.reactions.setdefault(emoji, set())
        if user.id in users:
            return
        users.add(user.id)
        body = self._reaction(message, emoji, user) | {
            "message_author_id": str(message.author.id),
            "type": 0,
            "burst": False,
        }
        if member := self._world.guild.members.get(user.id):
            body["member"] = payloads.member(member)
        self._gateway.dispatch("MESSAGE_REACTION_ADD", body, channel=self._world.channels[message.channel_id])
        self._world.touched()

    def unreact(self, message: Message, emoji: str, user: User) -> None:
        """Take somebody's reaction away, if there is one."""
        users = message.reactions.get(emoji, set())
        if user.id not in users:
            return
        users.discard(user.id)
        if not users:
            del message.reactions[emoji]
        body = self._reaction(message, emoji, user) | {"type": 0, "burst": False}
        self._gateway.dispatch("MESSAGE_REACTION_REMOVE", body, channel=self._world.channels[message.channel_id])
        self._world.touched()

    def set_pings(self, message: Message, allowed: dict[str, Any] | None, *, replied_to: int | None) -> None:
        """Work out whom the bot's message pings: what allowed_mentions lets through, and what Discord would notify."""
        message.allowed_mentions = allowed
        message.pings = let_through(message.content, allowed, replied_to=replied_to)
        bits = self._world.bot_bits(self._world.channels[message.channel_id])
        everyone = bool(bits & Permission.MENTION_EVERYONE)
        roles = self._world.guild.roles
        message.notified = Pings(
            everyone=message.pings.everyone and everyone,
            roles=frozenset(
                each for each in message.pings.roles if each in roles and (everyone or roles[each].mentionable)
            ),
            users=frozenset(each for each in message.pings.users if each in self._world.guild.members),
        )

    def set_member_pings(self, message: Message, extra: frozenset[int], *, replied_to: int | None) -> None:
        """The same for a member's message: no allowed_mentions, and a reply pings its author."""
        found = written(message.content)
        users = found.users | extra | (frozenset() if replied_to is None else {replied_to})
        roles = frozenset(
            each for each in found.roles if (role := self._world.guild.roles.get(each)) and role.mentionable
        )
        message.pings = message.notified = Pings(users=users, roles=roles)

    def _reaction(self, message: Message, emoji: str, user: User) -> dict[str, Any]:
        channel = self._world.channels[message.channel_id]
        return self._place(channel) | {
            "message_id": str(message.id),
            "user_id": str(user.id),
            "emoji": emoji_payload(emoji),
        }

    def _where(self, message: Message, channel: Channel) -> dict[str, Any]:
        return {"id": str(message.id), **self._place(channel)}

    def _place(self, channel: Channel) -> dict[str, Any]:
        place = {"channel_id": str(channel.id)}
        return place if channel.type == DIRECT else {**place, "guild_id": str(self._world.guild.id)}
