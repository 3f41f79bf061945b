"""Where a text that does not fit into one message is cut."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from adapters.discord.rendering import render
from bot.domain.richtext import (
    Block,
    Code,
    CodeBlock,
    Heading,
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
    from_plain,
    paragraph,
    plain,
)
from bot.domain.splitting import split


def fits(length: int) -> Callable[[RichText], bool]:
    return lambda text: len(plain(text)) <= length


def cut(length: int, *blocks: Block) -> list[tuple[Block, ...]]:
    return [part.blocks for part in split(RichText(blocks=blocks), fits(length))]


def words(count: int, word: str = "word") -> str:
    return " ".join([word] * count)


def test_what_fits_and_what_is_empty_is_one_part() -> None:
    text = from_plain("one\n\ntwo")
    assert split(text, fits(7)) == (text,)
    assert split(RichText(), fits(7)) == (RichText(),)
    assert split(RichText(), lambda _: False) == (RichText(),)
    assert split(from_plain(" \n" * 50), fits(7)) == (RichText(),)


def test_blocks_are_kept_whole_where_they_fit() -> None:
    one, two, three = paragraph(words(4)), paragraph(words(5)), paragraph(words(6))
    assert cut(46, one, two, three) == [(one, two), (three,)]


def test_a_heading_goes_with_what_follows_it() -> None:
    one, heading, two = paragraph(words(4)), Heading(level=2, children=(Text(text="Next"),)), paragraph(words(6))
    assert cut(40, one, heading, two) == [(one,), (heading, two)]
    code = [CodeBlock(text="\n".join(["x" * 15] * count)) for count in (1, 2)]
    assert cut(35, one, heading, heading, code[1]) == [(one,), (heading, heading, code[0]), (code[0],)]


def test_lists_are_cut_between_items_and_go_on_counting() -> None:
    items = tuple((paragraph(f"item {index}"),) for index in range(5))
    first, second = cut(35, Listing(items=items, ordered=True, start=7))
    assert first == (Listing(items=items[:3], ordered=True, start=7),)
    assert second == (Listing(items=items[3:], ordered=True, start=10),)


def test_an_item_that_is_cut_keeps_its_number() -> None:
    first, second = cut(40, Listing(items=((paragraph(words(2)),), (paragraph(words(12)),)), ordered=True))
    assert first == (Listing(items=((paragraph(words(2)),), (paragraph(words(5)),)), ordered=True),)
    assert second == (Listing(items=((paragraph(words(7)),),), ordered=True, start=2),)


def test_quotes_are_cut_between_what_they_hold() -> None:
    one, two = paragraph(words(4)), paragraph(words(5))
    assert cut(30, Quote(blocks=(one, two))) == [(Quote(blocks=(one,)),), (Quote(blocks=(two,)),)]


def test_code_is_cut_between_lines_and_every_piece_is_a_block_of_its_language() -> None:
    lines = [f"    line_{index} = {index}" for index in range(6)]
    for length in (44, 45, 50):  # up to the end of a line, its line feed, and some of the next
        parts = cut(length, CodeBlock(text="\n".join(lines), language="py"))
        assert parts == [(CodeBlock(text="\n".join(lines[at : at + 3]), language="py"),) for at in (0, 3)]


def test_a_line_of_code_that_fits_is_not_broken_for_what_stands_before_it() -> None:
    lines = ["x" * 38, "y" * 38]
    assert cut(40, paragraph("see"), CodeBlock(text="\n".join(lines))) == [
        (paragraph("see"),),
        *((CodeBlock(text=line),) for line in lines),
    ]


def test_a_line_of_code_that_is_too_long_alone_is_cut_between_words_but_not_in_its_indentation() -> None:
    assert cut(20, CodeBlock(text="    run the long command")) == [
        (CodeBlock(text="    run the long "),),
        (CodeBlock(text="command"),),
    ]
    assert cut(20, CodeBlock(text="    " + "x" * 20)) == [
        (CodeBlock(text="    " + "x" * 16),),
        (CodeBlock(text="x" * 4),),
    ]


def test_a_paragraph_is_cut_after_a_sentence_in_its_last_third_else_between_words() -> None:
    assert cut(30, paragraph("One two three. Four five. Six seven eight.")) == [
        (paragraph("One two three. Four five."),),
        (paragraph("Six seven eight."),),
    ]
    assert cut(30, paragraph("One. Two three four five six seven eight nine.")) == [
        (paragraph("One. Two three four five six"),),
        (paragraph("seven eight nine."),),
    ]
    assert cut(12, paragraph("こんにちは。世界のみなさん")) == [
        (paragraph("こんにちは。世界のみなさ"),),
        (paragraph("ん"),),
    ]


def test_styles_and_links_are_closed_and_opened_again() -> None:
    def both(some: str) -> Paragraph:
        return paragraph(
            Styled(style=Style.BOLD, children=(Link(url="https://x.org", children=(Text(text=some),)),)),
        )

    assert cut(30, both(words(10))) == [(both(words(6)),), (both(words(4)),)]


def test_a_word_is_broken_only_when_it_is_too_long_alone() -> None:
    assert cut(20, paragraph("short " + "x" * 18)) == [(paragraph("short"),), (paragraph("x" * 18),)]
    assert cut(20, paragraph("short " + "x" * 45)) == [
        (paragraph("short"),),
        *((paragraph("x" * length),) for length in (20, 20, 5)),
    ]


def test_a_word_of_several_styles_is_one_word() -> None:
    one = Paragraph(
        children=(Text(text="a word and " + "x" * 10), Styled(style=Style.BOLD, children=(Text(text="y" * 5),)))
    )
    first, second = cut(20, one)
    assert first == (paragraph("a word and"),)
    assert plain(RichText(blocks=second)) == "x" * 10 + "y" * 5


def test_inline_code_is_kept_whole_where_something_else_can_be_cut() -> None:
    assert cut(20, paragraph("please run ", Code(text="make all the things"), " now")) == [
        (paragraph("please run"),),
        (paragraph(Code(text="make all the things")),),
        (paragraph("now"),),
    ]


@pytest.mark.parametrize("character", ["e\u0301", "👩‍👩‍👧", "👍🏽", "❤️"])
def test_no_character_is_parted_from_its_accents_and_no_emoji_from_its_pieces(character: str) -> None:
    for length in range(len(character), 3 * len(character)):
        parts = split(from_plain(character * 40), fits(length))
        assert all(set(plain(part).split(character)) == {""} for part in parts)


def test_a_link_whose_address_fills_a_message_becomes_words() -> None:
    url = "https://x.org/" + "a" * 3000
    link = Link(url=url, children=(Text(text="the report"),))
    parts = split(
        RichText(blocks=(paragraph("see ", link, " there"),)), lambda text: len(render(text, limit=9999)) <= 2000
    )
    assert len(parts) == 3
    assert "".join(plain(part) for part in parts).replace(" ", "") == f"seethereport({url})there"


def test_what_fits_nowhere_still_comes_through() -> None:
    parts = split(RichText(blocks=(paragraph("ab ", Mention(name="Cleo")), CodeBlock(text="d"))), lambda _: False)
    assert [plain(part) for part in parts] == ["a", "b", "Cleo", "d"]


def test_a_measure_that_is_not_even_regular_still_ends_and_loses_nothing() -> None:
    """A shorter text may render longer: Discord shows a link by its bare address only while the label is whole."""
    text = RichText(blocks=(paragraph(words(40)), CodeBlock(text="\n".join(["code"] * 40))))
    parts = split(text, lambda part: len(plain(part)) < 30 and len(plain(part)) % 7 != 3)
    assert "".join("".join(plain(part).split()) for part in parts) == "".join(plain(text).split())


def test_a_long_reply_with_code_arrives_in_messages_that_fit() -> None:
    """12,000 characters of prose and code, as Discord takes them."""
    code = "\n".join(f"def step_{index}() -> None:  # with a comment\n    return None\n" for index in range(60))
    text = RichText(blocks=(paragraph(words(600)), CodeBlock(text=code, language="python"), paragraph(words(800))))
    parts = split(text, lambda part: len(render(part, limit=10**6)) <= 2000)
    said = [render(part) for part in parts]
    assert len(said) <= 8
    assert all(len(part) <= 2000 and part.count("```") % 2 == 0 and not part.endswith("…") for part in said)
    assert "".join("".join(plain(part).split()) for part in parts) == "".join(plain(text).split())


@pytest.mark.parametrize("unit", ["Words, and a sentence. ", "x", "line\n", "some paragraph\n\n", "*_~`|"])
def test_even_a_very_long_text_is_cut_at_once(unit: str) -> None:
    text = from_plain(unit * (100_000 // len(unit)))
    asked = 0

    def measure(part: RichText) -> bool:
        nonlocal asked
        rendered = len(render(part, limit=10**6))
        asked += rendered
        return rendered <= 2000

    began = time.process_time()
    parts = split(text, measure)
    assert time.process_time() - began < 5
    assert asked < 20 * sum(len(render(part, limit=10**6)) for part in parts)


def test_an_instant_is_never_broken_apart() -> None:
    at = Moment(at=datetime(2026, 3, 2, 9, tzinfo=UTC), text="on Monday the second of March, in the morning")
    assert cut(50, paragraph("x" * 10, " ", at, " ", at)) == [
        (paragraph("x" * 10),),
        (paragraph(at),),
        (paragraph(at),),
    ]
    assert cut(9, paragraph("before ", at, " after")) == [
        (paragraph("before"),),
        (paragraph(at),),
        (paragraph("after"),),
    ]
    parts = cut(60, paragraph(at, " ", words(20)))
    assert [plain(RichText(blocks=part)) for part in parts] == [f"{at.text} {words(3)}", words(12), words(5)]
