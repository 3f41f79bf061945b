"""Portable text → Discord's markdown, never longer than a message may be."""

from collections.abc import Iterable
from typing import assert_never

from adapters.discord import escaping
from adapters.discord.shortening import shortened
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
    plain,
)

MESSAGE_LIMIT = 2000
"""Characters in one message (API reference, "Create Message")."""

_MARKS = {
    Style.BOLD: "**",
    Style.ITALIC: "*",
    Style.STRIKE: "~~",
    Style.UNDERLINE: "__",
    Style.SPOILER: "||",
}
_NATIVE = {"user:": "<@{}>", "role:": "<@&{}>"}
_MASKABLE = ("http://", "https://")


def render(text: RichText, *, front: str = "", limit: int = MESSAGE_LIMIT) -> str:
    """The text as Discord's markdown of at most ``limit`` characters, behind ``front`` as it stands.

    What does not fit is cut at the end, with an ellipsis; styles and code blocks are closed before it.
    """
    whole = front + _blocks(text.blocks)
    if _length(whole) > limit:
        whole = front + _longest(text, limit - len(front))
    return whole.strip()


def fits(text: RichText, *, front: str = "") -> bool:
    """Whether ``render`` has nothing to cut."""
    return _length(front + _blocks(text.blocks)) <= MESSAGE_LIMIT


def _longest(text: RichText, limit: int) -> str:
    """The longest beginning of the text whose rendering fits; found by halving."""
    fits, too_long = 0, min(len(plain(text)), limit)
    best = "…"
    while fits < too_long:
        middle = (fits + too_long + 1) // 2
        candidate = _blocks(shortened(text, middle).blocks)
        if _length(candidate) <= limit:
            fits, best = middle, candidate
        else:
            too_long = middle - 1
    return best


def _length(text: str) -> int:
    """Length in UTF-16 units, at least what Discord counts, whichever way it counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _blocks(blocks: Iterable[Block]) -> str:
    rendered: list[str] = []
    previous: Block | None = None
    for block in blocks:
        lines = _block(block)
        if not lines.strip():
            continue
        if previous is not None:
            both_paragraphs = isinstance(previous, Paragraph) and isinstance(block, Paragraph)
            rendered.append("\n\n" if both_paragraphs or isinstance(previous, Quote | Listing) else "\n")
        rendered.append(lines)
        previous = block
    return "".join(rendered)


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return "\n".join(escaping.line_start(line) for line in _inlines(block.children).split("\n"))
        case Heading():
            return _heading(block)
        case CodeBlock():
            return escaping.code_block(block.text, block.language)
        case Quote():
            return "\n".join(f"> {line}" for line in _blocks(block.blocks).split("\n"))
        case Listing():
            return _listing(block)
        case _:
            assert_never(block)


def _heading(heading: Heading) -> str:
    line = _inlines(heading.children).replace("\n", " ").strip()
    if not line:
        return ""
    return f"{'#' * heading.level} {line}" if 1 <= heading.level <= 3 else f"**{line}**"


def _listing(listing: Listing) -> str:
    lines: list[str] = []
    for index, item in enumerate(listing.items):
        mark = f"{listing.start + index}. " if listing.ordered else "- "
        first, *more = _blocks(item).replace("\n\n", "\n").split("\n")
        lines.extend([mark + first, *("  " + line for line in more)])
    return "\n".join(lines)


def _inlines(children: Iterable[Inline]) -> str:
    """Neighbouring literal runs are escaped as one: "@" and "everyone" must not become harmful by standing together."""
    rendered: list[str] = []
    run = ""
    for child in children:
        words = _literal_words(child)
        if words is None:
            rendered += [escaping.literal(run), _inline(child)]
            run = ""
        else:
            run += words
    return "".join([*rendered, escaping.literal(run)])


def _literal_words(child: Inline) -> str | None:
    if isinstance(child, Text):
        return child.text.replace("\n", " ")
    if isinstance(child, Mention) and _native(child) is None:
        return child.name.replace("\n", " ")
    if isinstance(child, Link) and not child.url.startswith(_MASKABLE):
        return _spelled(child)
    return "" if _is_nothing(child) else None


def _is_nothing(child: Inline) -> bool:
    match child:
        case Text() | Code():
            return not child.text
        case Styled():
            return all(_is_nothing(inner) for inner in child.children)
        case _:
            return False


def _inline(child: Inline) -> str:
    match child:
        case Text():
            return escaping.literal(child.text)
        case Code():
            return escaping.inline_code(child.text)
        case Break():
            return "\n"
        case Mention():
            return _native(child) or escaping.literal(child.name)
        case Moment():
            return _moment(child)
        case Styled():
            return _styled(child)
        case Link():
            return _link(child)
        case _:
            assert_never(child)


def _native(mention: Mention) -> str | None:
    for kind, form in _NATIVE.items():
        number = mention.target.removeprefix(kind)
        if number != mention.target and number.isascii() and number.isdigit():
            return form.format(number)
    return None


def _moment(moment: Moment) -> str:
    """Shown by each reader's app in their own time zone (API reference, "Message Formatting")."""
    return f"<t:{int(moment.at.timestamp())}:{'R' if moment.relative else 'f'}>"


def _styled(styled: Styled) -> str:
    inner = _inlines(styled.children)
    core = inner.strip()
    if not core:
        return inner
    mark = _MARKS[styled.style]
    before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
    return f"{before}{mark}{core}{mark}{after}"


def _link(link: Link) -> str:
    label = inline_plain(link.children).strip()
    if not link.url.startswith(_MASKABLE):
        return escaping.literal(_spelled(link))
    if not label or label == link.url:
        return escaping.literal(link.url)
    if label.startswith(_MASKABLE):  # Discord does not mask an address with another one
        return f"{escaping.literal(label)} ({escaping.literal(link.url)} )"
    return f"[{_inlines(link.children)}]({escaping.address(link.url)})"


def _spelled(link: Link) -> str:
    """A link that Discord knows no form for."""
    label, shown = inline_plain(link.children).strip().replace("\n", " "), link.url.removeprefix("mailto:")
    return label if shown in label else f"{label} ({shown})".strip()
