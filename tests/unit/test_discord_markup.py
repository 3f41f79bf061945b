"""Discord's markdown in both directions: nothing that was said is lost, nothing that was typed takes effect."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord.markup import parse
from adapters.discord.names import Names
from adapters.discord.rendering import MESSAGE_LIMIT, render
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
    from_plain,
    paragraph,
    plain,
)

NAMES = Names(
    users={"1": "Ana"},
    roles={"2": "Mods"}.get,
    channels={"3": "help"}.get,
)


def inlines(content: str) -> tuple[Inline, ...]:
    (block,) = parse(content, NAMES).blocks
    assert isinstance(block, Paragraph)
    return block.children


def styled(style: Style, text: str) -> Styled:
    return Styled(style=style, children=(Text(text=text),))


def link(url: str, label: str = "") -> Link:
    return Link(url=url, children=(Text(text=label or url),))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("**b**", styled(Style.BOLD, "b")),
        ("*i*", styled(Style.ITALIC, "i")),
        ("_i_", styled(Style.ITALIC, "i")),
        ("__u__", styled(Style.UNDERLINE, "u")),
        ("~~s~~", styled(Style.STRIKE, "s")),
        ("||secret||", styled(Style.SPOILER, "secret")),
        ("`c*d*`", Code(text="c*d*")),
        ("[label](https://a.example)", link("https://a.example", "label")),
        ("https://a.example/x_y_z", link("https://a.example/x_y_z")),
        ("<https://a.example>", link("https://a.example")),
        ("<@1>", Mention(name="@Ana")),
        ("<@!1>", Mention(name="@Ana")),
        ("<@99>", Mention(name="@99")),
        ("<@&2>", Mention(name="@Mods")),
        ("<#3>", Mention(name="#help")),
        ("<t:1700000000:R>", Text(text="2023-11-14 22:13 UTC")),
        ("<:wave:123456>", Text(text=":wave:")),
        ("<a:party:123456>", Text(text=":party:")),
        ("</triage:123456>", Text(text="/triage")),
        (r"\*not italic\*", Text(text="*not italic*")),
        (r"C:\Users\new", Text(text=r"C:\Users\new")),
        ("a &amp; b", Text(text="a &amp; b")),
        ("[x](javascript:alert)", Text(text="[x](javascript:alert)")),
        ("<b>bold?</b>", Text(text="<b>bold?</b>")),
        ("@everyone", Text(text="@everyone")),
    ],
)
def test_inline_markup_is_read_as_discord_reads_it(content: str, expected: Inline) -> None:
    assert inlines(content) == (expected,)


def test_styles_nest() -> None:
    assert inlines("**bold __and__ ||hidden *it*||**") == (
        Styled(
            style=Style.BOLD,
            children=(
                Text(text="bold "),
                styled(Style.UNDERLINE, "and"),
                Text(text=" "),
                Styled(style=Style.SPOILER, children=(Text(text="hidden "), styled(Style.ITALIC, "it"))),
            ),
        ),
    )


def test_an_address_ends_before_the_sentence_does() -> None:
    assert inlines("see https://a.example/b(c), (https://d.example).") == (
        Text(text="see "),
        link("https://a.example/b(c)"),
        Text(text=", ("),
        link("https://d.example"),
        Text(text=")."),
    )


def test_a_line_feed_is_a_break_and_a_blank_line_parts_paragraphs() -> None:
    assert parse("one\ntwo\n\nthree").blocks == (
        Paragraph(children=(Text(text="one"), Break(), Text(text="two"))),
        paragraph("three"),
    )


def test_headings_and_subtext_take_one_line() -> None:
    assert parse("# One\n### Three\n#### Four\n-# small").blocks == (
        Heading(level=1, children=(Text(text="One"),)),
        Heading(level=3, children=(Text(text="Three"),)),
        paragraph("#### Four"),
        paragraph("small"),
    )


def test_a_quote_ends_with_its_lines_and_a_long_quote_takes_the_rest() -> None:
    assert parse("> a\n> b\nc\n>>> d\ne").blocks == (
        Quote(blocks=(Paragraph(children=(Text(text="a"), Break(), Text(text="b"))),)),
        paragraph("c"),
        Quote(blocks=(Paragraph(children=(Text(text="d"), Break(), Text(text="e"))),)),
    )


def test_a_code_block_begins_and_ends_anywhere_and_keeps_its_lines() -> None:
    assert parse("see ```py\nif x:\n  <@1>``` there").blocks == (
        paragraph("see "),
        CodeBlock(text="if x:\n  <@1>", language="py"),
        paragraph(" there"),
    )
    assert parse("```\none\n\n two\n```").blocks == (CodeBlock(text="one\n\n two"),)
    assert parse("```never closed").blocks == (paragraph("```never closed"),)


def test_lists_nest_and_keep_their_numbers() -> None:
    assert parse("3. three\n4. four\n- a\n  - b\n  more").blocks == (
        Listing(ordered=True, start=3, items=((paragraph("three"),), (paragraph("four"),))),
        Listing(
            items=(
                (
                    paragraph("a"),
                    Listing(items=((Paragraph(children=(Text(text="b"), Break(), Text(text="more"))),),)),
                ),
            )
        ),
    )


def test_native_references_come_only_from_the_bots_own_words() -> None:
    own = RichText(blocks=(paragraph(Mention(name="@Ana", target="user:1"), Mention(name="@Mods", target="role:2")),))
    assert render(own) == "<@1><@&2>"
    forged = RichText(blocks=(paragraph(Mention(name="<@5>", target="user:1> <@7"), Mention(name="@everyone")),))
    assert pings(render(forged)) == []


def test_harmless_pieces_do_not_become_harmful_together() -> None:
    pieces = RichText(blocks=(paragraph(Text(text="@"), Text(text="everyone "), Mention(name="<"), Text(text="@5>")),))
    assert pings(render(pieces)) == []


def test_the_mention_stands_first() -> None:
    assert render(from_plain("hello"), front="<@42> ") == "<@42> hello"


def test_what_is_too_long_is_cut_with_its_code_block_closed() -> None:
    text = RichText(blocks=(paragraph("intro"), CodeBlock(text="line\n" * 1000)))
    rendered = render(text, front="<@42> ")
    assert len(rendered) <= MESSAGE_LIMIT
    assert rendered.count("```") == 2
    assert rendered.endswith("…")


def pings(markdown: str) -> list[str]:
    """Everything in a raw text that Discord would take for a mention."""
    return re.findall(r"<(?:@[!&]?|#)\d+>|@everyone|@here", markdown)


def skeleton(text: str) -> str:
    """A text without what rendering may add or drop: zero-width characters and white space."""
    return re.sub(r"[\s\u200b]", "", text)


typed = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("abz 019*_~|`[]()<>@#&!:/\\-+.'\"\n")),
        st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")),
    ),
    max_size=60,
)
snippets = st.sampled_from(
    [
        "@everyone",
        "@here",
        "<@1>",
        "<@&2>",
        "<#3>",
        "# ",
        "> ",
        "- ",
        "1. ",
        "-# ",
        "```",
        "**",
        "https://a.example/_b_",
        ":x:",
    ]
)
hostile = st.lists(st.one_of(typed, snippets), max_size=6).map("".join)


@settings(max_examples=400)
@given(hostile)
def test_literal_text_is_shown_to_the_character_and_pings_nobody(text: str) -> None:
    rendered = render(from_plain(text), limit=100_000)
    assert pings(rendered) == []
    shown = plain(parse(rendered))
    if "http" not in text:  # in addresses, some characters are shown by their codes
        assert skeleton(shown) == skeleton(text)


@settings(max_examples=400)
@given(hostile)
def test_reading_loses_no_word(text: str) -> None:
    read = plain(parse(text))
    words = re.findall(r"[a-z0-9]{2,}", re.sub(r"<[^>]*>|```[\w+\-.#]*\n|^ *\d+\.", " ", text, flags=re.MULTILINE))
    for word in words:
        assert word in read


def trees() -> st.SearchStrategy[RichText]:
    leaf: st.SearchStrategy[Inline] = st.one_of(
        hostile.map(lambda text: Text(text=text.replace("\n", " "))),
        hostile.map(lambda text: Code(text=text.replace("\n", " "))),
        hostile.map(lambda text: Mention(name=text.replace("\n", " "))),
        st.just(Break()),
    )
    run = st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(
                lambda style, children: Styled(style=style, children=tuple(children)),
                st.sampled_from(Style),
                st.lists(inner, max_size=3),
            ),
            st.builds(
                lambda url, children: Link(url="https://x.example/" + url, children=tuple(children)),
                typed,
                st.lists(inner, max_size=3),
            ),
        ),
        max_leaves=6,
    )
    children = st.lists(run, max_size=4).map(tuple)
    block: st.SearchStrategy[Block] = st.one_of(
        children.map(lambda found: Paragraph(children=found)),
        st.builds(lambda level, found: Heading(level=level, children=found), st.integers(1, 6), children),
        hostile.map(lambda text: CodeBlock(text=text, language="py")),
    )
    nested = st.recursive(
        block,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda blocks: Quote(blocks=tuple(blocks))),
            st.lists(st.lists(inner, max_size=2).map(tuple), max_size=3).map(lambda items: Listing(items=tuple(items))),
        ),
        max_leaves=5,
    )
    return st.lists(nested, max_size=4).map(lambda blocks: RichText(blocks=tuple(blocks)))


@settings(max_examples=300)
@given(trees())
def test_no_tree_pings_anybody_or_grows_too_long(text: RichText) -> None:
    for limit in (MESSAGE_LIMIT, 80):
        rendered = render(text, limit=limit)
        assert pings(rendered) == []
        assert len(rendered.encode("utf-16-le")) // 2 <= limit


@settings(max_examples=200)
@given(hostile)
def test_reading_anything_ends_and_renders_again(text: str) -> None:
    assert pings(render(parse(text, NAMES), limit=100_000)) == []


@pytest.mark.parametrize(
    "unit", ["*", "||", "[", "`", "``", "> ", "- a\n", "  - a\n", "```", "*a ", "<@1", "_*", "(", "\\"]
)
def test_hostile_repetition_is_read_in_no_time(unit: str) -> None:
    content = (unit * 4000)[:4000]
    assert isinstance(parse(content), RichText)


NOON = Moment(at=datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC), text="Mon 2 Mar 13:00")


def test_an_instant_is_shown_to_each_reader_in_their_own_time_zone() -> None:
    soon = Moment(at=NOON.at, text=NOON.text, relative=True)
    shown = f"{int(NOON.at.timestamp())}"
    assert render(RichText(blocks=(paragraph("by ", NOON, ", ", soon),))) == f"by <t:{shown}:f>, <t:{shown}:R>"
    bold = Styled(style=Style.BOLD, children=(NOON,))
    assert render(RichText(blocks=(paragraph(bold),))) == f"**<t:{shown}:f>**"


def test_an_instant_counts_by_its_words_and_is_never_cut_in_two() -> None:
    text = RichText(blocks=(paragraph("by ", NOON, " at the latest"),))
    for length in range(4, 4 + len(NOON.text)):
        cut = shortened(text, length)
        assert plain(cut) == f"by {NOON.text}\n…"
    assert plain(shortened(text, 4 + len(NOON.text))) == f"by {NOON.text} \n…"
    filled = RichText(blocks=(paragraph("x" * 1970, " ", NOON, " ", NOON, " at the latest"),))
    assert re.fullmatch(r"x+( <t:\d+:f>)?\s*…", render(filled))
