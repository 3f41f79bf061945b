"""Discord's markdown → portable text. The other way is ``rendering``.

Blocks are split here, because Discord's differ from CommonMark's: a line feed is a break, a code block may begin and
end anywhere in a line, a quote ends with its line, ``>>>`` quotes the rest. Inline text goes through ``dialect``.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from markdown_it.token import Token

from adapters.discord import dialect
from adapters.discord.names import NOBODY, Names
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
    Paragraph,
    Quote,
    RichText,
    Style,
    Styled,
    Text,
)

_PARSER = dialect.make_parser()
_FENCED = re.compile(r"```(?:(?P<language>[\w+\-.#]{1,20})\n)?\n?(?P<code>.*?[^\n` ].*?)\n?```", re.DOTALL)
_HEADING = re.compile(r"(#{1,3}) +(\S.*)")
_SUBTEXT = re.compile(r"-# +(\S.*)")
_ITEM = re.compile(r"( *)(?:[-*]|(\d{1,9})\.) +(\S.*)")
_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DEEPEST_LIST = 10
_DEEPEST_RUN = 16

_STYLES = {"em": Style.ITALIC, "s": Style.STRIKE, "discord_spoiler": Style.SPOILER}


def parse(content: str, names: Names = NOBODY) -> RichText:
    """What somebody typed, as portable text. Mentions carry the names from ``names`` and no target."""
    cleaned = content.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return RichText(blocks=_Blocks(names).read(cleaned))


class _Blocks:
    """Splits a text into blocks, line by line."""

    def __init__(self, names: Names, *, quoted: bool = False) -> None:
        self._names = names
        self._quoted = quoted
        self._blocks: list[Block] = []
        self._lines: list[str] = []

    def read(self, text: str) -> tuple[Block, ...]:
        position = 0
        while position < len(text):
            position = self._step(text, position)
        self._flush()
        return tuple(self._blocks)

    def _step(self, text: str, position: int) -> int:
        """Take what begins at this line start; returns where the next line starts."""
        end = _line_end(text, position)
        line = text[position:end]
        if not self._quoted and line.startswith(">>> "):
            self._quote(text[position + 4 :])
            return len(text)
        if not self._quoted and line.startswith("> "):
            return self._quote_lines(text, position)
        if "```" in line and (fenced := _FENCED.search(text, position)) and fenced.start() < end:
            self._line(text[position : fenced.start()])
            self._add(CodeBlock(text=fenced["code"], language=fenced["language"] or ""))
            return fenced.end() + (text[fenced.end() : fenced.end() + 1] == "\n")
        if _ITEM.fullmatch(line):
            return self._list_lines(text, position)
        self._line(line)
        return end + 1

    def _line(self, line: str) -> None:
        if not line.strip():
            self._flush()
        elif heading := _HEADING.fullmatch(line):
            self._add(Heading(level=len(heading[1]), children=self._inlines(heading[2])))
        elif subtext := _SUBTEXT.fullmatch(line):
            self._add(Paragraph(children=self._inlines(subtext[1])))
        else:
            self._lines.append(line)

    def _quote_lines(self, text: str, position: int) -> int:
        lines: list[str] = []
        while position < len(text):
            end = _line_end(text, position)
            line = text[position:end]
            if not line.startswith("> ") and line != ">":
                break
            lines.append(line[2:])
            position = end + 1
        self._quote("\n".join(lines))
        return position

    def _quote(self, inner: str) -> None:
        blocks = _Blocks(self._names, quoted=True).read(inner)
        if blocks:
            self._add(Quote(blocks=blocks))

    def _list_lines(self, text: str, position: int) -> int:
        """An item and the items and indented lines that follow it."""
        lines: list[str] = []
        while position < len(text):
            end = _line_end(text, position)
            line = text[position:end]
            belongs = _ITEM.fullmatch(line) or (line.startswith("  ") and line.strip())
            if not belongs or (lines and "```" in line):
                break
            lines.append(line)
            position = end + 1
        for listing in self._listings(lines, 0):
            self._add(listing)
        return position

    def _listings(self, lines: Sequence[str], depth: int) -> list[Listing]:
        found: list[Listing] = []
        items: list[tuple[str, list[str]]] = []
        number: str | None = None
        base = len(lines[0]) - len(lines[0].lstrip(" "))
        for line in lines:
            item = _ITEM.fullmatch(line)
            if item is None or (items and len(item[1]) > base + 1 and depth < _DEEPEST_LIST):
                items[-1][1].append(line)
                continue
            if items and (item[2] is None) != (number is None):
                found.append(self._listing(items, number, depth))
                items = []
            if not items:
                number = item[2]
            items.append((item[3], []))
        found.append(self._listing(items, number, depth))
        return found

    def _listing(self, items: Sequence[tuple[str, Sequence[str]]], number: str | None, depth: int) -> Listing:
        read = tuple(self._item(first, more, depth) for first, more in items)
        return Listing(items=read, ordered=number is not None, start=int(number or 1))

    def _item(self, first: str, more: Sequence[str], depth: int) -> tuple[Block, ...]:
        nested_at = next((index for index, line in enumerate(more) if _ITEM.fullmatch(line)), len(more))
        text = "\n".join([first, *(line.strip() for line in more[:nested_at])])
        own = Paragraph(children=self._inlines(text))
        return (own, *self._listings(more[nested_at:], depth + 1)) if nested_at < len(more) else (own,)

    def _add(self, block: Block) -> None:
        self._flush()
        self._blocks.append(block)

    def _flush(self) -> None:
        if self._lines:
            children = self._inlines("\n".join(self._lines))
            self._lines = []
            if children:
                self._blocks.append(Paragraph(children=children))

    def _inlines(self, text: str) -> tuple[Inline, ...]:
        tokens = _PARSER.parseInline(text.strip("\n"))[0].children or []
        return _inlines(tokens, self._names)


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def _inlines(tokens: Sequence[Token], names: Names) -> tuple[Inline, ...]:
    """The tokens as a tree: each pair of opening and closing tokens becomes one node."""
    open_runs: list[tuple[Token | None, list[Inline]]] = [(None, [])]
    for token in tokens:
        if token.nesting > 0:
            open_runs.append((token, []))
        elif token.nesting < 0 and len(open_runs) > 1:
            opening, children = open_runs.pop()
            # Deeper than anybody reads, runs lose their style: the store keeps trees of limited depth only.
            open_runs[-1][1].extend(_node(opening, children) if len(open_runs) <= _DEEPEST_RUN else children)
        else:
            open_runs[-1][1].extend(_leaf(token, names))
    return tuple(_merged(open_runs[0][1]))


def _node(opening: Token | None, children: list[Inline]) -> list[Inline]:
    inner = tuple(_merged(children))
    if opening is None or not inner:
        return list(inner)
    if opening.type == "link_open":
        return [Link(url=str(opening.attrGet("href")), children=inner)]
    if opening.type == "strong_open":
        return [Styled(style=Style.UNDERLINE if opening.markup == "__" else Style.BOLD, children=inner)]
    return [Styled(style=_STYLES[opening.type.removesuffix("_open")], children=inner)]


def _leaf(token: Token, names: Names) -> list[Inline]:
    match token.type:
        case "softbreak" | "hardbreak":
            return [Break()]
        case "code_inline":
            return [Code(text=token.content)]
        case dialect.ADDRESS:
            return [Link(url=token.content, children=(Text(text=token.content),))]
        case dialect.REFERENCE:
            return [_reference(token, names)]
        case _:
            return [Text(text=token.content)] if token.content else []


def _reference(token: Token, names: Names) -> Inline:
    match token.info:
        case "user":
            return Mention(name=names.user(token.content))
        case "role":
            return Mention(name=names.role(token.content))
        case "channel":
            return Mention(name=names.channel(token.content))
        case "time":
            return Text(text=_readable(token))
        case "command":
            return Text(text=f"/{token.content}")
        case _:
            return Text(text=f":{token.content}:")


def _readable(token: Token) -> str:
    try:
        at = _UNIX_EPOCH + timedelta(seconds=int(token.content))
    except OverflowError:
        return token.markup
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _merged(children: Sequence[Inline]) -> list[Inline]:
    """Neighbouring literal runs as one."""
    merged: list[Inline] = []
    for child in children:
        if isinstance(child, Text) and merged and isinstance(last := merged[-1], Text):
            merged[-1] = Text(text=last.text + child.text)
        else:
            merged.append(child)
    return merged
