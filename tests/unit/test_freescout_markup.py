"""What agents read is what members wrote, nothing typed is markup, and the mark always comes last."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from adapters.freescout.markup import carries_mark, entry_html, html_of, marked
from bot.domain.chat import QuotedMessage
from bot.domain.helpdesk import Entry, ThreadKind
from bot.domain.ids import delivery_id
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
    bold,
    from_plain,
    paragraph,
)

HOME = "https://help.example.org/conversation/7"
DISCORD = "https://discord.com/channels/1/2/3"
MATRIX = "https://matrix.to/#/!room/$event?via=example.org"
OURS, OTHER = delivery_id("ours"), delivery_id("other")
ALLOWED = {
    *("p", "b", "i", "s", "u", "a", "br", "code", "pre", "blockquote", "ul", "ol", "li"),
    *("h3", "h4", "h5", "h6"),
}


class Reading(HTMLParser):
    """Tags, attributes and words as a browser finds them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "br":
            self.words += "\n"

    @override
    def handle_data(self, data: str) -> None:
        self.words += data

    @property
    def links(self) -> list[str]:
        return [attributes.get("href") or "" for tag, attributes in self.tags if tag == "a"]


def entry(text: RichText, *, name: str = OURS, source_link: str = DISCORD, **more: object) -> Entry:
    return Entry(delivery_id=name, kind=ThreadKind.CUSTOMER, text=text, source_link=source_link, **more)  # type: ignore[arg-type]


def written(text: RichText, **more: object) -> str:
    return entry_html(entry(text, **more), home=HOME)  # type: ignore[arg-type]


typed = st.text(max_size=20) | st.sampled_from(
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</p></blockquote>", "&lt;b&gt;", "<!--", "0"]
)
urls = st.sampled_from([f"https://x.example/#{OTHER}", "javascript:alert(1)", 'https://x/"onclick="x', "mailto:a@b.c"])
inlines: st.SearchStrategy[Inline] = st.recursive(
    st.builds(Text, text=typed) | st.builds(Code, text=typed) | st.just(Break()) | st.builds(Mention, name=typed),
    lambda children: (
        st.builds(Styled, style=st.sampled_from(Style), children=st.lists(children, max_size=3).map(tuple))
        | st.builds(Link, url=urls | typed, children=st.lists(children, max_size=3).map(tuple))
    ),
    max_leaves=6,
)
runs = st.lists(inlines, max_size=4).map(tuple)
blocks: st.SearchStrategy[Block] = st.recursive(
    st.builds(Paragraph, children=runs)
    | st.builds(Heading, level=st.integers(1, 6), children=runs)
    | st.builds(CodeBlock, text=typed, language=typed),
    lambda inner: (
        st.builds(Quote, blocks=st.lists(inner, max_size=3).map(tuple))
        | st.builds(
            Listing,
            items=st.lists(st.lists(inner, max_size=2).map(tuple), max_size=3).map(tuple),
            ordered=st.booleans(),
        )
    ),
    max_leaves=6,
)
texts = st.lists(blocks, max_size=4).map(lambda found: RichText(blocks=tuple(found)))


@given(text=texts, speaker=typed, missing=st.lists(typed, max_size=2).map(tuple), quote=texts, link=urls | typed)
def test_nothing_that_somebody_typed_is_markup(
    text: RichText, speaker: str, missing: tuple[str, ...], quote: RichText, link: str
) -> None:
    quoted = QuotedMessage(author_name=speaker, text=quote, link=link)
    reading = Reading(written(text, speaker=speaker, missing=missing, quote=quoted))
    assert {tag for tag, _ in reading.tags} <= ALLOWED
    for tag, attributes in reading.tags:
        assert set(attributes) <= ({"href", "rel", "target"} if tag == "a" else {"start"} if tag == "ol" else set())
    assert all(url.startswith(("http://", "https://", "mailto:")) for url in reading.links)


@given(text=texts, speaker=typed, missing=st.lists(typed, max_size=2).map(tuple), link=urls | typed)
def test_the_last_anchor_is_always_the_mark_and_never_anybody_elses(
    text: RichText, speaker: str, missing: tuple[str, ...], link: str
) -> None:
    quoted = QuotedMessage(author_name=speaker, text=text, link=link)
    body = written(text, speaker=speaker, missing=missing, quote=quoted)
    assert carries_mark(body, OURS)
    assert not carries_mark(body, OTHER)


@given(text=texts)
def test_every_body_can_be_sent_as_json(text: RichText) -> None:
    written(text).encode("utf-8")


def test_a_link_with_somebody_elses_mark_is_not_that_mark() -> None:
    link = Link(url=f"{DISCORD}#{OTHER}", children=(Text(text="look"),))
    body = written(RichText(blocks=(paragraph(link),)))
    assert f"#{OTHER}" in body
    assert not carries_mark(body, OTHER)
    assert carries_mark(body, OURS)


def test_typed_html_with_somebody_elses_mark_is_not_that_mark() -> None:
    assert not carries_mark(written(from_plain(f'</p><a href="{DISCORD}#{OTHER}">x</a>')), OTHER)


def test_a_mark_in_the_middle_of_a_foreign_body_does_not_count() -> None:
    body = f'<a href="{DISCORD}#{OURS}">Open in Discord</a> forwarded by <a href="https://example.org">me</a>'
    assert not carries_mark(body, OURS)


def test_a_body_that_merely_names_the_id_has_no_mark() -> None:
    assert not carries_mark(f"the delivery {OURS} is missing", OURS)


@pytest.mark.parametrize(
    ("link", "url", "label"),
    [
        (DISCORD, f"{DISCORD}#{OURS}", "Open in Discord"),
        (MATRIX, f"{MATRIX}&mark=#{OURS}", "Open in Matrix"),
        ("https://matrix.to/#/!room/$event", f"https://matrix.to/#/!room/$event?mark=#{OURS}", "Open in Matrix"),
        ("http://127.0.0.1:8090/m/1", f"http://127.0.0.1:8090/m/1#{OURS}", "Open in chat"),
        ("", f"{HOME}#{OURS}", "Ticket"),
        ("javascript:alert(1)", f"{HOME}#{OURS}", "Ticket"),
    ],
)
def test_the_mark_leads_to_the_message_or_else_to_the_ticket(link: str, url: str, label: str) -> None:
    body = written(from_plain("hello"), source_link=link)
    assert Reading(body).links == [url]
    assert body.endswith(f">{label}</a></p>")
    assert carries_mark(body, OURS)


def test_the_mark_leaves_event_and_server_of_a_matrix_link_as_they_are() -> None:
    address, _, query = marked(MATRIX, OURS).partition("#")[2].partition("?")
    assert address == "/!room/$event"
    assert query.split("&")[0] == "via=example.org"


def test_an_entry_reads_from_speaker_to_mark() -> None:
    quote = QuotedMessage(author_name="Lena", text=from_plain("Is it slow?"), link=DISCORD)
    text = RichText(blocks=(paragraph("Yes\nvery, ", bold("really"), " ", Mention(name="@Tim")),))
    body = written(text, speaker="Mia (Discord)", quote=quote, missing=("a.zip (20 MB): too large",))
    rel = 'rel="noopener noreferrer nofollow" target="_blank"'
    assert body == (
        "<p><b>Mia (Discord)</b>:</p>"
        f'<blockquote><p><b><a href="{DISCORD}" {rel}>Lena</a></b>:</p><p>Is it slow?</p></blockquote>'
        "<p>Yes<br>very, <b>really</b> <b>@Tim</b></p>"
        "<p><i>a.zip (20 MB): too large</i></p>"
        f'<p><a href="{DISCORD}#{OURS}">Open in Discord</a></p>'
    )


def test_code_keeps_its_lines_and_its_signs() -> None:
    text = RichText(blocks=(CodeBlock(text="if a < b:\n    <b>go</b>", language="python"),))
    assert html_of(text) == "<pre><code>if a &lt; b:<br>    &lt;b&gt;go&lt;/b&gt;</code></pre>"


def test_lists_headings_and_quotes_are_kept() -> None:
    items = ((paragraph("one"),), (paragraph("two"), Listing(items=((paragraph("deep"),),))))
    text = RichText(
        blocks=(
            Heading(level=1, children=(Text(text="Top"),)),
            Listing(items=items, ordered=True, start=3),
            Quote(blocks=(paragraph("said"),)),
        )
    )
    assert html_of(text) == (
        '<h3>Top</h3><ol start="3"><li><p>one</p></li><li><p>two</p><ul><li><p>deep</p></li></ul></li></ol>'
        "<blockquote><p>said</p></blockquote>"
    )


def test_a_link_that_is_neither_web_nor_mail_becomes_its_words() -> None:
    text = RichText(blocks=(paragraph(Link(url="javascript:alert(1)", children=(Text(text="click"),))),))
    assert html_of(text) == "<p>click</p>"


def test_an_instant_reads_as_in_the_teams_own_time() -> None:
    at = Moment(at=datetime(2026, 3, 3, 10, tzinfo=UTC), text="Tuesday <11:00>", relative=True)
    assert html_of(RichText(blocks=(paragraph("by ", at),))) == "<p>by Tuesday &lt;11:00&gt;</p>"
