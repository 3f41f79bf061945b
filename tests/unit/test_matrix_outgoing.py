"""What the bot says becomes events that fit, stand where they belong and ping nobody unasked."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.matrix.outgoing import parts_of
from bot.domain.chat import ChatAddress, ChatLink, ChatMenu, FileContent, MenuOption, OutgoingMessage, Platform, Voice
from bot.domain.richtext import CodeBlock, RichText, from_plain, join

MESSAGE = OutgoingMessage(
    delivery_id="d",
    address=ChatAddress(platform=Platform.MATRIX, room="!r", chat_thread="$root"),
    text=from_plain("hello"),
    mention="@alice:x.org",
    about="$latest",
)


def _repeated(piece: tuple[str, int]) -> str:
    return piece[0] * piece[1]


def file(name: str = "a.txt", mime_type: str = "text/plain") -> FileContent:
    return FileContent(name=name, mime_type=mime_type, content=b"12345")


def test_an_agent_speaks_in_text_and_the_bot_in_notices() -> None:
    for voice, kind in ((Voice.AGENT, "m.text"), (Voice.BOT, "m.notice")):
        (part,) = parts_of(replace(MESSAGE, voice=voice))
        assert part.content["msgtype"] == kind


def test_every_event_says_whom_it_mentions_and_only_the_first_mentions_somebody() -> None:
    text = from_plain("\n\n".join("words " * 500 for _ in range(6)))
    parts = parts_of(replace(MESSAGE, text=text, files=(file(), file("b.txt"))))
    assert len(parts) > 3
    assert parts[0].content["m.mentions"] == {"user_ids": ["@alice:x.org"]}
    assert [part.content["m.mentions"] for part in parts[1:]] == [{}] * (len(parts) - 1)


def test_keys_are_marks_and_files_keep_theirs_however_the_text_is_cut() -> None:
    short = parts_of(replace(MESSAGE, files=(file(), file("b.txt"))))
    long = parts_of(replace(MESSAGE, text=from_plain("words " * 3000), files=(file(), file("b.txt"))))
    assert [part.key for part in short] == ["d", "d-file0", "d-file1"]
    assert [part.key for part in long] == ["d", "d-1", "d-2", "d-file0", "d-file1"]
    assert all(part.content["org.supportbot.delivery"] == part.key for part in (*short, *long))


@pytest.mark.parametrize(
    ("mime_type", "kind"),
    [
        ("image/png", "m.image"),
        ("image/svg+xml", "m.file"),
        ("audio/ogg", "m.audio"),
        ("video/mp4", "m.video"),
        ("application/pdf", "m.file"),
        ("", "m.file"),
    ],
)
def test_a_file_is_shown_as_what_it_is(mime_type: str, kind: str) -> None:
    _, part = parts_of(replace(MESSAGE, files=(file("C:\\temp\\x", mime_type),)))
    assert part.content["msgtype"] == kind
    assert (part.content["body"], part.content["filename"]) == ("x", "x")
    assert part.content["info"] == {"mimetype": mime_type, "size": 5}
    assert part.content["m.relates_to"]["event_id"] == "$root"


def test_in_a_direct_message_room_nothing_stands_in_a_thread() -> None:
    private = replace(MESSAGE, address=replace(MESSAGE.address, chat_thread="!r"))
    (part,) = parts_of(private)
    (bare,) = parts_of(replace(private, about=None))
    assert part.content["m.relates_to"] == {"m.in_reply_to": {"event_id": "$latest"}}
    assert "m.relates_to" not in bare.content


@settings(deadline=None)  # a machine under load
@given(
    texts=st.lists(
        st.text(max_size=500)
        | st.tuples(st.sampled_from(["😀", "<&>", "x\n", "word ", "é"]), st.integers(1, 4000)).map(_repeated),
        max_size=3,
    ),
    in_code=st.booleans(),
)
def test_every_part_fits_into_an_event_and_is_pleasant_to_read(*, texts: list[str], in_code: bool) -> None:
    blocks = [RichText(blocks=(CodeBlock(text=text),)) if in_code else from_plain(text) for text in texts]
    for part in parts_of(replace(MESSAGE, text=join(*blocks))):
        assert len(part.content["body"]) <= 8_000
        assert len(json.dumps(part.content)) < 30_000


PAGED = replace(MESSAGE, mention=None, pages=("role:77", "@lea:x.org", "user:88", "@tom:x.org"))


def test_whoever_is_paged_here_is_pinged_and_named_in_front() -> None:
    (part,) = parts_of(PAGED)
    assert part.content["m.mentions"] == {"user_ids": ["@lea:x.org", "@tom:x.org"]}
    assert part.content["body"] == "@lea:x.org @tom:x.org hello"
    assert part.content["formatted_body"] == (
        '<p><a href="https://matrix.to/#/@lea:x.org">@lea:x.org</a>'
        ' <a href="https://matrix.to/#/@tom:x.org">@tom:x.org</a> hello</p>'
    )


def test_who_is_paged_on_another_platform_is_not_named_here() -> None:
    (part,) = parts_of(replace(PAGED, pages=("role:77", "user:88")))
    assert (part.content["m.mentions"], part.content["body"]) == ({}, "hello")


def test_whoever_asked_is_pinged_beside_those_who_are_paged_and_each_once() -> None:
    (part,) = parts_of(replace(PAGED, mention="@lea:x.org"))
    assert part.content["m.mentions"] == {"user_ids": ["@lea:x.org", "@tom:x.org"]}


def test_pages_stand_before_a_text_that_begins_with_code_and_ping_with_its_first_part_only() -> None:
    code = RichText(blocks=(CodeBlock(text="x\n" * 9000),))
    first, *others = parts_of(replace(PAGED, text=code))
    assert first.content["body"].startswith("@lea:x.org @tom:x.org\n\n```")
    assert others
    assert all(part.content["m.mentions"] == {} for part in others)


def test_pages_of_a_message_that_is_files_alone_ping_with_the_first() -> None:
    first, second = parts_of(replace(PAGED, text=RichText(), files=(file(), file("b.txt"))))
    assert first.content["m.mentions"] == {"user_ids": ["@lea:x.org", "@tom:x.org"]}
    assert (first.content["body"], second.content["m.mentions"]) == ("a.txt", {})


def test_links_stand_behind_the_text_and_can_be_clicked_and_menus_nowhere() -> None:
    links = (ChatLink(label="Open & read", url="https://a.b/?c=1&d=2"), ChatLink(label="Chat", url="https://e.f"))
    menu = ChatMenu(choice="label", placeholder="Label", options=(MenuOption(value="bug", label="Bug"),))
    (part,) = parts_of(replace(MESSAGE, links=links, menus=(menu,)))
    assert part.content["body"] == "hello\n\nOpen & read: https://a.b/?c=1&d=2\nChat: https://e.f"
    assert part.content["formatted_body"] == (
        "<p>hello</p><p>Open &amp; read: "
        '<a href="https://a.b/?c=1&amp;d=2">https://a.b/?c=1&amp;d=2</a><br>'
        'Chat: <a href="https://e.f">https://e.f</a></p>'
    )
