"""One night without the bot in Discord: what was said meanwhile, and what became of it after the restart."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio

from sandbox.discord.entities import Channel, Message
from sandbox.freescout import Conversation
from tests.integration.bot_world import BotWorld, bodies, bot_world, word

pytestmark = pytest.mark.asyncio(loop_scope="module")

MORE_THAN_A_PAGE = 105


@dataclass(slots=True, kw_only=True)
class Night:
    """What there was before, and the words posted while the bot was down, by where they were posted."""

    world: BotWorld
    asked: Message
    ticket: Conversation
    quiet: Message
    quiet_ticket: Conversation
    questions: Channel
    words: dict[str, str]
    in_ticket: list[str]
    places: dict[str, int]

    def home(self, where: str) -> int:
        """The conversation in which the words posted there stand."""
        [entry] = self.world.entries(self.words[where])
        return entry.conversation_id


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def night(
    tmp_path_factory: pytest.TempPathFactory, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[Night]:
    """The bot runs, is stopped, much is said, it runs again and has filed it all."""
    async with bot_world(tmp_path_factory.mktemp("night"), unused_tcp_port_factory()) as world:
        await world.start_bot()
        asked, ticket = await world.ask("before")
        quiet, quiet_ticket = await world.ask("before, and then silence")
        await world.discord.archive_thread(quiet.id)
        assert await world.bot.stop() == 0
        made = Night(
            world=world,
            asked=asked,
            ticket=ticket,
            quiet=quiet,
            quiet_ticket=quiet_ticket,
            questions=world.discord.add_text_channel("questions"),
            words={},
            in_ticket=[],
            places={},
        )
        await say_in_known_places(made)
        await say_in_new_places(made)
        await say_what_is_not_for_the_bot(made)
        channels = [world.support.id, world.forum.id, made.questions.id]
        world.write_settings(discord={"support_channels": channels})
        await world.restart_bot()
        expected = [text for where, text in made.words.items() if not where.startswith("not ")] + made.in_ticket
        await world.until(lambda: all(world.entries(text) for text in expected), "all are filed")
        await world.until(world.drained, "nothing waits")
        yield made
        world.expect_good_conduct()


async def say_in_known_places(night: Night) -> None:
    """In the channel, in a ticket's thread, in an archived one, in reply, and with a file whose link expires."""
    world = night.world
    for number in range(15):
        await say(night, f"channel {number}", world.support.id)
    for _ in range(MORE_THAN_A_PAGE):
        night.in_ticket.append(word())
        await world.discord.post(world.lena, night.asked.id, night.in_ticket[-1])
    await say(night, "archived ticket", night.quiet.id)
    await world.discord.archive_thread(night.quiet.id)
    await say(night, "reply", world.support.id, reply_to=night.asked)
    await say(night, "file", world.support.id, attachments=[("a.txt", "text/plain", b"kept")])
    world.discord.expire_attachments()


async def say_in_new_places(night: Night) -> None:
    """In threads and a forum post that did not exist before."""
    world, discord = night.world, night.world.discord
    starter = await say(night, "starter", world.support.id)
    await discord.create_thread(world.mia, world.support.id, "new", message_id=starter.id)
    await say(night, "thread on a message", starter.id)
    plain = await discord.create_thread(world.mia, world.support.id, "plain")
    await say(night, "plain thread", plain.id)
    gone = await discord.create_thread(world.mia, world.support.id, "soon archived")
    await say(night, "archived thread", gone.id)
    await discord.archive_thread(gone.id)
    night.words["post"] = word()
    post = await discord.create_forum_post(world.lena, world.forum.id, "post", night.words["post"])
    await say(night, "further in post", post.id)
    night.places = {"starter": starter.id, "plain": plain.id, "archived": gone.id, "post": post.id}


async def say_what_is_not_for_the_bot(night: Night) -> None:
    """By the team, by a bot, by Discord itself; deleted; and in a channel that is watched only from now on."""
    world, discord = night.world, night.world.discord
    support = world.support.id
    night.words |= {f"not {who}": word() for who in ("team", "bot", "system", "deleted", "history")}
    await discord.post(world.alexander, support, night.words["not team"])
    await discord.post(discord.add_member("Bot", bot=True), support, night.words["not bot"])
    await discord.post(world.mia, support, night.words["not system"], type=6)
    deleted = await discord.post(world.mia, support, night.words["not deleted"])
    await discord.delete(support, deleted.id)
    await discord.post(world.mia, night.questions.id, night.words["not history"])


async def say(
    night: Night,
    where: str,
    channel_id: int,
    *,
    reply_to: Message | None = None,
    attachments: tuple[tuple[str, str, bytes], ...] | list[tuple[str, str, bytes]] = (),
) -> Message:
    """Mia says a word nobody else uses."""
    night.words[where] = word()
    return await night.world.discord.post(
        night.world.mia, channel_id, night.words[where], reply_to=reply_to, attachments=attachments
    )


async def test_everything_is_filed_once(night: Night) -> None:
    filed = [text for where, text in night.words.items() if not where.startswith("not ")] + night.in_ticket
    assert {text: len(night.world.entries(text)) for text in filed} == dict.fromkeys(filed, 1)


async def test_what_was_said_in_a_ticket_is_in_order(night: Night) -> None:
    appended = bodies(night.world.freescout.conversation(id=night.ticket.id).threads)[1:]
    in_thread = [text for body in appended for text in night.in_ticket if text in body]
    assert in_thread == night.in_ticket


async def test_an_archived_tickets_thread_and_a_reply_are_appended_to_their_tickets(night: Night) -> None:
    assert night.home("archived ticket") == night.quiet_ticket.id
    assert night.home("reply") == night.ticket.id


async def test_threads_and_posts_made_meanwhile_are_one_ticket_each_and_have_its_number(night: Night) -> None:
    assert night.home("thread on a message") == night.home("starter")
    assert night.home("further in post") == night.home("post")
    homes = {night.home(where) for where in ("starter", "plain thread", "archived thread", "post")}
    assert len(homes) == 4
    assert {place: len(night.world.said(thread)) for place, thread in night.places.items()} == dict.fromkeys(
        night.places, 1
    )


async def test_a_file_whose_link_expired_meanwhile_is_copied_all_the_same(night: Night) -> None:
    [entry] = night.world.entries(night.words["file"])
    assert [file.data for file in entry.attachments] == [b"kept"]


@pytest.mark.parametrize("who", ["team", "bot", "system", "deleted"])
async def test_what_is_not_for_the_bot_opens_nothing(night: Night, who: str) -> None:
    assert night.world.tickets(night.words[f"not {who}"]) == []


async def test_a_newly_watched_channel_files_no_history_but_what_comes_from_now_on(night: Night) -> None:
    fresh = word()
    await night.world.discord.post(night.world.mia, night.questions.id, fresh)
    await night.world.ticket(fresh)
    assert night.world.tickets(night.words["not history"]) == []
