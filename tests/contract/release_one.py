"""A store as release 0.1 left it: its tables, and its rows letter by letter."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from adapters.store.schema import MIGRATIONS
from bot.domain.chat import Attachment, Author, ChatAddress, ChatMessage, Platform, RoomRole
from bot.domain.commands import Invocation
from bot.domain.effects import (
    AnnounceNumber,
    Effect,
    FetchFiles,
    FileLateFiles,
    FileMessage,
    OpenConversation,
    React,
    RunCommand,
    Say,
    SetStatus,
    SetTriage,
    Ticket,
    WriteNote,
)
from bot.domain.helpdesk import Status, ThreadKind
from bot.domain.ids import ConversationId, DeliveryId, LinkId, TicketNumber
from bot.domain.richtext import from_plain
from tests.contract.samples import AT

MICROSECONDS = 1_772_366_400_123_456
"""``AT`` as a store keeps it."""

_PLACE = '{"platform":"matrix","room":"!r:x","chat_thread":"$a"}'
_ANN = '{"platform":"matrix","user_id":"@ann:x","name":"Ann","roles":["1"]}'
_TEXT = '{"blocks":[{"children":[{"text":"Help!","kind":"text"}],"kind":"paragraph"}]}'
_FILE = '{"name":"a","mime_type":"b/c","size_bytes":7,"reference":"r"}'
_MESSAGE = (
    f'{{"address":{_PLACE},"message_id":"$a","author":{_ANN},"sent_at":"2026-03-01T12:00:00.123456Z","text":{_TEXT},'
    f'"link":"https://x","kind":"person","room_role":"support","title":null,"reply_to":null,"attachments":[{_FILE}]}}'
)
_TICKET = '{"link_id":"l","conversation_id":null,"number":null}'
_OTHER_TICKET = '{"link_id":null,"conversation_id":5,"number":7}'

PLACE = ChatAddress(platform=Platform.MATRIX, room="!r:x", chat_thread="$a")
ANN = Author(platform=Platform.MATRIX, user_id="@ann:x", name="Ann", roles=frozenset({"1"}))
FILE = Attachment(name="a", mime_type="b/c", size_bytes=7, reference="r")
TEXT = from_plain("Help!")
MESSAGE = ChatMessage(
    address=PLACE, message_id="$a", author=ANN, sent_at=AT, text=TEXT, link="https://x", attachments=(FILE,)
)
LINK, FETCH = LinkId("l"), DeliveryId("f")

OLD_EFFECTS: Mapping[str, Effect] = {
    f'{{"filing_id":"o","files":[{_FILE}],"address":{_PLACE},"message_id":"$a","kind":"fetch_files"}}': FetchFiles(
        filing_id=DeliveryId("o"), files=(FILE,), address=PLACE, message_id="$a"
    ),
    f'{{"link_id":"l","message":{_MESSAGE},"fetch_id":"f","kind":"open_conversation"}}': OpenConversation(
        link_id=LINK, message=MESSAGE, fetch_id=FETCH
    ),
    f'{{"link_id":"l","message":{_MESSAGE},"thread_kind":"message","agent_id":3,"fetch_id":"f",'
    f'"kind":"file_message"}}': FileMessage(
        link_id=LINK, message=MESSAGE, thread_kind=ThreadKind.MESSAGE, agent_id=3, fetch_id=FETCH
    ),
    f'{{"link_id":"l","fetch_id":"f","message":{_MESSAGE},"indexes":[0],"thread_kind":"customer","agent_id":null,'
    f'"kind":"file_late_files"}}': FileLateFiles(link_id=LINK, fetch_id=FETCH, message=MESSAGE, indexes=(0,)),
    f'{{"ticket":{_OTHER_TICKET},"text":{_TEXT},"kind":"write_note"}}': WriteNote(
        ticket=Ticket(conversation_id=ConversationId(5), number=TicketNumber(7)), text=TEXT
    ),
    f'{{"ticket":{_TICKET},"label":"bug","priority":"P1","kind":"set_triage"}}': SetTriage(
        ticket=Ticket(link_id=LINK), label="bug", priority="P1"
    ),
    f'{{"ticket":{_TICKET},"status":"closed","kind":"set_status"}}': SetStatus(
        ticket=Ticket(link_id=LINK), status=Status.CLOSED
    ),
    f'{{"address":{_PLACE},"message_id":"$a","emoji":"x","kind":"react"}}': React(
        address=PLACE, message_id="$a", emoji="x"
    ),
    '{"link_id":"l","kind":"announce_number"}': AnnounceNumber(link_id=LINK),
    f'{{"address":{_PLACE},"text":{_TEXT},"mention":"@ann:x","about":"$a","link_id":"l","kind":"say"}}': Say(
        address=PLACE, text=TEXT, mention="@ann:x", about="$a", link_id=LINK
    ),
    f'{{"invocation":{{"invocation_id":"i","command":"triage","author":{_ANN},"address":{_PLACE},'
    f'"options":{{"label":"bug"}},"room_role":"staff"}},"about":"$a","kind":"run_command"}}': RunCommand(
        invocation=Invocation(
            invocation_id="i",
            command="triage",
            author=ANN,
            address=PLACE,
            options={"label": "bug"},
            room_role=RoomRole.STAFF,
        ),
        about="$a",
    ),
}
"""Each effect of that release as it was written, and what it is now."""


def make_release_one(connection: sa.Connection) -> None:
    """The tables of release 0.1, with rows in each of them."""
    migrate(connection, "0001")
    insert(connection, _rows())


def migrate(connection: sa.Connection, version: str) -> None:
    """Bring the tables to just this version."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, version)


def insert(connection: sa.Connection, rows_of: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """Add rows, by table."""
    for table, rows in rows_of.items():
        for row in rows:
            names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
            connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({places})"), row)


def _rows() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    return {
        "inbox": [
            {"dedup_key": "matrix:!r:x:$a", "decision": "opened", "link_id": "l", "at": MICROSECONDS},
            {"dedup_key": "matrix:!r:x:$s", "decision": "sent", "link_id": "l", "at": MICROSECONDS},
            {"dedup_key": "matrix:!r:x:$n", "decision": "notice", "link_id": None, "at": MICROSECONDS},
        ],
        "links": [
            {**_LINK, "conversation_id": 2**40, "number": 7, "customer_id": 9, "label": "bug", "priority": "P1"},
            {**_LINK, "link_id": "unfiled", "chat_thread": "$b", "opening_message_id": "$b"},
        ],
        "outbox": [_outbox_row(f"d{number}", effect) for number, effect in enumerate(OLD_EFFECTS)],
        "fetch_results": [
            {
                "fetch_id": "f",
                "result": '{"files":[{"index":0,"name":"a","mime_type":"b/c","size_bytes":7,"problem":""}]}',
            }
        ],
        "customers": [{"platform": "matrix", "user_id": "@ann:x", "customer_id": 9}],
        "memory": [{"owner": "matrix", "name": "cursor", "value": "s1"}],
        "audit": [
            {"at": MICROSECONDS, "actor": "a", "place": "p", "action": "triage", "ticket": "#7", "detail": "bug P1"}
        ],
    }


_LINK: Mapping[str, Any] = {
    "link_id": "l",
    "platform": "matrix",
    "room": "!r:x",
    "chat_thread": "$a",
    "opening_message_id": "$a",
    "author_id": "@ann:x",
    "author_name": "Ann",
    "opened_at": MICROSECONDS,
    "status": "active",
    "subject": "Größe",
    "subject_folded": "grösse",
}


def _outbox_row(name: str, effect: str) -> Mapping[str, Any]:
    return {
        "delivery_id": name,
        "ordering_key": "desk:l",
        "system": "freescout",
        "state": "pending",
        "attempts": 2,
        "outcome_unknown": True,
        "tried_at": MICROSECONDS,
        "next_attempt_at": MICROSECONDS,
        "created_at": MICROSECONDS,
        "changed_at": MICROSECONDS,
        "holds": False,
        "late": True,
        "fetch_id": None,
        "reason": "503",
        "effect": effect,
    }
