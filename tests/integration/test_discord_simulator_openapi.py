"""The simulator's answers, and the requests it accepts, agree with Discord's OpenAPI description."""

import io

import discord
import pytest

from sandbox.discord import DiscordSimulator, RecordedRequest
from tests.integration.discord_library import Connect
from tests.integration.discord_openapi import deviations, is_present

pytest_plugins = ["tests.integration.discord_fixtures"]

pytestmark = pytest.mark.skipif(not is_present(), reason="discord-openapi.json does not lie beside the project folder")


async def test_a_day_of_work_deviates_nowhere(sim: DiscordSimulator, connect: Connect) -> None:
    role = sim.add_role("staff", mentionable=True)
    mia, support = sim.add_member("mia", roles=[role.id]), sim.add_text_channel("support", private_to=[role.id])
    forum = sim.add_forum_channel("help", tags=["bug"])
    original = await sim.post(mia, support.id, f"hi {role.mention}", attachments=[("a.txt", "text/plain", b"a")])
    await sim.post(mia, support.id, forwarded=original)
    await sim.post(mia, support.id, poll=("Tea?", ["yes"]), stickers=["wave"])
    await sim.post(mia, support.id, voice=True)
    await sim.post(mia, support.id, webhook=True, text="x")
    await sim.post(mia, support.id, "answer", reply_to=original)
    client = await connect()
    place = client.place(support.id)
    message = await client.same(original)
    thread = await message.create_thread(name="#1")
    await thread.send("in it", file=discord.File(io.BytesIO(b"x"), "x.txt"), embed=discord.Embed(title="t"))
    await thread.edit(archived=True, locked=True)
    await message.add_reaction("👀")
    await (await place.send("mine", view=discord.ui.View().add_item(discord.ui.Button(custom_id="b")))).edit(
        content="2"
    )
    await message.reply("re")
    assert [each async for each in place.history(limit=None)]
    assert [each async for each in place.archived_threads()]
    place_forum = client.get_channel(forum.id)
    assert isinstance(place_forum, discord.ForumChannel)
    await place_forum.create_thread(name="post", content="x", applied_tags=place_forum.available_tags)
    await place.guild.active_threads()
    await place.guild.fetch_member(mia.id)
    await place.guild.fetch_roles()
    await client.fetch_guild(place.guild.id)
    await place.guild.fetch_channels()
    await (await client.fetch_user(mia.id)).create_dm()
    await client.application_info()
    assert deviations(sim.requests) == []
    assert sim.problems == []


def test_a_deviation_is_found() -> None:
    route = "/channels/{channel_id}/messages"
    wrong = RecordedRequest(
        method="POST", path="", route=route, query={}, json={"content": 5}, headers={}, status=200, answer={"id": "1"}
    )
    found = deviations([wrong])
    assert any("request: content" in each for each in found)
    assert any("'author' is a required property" in each for each in found)
