"""A text in parts that fit into messages, cut where a reader minds it least.

How much fits is the platform's business: ``fits`` renders and measures. It is asked about ever better guesses of where
the next part ends, never character by character.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeAlias, assert_never

from bot.domain.dividing import beginning, divided, inline_leaves, leaves
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

Fits: TypeAlias = Callable[[RichText], bool]

_FIRST_GUESS = 1024
_LONGEST_CLUSTER = 32
_RETRIES = 24
_SPACE = re.compile(r"\s")
_SENTENCE_END = re.compile(r"""[.!?…]["'”’»)\]]*(?=\s)|[。！？]|\n""")
_JOINER = "\u200d"
_SKIN = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


def split(text: RichText, fits: Fits) -> tuple[RichText, ...]:
    """The text in as few parts as is simple, each of which ``fits``; one part when the whole does.

    Cut between blocks, else between list items, inside quotes, between lines of code, after a sentence, between words;
    a word is broken only when it does not fit on its own. Only what cannot be any shorter comes as a part that does not
    fit: a single character.
    """
    if fits(text):
        return (text,)
    parts: list[RichText] = []
    rest, guess = _followable(text.blocks, fits), _FIRST_GUESS
    while rest:
        longest = _longest(rest, fits, guess)
        head, rest = _cut(rest, longest, fits)
        guess = max(longest, 1)
        parts.append(RichText(blocks=head))
    return tuple(part for part in parts if _shows(part.blocks)) or (RichText(),)


def _shows(blocks: Iterable[Block]) -> bool:
    return any(leaf.strip() for leaf in leaves(blocks))


def _longest(blocks: tuple[Block, ...], fits: Fits, guess: int) -> int:
    """The last place up to which the blocks fit, at least 1."""
    fitting, place = 0, guess
    while True:
        head, tail = divided(blocks, place)
        if not fits(RichText(blocks=head)):
            break
        if not tail:
            return place
        fitting, place = place, place * 2
    while place - fitting > 1:
        middle = (fitting + place) // 2
        if fits(RichText(blocks=divided(blocks, middle)[0])):
            fitting = middle
        else:
            place = middle
    return max(fitting, 1)


def _cut(blocks: tuple[Block, ...], longest: int, fits: Fits) -> tuple[tuple[Block, ...], tuple[Block, ...]]:
    """Cut at the best place, which renders longer than expected in rare cases; then at one before it.

    Where there is none, in a line of code or a word that is too long, cut at a blank, else as late as possible.
    """
    head, tail = divided(blocks, longest)
    if not tail:
        return head, tail
    place = longest
    for _ in range(_RETRIES):
        place = _between(blocks, place, lambda block: fits(RichText(blocks=(block,))))
        if place <= 0:
            break
        head, tail = divided(blocks, place)
        if fits(RichText(blocks=head)):
            return head, tail
        place -= 1
    text = beginning(leaves(blocks), longest + 1)
    blank = text.rfind(" ", 0, longest) + 1
    if text[:blank].strip() and fits(RichText(blocks=divided(blocks, blank)[0])):
        return divided(blocks, blank)
    return divided(blocks, _whole_character(text, longest))


def _between(blocks: tuple[Block, ...], longest: int, alone: Callable[[Block], bool]) -> int:
    """The best place up to ``longest``, 0 if there is none.

    A block that fits into a part of its own (``alone``) is not cut; any other begins in this part if it can fill at
    least half of it.
    """
    start = backed = 0
    for block in blocks:
        inside = longest - start
        length = len(beginning(leaves((block,)), inside + 1))
        if length > inside:
            break
        start += length
        backed = backed if isinstance(block, Heading) else start
    else:
        return longest
    if inside and (backed == 0 or (inside >= start and not alone(block))):
        found = _inside(block, inside, alone)
        if found:
            return start + found
    return backed or start


def _inside(block: Block, longest: int, alone: Callable[[Block], bool]) -> int:
    match block:
        case Paragraph() | Heading():
            return _between_words(block.children, longest)
        case CodeBlock():
            return _between_lines(block.text, longest)
        case Quote():
            return _between(block.blocks, longest, lambda inner: alone(replace(block, blocks=(inner,))))
        case Listing():
            return _between_items(block, longest, alone)
        case _:
            assert_never(block)


def _between_items(listing: Listing, longest: int, alone: Callable[[Block], bool]) -> int:
    start = 0
    for item in listing.items:
        inside = longest - start
        length = len(beginning(leaves(item) if item else "\n", inside + 1))
        if length > inside:
            break
        start += length
    else:
        return longest
    if inside and (start == 0 or (inside >= start and not alone(replace(listing, items=(item,))))):
        found = _between(item, inside, lambda inner: alone(replace(listing, items=((inner,),))))
        return start + found if found else start
    return start


def _between_lines(text: str, longest: int) -> int:
    return text.rfind("\n", 0, longest) + 1


def _between_words(children: tuple[Inline, ...], longest: int) -> int:
    """Inline code is kept whole where something else can be cut."""
    for code in (_solid, str):
        text = beginning(inline_leaves(children, code=code), longest + 1)
        sentences = [end for found in _SENTENCE_END.finditer(text) if (end := found.end()) <= longest]
        if sentences and sentences[-1] * 3 >= longest * 2:
            return sentences[-1]
        for place in range(longest, 0, -1):
            if text[place].isspace() or text[place - 1].isspace():
                return place
    return 0


def _solid(code: str) -> str:
    return _SPACE.sub("_", code)


def _whole_character(text: str, longest: int) -> int:
    """The last place up to ``longest`` that does not part a letter from its accents, or an emoji from its pieces."""
    for place in range(longest, max(longest - _LONGEST_CLUSTER, 0), -1):
        here, before = text[place : place + 1], text[place - 1]
        if not here or not (_JOINER in {here, before} or here in _SKIN or unicodedata.category(here)[0] == "M"):
            return place
    return longest


def _followable(blocks: tuple[Block, ...], fits: Fits) -> tuple[Block, ...]:
    """A link whose address alone fills a message becomes its label and the address, which can be cut."""

    def short(link: Link) -> bool:
        return fits(RichText(blocks=(Paragraph(children=(replace(link, children=(Text(text="x"),)),)),)))

    return tuple(_unlinked(block, short) for block in blocks)


def _unlinked(block: Block, short: Callable[[Link], bool]) -> Block:
    match block:
        case Paragraph() | Heading():
            return replace(block, children=_spelled(block.children, short))
        case CodeBlock():
            return block
        case Quote():
            return replace(block, blocks=tuple(_unlinked(inner, short) for inner in block.blocks))
        case Listing():
            items = tuple(tuple(_unlinked(inner, short) for inner in item) for item in block.items)
            return replace(block, items=items)
        case _:
            assert_never(block)


def _spelled(children: tuple[Inline, ...], short: Callable[[Link], bool]) -> tuple[Inline, ...]:
    spelled: list[Inline] = []
    for child in children:
        match child:
            case Text() | Code() | Break() | Mention() | Moment():
                spelled.append(child)
            case Link() if not short(child):
                label = inline_plain(child.children)
                spelled += child.children
                spelled += [Text(text=f" ({child.url})")] if label != child.url else []
            case Styled() | Link():
                spelled.append(replace(child, children=_spelled(child.children, short)))
            case _:
                assert_never(child)
    return tuple(spelled)
