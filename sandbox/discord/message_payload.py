"""Messages as Discord's JSON: as REST gives them, as the gateway sends them, and with the content withheld."""

from typing import Any

from sandbox.discord import payloads
from sandbox.discord.attachments import AttachmentLinks
from sandbox.discord.clock import timestamp
from sandbox.discord.entities import DIRECT, HAS_THREAD, Attachment, Message, Reference, Thread
from sandbox.discord.world import World

Json = dict[str, Any]


class MessagePayloads:
    """Builds message objects; attachment URLs are signed afresh at every reading."""

    def __init__(self, world: World, links: AttachmentLinks) -> None:
        self._world = world
        self._links = links

    def rest(self, message: Message, *, nested: bool = True) -> Json:
        """A message as REST answers it; `nested` includes the message it replies to."""
        payload: Json = {
            "id": str(message.id),
            "channel_id": str(message.channel_id),
            "type": message.type,
            "content": message.content,
            "author": payloads.user(message.author),
            "timestamp": timestamp(message.sent_at),
            "edited_timestamp": None if message.edited_at is None else timestamp(message.edited_at),
            "tts": False,
            "pinned": False,
            "flags": message.flags,
            "mention_everyone": message.notified.everyone,
            "mentions": self._mentions(message),
            "mention_roles": [str(role) for role in sorted(message.notified.roles)],
            "attachments": [self._attachment(each) for each in message.attachments],
            "embeds": message.embeds,
            "components": message.components,
        }
        self._add_rare_parts(payload, message)
        if message.reference is not None:
            self._add_reference(payload, message.reference, message.type, nested=nested)
        if message.reactions:
            payload["reactions"] = self._reactions(message)
        if message.flags & HAS_THREAD and isinstance(thread := self._world.channels.get(message.id), Thread):
            payload["thread"] = payloads.thread(thread, self._world.guild.id)
        return payload

    def gateway(self, message: Message) -> Json:
        """A message as MESSAGE_CREATE and MESSAGE_UPDATE carry it: with the guild and the author's roles."""
        payload = self.rest(message)
        if self._world.channels[message.channel_id].type != DIRECT:
            payload["guild_id"] = str(self._world.guild.id)
            member = self._world.guild.members.get(message.author.id)
            if member is not None and message.webhook_id is None:
                payload["member"] = payloads.partial_member(member)
        return payload

    def is_withheld(self, message: Message) -> bool:
        """Whether a bot without the message content intent gets this message empty."""
        bot_id = self._world.bot_user.id
        direct = self._world.channels[message.channel_id].type == DIRECT
        return not (direct or message.author.id == bot_id or bot_id in message.notified.users)

    def _mentions(self, message: Message) -> list[Json]:
        users = (self._world.users.get(each) for each in sorted(message.notified.users))
        return [payloads.user(each) for each in users if each is not None]

    def _attachment(self, attachment: Attachment) -> Json:
        url = self._links.url(attachment)
        payload: Json = {
            "id": str(attachment.id),
            "filename": attachment.filename,
            "size": len(attachment.content),
            "url": url,
            "proxy_url": url,
            "content_type": attachment.content_type,
        }
        if attachment.duration_seconds is not None:
            payload |= {"duration_secs": attachment.duration_seconds, "waveform": "AAAA"}
        return payload

    def _add_rare_parts(self, payload: Json, message: Message) -> None:
        if message.nonce is not None:
            payload["nonce"] = message.nonce
        if message.webhook_id is not None:
            payload["webhook_id"] = str(message.webhook_id)
        if message.application_id is not None:
            payload["application_id"] = str(message.application_id)
        if message.interaction is not None:
            payload["interaction_metadata"] = message.interaction
        if message.stickers:
            payload["sticker_items"] = message.stickers
        if message.poll is not None:
            payload["poll"] = message.poll
        if message.snapshots:
            payload["message_snapshots"] = [{"message": each} for each in message.snapshots]

    def _add_reference(self, payload: Json, reference: Reference, message_type: int, *, nested: bool) -> None:
        link: Json = {
            "type": reference.kind,
            "channel_id": str(reference.channel_id),
            "guild_id": str(self._world.guild.id),
        }
        if reference.message_id is not None:
            link["message_id"] = str(reference.message_id)
        payload["message_reference"] = link
        if nested and reference.message_id is not None and message_type in (19, 21, 23):
            channel = self._world.channels.get(reference.channel_id)
            target = channel.messages.get(reference.message_id) if channel else None
            payload["referenced_message"] = None if target is None else self.rest(target, nested=False)

    def _reactions(self, message: Message) -> list[Json]:
        return [
            {
                "emoji": emoji_payload(emoji),
                "count": len(users),
                "count_details": {"burst": 0, "normal": len(users)},
                "burst_colors": [],
                "me_burst": False,
                "me": self._world.bot_user.id in users,
            }
            for emoji, users in message.reactions.items()
        ]


def emoji_payload(emoji: str) -> Json:
    """A partial emoji from its text: the character itself, or `name:id` for a guild's own."""
    name, _, custom_id = emoji.partition(":")
    return {"id": custom_id or None, "name": name if custom_id else emoji}


def without_content(payload: Json) -> Json:
    """The same message as an application without the message content intent gets it (facts sheet, "Intents")."""
    withheld = {**payload, "content": "", "embeds": [], "attachments": [], "components": []}
    withheld.pop("poll", None)
    withheld.pop("message_snapshots", None)
    return withheld
