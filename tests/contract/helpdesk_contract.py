"""What every help desk promises: one suite, run on the fake and on the real adapter."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from random import Random
from typing import TypeVar

import pytest

from bot.domain.chat import FileContent, Platform
from bot.domain.errors import DeliveryError, OutcomeUnknownError, PermanentError, TransientError
from bot.domain.helpdesk import NewConversation, NewCustomer, Status, ThreadKind
from bot.domain.ids import CustomerId, TicketNumber, delivery_id
from tests.contract.desk_world import (
    LOG,
    MIA,
    PICTURE,
    WRITTEN,
    ConversationSeen,
    DeskWorld,
    entry,
    quoting_link,
)

T = TypeVar("T")


async def persist(
    world: DeskWorld, make: Callable[[], Awaitable[T]], find: Callable[[], Awaitable[T | None]], trouble: Random
) -> T:
    """Try until it is done, as the outbox does: after an unknown outcome look first, then send again."""
    unknown = False
    while True:
        if trouble.random() < 0.3:
            world.lose_next_answer()
        elif trouble.random() < 0.2:
            world.cut_next_request()
        try:
            found = await find() if unknown else None
            return found if found is not None else await make()
        except OutcomeUnknownError:
            unknown = True
        except TransientError:
            continue


class HelpDeskContract:
    """The promises of ``bot.ports.helpdesk.HelpDesk``. Subclasses give the world."""

    @pytest.fixture
    async def mia(self, world: DeskWorld) -> CustomerId:
        return await world.desk.create_customer(MIA)

    def new(
        self, world: DeskWorld, customer_id: CustomerId, name: str = "opening", *, files: Sequence[FileContent] = ()
    ) -> NewConversation:
        return NewConversation(
            subject=f"About {name}",
            customer_id=customer_id,
            entry=entry(name, files=files),
            asked_after=world.clock.now(),
        )

    async def only(self, world: DeskWorld) -> ConversationSeen:
        (one,) = await world.conversations()
        return one

    async def test_an_opened_conversation_holds_the_message_and_tells_the_number_people_see(
        self, world: DeskWorld, mia: CustomerId
    ) -> None:
        opened = await world.desk.open_conversation(self.new(world, mia))
        seen = await self.only(world)
        assert seen.number == int(opened.number) != int(opened.conversation_id)
        assert (seen.subject, seen.status) == ("About opening", "active")
        assert [thread.kind for thread in seen.threads] == [ThreadKind.CUSTOMER]
        assert "words of opening" in seen.threads[0].text

    async def test_a_conversation_is_found_by_its_number(self, world: DeskWorld, mia: CustomerId) -> None:
        await world.desk.open_conversation(self.new(world, mia, "one"))
        second = await world.desk.open_conversation(self.new(world, mia, "two"))
        found = await world.desk.conversation(second.number)
        assert found is not None
        assert (found.conversation_id, found.number) == (second.conversation_id, second.number)
        assert (found.subject, found.status) == ("About two", Status.ACTIVE)

    async def test_a_mailed_conversation_is_found_by_its_number_with_its_tags(self, world: DeskWorld) -> None:
        number = world.mail("Invoice", "vip")
        found = await world.desk.conversation(number)
        assert found is not None
        assert (found.number, found.subject, found.tags) == (number, "Invoice", ("vip",))

    @pytest.mark.parametrize("status", list(Status))
    async def test_a_conversation_is_found_by_its_number_whatever_its_status(
        self, world: DeskWorld, status: Status
    ) -> None:
        number = world.mail("Invoice")
        found = await world.desk.conversation(number)
        assert found is not None
        await world.desk.set_status(found.conversation_id, status)
        again = await world.desk.conversation(number)
        assert again is not None
        assert again.status is status

    async def test_an_unknown_number_finds_nothing(self, world: DeskWorld, mia: CustomerId) -> None:
        opened = await world.desk.open_conversation(self.new(world, mia))
        assert await world.desk.conversation(TicketNumber(opened.number + 1)) is None
        assert await world.desk.conversation(TicketNumber(opened.conversation_id)) is None

    async def test_a_deleted_conversation_has_no_number_any_more(self, world: DeskWorld, mia: CustomerId) -> None:
        opened = await world.desk.open_conversation(self.new(world, mia))
        world.trash(opened.conversation_id)
        assert await world.desk.conversation(opened.number) is None

    async def test_entries_are_appended_in_order_with_their_kinds(self, world: DeskWorld, mia: CustomerId) -> None:
        opened = await world.desk.open_conversation(self.new(world, mia))
        for name, kind in (("note", ThreadKind.NOTE), ("more", ThreadKind.CUSTOMER), ("reply", ThreadKind.MESSAGE)):
            await world.desk.append(opened.conversation_id, entry(name, kind=kind))
        threads = (await self.only(world)).threads[1:]
        assert [thread.kind for thread in threads] == [ThreadKind.NOTE, ThreadKind.CUSTOMER, ThreadKind.MESSAGE]
        for name, thread in zip(("note", "more", "reply"), threads, strict=True):
            assert f"words of {name}" in thread.text

    async def test_a_message_reopens_a_closed_conversation_and_a_note_does_not(
        self, world: DeskWorld, mia: CustomerId
    ) -> None:
        opened = await world.desk.open_conversation(self.new(world, mia))
        await world.desk.set_status(opened.conversation_id, Status.CLOSED)
        await world.desk.append(opened.conversation_id, entry("note", kind=ThreadKind.NOTE))
        assert (await self.only(world)).status == "closed"
        await world.desk.append(opened.conversation_id, entry("more"))
        assert (await self.only(world)).status == "active"

    # --- lost answers ---

    async def test_a_customer_whose_answer_was_lost_is_found_by_the_platform_id(self, world: DeskWorld) -> None:
        asked_after = world.clock.now()
        await world.desk.create_customer(NewCustomer(platform=Platform.DISCORD, platform_id="99", name="Mia"))
        await world.desk.create_customer(
            NewCustomer(platform=Platform.DISCORD, platform_id="8138478876571238", name="Mia")
        )
        assert await world.desk.find_customer(MIA, asked_after) is None
        world.lose_next_answer()
        with pytest.raises(OutcomeUnknownError):
            await world.desk.create_customer(MIA)
        found = await world.desk.find_customer(MIA, asked_after)
        assert found is not None
        assert len(await world.customer_names()) == 3
        opened = await world.desk.open_conversation(self.new(world, found))
        assert await world.desk.conversation(opened.number) is not None

    async def test_an_opening_whose_answer_was_lost_is_found(self, world: DeskWorld, mia: CustomerId) -> None:
        await world.desk.open_conversation(self.new(world, mia, "another"))
        new = self.new(world, mia)
        world.lose_next_answer()
        with pytest.raises(OutcomeUnknownError):
            await world.desk.open_conversation(new)
        found = await world.desk.find_opened(new)
        assert found is not None
        assert [seen.subject for seen in await world.conversations() if seen.number == found.number] == [
            "About opening"
        ]

    @pytest.mark.parametrize("status", [Status.PENDING, Status.CLOSED, Status.SPAM])
    async def test_an_opening_is_found_though_agents_worked_on_it_since(
        self, world: DeskWorld, mia: CustomerId, status: Status
    ) -> None:
        new = self.new(world, mia)
        opened = await world.desk.open_conversation(new)
        await world.desk.append(opened.conversation_id, entry("note", kind=ThreadKind.NOTE))
        await world.desk.set_status(opened.conversation_id, status)
        assert await world.desk.find_opened(new) == opened

    async def test_an_opening_is_found_in_the_trash(self, world: DeskWorld, mia: CustomerId) -> None:
        new = self.new(world, mia)
        opened = await world.desk.open_conversation(new)
        world.trash(opened.conversation_id)
        assert await world.desk.find_opened(new) == opened

    async def test_an_opening_that_broke_off_is_not_found(self, world: DeskWorld, mia: CustomerId) -> None:
        new = self.new(world, mia)
        world.cut_next_request()
        with pytest.raises(OutcomeUnknownError):
            await world.desk.open_conversation(new)
        assert await world.desk.find_opened(new) is None
        assert await world.conversations() == []

    @pytest.mark.parametrize("kind", WRITTEN)
    async def test_an_entry_whose_answer_was_lost_is_found(
        self, world: DeskWorld, mia: CustomerId, kind: ThreadKind
    ) -> None:
        opened = await world.desk.open_conversation(self.new(world, mia))
        await world.desk.append(opened.conversation_id, entry("before", kind=kind))
        late = entry("late", kind=kind)
        assert await world.desk.find_appended(opened.conversation_id, late) is None
        world.lose_next_answer()
        with pytest.raises(OutcomeUnknownError):
            await world.desk.append(opened.conversation_id, late)
        await world.desk.append(opened.conversation_id, entry("after", kind=kind))
        assert await world.desk.find_appended(opened.conversation_id, late) is not None
        assert len((await self.only(world)).threads) == 4

    @pytest.mark.parametrize("kind", WRITTEN)
    async def test_a_mark_that_somebody_typed_is_not_taken_for_the_entry(
        self, world: DeskWorld, mia: CustomerId, kind: ThreadKind
    ) -> None:
        opened = await world.desk.open_conversation(self.new(world, mia))
        forged = quoting_link("forged", f"https://discord.com/channels/1/2/3#{delivery_id('wanted')}", kind=kind)
        await world.desk.append(opened.conversation_id, forged)
        assert await world.desk.find_appended(opened.conversation_id, entry("wanted", kind=kind)) is None
        assert await world.desk.find_appended(opened.conversation_id, forged) is not None

    async def test_losing_answers_doubles_nothing_and_loses_nothing(self, world: DeskWorld, mia: CustomerId) -> None:
        trouble = Random(20260302)
        expected = []
        for name in [f"request {number}" for number in range(8)]:
            new = self.new(world, mia, name)
            opened = await persist(
                world, partial(world.desk.open_conversation, new), partial(world.desk.find_opened, new), trouble
            )
            parts = [entry(f"{name} part {part}", kind=kind) for part, kind in enumerate([*WRITTEN, *WRITTEN])]
            for part in parts:
                await persist(
                    world,
                    partial(world.desk.append, opened.conversation_id, part),
                    partial(world.desk.find_appended, opened.conversation_id, part),
                    trouble,
                )
            expected.append((opened.number, [f"words of {name}", *(f"words of {name} part {n}" for n in range(6))]))
        seen = await world.conversations()
        assert [one.number for one in seen] == [number for number, _ in expected]
        for one, (_, texts) in zip(seen, expected, strict=True):
            assert len(one.threads) == len(texts)
            assert all(text in thread.text for text, thread in zip(texts, one.threads, strict=True))

    # --- files ---

    async def test_files_are_stored_with_their_entry(self, world: DeskWorld, mia: CustomerId) -> None:
        opened = await world.desk.open_conversation(self.new(world, mia, files=[PICTURE, LOG]))
        appended = await world.desk.append(opened.conversation_id, entry("more", files=[LOG]))
        assert (opened.skipped, appended.skipped) == ((), ())
        first, second = (await self.only(world)).threads
        assert (first.files, second.files) == ((PICTURE.content, LOG.content), (LOG.content,))

    async def test_silently_skipped_files_are_named(self, world: DeskWorld, mia: CustomerId) -> None:
        world.skip_files()
        new = self.new(world, mia, files=[PICTURE, LOG])
        opened = await world.desk.open_conversation(new)
        late = entry("more", files=[LOG])
        appended = await world.desk.append(opened.conversation_id, late)
        assert opened.skipped == ("screen shot.png", "app.log")
        assert appended.skipped == ("app.log",)
        assert await world.desk.find_opened(new) == opened
        assert await world.desk.find_appended(opened.conversation_id, late) == appended

    async def test_what_is_too_large_is_filed_without_its_files(self, world: DeskWorld, mia: CustomerId) -> None:
        world.limit_bytes(2000)
        large = FileContent(name="dump.bin", mime_type="application/octet-stream", content=b"x" * 5000)
        opened = await world.desk.open_conversation(self.new(world, mia, files=[large]))
        appended = await world.desk.append(opened.conversation_id, entry("more", files=[large]))
        assert (opened.skipped, appended.skipped) == ((), ())
        assert [thread.files for thread in (await self.only(world)).threads] == [(), ()]

    # --- triage and status ---

    async def test_triage_replaces_label_and_priority_and_keeps_other_tags(self, world: DeskWorld) -> None:
        found = await world.desk.conversation(world.mail("Broken", "vip", "bug"))
        assert found is not None
        await world.desk.set_triage(found.conversation_id, "bug", "P1")
        assert (await self.only(world)).tags == {"vip", "bug", "P1"}
        for _ in range(2):
            await world.desk.set_triage(found.conversation_id, "question", "P2")
            assert (await self.only(world)).tags == {"vip", "question", "P2"}

    async def test_a_status_is_set_as_often_as_it_is_asked_for(self, world: DeskWorld, mia: CustomerId) -> None:
        opened = await world.desk.open_conversation(self.new(world, mia))
        for status in (Status.CLOSED, Status.CLOSED, Status.ACTIVE, Status.SPAM, Status.PENDING):
            await world.desk.set_status(opened.conversation_id, status)
            assert (await self.only(world)).status == status

    # --- what cannot be done ---

    async def test_a_conversation_that_is_gone_is_a_permanent_error(self, world: DeskWorld, mia: CustomerId) -> None:
        opened = await world.desk.open_conversation(self.new(world, mia))
        world.delete_forever(opened.conversation_id)
        gone = opened.conversation_id
        attempts: list[Callable[[], Awaitable[object]]] = [
            lambda: world.desk.append(gone, entry("late")),
            lambda: world.desk.find_appended(gone, entry("late")),
            lambda: world.desk.set_triage(gone, "bug", "P0"),
            lambda: world.desk.set_status(gone, Status.CLOSED),
        ]
        for attempt in attempts:
            with pytest.raises(PermanentError):
                await attempt()

    async def test_while_it_is_down_everything_is_surely_not_done_and_works_later(
        self, world: DeskWorld, mia: CustomerId
    ) -> None:
        opened = await world.desk.open_conversation(self.new(world, mia))
        new = self.new(world, mia, "later")
        attempts: list[Callable[[], Awaitable[object]]] = [
            lambda: world.desk.create_customer(MIA),
            lambda: world.desk.find_customer(MIA, new.asked_after),
            lambda: world.desk.open_conversation(new),
            lambda: world.desk.find_opened(new),
            lambda: world.desk.append(opened.conversation_id, entry("more")),
            lambda: world.desk.find_appended(opened.conversation_id, entry("more")),
            lambda: world.desk.conversation(opened.number),
            lambda: world.desk.set_triage(opened.conversation_id, "bug", "P0"),
            lambda: world.desk.set_status(opened.conversation_id, Status.CLOSED),
        ]
        await world.go_down()
        for attempt in attempts:
            with pytest.raises(DeliveryError) as raised:
                await attempt()
            assert type(raised.value) is TransientError
        await world.come_back()
        assert [one.number for one in await world.conversations()] == [opened.number]
        await world.desk.open_conversation(new)
        await world.desk.append(opened.conversation_id, entry("more"))
        assert [len(one.threads) for one in await world.conversations()] == [2, 1]

    async def test_an_old_search_does_not_miss_by_some_minutes_of_clock_difference(
        self, world: DeskWorld, mia: CustomerId
    ) -> None:
        new = self.new(world, mia)
        ahead = NewConversation(
            subject=new.subject,
            customer_id=new.customer_id,
            entry=new.entry,
            asked_after=new.asked_after + timedelta(minutes=4),
        )
        opened = await world.desk.open_conversation(ahead)
        assert await world.desk.find_opened(ahead) == opened
