"""The gateway of the Discord simulator, held by the real discord.py: sessions, losses, refusals."""

import aiohttp
import discord
import pytest

from sandbox.discord import BOT_DEFAULT, DiscordSimulator
from tests.integration.discord_library import Connect, LibraryClient

pytest_plugins = ["tests.integration.discord_fixtures"]


async def test_a_login_reaches_ready_with_guild_channels_and_roles(sim: DiscordSimulator, connect: Connect) -> None:
    triager = sim.add_role("triager")
    support, forum = sim.add_text_channel("support"), sim.add_forum_channel("help", tags=["bug"])
    client = await connect()
    guild = client.get_guild(sim.guild.id)
    assert guild is not None
    assert client.user is not None
    assert client.user.id == sim.bot_user.id
    assert guild.get_role(triager.id) is not None
    assert isinstance(guild.get_channel(support.id), discord.TextChannel)
    found = guild.get_channel(forum.id)
    assert isinstance(found, discord.ForumChannel)
    assert [tag.name for tag in found.available_tags] == ["bug"]
    assert client.application_flags.gateway_message_content_limited
    assert sim.connected
    assert sim.identifies == 1
    assert sim.problems == []


async def test_a_wrong_token_is_refused_at_login(sim: DiscordSimulator) -> None:
    async with LibraryClient() as client:
        with pytest.raises(discord.LoginFailure):
            await client.start("wrong")
    assert sim.handshakes == 0


@pytest.mark.parametrize(
    ("code", "error"), [(4004, discord.ConnectionClosed), (4014, discord.PrivilegedIntentsRequired)]
)
async def test_a_fatal_close_code_ends_start(sim: DiscordSimulator, code: int, error: type[Exception]) -> None:
    sim.close_code_on_identify = code
    async with LibraryClient() as client:
        with pytest.raises(error):
            await client.start(sim.token)


async def test_message_content_switched_off_in_the_portal_closes_with_4014(sim: DiscordSimulator) -> None:
    sim.message_content_enabled = False
    async with LibraryClient() as client:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await client.start(sim.token)
    assert not client.application_flags.gateway_message_content_limited


async def test_a_members_message_arrives_with_author_and_roles(sim: DiscordSimulator, connect: Connect) -> None:
    role = sim.add_role("triager")
    mia, support = sim.add_member("mia", roles=[role.id]), sim.add_text_channel("support")
    client = await connect()
    sent = await sim.post(mia, support.id, "The export fails")
    await client.until(lambda: client.received)
    message = client.received[0]
    assert (message.id, message.content, message.channel.id) == (sent.id, "The export fails", support.id)
    assert isinstance(message.author, discord.Member)
    assert [each.id for each in message.author.roles] == [sim.guild.id, role.id]


async def test_without_the_intent_content_is_withheld_but_for_mentions_and_own_messages(
    sim: DiscordSimulator, connect: Connect
) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await connect(intents=discord.Intents(guilds=True, guild_messages=True))
    await sim.post(mia, support.id, "secret", attachments=[("a.txt", "text/plain", b"a")])
    await sim.post(mia, support.id, f"hello {sim.bot_user.mention}")
    await client.place(support.id).send("mine")
    await client.until(lambda: len(client.received) == 3)
    assert client.texts() == ["", f"hello {sim.bot_user.mention}", "mine"]
    assert client.received[0].attachments == []


async def test_missing_required_intents_are_a_problem(sim: DiscordSimulator, connect: Connect) -> None:
    sim.intents_required = 33281
    await connect(intents=discord.Intents(guilds=True))
    assert sim.problems == ["gateway: IDENTIFY lacks intents 0x8200"]


async def test_a_dropped_connection_resumes_and_replays_in_order(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await connect()
    await sim.post(mia, support.id, "before")
    await sim.gateway_drop()
    assert not sim.connected
    for number in range(20):
        await sim.post(mia, support.id, f"missed {number}")
    await client.until(lambda: len(client.received) == 21)
    assert client.texts() == ["before", *(f"missed {number}" for number in range(20))]
    assert (sim.identifies, sim.resumes, client.readies) == (1, 1, 1)


async def test_op_7_makes_the_client_resume_and_loses_nothing(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await connect()
    await sim.gateway_reconnect()
    await sim.post(mia, support.id, "meanwhile")
    await client.until(lambda: ("resumed", None) in client.happened and client.received)
    assert client.texts() == ["meanwhile"]
    assert sim.identifies == 1


async def test_op_9_opens_a_new_session_and_the_gap_is_only_in_history(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await connect()
    seen = await sim.post(mia, support.id, "seen")
    await client.until(lambda: client.received)
    await sim.gateway_invalidate(resumable=False)
    await sim.post(mia, support.id, "in the gap")
    await client.until(lambda: client.readies == 2)
    assert client.texts() == ["seen"]
    assert sim.identifies == 2
    missed = [each async for each in client.place(support.id).history(after=discord.Object(seen.id))]
    assert [each.content for each in missed] == ["in the gap"]


async def test_a_resumable_op_9_resumes(sim: DiscordSimulator, connect: Connect) -> None:
    client = await connect()
    await sim.gateway_invalidate(resumable=True)
    await client.until(lambda: ("resumed", None) in client.happened)
    assert sim.identifies == 1


async def test_a_forgotten_session_cannot_be_resumed(sim: DiscordSimulator, connect: Connect) -> None:
    client = await connect()
    sim.forget_sessions()
    await sim.gateway_drop()
    await client.until(lambda: client.readies == 2)
    assert (sim.identifies, sim.resumes) == (2, 1)


async def test_a_malformed_dispatch_ends_start(sim: DiscordSimulator, connect: Connect) -> None:
    sim.add_text_channel("support")
    client = await connect()
    await sim.gateway_malformed()
    assert client.session is not None
    with pytest.raises(KeyError):
        await client.session


@pytest.mark.parametrize("how", ["502", "close"])
async def test_a_refused_first_handshake_escapes_from_start(sim: DiscordSimulator, how: str) -> None:
    sim.refuse_handshakes(how=how)
    async with LibraryClient() as client:
        with pytest.raises(AttributeError):
            await client.start(sim.token)


async def test_a_later_refused_handshake_is_tried_again(sim: DiscordSimulator, connect: Connect) -> None:
    client = await connect()
    sim.refuse_handshakes()
    await sim.gateway_drop()
    await client.until(lambda: ("resumed", None) in client.happened)
    assert sim.handshakes == 3


async def test_stop_and_start_keep_world_port_and_sessions(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    client = await connect()
    address = sim.api_url
    await sim.stop()
    await sim.post(mia, support.id, "while Discord was down")
    await sim.start()
    await client.until(lambda: client.received)
    assert client.texts() == ["while Discord was down"]
    assert sim.api_url == address
    assert sim.identifies == 1


async def test_hidden_channels_send_nothing(sim: DiscordSimulator, connect: Connect) -> None:
    mia, support = sim.add_member("mia"), sim.add_text_channel("support")
    hidden = sim.add_text_channel("hidden", bot_can_see=False)
    client = await connect()
    await sim.post(mia, hidden.id, "not for the bot")
    await sim.post(mia, support.id, "for the bot")
    await client.until(lambda: client.received)
    assert client.texts() == ["for the bot"]
    assert client.get_channel(hidden.id) is None


@pytest.mark.parametrize(("code", "resumable"), [(1000, False), (1001, False), (4000, True), (None, True)])
async def test_a_session_ends_only_when_its_client_says_so(
    sim: DiscordSimulator, code: int | None, *, resumable: bool
) -> None:
    """1000 and 1001 end it; another code, or a connection that vanishes without one, does not."""
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(sim.gateway_url) as socket:
            await socket.receive_json()
            await socket.send_json({"op": 2, "d": {"token": sim.token, "intents": 0}})
            session_id = (await socket.receive_json())["d"]["session_id"]
            if code is None:
                transport = socket.get_extra_info("socket")
                transport.shutdown(2)
            else:
                await socket.close(code=code)
        await sim.wait_until(lambda: not sim.connected)
        async with session.ws_connect(sim.gateway_url) as socket:
            await socket.receive_json()
            await socket.send_json({"op": 6, "d": {"token": sim.token, "session_id": session_id, "seq": 1}})
            answer = await socket.receive_json()
    assert (answer["op"], answer["t"]) == ((0, "RESUMED") if resumable else (9, None))


async def test_bot_permissions_never_open_a_hidden_channel(sim: DiscordSimulator, connect: Connect) -> None:
    hidden = sim.add_text_channel("hidden", bot_can_see=False)
    sim.set_bot_permissions(0)
    unseen = sim.add_text_channel("unseen")
    sim.set_bot_permissions(BOT_DEFAULT)
    client = await connect()
    assert client.get_channel(hidden.id) is None
    assert client.place(unseen.id).permissions_for(client.place(unseen.id).guild.me).value == BOT_DEFAULT


async def test_a_channel_private_to_a_role_is_hidden_from_everyone(sim: DiscordSimulator, connect: Connect) -> None:
    staff = sim.add_role("staff")
    room = sim.add_text_channel("staff", private_to=[staff.id])
    place = (await connect()).place(room.id)
    everyone, role = place.guild.default_role, place.guild.get_role(staff.id)
    assert role is not None
    assert not place.permissions_for(everyone).view_channel
    assert place.permissions_for(role).view_channel
    await place.send("the bot sees it")
