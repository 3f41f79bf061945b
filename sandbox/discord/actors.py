"""What people do in the guild: post, reply, edit, delete, react, open threads and forum posts."""

from collections.abc import Iterable, Sequence

from sandbox.discord import payloads
from sandbox.discord.backend import Backend
from sandbox.discord.drafts import poll_payload, snapshot
from sandbox.discord.entities import (
    DIRECT,
    VOICE,
    Attachment,
    Channel,
    Member,
    Message,
    Reference,
    Role,
    Thread,
    User,
)
from sandbox.discord.thread_life import ThreadChange

File = tuple[str, str, bytes]
"""Name, content type, bytes."""
Poll = tuple[str, Sequence[str]]
"""Question and answers."""


class Actors:
    """Moves of the guild's people. What Discord refuses everybody (a post in a locked thread) raises DiscordError."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._world = backend.world
        self._late_starters: dict[int, Message] = {}

    # messages

    async def post(
        self,
        member: Member,
        channel_id: int,
        text: str = "",
        *,
        reply_to: int | Message | None = None,
        attachments: Sequence[File] = (),
        stickers: Sequence[str] = (),
        poll: Poll | None = None,
        forwarded: str | Message | None = None,
        voice: bool = False,
        type: int = 0,  # noqa: A002  (Discord's own word)
        webhook: bool = False,
        mentions: Sequence[Member | Role | User | int] = (),
    ) -> Message:
        """Somebody writes in a text channel, a thread or a direct conversation.

        `forwarded` is a message, or the text of one elsewhere; `voice` makes it a voice message; `type` gives it
        another message type (a system message); `webhook` sends it as a webhook that bears the member's name.
        """
        channel = self._world.channel(channel_id)
        if channel.type != DIRECT:
            self._backend.require_postable(channel, moderator=False)
        message = self._new_message(member.user, channel, text, kind=type)
        if webhook:
            message.webhook_id = self._world.ids.next()
            message.author = User(id=message.webhook_id, name=member.user.name, display_name=None, bot=True)
        message.attachments = [self._file(channel, *each) for each in attachments]
        message.stickers = [{"id": str(self._world.ids.next()), "name": name, "format_type": 1} for name in stickers]
        if poll is not None:
            message.poll = self._poll(poll)
        if voice:
            self._make_voice(message, channel)
        self._set_links(message, channel, reply_to, forwarded, mentions)
        return self._backend.posting.publish(message)

    async def edit(self, member: Member, channel_id: int, message_id: int, text: str) -> Message:
        """Somebody edits their own message; ValueError when it is not theirs."""
        message = self._world.message(channel_id, message_id)
        if message.author.id != member.id:
            raise ValueError("people edit only their own messages")
        self._backend.require_open(self._world.channel(channel_id))
        message.content = text
        self._backend.posting.change(message)
        return message

    async def unfurl(self, channel_id: int, message_id: int) -> None:
        """A link's preview is added to a message: a MESSAGE_UPDATE that is no edit."""
        message = self._world.message(channel_id, message_id)
        message.embeds = [*message.embeds, {"type": "link", "url": "https://example.org/", "title": "Example"}]
        self._backend.posting.change(message, edited=False)

    async def delete(self, channel_id: int, message_id: int) -> None:
        """A message is deleted by its author or a moderator."""
        self._backend.posting.delete(self._world.message(channel_id, message_id))

    async def delete_many(self, channel_id: int, message_ids: Iterable[int]) -> None:
        """Several messages are deleted at once."""
        messages = [self._world.message(channel_id, each) for each in message_ids]
        self._backend.posting.delete_many(self._world.channel(channel_id), messages)

    async def react(self, member: Member, channel_id: int, message_id: int, emoji: str) -> None:
        """Somebody reacts."""
        self._backend.require_open(self._world.channel(channel_id))
        self._backend.posting.react(self._world.message(channel_id, message_id), emoji, member.user)

    async def unreact(self, member: Member, channel_id: int, message_id: int, emoji: str) -> None:
        """Somebody takes their reaction back."""
        self._backend.posting.unreact(self._world.message(channel_id, message_id), emoji, member.user)

    def direct_channel(self, member: Member) -> Channel:
        """A person's direct conversation with the bot; post there to write to it."""
        return self._world.direct_channel(member.user)

    def close_direct(self, member: Member, *, closed: bool = True) -> None:
        """Somebody takes no direct messages from the bot any more, or takes them again."""
        change = self._world.closed_to_bot.add if closed else self._world.closed_to_bot.discard
        change(member.id)

    # threads

    async def create_thread(
        self, member: Member, channel_id: int, name: str, *, message_id: int | None = None, private: bool = False
    ) -> Thread:
        """Somebody opens a thread, on a message or without one."""
        if message_id is not None:
            return self._backend.threads.open_on(self._world.message(channel_id, message_id), name, member.user)
        return self._backend.threads.open_plain(self._world.channel(channel_id), name, member.user, private=private)

    async def create_forum_post(
        self,
        member: Member,
        forum_id: int,
        title: str,
        content: str,
        *,
        tags: Iterable[str | int] = (),
        starter_first: bool = True,
        attachments: Sequence[File] = (),
    ) -> Thread:
        """Somebody opens a forum post: THREAD_CREATE, then its first message, whose id is the thread's.

        With `starter_first=False` that message is still on the way (it carries uploads): send it by `send_starter`.
        """
        forum = self._world.channel(forum_id)
        by_name = {tag.name: tag.id for tag in forum.tags}
        chosen = [each if isinstance(each, int) else by_name[each] for each in tags]
        thread = self._backend.threads.open_post(forum, title, member.user, chosen)
        starter = self._new_message(member.user, thread, content, kind=0, message_id=thread.id)
        starter.attachments = [self._file(thread, *each) for each in attachments]
        self._backend.posting.set_member_pings(starter, frozenset(), replied_to=None)
        self._late_starters[thread.id] = starter
        if starter_first:
            await self.send_starter(thread.id)
        return thread

    async def send_starter(self, thread_id: int) -> Message:
        """The late first message of a forum post arrives."""
        return self._backend.posting.publish(self._late_starters.pop(thread_id))

    async def archive_thread(self, thread_id: int) -> None:
        """A thread is archived, as also happens after days of silence."""
        self._backend.threads.change(self._thread(thread_id), ThreadChange(archived=True))

    async def unarchive_thread(self, thread_id: int) -> None:
        """An archived thread is opened again."""
        self._backend.threads.change(self._thread(thread_id), ThreadChange(archived=False))

    async def lock_thread(self, thread_id: int, *, locked: bool = True) -> None:
        """A moderator locks a thread, or unlocks it."""
        self._backend.threads.change(self._thread(thread_id), ThreadChange(locked=locked))

    async def rename_thread(self, thread_id: int, name: str) -> None:
        """A thread gets another name."""
        self._backend.threads.change(self._thread(thread_id), ThreadChange(name=name))

    async def delete_thread(self, thread_id: int) -> None:
        """A thread is deleted with all that is in it."""
        self._backend.threads.remove(self._thread(thread_id))

    # parts

    def _thread(self, thread_id: int) -> Thread:
        channel = self._world.channel(thread_id)
        if not isinstance(channel, Thread):
            raise TypeError(f"{channel.name} is no thread")
        return channel

    def _new_message(
        self, author: User, channel: Channel, text: str, *, kind: int, message_id: int | None = None
    ) -> Message:
        return Message(
            id=self._world.ids.next() if message_id is None else message_id,
            channel_id=channel.id,
            author=author,
            content=text,
            type=kind,
            sent_at=self._world.clock.now(),
        )

    def _file(self, channel: Channel, name: str, content_type: str, content: bytes) -> Attachment:
        return Attachment(
            id=self._world.ids.next(), channel_id=channel.id, filename=name, content_type=content_type, content=content
        )

    def _poll(self, poll: Poll) -> payloads.Json:
        question, answers = poll
        body = {"question": {"text": question}, "answers": [{"poll_media": {"text": each}} for each in answers]}
        return poll_payload(body, self._world.clock.now())

    def _make_voice(self, message: Message, channel: Channel) -> None:
        message.flags |= VOICE
        recording = self._file(channel, "voice-message.ogg", "audio/ogg", b"OggS")
        recording.duration_seconds = 2.5
        message.attachments.append(recording)

    def _set_links(
        self,
        message: Message,
        channel: Channel,
        reply_to: int | Message | None,
        forwarded: str | Message | None,
        mentions: Sequence[Member | Role | User | int],
    ) -> None:
        replied_to = None
        if reply_to is not None:
            target = reply_to if isinstance(reply_to, Message) else channel.messages.get(reply_to)
            target_id = reply_to.id if isinstance(reply_to, Message) else reply_to
            message.type = 19
            message.reference = Reference(channel_id=channel.id, message_id=target_id)
            replied_to = None if target is None else target.author.id
        if forwarded is not None:
            self._forward(message, channel, forwarded)
        extra = frozenset(each if isinstance(each, int) else each.id for each in mentions)
        self._backend.posting.set_member_pings(message, extra, replied_to=replied_to)

    def _forward(self, message: Message, channel: Channel, forwarded: str | Message) -> None:
        if isinstance(forwarded, str):
            forwarded = self._new_message(message.author, channel, forwarded, kind=0)
        message.reference = Reference(channel_id=forwarded.channel_id, message_id=forwarded.id, kind=1)
        message.snapshots = [snapshot(self._backend.messages.rest(forwarded))]
