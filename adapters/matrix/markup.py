"""Portable text to what Matrix shows: an HTML body and its plain twin. All text is escaped; nothing in it can ping."""

from collections.abc import Iterable
from html import escape
from typing import assert_never
from urllib.parse import quote

from bot.domain.richtext import (
    Block,
    Break,
    Code,
    CodeBlock,
    Heading,
    Inline,
    Link,
    Listing,
    Mention,
    Moment,
    Paragraph,
    Quote,
    RichText,
    Style,
    Styled,
    Text,
    inline_plain,
)

_TAGS = {Style.BOLD: "strong", Style.ITALIC: "em", Style.STRIKE: "del", Style.UNDERLINE: "u"}
_MARKS = {Style.BOLD: "**", Style.ITALIC: "*", Style.STRIKE: "~~", Style.UNDERLINE: "", Style.SPOILER: "||"}


def to_html(text: RichText) -> str:
    """The `formatted_body`."""
    return "".join(_block_html(block) for block in text.blocks)


def to_body(text: RichText) -> str:
    """The `body` for clients that show no HTML, and for notifications."""
    return "\n\n".join(_block_body(block) for block in text.blocks)


def is_plain(text: RichText) -> bool:
    """Whether the plain body says everything, so that no HTML is needed."""
    return all(
        isinstance(block, Paragraph) and all(isinstance(child, Text | Break | Moment) for child in block.children)
        for block in text.blocks
    )


def _block_html(block: Block) -> str:
    match block:
        case Paragraph():
            return f"<p>{_html(block.children)}</p>"
        case Heading():
            return f"<h{block.level}>{_html(block.children)}</h{block.level}>"
        case CodeBlock():
            language = f' class="language-{escape(block.language)}"' if block.language else ""
            return f"<pre><code{language}>{escape(block.text)}\n</code></pre>"
        case Quote():
            return f"<blockquote>{''.join(_block_html(inner) for inner in block.blocks)}</blockquote>"
        case Listing():
            tag, start = ("ol", f' start="{block.start}"' if block.start != 1 else "") if block.ordered else ("ul", "")
            return f"<{tag}{start}>{''.join(f'<li>{_item_html(item)}</li>' for item in block.items)}</{tag}>"
        case _:
            assert_never(block)


def _item_html(item: tuple[Block, ...]) -> str:
    if len(item) == 1 and isinstance(item[0], Paragraph):
        return _html(item[0].children)
    return "".join(_block_html(block) for block in item)


def _html(children: Iterable[Inline]) -> str:
    return "".join(_inline_html(child) for child in children)


def _inline_html(child: Inline) -> str:
    match child:
        case Text() | Moment():
            return escape(child.text)
        case Code():
            return f"<code>{escape(child.text)}</code>"
        case Break():
            return "<br>"
        case Mention():
            return _mention_html(child)
        case Styled(style=Style.SPOILER):
            return f"<span data-mx-spoiler>{_html(child.children)}</span>"
        case Styled():
            tag = _TAGS[child.style]
            return f"<{tag}>{_html(child.children)}</{tag}>"
        case Link():
            return f'<a href="{escape(child.url)}">{_html(child.children)}</a>'
        case _:
            assert_never(child)


def _mention_html(mention: Mention) -> str:
    kind, _, target = mention.target.partition(":")
    if kind == "user" and target.startswith("@"):
        return f'<a href="https://matrix.to/#/{escape(quote(target, safe="@:"))}">{escape(mention.name)}</a>'
    return escape(mention.name)


def _block_body(block: Block) -> str:
    match block:
        case Paragraph() | Heading():
            return _body(block.children)
        case CodeBlock():
            return f"```{block.language}\n{block.text}\n```"
        case Quote():
            inner = "\n".join(_block_body(part) for part in block.blocks)
            return "\n".join(f"> {line}" for line in inner.split("\n"))
        case Listing():
            marks = [f"{block.start + index}. " if block.ordered else "- " for index in range(len(block.items))]
            return "\n".join(mark + _item_body(item) for mark, item in zip(marks, block.items, strict=True))
        case _:
            assert_never(block)


def _item_body(item: tuple[Block, ...]) -> str:
    return "\n".join(_block_body(block) for block in item).replace("\n", "\n  ")


def _body(children: Iterable[Inline]) -> str:
    return "".join(_inline_body(child) for child in children)


def _inline_body(child: Inline) -> str:
    match child:
        case Text() | Moment():
            return child.text
        case Code():
            return f"`{child.text}`"
        case Break():
            return "\n"
        case Mention():
            return child.name
        case Styled():
            mark = _MARKS[child.style]
            return f"{mark}{_body(child.children)}{mark}"
        case Link():
            label = inline_plain(child.children)
            return child.url if label == child.url else f"{label} ({child.url})"
        case _:
            assert_never(child)
