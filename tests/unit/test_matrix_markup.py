"""Portable text becomes Matrix HTML and a plain twin, and events that fit."""

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix.formatted import from_html
from adapters.matrix.markup import to_body, to_html
from adapters.matrix.outgoing import parts_of
from bot.domain.chat import ChatAddress, OutgoingMessage, Platform
from bot.domain.richtext import (
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


def say(text: RichText, **more: Any) -> OutgoingMessage:
    address = ChatAddress(platform=Platform.MATRIX, room="!r")
    return OutgoingMessage(delivery_id="d", address=address, text=text, **more)


def test_all_text_is_escaped() -> None:
    text = RichText(
        blocks=(
            paragraph(
                "<b>&", Code(text="<i>"), Mention(name="<u>"), Link(url='https://x/"><s>', children=(Text(text="<a>"),))
            ),
            CodeBlock(text="</code></pre><img>", language='x"><img>'),
        )
    )
    html = to_html(text)
    for tag in ("<b>", "<i>", "<u>", "<s>", "<img>"):
        assert tag not in html


def test_only_a_target_set_by_the_bot_becomes_a_reference_to_a_person() -> None:
    named = RichText(blocks=(paragraph(Mention(name="Bob")),))
    pointed = RichText(blocks=(paragraph(Mention(name="Bob", target="user:@bob:x.org")),))
    assert to_html(named) == "<p>Bob</p>"
    assert to_html(pointed) == '<p><a href="https://matrix.to/#/@bob:x.org">Bob</a></p>'


def test_the_plain_twin_keeps_links_lists_quotes_and_code() -> None:
    text = RichText(
        blocks=(
            paragraph("see ", Link(url="https://a.b", children=(Text(text="this"),)), Break(), "next"),
            Quote(blocks=(paragraph("one"), paragraph("two"))),
            Listing(items=((paragraph("a"),), (paragraph("b"),)), ordered=True, start=3),
            CodeBlock(text="x = 1", language="py"),
        )
    )
    assert to_body(text) == "see this (https://a.b)\nnext\n\n> one\n> two\n\n3. a\n4. b\n\n```py\nx = 1\n```"


def test_mentions_are_always_said_and_name_at_most_one_person() -> None:
    (part,) = parts_of(say(from_plain("@room @everyone @bob:x.org")))
    assert part.content["m.mentions"] == {}
    (part,) = parts_of(say(from_plain("hi"), mention="@alice:x.org"))
    assert part.content["m.mentions"] == {"user_ids": ["@alice:x.org"]}


def test_plain_text_needs_no_html() -> None:
    (part,) = parts_of(say(from_plain("one\ntwo")))
    assert "formatted_body" not in part.content


texts = st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=12)
inlines: st.SearchStrategy[Inline] = st.recursive(
    st.builds(Text, text=texts) | st.builds(Code, text=texts) | st.just(Break()) | st.builds(Mention, name=texts),
    lambda inner: st.builds(
        Styled, style=st.sampled_from(Style), children=st.lists(inner, min_size=1, max_size=3).map(tuple)
    ),
    max_leaves=5,
)
paragraphs = st.builds(Paragraph, children=st.lists(inlines, min_size=1, max_size=4).map(tuple))
blocks = st.recursive(
    paragraphs
    | st.builds(CodeBlock, text=texts)
    | st.builds(Heading, level=st.just(2), children=st.just((Text(text="H"),))),
    lambda inner: st.builds(Quote, blocks=st.lists(inner, min_size=1, max_size=2).map(tuple)),
    max_leaves=5,
)


def _visible(text: RichText) -> str:
    """What is seen but for blanks and quote marks: an empty quote may vanish."""
    return "".join(plain(text).replace(">", "").split())


@given(st.lists(blocks, max_size=4))
def test_no_visible_character_is_lost_on_the_way_there_and_back(parts: list[Any]) -> None:
    text = RichText(blocks=tuple(parts))
    assert _visible(from_html(to_html(text))) == _visible(text)


@given(st.lists(st.integers(min_value=1, max_value=30_000), min_size=1, max_size=8))
def test_every_part_fits_into_an_event_and_nothing_is_lost(lengths: list[int]) -> None:
    text = RichText(blocks=tuple(paragraph("&" * length) for length in lengths))
    parts = parts_of(say(text))
    assert sum(part.content["body"].count("&") for part in parts) == sum(lengths)
    assert all(len(str(part.content).encode()) < 45_000 for part in parts)
    assert len({part.key for part in parts}) == len(parts)


@given(st.sampled_from(["😀", '"', "\\", "&", "\x01", "中"]), st.sampled_from(["", "\n", "\n\n"]), st.booleans())
def test_every_part_fits_into_an_encrypted_event_whatever_it_consists_of(
    character: str, parting: str, as_code: bool
) -> None:
    """Inside an encrypted event the content is JSON in ASCII, and base64 makes four bytes of three."""
    text = parting.join([character * 1400] * 20)
    said = RichText(blocks=(CodeBlock(text=text),)) if as_code else from_plain(text)
    address = ChatAddress(platform=Platform.MATRIX, room="!r:x", chat_thread="$root")
    parts = parts_of(OutgoingMessage(delivery_id="d", address=address, text=said))
    assert max(len(json.dumps(part.content)) for part in parts) * 4 / 3 < 60_000


def test_an_instant_reads_as_in_the_teams_own_time() -> None:
    at = Moment(at=datetime(2026, 3, 3, 10, tzinfo=UTC), text="Tuesday <11:00>", relative=True)
    text = RichText(blocks=(paragraph("by ", at),))
    assert to_body(text) == "by Tuesday <11:00>"
    assert to_html(text) == "<p>by Tuesday &lt;11:00&gt;</p>"
    (part,) = parts_of(say(text))
    assert "formatted_body" not in part.content
