"""Sending to Discord: once whatever happens to the answers, pinging at most one person, refusals in words."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.discord import rest
from bot.domain.chat import ChatAddress, OutgoingMessage
from bot.domain.errors import OutcomeUnknownError, PermanentError, TransientError
from bot.domain.ids import delivery_id
from bot.domain.richtext import Mention, RichText, from_plain, paragraph, plain
from sandbox.discord import BOT_DEFAULT, DiscordSimulator, Permission, Pings
from tests.fakes.clock import settle
from tests.fakes.discord_rig import Rig

pytest_plugins = ["tests.integration.discord_fixtures"]

POSTS = r"/channels/\d+/messages"


@pytest.fixture
async def rig(sim: DiscordSimulator) -> AsyncIterator[Rig]:
    made = Rig(sim)
    yield made
    await made.stop()
    assert sim.problems == []


def saying(address: ChatAddress, text: str, *, mention: int | None = None, cause: str = "") -> OutgoingMessage:
    return OutgoingMessage(
        delivery_id=delivery_id("test", cause or text),
        address=address,
        text=from_plain(text),
        mention=str(mention) if mention else None,
    )


async def test_a_message_is_said_in_the_room_without_a_gateway(rig: Rig) -> None:
    sent = await rig.adapter.send(saying(rig.address(), "hello *you*"))
    (message,) = rig.sim.messages(rig.support.id)
    assert message.content == r"hello \*you\*"
    assert sent.message_ids == (str(message.id),)
    assert rig.sim.handshakes == 0


async def test_sending_works_while_the_gateway_is_away(rig: Rig) -> None:
    await rig.first_start()
    rig.sim.refuse_handshakes(100)
    await rig.sim.gateway_drop()
    await rig.adapter.send(saying(rig.address(), "still here"))
    assert rig.sim.messages(rig.support.id)[-1].content == "still here"


async def test_only_the_named_member_is_pinged(rig: Rig) -> None:
    typed = f"@everyone @here <@{rig.bob.id}> <@&{rig.staff_role.id}> <@{rig.ana.id}>"
    await rig.adapter.send(saying(rig.address(), typed, mention=rig.ana.id))
    await rig.adapter.send(saying(rig.address(), typed + "!"))
    first, second = rig.sim.messages(rig.support.id)
    assert first.content.startswith(f"<@{rig.ana.id}> ")
    assert first.notified == Pings(users=frozenset({rig.ana.id}))
    assert second.notified == Pings()


async def test_a_native_reference_in_the_bots_own_words_pings_nobody(rig: Rig) -> None:
    text = RichText(blocks=(paragraph("see ", Mention(name="@bob", target=f"user:{rig.bob.id}")),))
    await rig.adapter.send(OutgoingMessage(delivery_id=delivery_id("x"), address=rig.address(), text=text))
    (message,) = rig.sim.messages(rig.support.id)
    assert message.content == f"see <@{rig.bob.id}>"
    assert message.notified == Pings()


async def test_every_send_says_whom_it_may_ping(rig: Rig) -> None:
    await rig.first_start()
    await rig.adapter.send(saying(rig.address(), "one"))
    await rig.adapter.send(saying(rig.address(), "two", mention=rig.ana.id))
    await rig.sim.run_command(rig.ana, rig.support.id, "help")
    bodies = [request.json for request in rig.sim.requests if isinstance(request.json, dict)]
    spoken = [body for body in bodies if "content" in body]
    assert len(spoken) == 3
    assert all(body["allowed_mentions"]["parse"] == [] for body in spoken)
    assert [body["allowed_mentions"].get("users", []) for body in spoken] == [[], [str(rig.ana.id)], []]


async def test_a_lost_answer_and_a_repeat_make_one_message(rig: Rig) -> None:
    rig.sim.faults.add(method="POST", path=POSTS, kind="lose_answer")
    message = saying(rig.address(), "once")
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.send(message)
    sent = await rig.adapter.send(message)
    assert [said.id for said in rig.sim.messages(rig.support.id)] == [int(sent.message_ids[0])]


async def test_thirty_percent_of_lost_answers_double_nothing(rig: Rig) -> None:
    rig.sim.faults.add(method="POST", path=POSTS, kind="lose_answer", probability=0.3, times=None, seed=7)

    async def stubbornly(message: OutgoingMessage) -> None:
        while True:
            try:
                await rig.adapter.send(message)
            except OutcomeUnknownError:
                continue
            return

    await asyncio.gather(*(stubbornly(saying(rig.address(), f"message {number}")) for number in range(30)))
    said = sorted(message.content for message in rig.sim.messages(rig.support.id))
    assert said == sorted(f"message {number}" for number in range(30))


async def test_what_was_sent_long_ago_is_found_instead_of_sent_again(rig: Rig) -> None:
    rig.sim.faults.add(method="POST", path=POSTS, kind="lose_answer")
    message = saying(rig.address(), "once", mention=rig.ana.id)
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.send(message)
    rig.sim.advance(600)
    for number in range(120):
        await rig.sim.post(rig.bob, rig.support.id, str(number))
    tried_at = rig.clock.now()
    await rig.adapter.close()
    again = rig.make()
    found = await again.find_sent(message, tried_at)
    await again.close()
    assert found is not None
    assert found.message_ids == (str(rig.sim.messages(rig.support.id)[0].id),)


async def test_what_was_never_sent_is_not_found(rig: Rig) -> None:
    await rig.adapter.send(saying(rig.address(), "something else"))
    await rig.sim.post(rig.ana, rig.support.id, "mine")
    assert await rig.adapter.find_sent(saying(rig.address(), "mine"), rig.clock.now()) is None


async def test_without_a_nonce_in_history_author_and_words_count(rig: Rig) -> None:
    message = saying(rig.address(), "same words", cause="first")
    sent = await rig.adapter.send(message)
    rig.sim.messages(rig.support.id)[0].nonce = None
    other = saying(rig.address(), "same words", cause="second")
    assert await rig.adapter.find_sent(other, rig.clock.now()) is None, "known to be another delivery"
    await rig.adapter.close()
    restarted = rig.make()
    assert await restarted.find_sent(message, rig.clock.now()) == sent
    await restarted.close()


@pytest.mark.parametrize("kind", ["reset", "status"])
async def test_troubles_are_worth_another_try(rig: Rig, kind: str) -> None:
    rig.sim.faults.add(method="POST", path=POSTS, kind=kind, status=503)  # type: ignore[arg-type]
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.send(saying(rig.address(), "hello"))
    await rig.adapter.send(saying(rig.address(), "hello"))
    assert len(rig.sim.messages(rig.support.id)) == 1


async def test_a_long_rate_limit_is_handed_back_with_its_wait(rig: Rig) -> None:
    rig.sim.faults.add(method="POST", path=POSTS, kind="rate_limit", retry_after=90)
    with pytest.raises(TransientError) as error:
        await rig.adapter.send(saying(rig.address(), "hello"))
    assert error.value.retry_after == timedelta(seconds=90)


async def test_a_ban_by_the_proxy_is_worth_another_try_later(rig: Rig) -> None:
    rig.sim.faults.add(method="POST", path=POSTS, kind="rate_limit", retry_after=7, via=False)
    with pytest.raises(TransientError) as error:
        await rig.adapter.send(saying(rig.address(), "hello"))
    assert error.value.retry_after == timedelta(seconds=7)


async def test_no_server_means_another_try(rig: Rig) -> None:
    await rig.sim.stop()
    with pytest.raises(TransientError):
        await rig.adapter.send(saying(rig.address(), "hello"))
    await rig.sim.start()
    await rig.adapter.send(saying(rig.address(), "hello"))


async def test_a_refused_token_keeps_sends_waiting_without_hammering(rig: Rig) -> None:
    wrong = rig.make(token="wrong")
    for _ in range(5):
        with pytest.raises(TransientError, match="token"):
            await wrong.send(saying(rig.address(), "hello"))
    await wrong.close()
    assert len(rig.sim.requests) == 1


async def test_a_cancelled_send_leaves_the_adapter_usable(rig: Rig) -> None:
    rig.sim.faults.add(method="POST", path=POSTS, kind="rate_limit", retry_after=0.5, scope="global")
    task = asyncio.create_task(rig.adapter.send(saying(rig.address(), "cancelled")))
    await rig.sim.wait_until(lambda: any(request.status == 429 for request in rig.sim.requests))
    await settle()  # until the library has begun to wait
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        await rig.adapter.send(saying(rig.address(), "next"))
    assert "next" in [message.content for message in rig.sim.messages(rig.support.id)]


async def test_a_repeat_joins_the_request_that_is_still_under_way(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "_PATIENCE_SECONDS", 0.2)
    rig.sim.faults.add(method="POST", path=POSTS, kind="delay", delay_seconds=0.5)
    message = saying(rig.address(), "slow")
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.send(message)
    monkeypatch.setattr(rest, "_PATIENCE_SECONDS", 5)
    await rig.adapter.send(message)
    assert sum(request.method == "POST" for request in rig.sim.requests) == 1


async def test_refusals_say_what_to_do(rig: Rig) -> None:
    opener = await rig.sim.post(rig.ana, rig.support.id, "help")
    await rig.adapter.open_chat_thread(rig.address(opener.id), "#1 help")
    rig.sim.set_bot_permissions(int(BOT_DEFAULT & ~Permission.SEND_MESSAGES_IN_THREADS), channel_id=rig.support.id)
    with pytest.raises(PermanentError, match="Send Messages in Threads"):
        await rig.adapter.send(saying(rig.address(opener.id), "hello"))
    await rig.sim.delete_thread(opener.id)
    with pytest.raises(PermanentError, match="deleted"):
        await rig.adapter.send(saying(rig.address(opener.id), "hello"))


async def test_a_thread_is_opened_once_and_one_that_exists_is_adopted(rig: Rig) -> None:
    opener = await rig.sim.post(rig.ana, rig.support.id, "help")
    rig.sim.faults.add(method="POST", path=r".*/threads", kind="lose_answer")
    address = rig.address(opener.id)
    with pytest.raises(OutcomeUnknownError):
        await rig.adapter.open_chat_thread(address, "#1234 help")
    await rig.adapter.open_chat_thread(address, "#1234 help")
    (thread,) = rig.sim.threads(rig.support.id)
    assert (thread.id, thread.name) == (opener.id, "#1234 help")
    await rig.adapter.send(saying(address, "your number is #1234"))
    assert rig.sim.messages(thread.id)[-1].content == "your number is #1234"


async def test_thread_names_are_cut_and_cleaned(rig: Rig) -> None:
    opener = await rig.sim.post(rig.ana, rig.support.id, "help")
    await rig.adapter.open_chat_thread(rig.address(opener.id), "#1234 " + "word\n" * 60)
    (thread,) = rig.sim.threads(rig.support.id)
    assert len(thread.name) <= 100
    assert "\n" not in thread.name
    assert thread.name.startswith("#1234 word word")


async def test_a_refused_thread_name_becomes_the_plain_number(rig: Rig) -> None:
    opener = await rig.sim.post(rig.ana, rig.support.id, "help")
    fault = rig.sim.faults.add(method="POST", path=r".*/threads", kind="status", status=400)
    original = rig.sim._rest._broken

    def refused_name(struck, record):  # type: ignore[no-untyped-def]
        answer = original(struck, record)
        if struck is fault:
            answer.body = b'{"message": "Invalid Form Body", "code": 50035, "errors": {}}'
        return answer

    rig.sim._rest._broken = refused_name  # type: ignore[method-assign]
    await rig.adapter.open_chat_thread(rig.address(opener.id), "#1234 bad words")
    (thread,) = rig.sim.threads(rig.support.id)
    assert thread.name == "Ticket 1234"
    rig.sim.requests[:] = [request for request in rig.sim.requests if request.status != 400]


async def test_a_thread_on_a_deleted_message_cannot_be_opened(rig: Rig) -> None:
    opener = await rig.sim.post(rig.ana, rig.support.id, "help")
    await rig.sim.delete(rig.support.id, opener.id)
    with pytest.raises(PermanentError, match="the message was deleted"):
        await rig.adapter.open_chat_thread(rig.address(opener.id), "#1 help")


async def test_a_thread_made_without_a_message_and_a_forum_post_are_there_already(rig: Rig) -> None:
    thread = await rig.sim.create_thread(rig.ana, rig.support.id, "plain")
    await rig.adapter.open_chat_thread(rig.address(thread.id), "#1 plain")
    post = await rig.sim.create_forum_post(rig.ana, rig.forum.id, "Post", "starter")
    await rig.adapter.open_chat_thread(rig.address(post.id, rig.forum.id), "#2 Post")
    assert (thread.name, post.name) == ("plain", "Post")


async def test_an_archived_thread_can_be_spoken_in(rig: Rig) -> None:
    post = await rig.sim.create_forum_post(rig.ana, rig.forum.id, "Post", "starter")
    await rig.sim.archive_thread(post.id)
    await rig.adapter.send(saying(rig.address(post.id, rig.forum.id), "here is your answer"))
    assert rig.sim.messages(post.id)[-1].content == "here is your answer"


async def test_reactions_are_put_once_wherever_the_message_stands(rig: Rig) -> None:
    opener = await rig.sim.post(rig.ana, rig.support.id, "help")
    post = await rig.sim.create_forum_post(rig.ana, rig.forum.id, "Post", "starter")
    eyes = {"👀": {rig.sim.bot_user.id}}
    for _ in range(2):
        await rig.adapter.react(rig.address(), str(opener.id), "👀", "a" * 24)
    await rig.adapter.react(rig.address(post.id, rig.forum.id), str(post.id), "👀", "b" * 24)
    assert rig.sim.reactions(rig.support.id, opener.id) == eyes
    assert rig.sim.reactions(post.id, post.id) == eyes


async def test_a_reaction_on_a_deleted_message_is_no_failure(rig: Rig) -> None:
    opener = await rig.sim.post(rig.ana, rig.support.id, "help")
    await rig.sim.delete(rig.support.id, opener.id)
    await rig.adapter.react(rig.address(), str(opener.id), "👀", "a" * 24)


async def test_files_are_fetched_also_after_their_address_has_expired(rig: Rig) -> None:
    await rig.first_start()
    await rig.sim.post(rig.ana, rig.support.id, "log", attachments=[("a.log", "text/plain", b"A" * 100_000)])
    await rig.sim.create_forum_post(
        rig.ana, rig.forum.id, "Post", "log", attachments=[("b.log", "text/plain", b"B" * 10)]
    )
    await rig.intake.until(2)
    rig.sim.expire_attachments()
    for message in rig.intake.messages:
        (file,) = message.attachments
        content = await rig.adapter.fetch(
            file, address=message.address, message_id=message.message_id, limit_bytes=200_000
        )
        assert len(content) == file.size_bytes


async def test_a_file_that_is_too_large_or_gone_is_refused_with_a_reason(rig: Rig) -> None:
    await rig.first_start()
    said = await rig.sim.post(rig.ana, rig.support.id, "log", attachments=[("a.log", "text/plain", b"A" * 1000)])
    await rig.intake.until(1)
    message = rig.intake.messages[0]
    (file,) = message.attachments
    with pytest.raises(PermanentError, match=r"a\.log is larger"):
        await rig.adapter.fetch(file, address=message.address, message_id=message.message_id, limit_bytes=999)
    await rig.sim.delete(rig.support.id, said.id)
    rig.sim.expire_attachments()
    with pytest.raises(PermanentError, match="deleted"):
        await rig.adapter.fetch(file, address=message.address, message_id=message.message_id, limit_bytes=1000)


async def test_a_threads_starter_is_read_from_its_channel_and_a_posts_from_the_post(rig: Rig) -> None:
    opener = await rig.sim.post(rig.ana, rig.support.id, "the question")
    await rig.adapter.open_chat_thread(rig.address(opener.id), "#1 question")
    quoted = await rig.adapter.read_message(rig.address(opener.id), str(opener.id))
    assert quoted is not None
    assert (quoted.author_name, plain(quoted.text)) == ("Ana", "the question")
    post = await rig.sim.create_forum_post(rig.ana, rig.forum.id, "Post", "starter")
    quoted = await rig.adapter.read_message(rig.address(post.id, rig.forum.id), str(post.id))
    assert quoted is not None
    assert plain(quoted.text) == "starter"
    await rig.sim.delete(rig.support.id, opener.id)
    assert await rig.adapter.read_message(rig.address(opener.id), str(opener.id)) is None


async def test_a_token_that_was_revoked_is_not_tried_by_every_delivery(rig: Rig) -> None:
    """Ten thousand refusals within ten minutes get the address banned (facts/discord.md, "Rate limits")."""
    await rig.adapter.send(saying(rig.address(), "before"))
    rig.sim.faults.add(path=POSTS, kind="status", status=401, times=None)
    rig.sim.requests.clear()
    for number in range(20):
        with pytest.raises(TransientError, match="refuses the bot's token"):
            await rig.adapter.send(saying(rig.address(), str(number)))
    assert len(rig.sim.requests) == 1
    rig.sim.faults.clear()
    rig.clock.ahead_by = timedelta(minutes=2)
    await rig.adapter.send(saying(rig.address(), "after"))
