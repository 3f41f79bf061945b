"""What the bot says in Matrix is said once, in the right place, and pings nobody but the one it names."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.matrix.api import MatrixApi
from adapters.matrix.media import Media
from bot.domain.chat import ChatAddress, Platform
from bot.domain.errors import OutcomeUnknownError, PermanentError, TransientError
from bot.domain.richtext import CodeBlock, RichText, bold, from_plain, join, paragraph
from sandbox.matrix import MatrixMember, SynapseServer
from sandbox.matrix.proxy import Breakage, MatrixProxy
from tests.integration.matrix_bot import MatrixBot, outgoing

NewMember = Callable[[str], Awaitable[MatrixMember]]


async def test_an_answer_stands_in_the_thread_as_a_notice_with_its_mark(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-says")
    room = await alice.create_room("Support")
    root = await alice.send_text(room, "help")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        message = outgoing("say-thread", room, "", thread=root, mention=alice.user_id)
        text = RichText(blocks=(paragraph("Ticket ", bold("#12"), " <script> @room @everyone"),))
        sent = await bot.client.send(replace(message, text=text, about=root))
        await bot.client.send(outgoing("say-nobody", room, f"{alice.user_id} @room", thread=root))
    answer, other = await alice.thread(room, root)
    content = answer["content"]
    assert answer["event_id"] == sent.message_ids[0]
    assert content["msgtype"] == "m.notice"
    assert content["body"] == "Ticket **#12** <script> @room @everyone"
    assert content["formatted_body"] == "<p>Ticket <strong>#12</strong> &lt;script&gt; @room @everyone</p>"
    assert content["m.mentions"] == {"user_ids": [alice.user_id]}
    assert content["org.supportbot.delivery"] == "say-thread"
    assert content["m.relates_to"]["is_falling_back"] is True
    assert other["content"]["m.mentions"] == {}


@pytest.mark.parametrize("breakage", ["lose", "502"])
async def test_a_send_without_an_answer_has_an_unknown_outcome_and_is_found(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path, breakage: str
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register(f"bot-lost-{breakage}")
    room = await alice.create_room("Support")
    root = await alice.send_text(room, "help")
    message = outgoing("say-lost", room, "once", thread=root)
    async with (
        MatrixProxy(synapse.url) as proxy,
        MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room]) as bot,
    ):
        await bot.until(lambda: room in bot.journal.memory["watched"])
        assert await bot.client.find_sent(message, bot.clock.now()) is None
        if breakage == "lose":
            proxy.add(Breakage.LOSE, "/send/", times=2)
        else:
            proxy.add(Breakage.REFUSE, "/send/", status=502, body="<html>bad gateway</html>")
        with pytest.raises(OutcomeUnknownError):
            await bot.client.send(message)
        found = await bot.client.find_sent(message, bot.clock.now())
        again = await bot.client.send(message)
    assert (found is not None) is (breakage == "lose")
    assert found is None or found.message_ids == again.message_ids
    assert len(await alice.thread(room, root)) == 1


async def test_a_mark_is_found_among_hundreds_of_later_messages(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-history")
    room = await alice.create_room("Support")
    root = await alice.send_text(room, "help")
    in_thread, in_room = outgoing("say-deep", room, "deep", thread=root), outgoing("say-flat", room, "flat")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        sent = [await bot.client.send(message) for message in (in_thread, in_room)]
        for number in range(105):
            await alice.send_text(room, f"m{number}", thread=root)
        found = [await bot.client.find_sent(message, bot.clock.now()) for message in (in_thread, in_room)]
        await alice.send_text(room, "forged", thread=root, extra={"org.supportbot.delivery": "say-forged"})
        assert await bot.client.find_sent(outgoing("say-forged", room, "x", thread=root), bot.clock.now()) is None
    assert [message and message.message_ids for message in found] == [message.message_ids for message in sent]


async def test_a_long_answer_comes_in_parts_and_goes_on_where_it_was_cut_off(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-long")
    room = await alice.create_room("Support")
    root = await alice.send_text(room, "help")
    text = join(
        *(from_plain(f"paragraph {number} " + "äöü<&>" * 700) for number in range(12)),
        RichText(blocks=(CodeBlock(text="x = '<>'\n" * 8000, language="python"),)),
    )
    message = replace(outgoing("say-long", room, "", thread=root, mention=alice.user_id), text=text)
    async with (
        MatrixProxy(synapse.url) as proxy,
        MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room]) as bot,
    ):
        await bot.until(lambda: room in bot.journal.memory["watched"])
        cut = proxy.add(Breakage.REFUSE, "say-long-3", status=503)
        with pytest.raises(OutcomeUnknownError):
            await bot.client.send(message)
        assert cut.seen == 1
        sent = await bot.client.send(message)
        assert sum(path.endswith("/say-long-1") for _, path in proxy.requests) == 1
        assert await bot.client.find_sent(message, bot.clock.now()) == sent
    parts = await alice.thread(room, root)
    assert [event["event_id"] for event in parts] == list(sent.message_ids)
    assert [bool(event["content"]["m.mentions"]) for event in parts] == [True] + [False] * (len(parts) - 1)
    assert "".join(event["content"]["body"] for event in parts).count("x = ") == 8000


async def test_reacting_twice_leaves_one_reaction(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-reacts")
    room = await alice.create_room("Support")
    root = await alice.send_text(room, "help")
    place = ChatAddress(platform=Platform.MATRIX, room=room)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        await bot.client.react(place, root, "👀", "react-1")
        await bot.client.react(place, root, "👀", "react-2")
    assert [event["type"] for event in await alice.messages(room)].count("m.reaction") == 1


async def test_where_no_thread_can_start_the_answer_is_a_reply(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-nothread")
    room = await alice.create_room("Support")
    inside = await alice.send_text(room, "inside", thread=await alice.send_text(room, "root"))
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        sent = await bot.client.send(outgoing("say-reply", room, "answer", thread=inside))
    event = await alice.event(room, sent.message_ids[0])
    assert event["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": inside}}


async def test_a_thread_of_a_replaced_room_is_answered_in_the_new_room(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-moved")
    room = await alice.create_room("Support", version="11")
    root = await alice.send_text(room, "help")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        answer = await alice.request("POST", f"/rooms/{room}/upgrade", {"new_version": "12"})
        await bot.until(lambda: answer["replacement_room"] in bot.journal.memory["watched"])
        message = outgoing("say-moved", room, "answer", thread=root)
        assert await bot.client.find_sent(message, bot.clock.now()) is None
        sent = await bot.client.send(message)
        assert await bot.client.find_sent(message, bot.clock.now()) is not None
    assert (await alice.event(answer["replacement_room"], sent.message_ids[0]))["content"]["body"] == "answer"


async def test_errors_say_what_to_do_next(synapse: SynapseServer, new_member: NewMember, tmp_path: Path) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-errors")
    room = await alice.create_room("Support", alias="errors-room")
    elsewhere = await alice.create_room("Elsewhere", public=False)
    async with MatrixProxy(synapse.url) as proxy:
        bot = MatrixBot(proxy.url, bot_user.user_id, tmp_path, ["#errors-room:sandbox.test"])
        with pytest.raises(TransientError, match="not connected"):
            await bot.client.send(outgoing("early", room, "x"))
        async with bot:
            await bot.until(lambda: room in bot.journal.memory["watched"])
            with pytest.raises(PermanentError, match="not in the Matrix room"):
                await bot.client.send(outgoing("outside", elsewhere, "x"))
            body = {"errcode": "M_LIMIT_EXCEEDED", "error": "slow down", "retry_after_ms": 4000}
            proxy.add(Breakage.REFUSE, "/send/", status=429, body=body)
            with pytest.raises(TransientError) as limited:
                await bot.client.send(outgoing("limited", room, "x"))
            assert limited.value.retry_after == timedelta(seconds=4)
            proxy.add(Breakage.REFUSE, "/send/", status=403, body={"errcode": "M_FORBIDDEN", "error": "no"})
            with pytest.raises(PermanentError, match="M_FORBIDDEN"):
                await bot.client.send(outgoing("forbidden", room, "x"))
            proxy.add(Breakage.REFUSE, "/send/", status=401, body={"errcode": "M_UNKNOWN_TOKEN", "error": "gone"})
            with pytest.raises(TransientError, match="M_UNKNOWN_TOKEN"):
                await bot.client.send(outgoing("revoked", room, "x"))
            sent = await bot.client.send(outgoing("by-alias", "#errors-room:sandbox.test", "x"))
            assert (await alice.event(room, sent.message_ids[0]))["content"]["body"] == "x"


async def test_sends_side_by_side_all_arrive(synapse: SynapseServer, new_member: NewMember, tmp_path: Path) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-many")
    room = await alice.create_room("Secret", encrypted=True)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        sent = await asyncio.gather(*(bot.client.send(outgoing(f"say-{n}", room, f"n{n}")) for n in range(30)))
    assert len({message.message_ids for message in sent}) == 30


async def test_uploads_above_the_servers_limit_are_not_begun(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice = await new_member("alice")
    async with MatrixProxy(synapse.url) as proxy:
        api = MatrixApi(proxy.url, alice.access_token)
        with pytest.raises(PermanentError, match="more than the homeserver takes"):
            await Media(api).upload(b"x" * (21 * 1024 * 1024), "text/plain", encrypt=False)
        assert proxy.count("/upload") == 0
        part = await Media(api).upload(b"content", "text/plain", encrypt=False)
        assert await alice.download(part["url"]) == b"content"
        sealed = await Media(api).upload(b"content", "text/plain", encrypt=True)
        assert await alice.download(sealed["file"]["url"]) != b"content"
        await api.close()


async def test_the_live_check_names_what_is_missing(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-check")
    room, closed = await alice.create_room("Support"), await alice.create_room("Closed", public=False)
    bot = MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room, closed, "#nowhere:sandbox.test"])
    async with bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
    findings = {finding.subject: finding for finding in await bot.client.inspect()}
    assert findings[f"login as {bot_user.user_id}"].well
    assert findings[f"room {room}"].well
    assert "invite" in findings[f"room {closed}"].fix
    assert "alias" in findings["room #nowhere:sandbox.test"].fix
    assert findings["cross-signed device"].well
    wrong = MatrixBot(synapse.url, bot_user.user_id, tmp_path / "other", [room], password="wrong")
    (finding,) = await wrong.client.inspect()
    assert not finding.well
    assert "M_FORBIDDEN" in finding.fix


async def test_after_receiving_was_stopped_the_bot_still_speaks_and_takes_nothing_in(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-stops")
    room = await alice.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        await bot.client.stop_receiving()
        await alice.send_text(room, "too late for now")
        sent = await bot.client.send(outgoing("say-stop", room, "still here"))
        assert bot.task is not None
        assert not bot.task.done()
        assert (await alice.event(room, sent.message_ids[0]))["content"]["body"] == "still here"
        assert bot.journal.texts == []
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=bot.journal) as again:
        await again.until(lambda: again.journal.texts == ["too late for now"])


async def test_after_a_restart_the_bot_speaks_in_rooms_where_nothing_happened(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-quiet")
    room = await alice.create_room("Secret", encrypted=True)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=bot.journal) as again:
        sent = await again.client.send(outgoing("say-quiet", room, "hello"))
    assert (await alice.event(room, sent.message_ids[0]))["type"] == "m.room.encrypted"


async def test_what_is_said_while_matrix_is_away_is_tried_often_at_first_and_ever_less_then(
    synapse: SynapseServer, tmp_path: Path
) -> None:
    """A wait that the outbox is told to keep never grows: with hundreds of deliveries waiting that is a busy loop."""
    bot = MatrixBot(synapse.url, "@nobody:sandbox.test", tmp_path, ["!room"])
    with pytest.raises(TransientError) as starting:
        await bot.client.send(outgoing("starting", "!room", "x"))
    bot.clock.shift = timedelta(minutes=1)
    with pytest.raises(TransientError) as away:
        await bot.client.send(outgoing("away", "!room", "x"))
    assert starting.value.retry_after == timedelta(seconds=1)
    assert away.value.retry_after is None


async def test_what_is_for_the_staff_room_or_a_room_that_moved_waits_until_the_bot_is_in_it(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-awaited")
    room = await alice.create_room("Support", version="11")
    staff = await alice.create_room("Staff", public=False)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], staff_room=staff) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        hidden = await alice.create_room("Support, invited only", public=False)
        await alice.put_state(room, "m.room.tombstone", {"body": "moved", "replacement_room": hidden})
        await bot.until(lambda: f"successor:{room}" in bot.journal.memory)
        for place in (room, staff):
            with pytest.raises(TransientError, match="not yet in"):
                await bot.client.send(outgoing("awaited", place, "x"))
