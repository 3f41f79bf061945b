"""Edits and deletions on Discord: told in order with the messages, live and after a downtime, and nothing else is."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.domain.chat import MessageDeleted, MessageEdited
from bot.domain.richtext import plain
from sandbox.discord import DiscordSimulator
from tests.fakes.discord_rig import Rig

pytest_plugins = ["tests.integration.discord_fixtures"]


@pytest.fixture
async def rig(sim: DiscordSimulator) -> AsyncIterator[Rig]:
    made = Rig(sim)
    await made.first_start()
    yield made
    await made.stop()
    assert sim.problems == []


def history_requests(rig: Rig) -> list[str]:
    return [request.path for request in rig.sim.requests if request.path.endswith("/messages")]


async def test_edits_and_deletions_come_in_order_with_the_messages(rig: Rig) -> None:
    said = await rig.sim.post(rig.agent, rig.support.id, "one")
    await rig.sim.edit(rig.agent, rig.support.id, said.id, "one, better")
    await rig.sim.post(rig.ana, rig.support.id, "two")
    await rig.sim.edit(rig.agent, rig.support.id, said.id, "one, best")
    await rig.sim.delete(rig.support.id, said.id)
    await rig.sim.post(rig.ana, rig.support.id, "three")
    assert await rig.intake.until_happened(6) == [
        "said one",
        "edited one, better",
        "said two",
        "edited one, best",
        "deleted one",
        "said three",
    ]
    first, second = (edit.message for edit in rig.intake.edits)
    assert first.version != second.version
    assert (first.address, first.message_id) == (rig.address(), str(said.id))
    assert str(rig.staff_role.id) in first.author.roles


async def test_five_edits_in_a_row_are_five_versions(rig: Rig) -> None:
    said = await rig.sim.post(rig.ana, rig.support.id, "0")
    for number in range(1, 6):
        await rig.sim.edit(rig.ana, rig.support.id, said.id, str(number))
    happened = await rig.intake.until_happened(6)
    assert happened == ["said 0", *(f"edited {number}" for number in range(1, 6))]


async def test_previews_flags_and_new_threads_are_no_edits(rig: Rig) -> None:
    said = await rig.sim.post(rig.ana, rig.support.id, "see https://example.org/")
    await rig.sim.unfurl(rig.support.id, said.id)
    await rig.sim.create_thread(rig.ana, rig.support.id, "thread", message_id=said.id)
    await rig.sim.edit(rig.ana, rig.support.id, said.id, "see https://example.org/ now")
    await rig.sim.unfurl(rig.support.id, said.id)
    await rig.sim.post(rig.ana, rig.support.id, "end")
    assert await rig.intake.until_happened(3) == [
        "said see https://example.org/",
        "edited see https://example.org/ now",
        "said end",
    ]


async def test_many_deleted_at_once_are_told_one_by_one(rig: Rig) -> None:
    ids = [(await rig.sim.post(rig.ana, rig.support.id, str(number))).id for number in range(3)]
    await rig.sim.delete_many(rig.support.id, ids[:2])
    assert await rig.intake.until_happened(5) == ["said 0", "said 1", "said 2", "deleted 0", "deleted 1"]


async def test_in_threads_and_posts_the_place_is_theirs(rig: Rig) -> None:
    post = await rig.sim.create_forum_post(rig.ana, rig.forum.id, "Post", "starter")
    answer = await rig.sim.post(rig.bob, post.id, "answer")
    await rig.sim.edit(rig.ana, post.id, post.id, "starter, clearer")
    await rig.sim.delete(post.id, answer.id)
    await rig.intake.until_happened(4)
    (edit,), (deletion,) = rig.intake.edits, rig.intake.deletions
    assert edit.message.address == deletion.address == rig.address(post.id, rig.forum.id)
    assert edit.message.title == "Post"


async def test_what_programs_edit_is_nobodys_business(rig: Rig) -> None:
    helper = rig.sim.add_member("helper", bot=True)
    said = await rig.sim.post(helper, rig.support.id, "beep")
    await rig.sim.edit(helper, rig.support.id, said.id, "boop")
    elsewhere = await rig.sim.post(rig.ana, rig.other.id, "chatter")
    await rig.sim.edit(rig.ana, rig.other.id, elsewhere.id, "chatter on")
    await rig.sim.delete(rig.other.id, elsewhere.id)
    await rig.sim.post(rig.ana, rig.support.id, "end")
    assert await rig.intake.until_happened(1) == ["said end"]
    assert rig.intake.edits == []


@pytest.mark.parametrize("lacking", ["author", "content"])
async def test_an_edit_that_is_told_in_part_is_read_whole(rig: Rig, lacking: str) -> None:
    said = await rig.sim.post(rig.agent, rig.support.id, "one")
    await rig.intake.until(1)
    said.content, said.edited_at = "one, better", rig.sim._world.clock.now()
    rig.sim._gateway.dispatch("MESSAGE_UPDATE", without(rig.sim._backend.messages.gateway(said), lacking))
    await rig.intake.until_happened(2)
    assert plain(rig.intake.edits[0].message.text) == "one, better"
    assert str(rig.staff_role.id) in rig.intake.edits[0].message.author.roles


def without(payload: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key != name}


async def test_an_edit_told_in_part_of_a_message_that_is_gone_is_left_out(rig: Rig) -> None:
    said = await rig.sim.post(rig.ana, rig.support.id, "one")
    await rig.sim.edit(rig.ana, rig.support.id, said.id, "two")
    await rig.intake.until_happened(2)
    payload = rig.sim._backend.messages.gateway(said)
    await rig.sim.delete(rig.support.id, said.id)
    rig.sim._gateway.dispatch("MESSAGE_UPDATE", without(payload, "content"))
    await rig.sim.post(rig.ana, rig.support.id, "end")
    assert (await rig.intake.until_happened(4))[2:] == ["deleted one", "said end"]


async def test_only_messages_move_the_watermark(rig: Rig) -> None:
    old = await rig.sim.post(rig.ana, rig.support.id, "old")
    new = await rig.sim.post(rig.ana, rig.support.id, "new")
    await rig.intake.until_happened(2)
    await rig.sim.edit(rig.ana, rig.support.id, old.id, "old, better")
    await rig.sim.delete(rig.support.id, new.id)
    await rig.intake.until_happened(4)
    changes = [
        arrival
        for arrival in rig.intake.arrivals
        if arrival.events and isinstance(arrival.events[0], MessageEdited | MessageDeleted)
    ]
    assert [dict(arrival.remember) for arrival in changes] in ([{}], [{}, {}])
    assert rig.watermark(rig.support.id) == new.id


async def test_a_message_first_seen_edited_says_which_version_it_is(rig: Rig) -> None:
    await rig.stop()
    said = await rig.sim.post(rig.ana, rig.support.id, "one")
    await rig.sim.edit(rig.ana, rig.support.id, said.id, "two")
    fresh = await rig.sim.post(rig.ana, rig.support.id, "never edited")
    await rig.start()
    await rig.intake.until(2)
    assert rig.intake.messages[0].version == rig.sim.payload(said)["edited_timestamp"]
    assert rig.intake.messages[1].version == ""
    assert fresh.edited_at is None


async def test_what_was_edited_or_deleted_during_a_downtime_is_found_when_it_is_read_again(rig: Rig) -> None:
    kept = await rig.sim.post(rig.ana, rig.support.id, "kept")
    edited = await rig.sim.post(rig.agent, rig.support.id, "edited")
    gone = await rig.sim.post(rig.ana, rig.support.id, "gone")
    post = await rig.sim.create_forum_post(rig.ana, rig.forum.id, "Post", "starter")
    await rig.intake.until(4)
    await rig.stop()
    await rig.sim.edit(rig.agent, rig.support.id, edited.id, "edited, better")
    await rig.sim.delete(rig.support.id, gone.id)
    await rig.sim.edit(rig.ana, post.id, post.id, "starter, clearer")
    await rig.sim.unfurl(rig.support.id, kept.id)
    await rig.sim.post(rig.ana, rig.support.id, "new")
    await rig.start()
    happened = await rig.intake.until_happened(8)
    assert sorted(happened[4:]) == ["deleted gone", "edited edited, better", "edited starter, clearer", "said new"]
    staff = next(edit for edit in rig.intake.edits if "better" in plain(edit.message.text))
    assert str(rig.staff_role.id) in staff.message.author.roles
    await rig.stop()
    await rig.start()
    await rig.sim.post(rig.ana, rig.support.id, "end")
    assert (await rig.intake.until_happened(9))[8:] == ["said end"]


async def test_a_live_edit_waits_behind_what_was_missed(rig: Rig) -> None:
    said = await rig.sim.post(rig.ana, rig.support.id, "one")
    await rig.intake.until(1)
    await rig.stop()
    await rig.sim.post(rig.ana, rig.support.id, "missed")
    path = rf"/channels/{rig.support.id}/messages"
    rig.sim.faults.add(path=path, kind="delay", delay_seconds=0.5)
    await rig.start()
    await rig.sim.edit(rig.ana, rig.support.id, said.id, "one, later")
    assert await rig.intake.until_happened(3) == ["said one", "said missed", "edited one, later"]


async def test_places_without_tickets_are_compared_with_nothing(rig: Rig) -> None:
    await rig.stop()
    rig.sim.requests.clear()
    await rig.start()
    await rig.sim.post(rig.ana, rig.support.id, "end")
    await rig.intake.until(1)
    assert history_requests(rig) == [f"/channels/{rig.support.id}/messages"]
    assert rig.address() in rig.intake.asked_for


async def test_beyond_the_last_hundred_messages_none_counts_as_deleted(rig: Rig) -> None:
    old = await rig.sim.post(rig.ana, rig.support.id, "old")
    await rig.intake.until(1)
    for number in range(100):
        await rig.sim.post(rig.sim._world.bot_member, rig.support.id, str(number))
    await rig.sim.wait_until(lambda: f"watermark:{rig.support.id}" in rig.intake.rows)
    last = rig.sim.messages(rig.support.id)[-1]
    await rig.intake.until_row(f"watermark:{rig.support.id}", str(last.id))
    await rig.stop()
    await rig.start()
    await rig.sim.post(rig.ana, rig.support.id, "end")
    assert await rig.intake.until_happened(2) == ["said old", "said end"]
    assert rig.intake.deletions == []
    await rig.sim.delete(rig.support.id, old.id)
    assert (await rig.intake.until_happened(3))[2] == "deleted old"


async def test_an_emptied_channel_is_one_with_all_deleted(rig: Rig) -> None:
    ids = [(await rig.sim.post(rig.ana, rig.support.id, str(number))).id for number in range(2)]
    await rig.intake.until(2)
    await rig.stop()
    await rig.sim.delete_many(rig.support.id, ids)
    await rig.start()
    assert (await rig.intake.until_happened(4))[2:] == ["deleted 0", "deleted 1"]
