"""However long a text is and whatever it consists of: its parts fit, and together they say what it said."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord.rendering import render
from adapters.matrix.markup import to_html
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
from bot.domain.splitting import split

MEASURES: dict[str, Callable[[RichText], int]] = {
    "plain": lambda text: len(plain(text)),
    "html": lambda text: len(to_html(text)),
    "discord": lambda text: len(render(text, limit=10**9)),
}
LIMIT = 220
"""So much that a single character fits whatever it stands in."""

words = st.text(alphabet="abcdefghij.,!&*ä", min_size=1, max_size=40)
lines = st.lists(words, min_size=1, max_size=12).map(" ".join)
leaves: st.SearchStrategy[Inline] = (
    st.builds(Text, text=lines)
    | st.builds(Code, text=lines)
    | st.just(Break())
    | st.just(Text(text=" "))
    | st.builds(Mention, name=words)
    | st.builds(Moment, at=st.just(datetime(2026, 3, 2, tzinfo=UTC)), text=words, relative=st.booleans())
)
inlines: st.SearchStrategy[Inline] = st.recursive(
    leaves,
    lambda inner: (
        st.builds(Styled, style=st.sampled_from(Style), children=st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(Link, url=st.just("https://x.org/y"), children=st.lists(leaves, min_size=1, max_size=2).map(tuple))
    ),
    max_leaves=4,
)
runs = st.lists(inlines, min_size=1, max_size=5).map(tuple)
plain_blocks: st.SearchStrategy[Block] = (
    st.builds(Paragraph, children=runs)
    | st.builds(Heading, level=st.integers(1, 6), children=runs)
    | st.builds(CodeBlock, text=st.lists(lines, max_size=9).map("\n".join), language=st.sampled_from(["", "py"]))
)
blocks = st.recursive(
    plain_blocks,
    lambda inner: (
        st.builds(Quote, blocks=st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(
            Listing,
            items=st.lists(st.lists(inner, min_size=1, max_size=2).map(tuple), min_size=1, max_size=4).map(tuple),
            ordered=st.booleans(),
            start=st.integers(0, 12),
        )
    ),
    max_leaves=6,
)
texts = st.lists(blocks, max_size=8).map(lambda some: RichText(blocks=tuple(some)))
measures = st.sampled_from(sorted(MEASURES))


def inner_blocks(blocks: Iterable[Block]) -> Iterator[Block]:
    """Paragraphs, headings and code, in order, wherever they stand."""
    for block in blocks:
        match block:
            case Quote():
                yield from inner_blocks(block.blocks)
            case Listing():
                for item in block.items:
                    yield from inner_blocks(item)
            case _:
                yield block


def characters(text: RichText) -> str:
    """All that is written, without marks and blanks."""
    written = (
        block.text if isinstance(block, CodeBlock) else inline_plain(getattr(block, "children", ()))
        for block in inner_blocks(text.blocks)
    )
    return "".join("".join(written).split())


def styled_characters(
    children: Iterable[Inline], around: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for child in children:
        match child:
            case Text() | Code():
                yield from ((character, (*around, child.kind)) for character in child.text if not character.isspace())
            case Mention():
                yield child.name, around
            case Styled():
                yield from styled_characters(child.children, (*around, child.style))
            case Link():
                yield from styled_characters(child.children, (*around, child.url))
            case Break():
                pass


def looks(text: RichText) -> list[tuple[str, tuple[str, ...]]]:
    """Each character with the styles, links and blocks it stands in."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for block in inner_blocks(text.blocks):
        if isinstance(block, CodeBlock):
            found += [(character, ("block", block.language)) for character in block.text if not character.isspace()]
        elif isinstance(block, Paragraph | Heading):
            kind = block.kind if isinstance(block, Paragraph) else f"heading {block.level}"
            found += styled_characters(block.children, (kind,))
    return found


@settings(max_examples=50, deadline=None)
@given(texts, measures)
def test_every_part_fits_and_nothing_is_lost_or_doubled(text: RichText, measure: str) -> None:
    length = MEASURES[measure]
    parts = split(text, lambda part: length(part) <= LIMIT)
    assert all(length(part) <= LIMIT for part in parts)
    assert "".join(characters(part) for part in parts) == characters(text)


@settings(max_examples=50, deadline=None)
@given(texts, measures)
def test_every_character_keeps_its_styles_its_link_and_its_block(text: RichText, measure: str) -> None:
    parts = split(text, lambda part: MEASURES[measure](part) <= LIMIT)
    assert [look for part in parts for look in looks(part)] == looks(text)


@settings(max_examples=50, deadline=None)
@given(texts, measures)
def test_no_word_and_no_line_of_code_is_broken(text: RichText, measure: str) -> None:
    """Words are of at most 120 characters here, styled or not, and lines of code far below the limit."""
    short = RichText(blocks=tuple(cut_words(text.blocks)))
    parts = split(short, lambda part: MEASURES[measure](part) <= 3 * LIMIT)
    assert [word for part in parts for word in pieces(part)] == pieces(short)


def cut_words(blocks: Iterable[Block]) -> Iterator[Block]:
    """Paragraphs with a blank between their inlines, and code of short lines."""
    for block in inner_blocks(blocks):
        match block:
            case Paragraph():
                yield Paragraph(children=tuple(one for child in block.children for one in (child, Text(text=" "))))
            case CodeBlock():
                yield CodeBlock(text="\n".join(line[:60] for line in block.text.split("\n")))


def pieces(text: RichText) -> list[str]:
    found = []
    for block in inner_blocks(text.blocks):
        if isinstance(block, CodeBlock):
            found += [line for line in block.text.split("\n") if line.strip()]
        elif isinstance(block, Paragraph):
            found += inline_plain(block.children).split()
    return found


@given(texts)
def test_what_fits_stays_whole(text: RichText) -> None:
    assert split(text, lambda _: True) == (text,)


@settings(max_examples=20, deadline=None)
@given(texts)
def test_what_never_fits_comes_character_by_character(text: RichText) -> None:
    parts = split(text, lambda _: False)
    said = "".join(characters(part) for part in parts).replace("(https://x.org/y)", "")
    assert said == characters(text)
    assert all(len(list(looks(part))) <= 1 for part in parts)


@pytest.mark.parametrize("unit", ["word ", "x", "*", "line\n", "\n\n", "e\u0301", "👩‍👩‍👧"])
@given(count=st.integers(1, 400), limit=st.integers(40, 300))
@settings(max_examples=10, deadline=None)
def test_long_runs_of_anything_fit(unit: str, count: int, limit: int) -> None:
    block = Paragraph(children=(Styled(style=Style.BOLD, children=(Text(text=unit * count),)),))
    for text in (RichText(blocks=(block,)), RichText(blocks=(CodeBlock(text=unit * count),))):
        parts = split(text, lambda part: len(render(part, limit=10**9)) <= limit)
        assert all(len(render(part, limit=10**9)) <= limit for part in parts)
        assert "".join(characters(part) for part in parts) == characters(text)
