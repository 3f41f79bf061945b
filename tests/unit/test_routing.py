"""Which messages open a ticket, continue one, or are ignored."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.chat import Author, ChatAddress, ChatMessage, MessageKind, Platform, RoomRole
from bot.domain.helpdesk import ThreadKind
from bot.domain.ids import link_id
from bot.domain.links import ConversationLink
from bot.domain.permissions import Standing
from bot.domain.richtext import from_plain
from bot.domain.routing import Continues, Ignores, Opens, Reason, Surroundings, ignored_at_sight, route

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
GROUP = timedelta(seconds=120)
MIA = Author(platform=Platform.DISCORD, user_id="7", name="Mia")
ROOM = ChatAddress(platform=Platform.DISCORD, room="2")


def message(**changes: object) -> ChatMessage:
    values: dict[str, object] = {
        "address": ROOM,
        "message_id": "100",
        "author": MIA,
        "sent_at": NOON,
        "text": from_plain("The export fails."),
        "link": "https://discord.example/1/2/100",
    }
    return ChatMessage(**(values | changes))  # type: ignore[arg-type]


def link(opened_at: datetime = NOON) -> ConversationLink:
    return ConversationLink(
        link_id=link_id("one"),
        address=ChatAddress(platform=Platform.DISCORD, room="2", chat_thread="90"),
        opening_message_id="90",
        author_id="7",
        author_name="Mia",
        opened_at=opened_at,
        subject="The export fails.",
    )


def test_a_members_message_opens_a_ticket() -> None:
    assert route(message(), Standing.PUBLIC, Surroundings(), group=GROUP) == Opens()


@pytest.mark.parametrize(
    ("changes", "standing", "is_command", "reason"),
    [
        ({"kind": MessageKind.SYSTEM}, Standing.PUBLIC, False, Reason.SYSTEM),
        ({"kind": MessageKind.BOT}, Standing.PUBLIC, False, Reason.BOT),
        ({}, Standing.PUBLIC, True, Reason.COMMAND),
        ({"room_role": RoomRole.STAFF}, Standing.PUBLIC, False, Reason.STAFF_ROOM),
        ({}, Standing.STAFF, False, Reason.STAFF),
        ({}, Standing.TRIAGER, False, Reason.STAFF),
    ],
)
def test_what_is_no_request_is_ignored_at_sight(
    changes: dict[str, object], standing: Standing, is_command: bool, reason: Reason
) -> None:
    assert ignored_at_sight(message(**changes), standing, is_command=is_command) == Ignores(reason=reason)


def test_a_message_in_the_tickets_thread_continues_it_whoever_writes() -> None:
    somebody = message(
        author=Author(platform=Platform.DISCORD, user_id="8", name="Lena"), address=replace(ROOM, chat_thread="90")
    )
    decision = route(somebody, Standing.PUBLIC, Surroundings(in_thread=link()), group=GROUP)
    assert decision == Continues(link_id=link().link_id, thread_kind=ThreadKind.CUSTOMER, outside=False)


def test_a_message_whose_own_thread_is_a_ticket_joins_it_and_is_acknowledged() -> None:
    decision = route(message(message_id="90"), Standing.PUBLIC, Surroundings(in_thread=link()), group=GROUP)
    assert decision == Continues(link_id=link().link_id, thread_kind=ThreadKind.CUSTOMER, outside=True)


def test_the_teams_words_in_a_ticket_are_its_answer() -> None:
    decision = route(message(), Standing.STAFF, Surroundings(in_thread=link()), group=GROUP)
    assert isinstance(decision, Continues)
    assert decision.thread_kind is ThreadKind.MESSAGE


def test_a_reply_to_a_message_of_the_ticket_continues_it() -> None:
    decision = route(message(reply_to="90"), Standing.PUBLIC, Surroundings(answered=link().link_id), group=GROUP)
    assert decision == Continues(link_id=link().link_id, thread_kind=ThreadKind.CUSTOMER, outside=True)


def test_the_teams_reply_to_something_that_is_no_ticket_is_ignored() -> None:
    assert route(message(reply_to="5"), Standing.STAFF, Surroundings(), group=GROUP) == Ignores(reason=Reason.STAFF)


@pytest.mark.parametrize(
    ("after", "grouped"),
    [(timedelta(), True), (GROUP, True), (GROUP + timedelta(seconds=1), False), (timedelta(seconds=-1), False)],
)
def test_grouping_counts_from_the_first_message_by_the_platforms_time(after: timedelta, grouped: bool) -> None:
    decision = route(message(sent_at=NOON + after), Standing.PUBLIC, Surroundings(latest=link(NOON)), group=GROUP)
    assert isinstance(decision, Continues) is grouped


def test_group_seconds_zero_switches_grouping_off() -> None:
    assert route(message(), Standing.PUBLIC, Surroundings(latest=link()), group=timedelta()) == Opens()


def test_a_reply_to_a_message_outside_any_ticket_opens_its_own() -> None:
    assert route(message(reply_to="5"), Standing.PUBLIC, Surroundings(latest=link()), group=GROUP) == Opens()


def test_forum_posts_are_never_grouped() -> None:
    post = message(address=ChatAddress(platform=Platform.DISCORD, room="2", chat_thread="100"))
    assert route(post, Standing.PUBLIC, Surroundings(latest=link()), group=GROUP) == Opens()
