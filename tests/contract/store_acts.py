"""Ordinary acts on a store, as the contract performs them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from bot.domain.chat import ChatAddress, Platform
from bot.domain.delivery import Delivery, System
from bot.domain.effects import Effect, React
from bot.domain.ids import DeliveryId, LinkId
from bot.domain.links import ConversationLink
from bot.ports.store import Records, Store
from tests.contract.samples import AT

ROOM = ChatAddress(platform=Platform.DISCORD, room="42")


class HealthyStore(Store, Protocol):
    """A store that also tells whether it can be written."""

    async def writable(self) -> bool: ...


def delivery(name: str, *, effect: Effect | None = None, at: datetime = AT, key: str = "k") -> Delivery:
    return Delivery(
        delivery_id=DeliveryId(name),
        ordering_key=key,
        system=System.DISCORD,
        effect=effect or React(address=ROOM, message_id=name, emoji="👀"),
        created_at=at,
        next_attempt_at=at,
    )


def link(
    name: str, *, chat_thread: str | None = None, opened_at: datetime = AT, author: str = "ann"
) -> ConversationLink:
    thread = chat_thread or name
    return ConversationLink(
        link_id=LinkId(name),
        address=replace(ROOM, chat_thread=thread),
        opening_message_id=thread,
        author_id=author,
        author_name="Ann",
        opened_at=opened_at,
        subject=f"Subject of {name}",
    )


async def add(store: Store, *deliveries: Delivery) -> None:
    async def work(records: Records) -> None:
        await records.outbox.add(*deliveries)

    await store.write(work)


async def save(store: Store, changed: Delivery) -> None:
    async def work(records: Records) -> None:
        await records.outbox.save(changed)

    await store.write(work)


async def add_links(store: Store, *links: ConversationLink) -> None:
    async def work(records: Records) -> None:
        for one in links:
            await records.links.add(one)

    await store.write(work)


async def waiting(store: Store) -> list[str]:
    async def work(records: Records) -> list[str]:
        return [row.delivery_id for _, row in await records.outbox.waiting(0, 1000)]

    return await store.read(work)


async def remember(store: Store, name: str, value: str | None = "x", *, owner: str = "matrix") -> None:
    async def work(records: Records) -> None:
        await records.memory.remember(owner, {name: value})

    await store.write(work)


async def recall(store: Store, prefix: str = "", *, owner: str = "matrix") -> dict[str, str]:
    async def work(records: Records) -> dict[str, str]:
        return dict(await records.memory.recall(owner, prefix))

    return await store.read(work)


def listen(store: Store) -> list[tuple[int, Delivery]]:
    heard: list[tuple[int, Delivery]] = []

    def listener(promised: Sequence[tuple[int, Delivery]]) -> None:
        heard.extend(promised)

    store.on_promised(listener)
    return heard
