"""What members write in Matrix arrives once, in order, across restarts, gaps and broken connections."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.errors import RefusedError
from bot.ports.inbound import PartState
from sandbox.matrix import MatrixMember, SynapseServer
from sandbox.matrix.proxy import Breakage, MatrixProxy
from tests.integration.matrix_bot import Journal, MatrixBot, ShiftedClock, StoreFailsError, outgoing

NewMember = Callable[[str], Awaitable[MatrixMember]]


async def test_a_message_arrives_with_author_time_link_and_thread(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-reads")
    room = await alice.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        root = await alice.send_text(room, "help", formatted="<b>help</b>")
        await alice.send_text(room, "more", thread=root)
        await bot.until(lambda: len(bot.journal.messages) == 2)
    first, second = bot.journal.messages
    assert first.message_id == root
    assert first.author.user_id == alice.user_id
    assert first.address.chat_thread is None
    assert root in first.link
    assert second.address.chat_thread == root
    assert second.reply_to is None


async def test_a_first_start_files_no_history(synapse: SynapseServer, new_member: NewMember, tmp_path: Path) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-first")
    room = await alice.create_room("Support")
    await synapse.member(bot_user).join(room)
    for number in range(5):
        await alice.send_text(room, f"old {number}")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        assert bot.journal.memory["since"]
        await alice.send_text(room, "new")
        await bot.until(lambda: bool(bot.journal.messages))
        assert bot.journal.texts == ["new"]


@pytest.mark.parametrize("count", [3, 105])
async def test_joining_a_room_files_only_what_is_said_after_joining(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path, count: int
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register(f"bot-joins-{count}")
    room, journal = await alice.create_room("Support", public=False), Journal()
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal):
        pass
    for number in range(count):
        await alice.send_text(room, f"before {number}")
    await alice.invite(room, bot_user.user_id)
    async with synapse.member(bot_user) as by_hand:
        await by_hand.join(room)
    await alice.send_text(room, "after")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: "after" in journal.texts)
    assert journal.texts == ["after"]


async def test_everything_said_while_the_bot_was_down_arrives_once_and_in_order(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-down")
    room = await alice.create_room("Support")
    journal = Journal()
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory.get("watched", ""))
    for number in range(210):
        await alice.send_text(room, f"m{number}")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await alice.send_text(room, "live")
        await bot.until(lambda: len(journal.messages) >= 211)
    assert journal.texts == [*(f"m{number}" for number in range(210)), "live"]
    assert not journal.gaps


async def test_a_gap_that_cannot_be_walked_is_kept_and_live_messages_wait_behind_it(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-gap")
    room, other = await alice.create_room("Support"), await alice.create_room("Other")
    journal, clock = Journal(), ShiftedClock()
    clock.longest_sleep = timedelta(milliseconds=50)
    async with MatrixProxy(synapse.url) as proxy:
        async with MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room, other], journal=journal) as bot:
            await bot.until(lambda: room in journal.memory["watched"] and other in journal.memory["watched"])
            await bot.until(lambda: not journal.gaps)
        for number in range(105):
            await alice.send_text(room, f"m{number}")
        broken = proxy.add(Breakage.REFUSE, "/messages", times=-1)
        bot = MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room, other], journal=journal, clock=clock)
        bot.start()
        await bot.until(lambda: broken.seen > 0)
        await alice.send_text(other, "elsewhere")
        await alice.send_text(room, "live")
        await bot.until(lambda: journal.texts == ["elsewhere"])
        await bot.stop()
        assert journal.gaps
        assert PartState.DISCONNECTED not in [state for state, _ in journal.states]
        proxy.clear()
        async with MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room, other], journal=journal, clock=clock) as bot:
            await bot.until(lambda: len(journal.messages) == 107)
    assert journal.texts[1:] == [*(f"m{number}" for number in range(105)), "live"]


async def test_messages_older_than_the_backfill_limit_are_not_filed_but_staff_is_told(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-limit")
    room = await alice.create_room("Support room")
    journal = Journal()
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
    for number in range(3):
        await alice.send_text(room, f"m{number}")
    clock = ShiftedClock()
    clock.shift = timedelta(hours=2)
    limit = timedelta(hours=1)
    async with MatrixBot(
        synapse.url, bot_user.user_id, tmp_path, [room], journal=journal, clock=clock, backfill=limit
    ) as bot:
        await bot.until(lambda: bool(journal.skipped))
        clock.shift = timedelta()
        await alice.send_text(room, "live")
        await bot.until(lambda: bool(journal.messages))
    assert journal.texts == ["live"]
    assert len(journal.skipped) == 1
    assert "Support room: 3 from" in journal.skipped[0]


async def test_a_batch_whose_commit_failed_is_read_again(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-commit")
    room = await alice.create_room("Support")
    journal = Journal()
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
        journal.fail_next = 1
        await alice.send_text(room, "precious")
        with pytest.raises(StoreFailsError):
            await bot.until(lambda: False)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: journal.texts == ["precious"])


async def test_events_no_careful_sender_would_send_cost_nothing_but_themselves(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-weird")
    room = await alice.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        root = await alice.send_text(room, "root")
        for content in (
            {"msgtype": "m.text", "body": "null format", "format": None, "formatted_body": None},
            {"msgtype": "m.text", "body": "odd relation", "m.relates_to": "a string"},
            {"msgtype": "m.text", "body": "odd mentions", "m.mentions": {"x": 1}, "m.relates_to": {"rel_type": 5}},
            {"msgtype": "m.image", "body": "no url", "info": "big"},
            {"msgtype": "m.strange", "body": "unknown type"},
            {"msgtype": "m.notice", "body": "a bot speaks"},
        ):
            await alice.send_event(room, "m.room.message", content)
        await alice.send_event(room, "m.sticker", {"body": "wave", "url": "mxc://a/b", "info": {}})
        await alice.react(room, root, "👍")
        await alice.edit_text(room, root, "changed")
        await alice.redact(room, await alice.send_text(room, "taken back"))
        await alice.put_state(room, "m.room.member", {"membership": "join", "displayname": None}, alice.user_id)
        await alice.put_state(room, "m.room.tombstone", {"replacement_room": "not a room", "body": ""}, "odd")
        await alice.send_text(room, "end")
        await bot.until(lambda: "end" in bot.journal.texts)
    assert [text for text in bot.journal.texts if text != "taken back"] == [
        "root",
        "null format",
        "odd relation",
        "odd mentions",
        "sent an image: no url",
        "unknown type",
        "sent a sticker: wave",
        "end",
    ]


async def test_a_server_that_fails_is_asked_ever_less_often(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-502")
    room = await alice.create_room("Support")
    clock = ShiftedClock()
    clock.longest_sleep = timedelta(milliseconds=20)
    async with (
        MatrixProxy(synapse.url) as proxy,
        MatrixBot(proxy.url, bot_user.user_id, tmp_path, [room], clock=clock) as bot,
    ):
        await bot.until(lambda: room in bot.journal.memory["watched"])
        fault = proxy.add(Breakage.REFUSE, "/sync", times=5)
        await alice.send_text(room, "while broken")
        await bot.until(lambda: fault.seen == 5)
        await bot.until(lambda: bot.journal.texts == ["while broken"])
        await bot.until(lambda: bot.journal.states[-1][0] is PartState.CONNECTED)
    waits = [round(wait.total_seconds(), 2) for wait in clock.sleeps]
    assert waits == [0.75, 1.5, 3.0, 6.0, 12.0]
    assert any(state is PartState.DISCONNECTED for state, _ in bot.journal.states)


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 7000}, {}, 7.0),
        ({"errcode": "M_LIMIT_EXCEEDED"}, {"Retry-After": "9"}, 9.0),
    ],
)
async def test_a_server_that_names_a_wait_is_given_it(
    synapse: SynapseServer,
    new_member: NewMember,
    tmp_path: Path,
    body: dict[str, object],
    headers: dict[str, str],
    seconds: float,
) -> None:
    bot_user = await synapse.register(f"bot-429-{int(seconds)}")
    clock = ShiftedClock()
    clock.longest_sleep = timedelta(milliseconds=20)
    async with (
        MatrixProxy(synapse.url) as proxy,
        MatrixBot(proxy.url, bot_user.user_id, tmp_path, ["!none:sandbox.test"], clock=clock) as bot,
    ):
        fault = proxy.add(Breakage.REFUSE, "/sync", status=429, body=body, headers=headers)
        await synapse.member(bot_user).create_room("wakes the sync")
        await bot.until(lambda: fault.seen == 1 and bool(clock.sleeps))
    assert clock.sleeps[0].total_seconds() == pytest.approx(seconds, abs=0.1)


async def test_a_revoked_token_ends_the_leg_with_a_clear_message(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    bot_user = await synapse.register("bot-revoked")
    async with (
        MatrixProxy(synapse.url) as proxy,
        MatrixBot(proxy.url, bot_user.user_id, tmp_path, ["!none:sandbox.test"]) as bot,
    ):
        before = proxy.count("")
        await synapse.admin("POST", f"/_synapse/admin/v1/deactivate/{bot_user.user_id}", {"erase": False})
        with pytest.raises(RefusedError, match="refused the bot's access token"):
            await bot.until(lambda: False)
        assert proxy.count("") - before < 5
    assert bot.journal.states[-1][0] is PartState.REFUSED


async def test_a_wrong_password_ends_the_leg_with_a_clear_message(synapse: SynapseServer, tmp_path: Path) -> None:
    bot_user = await synapse.register("bot-password")
    bot = MatrixBot(synapse.url, bot_user.user_id, tmp_path, ["!none:sandbox.test"], password="wrong")
    bot.start()
    with pytest.raises(RefusedError, match="M_FORBIDDEN"):
        await bot.until(lambda: False)


async def test_the_password_is_used_once_and_the_device_stays_the_same(synapse: SynapseServer, tmp_path: Path) -> None:
    bot_user = await synapse.register("bot-device")
    journal = Journal()
    async with MatrixProxy(synapse.url) as proxy:
        for _ in range(3):
            async with MatrixBot(proxy.url, bot_user.user_id, tmp_path, ["!none:sandbox.test"], journal=journal):
                pass
        assert proxy.count("/login") == 1
        assert proxy.count("/keys/device_signing/upload") == 1


async def test_being_removed_from_a_watched_room_is_told(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-kicked")
    room = await alice.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        await alice.kick(room, bot_user.user_id)
        await bot.until(lambda: bool(bot.journal.rooms_left))
        assert room not in bot.journal.memory["watched"]


async def test_being_removed_while_the_bot_was_down_is_told_too(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user, journal = await new_member("alice"), await synapse.register("bot-kicked-down"), Journal()
    room = await alice.create_room("Support", public=False, invite=[bot_user.user_id])
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
    await alice.kick(room, bot_user.user_id)
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: bool(journal.rooms_left))


async def test_invitations_are_followed_from_members_and_refused_from_strangers(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, stranger, bot_user = (
        await new_member("alice"),
        await new_member("mallory"),
        await synapse.register("bot-inv"),
    )
    room = await alice.create_room("Support")
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room]) as bot:
        await bot.until(lambda: room in bot.journal.memory["watched"])
        wanted = await alice.create_room("Second", public=False, invite=[bot_user.user_id])
        unwanted = await stranger.create_room("Trap", public=False, invite=[bot_user.user_id])

        async def membership(host: MatrixMember, room_id: str) -> str:
            answer = "invite"
            async with asyncio.timeout(20):
                while answer == "invite":
                    answer = (await host.state(room_id, "m.room.member", bot_user.user_id))["membership"]
            return answer

        assert await membership(alice, wanted) == "join"
        assert await membership(stranger, unwanted) == "leave"


async def test_a_replaced_room_is_followed(synapse: SynapseServer, new_member: NewMember, tmp_path: Path) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-upgrade")
    room = await alice.create_room("Support", version="11")
    journal = Journal()
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
        answer = await alice.request("POST", f"/rooms/{room}/upgrade", {"new_version": "12"})
        replacement = answer["replacement_room"]
        await bot.until(lambda: replacement in journal.memory["watched"])
        await alice.send_text(replacement, "moved")
        await bot.until(lambda: journal.texts == ["moved"])
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await alice.send_text(replacement, "still here")
        await bot.until(lambda: journal.texts == ["moved", "still here"])


async def test_a_gap_goes_on_behind_a_page_whose_events_are_withheld(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    """As a room's retention does it with old events; ignoring their sender is quicker to arrange."""
    alice, noisy, bot_user = await new_member("alice"), await new_member("noisy"), await synapse.register("bot-pages")
    room, journal = await alice.create_room("Support"), Journal()
    await noisy.join(room)
    path = f"/user/{bot_user.user_id}/account_data/m.ignored_user_list"
    await synapse.member(bot_user).request("PUT", path, {"ignored_users": {noisy.user_id: {}}})
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
    for number in range(110):
        await noisy.send_text(room, f"noise {number}")
    for number in range(102):
        await alice.send_text(room, str(number))
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: len(journal.texts) == 102)
    assert journal.texts == [str(number) for number in range(102)]


async def test_a_room_replaced_twice_is_followed(synapse: SynapseServer, new_member: NewMember, tmp_path: Path) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-upgrades")
    room, journal = await alice.create_room("Support", version="10"), Journal()
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
        last = room
        for version in ("11", "12"):
            answer = await alice.request("POST", f"/rooms/{last}/upgrade", {"new_version": version})
            last = answer["replacement_room"]
            await bot.until(lambda here=last: here in journal.memory["watched"])  # type: ignore[misc]
        await alice.send_text(last, "moved twice")
        await bot.until(lambda: journal.texts == ["moved twice"])
        sent = await bot.client.send(outgoing("say-upgrades", room, "answer"))
        assert (await alice.event(last, sent.message_ids[0]))["content"]["body"] == "answer"
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [room], journal=journal) as bot:
        await alice.send_text(last, "still here")
        await bot.until(lambda: journal.texts == ["moved twice", "still here"])


@pytest.mark.parametrize("status", [404, 502])
async def test_a_room_whose_alias_was_taken_away_or_cannot_be_looked_up_is_still_watched(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path, status: int
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register(f"bot-alias-{status}")
    room, journal = await alice.create_room("Support", alias=f"taken-away-{status}"), Journal()
    alias = f"#taken-away-{status}:sandbox.test"
    async with MatrixBot(synapse.url, bot_user.user_id, tmp_path, [alias], journal=journal) as bot:
        await bot.until(lambda: room in journal.memory["watched"])
    await alice.send_text(room, "while it was down")
    async with MatrixProxy(synapse.url) as proxy:
        body = {"errcode": "M_NOT_FOUND" if status == 404 else "M_UNKNOWN", "error": "no"}
        proxy.add(Breakage.REFUSE, "/directory/room/", times=-1, status=status, body=body)
        async with MatrixBot(proxy.url, bot_user.user_id, tmp_path, [alias], journal=journal) as bot:
            await alice.send_text(room, "while it has no alias")
            await bot.until(lambda: journal.texts == ["while it was down", "while it has no alias"])
            await bot.until(lambda: alias in journal.now()[1])


async def test_an_alias_or_a_room_on_a_server_that_is_down_holds_up_no_other_room(
    synapse: SynapseServer, new_member: NewMember, tmp_path: Path
) -> None:
    alice, bot_user = await new_member("alice"), await synapse.register("bot-distant")
    room, distant = await alice.create_room("Support"), await alice.create_room("Distant")
    async with MatrixProxy(synapse.url) as proxy:
        proxy.add(Breakage.REFUSE, "/directory/room/", times=-1, status=502)
        proxy.add(Breakage.REFUSE, f"/join/{distant}", times=-1, status=504)
        rooms = [room, distant, "#far:away.test"]
        async with MatrixBot(proxy.url, bot_user.user_id, tmp_path, rooms) as bot:
            await bot.until(lambda: room in bot.journal.memory["watched"])
            await alice.send_text(room, "hello")
            await bot.until(lambda: bot.journal.texts == ["hello"])
            await bot.until(lambda: distant in bot.journal.now()[1] and "#far:away.test" in bot.journal.now()[1])
            assert bot.clock.sleeps == []
            assert PartState.DISCONNECTED not in {state for state, _ in bot.journal.states}
            assert proxy.count(f"/join/{distant}") == 1
