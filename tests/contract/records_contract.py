"""What every store promises about customers, memory and the audit log."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.chat import Platform
from bot.domain.ids import CustomerId
from bot.ports.store import AuditLine, Records, Store
from tests.contract.samples import AT
from tests.contract.store_acts import HealthyStore, recall, remember


class OtherRecordsContract:
    """Customers, memory, audit."""

    async def test_a_member_is_found_again_as_the_customer_recorded_last(self, store: HealthyStore) -> None:
        async def work(records: Records) -> list[int | None]:
            await records.customers.add(Platform.DISCORD, "1", CustomerId(5))
            await records.customers.add(Platform.DISCORD, "1", CustomerId(6))
            return [
                await records.customers.get(Platform.DISCORD, "1"),
                await records.customers.get(Platform.MATRIX, "1"),
            ]

        assert await store.write(work) == [6, None]

    async def test_memory_keeps_forgets_and_replaces_entries(self, store: HealthyStore) -> None:
        await remember(store, "a", "1")
        await remember(store, "b", "2")
        await remember(store, "a", "3")
        await remember(store, "b", None)
        await remember(store, "never there", None)
        assert await recall(store) == {"a": "3"}

    async def test_memory_is_recalled_by_owner_and_the_exact_beginning_of_the_name(self, store: HealthyStore) -> None:
        for name in ("gap:!B:x", "gap:!a:x", "GAP:!c", "gap%", "cursor"):
            await remember(store, name, name)
        await remember(store, "gap:other", owner="discord")
        assert list(await recall(store, "gap:")) == ["gap:!B:x", "gap:!a:x"]
        assert list(await recall(store, "gap%")) == ["gap%"]
        assert len(await recall(store)) == 5

    async def test_many_entries_can_be_remembered_at_once(self, store: HealthyStore) -> None:
        entries: dict[str, str | None] = {f"{number:04}": str(number) for number in range(2000)}
        await store.write(lambda records: records.memory.remember("matrix", entries))
        assert await recall(store) == entries

    async def test_the_audit_log_takes_every_line_also_one_twice(self, store: HealthyStore) -> None:
        await note(store, triage("1"), triage("1"))
        assert await noted(store, "1") == [triage("1")] * 2

    async def test_what_was_done_to_a_ticket_is_found_under_any_of_its_names_oldest_first(
        self, store: HealthyStore
    ) -> None:
        lines = [triage("desk:l"), triage("7"), triage("desk:l"), triage("71"), triage("Größe")]
        lines = [replace(line, at=AT + timedelta(microseconds=number)) for number, line in enumerate(lines)]
        await note(store, *lines)
        assert await noted(store, "7", "desk:l", "never recorded") == lines[:3]
        assert await noted(store, "desk:l") == [lines[0], lines[2]]
        assert await noted(store, "Größe") == [lines[4]]
        assert await noted(store) == await noted(store, "desk") == []


def triage(ticket: str) -> AuditLine:
    return AuditLine(at=AT, actor="discord:6", place="discord:42", action="triage", ticket=ticket, detail="bug P0")


async def note(store: Store, *lines: AuditLine) -> None:
    async def work(records: Records) -> None:
        for line in lines:
            await records.audit.record(
                at=line.at,
                actor=line.actor,
                place=line.place,
                action=line.action,
                ticket=line.ticket,
                detail=line.detail,
            )

    await store.write(work)


async def noted(store: Store, *tickets: str) -> list[AuditLine]:
    return list(await store.read(lambda records: records.audit.of(*tickets)))
