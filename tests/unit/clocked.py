"""What tests about clocks have in common."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.chat import Author, Platform
from bot.domain.clock_state import ClockStage, ClockState, States
from bot.domain.helpdesk import ThreadKind
from bot.domain.sla_policy import ClockKind
from bot.domain.sla_ticket import SlaTicket
from tests.fakes.chat import Posted
from tests.fakes.desk_records import FiledConversation
from tests.fakes.rig import STAFF, SUPPORT, Rig

THREAD = replace(SUPPORT, chat_thread="m1")
TOM_HERE = Author(platform=Platform.DISCORD, user_id="tom", name="Tom", roles=frozenset({"staff"}))
"""Staff, no triager, and not mapped to a FreeScout user."""

TRIAGE, RESPONSE, RESOLUTION = ClockKind.TRIAGE, ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """An instant of March 2026 in UTC; the tests begin on Monday 2, 9:00, which is 10:00 in Berlin."""
    return datetime(2026, 3, day, hour, minute, second, tzinfo=UTC)


def tracked(rig: Rig) -> Sequence[SlaTicket]:
    """Every ticket with clocks, in the order in which they were received."""
    return sorted((ticket for ticket, _ in rig.store.contents.sla.values()), key=lambda one: one.received_at)


def only(rig: Rig) -> SlaTicket:
    """The one ticket with clocks."""
    (ticket,) = tracked(rig)
    return ticket


def of(rig: Rig, filed: FiledConversation) -> SlaTicket:
    """The clocks of this conversation."""
    (ticket,) = (one for one in tracked(rig) if one.conversation_id == filed.conversation_id)
    return ticket


def states(rig: Rig, ticket: SlaTicket | None = None) -> States:
    """How the clocks stand now."""
    return rig.core.clockwork.time.states(ticket or only(rig))


def clock(rig: Rig, kind: ClockKind, ticket: SlaTicket | None = None) -> ClockState:
    """How one of them stands now."""
    return states(rig, ticket)[kind]


def stages(rig: Rig, ticket: SlaTicket | None = None) -> Sequence[ClockStage]:
    """Triage, first response, resolution."""
    return [state.stage for state in states(rig, ticket).values()]


def told(rig: Rig) -> Sequence[Posted]:
    """What staff was told in Discord, cards left out."""
    return [one for one in rig.discord.posted if one.message.address == STAFF]


def pages(rig: Rig) -> Sequence[tuple[str, ...]]:
    """Whom each message paged, on both platforms."""
    said = (*rig.discord.posted, *rig.discord.cards, *rig.matrix.posted, *rig.matrix.cards)
    return [one.message.pages for one in said if one.message.pages]


def notes(filed: FiledConversation) -> Sequence[str]:
    """The internal notes of a conversation."""
    return [one.text for one in filed.of_kind(ThreadKind.NOTE)]


async def pass_until(rig: Rig, then: datetime) -> None:
    """Time passes up to this instant, and the watch looks once."""
    await rig.pass_time(then - rig.clock.now())
    await rig.watch()
