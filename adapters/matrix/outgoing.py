"""What the bot says, as Matrix events: relation, mark, mention, and parts that fit into an event. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.matrix.markup import is_plain, to_body, to_html
from adapters.matrix.translate import HTML
from adapters.matrix.wire import Json
from bot.domain.chat import OutgoingMessage
from bot.domain.richtext import Block, CodeBlock, RichText, paragraph

MARK = "org.supportbot.delivery"
"""The content key that says which delivery an event is; looked for before anything is said again."""

LARGEST_PART_BYTES = 20_000
"""Of body and HTML together, as JSON. An event may have 64 KiB (facts/matrix.md 3.1); encryption adds a third."""
_SLICE_CHARACTERS = 1_500
"""An emoji is twelve bytes of JSON, twice over with HTML: what is cut into slices must fit whatever it consists of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One event: its transaction id, which is also its mark, and its content."""

    key: str
    content: Json


def parts_of(message: OutgoingMessage) -> tuple[Part, ...]:
    """The events of a message, in order. Only the first may mention somebody."""
    chunks = tuple(_chunks(message.text)) or (RichText(),)
    return tuple(
        Part(
            key=message.delivery_id if index == 0 else f"{message.delivery_id}-{index}",
            content=_content(message, chunk, index),
        )
        for index, chunk in enumerate(chunks)
    )


def without_thread(content: Json, root: str) -> Json:
    """The same event as a plain reply, for roots on which the server allows no thread."""
    return {**content, "m.relates_to": {"m.in_reply_to": {"event_id": root}}}


def _content(message: OutgoingMessage, text: RichText, index: int) -> Json:
    mention = {"user_ids": [message.mention]} if message.mention and index == 0 else {}
    key = message.delivery_id if index == 0 else f"{message.delivery_id}-{index}"
    content: Json = {"msgtype": "m.notice", "body": to_body(text), "m.mentions": mention, MARK: key}
    if not is_plain(text):
        content |= {"format": HTML, "formatted_body": to_html(text)}
    if relation := _relation(message):
        content["m.relates_to"] = relation
    return content


def _relation(message: OutgoingMessage) -> Json:
    root = message.address.chat_thread
    if root is not None:
        return {
            "rel_type": "m.thread",
            "event_id": root,
            "is_falling_back": True,
            "m.in_reply_to": {"event_id": message.about or root},
        }
    return {"m.in_reply_to": {"event_id": message.about}} if message.about else {}


def _chunks(text: RichText) -> Iterator[RichText]:
    held: list[Block] = []
    size = 0
    for block in (piece for whole in text.blocks for piece in _fitting(whole)):
        more = _size(block)
        if held and size + more > LARGEST_PART_BYTES:
            yield RichText(blocks=tuple(held))
            held, size = [], 0
        held.append(block)
        size += more
    if held:
        yield RichText(blocks=tuple(held))


def _size(block: Block) -> int:
    one = RichText(blocks=(block,))
    return len(json.dumps(to_body(one))) + len(json.dumps(to_html(one)))


def _fitting(block: Block) -> Iterator[Block]:
    """The block itself, or, when it alone is too large for an event, its text in pieces."""
    if _size(block) <= LARGEST_PART_BYTES:
        yield block
        return
    text = block.text if isinstance(block, CodeBlock) else to_body(RichText(blocks=(block,)))
    for piece in _slices(text):
        if isinstance(block, CodeBlock):
            yield CodeBlock(text=piece.removesuffix("\n"), language=block.language)
        else:
            yield paragraph(piece.removesuffix("\n"))


def _slices(text: str) -> Iterator[str]:
    """Pieces of bounded length, cut after a line where there is one."""
    while len(text) > _SLICE_CHARACTERS:
        cut = text.rfind("\n", 0, _SLICE_CHARACTERS) + 1 or _SLICE_CHARACTERS
        yield text[:cut]
        text = text[cut:]
    if text:
        yield text
