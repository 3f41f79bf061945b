"""What a look into the help desk tells about the clocks of a ticket."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.clock_state import ClockStage
from bot.domain.helpdesk import Agent, ConversationView, DeskThread, Status, ThreadKind
from bot.domain.ids import AgentId, ConversationId, ThreadId, TicketNumber
from bot.domain.richtext import from_plain
from bot.domain.sla_events import EventKind, TicketEvent
from bot.domain.sla_views import desk_events, opening_of, received_at, takes_back_until
from tests.unit.sla_story import RESOLUTION, SECOND, a_ticket, at, states

BOT, LENA = AgentId(1), Agent(agent_id=AgentId(7), first_name="Lena")
UNDO = 15 * SECOND


def entry(thread_id: int, kind: ThreadKind, when: str, **more: object) -> DeskThread:
    thread = DeskThread(
        thread_id=ThreadId(thread_id),
        kind=kind,
        published=True,
        text=from_plain("Hello"),
        digest="",
        created_at=at(when),
    )
    return replace(thread, **more)  # type: ignore[arg-type]


def asked(thread_id: int, when: str, **more: object) -> DeskThread:
    return entry(thread_id, ThreadKind.CUSTOMER, when, **more)


def reply(thread_id: int, when: str, **more: object) -> DeskThread:
    return entry(thread_id, ThreadKind.MESSAGE, when, **{"author": LENA, **more})


def line(thread_id: int, when: str, **more: object) -> DeskThread:
    return entry(thread_id, ThreadKind.LINEITEM, when, **{"author": LENA, **more})


def view(*threads: DeskThread, as_of: str = "fri 09:00", **more: object) -> ConversationView:
    """Its status is that of the last entry that names one."""
    told = [one.status for one in threads if one.status is not None]
    found = ConversationView(
        conversation_id=ConversationId(5),
        number=TicketNumber(1005),
        subject="",
        status=told[-1] if told else Status.ACTIVE,
        is_chat=False,
        deleted=False,
        read_at=at(as_of),
        as_of=at(as_of),
        created_at=at("mon 09:00"),
        updated_at=at("thu 12:00"),
        threads=threads,
    )
    return replace(found, **more)  # type: ignore[arg-type]


def events(seen: ConversationView, *, by_mail: bool = True) -> tuple[TicketEvent, ...]:
    return desk_events(seen, by_mail=by_mail, bot_user_id=BOT, undo=UNDO)


def told(seen: ConversationView, *, by_mail: bool = True) -> list[tuple[EventKind, object]]:
    return [(one.kind, one.at) for one in events(seen, by_mail=by_mail)]


class TestWords:
    def test_the_customer_is_heard(self) -> None:
        assert told(view(asked(1, "mon 09:00"))) == [(EventKind.CUSTOMER_WROTE, at("mon 09:00"))]

    def test_what_the_bot_filed_of_a_chat_was_said_there_and_maybe_long_before(self) -> None:
        filed, by_hand = asked(1, "mon 09:00", mark="d1"), asked(2, "mon 10:00")
        assert told(view(filed, by_hand), by_mail=False) == [(EventKind.CUSTOMER_WROTE, at("mon 10:00"))]
        assert len(told(view(filed, by_hand), by_mail=True)) == 2

    def test_an_answer_by_mail_counts_when_it_was_written(self) -> None:
        assert told(view(reply(1, "mon 10:00"))) == [(EventKind.ANSWERED, at("mon 10:00"))]
        assert events(view(reply(1, "mon 10:00")))[0].by_person

    def test_one_in_a_chat_ticket_counts_when_it_appears_in_chat(self) -> None:
        assert told(view(reply(1, "mon 10:00")), by_mail=False) == []

    def test_the_bots_own_is_by_no_person(self) -> None:
        (found,) = events(view(reply(1, "mon 10:00", author=replace(LENA, agent_id=BOT))))
        assert not found.by_person

    @pytest.mark.parametrize("kind", [ThreadKind.NOTE, ThreadKind.LINEITEM])
    def test_notes_and_line_items_are_no_answers(self, kind: ThreadKind) -> None:
        assert told(view(entry(1, kind, "mon 10:00", author=LENA))) == []

    def test_drafts_do_not_count(self) -> None:
        assert told(view(reply(1, "mon 10:00", published=False), asked(2, "mon 10:00", published=False))) == []

    def test_an_answer_counts_once_it_cannot_be_taken_back(self) -> None:
        young = view(reply(1, "mon 10:00"), as_of="mon 10:00")
        assert told(young) == []
        assert takes_back_until(young, undo=UNDO) == UNDO
        old = replace(young, as_of=at("mon 10:00") + UNDO)
        assert told(old) == [(EventKind.ANSWERED, at("mon 10:00"))]
        assert takes_back_until(old, undo=UNDO) is None


class TestStatus:
    def test_a_change_is_told_by_the_entry_that_made_it(self) -> None:
        seen = view(asked(1, "mon 09:00", status=Status.ACTIVE), line(2, "mon 12:00", status=Status.CLOSED))
        assert told(seen)[1:] == [(EventKind.STATUS, at("mon 12:00"))]
        assert events(seen)[1].status is Status.CLOSED

    def test_what_stays_the_same_is_no_change(self) -> None:
        seen = view(line(1, "mon 10:00", status=Status.PENDING), line(2, "mon 11:00", status=Status.PENDING))
        assert told(seen) == [(EventKind.STATUS, at("mon 10:00"))]

    def test_every_change_is_told_in_its_order(self) -> None:
        threads = (
            line(1, "mon 10:00", status=Status.CLOSED),
            asked(2, "mon 11:00", status=Status.ACTIVE),
            line(3, "mon 12:00", status=Status.CLOSED),
        )
        found = [one.status for one in events(view(*threads)) if one.kind is EventKind.STATUS]
        assert found == [Status.CLOSED, Status.ACTIVE, Status.CLOSED]
        assert events(view(*reversed(threads), status=Status.CLOSED)) == events(view(*threads))

    def test_a_closing_that_no_entry_tells_of_is_dated_by_the_conversation(self) -> None:
        seen = view(asked(1, "mon 09:00"), status=Status.CLOSED, closed_at=at("tue 10:00"))
        assert told(seen)[-1] == (EventKind.STATUS, at("tue 10:00"))

    def test_another_change_by_what_a_user_did_last(self) -> None:
        seen = view(asked(1, "mon 09:00"), status=Status.PENDING, user_updated_at=at("tue 10:00"))
        assert told(seen)[-1] == (EventKind.STATUS, at("tue 10:00"))

    def test_it_is_never_dated_before_the_entries_it_follows(self) -> None:
        seen = view(asked(1, "wed 09:00"), status=Status.CLOSED, closed_at=at("tue 10:00"))
        assert told(seen)[-1] == (EventKind.STATUS, at("wed 09:00"))

    def test_an_answer_that_asks_pauses_from_itself_on(self) -> None:
        seen = view(asked(1, "mon 09:00"), reply(2, "mon 10:00", status=Status.PENDING))
        state = states(replace(a_ticket(), desk=events(seen)), "mon 12:00")[RESOLUTION]
        assert (state.stage, state.consumed) == (ClockStage.PAUSED, timedelta(hours=1))


class TestEnds:
    def test_a_deleted_conversation_is_cancelled(self) -> None:
        found = events(view(asked(1, "mon 09:00"), deleted=True, user_updated_at=at("tue 10:00")))[-1]
        assert (found.kind, found.at, found.reason) == (EventKind.CANCELLED, at("tue 10:00"), "deleted")

    def test_one_whose_entries_went_elsewhere_was_merged(self) -> None:
        found = events(view(line(1, "tue 10:00", action="merged"), deleted=True))[-1]
        assert (found.kind, found.reason) == (EventKind.CANCELLED, "merged")

    def test_spam_is_a_status(self) -> None:
        found = events(view(asked(1, "mon 09:00"), status=Status.SPAM, deleted=True, user_updated_at=at("tue 10:00")))
        assert [(one.kind, one.status) for one in found[1:]] == [(EventKind.STATUS, Status.SPAM)]

    def test_what_was_resolved_and_thrown_away_later_stays_resolved(self) -> None:
        seen = view(
            asked(1, "mon 09:00"),
            reply(2, "mon 10:00", status=Status.CLOSED),
            deleted=True,
            closed_at=at("mon 10:00"),
            user_updated_at=at("thu 10:00"),
        )
        assert states(replace(a_ticket(), desk=events(seen)), "fri 09:00")[RESOLUTION].is_met


@pytest.mark.parametrize(
    "seen",
    [
        view(asked(1, "mon 09:00"), reply(2, "mon 10:00"), status=Status.PENDING),
        view(asked(1, "mon 09:00"), status=Status.CLOSED, updated_at=None, user_updated_at=at("tue 10:00")),
    ],
)
def test_the_same_look_always_tells_the_same(seen: ConversationView) -> None:
    later = replace(seen, as_of=at("next fri 09:00"), read_at=at("next fri 09:00"))
    assert events(later) == events(seen)


class TestOpening:
    def test_of_merged_conversations_the_older_ones_time_counts(self) -> None:
        assert received_at(view(asked(9, "tue 10:00"), asked(3, "mon 08:00"))) == at("mon 08:00")

    def test_without_words_it_is_when_the_conversation_began(self) -> None:
        assert received_at(view(line(1, "tue 10:00"))) == at("mon 09:00")

    def test_a_request_begins_with_the_customers_words(self) -> None:
        first = asked(1, "mon 09:00")
        assert opening_of(view(line(0, "mon 08:00"), first, reply(2, "mon 10:00"))) == first

    def test_what_the_team_began_is_no_request(self) -> None:
        assert opening_of(view(reply(1, "mon 09:00"), asked(2, "mon 10:00"))) is None
        assert opening_of(view()) is None
