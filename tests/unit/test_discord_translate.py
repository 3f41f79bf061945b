"""Discord's JSON → the core's messages: who speaks, where, and never an empty body."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.names import NOBODY, Names
from adapters.discord.places import Place, Watch
from adapters.discord.snowflakes import instant_of, snowflake_at
from adapters.discord.translate import fresh_address, message_of, places_file
from bot.domain.chat import ChatMessage, MessageKind, RoomRole
from bot.domain.richtext import plain

WATCH = Watch(guild_id="10", support_channels=frozenset({"20"}), staff_channel="30")
CHANNEL = Place(room="20")
MESSAGE_ID = str(snowflake_at(datetime(2026, 3, 2, 9, 0, tzinfo=UTC)))


def payload(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "id": MESSAGE_ID,
        "channel_id": "20",
        "type": 0,
        "content": "hello",
        "author": {"id": "1", "username": "ana", "global_name": "Ana"},
        "member": {"nick": None, "roles": ["5", "6"]},
    }
    return whole | changes


def translated(place: Place = CHANNEL, names: Names = NOBODY, **changes: Any) -> ChatMessage:
    return message_of(payload(**changes), place=place, watch=WATCH, names=names, own_id="99")


def test_a_message_keeps_author_time_and_place() -> None:
    message = translated()
    assert (message.author.user_id, message.author.name) == ("1", "Ana")
    assert message.author.roles == {"5", "6"}
    assert message.sent_at == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert message.address.chat_thread is None
    assert message.link == f"https://discord.com/channels/10/20/{MESSAGE_ID}"
    assert message.room_role is RoomRole.SUPPORT


def test_the_name_is_the_one_others_see_on_the_server() -> None:
    assert translated(member={"nick": "Ana (she)", "roles": []}).author.name == "Ana (she)"
    assert translated(author={"id": "1", "username": "ana", "global_name": None}).author.name == "ana"


def test_a_message_in_a_thread_stands_in_the_parents_room() -> None:
    message = translated(Place(room="20", chat_thread="40", title="thread"))
    assert (message.address.room, message.address.chat_thread) == ("20", "40")
    assert message.link == f"https://discord.com/channels/10/40/{MESSAGE_ID}"
    assert message.title is None


def test_only_a_forum_posts_first_message_has_the_title() -> None:
    assert translated(Place(room="20", chat_thread=MESSAGE_ID, title="Cannot print")).title == "Cannot print"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, MessageKind.PERSON),
        ({"type": 19}, MessageKind.PERSON),
        ({"webhook_id": "7"}, MessageKind.BOT),
        ({"author": {"id": "2", "username": "helper", "bot": True}}, MessageKind.BOT),
        ({"author": {"id": "99", "username": "self"}}, MessageKind.BOT),
        ({"author": {"id": "3", "username": "Discord", "system": True}}, MessageKind.SYSTEM),
        *[({"type": number}, MessageKind.SYSTEM) for number in (4, 6, 7, 18, 21, 46)],
    ],
)
def test_who_speaks(changes: dict[str, Any], kind: MessageKind) -> None:
    assert translated(**changes).kind is kind


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"content": ""}, "(empty message)"),
        ({"content": "  \n "}, "(empty message)"),
        ({"content": "", "sticker_items": [{"name": "wave"}]}, "(sticker: wave)"),
        ({"content": "look", "sticker_items": [{"name": "wave"}]}, "look\n(sticker: wave)"),
        ({"content": "", "flags": 1 << 13, "attachments": [{"id": "1", "filename": "v.ogg"}]}, "(voice message)"),
        (
            {"content": "", "embeds": [{"title": "News", "url": "https://a.example"}]},
            "(embed)\nNews\nhttps://a.example",
        ),
        ({"content": "see https://a.example", "embeds": [{"title": "News"}]}, "see https://a.example"),
        ({"content": "", "poll": {"question": {"text": "Which?"}, "answers": []}}, "(poll: Which?)"),
        ({"content": "", "attachments": [{"id": "1", "filename": "a.log"}]}, "(file: a.log)"),
        (
            {"content": "", "message_snapshots": [{"message": {"content": "the *error*"}}]},
            "(forwarded message)\n> the error",
        ),
        (
            {"content": "", "message_snapshots": [{"message": {"content": "", "sticker_items": [{"name": "wave"}]}}]},
            "(forwarded message)\n> (sticker: wave)",
        ),
    ],
)
def test_a_persons_message_is_never_empty(changes: dict[str, Any], text: str) -> None:
    assert plain(translated(**changes).text) == text


def test_mentioned_people_appear_by_name() -> None:
    names = Names(roles={"5": "Mods"}.get)
    mentions = [{"id": "8", "username": "bob", "global_name": "Bob", "member": {"nick": "Bobby"}}]
    assert plain(translated(names=names, content="<@8> and <@&5>", mentions=mentions).text) == "@Bobby and @Mods"


def test_only_a_reply_answers_something() -> None:
    reference = {"message_id": "77", "channel_id": "20"}
    assert translated(type=19, message_reference=reference).reply_to == "77"
    assert translated(type=0, message_reference={**reference, "type": 1}).reply_to is None


def test_files_can_be_found_again_also_those_of_a_forwarded_message() -> None:
    file = {
        "id": "1",
        "filename": "a.log",
        "size": 3,
        "content_type": "text/plain",
        "url": "https://cdn.example/a?ex=1",
    }
    other = {"id": "2", "filename": "b.log", "size": 4, "url": "https://cdn.example/b?ex=1"}
    message = translated(attachments=[file], message_snapshots=[{"message": {"content": "", "attachments": [other]}}])
    first, second = message.attachments
    assert (first.name, first.mime_type, first.size_bytes) == ("a.log", "text/plain", 3)
    assert second.mime_type == "application/octet-stream"
    assert places_file(second) == ("2", "https://cdn.example/b?ex=1")
    renewed = payload(attachments=[{**other, "url": "https://cdn.example/b?ex=2"}])
    assert fresh_address(renewed, "2") == "https://cdn.example/b?ex=2"
    assert fresh_address(renewed, "1") is None


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
fields = [
    "type",
    "content",
    "member",
    "embeds",
    "attachments",
    "poll",
    "sticker_items",
    "mentions",
    "message_snapshots",
]


@given(st.dictionaries(st.sampled_from([*fields, "message_reference", "flags", "webhook_id"]), odd))
def test_odd_fields_never_lose_a_message(changes: dict[str, Any]) -> None:
    assert translated(**changes).text


def test_a_snowflake_tells_its_instant_and_back() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    assert instant_of(snowflake_at(at)) == at
    assert snowflake_at(datetime(2000, 1, 1, tzinfo=UTC)) == 0
