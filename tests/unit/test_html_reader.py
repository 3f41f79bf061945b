"""HTML becomes portable text as a browser would show it, whoever wrote it, in bounded time."""

import time
from collections.abc import Iterable
from dataclasses import replace

import pytest

from adapters.freescout.reading import read_body
from adapters.html_reader import read
from adapters.html_tags import Dialect, linked
from adapters.matrix.formatted import from_html
from bot.domain.richtext import (
    Block,
    CodeBlock,
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
    paragraph,
    plain,
)

BARE = Dialect(
    wrap=lambda tag, values: linked(values["href"]) if tag == "a" and "href" in values else None,
    image=lambda values: values.get("alt", ""),
    attributes={"a": {"href"}, "img": {"alt"}, "code": {"class"}, "ol": {"start"}},
)
IN_LINES = replace(BARE, lines=frozenset({"div"}))


def blocks(html: str, dialect: Dialect = BARE) -> tuple[Block, ...]:
    return read(html, dialect).blocks


def test_blanks_collapse_across_elements_and_go_at_the_edges_of_a_line() -> None:
    assert blocks("<p>  a \n <b> b</b> <i></i> c<br> d </p>") == (
        paragraph("a ", Styled(style=Style.BOLD, children=(Text(text="b"),)), " ", "c\nd"),
    )


def test_styles_that_span_paragraphs_go_on_in_each() -> None:
    bold = [paragraph(Styled(style=Style.BOLD, children=(Text(text=words),))) for words in ("one", "two")]
    assert blocks("<b><p>one</p><p>two</p></b>") == tuple(bold)


def test_every_element_parts_paragraphs_unless_the_dialect_counts_lines() -> None:
    html = "<div>one</div><div>two</div><div><br></div><div>three</div>"
    assert blocks(html) == (paragraph("one"), paragraph("two"), paragraph("three"))
    assert blocks(html, IN_LINES) == (paragraph("one\ntwo"), paragraph("three"))


def test_a_list_right_inside_a_list_belongs_to_the_item_before_it() -> None:
    inner = Listing(items=((paragraph("b"),),))
    outer = Listing(items=((paragraph("a"), inner), (paragraph("c"),)))
    assert blocks("<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>") == (outer,)


def test_what_a_dialect_says_goes_is_gone_with_its_text() -> None:
    html = "a<script>x</script><mx-reply>y</mx-reply>"
    assert plain(read(html, BARE)) == "ay"
    assert plain(read(html, replace(BARE, gone=frozenset({"script", "mx-reply"})))) == "a"


def test_the_language_of_code_is_a_word_of_bounded_length() -> None:
    (block,) = blocks(f'<pre><code class="x language-{"y" * 500}">z</code></pre>')
    assert isinstance(block, CodeBlock)
    assert block.language == "y" * 40


def test_the_same_link_is_a_mention_in_matrix_and_a_link_elsewhere() -> None:
    html = '<a href="https://matrix.to/#/@bob:x.org">Bob</a>'
    assert from_html(html).blocks == (paragraph(Mention(name="Bob")),)
    assert blocks(html) == (paragraph(Link(url="https://matrix.to/#/@bob:x.org", children=(Text(text="Bob"),))),)


@pytest.mark.parametrize("address", ["//[x", "https://[x", "//a℀b/", "https://x:port/", "http://", ":", "#", "//"])
def test_an_address_that_is_none_is_its_label_and_breaks_nothing(address: str) -> None:
    html = f'<a href="{address}">label</a> <img src="{address}" alt="picture">'
    assert "label" in plain(from_html(html))
    assert "label" in plain(read_body(html, own_url="https://help.example.org").text)


def depth(text: RichText) -> int:
    return max((_deep_block(block) for block in text.blocks), default=0)


def _deep_block(block: Block) -> int:
    match block:
        case Quote():
            return 1 + max(map(_deep_block, block.blocks), default=0)
        case Listing():
            return 1 + max((_deep_block(inner) for item in block.items for inner in item), default=0)
        case CodeBlock():
            return 1
        case _:
            return 1 + _deep(block.children)


def _deep(children: Iterable[Inline]) -> int:
    inner = (_deep(child.children) for child in children if isinstance(child, Styled | Link))
    return 1 + max(inner, default=0)


MEGABYTE = 1_000_000
HOSTILE = [
    *("<div>", "<b>", "<b><div>", "<ul><li>", "<b><i><u><s><p>", "<blockquote>", "<table><tr><td>", "<pre>", "<code>"),
    *("<a href=https://x.org/y><div>", "<h1>x", "<li>", "<p>x", "<br>x", "<span>x</span>", "<b>x</b>", "<td>x", "</p>"),
    *("<", "<!--", "<a ", "&nbsp;", "``a ", "`a", "```<br>", "<div>```x</div>", "src ", "<svg><math>", "<dd>x", "]]>"),
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_megabyte_of_anything_is_read_in_bounded_time_and_depth(unit: str) -> None:
    """About a second at most; the limit here allows for a busy machine."""
    html = unit * (MEGABYTE // len(unit)) + "deep"
    began = time.process_time()
    text = read_body(html, own_url="https://help.example.org").text
    assert time.process_time() - began < 5
    assert depth(text) <= 26


@pytest.mark.parametrize("html", ["<" + "a" * MEGABYTE, "<table><tr>" + "<td>x" * 100_000, "<ul>" + "<li>x" * 100_000])
def test_long_names_rows_and_lists_are_read_in_bounded_time(html: str) -> None:
    began = time.process_time()
    read_body(html, own_url="https://help.example.org")
    assert time.process_time() - began < 5


def test_ten_thousand_elements_one_in_the_other_keep_their_text() -> None:
    for tag in ("div", "blockquote", "b", "span", "font"):
        html = f"<{tag}>" * 10_000 + "deep" + f"</{tag}>" * 10_000 + "behind"
        assert "deep" in plain(from_html(html))
        assert "behind" in plain(from_html(html))
        assert "deep" in plain(read_body(html, own_url="https://help.example.org").text)


def test_text_is_never_taken_for_the_nesting_it_speaks_of() -> None:
    html = "<p>" + "&lt;div&gt;" * 300 + "</p><p><b>end</b></p>"
    assert plain(read(html, BARE)) == "<div>" * 300 + "\nend"
    assert isinstance(blocks(html)[1], Paragraph)
