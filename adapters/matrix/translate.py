"""A room event, already decrypted, to the message it is. Pure, and forgiving: people and bridges send anything.

Works on the raw event, so that nothing which a stricter parser would refuse is lost (facts/matrix.md 3.2: `format:
null`, plain media in an encrypted room, missing fields).
"""

import json
import re
from datetime import UTC, datetime
from typing import Any

from adapters.matrix.formatted import from_html
from adapters.matrix.rooms import Room
from adapters.matrix.wire import Json, number_of, object_of, objects_of, text_of
from bot.domain.chat import Attachment, Author, ChatAddress, ChatMessage, MessageKind, Platform, RoomRole
from bot.domain.richtext import RichText, from_plain, join, paragraph

HTML = "org.matrix.custom.html"
POLL_STARTS = {"m.poll.start": "m.poll", "org.matrix.msc3381.poll.start": "org.matrix.msc3381.poll.start"}
MESSAGE_TYPES = frozenset({"m.room.message", "m.sticker", *POLL_STARTS})
_MEDIA = {"m.image": "an image", "m.file": "a file", "m.audio": "an audio file", "m.video": "a video"}
_IGNORED_KINDS = frozenset({"m.notice", "m.key.verification.request", "m.server_notice"})
_LONGEST_NAME = 200
_QUOTED_FALLBACK = re.compile(r"\A(?:> .*(?:\n|\Z)|>\n)+\n?")


def translate(
    event: Json, room: Room, *, role: RoomRole, private: bool = False, version: str = ""
) -> ChatMessage | None:
    """The message, or None for what is none: notices, edits, reactions, state, redacted and empty events.

    In a `private` room (direct messages) everything is one chat thread, in threads of Matrix or not.
    """
    kind, content = text_of(event, "type"), object_of(event, "content")
    event_id, sender = text_of(event, "event_id"), text_of(event, "sender")
    if kind not in MESSAGE_TYPES or "state_key" in event or not event_id or not sender or not content:
        return None
    relation = object_of(content, "m.relates_to")
    if text_of(relation, "rel_type") == "m.replace" or text_of(content, "msgtype") in _IGNORED_KINDS:
        return None
    name = room.name_of(sender)
    text, files = _reading(kind, content, name=name, is_reply=bool(object_of(relation, "m.in_reply_to")))
    if not text:
        return None
    thread = thread_root(content)
    return ChatMessage(
        address=address_of(room, thread, private=private),
        message_id=event_id,
        author=Author(platform=Platform.MATRIX, user_id=sender, name=name),
        sent_at=sent_at(event),
        text=text,
        link=permalink(room.room_id, event_id, sender),
        kind=MessageKind.PERSON,
        room_role=role,
        reply_to=_answered(relation, in_thread=thread is not None),
        attachments=files,
        version=version,
    )


def address_of(room: Room, chat_thread: str | None = None, *, private: bool) -> ChatAddress:
    """Where something in this room stands."""
    place = room.room_id if private else chat_thread
    return ChatAddress(platform=Platform.MATRIX, room=room.room_id, chat_thread=place)


def thread_root(content: Json) -> str | None:
    """The root event of the thread this stands in, or None."""
    relation = object_of(content, "m.relates_to")
    return text_of(relation, "event_id") or None if text_of(relation, "rel_type") == "m.thread" else None


def sent_at(event: Json) -> datetime:
    """The sender's server's time; untrusted, so a time no calendar knows becomes the epoch."""
    milliseconds = number_of(event, "origin_server_ts") or 0
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)


def permalink(room_id: str, event_id: str, sender: str) -> str:
    """A matrix.to link; it names a server that knows the room, since a room id no longer does (room version 12)."""
    server = sender.partition(":")[2]
    return f"https://matrix.to/#/{room_id}/{event_id}" + (f"?via={server}" if server else "")


def _answered(relation: Json, *, in_thread: bool) -> str | None:
    """The message this answers. In a thread the field is also filled for old clients, which answers nothing."""
    if in_thread and relation.get("is_falling_back") is not False:
        return None
    return text_of(relation, "m.in_reply_to", "event_id") or None


def _reading(kind: str, content: Json, *, name: str, is_reply: bool) -> tuple[RichText, tuple[Attachment, ...]]:
    if kind == "m.sticker":
        return _placeholder("a sticker", text_of(content, "body")), ()
    if kind in POLL_STARTS:
        return _poll(content, object_of(content, POLL_STARTS[kind])), ()
    kind = text_of(content, "msgtype")
    if kind == "m.location":
        place = text_of(content, "geo_uri")
        return join(_placeholder("a location", text_of(content, "body")), from_plain(place)), ()
    if kind in _MEDIA:
        return _media(kind, content)
    text = _text(content, is_reply=is_reply)
    if kind == "m.emote" and text:
        text = join(RichText(blocks=(paragraph(f"* {name}"),)), text)
    return text, ()


def _text(content: Json, *, is_reply: bool) -> RichText:
    if content.get("format") == HTML:
        text = from_html(text_of(content, "formatted_body"))
        if text:
            return text
    body = text_of(content, "body")
    return from_plain(_QUOTED_FALLBACK.sub("", body) if is_reply and "formatted_body" in content else body)


def _media(kind: str, content: Json) -> tuple[RichText, tuple[Attachment, ...]]:
    """A file's text is its caption, if it has one: then `filename` names the file and `body` is what was written."""
    body, filename = text_of(content, "body"), text_of(content, "filename")
    file_name = clean_name(filename or body)
    caption = _text(content, is_reply=False) if filename and body and body != filename else RichText()
    file = _attachment(content, file_name)
    voice = "org.matrix.msc3245.voice" in content or "m.voice" in content
    words = "a voice message" if voice else _MEDIA[kind]
    return caption or _placeholder(words, file_name), (file,) if file else ()


def _attachment(content: Json, name: str) -> Attachment | None:
    """`reference` is the mxc address with the keys of an encrypted file; either form is taken in any room."""
    sealed = object_of(content, "file")
    url = text_of(sealed, "url") or text_of(content, "url")
    if not url.startswith("mxc://"):
        return None
    reference: dict[str, Any] = {"url": url}
    if text_of(sealed, "url"):
        reference |= {
            "key": text_of(sealed, "key", "k"),
            "iv": text_of(sealed, "iv"),
            "sha256": text_of(sealed, "hashes", "sha256"),
        }
    size = number_of(content, "info", "size")
    return Attachment(
        name=name,
        mime_type=text_of(content, "info", "mimetype")[:100] or "application/octet-stream",
        size_bytes=size if size is not None and size >= 0 else None,
        reference=json.dumps(reference),
    )


def clean_name(name: str) -> str:
    """A file name that is only a name."""
    last = re.split(r"[\\/]", name)[-1]
    return "".join(char for char in last if char.isprintable()).strip()[:_LONGEST_NAME] or "file"


def _poll(content: Json, poll: Json) -> RichText:
    question = _poll_text(object_of(poll, "question"))
    answers = [_poll_text(answer) for answer in objects_of(poll, "answers")]
    if not question:
        return _placeholder("a poll", text_of(content, "body"))
    lines = "\n".join(f"- {answer}" for answer in answers if answer)
    return join(_placeholder("a poll", question), from_plain(lines))


def _poll_text(part: Json) -> str:
    found = text_of(part, "body") or text_of(part, "org.matrix.msc1767.text") or text_of(part, "m.text")
    return found or next((text_of(piece, "body") for piece in objects_of(part, "m.text")), "")


def _placeholder(what: str, detail: str) -> RichText:
    detail = detail.strip()
    return RichText(blocks=(paragraph(f"sent {what}: {detail}" if detail else f"sent {what}"),))
