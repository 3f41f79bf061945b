"""Edits, deletions and reactions are read from whatever people and bridges send."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.matrix.changes import happening
from adapters.matrix.rooms import Room
from bot.domain.chat import ChatEvent, ChatMessage, MessageDeleted, MessageEdited, Reacted, RoomRole
from bot.domain.richtext import Style, Styled, plain

ROOM = Room(room_id="!r", members={"@alice:x.org": "Alice"})


def read(content: Any, kind: str = "m.room.message", *, private: bool = False, **more: Any) -> ChatEvent | None:
    event = {
        "type": kind,
        "event_id": "$e",
        "sender": "@alice:x.org",
        "origin_server_ts": 1_700_000_000_000,
        "content": content,
    }
    return happening({**event, **more}, ROOM, role=RoomRole.SUPPORT, private=private)


def edit(new_content: Any, event_id: Any = "$original") -> dict[str, Any]:
    relation = {"rel_type": "m.replace", "event_id": event_id}
    return {"msgtype": "m.text", "body": "* new", "m.new_content": new_content, "m.relates_to": relation}


def test_an_edit_is_the_original_as_it_reads_now() -> None:
    new = {
        "msgtype": "m.text",
        "body": "**new**",
        "format": "org.matrix.custom.html",
        "formatted_body": "<b>new</b>",
        "m.relates_to": {"rel_type": "m.thread", "event_id": "$elsewhere"},
    }
    found = read(edit(new))
    assert isinstance(found, MessageEdited)
    assert (found.message.message_id, found.message.version) == ("$original", "$e")
    assert found.message.address.chat_thread is None
    assert "$original" in found.message.link
    (paragraph,) = found.message.text.blocks
    assert Styled in {type(child) for child in getattr(paragraph, "children", ())}
    assert Style.BOLD in {getattr(child, "style", None) for child in getattr(paragraph, "children", ())}


def test_an_edited_caption_keeps_its_file() -> None:
    new = {"msgtype": "m.image", "body": "the red part", "filename": "a.png", "url": "mxc://x/1"}
    found = read(edit(new))
    assert isinstance(found, MessageEdited)
    assert plain(found.message.text) == "the red part"
    assert [file.name for file in found.message.attachments] == ["a.png"]


@pytest.mark.parametrize(
    "content",
    [
        edit(None),
        edit({}),
        edit("text"),
        edit({"msgtype": "m.text", "body": "  "}),
        edit({"msgtype": "m.notice", "body": "a bot"}),
        edit({"msgtype": "m.text", "body": "new"}, event_id=None),
        edit({"msgtype": "m.text", "body": "new"}, event_id=""),
        {},
    ],
)
def test_edits_that_say_nothing_or_mean_no_message_are_nothing(content: Any) -> None:
    assert read(content) is None


def test_a_deletion_names_its_message_in_every_room_version() -> None:
    for found in (
        read({"redacts": "$gone"}, "m.room.redaction"),
        read({"reason": "spam"}, "m.room.redaction", redacts="$gone"),
        read({"redacts": "$gone"}, "m.room.redaction", redacts="$other"),
    ):
        assert isinstance(found, MessageDeleted)
        assert found.message_id == "$gone"
    assert read({}, "m.room.redaction") is None
    assert read({"redacts": ["$gone"]}, "m.room.redaction") is None


def test_a_reaction_names_message_emoji_and_person() -> None:
    found = read({"m.relates_to": {"rel_type": "m.annotation", "event_id": "$m", "key": "✅"}}, "m.reaction")
    assert isinstance(found, Reacted)
    assert (found.message_id, found.emoji, found.reaction_id, found.author.name) == ("$m", "✅", "$e", "Alice")


@pytest.mark.parametrize(
    "relation",
    [
        {"rel_type": "m.annotation", "event_id": "$m", "key": ""},
        {"rel_type": "m.annotation", "event_id": "$m"},
        {"rel_type": "m.annotation", "key": "x"},
        {"rel_type": "m.thread", "event_id": "$m", "key": "x"},
        "a string",
        None,
    ],
)
def test_a_reaction_to_nothing_or_of_nothing_is_none(relation: Any) -> None:
    assert read({"m.relates_to": relation}, "m.reaction") is None


def test_a_direct_message_room_is_one_chat_thread() -> None:
    thread = {"rel_type": "m.thread", "event_id": "$root"}
    said = read({"msgtype": "m.text", "body": "x", "m.relates_to": thread}, private=True)
    edited = read(edit({"msgtype": "m.text", "body": "new"}), private=True)
    deleted = read({"redacts": "$gone"}, "m.room.redaction", private=True)
    relation = {"rel_type": "m.annotation", "event_id": "$m", "key": "✅"}
    reacted = read({"m.relates_to": relation}, "m.reaction", private=True)
    assert isinstance(said, ChatMessage)
    assert isinstance(edited, MessageEdited)
    assert isinstance(deleted, MessageDeleted)
    assert isinstance(reacted, Reacted)
    for address in (said.address, edited.message.address, deleted.address, reacted.address):
        assert (address.room, address.chat_thread, address.is_private) == ("!r", "!r", True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["m.replace", "m.annotation", "$m", "m.text", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["rel_type", "event_id", "key", "msgtype", "body"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(
    content=st.dictionaries(st.sampled_from(["m.relates_to", "m.new_content", "redacts", "msgtype", "body"]), JSON),
    kind=st.sampled_from(["m.room.message", "m.reaction", "m.room.redaction", "m.sticker"]),
)
def test_no_content_whatever_raises(content: dict[str, Any], kind: str) -> None:
    read(content, kind)
