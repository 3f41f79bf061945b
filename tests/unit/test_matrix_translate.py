"""Room events become messages, whatever people and bridges put into them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix.formatted import from_html
from adapters.matrix.places import Places
from adapters.matrix.rooms import Room, Rooms
from adapters.matrix.translate import translate
from bot.domain.chat import ChatMessage, RoomRole
from bot.domain.richtext import Code, CodeBlock, Link, Listing, Mention, Paragraph, Quote, Style, Styled, Text, plain

ROOM = Room(room_id="!r", members={"@alice:x.org": "Alice"})


def event(content: Any, kind: str = "m.room.message", **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "event_id": "$e",
        "sender": "@alice:x.org",
        "origin_server_ts": 1_700_000_000_000,
        "content": content,
        **more,
    }


def read(content: Any, kind: str = "m.room.message", **more: Any) -> ChatMessage | None:
    return translate(event(content, kind, **more), ROOM, role=RoomRole.SUPPORT)


def text(content: Any, kind: str = "m.room.message") -> str | None:
    message = read(content, kind)
    return None if message is None else plain(message.text)


def html(body: str) -> ChatMessage:
    message = read({"msgtype": "m.text", "body": "x", "format": "org.matrix.custom.html", "formatted_body": body})
    assert message is not None
    return message


def test_a_plain_message_keeps_its_author_time_and_lines() -> None:
    message = read({"msgtype": "m.text", "body": "one\ntwo\n\nthree"})
    assert message is not None
    assert message.author.name == "Alice"
    assert message.sent_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert plain(message.text) == "one\ntwo\nthree"
    assert message.link == "https://matrix.to/#/!r/$e?via=x.org"


@pytest.mark.parametrize(
    "content",
    [
        {"msgtype": "m.notice", "body": "a bot"},
        {"msgtype": "m.text", "body": "* new", "m.relates_to": {"rel_type": "m.replace", "event_id": "$o"}},
        {"msgtype": "m.key.verification.request", "body": "verify me"},
        {"msgtype": "m.text", "body": "   "},
        {},
        None,
        "text",
    ],
)
def test_notices_edits_and_empty_events_are_no_messages(content: Any) -> None:
    assert read(content) is None


def test_state_and_reactions_are_no_messages() -> None:
    assert read({"body": "x"}, state_key="") is None
    assert read({"m.relates_to": {"rel_type": "m.annotation", "event_id": "$o", "key": "x"}}, "m.reaction") is None


def test_a_thread_fallback_answers_nothing_and_a_reply_in_a_thread_answers_its_message() -> None:
    relation = {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$l"},
    }
    fallback = read({"msgtype": "m.text", "body": "x", "m.relates_to": relation})
    real = read({"msgtype": "m.text", "body": "x", "m.relates_to": {**relation, "is_falling_back": False}})
    reply = read({"msgtype": "m.text", "body": "x", "m.relates_to": {"m.in_reply_to": {"event_id": "$l"}}})
    assert fallback is not None
    assert real is not None
    assert reply is not None
    assert (fallback.address.chat_thread, fallback.reply_to) == ("$root", None)
    assert (real.address.chat_thread, real.reply_to) == ("$root", "$l")
    assert (reply.address.chat_thread, reply.reply_to) == (None, "$l")


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        ({"body": "wave"}, "m.sticker", "sent a sticker: wave"),
        ({"msgtype": "m.emote", "body": "waves"}, "m.room.message", "* Alice\nwaves"),
        (
            {"msgtype": "m.location", "body": "Here", "geo_uri": "geo:1,2"},
            "m.room.message",
            "sent a location: Here\ngeo:1,2",
        ),
        (
            {"msgtype": "m.audio", "body": "v.ogg", "org.matrix.msc3245.voice": {}},
            "m.room.message",
            "sent a voice message: v.ogg",
        ),
        ({"msgtype": "m.image", "body": "a.png"}, "m.room.message", "sent an image: a.png"),
        ({"msgtype": "m.image", "body": "see the red part", "filename": "a.png"}, "m.room.message", "see the red part"),
        ({"msgtype": "m.unheard", "body": "text"}, "m.room.message", "text"),
        (
            {"m.poll": {"question": {"m.text": [{"body": "Which?"}]}, "answers": [{"m.text": [{"body": "A"}]}]}},
            "m.poll.start",
            "sent a poll: Which?\n- A",
        ),
        (
            {
                "org.matrix.msc3381.poll.start": {
                    "question": {"org.matrix.msc1767.text": "Which?"},
                    "answers": [{"org.matrix.msc1767.text": "A"}, {"org.matrix.msc1767.text": "B"}],
                }
            },
            "org.matrix.msc3381.poll.start",
            "sent a poll: Which?\n- A\n- B",
        ),
    ],
)
def test_every_kind_of_message_yields_its_text_or_a_placeholder(content: Any, kind: str, expected: str) -> None:
    assert text(content, kind) == expected


def test_files_are_attachments_encrypted_or_not() -> None:
    plain_file = read(
        {
            "msgtype": "m.file",
            "body": "../../etc/passwd",
            "url": "mxc://x/1",
            "info": {"size": 5, "mimetype": "text/plain"},
        }
    )
    sealed = read(
        {
            "msgtype": "m.image",
            "body": "a.png",
            "file": {"url": "mxc://x/2", "key": {"k": "K"}, "iv": "I", "hashes": {"sha256": "H"}},
        }
    )
    no_address = read({"msgtype": "m.file", "body": "a", "url": "http://evil/1"})
    assert plain_file is not None
    assert sealed is not None
    assert no_address is not None
    assert (plain_file.attachments[0].name, plain_file.attachments[0].size_bytes) == ("passwd", 5)
    assert sealed.attachments[0].reference == '{"url": "mxc://x/2", "key": "K", "iv": "I", "sha256": "H"}'
    assert no_address.attachments == ()


def test_markup_becomes_portable_text() -> None:
    blocks = html(
        "<p>Hi <b>bold <i>both</i></b> <a href='https://a.b/?x=1&amp;y=2'>link</a></p>"
        "<blockquote><p>said</p></blockquote><ul><li>one</li><li>two<ol start='3'><li>deep</li></ol></li></ul>"
        "<pre><code class='language-py'>a &lt; b\n  c</code></pre>"
        "<h2>Title</h2>x<br>y <code>z</code> <span data-mx-spoiler>hidden</span>"
    ).text.blocks
    first, quote, listing, code, heading, last = blocks
    assert isinstance(first, Paragraph)
    assert first.children[1] == Styled(
        style=Style.BOLD,
        children=(Text(text="bold "), Styled(style=Style.ITALIC, children=(Text(text="both"),))),
    )
    assert first.children[3] == Link(url="https://a.b/?x=1&y=2", children=(Text(text="link"),))
    assert isinstance(quote, Quote)
    assert isinstance(listing, Listing)
    assert len(listing.items) == 2
    assert code == CodeBlock(text="a < b\n  c", language="py")
    assert heading.kind == "heading"
    assert isinstance(last, Paragraph)
    assert Code(text="z") in last.children
    assert last.children[-1] == Styled(style=Style.SPOILER, children=(Text(text="hidden"),))


def test_the_quoted_original_of_a_reply_is_dropped() -> None:
    content = {
        "msgtype": "m.text",
        "body": "> <@bob:x> old\n> more\n\nnew",
        "format": "org.matrix.custom.html",
        "formatted_body": "<mx-reply><blockquote>old</blockquote></mx-reply>new",
        "m.relates_to": {"m.in_reply_to": {"event_id": "$l"}},
    }
    assert text(content) == "new"
    assert text({**content, "formatted_body": ""}) == "new"
    assert text({"msgtype": "m.text", "body": "> my own quote\nnew"}) == "> my own quote\nnew"


def test_a_typed_mention_is_a_name_without_a_target() -> None:
    message = html(
        "<a href='https://matrix.to/#/@bob:x.org'>Bob</a> <a href='https://matrix.to/#/%23room:x.org'>Room</a>"
    )
    (paragraph,) = message.text.blocks
    assert isinstance(paragraph, Paragraph)
    assert paragraph.children == (Mention(name="Bob"), Text(text=" "), Mention(name="Room"))


@pytest.mark.parametrize(
    "body",
    ["<script>alert(1)</script>ok", "<a href='javascript:x'>ok</a>", "<img src=x onerror=y alt='ok'>", "<p><b>ok"],
)
def test_nothing_active_survives(body: str) -> None:
    assert plain(html(body).text) == "ok"


def test_html_nested_beyond_reason_keeps_its_text() -> None:
    assert "deep" in plain(html("<blockquote>" * 5000 + "deep").text)
    assert "deep" in plain(html("<b>" * 5000 + "deep").text)
    assert "deep" in plain(html("<ul><li>" * 2000 + "deep").text)


def test_an_html_body_that_shows_nothing_falls_back_to_the_plain_one() -> None:
    content = {"msgtype": "m.text", "body": "seen", "format": "org.matrix.custom.html", "formatted_body": "<p></p>"}
    assert text(content) == "seen"


def test_a_time_no_calendar_knows_is_no_fault() -> None:
    assert read({"msgtype": "m.text", "body": "x"}, origin_server_ts=10**30) is not None
    assert read({"msgtype": "m.text", "body": "x"}, origin_server_ts="soon") is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "msgtype body format formatted_body m.relates_to url file info filename m.poll geo_uri m.mentions".split()  # noqa: SIM905
)


@given(
    content=st.dictionaries(st.sampled_from(KEYS), JSON | st.sampled_from(["m.text", "m.image", "m.location"])),
    kind=st.sampled_from(["m.room.message", "m.sticker", "m.poll.start"]),
)
def test_no_content_whatever_raises_or_yields_an_empty_text(content: dict[str, Any], kind: str) -> None:
    message = read(content, kind)
    assert message is None or bool(message.text)


@given(st.text(alphabet="<>/abpuloliprecdn &;'\"=h1 \n", max_size=200))
def test_no_html_whatever_raises_or_lets_a_line_feed_into_a_text(body: str) -> None:
    read({"msgtype": "m.text", "body": "x", "format": "org.matrix.custom.html", "formatted_body": body})


def test_code_within_code_loses_no_text() -> None:
    for body in ("<pre>one <pre>two</pre> three</pre>", "<code>one <pre>two</pre></code> three"):
        assert plain(from_html(body)).split() == ["one", "two", "three"]


def test_only_the_rooms_own_state_counts_and_not_that_under_some_other_key() -> None:
    rooms = Rooms("@bot:x.org")
    odd = {"state_key": "odd", "content": {"replacement_room": "!away", "name": "Odd"}}
    kinds = ("m.room.tombstone", "m.room.encryption", "m.room.name")
    change = rooms.apply("!room", [{"type": kind, **odd} for kind in kinds])
    room = rooms.join("!room")
    assert (room.replaced_by, room.encrypted, room.name) == ("", False, "")
    assert not change.replaced


def test_rooms_that_replace_each_other_in_a_circle_end_somewhere() -> None:
    places = Places(["!one"])
    for old, new in (("!one", "!two"), ("!two", "!three"), ("!three", "!one")):
        places.move(old, new)
    assert places.room_id("!one") == "!three"
    assert {places.role(room) for room in ("!one", "!two", "!three")} == {RoomRole.SUPPORT}
