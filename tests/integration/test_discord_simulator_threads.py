"""Threads and forums in the Discord simulator, held by the real discord.py."""

import discord
import pytest

from sandbox.discord import BOT_DEFAULT, DiscordSimulator, Permission
from tests.integration.discord_library import Connect, LibraryClient, Raw

pytest_plugins = ["tests.integration.discord_fixtures"]

WITHOUT_MODERATION = BOT_DEFAULT & ~Permission.MANAGE_THREADS


def thread_of(client: LibraryClient, sim: DiscordSimulator, thread_id: int) -> discord.Thread:
    guild = client.get_guild(sim.guild.id)
    assert guild is not None
    thread = guild.get_thread(thread_id)
    assert thread is not None
    return thread


async def test_a_thread_on_a_message_has_its_id_and_there_is_only_one(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    question = await sim.post(mia, support.id, "?")
    client = await connect()
    message = await client.same(question)
    thread = await message.create_thread(name="#1 question")
    assert thread.id == question.id
    assert [each.name for each in sim.threads(support.id)] == ["#1 question"]
    with pytest.raises(discord.HTTPException) as refused:
        await message.create_thread(name="again")
    assert refused.value.code == 160004
    again = await client.same(question)
    assert again.thread is not None
    assert again.flags.has_thread
    assert [each.type.value for each in await _all(thread)] == [21], "only the link to the question is in it"


async def _all(thread: discord.Thread) -> list[discord.Message]:
    return [each async for each in thread.history(oldest_first=True)]


async def test_opening_a_thread_updates_its_message_without_an_edit(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await connect()
    question = await sim.post(mia, support.id, "?")
    await sim.create_thread(mia, support.id, "by mia", message_id=question.id)
    await client.until(lambda: any(name == "edit" for name, _ in client.happened))
    edit = next(payload for name, payload in client.happened if name == "edit")
    assert edit.message.edited_at is None


async def test_posts_in_a_thread_arrive_with_the_thread(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await connect()
    thread = await sim.create_thread(mia, support.id, "plain")
    await sim.post(mia, thread.id, "inside")
    await client.until(lambda: len(client.received) == 2)
    announcement, inside = client.received
    assert announcement.type is discord.MessageType.thread_created
    assert isinstance(inside.channel, discord.Thread)
    assert inside.channel.parent_id == support.id


async def test_a_forum_posts_starter_bears_the_threads_id(sim: DiscordSimulator, connect: Connect) -> None:
    mia, forum = sim.add_member("mia"), sim.add_forum_channel("help", tags=["bug", "idea"])
    client = await connect()
    post = await sim.create_forum_post(mia, forum.id, "Export fails", "since today", tags=["bug"])
    await client.until(lambda: client.received)
    assert [name for name, _ in client.happened] == ["ready", "thread", "message"]
    message = client.received[0]
    assert (message.id, message.channel.id, message.content) == (post.id, post.id, "since today")
    assert isinstance(message.channel, discord.Thread)
    assert (message.channel.name, [tag.name for tag in message.channel.applied_tags]) == ("Export fails", ["bug"])


async def test_a_forum_post_takes_no_answer_before_its_starter(sim: DiscordSimulator, connect: Connect) -> None:
    mia, forum = sim.add_member("mia"), sim.add_forum_channel("help")
    client = await connect()
    post = await sim.create_forum_post(mia, forum.id, "Late", "text", starter_first=False)
    await client.until(lambda: client.happened[-1][0] == "thread")
    thread = thread_of(client, sim, post.id)
    with pytest.raises(discord.Forbidden) as refused:
        await thread.send("too early")
    assert refused.value.code == 40058
    with pytest.raises(discord.NotFound):
        await thread.fetch_message(post.id)
    await sim.send_starter(post.id)
    await thread.send("now")
    assert [each.content for each in sim.messages(post.id)] == ["text", "now"]


async def test_the_bot_opens_a_forum_post(sim: DiscordSimulator, connect: Connect) -> None:
    forum = sim.add_forum_channel("help", tags=["bug"], require_tag=True)
    client = await connect()
    place = client.get_channel(forum.id)
    assert isinstance(place, discord.ForumChannel)
    with pytest.raises(discord.HTTPException) as refused:
        await place.create_thread(name="no tag", content="x")
    assert refused.value.code == 40067
    made = await place.create_thread(name="tagged", content="x", applied_tags=[place.available_tags[0]])
    assert made.message.id == made.thread.id
    assert [each.content for each in sim.messages(made.thread.id)] == ["x"]


async def test_an_archived_thread_refuses_reactions_and_edits_and_a_post_wakes_it(
    sim: DiscordSimulator, connect: Connect
) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    thread = await sim.create_thread(mia, support.id, "t")
    client = await connect()
    seen = thread_of(client, sim, thread.id)
    sent = await seen.send("x")
    await sim.archive_thread(thread.id)
    for attempt in (sent.add_reaction("👀"), sent.edit(content="y"), seen.edit(locked=True)):
        with pytest.raises(discord.HTTPException) as refused:
            await attempt
        assert refused.value.code == 50083
    await seen.send("awake")
    assert not sim.thread(thread.id).archived


async def test_a_post_in_an_archived_thread_sends_the_thread_update_first(
    sim: DiscordSimulator, connect: Connect
) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    thread = await sim.create_thread(mia, support.id, "t")
    await sim.archive_thread(thread.id)
    client = await connect()
    await sim.post(mia, thread.id, "back again")
    await client.until(lambda: client.received)
    assert [name for name, _ in client.happened] == ["ready", "thread update", "message"]
    assert isinstance(client.received[0].channel, discord.Thread)


async def test_a_locked_thread_needs_manage_threads(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    thread = await sim.create_thread(mia, support.id, "t")
    await sim.lock_thread(thread.id)
    client = await connect()
    seen = thread_of(client, sim, thread.id)
    await seen.send("as a moderator")
    sim.set_bot_permissions(WITHOUT_MODERATION)
    with pytest.raises(discord.Forbidden) as refused:
        await seen.send("as anybody")
    assert refused.value.code == 160005


async def test_archiving_and_locking_go_in_one_request_and_back(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    thread = await sim.create_thread(mia, support.id, "t")
    client = await connect()
    seen = thread_of(client, sim, thread.id)
    await seen.edit(archived=True, locked=True)
    assert (sim.thread(thread.id).archived, sim.thread(thread.id).locked) == (True, True)
    with pytest.raises(discord.HTTPException) as refused:
        await seen.send("x")
    assert refused.value.code == 50083
    await seen.edit(archived=False, locked=False)
    assert (sim.thread(thread.id).archived, sim.thread(thread.id).locked) == (False, False)


async def test_anothers_thread_is_archived_only_with_manage_threads(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    thread = await sim.create_thread(mia, support.id, "t")
    client = await connect()
    sim.set_bot_permissions(WITHOUT_MODERATION)
    with pytest.raises(discord.Forbidden) as refused:
        await thread_of(client, sim, thread.id).edit(archived=True)
    assert refused.value.code == 50013
    own = await client.place(support.id).create_thread(name="own", type=discord.ChannelType.public_thread)
    await own.edit(archived=True)
    assert sim.thread(own.id).archived


async def test_threads_made_while_the_bot_was_away_are_listed(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    open_one = await sim.create_thread(mia, support.id, "open")
    closed = []
    for number in range(5):
        closed.append(await sim.create_thread(mia, support.id, f"closed {number}"))
        await sim.archive_thread(closed[-1].id)
    secret = await sim.create_thread(mia, support.id, "private", private=True)
    await sim.archive_thread(secret.id)
    client = await connect()
    place = client.place(support.id)
    assert [each.id for each in await place.guild.active_threads()] == [open_one.id]
    archived = [each.id async for each in place.archived_threads(limit=None)]
    assert archived == [each.id for each in reversed(closed)]
    assert [each.id async for each in place.archived_threads(limit=2)] == archived[:2]
    assert [each.id async for each in place.archived_threads(private=True)] == [secret.id]
    assert [each.id async for each in place.archived_threads(private=True, joined=True)] == []


async def test_private_threads_are_hidden_without_manage_threads(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await connect()
    sim.set_bot_permissions(WITHOUT_MODERATION)
    secret = await sim.create_thread(mia, support.id, "private", private=True)
    await sim.post(mia, secret.id, "hidden")
    await sim.post(mia, support.id, "shown")
    await client.until(lambda: client.received)
    assert client.texts() == ["shown"]


async def test_a_third_rename_in_ten_minutes_has_to_wait(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    thread = await sim.create_thread(mia, support.id, "t")
    client = await connect(max_ratelimit_timeout=30.0)
    seen = thread_of(client, sim, thread.id)
    await seen.edit(name="one")
    await seen.edit(name="two")
    with pytest.raises(discord.RateLimited) as refused:
        await seen.edit(name="three")
    assert 590 < refused.value.retry_after <= 600
    sim.advance(601)
    await seen.edit(name="three")
    assert sim.thread(thread.id).name == "three"


async def test_creating_threads_needs_its_permission(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    question = await sim.post(mia, support.id, "?")
    sim.set_bot_permissions(BOT_DEFAULT & ~Permission.CREATE_PUBLIC_THREADS)
    client = await connect()
    with pytest.raises(discord.Forbidden) as refused:
        await (await client.same(question)).create_thread(name="x")
    assert refused.value.code == 50013


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"name": ""}, "refused with 50035: thread name"),
        ({"name": "x" * 101}, "refused with 50035: thread name"),
        ({"name": "x", "auto_archive_duration": 61}, "refused with 50035: auto_archive_duration 61"),
        ({"name": "x", "applied_tags": ["1"] * 6}, "refused with 50035: too many applied_tags"),
    ],
)
async def test_bad_threads_are_refused_and_noted(
    sim: DiscordSimulator, raw: Raw, body: dict[str, object], problem: str
) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    question = await sim.post(mia, support.id, "?")
    status, answer = await raw("POST", f"/channels/{support.id}/messages/{question.id}/threads", body)
    assert (status, answer["code"]) == (400, 50035)
    assert sim.problems == [problem]


async def test_a_deleted_thread_is_unknown(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    thread = await sim.create_thread(mia, support.id, "t")
    client = await connect()
    seen = thread_of(client, sim, thread.id)
    await sim.delete_thread(thread.id)
    with pytest.raises(discord.NotFound) as refused:
        await seen.send("x")
    assert refused.value.code == 10003
