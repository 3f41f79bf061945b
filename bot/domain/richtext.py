"""Portable text: a small tree between Discord's markdown, Matrix' HTML and FreeScout's HTML.

Chat adapters parse their markup into it, the help desk's adapter renders it. Nothing in it can ping: a ``Mention`` that
somebody typed carries a name only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias, assert_never


class Style(StrEnum):
    """How a run of text is set apart."""

    BOLD = "bold"
    ITALIC = "italic"
    STRIKE = "strike"
    UNDERLINE = "underline"
    SPOILER = "spoiler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Literal characters; never contains a line feed (that is a ``Break``)."""

    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Inline code."""

    text: str
    kind: Literal["code"] = "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A line break inside a paragraph."""

    kind: Literal["break"] = "break"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A person, role or channel by name.

    ``target`` is empty for everything that somebody typed. The bot's own words may set ``user:ID`` or ``role:ID`` so
    that an adapter can show the platform's own reference; even then it pings nobody unless the send names that person.
    """

    name: str
    target: str = ""
    kind: Literal["mention"] = "mention"


@dataclass(frozen=True, slots=True, kw_only=True)
class Styled:
    """A styled run."""

    style: Style
    children: "tuple[Inline, ...]"
    kind: Literal["styled"] = "styled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link with a label; ``url`` is http, https or mailto (adapters drop the rest to plain text)."""

    url: str
    children: "tuple[Inline, ...]"
    kind: Literal["link"] = "link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant. ``text`` is how it reads in the team's time zone, for platforms that cannot show each reader theirs.

    ``relative``: shown as "in 3 hours" where the platform can.
    """

    at: datetime
    text: str
    relative: bool = False
    kind: Literal["moment"] = "moment"


Inline: TypeAlias = Text | Code | Break | Mention | Styled | Link | Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph."""

    children: tuple[Inline, ...]
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading, level 1 to 6."""

    level: int
    children: tuple[Inline, ...]
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBlock:
    """Preformatted text with its line feeds; ``language`` may be empty."""

    text: str
    language: str = ""
    kind: Literal["code_block"] = "code_block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Quoted blocks."""

    blocks: "tuple[Block, ...]"
    kind: Literal["quote"] = "quote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list; each item is a run of blocks."""

    items: "tuple[tuple[Block, ...], ...]"
    ordered: bool = False
    start: int = 1
    kind: Literal["listing"] = "listing"


Block: TypeAlias = Paragraph | Heading | CodeBlock | Quote | Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class RichText:
    """A text: its blocks in order."""

    blocks: tuple[Block, ...] = ()

    def __bool__(self) -> bool:
        return bool(plain(self).strip())


def paragraph(*children: Inline | str) -> Paragraph:
    """A paragraph of inlines; a ``str`` stands for literal text, its line feeds become breaks."""
    inlines: list[Inline] = []
    for child in children:
        inlines.extend(_lines(child) if isinstance(child, str) else (child,))
    return Paragraph(children=tuple(inlines))


def from_plain(text: str) -> RichText:
    """Text without any markup: blank lines part paragraphs, line feeds become breaks."""
    chunks = [chunk.strip("\n") for chunk in text.replace("\r\n", "\n").split("\n\n")]
    return RichText(blocks=tuple(paragraph(chunk) for chunk in chunks if chunk.strip()))


def join(*texts: RichText) -> RichText:
    """One text after the other."""
    return RichText(blocks=tuple(block for text in texts for block in text.blocks))


def lines(*texts: RichText) -> RichText:
    """The paragraphs of all these as the lines of one; blocks of other kinds are left out."""
    children: list[Inline] = []
    for block in join(*texts).blocks:
        if isinstance(block, Paragraph):
            children.extend((Break(), *block.children) if children else block.children)
    return RichText(blocks=(Paragraph(children=tuple(children)),) if children else ())


def bold(text: str) -> Styled:
    """Literal text, bold."""
    return Styled(style=Style.BOLD, children=(Text(text=text),))


def plain(text: RichText) -> str:
    """The text without markup, as a subject line, an excerpt or a log needs it. Blocks are parted by line feeds."""
    return "\n".join(_block_plain(block) for block in text.blocks)


def inline_plain(children: Iterable[Inline]) -> str:
    """A run of inlines without markup."""
    return "".join(_inline_plain(child) for child in children)


def _lines(text: str) -> Iterable[Inline]:
    for index, line in enumerate(text.split("\n")):
        if index:
            yield Break()
        if line:
            yield Text(text=line)


def _inline_plain(child: Inline) -> str:
    match child:
        case Text() | Code() | Moment():
            return child.text
        case Break():
            return "\n"
        case Mention():
            return child.name
        case Styled() | Link():
            return inline_plain(child.children)
        case _:
            assert_never(child)


def _block_plain(block: Block) -> str:
    match block:
        case Paragraph() | Heading():
            return inline_plain(block.children)
        case CodeBlock():
            return block.text
        case Quote():
            return "\n".join("> " + _block_plain(inner) for inner in block.blocks)
        case Listing():
            marks = (f"{block.start + index}. " if block.ordered else "- " for index in range(len(block.items)))
            return "\n".join(
                mark + "\n".join(_block_plain(inner) for inner in item)
                for mark, item in zip(marks, block.items, strict=True)
            )
        case _:
            assert_never(block)
