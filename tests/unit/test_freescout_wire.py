"""Requests hold what FreeScout accepts, and its answers are read whatever their version."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.freescout.wire import answers, requests
from adapters.freescout.wire.seen import seen_conversation
from bot.domain.chat import FileContent, Platform
from bot.domain.helpdesk import Entry, NewCustomer, Status, ThreadKind
from bot.domain.ids import ConversationId, CustomerId
from bot.domain.richtext import from_plain

BOT = 2


def member(
    name: str = "Mia", platform_id: str = "81384788765712384", platform: Platform = Platform.DISCORD
) -> NewCustomer:
    return NewCustomer(platform=platform, platform_id=platform_id, name=name)


def entry(kind: ThreadKind, **more: object) -> Entry:
    return Entry(delivery_id="d", kind=kind, text=from_plain("x"), **more)  # type: ignore[arg-type]


def test_a_customer_carries_its_platform_and_its_id_but_no_address() -> None:
    assert requests.create_customer(member("Mia", "@mia:example.org", Platform.MATRIX)).body == {
        "firstName": "Mia",
        "lastName": "(Matrix)",
        "notes": "Matrix user id: @mia:example.org",
    }


@given(name=st.text(max_size=80))
def test_every_display_name_makes_a_first_name_that_freescout_keeps_as_it_is(name: str) -> None:
    kept = requests.first_name(member(name))
    assert 0 < len(kept) <= requests.NAME_LENGTH
    assert kept != "0"
    assert "<" not in kept
    assert ">" not in kept
    assert kept == " ".join(kept.split())
    kept.encode("utf-8")


@pytest.mark.parametrize("name", ["", "  ", "0", "\x00\x01"])
def test_a_name_that_php_takes_for_empty_becomes_the_platform_id(name: str) -> None:
    assert requests.first_name(member(name)) == "81384788765712384"


@given(subject=st.text(max_size=50) | st.just("é" * 2000))
def test_every_subject_fits_and_is_never_what_php_takes_for_empty(subject: str) -> None:
    sent = requests.sendable_subject(subject)
    assert 0 < len(sent) <= requests.SUBJECT_LENGTH
    assert sent not in ("", "0")
    assert "\n" not in sent
    sent.encode("utf-8")


def test_a_conversation_is_a_chat_of_a_known_customer() -> None:
    thread = requests.thread_of(entry(ThreadKind.CUSTOMER), html="<p>x</p>", bot_user_id=BOT)
    request = requests.create_conversation(mailbox_id=1, subject="Help", customer_id=CustomerId(9), thread=thread)
    assert (request.method, request.path, request.creates) == ("POST", "/conversations", True)
    assert request.body == {
        "type": "chat",
        "mailboxId": 1,
        "subject": "Help",
        "customer": {"id": 9},
        "status": "active",
        "threads": [{"type": "customer", "text": "<p>x</p>"}],
    }


def test_notes_are_the_bots_and_replies_the_agents() -> None:
    note = requests.thread_of(entry(ThreadKind.NOTE), html="x", bot_user_id=BOT)
    reply = requests.thread_of(entry(ThreadKind.MESSAGE, agent_id=5), html="x", bot_user_id=BOT)
    assert note == {"type": "note", "text": "x", "user": BOT}
    assert reply == {"type": "message", "text": "x", "user": 5}


def test_files_are_sent_as_base64_with_a_name_that_json_can_hold() -> None:
    file = FileContent(name="a\ud800\n.png", mime_type="", content=b"abc")
    thread = requests.thread_of(entry(ThreadKind.CUSTOMER, files=(file,)), html="x", bot_user_id=BOT)
    assert thread["attachments"] == [{"fileName": "a_.png", "mimeType": "application/octet-stream", "data": "YWJj"}]


def test_a_status_names_its_user_first() -> None:
    request = requests.set_status(ConversationId(6), Status.CLOSED, bot_user_id=BOT)
    assert list((request.body or {}).items()) == [("byUser", BOT), ("status", "closed")]
    assert not request.creates


def test_instants_are_written_in_utc_with_whole_seconds() -> None:
    berlin = timezone(timedelta(hours=1))
    assert requests.instant(datetime(2026, 3, 2, 9, 0, 1, 999, tzinfo=berlin)) == "2026-03-02T08:00:01Z"
    assert requests.instant(datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) == "2026-03-02T09:00:00Z"


@pytest.mark.parametrize(
    ("header", "document", "made"),
    [
        ("35", None, 35),
        ("35", {"id": 36}, 35),
        (None, {"id": 36}, 36),
        (None, {"id": "36"}, 36),
        (None, None, None),
        ("soon", {}, None),
        (None, {"id": True}, None),
    ],
)
def test_what_was_made_is_told_by_the_header_or_else_by_the_body(
    header: str | None, document: object, made: int | None
) -> None:
    assert answers.created_id(header, document) == made


def test_a_refusal_is_told_in_the_servers_own_words_with_each_path() -> None:
    document = {
        "message": "Error occurred",
        "_embedded": {
            "errors": [
                {
                    "path": "customer.first_name",
                    "message": "Customer first name or email is required.",
                    "source": "JSON",
                },
                {"path": "", "message": "User not found"},
                "odd",
            ]
        },
    }
    assert answers.words(document) == (
        "Error occurred; customer.first_name: Customer first name or email is required.; User not found"
    )


@pytest.mark.parametrize("document", [None, [], "x", {"message": []}, {"_embedded": []}, {"_embedded": {"errors": {}}}])
def test_an_odd_error_body_has_no_words(document: object) -> None:
    assert answers.words(document) == ""


@pytest.mark.parametrize(
    "document", [None, [], {}, {"id": "x", "status": "active"}, {"id": 3}, {"message": "Not Found"}, {"id": None}]
)
def test_what_is_no_conversation_is_none(document: object) -> None:
    assert seen_conversation(document) is None


def test_a_conversation_is_read_though_parts_are_odd_or_missing() -> None:
    seen = seen_conversation(
        {
            "id": 3,
            "status": "strange",
            "subject": [],
            "customer": None,
            "_embedded": {"threads": [{"id": 1, "createdBy": None, "_embedded": {"attachments": None}}, "odd", {}]},
        }
    )
    assert seen is not None
    assert (seen.number, seen.subject, seen.customer_id, seen.tags) == (3, "", None, None)
    assert [thread.thread_id for thread in seen.threads] == [1]
    assert seen.as_conversation().status is Status.ACTIVE


def test_tags_that_are_not_shown_differ_from_no_tags() -> None:
    shown = seen_conversation({"id": 3, "status": "active", "_embedded": {"tags": []}})
    assert shown is not None
    assert shown.tags == ()


def test_a_list_tells_whether_there_is_more() -> None:
    page = {"size": 50, "totalElements": 51, "totalPages": 2, "number": 1}
    first = answers.page_of({"_embedded": {"customers": [{"id": 1}]}, "page": page}, "customers")
    last = answers.page_of({"_embedded": {"customers": [{"id": 1}]}, "page": {**page, "number": 2}}, "customers")
    assert first is not None
    assert last is not None
    assert (first[1], last[1]) == (True, False)
    assert answers.page_of({"_embedded": {"users": []}}, "customers") is None


@pytest.mark.parametrize(
    ("notes", "same"),
    [
        ("Matrix user id: @mia:example.org", True),
        ("VIP! Matrix user id: @mia:example.org , call first", True),
        ("Matrix user id: @mia:example.org.evil.example", False),
        ("Discord user id: @mia:example.org", False),
        ("Matrix user id: @mia:exampleXorg", False),
        (None, False),
    ],
)
def test_a_customer_is_known_by_the_whole_platform_id_in_its_notes(notes: str | None, same: bool) -> None:
    found = answers.is_customer({"id": 4, "notes": notes}, member("Mia", "@mia:example.org", Platform.MATRIX))
    assert (found is not None) is same
