"""What every store promises about customers, memory and the audit log."""

from bot.domain.chat import Platform
from bot.domain.ids import CustomerId
from bot.ports.store import Records
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

    async def test_the_audit_log_takes_every_line(self, store: HealthyStore) -> None:
        async def work(records: Records) -> None:
            for _ in range(2):
                await records.audit.record(
                    at=AT, actor="discord:6", place="discord:42", action="triage", ticket="#1", detail="bug P0"
                )

        await store.write(work)
