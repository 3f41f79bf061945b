"""Long texts and files on Discord: said in parts, each once and whole, whatever happens between them."""

import re
from collections.abc import AsyncIterator

import pytest

from bot.domain.chat import ChatChoice, FileContent, OutgoingMessage
from bot.domain.errors import FilesRefusedError, OutcomeUnknownError, PermanentError, TransientError
from bot.domain.ids import delivery_id
from bot.domain.richtext import Block, CodeBlock, RichText, from_plain, paragraph
from sandbox.discord import DiscordSimulator, Message, Pings
from sandbox.discord.faults import FaultKind
from tests.fakes.discord_rig import Rig

pytest_plugins = ["tests.integration.discord_fixtures"]

POSTS = r"/channels/\d+/messages"
YES, NO = ChatChoice(choice="ask:1:yes", label="Yes", emoji="✅"), ChatChoice(choice="ask:1:no", label="No", emoji="❌")


@pytest.fixture
async def rig(sim: DiscordSimulator) -> AsyncIterator[Rig]:
    made = Rig(sim)
    yield made
    await made.stop()
    assert sim.problems == []


def manual() -> RichText:
    """Some 12,000 characters, every word and line of code another."""
    blocks: list[Block] = []
    for chapter in range(12):
        blocks.append(paragraph(" ".join(f"word{chapter}x{number}" for number in range(60))))
        lines = "\n".join(f"    call_{chapter}_{number}()" for number in range(20))
        blocks.append(CodeBlock(text=f"def chapter_{chapter}():\n{lines}", language="python"))
    return RichText(blocks=tuple(blocks))


def answer(
    rig: Rig,
    text: RichText,
    cause: str = "answer",
    *,
    mention: str | None = None,
    choices: tuple[ChatChoice, ...] = (),
    files: tuple[FileContent, ...] = (),
) -> OutgoingMessage:
    return OutgoingMessage(
        delivery_id=delivery_id("test", cause),
        address=rig.address(),
        text=text,
        mention=mention,
        choices=choices,
        files=files,
    )


def file(name: str, content: bytes) -> FileContent:
    return FileContent(name=name, mime_type="application/octet-stream", content=content)


def said(rig: Rig) -> list[Message]:
    return rig.sim.messages(rig.support.id)


def lose_answer_of(rig: Rig, number: int, kind: FaultKind = "lose_answer") -> None:
    """The n-th post from now on fails: done but unanswered, or cut off before any work."""
    if number > 1:
        rig.sim.faults.add(method="POST", path=POSTS, kind="delay", delay_seconds=0, times=number - 1)
    rig.sim.faults.add(method="POST", path=POSTS, kind=kind)


async def restarted(rig: Rig, *, nonces_kept: bool = False) -> None:
    """A new process ten minutes later; history does not tell nonces."""
    await rig.stop()
    rig.sim.advance(600)
    for message in said(rig) if not nonces_kept else ():
        message.nonce = None
    rig.adapter = rig.make()


async def test_twelve_thousand_characters_arrive_whole_with_one_ping(rig: Rig) -> None:
    text = manual()
    sent = await rig.adapter.send(answer(rig, text, mention=str(rig.ana.id)))
    messages = said(rig)
    assert sent.message_ids == tuple(str(message.id) for message in messages)
    assert sent.complete
    assert all(len(message.content) <= 2000 for message in messages)
    assert all(message.content.count("```") % 2 == 0 for message in messages)
    assert [message.notified for message in messages] == [
        Pings(users=frozenset({rig.ana.id})),
        *([Pings()] * (len(messages) - 1)),
    ]
    whole = "\n".join(message.content for message in messages)
    words = re.findall(r"word\w+|call_\w+\(\)|def chapter_\w+", whole)
    expected = [
        word
        for chapter in range(12)
        for word in (
            *(f"word{chapter}x{number}" for number in range(60)),
            f"def chapter_{chapter}",
            *(f"call_{chapter}_{number}()" for number in range(20)),
        )
    ]
    assert words == expected
    assert 6 <= len(messages) <= 12


async def test_every_part_has_its_own_short_nonce_and_the_first_is_the_delivery(rig: Rig) -> None:
    message = answer(rig, manual())
    await rig.adapter.send(message)
    nonces = [str(each.nonce) for each in said(rig)]
    assert nonces[0] == message.delivery_id
    assert len(set(nonces)) == len(nonces)
    assert all(len(nonce) <= 25 for nonce in nonces)


@pytest.mark.parametrize("number", [1, 2, 4])
async def test_a_lost_answer_between_parts_doubles_none(rig: Rig, number: int) -> None:
    message = answer(rig, manual())
    lose_answer_of(rig, number)
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.send(message)
    sent = await rig.adapter.send(message)
    contents = [each.content for each in said(rig)]
    assert len(set(contents)) == len(contents)
    assert sent.message_ids == tuple(str(each.id) for each in said(rig))


@pytest.mark.parametrize("kind", ["lose_answer", "reset"])
@pytest.mark.parametrize("number", [1, 2, 4])
async def test_a_kill_between_parts_is_gone_on_with_behind_what_was_said(
    rig: Rig, number: int, kind: FaultKind
) -> None:
    message = answer(rig, manual(), mention=str(rig.ana.id), choices=(YES, NO), files=(file("a.bin", b"A" * 99),))
    lose_answer_of(rig, number, kind)
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.send(message)
    begun = len(said(rig))
    tried_at = rig.clock.now()
    await restarted(rig)
    found = await rig.adapter.find_sent(message, tried_at)
    assert (0 if found is None else len(found.message_ids)) == begun
    assert found is None or not found.complete
    sent = await rig.adapter.send(message, begun=found)
    contents = [each.content for each in said(rig)]
    assert len(set(contents)) == len(contents)
    assert sent.message_ids == tuple(str(each.id) for each in said(rig))
    await restarted(rig)
    assert await rig.adapter.find_sent(message, tried_at) == sent


async def test_a_part_that_fails_without_doubt_leaves_those_before_it_said_once(rig: Rig) -> None:
    message = answer(rig, manual())
    rig.sim.faults.add(method="POST", path=POSTS, kind="delay", delay_seconds=0, times=2)
    rig.sim.faults.add(method="POST", path=POSTS, kind="rate_limit", retry_after=90)
    with pytest.raises(TransientError):
        await rig.adapter.send(message)
    rig.sim.advance(600)
    await rig.adapter.send(message)
    contents = [each.content for each in said(rig)]
    assert len(set(contents)) == len(contents)


async def test_the_same_words_twice_in_a_row_are_both_said(rig: Rig) -> None:
    first, second = answer(rig, from_plain("done"), "first"), answer(rig, from_plain("done"), "second")
    one = await rig.adapter.send(first)
    rig.sim.faults.add(method="POST", path=POSTS, kind="reset")
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.send(second)
    await restarted(rig)
    found = await rig.adapter.find_sent(second, rig.clock.now(), frozenset(one.message_ids))
    assert found is None
    await rig.adapter.send(second, begun=found)
    assert [each.content for each in said(rig)] == ["done", "done"]


async def test_among_equal_beginnings_the_one_that_goes_on_is_found(rig: Rig) -> None:
    text = manual()
    await rig.adapter.send(answer(rig, text, "whole"))
    whole = tuple(str(each.id) for each in said(rig))
    lose_answer_of(rig, 2)
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.send(answer(rig, text, "another"))
    await restarted(rig)
    found = await rig.adapter.find_sent(answer(rig, text, "another"), rig.clock.now(), frozenset(whole))
    assert found is not None
    assert found.message_ids == tuple(str(each.id) for each in said(rig)[-2:])
    assert not found.complete


async def test_of_several_runs_with_the_same_words_the_latest_counts(rig: Rig) -> None:
    text = manual()
    lose_answer_of(rig, 2, "reset")
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.send(answer(rig, text, "broken off"))
    sent = await rig.adapter.send(answer(rig, text, "whole"))
    await restarted(rig)
    assert await rig.adapter.find_sent(answer(rig, text, "whole"), rig.clock.now()) == sent


async def test_who_repeats_the_bots_words_is_not_taken_for_it(rig: Rig) -> None:
    message = answer(rig, manual())
    lose_answer_of(rig, 1)
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.send(message)
    await rig.sim.post(rig.bob, rig.support.id, said(rig)[0].content)
    sent = await rig.adapter.send(message, begun=await rig.adapter.find_sent(message, rig.clock.now()))
    ours = [str(each.id) for each in said(rig) if each.author == rig.sim.bot_user]
    assert sent.message_ids == tuple(ours)
    await restarted(rig)
    assert await rig.adapter.find_sent(message, rig.clock.now()) == sent


async def test_choices_are_buttons_under_the_last_words(rig: Rig) -> None:
    await rig.adapter.send(answer(rig, manual(), choices=(YES, NO)))
    *before, last = said(rig)
    assert all(message.components == [] for message in before)
    (row,) = last.components
    shown = [(each["custom_id"], each["label"], each["emoji"]["name"]) for each in row["components"]]
    assert shown == [("ask:1:yes", "Yes", "✅"), ("ask:1:no", "No", "❌")]


async def test_files_arrive_byte_for_byte_under_their_names(rig: Rig) -> None:
    contents = {"bin.dat": bytes(range(256)) + b"\r\n--x\r\n", "Übersicht 1.txt": b"2", 'so"\r\nnot.txt': b"3"}
    files = tuple(file(name, content) for name, content in contents.items())
    await rig.adapter.send(answer(rig, from_plain("see these"), files=files))
    (message,) = said(rig)
    assert message.content == "see these"
    stored = [(each.filename, each.content) for each in message.attachments]
    assert stored == [("bin.dat", contents["bin.dat"]), ("Übersicht 1.txt", b"2"), ("so_not.txt", b"3")]


async def test_files_alone_need_no_words(rig: Rig) -> None:
    await rig.adapter.send(answer(rig, RichText(), files=(file("a.txt", b"a"),)))
    (message,) = said(rig)
    assert message.content == ""


async def test_more_files_than_a_message_carries_come_behind_it(rig: Rig) -> None:
    many = tuple(file(f"{number}.txt", b"%d" % number) for number in range(12))
    large = tuple(file(f"{number}.bin", b"x" * (9 << 20)) for number in range(3))
    await rig.adapter.send(answer(rig, from_plain("many"), "many", files=many, choices=(YES,)))
    await rig.adapter.send(answer(rig, from_plain("large"), "large", files=large))
    assert [(each.content, len(each.attachments), bool(each.components)) for each in said(rig)] == [
        ("many", 10, True),
        ("", 2, False),
        ("large", 2, False),
        ("", 1, False),
    ]
    names = [each.filename for message in said(rig) for each in message.attachments]
    assert names == [each.name for each in (*many, *large)]


async def test_a_lost_answer_to_an_upload_doubles_nothing(rig: Rig) -> None:
    files = tuple(file(f"{number}.txt", b"%d" % number) for number in range(12))
    message = answer(rig, from_plain("many"), files=files)
    lose_answer_of(rig, 2)
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.send(message)
    await restarted(rig)
    found = await rig.adapter.find_sent(message, rig.clock.now())
    assert found is not None
    assert found.complete
    await rig.adapter.send(message, begun=found)
    assert len(said(rig)) == 2


async def test_files_that_are_too_large_are_refused_before_anything_of_them_is_said(rig: Rig) -> None:
    rig.sim.file_limit_bytes = 1000
    message = answer(rig, manual(), files=(file("a.bin", b"A" * 10), file("b.bin", b"B" * 1001)))
    with pytest.raises(FilesRefusedError):
        await rig.adapter.send(message)
    begun = [each.content for each in said(rig)]
    assert begun
    assert all(not each.attachments for each in said(rig))
    named = RichText(blocks=(*manual().blocks, paragraph("Not shown here: a.bin, b.bin")))
    await rig.adapter.send(answer(rig, named))
    contents = [each.content for each in said(rig)]
    assert contents[: len(begun)] == begun
    assert len(set(contents)) == len(contents)
    assert contents[-1].endswith(r"Not shown here: a.bin, b.bin")


async def test_a_file_over_the_limit_costs_no_request(rig: Rig) -> None:
    limit = await rig.adapter.file_limit()
    with pytest.raises(FilesRefusedError):
        await rig.adapter.send(answer(rig, from_plain("big"), files=(file("a.bin", b"A" * (limit + 1)),)))
    assert said(rig) == []
    assert rig.sim.requests == []


async def test_files_refused_after_others_were_taken_are_no_reason_to_say_it_without(rig: Rig) -> None:
    rig.sim.file_limit_bytes = 1000
    files = [file(f"{number}.txt", b"1") for number in range(10)]
    with pytest.raises(PermanentError, match="only the first files") as refused:
        await rig.adapter.send(answer(rig, from_plain("x"), files=(*files, file("b.bin", b"B" * 1001))))
    assert not isinstance(refused.value, FilesRefusedError)
