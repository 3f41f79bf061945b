"""A message as Discord's JSON → ``ChatMessage``. Pure, and lenient: an odd or missing field never loses a message.

Gateway events and history pages have the same shape (API reference, "Message Object"); only the first carry the
author's roles (facts/discord.md, section 6), so the caller hands them in for the others.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.discord.markup import parse
from adapters.discord.names import Names
from adapters.discord.placeholders import wordless
from adapters.discord.places import Place, Watch
from adapters.discord.snowflakes import instant_of
from bot.domain.chat import Attachment, Author, ChatMessage, MessageKind, Platform
from bot.domain.richtext import Block, Quote, RichText, from_plain, join

Json = Mapping[str, Any]

_DEFAULT, _REPLY = 0, 19
"""Message types that people write; all others are Discord's own notices (API reference, "Message Types")."""


def message_of(
    payload: Json, *, place: Place, watch: Watch, names: Names, own_id: str, member: Json | None = None
) -> ChatMessage:
    """The message in the core's words. ``member`` is the author's guild member where the payload has none."""
    message_id = str(payload["id"])
    starts_post = message_id == place.chat_thread
    return ChatMessage(
        address=place.address,
        message_id=message_id,
        author=author_of(payload, member),
        sent_at=instant_of(message_id),
        text=text_of(payload, names),
        link=watch.link(place.key, message_id, direct=place.is_direct),
        kind=kind_of(payload, own_id),
        room_role=watch.role_in(place),
        title=place.title or None if starts_post else None,
        reply_to=_answered(payload),
        attachments=attachments_of(payload),
        version=version_of(payload),
    )


def version_of(payload: Json) -> str:
    """What names the edit that the payload shows; "" for one never edited."""
    return str(payload.get("edited_timestamp") or "")


def kind_of(payload: Json, own_id: str) -> MessageKind:
    """Who speaks: a person, a program (webhooks and the bot itself too), or Discord."""
    author = _part(payload, "author")
    if payload.get("webhook_id") or author.get("bot") or str(author.get("id")) == own_id:
        return MessageKind.BOT
    if author.get("system") or payload.get("type", _DEFAULT) not in (_DEFAULT, _REPLY):
        return MessageKind.SYSTEM
    return MessageKind.PERSON


def author_of(payload: Json, member: Json | None = None) -> Author:
    """The author with the name that others see on this server, and the roles, where they are known."""
    user = _part(payload, "author")
    here = member or _part(payload, "member")
    return member_author(user, here)


def member_author(user: Json, member: Json) -> Author:
    """The author behind a user object and the member object that belongs to it (or an empty one)."""
    user_id = str(user.get("id", "0"))
    name = member.get("nick") or user.get("global_name") or user.get("username") or user_id
    held = member.get("roles")
    roles = frozenset(map(str, held)) if isinstance(held, list) else frozenset()
    return Author(platform=Platform.DISCORD, user_id=user_id, name=str(name), roles=roles)


def text_of(payload: Json, names: Names) -> RichText:
    """What the message says, forwarded parts included; a placeholder where it says nothing in words."""
    known = _with_mentioned(names, payload)
    said = parse(str(payload.get("content") or ""), known)
    parts = [said, *(_forwarded(snapshot, known) for snapshot in _snapshots(payload))]
    if not any(parts):
        parts = [wordless(payload)]
    elif placeholder := wordless(payload, beside_words=True):
        parts.append(placeholder)
    return join(*parts)


def attachments_of(payload: Json) -> tuple[Attachment, ...]:
    """The files of the message and of what it forwards; the reference says how to find each again."""
    files = [*_list(payload, "attachments")]
    for snapshot in _snapshots(payload):
        files.extend(_list(snapshot, "attachments"))
    return tuple(_attachment(file) for file in files if file.get("url"))


def places_file(attachment: Attachment) -> tuple[str, str]:
    """The file's id and the address it had when the message came, from an attachment's reference."""
    read = json.loads(attachment.reference)
    return str(read["id"]), str(read["url"])


def fresh_address(payload: Json, file_id: str) -> str | None:
    """The address of a file in a message that was just read again; None when the file is gone."""
    for attachment in attachments_of(payload):
        found_id, url = places_file(attachment)
        if found_id == file_id:
            return url
    return None


def _attachment(file: Json) -> Attachment:
    size = file.get("size")
    return Attachment(
        name=str(file.get("filename") or "file"),
        mime_type=str(file.get("content_type") or "application/octet-stream"),
        size_bytes=size if isinstance(size, int) else None,
        reference=json.dumps({"id": str(file.get("id", "")), "url": str(file["url"])}),
    )


def _answered(payload: Json) -> str | None:
    if payload.get("type") != _REPLY:
        return None
    answered = _part(payload, "message_reference").get("message_id")
    return str(answered) if answered else None


def _forwarded(snapshot: Json, names: Names) -> RichText:
    words = parse(str(snapshot.get("content") or ""), _with_mentioned(names, snapshot))
    inner: tuple[Block, ...] = join(words, wordless(snapshot, beside_words=bool(words))).blocks
    return RichText(blocks=(*from_plain("(forwarded message)").blocks, Quote(blocks=inner)))


def _snapshots(payload: Json) -> list[Json]:
    return [_part(snapshot, "message") for snapshot in _list(payload, "message_snapshots")]


def _with_mentioned(names: Names, payload: Json) -> Names:
    mentioned = _list(payload, "mentions")
    if not mentioned:
        return names
    users = {str(user.get("id")): member_author(user, _part(user, "member")).name for user in mentioned}
    return names.with_users(users)


def _part(payload: Json, key: str) -> Json:
    part = payload.get(key)
    return part if isinstance(part, Mapping) else {}


def _list(payload: Json, key: str) -> Sequence[Json]:
    parts = payload.get(key)
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []
