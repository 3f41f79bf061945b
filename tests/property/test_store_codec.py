"""Whatever can be promised can be stored and read again."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.store.codec import (
    EFFECTS,
    FETCH_RESULTS,
    MESSAGES,
    SLA_TICKETS,
    from_microseconds,
    storable,
    to_microseconds,
)
from bot.domain.chat import ChatAddress, ChatMessage, Platform
from bot.domain.effects import Effect, FetchResult, React
from bot.domain.richtext import Block, Inline, Listing, Quote, Styled
from bot.domain.sla_ticket import SlaTicket, Told

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=OFFSETS)  # noqa: DTZ001
CENTURY = timedelta(days=36_525)
st.register_type_strategy(datetime, INSTANTS)
st.register_type_strategy(timedelta, st.timedeltas(-CENTURY, CENTURY))
FINITE = st.floats(allow_nan=False, allow_infinity=False)
st.register_type_strategy(Told, st.builds(Told, level=FINITE, at=st.none() | INSTANTS))
st.register_type_strategy(
    Mapping,
    st.dictionaries(st.text("ab"), st.text("ab")).flatmap(lambda some: st.sampled_from([some, MappingProxyType(some)])),
)
st.register_type_strategy(str, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
EFFECT_TYPES = get_args(Effect)


@pytest.mark.parametrize("kind", EFFECT_TYPES, ids=lambda kind: kind.__name__)
def test_every_effect_comes_back_as_it_was(kind: type[Effect]) -> None:
    @given(st.from_type(kind))
    @settings(max_examples=60, deadline=None)
    def check(effect: Effect) -> None:
        kept = EFFECTS.decode(EFFECTS.encode(effect), "row")
        assert kept == effect
        assert type(kept) is type(effect)

    check()


@given(st.from_type(FetchResult))
@settings(deadline=None)
def test_every_fetch_result_comes_back_as_it_was(result: FetchResult) -> None:
    assert FETCH_RESULTS.decode(FETCH_RESULTS.encode(result), "row") == result


@given(st.from_type(ChatMessage))
@settings(deadline=None)
def test_every_edited_message_comes_back_as_it_was(message: ChatMessage) -> None:
    assert MESSAGES.decode(MESSAGES.encode(message), "row") == message


@given(st.from_type(SlaTicket))
@settings(deadline=None)
def test_every_ticket_comes_back_as_it_was(ticket: SlaTicket) -> None:
    kept = SLA_TICKETS.decode(SLA_TICKETS.encode(ticket), "row")
    assert kept == ticket
    assert [type(event.kind) for event in kept.ours] == [type(event.kind) for event in ticket.ours]


@given(st.text(max_size=50))
def test_any_text_whatever_can_be_stored(text: str) -> None:
    place = ChatAddress(platform=Platform.DISCORD, room="1")
    kept = EFFECTS.decode(EFFECTS.encode(React(address=place, message_id=text, emoji="x")), "row")
    assert isinstance(kept, React)
    assert len(kept.message_id) == len(text)
    assert kept.message_id == text or storable(text) != text


@given(INSTANTS)
def test_instants_are_kept_to_the_microsecond(at: datetime) -> None:
    kept = from_microseconds(to_microseconds(at))
    assert kept == at.astimezone(UTC)
    assert kept.tzinfo is UTC


def test_kinds_are_unique_and_every_union_is_told_apart_by_them() -> None:
    for union in (Effect, Block, Inline):
        members = get_args(union)
        kinds = [one.__dataclass_fields__["kind"].default for one in members]
        assert len(set(kinds)) == len(members)
        assert all(is_dataclass(one) for one in members)
    assert {Quote, Listing} <= set(get_args(Block))
    assert Styled in get_args(Inline)
