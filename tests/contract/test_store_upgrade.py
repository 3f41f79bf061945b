"""A store of an earlier release opens with this one, and nothing of it is lost."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.store.engine import SqlStore, open_store
from adapters.store.schema import HEAD
from bot.domain.chat import Platform
from bot.domain.delivery import Delivery, System
from bot.domain.effects import FetchedFile, FetchResult
from bot.domain.errors import StoreError
from bot.domain.ids import ConversationId, CustomerId, DeliveryId, LinkId, TicketNumber
from bot.domain.links import ConversationLink
from bot.domain.sla_ticket import SlaTicketId
from bot.ports.store import AuditLine, Received, Records
from tests.contract.databases import Database, PostgresDatabase, SqliteFile, all_rows, differences, indexes
from tests.contract.postgres_server import PostgresServer
from tests.contract.release_one import LINK, OLD_EFFECTS, PLACE, make_release_one
from tests.contract.release_two import make_release_two
from tests.contract.samples import AT
from tests.fakes.clock import ManualClock

_numbers = count()

FILED = ConversationLink(
    link_id=LINK,
    address=PLACE,
    opening_message_id="$a",
    author_id="@ann:x",
    author_name="Ann",
    opened_at=AT,
    subject="Größe",
    conversation_id=ConversationId(2**40),
    number=TicketNumber(7),
    customer_id=CustomerId(9),
    label="bug",
    priority="P1",
)


class UpgradeContract:
    """What opening an older store of any release promises. ``version`` is that of its tables."""

    version: str

    async def test_every_row_stays_as_it_was(self, old: Database) -> None:
        before = await old.run(all_rows)
        assert all(before.values()), "each table has a row to lose"
        async with open_store(old.url, clock=ManualClock()):
            pass
        after = await old.run(all_rows)
        assert after.pop("alembic_version") == [{"version_num": HEAD}]
        known = {table: [_only(row, before[table][0]) for row in after[table]] for table in before if table in after}
        assert known == {table: rows for table, rows in before.items() if table != "alembic_version"}

    async def test_old_links_are_chats_that_nobody_followed_or_asked_about(self, old: Database) -> None:
        async with opened(old) as store:
            assert await store.read(lambda records: records.links.get(LINK)) == FILED
            assert FILED.is_chat
            assert not FILED.followed
            assert FILED.asked_at is FILED.reminded_at is FILED.answered_at is FILED.changed_at is None
            unfiled = await store.read(lambda records: records.links.get(LinkId("unfiled")))
            assert unfiled is not None
            assert (unfiled.number, unfiled.is_chat, unfiled.followed) == (None, True, False)

    async def test_old_links_are_found_by_their_conversation_and_among_the_unfinished(self, old: Database) -> None:
        async with opened(old) as store:

            async def work(records: Records) -> list[list[ConversationLink]]:
                return [
                    list(await records.links.of_conversation(ConversationId(2**40))),
                    list(await records.links.unfinished(LinkId(""), 10)),
                    list(await records.links.asked()),
                ]

            assert await store.read(work) == [[FILED], [FILED], []]

    async def test_old_messages_are_known_with_their_ticket_but_without_author_and_place(self, old: Database) -> None:
        async with opened(old) as store:

            async def work(records: Records) -> list[Received | None]:
                return [await records.inbox.get(f"matrix:!r:x:${name}") for name in "asn"]

            assert await store.read(work) == [
                Received(decision="opened", link_id=LINK),
                Received(decision="sent", link_id=LINK),
                Received(decision="notice", link_id=None),
            ]
            assert await store.read(lambda records: records.inbox.standing_in(PLACE, ("opened", "sent"), 9)) == []

    async def test_old_promises_are_kept_in_their_order(self, old: Database) -> None:
        async with opened(old) as store:
            waiting = await store.read(lambda records: records.outbox.waiting(0, 100))
            assert [delivery for _, delivery in waiting] == [
                Delivery(
                    delivery_id=DeliveryId(f"d{number}"),
                    ordering_key="desk:l",
                    system=System.FREESCOUT,
                    effect=effect,
                    created_at=AT,
                    next_attempt_at=AT,
                    attempts=2,
                    outcome_unknown=True,
                    tried_at=AT,
                    reason="503",
                    late=True,
                )
                for number, effect in enumerate(OLD_EFFECTS.values())
            ]
            fetched = await store.read(lambda records: records.outbox.fetched(DeliveryId("f")))
            assert fetched == FetchResult(files=(FetchedFile(index=0, name="a", mime_type="b/c", size_bytes=7),))

    async def test_members_and_cursors_are_remembered(self, old: Database) -> None:
        async with opened(old) as store:
            assert await store.read(lambda records: records.customers.get(Platform.MATRIX, "@ann:x")) == 9
            assert await store.read(lambda records: records.memory.recall("matrix")) == {"cursor": "s1"}

    async def test_the_tables_become_those_that_the_code_expects(self, old: Database, fresh: Database) -> None:
        for store in (old, fresh):
            async with open_store(store.url, clock=ManualClock()):
                pass
        assert await old.run(differences) == []
        assert await old.run(indexes) == await fresh.run(indexes)

    async def test_an_upgrade_that_is_cut_short_leaves_the_old_store(self, old: Database) -> None:
        before = await old.run(all_rows)
        with pytest.raises(CutShortError), cutting_short("CREATE TABLE sla_tickets"):
            async with open_store(old.url, clock=ManualClock()):
                pass
        assert await old.run(all_rows) == before
        async with opened(old) as store:
            assert await store.read(lambda records: records.links.get(LINK)) == FILED

    async def test_commands_beside_the_bot_leave_the_old_store_as_it_is(self, old: Database) -> None:
        before = await old.run(all_rows)
        with pytest.raises(
            StoreError, match=f"its tables are version {self.version}, this one needs {HEAD}.*supportbot run"
        ):
            async with open_store(old.url, clock=ManualClock(), create=False):
                pass
        assert await old.run(all_rows) == before


class ReleaseOneUpgradeContract(UpgradeContract):
    """And a store of the first release."""

    version = "0001"

    async def test_of_several_steps_the_last_one_cut_short_undoes_all(self, old: Database) -> None:
        before = await old.run(all_rows)
        with pytest.raises(CutShortError), cutting_short("CREATE INDEX sla_tickets_open"):
            async with open_store(old.url, clock=ManualClock()):
                pass
        assert await old.run(all_rows) == before


class ReleaseTwoUpgradeContract(UpgradeContract):
    """And a store of the second release."""

    version = "0002"

    async def test_old_tickets_have_no_clocks_yet(self, old: Database) -> None:
        async with opened(old) as store:
            assert await store.read(lambda records: records.sla.of_link(LINK)) is None
            assert await store.read(lambda records: records.sla.running(SlaTicketId(""), 10)) == []

    async def test_what_was_done_to_an_old_ticket_is_found(self, old: Database) -> None:
        async with opened(old) as store:
            assert await store.read(lambda records: records.audit.of("#7")) == [
                AuditLine(at=AT, actor="a", place="p", action="triage", ticket="#7", detail="bug P1")
            ]


class TestSqliteUpgrade(ReleaseOneUpgradeContract):
    @pytest.fixture
    async def old(self, tmp_path: Path) -> Database:
        store = SqliteFile(tmp_path / "old.db")
        await store.run(make_release_one)
        return store

    @pytest.fixture
    def fresh(self, tmp_path: Path) -> Database:
        return SqliteFile(tmp_path / "fresh.db")


@pytest.mark.postgres
class TestPostgresUpgrade(ReleaseOneUpgradeContract):
    @pytest.fixture
    async def old(self, postgres: PostgresServer) -> Database:
        store = PostgresDatabase(await postgres.make_database(f"old{next(_numbers)}"))
        await store.run(make_release_one)
        return store

    @pytest.fixture
    async def fresh(self, postgres: PostgresServer) -> Database:
        return PostgresDatabase(await postgres.make_database(f"fresh{next(_numbers)}"))


class TestSqliteUpgradeOfReleaseTwo(ReleaseTwoUpgradeContract):
    @pytest.fixture
    async def old(self, tmp_path: Path) -> Database:
        store = SqliteFile(tmp_path / "old.db")
        await store.run(make_release_two)
        return store

    @pytest.fixture
    def fresh(self, tmp_path: Path) -> Database:
        return SqliteFile(tmp_path / "fresh.db")


@pytest.mark.postgres
class TestPostgresUpgradeOfReleaseTwo(ReleaseTwoUpgradeContract):
    @pytest.fixture
    async def old(self, postgres: PostgresServer) -> Database:
        store = PostgresDatabase(await postgres.make_database(f"old{next(_numbers)}"))
        await store.run(make_release_two)
        return store

    @pytest.fixture
    async def fresh(self, postgres: PostgresServer) -> Database:
        return PostgresDatabase(await postgres.make_database(f"fresh{next(_numbers)}"))


class CutShortError(Exception):
    """The upgrade ended here."""


@contextmanager
def cutting_short(at: str) -> Iterator[None]:
    """Have the statement that begins so never happen."""

    def cut_short(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.strip().startswith(at):
            raise CutShortError

    sa.event.listen(sa.Engine, "before_cursor_execute", cut_short)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", cut_short)


def opened(old: Database) -> AbstractAsyncContextManager[SqlStore]:
    """The old store, as this version opens it."""
    return open_store(old.url, clock=ManualClock())


def _only(row: Mapping[str, Any], like: Mapping[str, Any]) -> Mapping[str, Any]:
    """The columns that the other row has too."""
    return {name: row[name] for name in like}
