"""A portable text cut in two at any of its characters, with everything that is open at the cut closed and opened again.

Places are counted in characters of the leaves: a ``Break``, a ``Mention`` and a ``Moment`` count as one, and so does a
block that has nothing in it. Nothing here walks further than the place asked for, so that cutting a little off a long
text is cheap.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias, TypeVar, assert_never

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
    Styled,
    Text,
)

_Piece = TypeVar("_Piece")
_Cut: TypeAlias = tuple[tuple[_Piece, ...], tuple[_Piece, ...], int]
"""What stands before the place, what stands behind it, and how far the place lies beyond the end."""


def divided(blocks: tuple[Block, ...], place: int) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """The blocks before and behind a place. A list goes on with the number it stopped at; blanks at the cut go."""
    head, tail, _ = _run(blocks, place, _block)
    return head, tail


def leaves(blocks: Iterable[Block]) -> Iterator[str]:
    """The characters that places count, leaf by leaf; line feeds for breaks."""
    for block in blocks:
        empty = True
        for leaf in _leaves(block):
            empty = empty and not leaf
            yield leaf
        if empty:
            yield "\n"


def inline_leaves(children: Iterable[Inline], *, code: Callable[[str], str] = str) -> Iterator[str]:
    """As ``leaves``, of a run of inlines; ``code`` may show inline code as something else of that length."""
    for child in children:
        match child:
            case Text():
                yield child.text
            case Code():
                yield code(child.text)
            case Break():
                yield "\n"
            case Mention() | Moment():
                yield "@"
            case Styled() | Link():
                yield from inline_leaves(child.children, code=code)
            case _:
                assert_never(child)


def beginning(parts: Iterable[str], length: int) -> str:
    """The first characters of some leaves, read no further than needed."""
    taken: list[str] = []
    for part in parts:
        if length <= 0:
            break
        taken.append(part[:length])
        length -= len(part)
    return "".join(taken)


def _leaves(block: Block) -> Iterator[str]:
    match block:
        case Paragraph() | Heading():
            yield from inline_leaves(block.children)
        case CodeBlock():
            yield block.text
        case Quote():
            yield from leaves(block.blocks)
        case Listing():
            for item in block.items:
                yield from leaves(item) if item else "\n"
        case _:
            assert_never(block)


def _run(
    pieces: tuple[_Piece, ...], place: int, cut: Callable[[_Piece, int], _Cut[_Piece]], *, least: int = 0
) -> _Cut[_Piece]:
    """Cut the piece in which the place lies. A run that has nothing in it counts as ``least``."""
    left = place
    for index, piece in enumerate(pieces):
        if left <= 0:
            return pieces[:index], pieces[index:], 0
        head, tail, left = cut(piece, left)
        if tail:
            return (*pieces[:index], *head), (*tail, *pieces[index + 1 :]), 0
    return pieces, (), left if left < place else place - least


def _block(block: Block, place: int) -> _Cut[Block]:
    match block:
        case Paragraph() | Heading():
            inlines, more, left = _run(block.children, place, _inline, least=1)
            return _both(block, _closed(inlines), _opened(more), left, lambda some: replace(block, children=some))
        case CodeBlock():
            return _code(block, place)
        case Quote():
            inner, later, left = _run(block.blocks, place, _block, least=1)
            return _both(block, inner, later, left, lambda some: replace(block, blocks=some))
        case Listing():
            items, further, left = _run(block.items, place, _item, least=1)
            if not further:
                return (block,), (), left
            again = replace(block, items=further, start=block.start + len(block.items) - len(further))
            return ((replace(block, items=items),) if items else ()), (again,), 0
        case _:
            assert_never(block)


def _both(
    whole: _Piece,
    head: tuple[Inline, ...] | tuple[Block, ...],
    tail: tuple[Inline, ...] | tuple[Block, ...],
    left: int,
    made: Callable[..., _Piece],
) -> _Cut[_Piece]:
    if not tail:
        return (whole,), (), left
    return ((made(head),) if head else ()), (made(tail),), 0


def _item(item: tuple[Block, ...], place: int) -> _Cut[tuple[Block, ...]]:
    head, tail, left = _run(item, place, _block, least=1)
    return ((head,) if head else ()), ((tail,) if tail else ()), left


def _code(block: CodeBlock, place: int) -> _Cut[Block]:
    """Between two lines the line feed belongs to neither piece."""
    if len(block.text) <= place:
        return (block,), (), place - max(len(block.text), 1)
    head, tail = block.text[:place].removesuffix("\n"), block.text[place:]
    return (replace(block, text=head),), (replace(block, text=tail),), 0


def _inline(child: Inline, place: int) -> _Cut[Inline]:
    match child:
        case Text() | Code():
            if len(child.text) <= place:
                return (child,), (), place - len(child.text)
            return (replace(child, text=child.text[:place]),), (replace(child, text=child.text[place:]),), 0
        case Break() | Mention() | Moment():
            return (child,), (), place - 1
        case Styled() | Link():
            head, tail, left = _run(child.children, place, _inline)
            return _both(child, head, tail, left, lambda some: replace(child, children=some))
        case _:
            assert_never(child)


def _closed(children: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Without blanks and breaks at the end."""
    for index in range(len(children) - 1, -1, -1):
        last = _stripped(children[index], str.rstrip, _closed)
        if last is not None:
            return (*children[:index], last)
    return ()


def _opened(children: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """Without blanks and breaks at the beginning."""
    for index, child in enumerate(children):
        first = _stripped(child, str.lstrip, _opened)
        if first is not None:
            return (first, *children[index + 1 :])
    return ()


def _stripped(
    child: Inline, strip: Callable[[str], str], inner: Callable[[tuple[Inline, ...]], tuple[Inline, ...]]
) -> Inline | None:
    match child:
        case Text() | Code():
            text = strip(child.text)
            return replace(child, text=text) if text else None
        case Break():
            return None
        case Mention() | Moment():
            return child
        case Styled() | Link():
            children = inner(child.children)
            return replace(child, children=children) if children else None
        case _:
            assert_never(child)
