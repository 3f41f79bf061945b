"""What agents type although their editor knows no such thing: code between backticks.

Works on what was read, line by line, and turns the editor's hard blanks into blanks when it is done: within code they
are the indentation.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import TypeAlias, assert_never

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
    Styled,
    Text,
    inline_plain,
)

_Line: TypeAlias = tuple[Inline, ...]

_FENCE = "```"
_LANGUAGES = frozenset(
    {
        *("", "apache", "bash", "bat", "c", "c#", "c++", "cmd", "conf", "console", "cpp", "cs", "csharp", "css", "csv"),
        *("diff", "docker", "dockerfile", "env", "fish", "go", "graphql", "hcl", "html", "http", "ini", "java"),
        *(
            "javascript",
            "js",
            "json",
            "json5",
            "jsonc",
            "jsx",
            "kotlin",
            "kt",
            "log",
            "logs",
            "lua",
            "make",
            "makefile",
        ),
        *("markdown", "md", "nginx", "perl", "php", "plain", "plaintext", "powershell", "properties", "ps1", "py"),
        *("python", "r", "rb", "ruby", "rs", "rust", "scala", "sh", "shell", "sql", "swift", "systemd", "terraform"),
        *("text", "toml", "ts", "tsx", "txt", "typescript", "xml", "yaml", "yml", "zsh"),
    }
)
"""Any other word behind a fence is code: a language is shown to nobody, and no word may get lost."""
_INLINE = re.compile(r"(?<!`)(`{1,2})(?!`)(\S|\S.{0,200}?\S)(?<!`)\1(?!`)")
_HARD_BLANK = "\u00a0"


def as_meant(text: RichText) -> RichText:
    """The text with code where backticks say so."""
    return RichText(blocks=tuple(_blocks(text.blocks)))


def _blocks(blocks: Iterable[Block]) -> Iterator[Block]:
    for are_lines, some in groupby(blocks, key=lambda block: isinstance(block, Paragraph)):
        if are_lines:
            yield from _from_lines([line for block in some if isinstance(block, Paragraph) for line in _lines(block)])
        else:
            yield from map(_other, some)


def _other(block: Block) -> Block:
    match block:
        case Paragraph() | Heading():
            return replace(block, children=tuple(_inlines(block.children)))
        case CodeBlock():
            return replace(block, text=_soft(block.text))
        case Quote():
            return replace(block, blocks=tuple(_blocks(block.blocks)))
        case Listing():
            return replace(block, items=tuple(tuple(_blocks(item)) for item in block.items))
        case _:
            assert_never(block)


def _lines(paragraph: Paragraph) -> Iterator[_Line]:
    """Its lines without blanks at their ends, and an empty one behind it."""
    line: list[Inline] = []
    for child in (*paragraph.children, Break()):
        if not isinstance(child, Break):
            line.append(child)
            continue
        while line and isinstance(last := line[-1], Text):
            line.pop()
            if last.text.strip():
                line.append(Text(text=last.text.rstrip()))
                break
        yield tuple(line)
        line = []
    yield ()


def _from_lines(lines: list[_Line]) -> Iterator[Block]:
    """Code blocks where fences stand, paragraphs of the lines around them."""
    words = [_soft(inline_plain(line)).rstrip() for line in lines]
    last_fence = max((index for index, line in enumerate(words) if _FENCE in line), default=-1)
    waiting: list[_Line] = []
    position = 0
    while position < len(lines):
        end = _end_of_code(words, position, last_fence)
        if end is None:
            waiting.append(lines[position])
            position += 1
            continue
        yield from _paragraphs(waiting)
        block, rest = _code(words[position : end + 1])
        yield block
        waiting = [(Text(text=rest),)] if rest else []
        position = end + 1
    yield from _paragraphs(waiting)


def _end_of_code(words: list[str], begin: int, last_fence: int) -> int | None:
    """The line in which the code ends that begins with this line; None: none does."""
    first = words[begin].lstrip()
    if not first.startswith(_FENCE):
        return None
    if _FENCE in first.lstrip("`"):
        return begin
    return next((index for index in range(begin + 1, last_fence + 1) if _FENCE in words[index]), None)


def _code(words: list[str]) -> tuple[CodeBlock, str]:
    """The block, and what stands in the last line behind it."""
    first = words[0].lstrip().lstrip("`")
    if len(words) == 1:
        code, _, rest = first.partition(_FENCE)
        return CodeBlock(text=code), rest.strip("` ")
    end, _, rest = words[-1].partition(_FENCE)
    lines = [*words[1:-1], *([end] if end.strip() else [])]
    language = first.strip()
    if language.lower() not in _LANGUAGES:
        lines, language = [first, *lines], ""
    return CodeBlock(text="\n".join(lines), language=language), rest.strip("` ")


def _paragraphs(lines: list[_Line]) -> Iterator[Block]:
    for has_words, some in groupby(lines, key=bool):
        if has_words:
            first, *more = some
            children = (*first, *(one for line in more for one in (Break(), *line)))
            yield Paragraph(children=tuple(_inlines(children)))


def _inlines(children: Iterable[Inline]) -> Iterator[Inline]:
    for are_words, some in groupby(children, key=lambda child: isinstance(child, Text)):
        if are_words:
            yield from _coded(_soft("".join(child.text for child in some if isinstance(child, Text))))
        else:
            yield from map(_inline, some)


def _inline(child: Inline) -> Inline:
    match child:
        case Styled():
            return replace(child, children=tuple(_inlines(child.children)))
        case Link():
            return replace(child, children=tuple(_plain(inner) for inner in child.children))
        case Code():
            return Code(text=_soft(child.text))
        case Text() | Break() | Mention() | Moment():
            return child
        case _:
            assert_never(child)


def _plain(child: Inline) -> Inline:
    """Labels are no place for code."""
    match child:
        case Text() | Code():
            return replace(child, text=_soft(child.text))
        case Styled() | Link():
            return replace(child, children=tuple(_plain(inner) for inner in child.children))
        case Break() | Mention() | Moment():
            return child
        case _:
            assert_never(child)


def _coded(text: str) -> Iterator[Inline]:
    position = 0
    for found in _INLINE.finditer(text):
        if position < found.start():
            yield Text(text=text[position : found.start()])
        yield Code(text=found[2])
        position = found.end()
    if position < len(text):
        yield Text(text=text[position:])


def _soft(text: str) -> str:
    return text.replace(_HARD_BLANK, " ")
