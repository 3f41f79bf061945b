"""Old rows stay readable, hostile ones stay cheap."""

import json
import time
from dataclasses import replace
from typing import get_args

import pytest

from adapters.store.codec import EFFECTS, FETCH_RESULTS, MESSAGES, SLA_TICKETS, storable
from bot.domain.chat import Voice
from bot.domain.effects import (
    AnnounceNumber,
    Assign,
    Effect,
    FileMessage,
    NoteEdit,
    OpenConversation,
    PostReport,
    React,
    RelayReply,
    Say,
    ShowClocks,
    ShowStatus,
    WriteNote,
)
from bot.domain.errors import StoreError
from bot.domain.ids import LinkId
from bot.domain.richtext import Inline, Listing, Paragraph, Quote, RichText, Style, Styled, Text, plain
from bot.domain.sla_ticket import Origin, SlaTicket, SlaTicketId
from tests.contract.release_one import OLD_EFFECTS
from tests.contract.samples import AT, message
from tests.contract.sla_contract import FULL

GAP = "\N{REPLACEMENT CHARACTER}"


def test_fields_that_this_version_does_not_know_are_ignored() -> None:
    old = '{"kind":"react","address":{"platform":"discord","room":"1","chat_thread":null,"more":1},"message_id":"2",'
    effect = EFFECTS.decode(old + '"emoji":"x","added_later":[1]}', "row")
    assert isinstance(effect, React)
    assert effect.message_id == "2"


def test_fields_that_an_older_version_did_not_write_get_their_defaults() -> None:
    effect = EFFECTS.decode('{"kind":"say","address":{"platform":"matrix","room":"1"},"text":{}}', "row")
    assert isinstance(effect, Say)
    assert (effect.mention, effect.text, effect.address.chat_thread) == (None, RichText(), None)
    assert FETCH_RESULTS.decode("{}", "row").files == ()


@pytest.mark.parametrize(("written", "effect"), OLD_EFFECTS.items(), ids=lambda one: getattr(one, "kind", ""))
def test_what_the_first_release_promised_is_read_as_it_was_meant(written: str, effect: Effect) -> None:
    read = EFFECTS.decode(written, "row")
    assert read == effect
    assert type(read) is type(effect)


def test_the_rows_of_the_first_release_cover_every_effect_it_had() -> None:
    newer = {NoteEdit, RelayReply, ShowStatus, Assign, ShowClocks, PostReport}
    assert {type(effect) for effect in OLD_EFFECTS.values()} == set(get_args(Effect)) - newer


def test_what_the_first_release_did_not_say_means_what_it_did() -> None:
    read = {type(effect): EFFECTS.decode(written, "row") for written, effect in OLD_EFFECTS.items()}
    filed, announced, said, noted = (read[kind] for kind in (FileMessage, AnnounceNumber, Say, WriteNote))
    assert isinstance(filed, FileMessage)
    assert (filed.as_note, filed.message.version) == (False, "")
    assert isinstance(announced, AnnounceNumber)
    assert (announced.previous, announced.gone) == (None, False)
    assert isinstance(said, Say)
    assert (said.voice, said.choices, said.menus, said.links, said.pages) == (Voice.BOT, (), (), (), ())
    assert isinstance(noted, WriteNote)
    assert noted.agent_id is None


def test_an_edited_message_with_text_that_no_database_keeps_is_kept() -> None:
    kept = MESSAGES.decode(MESSAGES.encode(message("m", "half \ud83d and nul \x00")), "edited message m")
    assert plain(kept.text) == f"half {GAP} and nul {GAP}"
    with pytest.raises(StoreError, match="content of edited message m cannot be read"):
        MESSAGES.decode(json.dumps({"text": "secret"}), "edited message m")


def test_a_ticket_with_text_that_no_database_keeps_is_kept() -> None:
    hostile = replace(FULL, subject="half \ud83d", excerpt="nul \x00", label="\udc00")
    kept = SLA_TICKETS.decode(storable(SLA_TICKETS.encode(hostile)), "row")
    assert kept == replace(hostile, subject=f"half {GAP}", excerpt=kept.excerpt, label=GAP)
    assert kept.excerpt in {"nul \x00", f"nul {GAP}"}


def test_of_a_ticket_only_what_each_has_must_have_been_written() -> None:
    bare = '{"ticket_id":"t","origin":"discord","received_at":"2026-03-01T12:00:00.123456Z",'
    bare += '"author":"Ann","subject":"S","added_later":{}}'
    assert SLA_TICKETS.decode(bare, "row") == SlaTicket(
        ticket_id=SlaTicketId("t"), origin=Origin.DISCORD, received_at=AT, author="Ann", subject="S"
    )


@pytest.mark.parametrize("row", ['{"kind":"x","text":"secret"}', "{}", "secret", '{"kind":"react","emoji":["secret"]}'])
def test_a_row_that_cannot_be_read_is_named_without_quoting_it(row: str) -> None:
    with pytest.raises(StoreError, match="content of delivery abc cannot be read") as caught:
        EFFECTS.decode(row, "delivery abc")
    assert "secret" not in str(caught.value)


def test_text_that_no_database_keeps_is_replaced_and_the_message_is_kept() -> None:
    hostile = OpenConversation(link_id=LinkId("l"), message=message("m", "half \ud83d and nul \x00 end"))
    kept = EFFECTS.decode(EFFECTS.encode(hostile), "row")
    assert isinstance(kept, OpenConversation)
    assert plain(kept.message.text) == "half \N{REPLACEMENT CHARACTER} and nul \N{REPLACEMENT CHARACTER} end"
    assert (
        storable("\ud83d\ude00 pair \udc00 half \x00")
        == "😀 pair \N{REPLACEMENT CHARACTER} half \N{REPLACEMENT CHARACTER}"
    )
    assert storable("ordinary ümläut 😀") == "ordinary ümläut 😀"


def test_deeply_nested_text_is_read_in_time_that_grows_with_its_length_only() -> None:
    inline: Inline = Text(text="deep")
    for _ in range(80):
        inline = Styled(style=Style.BOLD, children=(inline, inline) if inline.kind == "text" else (inline,))
    effect = OpenConversation(link_id=LinkId("l"), message=message("m"))
    hostile = Say(address=effect.message.address, text=RichText(blocks=(Paragraph(children=(inline,)),)))
    written = EFFECTS.encode(hostile)
    started = time.perf_counter()
    assert EFFECTS.decode(written, "row") == hostile
    assert time.perf_counter() - started < 0.5


def test_every_block_comes_back_as_what_it_was() -> None:
    inner = Paragraph(children=(Text(text="a"),))
    text = RichText(blocks=(Quote(blocks=(Listing(items=((inner, Quote(blocks=(inner,))), (inner,)), ordered=True),)),))
    effect = Say(address=message("m").address, text=text)
    assert EFFECTS.decode(EFFECTS.encode(effect), "row") == effect
