"""Missed messages: everything said while the adapter or its connection was away is taken in, once, in order."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.domain.richtext import plain
from bot.ports.inbound import PartState
from sandbox.discord import BOT_DEFAULT, DiscordSimulator, Permission
from tests.fakes.discord_rig import Rig

pytest_plugins = ["tests.integration.discord_fixtures"]


@pytest.fixture
async def rig(sim: DiscordSimulator) -> AsyncIterator[Rig]:
    made = Rig(sim)
    yield made
    await made.stop()
    assert sim.problems == []


def history_of(channel_id: int) -> str:
    return rf"/channels/{channel_id}/messages"


async def test_a_first_start_files_no_history(rig: Rig) -> None:
    old = await rig.sim.post(rig.ana, rig.support.id, "old")
    thread = await rig.sim.create_thread(rig.ana, rig.support.id, "old thread", message_id=old.id)
    await rig.sim.post(rig.ana, thread.id, "old, in a thread")
    await rig.sim.create_forum_post(rig.ana, rig.forum.id, "old post", "old too")
    await rig.first_start()
    await rig.sim.post(rig.ana, thread.id, "new")
    assert await rig.intake.until(1) == ["new"]
    await rig.stop()
    await rig.sim.post(rig.ana, rig.support.id, "newer")
    await rig.start()
    assert await rig.intake.until(2) == ["new", "newer"]


async def test_two_hundred_messages_said_while_it_was_down_are_taken_in_once_and_in_order(rig: Rig) -> None:
    await rig.first_start()
    await rig.stop()
    for number in range(200):
        await rig.sim.post(rig.ana, rig.support.id, str(number))
    await rig.start()
    assert await rig.intake.until(200) == [str(number) for number in range(200)]
    assert rig.watermark(rig.support.id) == int(rig.intake.messages[-1].message_id)


async def test_live_messages_wait_behind_the_missed_ones(rig: Rig) -> None:
    await rig.first_start()
    await rig.stop()
    for number in range(150):
        await rig.sim.post(rig.ana, rig.support.id, str(number))
    rig.sim.faults.add(path=history_of(rig.support.id), kind="delay", delay_seconds=0.5)
    await rig.start()
    await rig.sim.post(rig.ana, rig.support.id, "live")
    assert (await rig.intake.until(151))[-1] == "live"


async def test_a_live_message_never_moves_the_watermark_past_what_was_missed(rig: Rig) -> None:
    await rig.first_start()
    await rig.stop()
    await rig.sim.post(rig.ana, rig.support.id, "missed")
    rig.sim.faults.add(path=r"/guilds/\d+/threads/active", kind="delay", delay_seconds=0.5, times=2)
    await rig.start()
    await rig.sim.post(rig.ana, rig.support.id, "live")
    assert await rig.intake.until(2) == ["missed", "live"]


async def test_threads_and_posts_made_while_it_was_down_are_read_from_their_beginning(rig: Rig) -> None:
    await rig.first_start()
    await rig.stop()
    opener = await rig.sim.post(rig.ana, rig.support.id, "opener")
    thread = await rig.sim.create_thread(rig.ana, rig.support.id, "thread", message_id=opener.id)
    await rig.sim.post(rig.bob, thread.id, "in the thread")
    plain_thread = await rig.sim.create_thread(rig.ana, rig.support.id, "without a message")
    await rig.sim.post(rig.bob, plain_thread.id, "in the plain thread")
    post = await rig.sim.create_forum_post(rig.ana, rig.forum.id, "Post", "starter")
    await rig.sim.post(rig.bob, post.id, "answer")
    await rig.sim.archive_thread(post.id)
    await rig.start()
    texts = await rig.intake.until(5)
    assert sorted(texts) == ["answer", "in the plain thread", "in the thread", "opener", "starter"]
    assert texts.index("opener") < texts.index("in the thread")
    assert texts.index("starter") < texts.index("answer")


async def test_an_old_quiet_thread_that_wakes_during_a_downtime_is_read(rig: Rig) -> None:
    thread = await rig.sim.create_thread(rig.ana, rig.support.id, "old")
    await rig.sim.archive_thread(thread.id)
    await rig.first_start()
    await rig.sim.post(rig.ana, rig.support.id, "before")
    await rig.intake.until(1)
    await rig.stop()
    await rig.sim.post(rig.bob, thread.id, "awake")
    await rig.sim.post(rig.bob, rig.support.id, "after")
    await rig.sim.archive_thread(thread.id)
    await rig.start()
    assert sorted(await rig.intake.until(3)) == ["after", "awake", "before"]


async def test_a_watermark_in_the_channel_says_nothing_about_its_threads(rig: Rig) -> None:
    """A kill between two lines: the channel's newer message was committed, the thread's older one was not."""
    thread = await rig.sim.create_thread(rig.ana, rig.support.id, "quiet")
    await rig.sim.archive_thread(thread.id)
    await rig.first_start()
    await rig.stop()
    await rig.sim.post(rig.bob, thread.id, "in the thread")
    later = await rig.sim.post(rig.bob, rig.support.id, "in the channel")
    rig.intake.rows[f"watermark:{rig.support.id}"] = str(later.id)
    await rig.start()
    assert await rig.intake.until(1) == ["in the thread"]


async def test_a_new_session_after_op_9_reads_what_was_missed(rig: Rig) -> None:
    await rig.first_start()
    await rig.sim.post(rig.ana, rig.support.id, "before")
    await rig.intake.until(1)
    seen = len(rig.health.states)
    await rig.sim.gateway_invalidate(resumable=False)
    await rig.sim.post(rig.ana, rig.support.id, "meanwhile")
    await rig.until_connected(since=seen)
    await rig.sim.post(rig.ana, rig.support.id, "after")
    assert await rig.intake.until(3) == ["before", "meanwhile", "after"]
    assert rig.sim.identifies == 2


@pytest.mark.parametrize("how", ["op 7", "cut"])
async def test_a_resumed_session_loses_and_doubles_nothing(rig: Rig, how: str) -> None:
    await rig.first_start()
    await rig.sim.post(rig.ana, rig.support.id, "before")
    await rig.intake.until(1)
    seen = len(rig.health.states)
    await (rig.sim.gateway_reconnect() if how == "op 7" else rig.sim.gateway_drop())
    await rig.sim.post(rig.ana, rig.support.id, "meanwhile")
    await rig.until_connected(since=seen)
    await rig.sim.post(rig.ana, rig.support.id, "after")
    assert await rig.intake.until(3) == ["before", "meanwhile", "after"]
    assert (rig.sim.identifies, rig.sim.resumes) == (1, 1)


async def test_a_session_that_cannot_be_resumed_loses_nothing(rig: Rig) -> None:
    await rig.first_start()
    seen = len(rig.health.states)
    rig.sim.forget_sessions()
    await rig.sim.gateway_drop()
    await rig.sim.post(rig.ana, rig.support.id, "meanwhile")
    await rig.until_connected(since=seen)
    assert await rig.intake.until(1) == ["meanwhile"]


async def test_a_malformed_message_is_left_out_and_the_connection_stays(rig: Rig) -> None:
    await rig.first_start()
    await rig.sim.gateway_malformed()
    await rig.sim.post(rig.ana, rig.support.id, "after")
    assert (await rig.intake.until(1))[-1] == "after"
    assert rig.sim.identifies == 1


async def test_a_dispatch_that_ends_the_client_is_survived_by_a_new_one(rig: Rig) -> None:
    await rig.first_start()
    seen = len(rig.health.states)
    rig.sim._gateway.dispatch("CHANNEL_UPDATE", {"guild_id": "nonsense"})
    await rig.sim.wait_until(lambda: not rig.sim.connected)
    await rig.sim.post(rig.ana, rig.support.id, "meanwhile")
    await rig.until_connected(since=seen)
    assert await rig.intake.until(1) == ["meanwhile"]
    assert rig.sim.identifies == 2


@pytest.mark.parametrize("how", ["502", "close"])
async def test_refused_first_handshakes_are_survived_and_not_hammered(rig: Rig, how: str) -> None:
    rig.sim.refuse_handshakes(3, how=how)
    await rig.start()
    await rig.until_watching()
    await rig.sim.post(rig.ana, rig.support.id, "hello")
    assert await rig.intake.until(1) == ["hello"]
    assert rig.sim.handshakes == 4


async def test_waits_between_clients_grow(rig: Rig) -> None:
    waits: list[float] = []
    slept = rig.clock.sleep_until

    class Noting(type(rig.clock)):  # type: ignore[misc]
        async def sleep_until(self, at):  # type: ignore[no-untyped-def]
            waits.append((at - self.now()).total_seconds())
            await slept(at)

    rig.sim.refuse_handshakes(5)
    await rig.start(clock=Noting())
    growing = waits[:5]
    assert growing == sorted(growing)
    assert growing[0] > 0.5
    assert growing[4] > 10


async def test_a_history_that_fails_becomes_a_gap_and_live_messages_flow(rig: Rig) -> None:
    await rig.first_start()
    mark = rig.watermark(rig.support.id)
    await rig.stop()
    await rig.sim.post(rig.ana, rig.support.id, "missed")
    fault = rig.sim.faults.add(method="GET", path=history_of(rig.support.id), kind="status", status=503, times=None)
    await rig.start()
    row = await rig.intake.until_row(f"gap:{rig.support.id}")
    assert json.loads(row)["from"] == str(mark)
    live = await rig.sim.post(rig.ana, rig.support.id, "live")
    assert await rig.intake.until(1) == ["live"]
    assert rig.watermark(rig.support.id) == mark, "the watermark must not move past an open gap"
    fault.times = fault.hits
    assert await rig.intake.until(2) == ["live", "missed"]
    await rig.intake.until_no_row(f"gap:{rig.support.id}")
    assert rig.watermark(rig.support.id) == live.id


async def test_a_gap_that_was_open_at_the_end_is_read_after_a_restart(rig: Rig) -> None:
    await rig.first_start()
    await rig.stop()
    await rig.sim.post(rig.ana, rig.support.id, "missed")
    rig.sim.faults.add(method="GET", path=history_of(rig.support.id), kind="status", status=503, times=None)
    await rig.start()
    await rig.intake.until_row(f"gap:{rig.support.id}")
    await rig.sim.post(rig.ana, rig.support.id, "live")
    await rig.intake.until(1)
    await rig.stop()
    rig.sim.faults.clear()
    await rig.start()
    assert await rig.intake.until(2) == ["live", "missed"]


async def test_an_archived_thread_is_read_even_if_the_first_reading_after_the_downtime_failed(rig: Rig) -> None:
    await rig.first_start()
    await rig.stop()
    thread = await rig.sim.create_thread(rig.ana, rig.support.id, "thread")
    await rig.sim.post(rig.ana, thread.id, "missed")
    await rig.sim.archive_thread(thread.id)
    rig.sim.advance(3600)
    rig.clock.ahead_by = timedelta(hours=1)
    rig.sim.faults.add(method="GET", path=history_of(thread.id), kind="status", status=503, times=None)
    await rig.start()
    await rig.intake.until_row(f"gap:{thread.id}")
    await rig.stop()
    rig.sim.faults.clear()
    await rig.start()
    assert await rig.intake.until(1) == ["missed"]


async def test_threads_that_cannot_be_listed_are_read_later_and_meanwhile_keep_their_place(rig: Rig) -> None:
    await rig.first_start()
    thread = await rig.sim.create_thread(rig.ana, rig.support.id, "thread")
    await rig.sim.post(rig.ana, thread.id, "before")
    await rig.intake.until(1)
    await rig.stop()
    await rig.sim.post(rig.ana, thread.id, "missed")
    fault = rig.sim.faults.add(method="GET", path=r"/guilds/\d+/threads/active", kind="status", times=None)
    await rig.start()
    await rig.sim.post(rig.ana, thread.id, "live")
    assert await rig.intake.until(2) == ["before", "live"]
    fault.times = fault.hits
    assert await rig.intake.until(3) == ["before", "live", "missed"]


async def test_without_read_message_history_staff_is_told_and_the_gap_stays(rig: Rig) -> None:
    await rig.first_start()
    await rig.stop()
    await rig.sim.post(rig.ana, rig.support.id, "missed")
    rig.sim.set_bot_permissions(int(BOT_DEFAULT & ~Permission.READ_MESSAGE_HISTORY), channel_id=rig.support.id)
    await rig.start()
    await rig.events.told.wait()
    address, story = next(iter(rig.events.skipped.values()))
    assert address == rig.address()
    assert "Read Message History" in story
    assert "#support" in rig.health.detail
    await rig.intake.until_row(f"gap:{rig.support.id}")
    assert rig.intake.messages == []
    rig.sim.set_bot_permissions(int(BOT_DEFAULT), channel_id=rig.support.id)
    assert await rig.intake.until(1) == ["missed"]
    await rig.intake.until_no_row(f"gap:{rig.support.id}")
    assert rig.health.state is PartState.CONNECTED


async def test_beyond_backfill_hours_staff_is_told_what_was_left_out(rig: Rig) -> None:
    await rig.first_start()
    await rig.stop()
    for number in range(3):
        await rig.sim.post(rig.ana, rig.support.id, f"old {number}")
    rig.sim.advance(10 * 3600)
    rig.clock.ahead_by = timedelta(hours=10)
    await rig.sim.post(rig.ana, rig.support.id, "recent")
    await rig.start(backfill_hours=5)
    assert await rig.intake.until(1) == ["recent"]
    ((address, story),) = rig.events.skipped.values()
    assert address == rig.address()
    assert story.startswith("3 messages from ")
    await rig.stop()
    await rig.start(backfill_hours=5)
    await rig.sim.post(rig.ana, rig.support.id, "live")
    assert await rig.intake.until(2) == ["recent", "live"]
    assert len(rig.events.skipped) == 1


async def test_authors_of_missed_messages_are_looked_up_unless_they_are_mapped(rig: Rig) -> None:
    await rig.first_start()
    await rig.stop()
    await rig.sim.post(rig.agent, rig.support.id, "staff by role")
    await rig.sim.post(rig.agent, rig.support.id, "again")
    await rig.sim.post(rig.bob, rig.support.id, "mapped")
    leaver = rig.sim.add_member("leaver")
    await rig.sim.post(leaver, rig.support.id, "gone by now")
    rig.sim.remove_member(leaver.id)
    rig.sim.requests.clear()
    await rig.start(member_ids=frozenset({str(rig.bob.id)}))
    await rig.intake.until(4)
    roles = {plain(message.text): message.author.roles for message in rig.intake.messages}
    assert roles["staff by role"] == roles["again"] == {str(rig.staff_role.id)}
    assert roles["gone by now"] == frozenset()
    asked = [request.path.rsplit("/", 1)[1] for request in rig.sim.requests if "/members/" in request.path]
    assert sorted(asked) == sorted([str(rig.agent.id), str(leaver.id)])


async def test_a_look_up_that_fails_delays_the_message_and_those_after_it(rig: Rig) -> None:
    await rig.first_start()
    await rig.stop()
    await rig.sim.post(rig.ana, rig.support.id, "one")
    await rig.sim.post(rig.agent, rig.support.id, "two")
    await rig.sim.post(rig.ana, rig.support.id, "three")
    path = rf"/guilds/\d+/members/{rig.agent.id}"
    fault = rig.sim.faults.add(path=path, kind="status", status=503, times=None)
    await rig.start()
    assert await rig.intake.until(1) == ["one"]
    await rig.intake.until_row(f"gap:{rig.support.id}")
    assert rig.intake.texts == ["one"]
    fault.times = fault.hits
    assert await rig.intake.until(3) == ["one", "two", "three"]
    assert rig.intake.messages[1].author.roles == {str(rig.staff_role.id)}


async def test_a_channel_the_bot_cannot_see_yet_is_told_of_and_watched_once_it_can(rig: Rig) -> None:
    hidden = rig.sim.add_text_channel("hidden", private_to=[rig.staff_role.id], bot_can_see=False)
    await rig.start(support_channels=[rig.support.id, hidden.id])
    await rig.events.told.wait()
    assert "View Channel" in rig.health.detail
    await rig.sim.post(rig.ana, rig.support.id, "elsewhere")
    assert await rig.intake.until(1) == ["elsewhere"]
    await rig.sim.post(rig.agent, hidden.id, "history")
    rig.sim.set_bot_permissions(int(BOT_DEFAULT), channel_id=hidden.id)
    await rig.sim.gateway_invalidate()
    await rig.intake.until_row(f"threads:{hidden.id}")
    await rig.sim.post(rig.agent, hidden.id, "seen")
    assert await rig.intake.until(2) == ["elsewhere", "seen"]


async def test_a_newly_watched_channel_files_no_history(rig: Rig) -> None:
    await rig.first_start()
    await rig.stop()
    await rig.sim.post(rig.ana, rig.other.id, "old chatter")
    await rig.start(support_channels=[rig.support.id, rig.forum.id, rig.other.id])
    await rig.intake.until_row(f"threads:{rig.other.id}")
    await rig.sim.post(rig.ana, rig.other.id, "new")
    assert await rig.intake.until(1) == ["new"]


async def test_what_is_said_while_the_bot_cannot_see_a_channel_is_taken_in_once_it_can_again(rig: Rig) -> None:
    await rig.first_start()
    await rig.sim.post(rig.ana, rig.support.id, "seen")
    await rig.intake.until(1)
    rig.sim.set_bot_permissions(int(BOT_DEFAULT & ~Permission.VIEW_CHANNEL), channel_id=rig.support.id)
    await rig.sim.post(rig.ana, rig.support.id, "unseen")
    rig.sim.set_bot_permissions(int(BOT_DEFAULT), channel_id=rig.support.id)
    await rig.sim.post(rig.ana, rig.support.id, "seen again")
    assert await rig.intake.until(3) == ["seen", "unseen", "seen again"]
    assert rig.sim.identifies == 1


async def test_a_channel_that_could_be_seen_late_loses_nothing_from_its_first_message_on(rig: Rig) -> None:
    hidden = rig.sim.add_text_channel("hidden", private_to=[rig.staff_role.id], bot_can_see=False)
    await rig.start(support_channels=[hidden.id])
    await rig.events.told.wait()
    rig.sim.set_bot_permissions(int(BOT_DEFAULT), channel_id=hidden.id)
    await rig.sim.post(rig.agent, hidden.id, "first")
    await rig.intake.until(1)
    await rig.stop()
    await rig.sim.post(rig.agent, hidden.id, "missed")
    await rig.start(support_channels=[hidden.id])
    assert await rig.intake.until(2) == ["first", "missed"]


async def test_a_channel_that_was_not_watched_for_a_while_is_as_new_when_it_is_again(rig: Rig) -> None:
    await rig.first_start()
    await rig.sim.post(rig.ana, rig.support.id, "watched")
    await rig.intake.until(1)
    await rig.stop()
    await rig.start(support_channels=[rig.forum.id])
    await rig.intake.until_no_row(f"threads:{rig.support.id}")
    await rig.sim.post(rig.ana, rig.support.id, "nobody's business")
    await rig.stop()
    await rig.first_start()
    await rig.sim.post(rig.ana, rig.support.id, "watched again")
    assert await rig.intake.until(2) == ["watched", "watched again"]
