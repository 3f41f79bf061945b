"""FreeScout is slow, down, wrong, or loses its answers: members notice at most a delay, and nothing comes twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from sandbox.freescout.faults import Fault
from tests.integration.bot_world import BotWorld, bot_world, number_in, word

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[BotWorld]:
    """One bot for the whole file."""
    async with bot_world(tmp_path_factory.mktemp("faults"), unused_tcp_port_factory()) as made:
        await made.start_bot()
        await made.until(lambda: bool(made.discord.commands()), "the commands are registered")
        yield made
        made.expect_good_conduct()


@pytest_asyncio.fixture(loop_scope="module")
async def world(running: BotWorld) -> AsyncIterator[BotWorld]:
    """The bot with a FreeScout that works; whatever a test breaks is mended after it."""
    await running.until(running.drained, "nothing waits")
    yield running
    running.freescout.faults.clear()


async def expect_filed_and_answered_once(world: BotWorld, mark: str, message_id: int) -> None:
    """One conversation, one entry, one answer with its number, also a while after."""
    ticket = await world.ticket(mark, 40)
    await world.until(world.drained, "nothing waits")
    assert len(world.entries(mark)) == 1
    assert [number_in(one.content) for one in world.said(message_id)] == [ticket.number]


FAULTS: dict[str, dict[str, Any]] = {
    "lost answer": {"kind": "lose_answer"},
    "reset": {"kind": "reset"},
    "500": {"kind": "status", "status": 500},
    "done, but 504": {"kind": "status_after", "status": 504},
    "503": {"kind": "status", "status": 503, "retry_after": 1},
    "429": {"kind": "status", "status": 429, "retry_after": 1},
    "a page instead of JSON": {"kind": "html_200"},
    "blanks instead of JSON": {"kind": "blank_200"},
}


def has_struck(fault: Fault) -> bool:
    """Whether it has hit a request."""
    return fault.hits > 0


async def test_whatever_befalls_a_creation_each_request_is_filed_and_answered_once(world: BotWorld) -> None:
    """One request after the other meets one fault; none waits for the one before, since each takes some seconds."""
    asked = {}
    for path in ("/conversations$", "/customers$"):
        for name, fault in FAULTS.items():
            struck = world.freescout.faults.add(method="POST", path=path, **fault)
            mark = word()
            member = world.discord.add_member(f"Member {mark}")
            asked[f"{name} of {path}"] = (mark, await world.discord.post(member, world.support.id, mark))
            await world.until(partial(has_struck, struck), f"{name} of {path}")
    for mark, posted in asked.values():
        await world.ticket(mark, 40)
        await world.answer(posted, 40)
    await world.until(world.drained, "nothing waits")
    for name, (mark, posted) in asked.items():
        [ticket] = world.tickets(mark)
        assert len(world.entries(mark)) == 1, name
        assert [number_in(one.content) for one in world.said(posted.id)] == [ticket.number], name
        assert len([one for one in world.freescout.customers() if mark in one.first_name]) == 1, name


async def test_further_messages_are_appended_once_and_in_their_place(world: BotWorld) -> None:
    kinds = ("lost answer", "done, but 504", "reset")
    asked = [await world.ask("more to come", world.discord.add_member(f"Talker {kind}")) for kind in kinds]
    marks = [[word() for _ in range(3)] for _ in kinds]
    for kind, (posted, ticket), words in zip(kinds, asked, marks, strict=True):
        world.freescout.faults.add(method="POST", path=f"/conversations/{ticket.id}/threads$", **FAULTS[kind])
        for mark in words:
            await world.discord.post(world.mia, posted.id, mark)
    for (_, ticket), words in zip(asked, marks, strict=True):
        await world.entry(words[-1], 40)
        said = [thread.body for thread in world.freescout.conversation(id=ticket.id).threads[1:]]
        assert [next((mark for mark in words if mark in body), body) for body in said] == words


async def test_a_triage_lands_once_though_its_answers_are_lost(world: BotWorld) -> None:
    posted, ticket = await world.ask("triage me")
    for path in ("/tags$", "/threads$"):
        world.freescout.faults.add(kind="lose_answer", path=f"/conversations/{ticket.id}{path}")
    await world.discord.run_command(world.alexander, posted.id, "triage", {"label": "bug", "priority": "P1"})
    await world.until(world.drained, "nothing waits")
    after = world.freescout.conversation(id=ticket.id)
    assert sorted(after.tags) == ["P1", "bug"]
    assert len(after.of_type("note")) == 1


async def test_a_slow_freescout_holds_up_neither_reaction_nor_order(world: BotWorld) -> None:
    world.freescout.faults.add(kind="delay", delay_seconds=2.0, method="POST", path="/conversations$", times=None)
    member = world.discord.add_member("Patient")
    mark = word()
    posted = await world.discord.post(member, world.support.id, mark)
    await world.until(lambda: world.acknowledged(posted), "the reaction", 1.0)
    await expect_filed_and_answered_once(world, mark, posted.id)


async def test_one_tickets_trouble_holds_up_no_other(world: BotWorld) -> None:
    stuck, ticket = await world.ask("stuck")
    path = f"/conversations/{ticket.id}/threads$"
    world.freescout.faults.add(kind="status", status=503, method="POST", path=path, times=None)
    held = word()
    await world.discord.post(world.mia, stuck.id, held)
    for _ in range(3):
        await world.ask("not stuck", world.discord.add_member("Lucky"))
    assert world.entries(held) == []
    world.freescout.faults.clear()
    await world.entry(held, 60)


async def test_a_retry_waits_as_long_as_freescout_asks(world: BotWorld) -> None:
    world.freescout.faults.add(kind="status", status=429, retry_after=2, method="POST", path="/conversations$")
    loop = asyncio.get_running_loop()
    began = loop.time()
    mark = word()
    await world.discord.post(world.mia, world.support.id, mark)
    await world.ticket(mark)
    assert loop.time() - began >= 2
    tries = [one for one in world.freescout.requests if one.path.endswith("/conversations") and mark in str(one.json)]
    assert [one.status for one in tries] == [429, 201]


async def test_a_follow_up_to_a_conversation_deleted_for_good_is_told_to_staff_and_loses_nothing(
    world: BotWorld,
) -> None:
    posted, ticket = await world.ask("will be deleted")
    world.freescout.delete_forever(ticket.id)
    before = len(world.staff_told())
    mark = word()
    await world.discord.post(world.mia, posted.id, mark)
    await world.until(
        lambda: bool(world.tickets(mark)) or len(world.staff_told()) > before, "filed anew, or staff is told"
    )
    if not world.tickets(mark):
        listed = await world.command("outbox", "list")
        assert "file message" in listed.out
        await world.command("outbox", "discard", "all")


async def test_a_refused_request_is_told_once_to_staff_and_to_its_member_and_holds_its_followers(
    world: BotWorld,
) -> None:
    """Put right, a retry files it, says that it comes late, and lets the followers go in order."""
    before = len(world.staff_told())
    world.freescout.faults.add(kind="status", status=400, method="POST", path="/conversations$")
    first, second = word(), word()
    posted = await world.discord.post(world.mia, world.support.id, first)
    await world.until(lambda: len(world.staff_told()) > before, "staff is told")
    reply = await world.discord.post(world.lena, world.support.id, second, reply_to=posted)
    await world.until(lambda: world.acknowledged(reply), "the follow-up has its reaction")
    await world.until(
        lambda: any("person" in one.content for one in world.said(world.support.id)), "the member is told"
    )
    told = [one for one in world.said(world.support.id) if "person" in one.content]
    assert [one.pings.users for one in told] == [frozenset({world.mia.id})]
    listed = await world.command("outbox", "list")
    assert listed.code == 0
    assert "open conversation" in listed.out
    assert first not in listed.out
    [notice] = world.staff_told()[before:]
    delivery = notice.content.rpartition("outbox retry ")[2].split()[0].strip("`")
    assert delivery in listed.out
    assert world.tickets(first) == world.tickets(second) == []

    retried = await world.command("outbox", "retry", delivery)
    assert retried.code == 0
    ticket = await world.ticket(first)
    assert "late" in ticket.threads[0].body
    assert (await world.entry(second)).conversation_id == ticket.id
    answer = await world.answer(posted)
    assert number_in(answer.content) == ticket.number
    assert (await world.command("outbox", "list")).out.strip() == "Nothing is parked."
    assert len(world.staff_told()) == before + 1


async def test_a_discarded_delivery_is_gone_and_an_unknown_one_is_told(world: BotWorld) -> None:
    before = len(world.staff_told())
    world.freescout.faults.add(kind="status", status=400, method="POST", path="/conversations$")
    mark = word()
    await world.discord.post(world.mia, world.support.id, mark)
    await world.until(lambda: len(world.staff_told()) > before, "staff is told")
    delivery = world.staff_told()[-1].content.rpartition("outbox retry ")[2].split()[0].strip("`")
    assert (await world.command("outbox", "discard", delivery)).code == 0
    again, unknown, listed = await asyncio.gather(
        world.command("outbox", "retry", delivery),
        world.command("outbox", "retry", "nonsense"),
        world.command("outbox", "list"),
    )
    assert again.code == 1
    assert "Nothing was changed" in again.said
    assert unknown.code == 1
    assert "nonsense" in unknown.err
    assert "Traceback" not in unknown.err
    assert listed.out.strip() == "Nothing is parked."
    await world.later_message_is_filed(world.support)
    assert world.tickets(mark) == []


async def test_with_a_wrong_key_nothing_is_parked_and_the_right_key_files_everything(world: BotWorld) -> None:
    right = world.settings["freescout"]["api_key"]
    assert await world.bot.stop() == 0
    world.write_settings(freescout={"api_key": "f" * 32})
    await world.start_bot()
    mark = word()
    posted = await world.discord.post(world.mia, world.support.id, mark)
    await world.until(lambda: world.acknowledged(posted), "the reaction", 1.5)
    await world.part_is("freescout", "refused")
    before = len(world.freescout.requests)
    loop = asyncio.get_running_loop()
    end = loop.time() + 2
    await world.until(lambda: loop.time() > end, "two seconds pass")
    assert len(world.freescout.requests) - before <= 4
    assert (await world.bot.readiness()).ready
    assert world.outbox_states()["parked"] == 0
    assert await world.bot.stop() == 0
    world.write_settings(freescout={"api_key": right})
    await world.start_bot()
    await expect_filed_and_answered_once(world, mark, posted.id)
