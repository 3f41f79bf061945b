"""What every help desk promises to whoever watches response times: who has a ticket, since when, and how it stands."""

from collections.abc import Awaitable, Callable

import pytest

from bot.domain.errors import DeliveryError, PermanentError, TransientError
from bot.domain.helpdesk import Status, ThreadKind
from bot.domain.ids import AgentId, ConversationId
from tests.contract.desk_world import DeskWorld, entry
from tests.contract.helpdesk_reading_contract import NEARLY, opened, read, thread

NOBODY = AgentId(999)


async def mailed(world: DeskWorld) -> ConversationId:
    found = await world.desk.conversation(world.mail("Invoice"))
    assert found is not None
    return found.conversation_id


async def statuses(world: DeskWorld, conversation_id: ConversationId) -> list[tuple[str, Status | None]]:
    threads = (await read(world, conversation_id)).threads
    return [(one.action or one.kind, one.status) for one in threads]


class HelpDeskSlaContract:
    """The promises of ``bot.ports.helpdesk.HelpDesk`` about response times. Subclasses give the world."""

    # --- who has it ---

    async def test_a_ticket_is_assigned_in_the_bots_name_whoever_had_it(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        for agent in (world.agent, world.colleague):
            await world.desk.assign(ticket.conversation_id, agent.agent_id)
            view = await read(world, ticket.conversation_id)
            assert view.assignee == agent
            assert (view.threads[-1].action, view.threads[-1].author) == ("changed-ticket-assignee", world.bot)

    async def test_assigning_to_whoever_has_it_leaves_no_trace(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        await world.desk.assign(ticket.conversation_id, world.agent.agent_id)
        before = await read(world, ticket.conversation_id)
        await world.later(1)
        await world.desk.assign(ticket.conversation_id, world.agent.agent_id)
        after = await read(world, ticket.conversation_id)
        assert (after.threads, after.updated_at) == (before.threads, before.updated_at)

    async def test_nobody_is_assigned_who_is_not_there(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        with pytest.raises(PermanentError, match="User not found"):
            await world.desk.assign(ticket.conversation_id, NOBODY)
        assert (await read(world, ticket.conversation_id)).assignee is None

    # --- the clocks ---

    async def test_the_clocks_of_a_ticket_are_shown_as_they_were_told_last(self, world: DeskWorld) -> None:
        assert world.desk.shows_clocks
        ticket, other = await opened(world), await opened(world, "other")
        for text in ("first answer by Tue 11:00", "answered in time", "answered in time"):
            await world.desk.show_clocks(ticket.conversation_id, text)
            assert world.clocks_shown(ticket.conversation_id) == text
        assert world.clocks_shown(other.conversation_id) == ""

    async def test_showing_the_clocks_changes_nothing_else(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        before = await read(world, ticket.conversation_id)
        await world.desk.show_clocks(ticket.conversation_id, "first answer by Tue 11:00")
        after = await read(world, ticket.conversation_id)
        assert (after.threads, after.status, after.subject) == (before.threads, before.status, before.subject)

    async def test_a_field_that_is_gone_is_a_permanent_error(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        world.take_clocks_field()
        with pytest.raises(PermanentError):
            await world.desk.show_clocks(ticket.conversation_id, "first answer by Tue 11:00")

    async def test_the_address_agents_open_names_the_id_and_not_the_number(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        address = world.desk.address_of(ticket.conversation_id)
        assert address.startswith("http")
        assert address.endswith(f"/conversation/{ticket.conversation_id}")

    # --- when, where, who ---

    async def test_when_it_began_is_told_and_stays(self, world: DeskWorld) -> None:
        await world.later(90)
        ticket = await opened(world)
        before = await read(world, ticket.conversation_id)
        assert before.created_at is not None
        assert abs(before.created_at - world.desk_now()) < NEARLY
        await world.later(5)
        await world.desk.append(ticket.conversation_id, entry("more"))
        after = await read(world, ticket.conversation_id)
        assert after.created_at == before.created_at

    async def test_the_mailbox_it_is_in_by_now_is_told(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        assert (await read(world, ticket.conversation_id)).mailbox_id == world.mailbox_id
        other = world.move(ticket.conversation_id)
        assert (await read(world, ticket.conversation_id)).mailbox_id == other != world.mailbox_id

    async def test_whose_ticket_it_is_is_told_by_name(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        assert (await read(world, ticket.conversation_id)).customer_name == "Mia (Discord)"
        assert (await read(world, await mailed(world))).customer_name == "Mia"

    # --- what its entries left it in ---

    async def test_every_entry_tells_the_status_it_left_if_it_left_any(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        await world.desk.append(ticket.conversation_id, entry("note", kind=ThreadKind.NOTE))
        await world.later(1)
        await world.desk.append(ticket.conversation_id, entry("answer", kind=ThreadKind.MESSAGE))
        await world.desk.append(ticket.conversation_id, entry("more"))
        await world.later(1)
        world.agent_replies(ticket.conversation_id, "Done.", status=Status.CLOSED)
        await world.later(1)
        world.note(ticket.conversation_id, "She is a big customer.")
        await world.later(1)
        world.assign(ticket.conversation_id, world.colleague)
        await world.desk.set_status(ticket.conversation_id, Status.ACTIVE)
        assert await statuses(world, ticket.conversation_id) == [
            ("customer", Status.ACTIVE),
            ("note", None),
            ("message", Status.PENDING),
            ("customer", Status.ACTIVE),
            ("message", Status.CLOSED),
            ("note", Status.CLOSED),
            ("changed-ticket-assignee", None),
            ("changed-ticket-status", Status.ACTIVE),
        ]

    async def test_a_draft_leaves_no_status_until_it_is_sent(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        reply = world.agent_replies(ticket.conversation_id, "Try again.", draft=True)
        assert (await thread(world, ticket.conversation_id, reply)).status is None
        world.publish(reply)
        assert (await thread(world, ticket.conversation_id, reply)).status is Status.PENDING
        world.undo(reply)
        assert (await thread(world, ticket.conversation_id, reply)).status is None

    async def test_a_mailed_conversation_goes_back_and_forth_by_the_help_desks_clock(self, world: DeskWorld) -> None:
        conversation_id = await mailed(world)
        began = world.desk_now()
        await world.later(10)
        world.agent_replies(conversation_id, "See attached.")
        await world.later(20)
        again = world.mail_again(conversation_id, "Thanks, one more thing.")
        view = await read(world, conversation_id)
        assert [(one.kind, one.status, one.author) for one in view.threads] == [
            (ThreadKind.CUSTOMER, Status.ACTIVE, None),
            (ThreadKind.MESSAGE, Status.PENDING, world.agent),
            (ThreadKind.CUSTOMER, Status.ACTIVE, None),
        ]
        assert view.threads[-1].thread_id == again
        passed = [round((one.created_at - began).total_seconds() / 60) for one in view.threads]
        assert passed == [0, 10, 30]
        assert (view.status, view.is_chat) == (Status.ACTIVE, False)

    # --- trouble ---

    async def test_a_ticket_that_is_gone_can_be_neither_assigned_nor_written_to(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        world.delete_forever(ticket.conversation_id)
        for attempt in self._attempts(world, ticket.conversation_id):
            with pytest.raises(PermanentError):
                await attempt()

    async def test_while_it_is_down_it_is_surely_not_done_and_works_later(self, world: DeskWorld) -> None:
        ticket = await opened(world)
        await world.go_down()
        for attempt in self._attempts(world, ticket.conversation_id):
            with pytest.raises(DeliveryError) as raised:
                await attempt()
            assert type(raised.value) is TransientError
        await world.come_back()
        for attempt in self._attempts(world, ticket.conversation_id):
            await attempt()
        assert (await read(world, ticket.conversation_id)).assignee == world.agent

    def _attempts(self, world: DeskWorld, conversation_id: ConversationId) -> list[Callable[[], Awaitable[None]]]:
        return [
            lambda: world.desk.assign(conversation_id, world.agent.agent_id),
            lambda: world.desk.show_clocks(conversation_id, "first answer by Tue 11:00"),
        ]
