"""A ticket's status on Discord: tags of forum posts, archived threads, and speaking where a thread was closed."""

from collections.abc import AsyncIterator

import pytest

from bot.domain.chat import ChatAddress, OutgoingMessage
from bot.domain.errors import PermanentError
from bot.domain.helpdesk import Status
from bot.domain.ids import delivery_id
from bot.domain.richtext import from_plain
from sandbox.discord import BOT_DEFAULT, Channel, DiscordSimulator, Permission, Thread
from tests.fakes.discord_rig import Rig

pytest_plugins = ["tests.integration.discord_fixtures"]

TAGS = ["Bug", "Login", "open", "Waiting", "Solved", "a", "b", "c", "d"]


@pytest.fixture
async def rig(sim: DiscordSimulator) -> AsyncIterator[Rig]:
    made = Rig(sim)
    yield made
    await made.stop()
    assert sim.problems == []


@pytest.fixture
def forum(rig: Rig) -> Channel:
    return rig.sim.add_forum_channel("tagged", tags=TAGS)


def tags(forum: Channel, post: Thread) -> list[str]:
    names = {tag.id: tag.name for tag in forum.tags}
    return [names[tag] for tag in post.applied_tags]


def patches(rig: Rig) -> int:
    return sum(request.method == "PATCH" for request in rig.sim.requests)


async def make_post(rig: Rig, forum: Channel, *worn: str) -> tuple[Thread, ChatAddress]:
    post = await rig.sim.create_forum_post(rig.ana, forum.id, "Post", "starter", tags=worn)
    return post, rig.address(post.id, forum.id)


def saying(address: ChatAddress, text: str) -> OutgoingMessage:
    return OutgoingMessage(delivery_id=delivery_id("test", text), address=address, text=from_plain(text))


async def test_a_post_wears_the_tag_of_its_status_and_keeps_all_others(rig: Rig, forum: Channel) -> None:
    post, address = await make_post(rig, forum, "Login", "Bug")
    seen = []
    for status in (Status.ACTIVE, Status.PENDING, Status.CLOSED, Status.SPAM):
        await rig.adapter.show_status(address, status, final=False)
        seen.append(tags(forum, post))
    assert seen == [
        ["Login", "Bug", "open"],
        ["Login", "Bug", "Waiting"],
        ["Login", "Bug", "Solved"],
        ["Login", "Bug"],
    ]
    assert not post.archived
    assert post.name == "Post"


async def test_what_is_shown_already_asks_for_no_change(rig: Rig, forum: Channel) -> None:
    _, address = await make_post(rig, forum)
    await rig.adapter.show_status(address, Status.CLOSED, final=True)
    await rig.adapter.show_status(address, Status.CLOSED, final=True)
    assert patches(rig) == 1


async def test_five_other_tags_leave_no_room_and_all_stay(rig: Rig, forum: Channel) -> None:
    post, address = await make_post(rig, forum, "Bug", "a", "b", "c", "d")
    await rig.adapter.show_status(address, Status.CLOSED, final=False)
    assert tags(forum, post) == ["Bug", "a", "b", "c", "d"]


async def test_a_forum_that_wants_a_tag_keeps_one(rig: Rig) -> None:
    forum = rig.sim.add_forum_channel("strict", tags=["Open", "Waiting"], require_tag=True)
    post, address = await make_post(rig, forum, "Open")
    await rig.adapter.show_status(address, Status.CLOSED, final=True)
    assert (tags(forum, post), post.archived) == (["Open"], True)
    await rig.adapter.show_status(address, Status.PENDING, final=False)
    assert tags(forum, post) == ["Waiting"]


async def test_the_names_of_tags_are_the_operators(rig: Rig, forum: Channel) -> None:
    post, address = await make_post(rig, forum, "open")
    adapter = rig.make(status_tags={Status.ACTIVE: ["Open"], Status.CLOSED: ["Erledigt", "LOGIN"]})
    await adapter.show_status(address, Status.CLOSED, final=False)
    await adapter.close()
    assert tags(forum, post) == ["Login"]


async def test_a_forum_without_such_tags_is_left_alone(rig: Rig) -> None:
    post, address = await make_post(rig, rig.forum)
    await rig.adapter.show_status(address, Status.CLOSED, final=False)
    assert (patches(rig), post.archived) == (0, False)


async def test_what_is_final_is_archived_and_never_locked(rig: Rig, forum: Channel) -> None:
    post, in_forum = await make_post(rig, forum)
    opener = await rig.sim.post(rig.ana, rig.support.id, "help")
    thread = await rig.sim.create_thread(rig.ana, rig.support.id, "help", message_id=opener.id)
    await rig.adapter.show_status(in_forum, Status.CLOSED, final=True)
    await rig.adapter.show_status(rig.address(thread.id), Status.CLOSED, final=True)
    assert [(each.archived, each.locked) for each in (post, thread)] == [(True, False), (True, False)]


async def test_an_archived_post_gets_its_tag_and_stays_archived(rig: Rig, forum: Channel) -> None:
    post, address = await make_post(rig, forum, "open")
    await rig.sim.archive_thread(post.id)
    await rig.adapter.show_status(address, Status.CLOSED, final=False)
    assert (tags(forum, post), post.archived) == (["Solved"], True)


async def test_where_nothing_can_be_shown_nothing_is_asked(rig: Rig) -> None:
    await rig.adapter.show_status(rig.direct(rig.ana), Status.CLOSED, final=True)
    await rig.adapter.show_status(rig.address(), Status.CLOSED, final=True)
    assert rig.sim.requests == []


async def test_what_is_not_allowed_or_gone_is_said_with_its_reason(rig: Rig, forum: Channel) -> None:
    post, address = await make_post(rig, forum)
    rig.sim.set_bot_permissions(int(BOT_DEFAULT & ~Permission.MANAGE_THREADS), channel_id=forum.id)
    with pytest.raises(PermanentError, match="the bot lacks Manage Threads"):
        await rig.adapter.show_status(address, Status.CLOSED, final=True)
    await rig.sim.delete_thread(post.id)
    with pytest.raises(PermanentError, match="the channel or thread was deleted"):
        await rig.adapter.show_status(address, Status.CLOSED, final=True)


async def test_a_locked_and_archived_thread_is_opened_to_be_spoken_in(rig: Rig, forum: Channel) -> None:
    post, address = await make_post(rig, forum)
    await rig.sim.lock_thread(post.id)
    await rig.sim.archive_thread(post.id)
    await rig.adapter.send(saying(address, "your answer"))
    assert rig.sim.messages(post.id)[-1].content == "your answer"
    assert post.locked, "who locked it wanted members to be silent"


@pytest.mark.parametrize("archived", [False, True])
async def test_a_locked_thread_that_the_bot_may_not_open_is_named_with_the_reason(
    rig: Rig, forum: Channel, archived: bool
) -> None:
    post, address = await make_post(rig, forum)
    rig.sim.set_bot_permissions(int(BOT_DEFAULT & ~Permission.MANAGE_THREADS), channel_id=forum.id)
    await rig.sim.lock_thread(post.id)
    if archived:
        await rig.sim.archive_thread(post.id)
    with pytest.raises(
        PermanentError, match=r"the thread is .*could not be opened again: the bot lacks Manage Threads"
    ):
        await rig.adapter.send(saying(address, "your answer"))


async def test_an_unseen_thread_is_named_with_the_reason(rig: Rig, forum: Channel) -> None:
    _, address = await make_post(rig, forum)
    rig.sim.set_bot_permissions(int(BOT_DEFAULT & ~Permission.VIEW_CHANNEL), channel_id=forum.id)
    with pytest.raises(PermanentError, match="View Channel"):
        await rig.adapter.send(saying(address, "your answer"))


def test_an_address_stays_what_it_is(rig: Rig) -> None:
    assert rig.adapter.current(rig.address(7)) == rig.address(7)
