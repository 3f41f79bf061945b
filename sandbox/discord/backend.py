"""The parts that routes and actors share, and the questions both ask: may the bot see this, may it do that."""

from dataclasses import dataclass

from sandbox.discord.attachments import AttachmentLinks
from sandbox.discord.checks import Checks
from sandbox.discord.entities import Channel, Thread
from sandbox.discord.errors import (
    missing_access,
    missing_permissions,
    refuses_direct_messages,
    starter_missing,
    thread_is_archived,
    thread_is_locked,
)
from sandbox.discord.gateway import Gateway
from sandbox.discord.message_payload import MessagePayloads
from sandbox.discord.permissions import Permission
from sandbox.discord.posting import Posting
from sandbox.discord.thread_life import ThreadLife
from sandbox.discord.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Everything behind the routes."""

    world: World
    gateway: Gateway
    posting: Posting
    threads: ThreadLife
    messages: MessagePayloads
    checks: Checks
    links: AttachmentLinks

    def visible(self, channel_id: int) -> Channel:
        """A channel that the bot may see: 10003 when there is none, 50001 when it is hidden."""
        channel = self.world.channel(channel_id)
        if not self.world.bot_bits(channel):
            raise missing_access()
        return channel

    def require(self, channel: Channel, needed: Permission) -> None:
        """50013 unless the bot has every needed bit there."""
        if self.world.bot_bits(channel) & needed != needed:
            raise missing_permissions()

    def may(self, channel: Channel, wanted: Permission) -> bool:
        """Whether the bot has a bit there."""
        return bool(self.world.bot_bits(channel) & wanted)

    def require_open(self, channel: Channel) -> None:
        """50083 in an archived thread: no edits, reactions or commands there."""
        if isinstance(channel, Thread) and channel.archived:
            raise thread_is_archived()

    def require_postable(self, channel: Channel, *, moderator: bool) -> None:
        """Refuse a post in a locked thread, in a forum post whose first message has not come yet, or to a person who
        takes none.
        """
        if channel.recipient is not None and channel.recipient.id in self.world.closed_to_bot:
            raise refuses_direct_messages()
        if not isinstance(channel, Thread):
            return
        if channel.starter_pending:
            raise starter_missing()
        if channel.locked and channel.archived:
            raise thread_is_archived()
        if channel.locked and not moderator:
            raise thread_is_locked()
