"""The beginning of a portable text, with everything closed that was opened."""

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

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
)

_ELLIPSIS = "…"


def shortened(text: RichText, length: int) -> RichText:
    """The first ``length`` characters of the text, then an ellipsis. Mentions and moments count by their words, but are
    never cut in two.
    """
    budget = _Budget(length)
    return RichText(blocks=(*budget.blocks(text.blocks), Paragraph(children=(Text(text=_ELLIPSIS),))))


class _Budget:
    """Walks the tree and takes what still fits."""

    def __init__(self, length: int) -> None:
        self._left = length

    def blocks(self, blocks: Iterable[Block]) -> tuple[Block, ...]:
        taken: list[Block] = []
        for block in blocks:
            if self._left <= 0:
                break
            taken.append(self._block(block))
        return tuple(taken)

    def _block(self, block: Block) -> Block:
        match block:
            case Paragraph() | Heading():
                return replace(block, children=self._inlines(block.children))
            case CodeBlock():
                return replace(block, text=self._characters(block.text))
            case Quote():
                return replace(block, blocks=self.blocks(block.blocks))
            case Listing():
                return replace(block, items=self._items(block.items))
            case _:
                assert_never(block)

    def _items(self, items: Iterable[tuple[Block, ...]]) -> tuple[tuple[Block, ...], ...]:
        taken: list[tuple[Block, ...]] = []
        for item in items:
            if self._left <= 0:
                break
            taken.append(self.blocks(item))
        return tuple(taken)

    def _inlines(self, children: Iterable[Inline]) -> tuple[Inline, ...]:
        taken: list[Inline] = []
        for child in children:
            if self._left <= 0:
                break
            taken.append(self._inline(child))
        return tuple(taken)

    def _inline(self, child: Inline) -> Inline:
        match child:
            case Text() | Code():
                return replace(child, text=self._characters(child.text))
            case Break():
                self._left -= 1
                return child
            case Mention():
                self._left -= len(child.name)
                return child
            case Moment():
                self._left -= len(child.text)
                return child
            case Styled() | Link():
                return replace(child, children=self._inlines(child.children))
            case _:
                assert_never(child)

    def _characters(self, text: str) -> str:
        taken = text[: self._left]
        self._left -= len(taken)
        return taken
