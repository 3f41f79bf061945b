"""What the bot says, as Matrix events: relation, mark, mention, and parts that fit into an event. Pure."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adapters.matrix.markup import is_plain, to_body, to_html
from adapters.matrix.translate import HTML, clean_name
from adapters.matrix.wire import Json
from bot.domain.chat import ChatLink, FileContent, OutgoingMessage, Voice
from bot.domain.richtext import Break, Inline, Link, Mention, Paragraph, RichText, Text
from bot.domain.splitting import split

MARK = "org.supportbot.delivery"
"""The content key that says which delivery an event is; looked for before anything is said again."""

LARGEST_PART_BYTES = 20_000
"""Of body and HTML together, as JSON. An event may have 64 KiB (facts/matrix.md 3.1); encryption adds a third."""
LONGEST_PART_CHARACTERS = 8_000
"""More in one piece is no longer pleasant to read."""

_MESSAGE_TYPES = {Voice.AGENT: "m.text", Voice.BOT: "m.notice"}
_SHOWN_KINDS = {"image": "m.image", "audio": "m.audio", "video": "m.video"}
_DRAWING = "image/svg+xml"
"""A program rather than a picture: clients do not show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One event: its transaction id, which is also its mark, and its content.

    The content of one that brings a ``file`` lacks the address, which only the upload gives.
    """

    key: str
    content: Json
    file: FileContent | None = None


def parts_of(message: OutgoingMessage) -> tuple[Part, ...]:
    """The events of a message, in order: its text, then its files. Only the first may mention somebody.

    Whoever is paged is named in front of the text; links stand behind it, for want of buttons, and menus nowhere.
    Texts and files are numbered apart, so that a text which a later release cuts elsewhere renames no file.
    """
    whole = _worded(message)
    said = split(whole, _fits) if whole or not message.files else ()
    texts = [
        Part(
            key=message.delivery_id if index == 0 else f"{message.delivery_id}-{index}",
            content=_text_content(text, message.voice),
        )
        for index, text in enumerate(said)
    ]
    files = [
        Part(key=f"{message.delivery_id}-file{index}", content=_file_content(file), file=file)
        for index, file in enumerate(message.files)
    ]
    return tuple(_dressed(message, part, is_first=index == 0) for index, part in enumerate([*texts, *files]))


def without_thread(content: Json, root: str) -> Json:
    """The same event as a plain reply, for roots on which the server allows no thread."""
    return {**content, "m.relates_to": {"m.in_reply_to": {"event_id": root}}}


def reaction(event_id: str, emoji: str, mark: str) -> Json:
    """The content of a reaction."""
    return {"m.relates_to": {"rel_type": "m.annotation", "event_id": event_id, "key": emoji}, MARK: mark}


def _dressed(message: OutgoingMessage, part: Part, *, is_first: bool) -> Part:
    pinged = list(dict.fromkeys(filter(None, (message.mention, *_paged(message))))) if is_first else []
    content = {**part.content, "m.mentions": {"user_ids": pinged} if pinged else {}, MARK: part.key}
    if relation := _relation(message):
        content["m.relates_to"] = relation
    return Part(key=part.key, content=content, file=part.file)


def _paged(message: OutgoingMessage) -> tuple[str, ...]:
    """Those who are on call here; the others are Discord's."""
    return tuple(page for page in message.pages if page.startswith("@"))


def _worded(message: OutgoingMessage) -> RichText:
    """The whole text with what other platforms show beside it."""
    blocks = message.text.blocks
    if blocks and (paged := _paged(message)):
        pills = _joined([[Mention(name=page, target=f"user:{page}")] for page in paged], Text(text=" "))
        if isinstance(blocks[0], Paragraph):
            pills, blocks = (*pills, Text(text=" "), *blocks[0].children), blocks[1:]
        blocks = (Paragraph(children=pills), *blocks)
    if message.links:
        lines: list[Sequence[Inline]] = [[Text(text=f"{one.label}: "), _link(one)] for one in message.links]
        blocks = (*blocks, Paragraph(children=_joined(lines, Break())))
    return RichText(blocks=blocks)


def _link(link: ChatLink) -> Link:
    return Link(url=link.url, children=(Text(text=link.url),))


def _joined(groups: Iterable[Sequence[Inline]], between: Inline) -> tuple[Inline, ...]:
    return tuple(part for group in groups for part in (between, *group))[1:]


def _text_content(text: RichText, voice: Voice) -> Json:
    content: Json = {"msgtype": _MESSAGE_TYPES[voice], "body": to_body(text)}
    if not is_plain(text):
        content |= {"format": HTML, "formatted_body": to_html(text)}
    return content


def _file_content(file: FileContent) -> Json:
    kind = file.mime_type.partition("/")[0] if file.mime_type != _DRAWING else ""
    name = clean_name(file.name)
    return {
        "msgtype": _SHOWN_KINDS.get(kind, "m.file"),
        "body": name,
        "filename": name,
        "info": {"mimetype": file.mime_type, "size": len(file.content)},
    }


def _relation(message: OutgoingMessage) -> Json:
    """Where it stands. A direct message room is one conversation as it is and needs no threads."""
    root = message.address.chat_thread
    if root is not None and not message.address.is_private:
        return {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": message.about or root},
        }
    return {"m.in_reply_to": {"event_id": message.about}} if message.about else {}


def _fits(text: RichText) -> bool:
    body = to_body(text)
    if len(body) > LONGEST_PART_CHARACTERS:
        return False
    return len(json.dumps(body)) + len(json.dumps(to_html(text))) <= LARGEST_PART_BYTES
