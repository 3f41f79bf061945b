"""What every help desk promises of reading: conversations as they are now, with what agents did in them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.errors import DeliveryError, PermanentError, TransientError
from bot.domain.helpdesk import ConversationView, DeskThread, NewConversation, OpenedConversation, Status, ThreadKind
from bot.domain.ids import ConversationId, ThreadId, delivery_id
from bot.domain.richtext import plain
from tests.contract.desk_world import LOG, MIA, PICTURE, DeskWorld, entry

NEARLY = timedelta(seconds=30)
"""Two readings of one clock that tells whole seconds, on a busy machine."""


async def opened(world: DeskWorld, name: str = "opening") -> OpenedConversation:
    customer_id = await world.desk.create_customer(MIA)
    new = NewConversation(
        subject=f"About {name}", customer_id=customer_id, entry=entry(name), asked_after=world.clock.now()
    )
    return await world.desk.open_conversation(new)


async def read(world: DeskWorld, conversation_id: ConversationId) -> ConversationView:
    view = await world.desk.read(conversation_id)
    assert view is not None
    return view


async def thread(world: DeskWorld, conversation_id: ConversationId, thread_id: ThreadId) -> DeskThread:
    found = (await read(world, conversation_id)).thread(thread_id)
    assert found is not None
    return found


async def changed(world: DeskWorld, since: datetime) -> list[ConversationView]:
    return [view async for view in world.desk.changed(since)]


class HelpDeskReadingContract:
    """The promises of ``bot.ports.helpdesk.HelpDesk`` about reading. Subclasses give the world."""

    async def test_a_conversation_is_read_with_all_its_threads_oldest_first(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        await world.desk.append(ticket.conversation_id, entry("note", kind=ThreadKind.NOTE))
        reply = world.agent_replies(ticket.conversation_id, "Try again.")
        await world.desk.append(ticket.conversation_id, entry("more"))
        view = await read(world, ticket.conversation_id)
        assert (view.conversation_id, view.number) == (ticket.conversation_id, ticket.number)
        assert (view.subject, view.status) == ("About opening", Status.ACTIVE)
        assert (view.is_chat, view.deleted, view.merged_away) == (True, False, False)
        threads = [one for one in view.threads if one.kind is not ThreadKind.LINEITEM]
        assert [(one.kind, one.author) for one in threads] == [
            (ThreadKind.CUSTOMER, None),
            (ThreadKind.NOTE, world.bot),
            (ThreadKind.MESSAGE, world.agent),
            (ThreadKind.CUSTOMER, None),
        ]
        assert [one.mark for one in threads] == [delivery_id("opening"), delivery_id("note"), "", delivery_id("more")]
        assert all(one.published for one in threads)
        assert threads[0].thread_id == ticket.thread_id
        assert threads[2].thread_id == reply
        assert plain(threads[2].text).strip() == "Try again."
        assert "words of more" in plain(threads[3].text)

    async def test_reading_tells_both_clocks(self, world: DeskWorld) -> None:
        await world.later(90)
        ticket = await opened(world)
        view = await read(world, ticket.conversation_id)
        assert abs(view.read_at - world.clock.now()) < NEARLY
        assert abs(view.as_of - world.desk_now()) < NEARLY
        assert abs(view.threads[0].created_at - view.as_of) < NEARLY
        assert view.updated_at is not None
        assert abs(view.updated_at - view.as_of) < NEARLY

    async def test_the_last_act_of_a_user_is_told_apart_from_a_members(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        world.agent_replies(ticket.conversation_id, "Try again.")
        before = (await read(world, ticket.conversation_id)).user_updated_at
        assert before is not None
        await world.later(5)
        await world.desk.append(ticket.conversation_id, entry("more"))
        after = await read(world, ticket.conversation_id)
        assert after.user_updated_at == before
        assert after.updated_at is not None
        assert after.updated_at > before

    async def test_a_mailed_conversation_is_no_chat(self, world: DeskWorld) -> None:
        found = await world.desk.conversation(world.mail("Invoice"))
        assert found is not None
        assert not (await read(world, found.conversation_id)).is_chat

    async def test_a_staff_members_words_from_chat_are_their_reply_and_carry_the_mark(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        said = replace(entry("said", kind=ThreadKind.MESSAGE), agent_id=world.colleague.agent_id)
        appended = await world.desk.append(ticket.conversation_id, said)
        reply = await thread(world, ticket.conversation_id, appended.thread_id)
        assert (reply.kind, reply.published, reply.author) == (ThreadKind.MESSAGE, True, world.colleague)
        assert reply.mark == delivery_id("said")
        assert (await read(world, ticket.conversation_id)).status is Status.PENDING

    async def test_a_note_is_never_a_message(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        note = await thread(world, ticket.conversation_id, world.note(ticket.conversation_id, "She is a big customer."))
        assert (note.kind, note.published, note.author) == (ThreadKind.NOTE, True, world.agent)

    async def test_a_draft_is_not_published_until_it_is_sent_and_is_new_then(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        reply = world.agent_replies(ticket.conversation_id, "Try again.", draft=True)
        draft = await thread(world, ticket.conversation_id, reply)
        assert not draft.published
        assert (await read(world, ticket.conversation_id)).status is Status.ACTIVE
        await world.later(5)
        world.publish(reply)
        sent = await thread(world, ticket.conversation_id, reply)
        assert sent.published
        assert sent.digest == draft.digest
        assert sent.created_at > draft.created_at
        assert (await read(world, ticket.conversation_id)).status is Status.PENDING

    async def test_a_reply_taken_back_is_not_published_any_more(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        reply = world.agent_replies(ticket.conversation_id, "Try again.")
        assert (await thread(world, ticket.conversation_id, reply)).published
        world.undo(reply)
        assert not (await thread(world, ticket.conversation_id, reply)).published

    async def test_a_reply_cannot_be_taken_back_later(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        reply = world.agent_replies(ticket.conversation_id, "Try again.")
        await world.later(1)
        with pytest.raises(ValueError, match="can not be undone"):
            world.undo(reply)

    async def test_an_edit_changes_text_and_digest_of_that_thread_alone(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        first = world.agent_replies(ticket.conversation_id, "Try again.")
        second = world.agent_replies(ticket.conversation_id, "Or restart.")
        before = await read(world, ticket.conversation_id)
        world.edit(first, "Try once more.")
        after = await read(world, ticket.conversation_id)
        edited, was = after.thread(first), before.thread(first)
        assert edited is not None
        assert was is not None
        assert plain(edited.text).strip() == "Try once more."
        assert edited.digest != was.digest
        assert (edited.created_at, edited.published) == (was.created_at, was.published)
        assert after.thread(second) == before.thread(second)

    async def test_the_same_is_read_twice(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        world.agent_replies(ticket.conversation_id, "See the picture.", files=[PICTURE])
        assert (await read(world, ticket.conversation_id)).threads == (
            await read(world, ticket.conversation_id)
        ).threads

    async def test_who_closed_it_and_when_is_told(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        assert (await read(world, ticket.conversation_id)).closed_by is None
        world.close(ticket.conversation_id)
        view = await read(world, ticket.conversation_id)
        assert (view.status, view.closed_by) == (Status.CLOSED, world.agent)
        assert view.closed_at is not None
        assert abs(view.closed_at - view.as_of) < NEARLY
        await world.desk.set_status(ticket.conversation_id, Status.ACTIVE)
        await world.desk.set_status(ticket.conversation_id, Status.CLOSED)
        assert (await read(world, ticket.conversation_id)).closed_by == world.bot

    async def test_what_was_done_stands_in_lines_that_are_no_messages(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        world.close(ticket.conversation_id)
        line = (await read(world, ticket.conversation_id)).threads[-1]
        assert (line.kind, line.action, line.author) == (ThreadKind.LINEITEM, "changed-ticket-status", world.agent)

    async def test_whose_it_is_is_told(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        assert (await read(world, ticket.conversation_id)).assignee is None
        world.assign(ticket.conversation_id, world.colleague)
        assert (await read(world, ticket.conversation_id)).assignee == world.colleague
        world.assign(ticket.conversation_id, None)
        assert (await read(world, ticket.conversation_id)).assignee is None

    async def test_whoever_answers_an_unassigned_conversation_has_it(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        world.agent_replies(ticket.conversation_id, "Try again.")
        assert (await read(world, ticket.conversation_id)).assignee == world.agent

    async def test_a_trashed_conversation_is_read_and_a_members_words_bring_it_back(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        world.trash(ticket.conversation_id)
        view = await read(world, ticket.conversation_id)
        assert (view.deleted, view.merged_away) == (True, False)
        await world.desk.append(ticket.conversation_id, entry("note", kind=ThreadKind.NOTE))
        assert (await read(world, ticket.conversation_id)).deleted
        await world.desk.append(ticket.conversation_id, entry("more"))
        assert not (await read(world, ticket.conversation_id)).deleted
        world.trash(ticket.conversation_id)
        world.restore(ticket.conversation_id)
        assert not (await read(world, ticket.conversation_id)).deleted

    async def test_what_was_deleted_for_good_is_none(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        world.delete_forever(ticket.conversation_id)
        assert await world.desk.read(ticket.conversation_id) is None

    # --- merging ---

    async def test_the_survivor_of_a_merge_holds_the_threads_under_their_ids(self, world: DeskWorld) -> None:
        one, other = await opened(world, "one"), await opened(world, "other")
        reply = world.agent_replies(one.conversation_id, "Try again.")
        world.merge(one.conversation_id, into=other.conversation_id)
        merged = await read(world, one.conversation_id)
        assert merged.merged_away
        assert merged.thread(reply) is None
        assert one.thread_id is not None
        for wanted in ([reply], [one.thread_id], [one.thread_id, reply]):
            survivor = await world.desk.survivor(merged, wanted)
            assert survivor is not None
            assert survivor.conversation_id == other.conversation_id
            assert not survivor.merged_away
            assert survivor.thread(reply) is not None

    async def test_a_survivor_is_found_long_after_whatever_its_status_and_through_a_second_merge(
        self, world: DeskWorld
    ) -> None:
        one, other, last = await opened(world, "one"), await opened(world, "other"), await opened(world, "last")
        assert one.thread_id is not None
        world.merge(one.conversation_id, into=other.conversation_id)
        await world.later(60 * 24 * 40)
        world.merge(other.conversation_id, into=last.conversation_id)
        await world.desk.set_status(last.conversation_id, Status.CLOSED)
        await world.later(60)
        await world.desk.append(one.conversation_id, entry("note", kind=ThreadKind.NOTE))
        survivor = await world.desk.survivor(await read(world, one.conversation_id), [one.thread_id])
        assert survivor is not None
        assert survivor.conversation_id == last.conversation_id

    async def test_threads_that_are_nowhere_have_no_survivor(self, world: DeskWorld) -> None:
        one, other = await opened(world, "one"), await opened(world, "other")
        assert one.thread_id is not None
        world.merge(one.conversation_id, into=other.conversation_id)
        merged = await read(world, one.conversation_id)
        world.delete_forever(other.conversation_id)
        assert await world.desk.survivor(merged, [one.thread_id]) is None
        assert await world.desk.survivor(merged, []) is None

    async def test_a_trashed_conversation_is_no_survivor(self, world: DeskWorld) -> None:
        one, other = await opened(world, "one"), await opened(world, "other")
        assert one.thread_id is not None
        world.merge(one.conversation_id, into=other.conversation_id)
        world.trash(other.conversation_id)
        assert await world.desk.survivor(await read(world, one.conversation_id), [one.thread_id]) is None

    async def test_an_entry_sought_in_a_merged_conversation_is_left_to_a_person(self, world: DeskWorld) -> None:
        one, other = await opened(world, "one"), await opened(world, "other")
        await world.desk.append(one.conversation_id, entry("more"))
        world.merge(one.conversation_id, into=other.conversation_id)
        with pytest.raises(PermanentError, match="merged"):
            await world.desk.find_appended(one.conversation_id, entry("more"))

    # --- what changed ---

    async def test_what_changed_since_is_found_whatever_its_status(self, world: DeskWorld) -> None:
        tickets = [await opened(world, f"request {number}") for number in range(7)]
        ids = [ticket.conversation_id for ticket in tickets]
        await world.later(5)
        since = world.desk_now()
        for conversation_id, status in zip(ids, (Status.CLOSED, Status.PENDING, Status.SPAM), strict=False):
            await world.desk.set_status(conversation_id, status)
        world.agent_replies(ids[3], "Try again.")
        world.trash(ids[4])
        world.merge(ids[5], into=ids[3])
        views = await changed(world, since)
        assert {view.conversation_id for view in views} == set(ids[:6])
        assert {view.conversation_id for view in views if view.deleted} == {ids[4], ids[5]}
        assert {view.conversation_id for view in views if view.merged_away} == {ids[5]}

    async def test_each_changed_conversation_is_shown_as_it_is_read_by_itself(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        world.agent_replies(ticket.conversation_id, "See the picture.", files=[PICTURE])
        world.note(ticket.conversation_id, "She is a big customer.")
        (view,) = await changed(world, world.desk_now() - timedelta(minutes=1))
        alone = await read(world, ticket.conversation_id)
        assert replace(view, read_at=alone.read_at, as_of=alone.as_of) == alone
        assert abs(view.as_of - alone.as_of) < NEARLY

    async def test_what_changed_first_comes_first(self, world: DeskWorld) -> None:
        tickets = [await opened(world, f"request {number}") for number in range(3)]
        since = world.desk_now() - timedelta(minutes=1)
        for ticket in reversed(tickets):
            await world.later(1)
            await world.desk.append(ticket.conversation_id, entry(f"more {ticket.number}"))
        assert [view.conversation_id for view in await changed(world, since)] == [
            ticket.conversation_id for ticket in reversed(tickets)
        ]

    async def test_nothing_changed_is_nothing(self, world: DeskWorld) -> None:
        await opened(world)
        assert await changed(world, world.desk_now() + timedelta(minutes=1)) == []

    # --- files ---

    async def test_files_of_a_reply_are_told_and_fetched(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        reply = world.agent_replies(ticket.conversation_id, "See these.", files=[PICTURE, LOG])
        files = (await thread(world, ticket.conversation_id, reply)).files
        assert [(file.mime_type, file.size_bytes) for file in files] == [
            (PICTURE.mime_type, len(PICTURE.content)),
            (LOG.mime_type, len(LOG.content)),
        ]
        assert files[1].name == LOG.name
        assert [await world.desk.download(file, limit_bytes=1000) for file in files] == [PICTURE.content, LOG.content]

    async def test_a_file_over_the_limit_or_gone_or_elsewhere_is_not_fetched(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        reply = world.agent_replies(ticket.conversation_id, "See this.", files=[PICTURE])
        (file,) = (await thread(world, ticket.conversation_id, reply)).files
        size = len(PICTURE.content)
        assert await world.desk.download(replace(file, size_bytes=None), limit_bytes=size) == PICTURE.content
        for refused, limit in (
            (file, size - 1),
            (replace(file, size_bytes=None), size - 1),
            (replace(file, size_bytes=1), size - 1),
            (replace(file, reference=file.reference.replace("9", "8") + "0"), size),
            (replace(file, reference="https://elsewhere.example/screen.png"), size),
        ):
            with pytest.raises(PermanentError):
                await world.desk.download(refused, limit_bytes=limit)

    # --- trouble ---

    async def test_while_it_is_down_nothing_is_taken_for_gone(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        reply = world.agent_replies(ticket.conversation_id, "See this.", files=[PICTURE])
        view = await read(world, ticket.conversation_id)
        (file,) = (await thread(world, ticket.conversation_id, reply)).files
        attempts: list[Callable[[], Awaitable[object]]] = [
            lambda: world.desk.read(ticket.conversation_id),
            lambda: changed(world, world.desk_now() - timedelta(days=1)),
            lambda: world.desk.survivor(view, [reply]),
            lambda: world.desk.download(file, limit_bytes=1000),
        ]
        await world.go_down()
        for attempt in attempts:
            with pytest.raises(DeliveryError) as raised:
                await attempt()
            assert type(raised.value) is TransientError
        await world.come_back()
        for attempt in attempts:
            await attempt()
