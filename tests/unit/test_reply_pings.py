"""Whatever an agent writes pings nobody: neither in Discord nor in Matrix, in one message or in many."""

import itertools
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from adapters.discord.rendering import render
from adapters.freescout.reading import read_body
from adapters.matrix.markup import to_html
from adapters.matrix.outgoing import parts_of
from bot.domain.chat import ChatAddress, OutgoingMessage, Platform
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
    from_plain,
    plain,
)
from bot.domain.splitting import split

HOME = "https://help.example.org"
PING = re.compile(r"@(?:everyone|here)|<@[!&]?\d+>", re.IGNORECASE)
"""What Discord looks for in the raw text of a message, code and links included."""

CALLS = [
    *("@everyone", "@here", "@EveryOne", "@room", "<@123456789012345678>", "<@!123456789012345678>"),
    *("<@&123456789012345678>", "<<@123456789012345678>>", "@@everyone", "\\@everyone", "\\<@123456789012345678>"),
    *("＠everyone", "@\u200beveryone", "@\u2060here", "@\u00adeveryone", "@еveryone", "<@\u200b123456789012345678>"),
    *(
        "`@everyone`",
        "```@everyone",
        "**@everyone**",
        "||@here||",
        "[@everyone](https://x.org)",
        "https://x.org/@everyone",
    ),
    *("https://@everyone", "https://x.org/<@123456789012345678>", "mailto:@everyone", "<https://x.org/@here>"),
]
PIECES = [
    "@",
    "@every",
    "one",
    "everyone",
    "here",
    "<",
    "<@",
    "<@&",
    "123456789012345678>",
    "&123456789012345678>",
    ">",
]


def styled(*children: Inline, style: Style = Style.BOLD) -> Styled:
    return Styled(style=style, children=children)


def wrapped(words: str) -> Iterator[Block]:
    """The words in every place a text has."""
    said = Text(text=words)
    runs: list[Inline] = [said, Code(text=words), Mention(name=words)]
    runs += [styled(said, style=style) for style in Style]
    runs += [
        Link(url=url, children=(said,)) for url in ("https://x.org", "mailto:a@b.c", "https://x.org/" + words, words)
    ]
    runs.append(Link(url="https://x.org/" + words, children=()))
    yield from (Paragraph(children=(run,)) for run in runs)
    yield from (Heading(level=level, children=(said,)) for level in (1, 5))
    yield from (CodeBlock(text=words), CodeBlock(text="x", language=words))
    yield Quote(blocks=(Paragraph(children=(said,)),))
    yield Listing(items=((Paragraph(children=(said,)),),))


def joints(first: str, second: str) -> Iterator[Paragraph]:
    """Two pieces side by side, each in every wrapping, and with things that show nothing between them."""
    one, two = Text(text=first), Text(text=second)
    nothing: list[tuple[Inline, ...]] = [
        (),
        (Code(text=""),),
        (styled(),),
        (styled(styled(Code(text=""))),),
        (Text(text=""),),
        (Mention(name=""),),
    ]
    befores: list[Inline] = [one, Code(text=first), styled(one), Mention(name=first)]
    behinds: list[Inline] = [two, Code(text=second), styled(two), styled(styled(two)), Mention(name=second)]
    urls = ("https://x.org", "mailto:a@b.c", "mailto:" + second, second, "")
    behinds += [Link(url=url, children=(two,)) for url in urls]
    behinds.append(styled(Link(url="mailto:a@b.c", children=(two,))))
    for before, between, behind in itertools.product(befores, nothing, behinds):
        yield Paragraph(children=(before, *between, behind))


@pytest.mark.parametrize("call", CALLS)
def test_no_call_of_anybody_survives_in_any_place(call: str) -> None:
    for block in wrapped(call):
        said = render(RichText(blocks=(block,)))
        assert not PING.search(said), block


@pytest.mark.parametrize("first", PIECES)
def test_harmless_pieces_do_not_join_to_a_call(first: str) -> None:
    for second in PIECES:
        for paragraph in joints(first, second):
            said = render(RichText(blocks=(paragraph,)))
            assert not PING.search(said), paragraph


@pytest.mark.parametrize("call", CALLS)
def test_no_call_appears_where_a_text_is_cut(call: str) -> None:
    for limit in range(12, 60):
        for text in (from_plain("x" * 20 + call + "y" * 20), RichText(blocks=(CodeBlock(text=call * 5),))):
            for part in split(text, lambda part, limit=limit: len(render(part)) <= limit):  # type: ignore[misc]
                assert not PING.search(render(part))
                assert not PING.search(render(part, limit=limit))


@pytest.mark.parametrize(
    "html",
    [
        "@<b>everyone</b>",
        "<b>@</b>everyone",
        "@<b></b>everyone",
        "@<span></span>everyone",
        "@<code></code>here",
        "@<!-- -->everyone",
        "@<font color=red>every</font>one",
        "&#64;everyone &commat;here",
        "&lt;@123456789012345678&gt; &lt;@&amp;123456789012345678&gt;",
        '@<a href="mailto:a@b.c">everyone</a>',
        '&lt;<a href="mailto:a@b.c">@123456789012345678&gt;</a>',
        '<a href="https://x.org/@everyone">@everyone</a>',
        '<a href="https://x.org/&lt;@123456789012345678&gt;">x</a>',
        '<img src="https://x.org/a.png" alt="@everyone">',
        '<pre><code class="language-@everyone">@here</code></pre>',
        "<div>```@everyone</div><div>@here</div><div>```</div>",
        "`@everyone` ``@here``",
        "@<img src='/storage/attachment/1/a.png'>everyone",
        "<table><tr><td>@everyone</td><td>@here</td></tr></table>",
        "<h1>@everyone</h1><h6>@here</h6><ul><li>@everyone</li></ul><blockquote>@here</blockquote>",
    ],
)
def test_no_call_comes_through_the_reading_of_a_reply(html: str) -> None:
    text = read_body(html, own_url=HOME).text
    assert not PING.search(render(text))


inlines: st.SearchStrategy[Inline] = st.recursive(
    st.builds(Text, text=st.sampled_from(["", " ", *PIECES]))
    | st.builds(Code, text=st.sampled_from(["", " ", *PIECES]))
    | st.builds(Mention, name=st.sampled_from(["", *PIECES]))
    | st.just(Break()),
    lambda inner: (
        st.builds(Styled, style=st.sampled_from(Style), children=st.lists(inner, max_size=3).map(tuple))
        | st.builds(
            Link,
            url=st.sampled_from(["", "https://x.org", "mailto:", "mailto:@everyone", "https://@here"]),
            children=st.lists(inner, max_size=2).map(tuple),
        )
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(inlines, max_size=5).map(lambda some: RichText(blocks=(Paragraph(children=tuple(some)),))))
def test_no_text_whatever_calls_anybody(text: RichText) -> None:
    assert not PING.search(render(text))
    for part in split(text, lambda part: len(render(part)) <= 20):
        assert not PING.search(render(part))


def test_an_address_of_a_person_is_a_link_and_no_mention() -> None:
    (block,) = read_body('<a href="https://matrix.to/#/@bob:x.org">Bob</a>', own_url=HOME).text.blocks
    assert block == Paragraph(children=(Link(url="https://matrix.to/#/@bob:x.org", children=(Text(text="Bob"),)),))


class Tags(HTMLParser):
    """What a client would take for markup."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[str]]] = []
        self.feed(html)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attrs]))


ATTACKS = [
    *CALLS,
    "<img src=x onerror=y>",
    '"><script>',
    "</code></pre><b>",
    "&lt;b&gt;",
    "'\"><a href='javascript:x'>",
]
ALLOWED = {
    *("p", "h1", "h5", "pre", "code", "blockquote", "ul", "li", "a", "strong", "em", "del", "u", "span", "br"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_matrix_shows_what_was_written_as_text_and_is_told_to_notify_nobody(attack: str) -> None:
    place = ChatAddress(platform=Platform.MATRIX, room="!r")
    for block in wrapped(attack):
        text = RichText(blocks=(block,))
        for tag, attributes in Tags(to_html(text)).found:
            assert tag in ALLOWED
            assert set(attributes) <= {"href", "class", "data-mx-spoiler"}
        (part, *_) = parts_of(OutgoingMessage(delivery_id="d", address=place, text=text))
        assert part.content["m.mentions"] == {}


@pytest.mark.parametrize("call", CALLS)
def test_what_was_written_can_still_be_read(call: str) -> None:
    """Defusing adds invisible marks and backslashes only."""
    said = render(from_plain(call)).replace("\\", "").replace("\u200b", "").replace("%40", "@")
    assert said == plain(from_plain(call)).replace("\\", "").replace("\u200b", "")
