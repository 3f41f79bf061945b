"""Messages in the Discord simulator, held by the real discord.py: history, nonces, pings, files, limits."""

import io

import discord
import pytest

from sandbox.discord import BOT_DEFAULT, DiscordSimulator, Permission, Pings
from tests.integration.discord_library import Connect, Raw

pytest_plugins = ["tests.integration.discord_fixtures"]

NOBODY = discord.AllowedMentions.none()


async def test_history_walks_all_pages_oldest_first(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    sent = [await sim.post(mia, support.id, str(number)) for number in range(250)]
    client = await connect()
    place = client.place(support.id)
    found = [each.id async for each in place.history(after=discord.Object(sent[9].id), oldest_first=True, limit=None)]
    assert found == [each.id for each in sent[10:]]
    newest = [each.content async for each in place.history(limit=3)]
    assert newest == ["249", "248", "247"]
    before = [each.content async for each in place.history(limit=2, before=discord.Object(sent[100].id))]
    assert before == ["99", "98"]


async def test_history_gives_no_roles_and_the_member_route_does(sim: DiscordSimulator, connect: Connect) -> None:
    role = sim.add_role("staff")
    mia, support = sim.add_member("mia", roles=[role.id]), sim.add_text_channel("support")
    await sim.post(mia, support.id, "x")
    client = await connect()
    place = client.place(support.id)
    fetched = [each async for each in place.history()]
    assert isinstance(fetched[0].author, discord.User)
    assert [each.id for each in (await place.guild.fetch_member(mia.id)).roles][1:] == [role.id]
    sim.remove_member(mia.id)
    with pytest.raises(discord.NotFound) as refused:
        await place.guild.fetch_member(mia.id)
    assert refused.value.code == 10007


async def test_without_read_message_history_the_list_is_empty(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    await sim.post(mia, support.id, "x")
    sim.set_bot_permissions(BOT_DEFAULT & ~Permission.READ_MESSAGE_HISTORY)
    client = await connect()
    place = client.place(support.id)
    assert not place.permissions_for(place.guild.me).read_message_history
    assert [each async for each in place.history()] == []


async def test_one_nonce_makes_one_message(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    first, again = await place.send("hello", nonce="n1"), await place.send("hello", nonce="n1")
    other = await place.send("hello", nonce="n2")
    assert first.id == again.id != other.id
    assert len(sim.messages(support.id)) == 2


async def test_a_nonce_is_forgotten_after_some_minutes(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    await place.send("hello", nonce="n1")
    sim.advance(600)
    await place.send("hello", nonce="n1")
    assert len(sim.messages(support.id)) == 2


async def test_the_nonce_of_a_deleted_message_is_unknown(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    sent = await place.send("hello", nonce="n1")
    await sim.delete(support.id, sent.id)
    with pytest.raises(discord.NotFound) as refused:
        await place.send("hello", nonce="n1")
    assert refused.value.code == 10008


async def test_pings_are_what_allowed_mentions_lets_through(sim: DiscordSimulator, connect: Connect) -> None:
    mia, tom, role = sim.add_member("mia"), sim.add_member("tom"), sim.add_role("oncall", mentionable=True)
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    text = f"@everyone @here {mia.mention} {tom.mention} {role.mention} `{mia.mention}`"
    await place.send(text)
    await place.send(text, allowed_mentions=NOBODY)
    await place.send(text, allowed_mentions=discord.AllowedMentions(everyone=False, roles=False, users=[mia.user]))
    await place.send(f"`{mia.mention}`")
    seen = [message.pings for message in sim.messages(support.id)]
    both = frozenset({mia.id, tom.id})
    assert seen == [
        Pings(everyone=True, roles=frozenset({role.id}), users=both),
        Pings(),
        Pings(users=frozenset({mia.id})),
        Pings(),
    ]
    assert sim.messages(support.id)[0].allowed_mentions is None
    assert not sim.messages(support.id)[0].notified.everyone, "the bot may not mention everyone"


async def test_a_role_that_is_not_mentionable_is_let_through_but_not_notified(
    sim: DiscordSimulator, connect: Connect
) -> None:
    role, support = sim.add_role("oncall"), sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    await place.send(role.mention)
    sent = sim.messages(support.id)[0]
    assert sent.pings.roles == {role.id}
    assert not sent.notified


async def test_a_reply_pings_its_author_unless_told_otherwise(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    question = await sim.post(mia, support.id, "?")
    client = await connect()
    message = await client.same(question)
    await message.reply("with")
    await message.reply("without", mention_author=False)
    loud, quiet = sim.messages(support.id)[1:]
    assert loud.pings.users == {mia.id}
    assert not quiet.pings
    assert quiet.reference is not None
    assert quiet.reference.message_id == question.id
    assert quiet.type == 19


async def test_replying_needs_read_message_history(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    question = await sim.post(mia, support.id, "?")
    client = await connect()
    message = await client.same(question)
    sim.set_bot_permissions(BOT_DEFAULT & ~Permission.READ_MESSAGE_HISTORY)
    with pytest.raises(discord.HTTPException) as refused:
        await message.reply("answer")
    assert refused.value.code == 160002


async def test_reactions_come_and_go(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    question = await sim.post(mia, support.id, "?")
    client = await connect(intents=discord.Intents(33281 | 1 << 10))
    assert client.user is not None
    message = await client.same(question)
    await message.add_reaction("👀")
    await message.add_reaction("👀")
    await sim.react(mia, support.id, question.id, "👀")
    assert sim.reactions(support.id, question.id) == {"👀": {sim.bot_user.id, mia.id}}
    assert (await client.same(question)).reactions[0].count == 2
    await message.remove_reaction("👀", client.user)
    assert sim.reactions(support.id, question.id) == {"👀": {mia.id}}
    await client.until(lambda: len([name for name, _ in client.happened if name == "reaction"]) == 2)
    with pytest.raises(discord.NotFound):
        await message.add_reaction("eyes")


async def test_only_own_messages_can_be_edited(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    theirs = await sim.post(mia, support.id, "x")
    client = await connect()
    mine = await client.place(support.id).send("first")
    await mine.edit(content="second")
    assert sim.messages(support.id)[1].content == "second"
    with pytest.raises(discord.Forbidden):
        await client.place(support.id).get_partial_message(theirs.id).edit(content="mine now")


async def test_edits_of_old_messages_are_limited(sim: DiscordSimulator, connect: Connect, raw: Raw) -> None:
    support = sim.add_text_channel("support")
    sent = await (await connect()).place(support.id).send("x")
    path = f"/channels/{support.id}/messages/{sent.id}"
    fresh = [(await raw("PATCH", path, {"content": str(number)}))[0] for number in range(10)]
    sim.advance(3700)
    answers = [await raw("PATCH", path, {"content": str(number)}) for number in range(4)]
    assert fresh == [200] * 10
    assert [status for status, _ in answers] == [200, 200, 200, 429]
    assert answers[3][1]["code"] == 30046
    assert answers[3][1]["retry_after"] > 0


async def test_an_edit_has_a_time_and_an_unfurled_link_has_none(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await connect()
    sent = await sim.post(mia, support.id, "see https://example.org/")
    await sim.unfurl(support.id, sent.id)
    await sim.edit(mia, support.id, sent.id, "changed")
    await client.until(lambda: [name for name, _ in client.happened].count("edit") == 2)
    first, second = (payload.message for name, payload in client.happened if name == "edit")
    assert (first.edited_at, first.content) == (None, "see https://example.org/")
    assert second.edited_at is not None
    assert second.content == "changed"


async def test_deleted_messages_are_told_of_and_gone(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await connect()
    sent = await sim.post(mia, support.id, "x")
    await sim.delete(support.id, sent.id)
    await client.until(lambda: any(name == "delete" for name, _ in client.happened))
    with pytest.raises(discord.NotFound) as refused:
        await client.same(sent)
    assert refused.value.code == 10008


async def test_attachments_can_be_read_until_the_link_expires(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await connect()
    sent = await sim.post(mia, support.id, "look", attachments=[("a b.txt", "text/plain", b"content")])
    await client.until(lambda: client.received)
    attachment = client.received[0].attachments[0]
    assert (attachment.filename, attachment.size, attachment.content_type) == ("a b.txt", 7, "text/plain")
    assert all(part in attachment.url for part in ("ex=", "is=", "hm="))
    assert await attachment.read() == b"content"
    sim.expire_attachments()
    with pytest.raises(discord.NotFound):
        await attachment.read()
    assert await (await client.same(sent)).attachments[0].read() == b"content"
    sim.advance(25 * 3600)
    assert await (await client.same(sent)).attachments[0].read() == b"content"


async def test_uploads_are_kept_byte_for_byte(sim: DiscordSimulator, connect: Connect) -> None:
    support = sim.add_text_channel("support")
    content = bytes(range(256)) + b"\r\n--x\r\n\r\n"
    files = [discord.File(io.BytesIO(content), "bin.dat"), discord.File(io.BytesIO(b"2"), "zwei ü.txt")]
    sent = await (await connect()).place(support.id).send("with files", files=files)
    stored = sim.messages(support.id)[0]
    assert [(each.filename, each.content) for each in stored.attachments] == [
        ("bin.dat", content),
        ("zwei ü.txt", b"2"),
    ]
    assert [each.filename for each in sent.attachments] == ["bin.dat", "zwei ü.txt"]
    assert await sent.attachments[0].read() == content


async def test_special_messages_carry_their_parts(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await connect()
    original = await sim.post(mia, support.id, "original")
    await sim.post(mia, support.id, forwarded=original)
    await sim.post(mia, support.id, stickers=["wave"])
    await sim.post(mia, support.id, poll=("Tea?", ["yes", "no"]))
    await sim.post(mia, support.id, voice=True)
    await sim.post(mia, support.id, "by a webhook", webhook=True)
    await sim.post(mia, support.id, type=7)
    await client.until(lambda: len(client.received) == 7)
    _, forward, sticker, poll, voice, webhook, joined = client.received
    assert forward.content == ""
    assert forward.message_snapshots[0].content == "original"
    assert [each.name for each in sticker.stickers] == ["wave"]
    assert poll.poll is not None
    assert (poll.poll.question, len(poll.poll.answers)) == ("Tea?", 2)
    assert voice.flags.voice
    assert voice.attachments[0].is_voice_message()
    assert webhook.webhook_id is not None
    assert webhook.author.bot
    assert joined.is_system()


@pytest.mark.parametrize(
    ("lacking", "code"), [(Permission.SEND_MESSAGES, 50013), (Permission.VIEW_CHANNEL, 50001)], ids=["send", "view"]
)
async def test_missing_permissions_have_their_codes(
    sim: DiscordSimulator, connect: Connect, lacking: Permission, code: int
) -> None:
    support = sim.add_text_channel("support")
    place = (await connect()).place(support.id)
    sim.set_bot_permissions(BOT_DEFAULT & ~lacking)
    with pytest.raises(discord.Forbidden) as refused:
        await place.send("x")
    assert refused.value.code == code
    sim.set_bot_permissions(BOT_DEFAULT)
    await place.send("x")


async def test_an_unknown_channel_is_10003(connect: Connect) -> None:
    client = await connect()
    with pytest.raises(discord.NotFound) as refused:
        await client.fetch_channel(1234)
    assert refused.value.code == 10003


@pytest.mark.parametrize(
    ("body", "code", "problem"),
    [
        ({"content": "x" * 2001}, 50035, "refused with 50035: content too long"),
        ({"content": ""}, 50006, "refused with 50006: empty message"),
        ({"content": "x", "nonce": "n" * 26}, 50035, "refused with 50035: nonce too long"),
        ({"embeds": [{"title": "t"}] * 11}, 50035, "refused with 50035: embeds"),
        ({"embeds": [{"description": "t" * 3001}] * 2}, 50035, "refused with 50035: embeds"),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            50035,
            None,
        ),
        ({"content": "x", "contnet": "y"}, None, "unknown properties in message: contnet"),
        ({"content": "x", "allowed_mentions": {"prase": []}}, None, "unknown properties in allowed_mentions: prase"),
    ],
)
async def test_bad_requests_are_refused_and_noted(
    sim: DiscordSimulator, raw: Raw, body: dict[str, object], code: int | None, problem: str | None
) -> None:
    support = sim.add_text_channel("support")
    status, answer = await raw("POST", f"/channels/{support.id}/messages", body)
    assert (status, answer.get("code")) == ((200, None) if code is None else (400, code))
    assert sim.problems == ([] if problem is None else [problem])


async def test_a_direct_conversation_works_both_ways(sim: DiscordSimulator, connect: Connect) -> None:
    mia = sim.add_member("mia")
    client = await connect(intents=discord.Intents(33281 | 1 << 12))
    user = await client.fetch_user(mia.id)
    await user.send("hello")
    await sim.post(mia, sim.direct_channel(mia).id, "hi")
    await client.until(lambda: len(client.received) == 2)
    assert client.texts() == ["hello", "hi"]
    assert client.received[1].guild is None
