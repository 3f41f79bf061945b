"""What it costs to ask the store does not grow with everything that was ever said."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.store.engine import open_store
from bot.domain.chat import ChatAddress, Platform
from bot.domain.ids import ConversationId, DeliveryId, LinkId, ThreadId, TicketNumber
from bot.domain.sla_ticket import BoardFilter, SlaTicketId
from bot.ports.store import Records, Store
from tests.contract.postgres_server import PostgresServer
from tests.fakes.clock import START, ManualClock

PLACE = ChatAddress(platform=Platform.DISCORD, room="42", chat_thread="7")

Question = Callable[[Records], Awaitable[object]]

QUESTIONS: Mapping[str, tuple[Question, Sequence[str]]] = {
    "what is known of a message": (lambda records: records.inbox.get("k"), ()),
    "which messages are known": (lambda records: records.inbox.known(["k", "l"]), ()),
    "what stands in a place": (lambda records: records.inbox.standing_in(PLACE, ("sent",), 9), ["inbox_place"]),
    "a link": (lambda records: records.links.get(LinkId("l5")), ()),
    "the link of a place": (lambda records: records.links.at(PLACE), ()),
    "the latest link of a member": (
        lambda records: records.links.latest_by(Platform.DISCORD, "42", "ann"),
        ["links_latest"],
    ),
    "the link of a number, present or former": (
        lambda records: records.links.numbered(TicketNumber(10**9)),
        ["links_number", "former_conversations_number"],
    ),
    "the links of a conversation": (
        lambda records: records.links.of_conversation(ConversationId(5)),
        ["links_conversation"],
    ),
    "the links that were asked about": (lambda records: records.links.asked(), ["links_asked"]),
    "the links that are not finished": (
        lambda records: records.links.unfinished(LinkId("l5"), 50),
        ["links_unfinished"],
    ),
    "which threads are known": (lambda records: records.threads.known([ThreadId(5), ThreadId(6)]), ()),
    "the thread of a delivery": (
        lambda records: records.threads.written_by(DeliveryId("d5")),
        ["threads_delivery"],
    ),
    "the threads of a ticket": (lambda records: records.threads.own_of(LinkId("l5")), ["threads_link"]),
    "the threads that wait": (lambda records: records.threads.waiting(), ["threads_waiting"]),
    "the newest version of a message": (lambda records: records.versions.get("k"), ()),
    "the clocks of a ticket": (lambda records: records.sla.get(SlaTicketId("s5")), ()),
    "the clocks of a conversation": (
        lambda records: records.sla.of_conversation(ConversationId(5)),
        ["sla_tickets_conversation"],
    ),
    "the clocks of a link": (lambda records: records.sla.of_link(LinkId("l5")), ["sla_tickets_link"]),
    "the clocks of a number": (lambda records: records.sla.numbered(TicketNumber(5)), ["sla_tickets_number"]),
    "the clocks to look at": (lambda records: records.sla.due(START, 50), ["sla_tickets_next"]),
    "the clocks that run": (lambda records: records.sla.running(SlaTicketId("s5"), 50), ["sla_tickets_running"]),
    "the clocks that a report is about": (
        lambda records: records.sla.touching(START, START, SlaTicketId("s5"), 50),
        ["sla_tickets_last", "sla_tickets_running"],
    ),
    "the open tickets": (lambda records: records.sla.open_ones(BoardFilter(), 50), ["sla_tickets_open"]),
    "how many tickets are open": (lambda records: records.sla.counts(BoardFilter()), ["sla_tickets_open"]),
    "what was done to a ticket": (lambda records: records.audit.of("5", "l5"), ["audit_ticket"]),
    "whether a key is busy": (lambda records: records.outbox.is_busy("k"), ["outbox_open"]),
}
"""What is asked on the way of a message or a reply, and by which indexes it is answered, beside the tables' own."""

MANY_ROWS = """
INSERT INTO inbox SELECT 'discord:42:' || n, 'sent', 'l' || n, n, CASE n % 3 WHEN 0 THEN 'p' || n END FROM many;
INSERT INTO links (link_id, platform, room, chat_thread, opening_message_id, author_id, author_name, opened_at,
    conversation_id, number, status, subject, subject_folded, asked_at)
  SELECT 'l' || n, 'discord', '42', 't' || n, 'm', 'u' || n, 'Ann', n, n, n,
    CASE n % 10 WHEN 0 THEN 'active' ELSE 'closed' END, '', '', CASE n % 900 WHEN 0 THEN n END FROM many;
INSERT INTO former_conversations SELECT n, 'l' || n, n + 100000 FROM many;
INSERT INTO threads (thread_id, conversation_id, fate, digest, due_at, rounds, link_id, delivery_id)
  SELECT n, n, 'own', '', CASE n % 900 WHEN 0 THEN n END, 0, 'l' || n, CASE n % 2 WHEN 0 THEN 'd' || n END FROM many;
INSERT INTO sla_tickets SELECT 's' || n, 'l' || n, n, n, 'email', 'bug', 'P2', true, n % 10 = 0, n % 10 = 0, false, n,
    n, CASE n % 10 WHEN 0 THEN n END, n, '' FROM many;
INSERT INTO audit (at, actor, place, action, ticket, detail) SELECT n, '', '', '', n || '', '' FROM many;
INSERT INTO versions SELECT 'k' || n, '', '' FROM many;
INSERT INTO outbox (delivery_id, ordering_key, system, state, attempts, outcome_unknown, next_attempt_at, created_at,
    changed_at, holds, late, reason, effect)
  SELECT 'd' || n, 'k' || n, 'bot', CASE n % 900 WHEN 0 THEN 'pending' ELSE 'done' END, 0, false, 0, 0, 0, false,
    false, '', '' FROM many
"""


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[tuple[Store, Path]]:
    async with open_store(f"sqlite+aiosqlite:///{tmp_path}/s.db", clock=ManualClock()) as store:
        yield store, tmp_path / "s.db"


@pytest.mark.parametrize("question", QUESTIONS)
async def test_no_question_reads_a_whole_table_in_a_file(file: tuple[Store, Path], question: str) -> None:
    store, path = file
    asked, by = QUESTIONS[question]
    statements = await sent(store, asked)
    with sa.create_engine(f"sqlite:///{path}").connect() as connection:
        plan = [
            row.detail
            for statement, parameters in statements
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
        tables, partial = names(connection, "TABLE"), names(connection, "%INDEX%WHERE")
        steps = [step.split() for step in plan]
        scans = [step for step in steps if step[:1] == ["SCAN"] and step[1] in tables and step[-1] not in partial]
    assert plan
    assert scans == []
    assert set(by) <= set(re.findall(r"\w+", " ".join(plan)))


@pytest.mark.postgres
async def test_no_question_reads_a_whole_table_on_a_server(postgres: PostgresServer) -> None:
    url = await postgres.make_database("plans")
    async with open_store(url, clock=ManualClock()) as store:
        statements = {question: await sent(store, asked) for question, (asked, _) in QUESTIONS.items()}
    engine = create_async_engine(url, poolclass=sa.NullPool)
    async with engine.begin() as connection:
        for many in MANY_ROWS.split(";"):
            await connection.exec_driver_sql(many.replace("FROM many", "FROM generate_series(1, 20000) AS n"))
        await connection.exec_driver_sql("ANALYZE")
        for question, (_, by) in QUESTIONS.items():
            explained = [
                await connection.exec_driver_sql(f"EXPLAIN {one}", given) for one, given in statements[question]
            ]
            plan = "\n".join(line for lines in explained for line in lines.scalars())
            assert plan, question
            assert "Seq Scan" not in plan, question
            assert set(by) <= set(re.findall(r"\w+", plan)), question


def names(connection: sa.Connection, made_by: str) -> set[str]:
    """Of what a file has, by how its making is written."""
    found = f"SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE {made_by}%'"
    return set(connection.exec_driver_sql(found).scalars())


async def sent(store: Store, asked: Question) -> Sequence[tuple[str, Any]]:
    """The queries that a question becomes, with what is filled in."""
    with listening() as statements:
        await store.read(asked)
    return statements


@contextmanager
def listening() -> Iterator[Sequence[tuple[str, Any]]]:
    """The queries that are sent meanwhile, with what is filled in."""
    heard: list[tuple[str, Any]] = []

    def hear(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            heard.append((statement, parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", hear)
